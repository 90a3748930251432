"""One dressed person, and that person in a pose with exact joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pose.joint_sets import H36M17, OPENPOSE18
from synthetic.body import Body, Build, body_model
from synthetic.clothing import Outfit, Tailor, random_outfit
from synthetic.face import eyes, glasses, skin_material, skin_part
from synthetic.fields import BodyFields
from synthetic.hair import GROWS_FROM_SCALP, HairDresser, random_style
from synthetic.materials import Rng, hair_colour, skin_tone
from synthetic.mesh import Float32, skin_vertices, vertex_normals
from synthetic.parts import Part, Pool, join
from synthetic.retarget import Extremities, bone_rotations
from synthetic.rotations import Float
from synthetic.skeleton import Proportions

_FACE_TARGETS = ("head/", "chin/", "nose/", "mouth/", "cheek/", "forehead/", "eyes/", "ears/")
_FIGURE_TARGETS = ("stomach/", "hip/", "torso/", "buttocks/", "arms/", "legs/", "neck/")
_NOT_VARIED = ("length", "vert", "horiz", "foot", "hand")

_BONES_OF_H36M = {
    "hip": "upperleg01",
    "knee": "lowerleg01",
    "ankle": "foot",
    "shoulder": "upperarm01",
    "elbow": "lowerarm01",
    "wrist": "wrist",
}
_MIDDLE_BONES = {"spine": "spine03", "thorax": "neck01"}


def random_build(rng: Rng) -> Build:
    """Sex, age, build, ancestry and features, mostly adults."""
    kind = rng.random()
    if kind < 0.08:
        age = rng.uniform(0, 0.3)
    else:
        age = rng.uniform(0.4, 0.95) if rng.random() < 0.8 else rng.uniform(0.3, 0.5)
    gender = float(np.clip(rng.choice((0.06, 0.94)) + rng.normal(0, 0.08), 0, 1))
    details = {}
    for name in body_model().target_index:
        if name.startswith(_FACE_TARGETS) and rng.random() < 0.12:
            details[name] = abs(rng.normal(0, 0.4))
        elif name.startswith(_FIGURE_TARGETS) and not any(word in name for word in _NOT_VARIED) and rng.random() < 0.10:
            details[name] = abs(rng.normal(0, 0.35))
    african, asian, caucasian = rng.dirichlet((0.5, 0.5, 0.6))
    return Build(
        gender=gender,
        age=float(age),
        muscle=float(np.clip(rng.normal(0.5, 0.2), 0, 1)),
        weight=float(np.clip(rng.normal(0.5, 0.2), 0.05, 1)),
        height=float(np.clip(rng.normal(0.5, 0.12), 0.1, 0.75)),
        proportions=float(np.clip(rng.normal(0.6, 0.2), 0, 1)),
        ancestry=(float(african), float(asian), float(caucasian)),
        details=details,
    )


@dataclass(frozen=True, slots=True)
class PosedActor:
    """A person in the world (y up, metres).

    Attributes
    ----------
    actor : Actor
    vertices, normals : array, float32, shape (V, 3)
        Of everything the person consists of.
    h36m : array, shape (17, 3)
        H36M17 joints: limbs at the centres of the joints, nose on its tip, head at the vertex.
    openpose : array, shape (18, 3)
        OPENPOSE18 joints: the limbs' are those of `h36m`, the face's lie on the skin.
    """

    actor: Actor
    vertices: Float32
    normals: Float32
    h36m: Float
    openpose: Float


class Actor:
    """A dressed person.

    Parameters
    ----------
    build : Build
        The body.
    rng : Generator
        Everything that is not given.
    outfit : Outfit or None
    hair : str or None
        One of `hair.STYLES`.
    """

    def __init__(self, build: Build, rng: Rng, outfit: Outfit | None = None, hair: str | None = None) -> None:
        self.body: Body = body_model().shaped(build)
        self.proportions = Proportions(self.body)
        self.pool: Pool = join(_dressed(self.body, build, rng, outfit, hair))
        # Who wears shoes stands higher by their soles.
        self.proportions.ankle_height = float(self.body.head_of("foot.L")[1] - self.pool.vertices[:, 1].min())

    @classmethod
    def random(cls, rng: Rng) -> Actor:
        """Anybody."""
        return cls(random_build(rng), rng)

    def posed(self, joints: Float, extremities: Extremities | None = None) -> PosedActor:
        """The person with the directions of H36M17 joints (17, 3), y up; the pelvis is where theirs is."""
        body, pool = self.body, self.pool
        bones = body.pose_bones(bone_rotations(body, joints, extremities or Extremities()))
        index = body.model.bone_index
        middle = (bones.heads[index["upperleg01.L"]] + bones.heads[index["upperleg01.R"]]) / 2
        shift = joints[0] - middle
        skin = skin_vertices(body.vertices, body.model.vertex_bones, body.model.vertex_weights, bones.transforms)
        vertices = skin_vertices(pool.vertices, pool.bones, pool.weights, bones.transforms)
        vertices += shift.astype(np.float32)
        marks = body.model.landmarks(skin)
        h36m = _h36m(body, bones.heads, middle, marks["nose"], skin[body.top_vertex].astype(np.float64)) + shift
        face = {name: marks[name] + shift for name in ("left_eye", "right_eye", "left_ear", "right_ear")}
        normals = vertex_normals(vertices, pool.triangles)
        return PosedActor(self, vertices, normals, h36m, _openpose(h36m, face))

    def standing_at(
        self, joints: Float, place: tuple[float, float] = (0.0, 0.0), extremities: Extremities | None = None
    ) -> PosedActor:
        """As `posed`, moved so that the lowest point is on the floor and the pelvis above `place` (x, z)."""
        posed = self.posed(joints, extremities)
        shift = np.array([place[0], 0.0, place[1]]) - posed.h36m[0]
        shift[1] = -float(posed.vertices[:, 1].min())
        moved = posed.vertices + shift.astype(np.float32)
        return PosedActor(self, moved, posed.normals, posed.h36m + shift, posed.openpose + shift)


def _dressed(body: Body, build: Build, rng: Rng, outfit: Outfit | None, style: str | None) -> list[Part]:
    """Skin, clothes, hair, eyes and glasses."""
    fields, female = BodyFields(body), build.gender < 0.5
    tailor = Tailor(body, fields, rng)
    garments = tailor.dress(outfit or random_outfit(rng, female=female))
    tone, place = skin_tone(rng, build.ancestry)
    colour = hair_colour(rng, place, build.age)
    style = style or random_style(rng, female=female)
    beard = 0.0 if female or build.age < 0.4 else float(rng.choice((0, 0.35, 0.7, 1), p=(0.5, 0.2, 0.15, 0.15)))
    receding = build.age > 0.75 and not female and rng.random() < 0.5
    dresser = HairDresser(body, fields, rng, receding=bool(receding))
    roots = style in GROWS_FROM_SCALP
    skin = skin_material(body, fields, rng, tone=tone, hair=colour, female=female, beard=beard, roots=roots)
    scalp = dresser.scalp if roots else np.full(len(dresser.scalp), -20.0)
    parts = [*garments, skin_part(body, skin, scalp, tailor.cover)]
    parts += eyes(body, rng, lashes=female and rng.random() < 0.7)
    parts += dresser.cut(style, colour, tailor.cloth())
    if rng.random() < 0.18:
        parts += glasses(body, fields, rng)
    return parts


def _h36m(body: Body, heads: Float, middle: Float, nose: Float, top: Float) -> Float:
    """The 17 joints from posed bones and landmarks."""
    index, joints = body.model.bone_index, np.zeros((17, 3))
    for number, name in enumerate(H36M17):
        side, _, part = name.partition("_")
        if part:
            joints[number] = heads[index[f"{_BONES_OF_H36M[part]}.{'L' if side == 'left' else 'R'}"]]
        elif name in _MIDDLE_BONES:
            joints[number] = heads[index[_MIDDLE_BONES[name]]]
        else:
            joints[number] = {"pelvis": middle, "nose": nose, "head": top}[name]
    return joints


def _openpose(h36m: Float, face: dict[str, Float]) -> Float:
    """The 18 joints: the neck is the middle of the shoulders."""
    shoulders = [h36m[H36M17.index(f"{side}_shoulder")] for side in ("left", "right")]
    points = {"neck": np.mean(shoulders, axis=0), **face}
    return np.stack([points[name] if name in points else h36m[H36M17.index(name)] for name in OPENPOSE18])
