"""What is on a face: skin with its features, eyes, lashes and glasses."""

from __future__ import annotations

import numpy as np

from synthetic.body import Body
from synthetic.fields import BodyFields
from synthetic.materials import Kind, Materials, Rng, cloth_colour, material
from synthetic.parts import Part, body_part, rigid_part
from synthetic.rotations import Float

_IRISES = (
    (0.25, 0.15, 0.08),
    (0.18, 0.1, 0.06),
    (0.35, 0.22, 0.1),
    (0.3, 0.42, 0.5),
    (0.35, 0.45, 0.3),
    (0.3, 0.32, 0.35),
)
_HEM_M = 0.03
"""How far, in units of the cover field, skin reaches under cloth, so that no gap shows."""


def skin_material(
    body: Body, fields: BodyFields, rng: Rng, *, tone: Float, hair: Float, female: bool, beard: float, roots: bool
) -> Materials:
    """Skin of a tone with hair of a colour (sRGB both); `beard` 0..1, `roots` whether hair shows on the scalp."""
    # Light skin is painted darker than photographs show it, for photographs show it lit.
    painted = tone * np.interp(tone.mean(), [0.25, 0.85], [1.0, 0.84])
    skin = material(Kind.SKIN, painted, hair * 0.9, gloss=rng.uniform(0.15, 0.5), seed=int(rng.integers(1, 60000)))
    marks = body.landmarks
    skin["eye_x"] = (marks["left_eye"][0], marks["right_eye"][0])
    skin["eye_y"], skin["eye_z"] = marks["left_eye"][1:]
    skin["nose_y"], skin["nose_z"] = marks["nose"][1:]
    skin["head_size"], skin["beard"] = fields.head.size, beard
    skin["brows"], skin["brow_raise"] = rng.uniform(0.3, 1.0), rng.uniform(-0.004, 0.004)
    skin["lips"] = rng.uniform(0.2, 1.0) * (1.0 if female else 0.4)
    skin["scalp_hair"] = float(roots)
    return skin


def skin_part(body: Body, skin: Materials, scalp: Float, cover: Float) -> Part:
    """The skin where no cloth covers it; `scalp` (V,) degrees inside the hair line, `cover` (V,) under cloth."""
    extra = np.stack([body.model.mask("lips"), np.zeros(len(scalp)), np.clip(scalp / 10, -2, 3)], axis=1)
    return body_part(body, body.model.triangles("body"), skin, extra=extra, cut=_HEM_M - cover)


def eyes(body: Body, rng: Rng, *, lashes: bool) -> list[Part]:
    """Two eyeballs that look ahead, and lashes."""
    iris = _IRISES[int(rng.integers(len(_IRISES)))]
    parts = []
    for name in ("leye", "reye"):
        triangles = body.model.triangles(name)
        points = body.vertices[np.unique(triangles)]
        ball = material(Kind.EYE, (0.86, 0.84, 0.82), iris, (0.02, 0.02, 0.02), gloss=0.9)
        ball["eye_x"], ball["eye_y"], ball["eye_z"] = points[:, 0].mean(), points[:, 1].mean(), points[:, 2].mean()
        ball["eye_radius"] = np.ptp(points[:, 1]) / 2
        parts.append(body_part(body, triangles, ball))
    if lashes:
        parts.append(body_part(body, body.model.triangles("lash"), material(Kind.PLAIN, (0.05, 0.04, 0.03))))
    return parts


def glasses(body: Body, fields: BodyFields, rng: Rng) -> list[Part]:
    """A frame of two rounded rings and two temples; a fifth of them are sun glasses."""
    colour = np.full(3, float(rng.choice([0.03, 0.1, 0.5]))) if rng.random() < 0.8 else cloth_colour(rng)
    frame, dark = material(Kind.PLAIN, colour), rng.random() < 0.2
    size, wide = fields.head.size, rng.uniform(0.9, 1.1)
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    ring = np.stack([np.cos(angle), np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.8, 0 * angle], axis=1)
    ring[:, 0] = np.sign(ring[:, 0]) * np.abs(ring[:, 0]) ** 0.8
    outer = ring * np.array([0.026, 0.02, 0]) * size * wide
    first, second = np.arange(20), (np.arange(20) + 1) % 20
    triangles = [np.stack([first, second, first + 20], 1), np.stack([second, second + 20, first + 20], 1)]
    if dark:
        triangles.append(np.stack([first + 20, second + 20, np.full(20, 40)], 1))
    parts = []
    for side, sign in (("left", 1), ("right", -1)):
        eye = body.landmarks[f"{side}_eye"] + np.array([0, -0.002, 0.016]) * size
        rings = np.concatenate([eye + outer, eye + 0.84 * outer, eye[None]])
        parts.append(rigid_part(body, "head", rings, np.concatenate(triangles), frame))
        hinge = eye + np.array([0.024 * sign, 0.006, 0]) * size
        ear = body.landmarks[f"{side}_ear"] + np.array([0.004 * sign, 0.018, 0.01])
        thick = np.array([0, 0.004, 0]) * size
        temple = np.stack([hinge, ear, hinge + thick, ear + thick])
        parts.append(rigid_part(body, "head", temple, np.array([[0, 1, 2], [1, 3, 2]]), frame))
    return parts
