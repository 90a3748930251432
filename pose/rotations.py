"""Positions -> rotations of bones, for BVH files and for streaming to avatars.

Seventeen points fix where every bone points, but not how it is turned about itself. Hips, chest and head take that from
the line of the hips, of the shoulders, and from the nose. A limb takes it from the plane in which its elbow or knee
bends; a straight limb has no such plane, and keeps the turn that its parent gives it. In between the one fades into
the other, so that nothing snaps when a knee is stretched. Hands and feet are not seen: they follow forearm and shank.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation, Slerp

from pose.skeleton import BONE_INDEX, BONES, NOSE_TO_VERTEX, POINTS, perpendicular, with_head_base

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

STRAIGHT_DEG, BENT_DEG = 10.0, 35.0
"""Below the first a limb's bend says nothing about its twist; above the second it says all."""

MOST_TWIST_DEG = 110.0
"""No hip or shoulder turns further: a bend that asks for it is noise and counts less, nothing at 180 degrees.

So there is no twist at which the answer jumps from one side to the other.
"""

Direction = tuple[float, float, float]

_NOSE_TO_VERTEX: Direction = (float(NOSE_TO_VERTEX[0]), float(NOSE_TO_VERTEX[1]), float(NOSE_TO_VERTEX[2]))
_P = {name: index for index, name in enumerate(POINTS)}


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
    with np.errstate(invalid="ignore"):
        _trunk(points, turn)
        for side, out in (("left", 1.0), ("right", -1.0)):
            shoulder = points[:, _P[f"{side}_shoulder"]] - points[:, _P["thorax"]]
            chest = turn[:, BONE_INDEX["chest"]]
            _set(turn, f"{side}_shoulder", _turned(shoulder, chest[:, :, 1], (out, 0.0, 0.0), (0.0, 1.0, 0.0)))
            _limb(points, turn, side, "arm", chest, (out, 0.0, 0.0), (0.0, -out, 0.0))
            _limb(points, turn, side, "leg", turn[:, BONE_INDEX["hips"]], (0.0, -1.0, 0.0), (1.0, 0.0, 0.0))
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


def _trunk(points: Float, turn: Float) -> None:
    """Hips, spine, chest, neck and head."""
    left = points[:, _P["left_hip"]] - points[:, _P["right_hip"]]
    lumbar = points[:, _P["spine"]] - points[:, _P["pelvis"]]
    shoulders = points[:, _P["left_shoulder"]] - points[:, _P["right_shoulder"]]
    x_axis, y_axis = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
    _set(turn, "hips", _turned(left, lumbar, x_axis, y_axis))
    _set(turn, "spine", _turned(lumbar, left, y_axis, x_axis))
    _set(turn, "chest", _turned(points[:, _P["thorax"]] - points[:, _P["spine"]], shoulders, y_axis, x_axis))
    vertex = points[:, _P["head"]] - points[:, _P["nose"]]
    face_left = _cross(points[:, _P["head_base"]] - points[:, _P["nose"]], vertex)
    head = _turned(vertex, face_left, _NOSE_TO_VERTEX, x_axis)
    _set(turn, "head", head)
    between = turn[:, BONE_INDEX["chest"], :, 0] + head[:, :, 0]  # the neck takes half of the head's turn
    _set(turn, "neck", _turned(points[:, _P["head_base"]] - points[:, _P["thorax"]], between, y_axis, x_axis))


def _limb(
    points: Float,
    turn: Float,
    side: str,
    kind: str,
    parent: Float,
    rest: tuple[float, float, float],
    hinge: tuple[float, float, float],
) -> None:
    """Upper and lower part of an arm or leg; `hinge` is the axis about which its joint bends in the rest pose."""
    names = {"arm": ("shoulder", "elbow", "wrist", "hand"), "leg": ("hip", "knee", "ankle", "foot")}[kind]
    first, middle, last = (points[:, _P[f"{side}_{name}"]] for name in names[:3])
    upper, lower = middle - first, last - middle
    unturned = _swung(parent @ np.array(rest), upper) @ (parent @ np.array(hinge))[..., None]
    axis = _twisted(unturned[..., 0], upper, lower)
    _set(turn, f"{side}_upper_{kind}", _turned(upper, axis, rest, hinge))
    _set(turn, f"{side}_lower_{kind}", _turned(lower, axis, rest, hinge))
    turn[:, BONE_INDEX[f"{side}_{names[3]}"]] = turn[:, BONE_INDEX[f"{side}_lower_{kind}"]]


def _twisted(axis: Float, upper: Float, lower: Float) -> Float:
    """The hinge's axis (N, 3): as the parent has it where the limb is straight, that of the bend where it is bent."""
    normal = _cross(upper, lower)
    area = np.linalg.norm(normal, axis=1)
    bend = np.degrees(np.arctan2(area, (upper * lower).sum(axis=1)))
    part = np.clip((bend - STRAIGHT_DEG) / (BENT_DEG - STRAIGHT_DEG), 0, 1)
    weight = np.where(np.isfinite(bend), part * part * (3 - 2 * part), 0.0)
    along = upper / np.linalg.norm(upper, axis=1, keepdims=True)
    across = _cross(along, axis)
    twist = np.arctan2((normal * across).sum(axis=1), (normal * axis).sum(axis=1))
    far = np.clip((180 - np.abs(np.degrees(twist))) / (180 - MOST_TWIST_DEG), 0, 1)
    twist = np.where(np.isfinite(twist), weight * far * far * (3 - 2 * far) * twist, 0.0)
    return np.asarray(np.cos(twist)[:, None] * axis + np.sin(twist)[:, None] * across)


def _swung(start: Float, end: Float) -> Float:
    """The smallest rotations (N, 3, 3) that take the directions `start` (N, 3) to `end` (N, 3), by Rodrigues."""
    start = start / np.linalg.norm(start, axis=1, keepdims=True)
    end = end / np.linalg.norm(end, axis=1, keepdims=True)
    axis = _cross(start, end)
    cosine = (start * end).sum(axis=1)[:, None, None]
    cross = np.zeros((len(axis), 3, 3))
    cross[:, (2, 0, 1), (1, 2, 0)] = axis
    cross[:, (1, 2, 0), (2, 0, 1)] = -axis
    # Opposite directions have no smallest rotation; the limit of what is near them is as good as any.
    return np.asarray(np.eye(3) + cross + cross @ cross / np.maximum(1 + cosine, 1e-6))


def _turned(first: Float, second: Float, rest_first: Direction, rest_second: Direction) -> Float:
    """Rotations (N, 3, 3) that take `rest_first` exactly to `first` (N, 3), `rest_second` as near as may be."""
    return np.asarray(_frame(first, second) @ _rest_frame(rest_first, rest_second).T)


@cache
def _rest_frame(first: Direction, second: Direction) -> Float:
    """Axes (3, 3) of two directions in the rest pose; the few that there are."""
    return np.asarray(_frame(np.array([first]), np.array([second]))[0])


def _cross(one: Float, two: Float) -> Float:
    """Cross products (N, 3); numpy's own takes seven times as long on one row, and a live avatar has only one."""
    out = np.empty(np.broadcast_shapes(one.shape, two.shape))
    for axis, (after, last) in enumerate(((1, 2), (2, 0), (0, 1))):
        out[..., axis] = one[..., after] * two[..., last] - one[..., last] * two[..., after]
    return out


def _frame(first: Float, second: Float) -> Float:
    """Right-handed axes as columns (N, 3, 3), the first along `first`, the second near `second`."""
    length = np.linalg.norm(first, axis=1, keepdims=True)
    one = first / np.where(length > 1e-9, length, np.nan)
    two = perpendicular(second, one)
    return np.stack([one, two, _cross(one, two)], axis=2)


def _set(turn: Float, name: str, rotation: Float) -> None:
    turn[:, BONE_INDEX[name]] = rotation
