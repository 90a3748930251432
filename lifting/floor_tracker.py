"""The floor from people as they come: which of their feet stand, who is upright, and who lies.

`FloorTracker` looks at every frame and keeps places of feet, axes of upright bodies, and the lowest joints of people on
the ground; `lifting.floor` fits the floor to them. Who lies tells no direction, but how high the floor is: it counts as
long as nobody stands.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lifting.errors import LiftingError
from lifting.feet import ANKLES, GAP_S, LEGS, Speedometer
from lifting.floor import LEVEL_SD_DEG, Floor, fit_floor
from pose.joint_sets import H36M17

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_PELVIS, _THORAX = H36M17.index("pelvis"), H36M17.index("thorax")
_LIMBS = [
    H36M17.index(f"{side}_{joint}") for side in ("right", "left") for joint in ("knee", "ankle", "elbow", "wrist")
]

_LEAN_DEG = 2.4
"""By so much the thorax of standing people is ahead of their ankles: the mean of our motion capture's performers."""

_STANDS_M_S = 0.25
_SPAN_S = 0.2
_LOWER_M = 0.06
"""A foot stands if it is not higher than the other one by more."""

_UPRIGHT_M = 0.5
"""The thorax must be so far over the ankles: people who lie, crawl or do push-ups tell nothing about feet."""

_STRAIGHT_DEG = 50.0
"""Somebody straight who is so far from up lies, or leans on hands."""

_CELL_M = 0.12
_MOST_CELLS = 256
_MOST_BODIES = 256
_BODY_EVERY_S = 0.5
_FORGET_S = 120.0
"""A camera may have been moved: what was seen so long ago no longer counts."""

_FIT_EVERY_S = 0.5

_LIES_DEG = 55.0
"""Somebody whose trunk is so far from up, and so low that `_UPRIGHT_M` is not reached, is on the ground."""

_LYING_EVERY_S, _FEWEST_LYING, _MOST_LYING = 0.2, 5, 256
"""How often somebody on the ground is looked at, and how many looks are needed and kept."""


class FloorTracker:
    """The floor from people as they come, frame by frame; the cost of a frame does not grow with time.

    Parameters
    ----------
    level_sd_deg : float or None
        As for `fit_floor`.
    """

    def __init__(self, level_sd_deg: float | None = LEVEL_SD_DEG) -> None:
        self._level_sd_deg = level_sd_deg
        self._cells: dict[tuple[int, int, int], tuple[Float, int, float]] = {}
        self._bodies: deque[tuple[float, Float]] = deque(maxlen=_MOST_BODIES)
        self._speed: dict[int, Speedometer] = {}
        self._seen_s: dict[int, float] = {}
        self._body_s: dict[int, float] = {}
        self._lying: deque[tuple[float, Float]] = deque(maxlen=_MOST_LYING)
        self._lying_s: dict[int, float] = {}
        self._floor = Floor.level()
        self._fitted_s = -math.inf
        self._time_s = -math.inf

    def step(self, joints_m: Float, valid: Bool, track_id: NDArray[np.int32], time_s: float) -> None:
        """Look at one frame.

        Parameters
        ----------
        joints_m : array, shape (K, 17, 3)
            H36M17 joints in camera axes: `xyz_m + root_m[:, None]`.
        valid : array of bool, shape (K, 17)
        track_id : array, shape (K,)
        time_s : float
        """
        if not math.isfinite(time_s):
            raise LiftingError(f"a frame's time is {time_s}, not a number of seconds")
        if time_s < self._time_s:
            self._speed.clear()
            self._body_s.clear()
            self._lying_s.clear()
        self._time_s = time_s
        for gone in [one for one, seen_s in self._seen_s.items() if time_s - seen_s > GAP_S]:
            self._speed.pop(gone, None)
            del self._seen_s[gone]
        for number, body, known in zip(track_id.tolist(), joints_m, valid, strict=True):
            self._seen_s[number] = time_s
            seen = np.where(known[:, None], body, np.nan)
            self._look(number, seen, time_s)
            self._look_down(number, seen, time_s)
        if time_s - self._fitted_s >= _FIT_EVERY_S:
            self.fit()

    @property
    def floor(self) -> Floor:
        """As it was fitted last, at most half a second ago; `Floor.level()` at first."""
        return self._floor

    def fit(self) -> Floor:
        """The floor from all that was seen up to now."""
        kept = [mean for mean, _, seen_s in self._cells.values() if self._time_s - seen_s <= _FORGET_S]
        bodies = [body for seen_s, body in self._bodies if self._time_s - seen_s <= _FORGET_S]
        lying = [lowest for seen_s, lowest in self._lying if self._time_s - seen_s <= _FORGET_S]
        if self._level_sd_deg and not bodies and len(lying) >= _FEWEST_LYING:
            self._floor, self._fitted_s = Floor.under_lying(np.array(lying)), self._time_s
        elif kept or bodies:
            feet = np.array(kept).reshape(-1, 3)
            self._floor = fit_floor(feet, np.array(bodies).reshape(-1, 3), level_sd_deg=self._level_sd_deg)
            self._fitted_s = self._time_s
        return self._floor

    def _look(self, number: int, body: Float, time_s: float) -> None:
        """Take from one person (17, 3), NaN where unknown, the feet that stand and the body that is upright."""
        ankles = body[ANKLES]
        speed = np.linalg.norm(self._speed.setdefault(number, Speedometer(_SPAN_S)).step(ankles, time_s), axis=-1)
        slow = speed < _STANDS_M_S
        if not slow.any():
            return
        axis, up = upright_axis(body), self._floor.up
        if axis is not None and self._level_sd_deg is None and not math.isfinite(self._fitted_s):
            up = axis  # nothing says yet how the camera is held
        low = float(np.nanmin(ankles @ up))
        if not float(body[_THORAX] @ up) - low > _UPRIGHT_M:  # false where the thorax is not known
            return
        if axis is not None and _angle_deg(axis, up) > _STRAIGHT_DEG:
            return
        for ankle in ankles[slow & (ankles @ up < low + _LOWER_M)]:
            self._put(ankle, time_s)
        if axis is not None and time_s - self._body_s.get(number, -math.inf) >= _BODY_EVERY_S:
            self._body_s[number] = time_s
            self._bodies.append((time_s, axis))

    def _look_down(self, number: int, body: Float, time_s: float) -> None:
        """Take from one person (17, 3), NaN where unknown, who lies, kneels or leans on hands the lowest joint."""
        if time_s - self._lying_s.get(number, -math.inf) < _LYING_EVERY_S:
            return
        trunk, up, limbs = body[_THORAX] - body[_PELVIS], self._floor.up, body[_LIMBS]
        limbs = limbs[np.isfinite(limbs[:, 0])]
        if not (np.isfinite(trunk[0]) and len(limbs)) or _angle_deg(trunk, up) < _LIES_DEG:
            return
        lowest = limbs[(limbs @ up).argmin()]
        if float((body[_THORAX] - lowest) @ up) < _UPRIGHT_M:
            self._lying_s[number] = time_s
            self._lying.append((time_s, lowest))

    def _put(self, ankle: Float, time_s: float) -> None:
        """Keep the mean of the ankles in each small cell of space, so that standing long in one place is one place."""
        x, y, z = np.floor(ankle / _CELL_M).astype(int).tolist()
        mean, count, _ = self._cells.pop((x, y, z), (ankle, 0, time_s))
        count = min(count + 1, 300)
        self._cells[x, y, z] = (mean + (ankle - mean) / count, count, time_s)
        if len(self._cells) > _MOST_CELLS:
            del self._cells[next(iter(self._cells))]  # the one that was not seen for longest


def upright_axis(body_m: Float) -> Float | None:
    """The unit vector that points up for somebody who stands straight, from joints (17, 3); else None.

    Straight means: both knees bent by less than 25 degrees, the trunk in line with the legs within 20. Up is from the
    ankles to the thorax, turned back a little, since nobody's ankles are under the middle of the feet.
    """
    feet, pelvis, thorax = body_m[ANKLES].mean(axis=0), body_m[_PELVIS], body_m[_THORAX]
    if not np.isfinite(body_m[[_PELVIS, _THORAX, *np.ravel(LEGS)]]).all():
        return None
    for hip, knee, ankle in LEGS:
        if not _angle_deg(body_m[knee] - body_m[hip], body_m[ankle] - body_m[knee]) < 25:
            return None
    if _angle_deg(pelvis - feet, thorax - pelvis) > 20 or np.linalg.norm(thorax - feet) < _UPRIGHT_M:
        return None
    axis = (thorax - feet) / np.linalg.norm(thorax - feet)
    ahead = np.cross(body_m[LEGS[1][0]] - body_m[LEGS[0][0]], axis)  # left hip minus right hip, across up
    size = float(np.linalg.norm(ahead))
    if size < 1e-6:
        return None
    lean = math.radians(_LEAN_DEG)
    return np.asarray(math.cos(lean) * axis - math.sin(lean) * ahead / size)


def _angle_deg(one: Float, other: Float) -> float:
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return math.degrees(math.acos(min(1.0, max(-1.0, float(one @ other) / size)))) if size > 0 else 0.0


def estimate_floor(
    joints_m: Float,
    valid: Bool,
    track_id: NDArray[np.int32],
    time_s: Float,
    *,
    level_sd_deg: float | None = LEVEL_SD_DEG,
) -> Floor:
    """The floor from a whole sequence, as flat rows, one a person and frame; `FloorTracker` over it.

    Parameters
    ----------
    joints_m : array, shape (N, 17, 3)
        H36M17 joints in camera axes, metres: `xyz_m + root_m[:, None]`.
    valid : array of bool, shape (N, 17)
    track_id : array, shape (N,)
    time_s : array, shape (N,)
        Never decreasing; rows of one time are one frame.
    level_sd_deg : float or None
        As for `fit_floor`.
    """
    tracker = FloorTracker(level_sd_deg)
    begins = np.flatnonzero(np.diff(time_s, prepend=-np.inf) > 0)
    for begin, end in pairwise([*begins.tolist(), len(time_s)]):
        rows = slice(begin, end)
        tracker.step(joints_m[rows], valid[rows], track_id[rows], float(time_s[begin]))
    return tracker.fit()
