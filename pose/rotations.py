"""Positions -> rotations of bones, for BVH files and for streaming to avatars.

Seventeen points fix where every bone points, but not how it is turned about itself. Hips, chest and head take that from
the line of the hips, of the shoulders, and from the nose. A limb takes it from the plane in which its elbow or knee
bends; a straight limb has no such plane, and keeps the turn that its parent gives it. In between the one fades into
the other, so that nothing snaps when a knee is stretched. Hands and feet are not seen: they follow forearm and shank.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation, Slerp

from pose.skeleton import BONE_INDEX, BONES, NOSE_TO_VERTEX, POINTS, dot, lengths, perpendicular, with_head_base

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

STRAIGHT_DEG, BENT_DEG = 10.0, 35.0
"""Below the first a limb's bend says nothing about its twist; above the second it says all."""

MOST_TWIST_DEG = 110.0
"""No hip or shoulder turns further: a bend that asks for it is noise and counts less, nothing at 180 degrees.

So there is no twist at which the answer jumps from one side to the other.
"""

_X, _Y = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
_P = {name: index for index, name in enumerate(POINTS)}


def _places(*names: str) -> NDArray[np.intp]:
    """Indices into `BONES`."""
    return np.array([BONE_INDEX[name] for name in names])


# All bones that are alike are worked on at once, (N, K, 3): a live avatar has one row, and each call of numpy costs.
_STEPS = (
    ("right_hip", "left_hip"), ("pelvis", "spine"), ("right_shoulder", "left_shoulder"), ("spine", "thorax"),
    ("nose", "head"), ("nose", "head_base"), ("thorax", "head_base"),
    ("thorax", "left_shoulder"), ("thorax", "right_shoulder"),
    ("left_shoulder", "left_elbow"), ("right_shoulder", "right_elbow"), ("left_hip", "left_knee"),
    ("right_hip", "right_knee"), ("left_elbow", "left_wrist"), ("right_elbow", "right_wrist"),
    ("left_knee", "left_ankle"), ("right_knee", "right_ankle"),
)  # fmt: skip
_FROM, _TO = (np.array([_P[step[end]] for step in _STEPS]) for end in (0, 1))
_HIPS, _LUMBAR, _SHOULDERS, _BACK, _VERTEX, _BASE, _NAPE = range(7)
_CLAVICLES, _UPPER, _LOWER = slice(7, 9), slice(9, 13), slice(13, 17)
_TRUNK = _places("hips", "spine", "chest", "head")
_CHEST, _HEAD = 2, 3
_PARENTS = np.array([_CHEST, _CHEST, 0, 0])
"""Of the four limbs among those of the trunk."""
_LIMB_REST: Float = np.array([_X, (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, -1.0, 0.0)])
_LIMB_HINGE: Float = np.array([(0.0, -1.0, 0.0), _Y, _X, _X])
"""The axis about which each limb's joint bends, in the rest pose."""
_OTHERS = _places(
    "neck", "left_shoulder", "right_shoulder",
    "left_upper_arm", "right_upper_arm", "left_upper_leg", "right_upper_leg",
    "left_lower_arm", "right_lower_arm", "left_lower_leg", "right_lower_leg",
)  # fmt: skip
_UNSEEN = _places("left_hand", "right_hand", "left_foot", "right_foot")


@dataclass(frozen=True, slots=True)
class BoneRotations:
    """How every bone is turned out of the rest pose (`pose/skeleton.py`) over time.

    Attributes
    ----------
    rotation : array, shape (N, 19, 3, 3)
        Of every bone of `BONES`; the identity where it is not known.
    known : array, bool, shape (N, 19)
    """

    rotation: Float
    known: Bool


def bone_rotations(xyz: ArrayLike) -> BoneRotations:
    """Rotations of all bones of a person.

    Parameters
    ----------
    xyz : array, shape (N, 17, 3)
        H36M17 joints, y up, any unit and origin; NaN where a joint is not known.
    """
    points = with_head_base(xyz)
    turn = np.full((len(points), len(BONES), 3, 3), np.nan)
    step = points[:, _TO] - points[:, _FROM]
    with np.errstate(invalid="ignore"):
        trunk = _trunk(step)
        parent = trunk[:, _PARENTS]
        upper, lower = step[:, _UPPER], step[:, _LOWER]
        unturned = _swung((parent @ _LIMB_REST[..., None])[..., 0], upper) @ (parent @ _LIMB_HINGE[..., None])
        axis = _twisted(unturned[..., 0], upper, lower)
        # the neck takes half of the head's turn
        between = (trunk[:, _CHEST, :, 0] + trunk[:, _HEAD, :, 0])[:, None]
        up = trunk[:, _CHEST, None, :, 1]
        first = np.concatenate([step[:, _NAPE, None], step[:, _CLAVICLES], upper, lower], axis=1)
        others = _frame(first, np.concatenate([between, up, up, axis, axis], axis=1)) @ _OTHERS_REST
    turn[:, _TRUNK], turn[:, _OTHERS] = trunk, others
    turn[:, _UNSEEN] = others[:, -len(_UNSEEN) :]
    known = np.isfinite(turn).all(axis=(2, 3))
    return BoneRotations(np.where(known[:, :, None, None], turn, np.eye(3)), known)


def filled(rotations: BoneRotations, time_s: ArrayLike) -> Float:
    """Rotations (N, 19, 3, 3) without gaps: turned evenly from the last known to the next, held at the ends.

    A bone that is never known is turned as its parent is.
    """
    time = np.asarray(time_s, np.float64)
    out = rotations.rotation.copy()
    for place, bone in enumerate(BONES):
        known = rotations.known[:, place]
        if known.all():
            continue
        if known.sum() == 0:
            out[:, place] = out[:, bone.parent] if bone.parent >= 0 else np.eye(3)
        elif known.sum() == 1:
            out[:, place] = out[known, place]
        else:
            slerp = Slerp(time[known], Rotation.from_matrix(out[known, place]))
            out[:, place] = slerp(np.clip(time, time[known][0], time[known][-1])).as_matrix()
    return out


def _trunk(step: Float) -> Float:
    """Hips, spine, chest and head (N, 4, 3, 3), of steps (N, 17, 3) between points."""
    face_left = _cross(step[:, _BASE], step[:, _VERTEX])
    first = step[:, (_HIPS, _LUMBAR, _BACK, _VERTEX)]
    second = np.stack([step[:, _LUMBAR], step[:, _HIPS], step[:, _SHOULDERS], face_left], axis=1)
    return np.asarray(_frame(first, second) @ _TRUNK_REST)


def _twisted(axis: Float, upper: Float, lower: Float) -> Float:
    """The hinge's axis (..., 3): as the parent has it where the limb is straight, that of the bend where it is bent."""
    normal = _cross(upper, lower)
    bend = np.degrees(np.arctan2(lengths(normal)[..., 0], dot(upper, lower)))
    part = _between((bend - STRAIGHT_DEG) / (BENT_DEG - STRAIGHT_DEG))
    weight = np.where(np.isfinite(bend), part * part * (3 - 2 * part), 0.0)
    across = _cross(upper / lengths(upper), axis)
    twist = np.arctan2(dot(normal, across), dot(normal, axis))
    far = _between((180 - np.abs(np.degrees(twist))) / (180 - MOST_TWIST_DEG))
    twist = np.where(np.isfinite(twist), weight * far * far * (3 - 2 * far) * twist, 0.0)
    return np.asarray(np.cos(twist)[..., None] * axis + np.sin(twist)[..., None] * across)


def _between(share: Float) -> Float:
    """Held between 0 and 1."""
    return np.asarray(np.minimum(np.maximum(share, 0), 1))


def _swung(start: Float, end: Float) -> Float:
    """The smallest rotations (..., 3, 3) that take the directions `start` (..., 3) to `end` (..., 3), by Rodrigues."""
    start, end = start / lengths(start), end / lengths(end)
    axis = _cross(start, end)
    cosine = dot(start, end)[..., None, None]
    cross = (axis @ _AS_MATRIX).reshape(*axis.shape, 3)
    # Opposite directions have no smallest rotation; the limit of what is near them is as good as any.
    return np.asarray(np.eye(3) + cross + cross @ cross / np.maximum(1 + cosine, 1e-6))


def _cross(one: Float, two: Float) -> Float:
    """Cross products (..., 3); numpy's own takes seven times as long on one row, and a live avatar has only one."""
    return np.asarray(one.take(_AFTER, -1) * two.take(_LAST, -1) - one.take(_LAST, -1) * two.take(_AFTER, -1))


def _frame(first: Float, second: Float) -> Float:
    """Right-handed axes as columns (..., 3, 3), the first along `first`, the second near `second`, both (..., 3)."""
    out = np.empty((*first.shape, 3))
    out[..., 0] = one = first / lengths(first, 1e-9)
    out[..., 1] = two = perpendicular(second, one)
    out[..., 2] = _cross(one, two)
    return out


_AFTER, _LAST = np.array([1, 2, 0]), np.array([2, 0, 1])
_AS_MATRIX: Float = np.array(
    [(0, 0, 0, 0, 0, -1.0, 0, 1, 0), (0, 0, 1, 0, 0, 0, -1, 0, 0), (0, -1, 0, 1, 0, 0, 0, 0, 0)]
)
"""Takes a vector to the nine numbers of the matrix that makes cross products with it."""

# The same axes in the rest pose, transposed: a bone's axes times these are what turns it out of that pose, so that its
# first direction is met exactly and its second as nearly as may be.
_TRUNK_REST = _frame(np.array([_X, _Y, _Y, NOSE_TO_VERTEX]), np.array([_Y, _X, _X, _X])).swapaxes(1, 2)
_OTHERS_REST = _frame(
    np.concatenate([[_Y, _X, (-1.0, 0.0, 0.0)], _LIMB_REST, _LIMB_REST]),
    np.concatenate([[_X, _Y, _Y], _LIMB_HINGE, _LIMB_HINGE]),
).swapaxes(1, 2)
