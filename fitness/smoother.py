"""Medians over a short time, of numbers that are unknown now and then."""

from __future__ import annotations

import math
from collections import deque

FEWEST = 3
"""Moments that are kept however seldom they come."""

OLDEST_S = 0.28
"""But none that is older than this, where the median is not over more."""


class Smoother:
    """The median of each of several numbers over a short time; numbers that are unknown are left out of it.

    Parameters
    ----------
    over_s : float
    """

    def __init__(self, over_s: float) -> None:
        self._over_s = over_s
        self._recent: deque[tuple[float, list[float]]] = deque()

    def clear(self) -> None:
        """Forget what was."""
        self._recent.clear()

    def step(self, values: list[float], time_s: float) -> list[float]:
        """The medians with the newest values; NaN where a number was unknown all the time.

        >>> smoother = Smoother(0.14)
        >>> [smoother.step([value], moment / 30)[0] for moment, value in enumerate([1.0, 9.0, 1.0, 1.0])]
        [1.0, 5.0, 1.0, 1.0]
        """
        self._recent.append((time_s, values))
        while len(self._recent) > FEWEST and self._recent[0][0] < time_s - self._over_s:
            self._recent.popleft()
        rows = [row for at, row in self._recent if at >= time_s - max(self._over_s, OLDEST_S)]
        return [_median([value for value in column if not math.isnan(value)]) for column in zip(*rows, strict=True)]


def _median(known: list[float]) -> float:
    if not known:
        return math.nan
    known.sort()
    middle = len(known) // 2
    return known[middle] if len(known) % 2 else (known[middle - 1] + known[middle]) / 2
