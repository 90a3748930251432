"""A length of somebody's body over what it is when he stands: whatever his build, standing is near 1."""

from __future__ import annotations

import bisect
import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from fitness.signals import OWN, Moments

REMEMBERED_S = 20.0
"""What was longer ago no longer counts: somebody may have stepped back."""

FEET_S, FOOT_SHARE = 1.5, 0.65
"""The floor is what this share of the places of both feet within this time stays above: one foot that is lifted, or
found elsewhere for half a second, moves it little."""

EVERY_S = 0.1
"""Lengths are remembered so often."""

LONGEST = 0.9
"""Somebody's standing length is the one that this share of the remembered ones stays below: wrong joints are longer."""


class Own:
    """Divides a length by what it is in standing."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=5)
        self._remembered: deque[tuple[float, float]] = deque()
        self._sorted: list[float] = []

    def step(self, length_px: float, time_s: float) -> float:
        """The length over the one in standing; NaN where it is unknown.

        >>> own = Own()
        >>> [round(own.step(length, moment / 30), 2) for moment, length in enumerate([100.0] * 5 + [60.0])]
        [1.0, 1.0, 1.0, 1.0, 1.0, 0.6]
        """
        if not math.isfinite(length_px) or length_px <= 0:
            return math.nan
        self._recent.append(length_px)
        if not self._remembered or time_s - self._remembered[-1][0] >= EVERY_S:
            self._remember(sorted(self._recent)[len(self._recent) // 2], time_s)
        return length_px / self._sorted[min(int(LONGEST * len(self._sorted)), len(self._sorted) - 1)]

    def _remember(self, length_px: float, time_s: float) -> None:
        self._remembered.append((time_s, length_px))
        bisect.insort(self._sorted, length_px)
        while self._remembered[0][0] < time_s - REMEMBERED_S:
            _, gone = self._remembered.popleft()
            del self._sorted[bisect.bisect_left(self._sorted, gone)]


class Floor:
    """How far down the picture the floor is: where the lower foot mostly was of late, whichever is lifted or wrong."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float]] = deque()
        self._sorted: list[float] = []

    def step(self, feet_px: list[float], time_s: float) -> float:
        """The floor with the newest heights of both feet; NaN where none was seen.

        >>> floor = Floor()
        >>> [floor.step([400.0, 410.0 if moment < 5 else 520.0], moment / 30) for moment in range(7)][-1]
        410.0
        """
        for foot in feet_px:
            if not math.isnan(foot):
                self._recent.append((time_s, foot))
                bisect.insort(self._sorted, foot)
        while self._recent and self._recent[0][0] < time_s - FEET_S:
            _, gone = self._recent.popleft()
            del self._sorted[bisect.bisect_left(self._sorted, gone)]
        return self._sorted[int(FOOT_SHARE * (len(self._sorted) - 1))] if self._sorted else math.nan


class Standing:
    """The heights of `fitness.signals.OWN` over what they are in standing, above feet that stay on the floor.

    Parameters
    ----------
    names : tuple of str
        Signals that are needed; those that are not in `OWN` are left out.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._own = {name: Own() for name in names if name in OWN}
        self._floor = Floor()

    def put(self, values: dict[str, NDArray[np.float64]], moments: Moments, index: int, time_s: float) -> None:
        """Write the heights of one moment into `values`."""
        if not self._own:
            return
        hips, shoulders, *feet = moments.levels_px[index].tolist()
        floor = self._floor.step(feet, time_s)
        heights = {"hip_height": floor - hips, "shoulder_height": floor - shoulders, "trunk_height": hips - shoulders}
        for name, own in self._own.items():
            values[name] = np.array([own.step(heights[name], time_s)])
