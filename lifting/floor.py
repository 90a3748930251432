"""Where the floor is and which way is up, from people who stand on it.

Feet that stand touch the floor: their ankles, over time and over all people, lie in one plane. Whoever stands on one
spot touches it at two points only, so two more things are weighed in: standing people are upright, and a camera is
more or less level. All three are one robust least squares for the plane `up . p = -height` in camera axes. What the
answer rests on is said, and how far it may be off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from lifting.errors import LiftingError
from lifting.feet import ANKLE_M
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

_CONTRADICTED_DEG = 15.0
"""Places of feet whose plane is so far askew to people who stand upright are a staircase, or feet that hang."""

_FLESH_M = 0.05
"""So far over the floor are the joints on which people lie, kneel or lean."""

_WARM_STEPS, _STEPS = 12, 24


class FloorSource(str, Enum):
    """What a floor's direction rests on, in words for the user."""

    FEET = "feet that stand"
    BODIES = "people who stand upright"
    LYING = "people on the ground, under a camera taken as level"
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
        At how many places of the floor a foot stood; 0: the height is a guess, too, unless somebody lay on the floor.
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

    @classmethod
    def under_lying(cls, lowest_m: Float) -> Floor:
        """The floor under the lowest joints (N, 3) of people who lie or lean on it; the camera taken as level."""
        height_m = float(np.median(lowest_m @ -_CAMERA_UP)) + _FLESH_M
        return cls(_CAMERA_UP.copy(), height_m, LEVEL_SD_DEG, FloorSource.LYING, 0)

    @property
    def confidence(self) -> float:
        """0 to 1: 1 where the direction is sure, 1/2 where it may be off by 5 degrees, 0 where nothing was seen."""
        seen = self.seen_feet or self.source is FloorSource.LYING
        return 1 / (1 + (self.spread_deg / 5) ** 2) if seen else 0.0

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
    2016) over the plane's distance to the ankles, the angle to the mean body, and the angle to a level camera. Where
    bodies clearly contradict the plane of the feet, feet tell the height alone.

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
    floor = _fitted(feet_m, feet_m, bodies, level_sd_deg)
    body = _mean_body(bodies)[0]
    if body is None or float(body @ floor.up) > math.cos(math.radians(_CONTRADICTED_DEG)):
        return floor
    return _fitted(feet_m[:0], feet_m, bodies, level_sd_deg)


def _fitted(slope_m: Float, feet_m: Float, bodies: Float, level_sd_deg: float | None) -> Floor:
    """The floor whose direction rests on ankles `slope_m` (N, 3), bodies and a level camera, its height on `feet_m`."""
    body, body_sd = _mean_body(bodies)
    up = body if body is not None else _CAMERA_UP.copy()
    if body is None and level_sd_deg is None:
        up = _plane_normal(slope_m)
    offset = -float(np.median(feet_m @ up)) if len(feet_m) else DEFAULT_HEIGHT_M - ANKLE_M
    information = np.eye(3)
    for step in range(_STEPS):
        width = _FEET_SD_M * max(3.0, 10.0 * 0.8**step)
        pull, information = _normal_equations(up, offset, slope_m, width, (body, body_sd), level_sd_deg)
        change = np.linalg.solve(information, pull)
        up, offset = _turned(up, change[:2]), offset + float(change[2])
        if step > _WARM_STEPS and np.abs(change).max() < 1e-10:
            break
    spread, source = _rests_on(information, up, offset, slope_m, body is not None)
    if len(slope_m) < len(feet_m):
        offset = -float(np.median(feet_m @ up))
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
