"""What the 3D view looks at: whoever is there, well in view, without restless motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.orbit import FIELD_OF_VIEW_DEG

Float = NDArray[np.float64]

OUTWARD_S, INWARD_S = 0.15, 2.0
"""Time constants: quick to make room for somebody, slow to close in again, so that a squat does not pump the view."""
FLOOR_DOWN_S, FLOOR_UP_S = 0.25, 2.0
"""The floor follows falling feet at once and rising feet hardly: who jumps leaves it."""
EASE_S = 0.2
JUMP_S = 1.5
"""A longer step in time, or one backwards, is a cut: the view is set anew."""
STANDING_M = 1.9
"""Room kept above the floor whoever is there."""
LEAST_RADIUS_M = 0.85
HEAD_ROOM_M = 0.35
MARGIN_M = 0.3
FARTHEST_M = 8.0
"""Whoever is further from the middle of all is not framed: one wrong depth must not make everybody tiny."""


@dataclass(frozen=True, slots=True)
class Framed:
    """What is looked at, in the scene's axes (y up), metres.

    Attributes
    ----------
    target_m : array, shape (3,)
    radius_m, half_height_m : float
        The upright cylinder around the target that has to be seen.
    floor_m : float
        Height of the floor.
    """

    target_m: Float
    radius_m: float
    half_height_m: float
    floor_m: float

    def distance_m(self, width: int, height: int, elevation_deg: float) -> float:
        """From how far a panel of this size shows the whole cylinder, at this elevation and whatever azimuth.

        A point of the cylinder at `towards` in the camera's direction and `up` above the target is seen
        `up cos(e) - towards sin(e)` above the middle, at a depth of `distance - towards cos(e) - up sin(e)`.
        """
        tangent = np.tan(np.radians(FIELD_OF_VIEW_DEG) / 2) / max(width, height)
        sine, cosine = np.sin(np.radians(elevation_deg)), np.cos(np.radians(elevation_deg))
        fits_across = self.radius_m * np.hypot(1 / (tangent * width), cosine) + self.half_height_m * abs(sine)
        towards, up = np.meshgrid([-self.radius_m, self.radius_m], [-self.half_height_m, self.half_height_m])
        fits_upright = np.abs(up * cosine - towards * sine) / (tangent * height) + towards * cosine + up * sine
        return float(max(fits_across, fits_upright.max()))


NOBODY = Framed(np.array([0.0, -0.1, -3.0]), LEAST_RADIUS_M, STANDING_M / 2 + 0.1, -1.0)
"""Before anybody came: as if somebody stood three metres before a camera one metre high."""


class Framing:
    """Follows the people; one call a frame."""

    def __init__(self) -> None:
        self._now: Framed | None = None
        self._low = np.zeros(3)
        self._high = np.zeros(3)
        self._floor = 0.0
        self._time_s = 0.0

    def step(
        self,
        people_m: list[Float],
        feet_m: list[float],
        time_s: float,
        size: float = 1.0,
        floor_m: float | None = None,
    ) -> Framed:
        """What to look at now.

        Parameters
        ----------
        people_m : list of arrays, shape (J, 3)
            The known joints of everybody who is to be seen, in scene axes.
        feet_m : list of float
            Height of everybody's lowest sole.
        time_s : float
            Time of any clock that does not go back; the motion depends on it alone.
        size : float
            Of the largest of those to be seen, 1 for an ordinary grown-up: children are shown as large.
        floor_m : float or None
            Height of the floor, where it is known; None takes the lowest sole for it.
        """
        passed = time_s - self._time_s
        self._time_s = time_s
        if not people_m:
            return self._now or NOBODY
        low, high = _bounds(people_m)
        floor = min(feet_m, default=float(low[1])) if floor_m is None else floor_m
        if self._now is None or not 0 <= passed <= JUMP_S:
            self._low, self._high, self._floor = low, high, floor
            self._now = self._goal(size)
            return self._now
        self._low += (low - self._low) * _share(passed, np.where(low < self._low, OUTWARD_S, INWARD_S))
        self._high += (high - self._high) * _share(passed, np.where(high > self._high, OUTWARD_S, INWARD_S))
        slowness = FLOOR_DOWN_S if floor < self._floor else FLOOR_UP_S
        self._floor += (floor - self._floor) * float(_share(passed, np.array(slowness)))
        goal, last, ease = self._goal(size), self._now, float(_share(passed, np.array(EASE_S)))
        self._now = Framed(
            last.target_m + (goal.target_m - last.target_m) * ease,
            last.radius_m + (goal.radius_m - last.radius_m) * ease,
            last.half_height_m + (goal.half_height_m - last.half_height_m) * ease,
            self._floor,
        )
        return self._now

    def _goal(self, size: float) -> Framed:
        """The cylinder around the smoothed box."""
        top = max(self._floor + STANDING_M * size, float(self._high[1])) + HEAD_ROOM_M * size
        bottom = min(self._floor, float(self._low[1])) - 0.1 * size
        middle = (self._low + self._high) / 2
        radius = float(np.hypot(*(self._high - self._low)[[0, 2]])) / 2 + MARGIN_M * size
        target = np.array([middle[0], (top + bottom) / 2, middle[2]])
        return Framed(target, max(radius, LEAST_RADIUS_M * size), (top - bottom) / 2, self._floor)


def _bounds(people_m: list[Float]) -> tuple[Float, Float]:
    """Corners of the box around all who stand near the middle of everybody."""
    middles = np.stack([person.mean(axis=0) for person in people_m])  # (K, 3)
    away = np.linalg.norm(middles - np.median(middles, axis=0), axis=1)
    near = np.concatenate(
        [person for person, d in zip(people_m, away, strict=True) if d <= max(FARTHEST_M, away.min())]
    )
    return near.min(axis=0), near.max(axis=0)


def _share(passed_s: float, constant_s: Float) -> Float:
    """The part of the way that exponential smoothing goes in `passed_s`."""
    return np.asarray(1.0 - np.exp(-passed_s / constant_s))
