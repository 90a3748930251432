"""Other bodies from the same motion: mirrored, with other proportions, tilted; and the face that mocap does not have.

World axes: y up, metres. Everything works on a batch of windows (B, T, ...).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17, H36M17_BONES, H36M17_TO_OPENPOSE18, OPENPOSE18, flip_order

Float = NDArray[np.float64]

_FLIP = flip_order(H36M17)
_INDEX = {name: index for index, name in enumerate(H36M17)}
_PELVIS, _THORAX, _NOSE, _HEAD = (_INDEX[name] for name in ("pelvis", "thorax", "nose", "head"))
_HEAD_LEAN_RAD = 0.60
"""Between the line nose-vertex and the head's own up: the vertex lies 0.16 m above and 0.11 m behind the nose's tip."""

_BONE_GROUPS = (
    ("right_hip", "left_hip"),
    ("right_knee", "left_knee"),
    ("right_ankle", "left_ankle"),
    ("spine", "thorax"),
    ("nose", "head"),
    ("left_shoulder", "right_shoulder"),
    ("left_elbow", "right_elbow"),
    ("left_wrist", "right_wrist"),
)
"""Bones, by their lower ends, that are stretched together."""


@dataclass(frozen=True, slots=True)
class BodyOptions:
    """How far bodies differ from those that were recorded.

    Attributes
    ----------
    stature_sd, bone_sd : float
        Standard deviation of the factor on all bones, and of another one on each group.
    tilt_chance : float
        How often a whole body is tilted far, up to lying.
    lean_deg : float
        Standard deviation of the small tilt that all others get.
    """

    stature_sd: float = 0.05
    bone_sd: float = 0.035
    tilt_chance: float = 0.1
    lean_deg: float = 4.0


def vary(xyz: Float, options: BodyOptions, random: np.random.Generator) -> Float:
    """Windows (B, T, 17, 3) as other people in other places would perform them."""
    out = _mirrored(xyz, random.random(len(xyz)) < 0.5)
    out = _stretched(out, _bone_factors(len(xyz), options, random))
    return _tilted(out, options, random)


def with_face(xyz: Float, random: np.random.Generator) -> Float:
    """OPENPOSE18 joints (B, T, 18, 3) of H36M17 joints (B, T, 17, 3), the face placed in the head's frame.

    Nose and vertex fix the head but for its turn about the line between them; the thorax gives that. Sizes vary from
    person to person. COCO's hips are labelled a little higher and wider than the joint centres of motion capture, and
    not by everybody alike: they are moved by a random constant a person.
    """
    batch = len(xyz)
    out = np.zeros((*xyz.shape[:2], len(OPENPOSE18), 3))
    for joint, parts in enumerate(H36M17_TO_OPENPOSE18.parts):
        if parts:
            out[:, :, joint] = xyz[:, :, parts].mean(axis=2)
    up, forward, left = head_frame(xyz)
    size = random.normal(1, 0.05, (batch, 1, 1))
    for name, (mean_ahead, mean_above, aside) in {"eye": (-0.025, 0.035, 0.032), "ear": (-0.105, 0.02, 0.075)}.items():
        ahead = mean_ahead + random.normal(0, 0.008, (batch, 1, 1))
        above = mean_above + random.normal(0, 0.008, (batch, 1, 1))
        middle = xyz[:, :, _NOSE] + size * (ahead * forward + above * up)
        out[:, :, OPENPOSE18.index(f"left_{name}")] = middle + size * aside * left
        out[:, :, OPENPOSE18.index(f"right_{name}")] = middle - size * aside * left
    _move_hips(out, xyz, random)
    return out


def head_frame(xyz: Float) -> tuple[Float, Float, Float]:
    """Unit vectors up, forward and left of the head, each (..., 3), of H36M17 joints (..., 17, 3)."""
    nose, vertex, thorax = xyz[..., _NOSE, :], xyz[..., _HEAD, :], xyz[..., _THORAX, :]
    slant = _unit(vertex - nose)
    left = _unit(np.cross(slant, nose - thorax))
    behind = np.cross(left, slant)  # lies in the head's middle plane, square to the slant, and points forward and up
    up = np.cos(_HEAD_LEAN_RAD) * slant + np.sin(_HEAD_LEAN_RAD) * behind
    return up, np.cross(left, up), left


def _unit(vector: Float) -> Float:
    return np.asarray(vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9))


def _move_hips(joints: Float, xyz: Float, random: np.random.Generator) -> None:
    """Move the hips of OPENPOSE18 `joints` as labellers do: outwards, and up the trunk."""
    batch = len(joints)
    wider = random.uniform(0.95, 1.3, (batch, 1, 1))
    higher = random.normal(0.01, 0.015, (batch, 1, 1))
    trunk = _unit(xyz[:, :, _THORAX] - xyz[:, :, _PELVIS])
    for name in ("left_hip", "right_hip"):
        hip = xyz[:, :, _INDEX[name]] - xyz[:, :, _PELVIS]
        joints[:, :, OPENPOSE18.index(name)] = xyz[:, :, _PELVIS] + wider * hip + higher * trunk


def _mirrored(xyz: Float, which: NDArray[np.bool_]) -> Float:
    """The windows `which` (B,) mirrored: x negated, left and right exchanged."""
    mirrored = xyz[:, :, _FLIP] * [-1.0, 1.0, 1.0]
    return np.where(which[:, None, None, None], mirrored, xyz)


def _bone_factors(batch: int, options: BodyOptions, random: np.random.Generator) -> Float:
    """Factors (B, 17) on the bone that ends in each joint."""
    stature = np.exp(random.normal(0, options.stature_sd, (batch, 1)))
    factors = np.repeat(stature, len(H36M17), axis=1)
    for group in _BONE_GROUPS:
        joints = [_INDEX[name] for name in group]
        factors[:, joints] *= np.exp(random.normal(0, options.bone_sd, (batch, 1)))
    return factors


def _stretched(xyz: Float, factors: Float) -> Float:
    """Bones scaled along the tree from the pelvis; the pelvis moves with the legs, so that steps stay steps."""
    out = np.empty_like(xyz)
    legs = factors[:, [_INDEX["right_knee"], _INDEX["right_ankle"]]].mean(axis=1)
    out[:, :, _PELVIS] = xyz[:, :, _PELVIS] * legs[:, None, None]
    for parent, child in H36M17_BONES:
        bone = xyz[:, :, child] - xyz[:, :, parent]
        out[:, :, child] = out[:, :, parent] + bone * factors[:, None, None, child]
    return out


def _tilted(xyz: Float, options: BodyOptions, random: np.random.Generator) -> Float:
    """Windows turned about a random horizontal axis through the pelvis: a little, or far up to lying."""
    batch = len(xyz)
    far = random.random(batch) < options.tilt_chance
    angle = np.where(far, random.uniform(20, 110, batch), random.normal(0, options.lean_deg, batch))
    heading = random.uniform(0, 2 * np.pi, batch)
    axis = np.stack([np.cos(heading), np.zeros(batch), np.sin(heading)], axis=-1)
    rotation = rotation_about(axis, np.radians(angle))
    centre = xyz[:, :, _PELVIS].mean(axis=1)[:, None, None]
    return np.asarray((xyz - centre) @ rotation.transpose(0, 2, 1)[:, None] + centre)


def rotation_about(axis: Float, angle_rad: Float) -> Float:
    """Rodrigues' rotations (B, 3, 3) about unit axes (B, 3)."""
    zero = np.zeros(len(axis))
    x, y, z = axis.T
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(-1, 3, 3)
    sin, cos = np.sin(angle_rad)[:, None, None], np.cos(angle_rad)[:, None, None]
    return np.asarray(np.eye(3) + sin * cross + (1 - cos) * cross @ cross)
