"""Where the floor is and which way is up, from people who stand on it.

Feet that stand touch the floor: their ankles, over time and over all people, lie in one plane. Whoever stands on one
spot touches it at two points only, so two more things are weighed in: standing people are upright, and a camera is
more or less level. All three are one robust least squares for the plane `up . p = -height` in camera axes. What the
answer rests on is said, and how far it may be off.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lifting.errors import LiftingError
from lifting.feet import ANKLE_M, ANKLES, GAP_S, LEGS, Speedometer
from pose.camera import Extrinsics
from pose.joint_sets import H36M17
from pose.types import GroundPlane

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

DEFAULT_HEIGHT_M = 1.2
"""Of a camera of which nothing is known: on a table, or a shelf."""

LEVEL_SD_DEG = 15.0
"""How far cameras usually look up or down; the spread of the assumption that one is level."""

_ROLL_SHARE = 0.3
"""Few cameras stand askew: how far they do, as a share of how far they look up or down."""

_CAMERA_UP = np.array([0.0, -1.0, 0.0])
_PELVIS, _THORAX = H36M17.index("pelvis"), H36M17.index("thorax")

_FEET_SD_M = 0.04
"""Of an ankle that stands about the plane of all of them, for one place of the floor."""

_BODY_SD_DEG, _BODY_BIAS_DEG = 6.0, 3.0
"""Of one standing person's axis about up; and what remains however long people stand."""

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
_WARM_STEPS, _STEPS = 12, 24


class FloorSource(str, Enum):
    """What a floor's direction rests on, in words for the user."""

    FEET = "feet that stand"
    BODIES = "people who stand upright"
    LEVEL = "a camera taken as level"


@dataclass(frozen=True, slots=True)
class Floor:
    """The floor as a camera sees it.

    Attributes
    ----------
    up : array, shape (3,)
        Unit vector against gravity in camera axes; (0, -1, 0) for a level camera.
    height_m : float
        Of the camera over the floor.
    spread_deg : float
        Standard deviation of `up`'s direction as the evidence has it.
    source : FloorSource
        What `up` rests on.
    seen_feet : int
        At how many places of the floor a foot stood; 0: the height is a guess, too.
    """

    up: Float
    height_m: float
    spread_deg: float
    source: FloorSource
    seen_feet: int

    @classmethod
    def level(cls, height_m: float = DEFAULT_HEIGHT_M) -> Floor:
        """The floor under a camera that is taken as level, of which nothing else is known."""
        return cls(_CAMERA_UP.copy(), height_m, LEVEL_SD_DEG, FloorSource.LEVEL, 0)

    @property
    def confidence(self) -> float:
        """0 to 1: 1 where the direction is sure, 1/2 where it may be off by 5 degrees, 0 where nothing was seen."""
        return 1 / (1 + (self.spread_deg / 5) ** 2) if self.seen_feet else 0.0

    @property
    def plane(self) -> GroundPlane:
        """The same for those who do not know this class."""
        x, y, z = self.up.tolist()
        return GroundPlane((x, y, z), float(self.height_m), self.confidence, self.source.value)

    @property
    def extrinsics(self) -> Extrinsics:
        """The camera in the world: y up, the floor at y = 0, the camera over the origin, looking along -z.

        >>> Floor.level(1.5).extrinsics.to_world([0.0, 1.5, 2.0])
        array([ 0.,  0., -2.])
        """
        forward = np.array([0.0, 0.0, 1.0])
        if abs(float(forward @ self.up)) > 0.999:  # looking straight down or up: the picture's top is ahead
            forward = -math.copysign(1.0, float(forward @ self.up)) * -_CAMERA_UP
        forward = forward - float(forward @ self.up) * self.up
        forward /= np.linalg.norm(forward)
        rotation = np.stack([np.cross(forward, self.up), self.up, -forward], axis=1)  # columns: the world's axes
        return Extrinsics(rotation, -self.height_m * self.up + 0.0)

    def heights(self, points_m: Float) -> Float:
        """Heights (...) over the floor of points (..., 3) in camera axes."""
        return np.asarray(points_m @ self.up + self.height_m)


def fit_floor(feet_m: Float, bodies: Float, *, level_sd_deg: float | None = LEVEL_SD_DEG) -> Floor:
    """The floor under ankles and upright bodies.

    Iteratively reweighted least squares (Geman and McClure's weights, from wide to narrow, as in Zhou, Park and Koltun
    2016) over the plane's distance to the ankles, the angle to the mean body, and the angle to a level camera.

    Parameters
    ----------
    feet_m : array, shape (N, 3)
        Ankles of feet that stand, one a place of the floor, in camera axes.
    bodies : array, shape (M, 3)
        Unit vectors from feet to thorax of people who stand upright, independent of each other.
    level_sd_deg : float or None
        How far the camera may be tilted; None leaves the assumption out, and the answer then turns with the input.

    Returns
    -------
    Floor
        `Floor.level()` where nothing at all is known.

    Raises
    ------
    LiftingError
        Where something is not finite.
    """
    if not (np.isfinite(feet_m).all() and np.isfinite(bodies).all()):
        raise LiftingError("the floor cannot be found: feet or bodies are not finite")
    if not len(feet_m) and not len(bodies):
        return Floor.level()
    body, body_sd = _mean_body(bodies)
    up = body if body is not None else _CAMERA_UP.copy()
    if body is None and level_sd_deg is None:
        up = _plane_normal(feet_m)
    offset = -float(np.median(feet_m @ up)) if len(feet_m) else DEFAULT_HEIGHT_M - ANKLE_M
    information = np.eye(3)
    for step in range(_STEPS):
        width = _FEET_SD_M * max(3.0, 10.0 * 0.8**step)
        pull, information = _normal_equations(up, offset, feet_m, width, (body, body_sd), level_sd_deg)
        change = np.linalg.solve(information, pull)
        up, offset = _turned(up, change[:2]), offset + float(change[2])
        if step > _WARM_STEPS and np.abs(change).max() < 1e-10:
            break
    spread, source = _rests_on(information, up, offset, feet_m, body is not None)
    height_m = offset + ANKLE_M if len(feet_m) else DEFAULT_HEIGHT_M
    return Floor(up, height_m, spread, source, len(feet_m))


def _mean_body(bodies: Float) -> tuple[Float | None, float]:
    """The middle direction of standing bodies and its standard deviation in radians; None without any."""
    if not len(bodies):
        return None, math.inf
    middle = bodies.mean(axis=0)
    for _ in range(8):  # the geometric median (Weiszfeld): somebody who leans does not count for more
        middle = middle / np.linalg.norm(middle)
        weight = 1 / np.maximum(np.linalg.norm(bodies - middle, axis=-1), 0.02)
        middle = (weight[:, None] * bodies).sum(axis=0) / weight.sum()
    sd_deg = math.hypot(_BODY_SD_DEG / math.sqrt(len(bodies)), _BODY_BIAS_DEG)
    return middle / np.linalg.norm(middle), math.radians(sd_deg)


def _plane_normal(feet_m: Float) -> Float:
    """The normal of the plane through points (N, 3) that points from the floor to the camera."""
    normal = np.asarray(np.linalg.svd(feet_m - feet_m.mean(axis=0))[2][2])
    return normal if float(normal @ feet_m.mean(axis=0)) < 0 else -normal


def _tangents(up: Float) -> Float:
    """Two unit vectors (2, 3) square to `up` and to each other."""
    first = np.cross(up, np.eye(3)[int(np.abs(up).argmin())])
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(up, first)])


def _turned(up: Float, change: Float) -> Float:
    moved = up + change @ _tangents(up)
    return np.asarray(moved / np.linalg.norm(moved))


def _normal_equations(
    up: Float,
    offset: float,
    feet_m: Float,
    width_m: float,
    body: tuple[Float | None, float],
    level_sd_deg: float | None,
) -> tuple[Float, Float]:
    """Right side (3,) and information (3, 3) for the change of (tangent, tangent, offset)."""
    across = _tangents(up)
    slopes = np.concatenate([feet_m @ across.T, np.ones((len(feet_m), 1))], axis=1)
    miss = feet_m @ up + offset
    weight = (width_m**2 / (width_m**2 + miss**2)) ** 2 / _FEET_SD_M**2
    information = (weight[:, None] * slopes).T @ slopes + 1e-9 * np.eye(3)
    pull = -(weight * miss) @ slopes
    if not len(feet_m):
        information[2, 2] = 1.0
    if body[0] is not None:
        information[:2, :2] += np.eye(2) / body[1] ** 2
        pull[:2] += across @ body[0] / body[1] ** 2
    if level_sd_deg:  # up has no part along the picture's x nor along the line of sight
        sd = math.radians(level_sd_deg) * np.array([_ROLL_SHARE, 1.0])
        parts = across[:, [0, 2]] / sd  # (2 tangents, x and z)
        information[:2, :2] += parts @ parts.T
        pull[:2] -= parts @ (up[[0, 2]] / sd)
    return pull, information


def _rests_on(
    information: Float, up: Float, offset: float, feet_m: Float, with_bodies: bool
) -> tuple[float, FloorSource]:
    """Standard deviation of the direction in degrees, and whether feet, bodies or nothing better tell it."""
    spread_deg = _direction_spread_deg(information)
    if len(feet_m) >= 3:
        alone = _normal_equations(up, offset, feet_m, 3 * _FEET_SD_M, (None, math.inf), None)[1]
        if _direction_spread_deg(alone) < _BODY_SD_DEG:
            return spread_deg, FloorSource.FEET
    return spread_deg, FloorSource.BODIES if with_bodies else FloorSource.LEVEL


def _direction_spread_deg(information: Float) -> float:
    worst = float(np.linalg.eigvalsh(np.linalg.inv(information)[:2, :2])[-1])
    return min(90.0, math.degrees(math.sqrt(max(worst, 0.0))))


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
        self._time_s = time_s
        for gone in [one for one, seen_s in self._seen_s.items() if time_s - seen_s > GAP_S]:
            self._speed.pop(gone, None)
            del self._seen_s[gone]
        for number, body, known in zip(track_id.tolist(), joints_m, valid, strict=True):
            self._seen_s[number] = time_s
            self._look(number, np.where(known[:, None], body, np.nan), time_s)

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
        if kept or bodies:
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
