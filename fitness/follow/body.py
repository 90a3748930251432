"""Where the limbs point, as seen from the body itself: the same for small and tall, here and there, turned or not.

Of every segment between two joints only the direction is kept, so that bone lengths and place fall out. The directions
are turned about the vertical until the body faces +z (`yaw`), so that facing falls out, while lying still differs from
standing. Axes: y up, and for a body that faces +z its own left is +x.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pose.joint_sets import H36M17, OPENPOSE18
from pose.skeleton import perpendicular

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

LIMBS = ("left arm", "right arm", "left leg", "right leg", "trunk", "head")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the body between two joints.

    Attributes
    ----------
    limb : str
        Which of `LIMBS` it belongs to.
    start, end : str
        Joints of H36M17.
    start_2d, end_2d : str
        The nearest to them in OPENPOSE18; empty where there is none.
    """

    limb: str
    start: str
    end: str
    start_2d: str
    end_2d: str


def _limb(side: str, kind: str, joints: tuple[str, str, str]) -> tuple[Segment, ...]:
    names = [f"{side}_{joint}" for joint in joints]
    return tuple(Segment(f"{side} {kind}", a, b, a, b) for a, b in pairwise(names))


_ARM, _LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")
SEGMENTS = (
    *_limb("left", "arm", _ARM),
    *_limb("right", "arm", _ARM),
    *_limb("left", "leg", _LEG),
    *_limb("right", "leg", _LEG),
    Segment("trunk", "pelvis", "spine", "", ""),
    Segment("trunk", "spine", "thorax", "", ""),
    Segment("trunk", "right_hip", "left_hip", "right_hip", "left_hip"),
    Segment("trunk", "right_shoulder", "left_shoulder", "right_shoulder", "left_shoulder"),
    Segment("head", "thorax", "nose", "neck", "nose"),
    Segment("head", "nose", "head", "", ""),
)
LIMB_OF = np.array([LIMBS.index(segment.limb) for segment in SEGMENTS])
"""Index into `LIMBS` of every segment."""

_START = np.array([H36M17.index(segment.start) for segment in SEGMENTS])
_END = np.array([H36M17.index(segment.end) for segment in SEGMENTS])
_IN_2D = [place for place, segment in enumerate(SEGMENTS) if segment.start_2d]
_START_2D = np.array([OPENPOSE18.index(SEGMENTS[place].start_2d) for place in _IN_2D])
_END_2D = np.array([OPENPOSE18.index(SEGMENTS[place].end_2d) for place in _IN_2D])

_TWIN = {"left": "right", "right": "left"}


def _twin(segment: Segment) -> tuple[int, float]:
    """The segment that a mirror makes of this one, and -1 where it runs the other way round."""
    start, end = (_exchanged(name) for name in (segment.start, segment.end))
    for place, other in enumerate(SEGMENTS):
        if (other.start, other.end) == (start, end):
            return place, 1.0
        if (other.start, other.end) == (end, start):
            return place, -1.0
    raise ValueError(f"{segment} has no twin")


def _exchanged(name: str) -> str:
    side, _, rest = name.partition("_")
    return f"{_TWIN[side]}_{rest}" if side in _TWIN else name


_TWINS = np.array([_twin(segment)[0] for segment in SEGMENTS])
_SIGNS = np.array([_twin(segment)[1] for segment in SEGMENTS])[:, None]


def level(xyz: ArrayLike, up: tuple[float, float, float] = (0.0, -1.0, 0.0)) -> Float:
    """Points (..., 3) in camera axes (x right, y down, z forward) turned so that y is up and z comes to the camera.

    Parameters
    ----------
    xyz : array, shape (..., 3)
    up : tuple of 3 floats
        Against gravity, in camera axes; a level camera's unless told.

    >>> level([1.0, 2.0, 3.0])
    array([ 1., -2., -3.])
    """
    vertical = np.asarray(up, np.float64)
    vertical = vertical / np.linalg.norm(vertical)
    ahead = np.array([0.0, 0.0, -1.0])
    towards = ahead - vertical * (ahead @ vertical)
    size = np.linalg.norm(towards)
    # straight down: the picture's upper edge says where ahead is
    towards = towards / size if size > 1e-6 else np.array([0.0, 1.0, 0.0])
    turn = np.stack([np.cross(vertical, towards), vertical, towards])
    return np.asarray(np.asarray(xyz, np.float64) @ turn.T)


def yaw(xyz: ArrayLike, valid: ArrayLike) -> Float:
    """How far bodies are turned about the vertical (N,), radians; 0 faces +z; NaN where the trunk is not known.

    It is the turn about the vertical next to the trunk's whole rotation, which is also defined for people who lie, or
    bend down, and jumps only for those who stand on their head.

    Parameters
    ----------
    xyz : array, shape (N, 17, 3)
        H36M17 joints, y up.
    valid : array, bool, shape (N, 17)
    """
    joints = np.where(np.asarray(valid, np.bool_)[..., None], np.asarray(xyz, np.float64), np.nan)

    def line(start: str, end: str) -> Float:
        step = joints[:, H36M17.index(end)] - joints[:, H36M17.index(start)]
        length = np.linalg.norm(step, axis=1, keepdims=True)
        return np.asarray(step / np.where(length > 1e-9, length, np.nan))

    hips, shoulders = line("right_hip", "left_hip"), line("right_shoulder", "left_shoulder")
    across = np.where(np.isfinite(hips), hips, 0) + np.where(np.isfinite(shoulders), shoulders, 0)
    along = line("pelvis", "thorax")
    # without hips in view, as at a desk, the trunk is taken as upright
    along = np.where(np.isfinite(along).all(axis=1, keepdims=True), along, [0.0, 1.0, 0.0])
    with np.errstate(invalid="ignore"):
        left = perpendicular(across, along)  # (N, 3)
        ahead = np.cross(left, along)
        return np.asarray(np.arctan2(ahead[:, 0] - left[:, 2], left[:, 0] + ahead[:, 2]))


def turned(xyz: ArrayLike, by: ArrayLike) -> Float:
    """Points (N, ..., 3) turned about the vertical by angles (N,), radians."""
    points, angle = np.asarray(xyz, np.float64), np.asarray(by, np.float64)
    angle = angle.reshape(angle.shape + (1,) * (points.ndim - 2))
    cos, sin = np.cos(angle), np.sin(angle)
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    return np.stack([cos * x + sin * z, y + 0 * cos, cos * z - sin * x], axis=-1)


def directions(xyz: ArrayLike, valid: ArrayLike) -> Float:
    """Unit vectors (N, 14, 3) along `SEGMENTS` for a body that faces +z; NaN where a joint is not known.

    Parameters
    ----------
    xyz : array, shape (N, 17, 3)
        H36M17 joints, y up, any unit and origin.
    valid : array, bool, shape (N, 17)
    """
    known = np.asarray(valid, np.bool_)
    joints = np.where(known[..., None], np.asarray(xyz, np.float64), np.nan)
    step = joints[:, _END] - joints[:, _START]
    with np.errstate(invalid="ignore"):
        length = np.linalg.norm(step, axis=-1, keepdims=True)
        unit = step / np.where(length > 1e-9, length, np.nan)
        return turned(unit, -yaw(xyz, known))


def picture_directions(xy_px: ArrayLike, score: ArrayLike, least: float) -> Float:
    """Unit vectors (N, 14, 3) along `SEGMENTS` in the plane of the picture: x to the right, y up, z 0.

    NaN where a segment has no 2D joints or they score less than `least`.

    Parameters
    ----------
    xy_px : array, shape (N, 18, 2)
    score : array, shape (N, 18)
    least : float
    """
    points = np.asarray(xy_px, np.float64)
    seen = np.asarray(score) >= max(least, 1e-6)
    both = seen[:, _START_2D] & seen[:, _END_2D]
    step = np.where(both[..., None], points[:, _END_2D] - points[:, _START_2D], np.nan)
    length = np.linalg.norm(step, axis=-1, keepdims=True)
    out = np.full((len(points), len(SEGMENTS), 3), np.nan)
    out[:, _IN_2D, :2] = step / np.where(length > 1e-9, length, np.nan) * [1.0, -1.0]
    out[:, _IN_2D, 2] = 0.0 * out[:, _IN_2D, 0]
    return out


def mirrored(unit: Float) -> Float:
    """What a mirror makes of directions (..., 14, 3): left and right exchanged."""
    return np.asarray(unit[..., _TWINS, :] * _SIGNS * [-1.0, 1.0, 1.0])
