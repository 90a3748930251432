"""How large a person is: from the height that the user gives, else from a prior on bone lengths; which is said.

One camera cannot tell a tall person further away from a small one nearer. A lifter answers with bodies of the size
that it was trained on; what is worked out here is one factor a person on all of its metres, pose and place alike, which
leaves the picture as it was. Bones are medians over time, so one bad pose does not count.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum

import numpy as np

from lifting.bones import Bool, Float, Floats, known_are_finite
from lifting.errors import LiftingError
from pose.joint_sets import H36M17, H36M17_BONES

HEIGHT_RANGE_M = (0.5, 2.6)
"""Heights that a person may give."""

ADULT_M, ADULT_SD = 1.70, 0.053
"""Stature of adults, women and men together, and its standard deviation as a share of it: what holds when no height is
given. National means lie between 1.55 and 1.76 m (NCD Risk Factor Collaboration, eLife 2016)."""

_SHARES: dict[str, tuple[float, float]] = {
    "hip": (0.055, 0.12),
    "knee": (0.237, 0.06),
    "ankle": (0.247, 0.04),
    "spine": (0.146, 0.09),
    "thorax": (0.172, 0.09),
    "elbow": (0.160, 0.06),
    "wrist": (0.152, 0.08),
}
"""Length of the bone that ends in a joint as a share of stature, and its relative spread among people.

Medians over the performers of our motion capture that may be trained on; the spread holds what differs between sources,
too. Shoulders and face are left out: they differ by more than a person's size does.
"""

_CHAIN_FACTOR, _CHAIN_SD = 1.05, 0.02
"""Stature over the chain of bones from ankle to vertex, the ankle's own height included, and its relative spread."""

_ALIKE = 3.0
"""Bones of one body are alike, left and right above all: so many of them tell as much as one that stood alone."""

_BONE_NAMES = [H36M17[child].removeprefix("left_").removeprefix("right_") for _, child in H36M17_BONES]
_SHARE = np.array([_SHARES.get(name, (math.nan, math.inf))[0] for name in _BONE_NAMES])
_SHARE_SD = np.array([_SHARES.get(name, (math.nan, math.inf))[1] for name in _BONE_NAMES])
_THORAX_HEAD = (H36M17.index("thorax"), H36M17.index("head"))
_PAIRS = (*H36M17_BONES, _THORAX_HEAD)
_FEWEST = 5
"""In so many poses a bone must have been seen."""


class ScaleSource(str, Enum):
    """What a person's size rests on, in words for the user."""

    HEIGHT = "the height given"
    PRIOR = "the usual size of adults, as no height was given"
    NOTHING = "nothing: too little of the body was seen"


@dataclass(frozen=True, slots=True)
class Scale:
    """A factor on a lifter's metres.

    Attributes
    ----------
    factor : float
        Multiply `xyz_m` and `root_m` by it; 1 where nothing is known.
    spread : float
        Relative standard deviation: 0.05 is 5 %; infinite where nothing is known.
    source : ScaleSource
        What it rests on.
    """

    factor: float
    spread: float
    source: ScaleSource


def check_height(height_m: float | None) -> float | None:
    """The height, if it may be one.

    Raises
    ------
    LiftingError
        Where it is not between 0.5 and 2.6 m.
    """
    low, high = HEIGHT_RANGE_M
    if height_m is not None and not low <= height_m <= high:
        raise LiftingError(f"a height of {height_m:g} m is none: from {low:g} to {high:g} m, such as 1.75")
    return height_m


def bone_lengths(xyz_m: Floats, valid: Bool) -> Float:
    """Median lengths (17,) over the poses (T, 17, 3) of one person, NaN where a bone was hardly seen.

    In the order of H36M17_BONES, and thorax to head at last, which is straighter than the way over the nose.
    """
    out = np.full(len(_PAIRS), np.nan)
    for bone, (one, other) in enumerate(_PAIRS):  # one after the other: a long clip's bones need not all be there
        both = np.flatnonzero(valid[:, one] & valid[:, other])
        if len(both) >= min(_FEWEST, max(1, len(xyz_m))):
            ways = xyz_m[both, one].astype(np.float64) - xyz_m[both, other]
            out[bone] = np.median(np.linalg.norm(ways, axis=-1))
    return out


def stature(bones_m: Float) -> tuple[float, float]:
    """Height in metres of a body with bones (17,) as of `bone_lengths`, and its relative spread; NaN and inf unknown.

    Legs, trunk and neck on top of each other where they are all known; else each known bone over its usual share of
    stature, the surer ones weighing more.
    """
    length = {(a, b): float(value) for (a, b), value in zip(_PAIRS, bones_m, strict=True)}
    index = H36M17.index
    legs = [
        length[index(f"{side}_hip"), index(f"{side}_knee")] + length[index(f"{side}_knee"), index(f"{side}_ankle")]
        for side in ("left", "right")
    ]
    known_legs = [leg for leg in legs if math.isfinite(leg)]
    trunk = length[0, index("spine")] + length[index("spine"), index("thorax")] + length[_THORAX_HEAD]
    if known_legs and math.isfinite(trunk):
        return _CHAIN_FACTOR * (trunk + sum(known_legs) / len(known_legs)), _CHAIN_SD
    bones = bones_m[: len(H36M17_BONES)]
    known = np.isfinite(bones) & np.isfinite(_SHARE) & (bones > 0)
    if not known.any():
        return math.nan, math.inf
    weight = 1 / _SHARE_SD[known] ** 2
    logarithm = float((weight * np.log(bones[known] / _SHARE[known])).sum() / weight.sum())
    return math.exp(logarithm), math.hypot(_CHAIN_SD, math.sqrt(_ALIKE / float(weight.sum())))


def solve_scale(xyz_m: Floats, valid: Bool, height_m: float | None = None) -> Scale:
    """The factor on one person's poses.

    Parameters
    ----------
    xyz_m : array, shape (T, 17, 3)
        H36M17 joints in the lifter's metres.
    valid : array of bool, shape (T, 17)
    height_m : float or None
        The person's height without shoes.

    Raises
    ------
    LiftingError
        Where the height is none, or a valid joint is not finite.

    >>> solve_scale(np.zeros((0, 17, 3)), np.zeros((0, 17), bool)).source.value
    'nothing: too little of the body was seen'
    """
    check_height(height_m)
    if not known_are_finite(xyz_m, valid):
        raise LiftingError("a person's size cannot be found: a valid joint is not finite")
    return _scale_of(bone_lengths(xyz_m, valid), height_m)


def _scale_of(bones_m: Float, height_m: float | None) -> Scale:
    size_m, spread = stature(bones_m)
    if not (math.isfinite(size_m) and size_m > 0):
        return Scale(1.0, math.inf, ScaleSource.NOTHING)
    if height_m is not None:
        return Scale(height_m / size_m, spread, ScaleSource.HEIGHT)
    return Scale(ADULT_M / size_m, math.hypot(ADULT_SD, spread), ScaleSource.PRIOR)


class PersonScale:
    """The factor of one person from poses as they come; what a frame costs does not grow with time.

    Parameters
    ----------
    height_m : float or None
        The person's height without shoes.
    every_s : float
        A pose is looked at when so much time has passed since the last one: neighbours tell nothing new.
    poses : int
        How many poses are remembered.
    """

    def __init__(self, height_m: float | None = None, *, every_s: float = 0.2, poses: int = 150) -> None:
        self._height_m = check_height(height_m)
        self._every_s = every_s
        self._seen: deque[tuple[Float, Bool]] = deque(maxlen=poses)
        self._time_s = -math.inf
        self._scale = Scale(1.0, math.inf, ScaleSource.NOTHING)
        self._bones_m: Float = np.full(len(_PAIRS), np.nan)

    @property
    def bones_m(self) -> Float:
        """Lengths (17,) of the bones as `bone_lengths` has them by now, in the lifter's metres."""
        return self._bones_m

    @property
    def scale(self) -> Scale:
        """As it is known by now."""
        return self._scale

    def step(self, xyz_m: Float, valid: Bool, time_s: float) -> Scale:
        """The factor once a pose (17, 3) with known joints (17,) was seen; a valid joint must be finite."""
        if not np.isfinite(xyz_m[valid]).all():
            raise LiftingError(f"a person's size cannot be found: a valid joint at {time_s} s is not finite")
        if valid.any() and not 0 <= time_s - self._time_s < self._every_s:
            self._time_s = time_s
            self._seen.append((xyz_m.copy(), valid.copy()))
            poses, known = zip(*self._seen, strict=True)
            self._bones_m = bone_lengths(np.stack(poses), np.stack(known))
            self._scale = _scale_of(self._bones_m, self._height_m)
        return self._scale
