"""Exercises that are no way there and back: the plank's timer, and the burpee's phases in their order."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

import numpy as np

from fitness.cycle import LONGEST_GAP_S, Phase
from fitness.exercises import Travel
from fitness.repetition import Repetition
from fitness.signals import Float

GRACE_S = 1.0
"""A hold goes on through a fault that is shorter."""

LYING_DEG = 55.0
"""A trunk that leans further is held over the floor."""

STANDING_LEAN_DEG, STANDING_HIP_DEG = 30.0, 150.0
"""Standing is a trunk within the first angle of the vertical on a hip beyond the second."""

HANDS_DOWN = 0.35
"""Hands within this part of the trunk's length above the ankles are on the floor."""

PLANK_HIP_DEG = 135.0
"""With the hands on the floor, a hip beyond this is a plank."""

_SMOOTHED_S = 0.14


class PlankTimer:
    """How long a plank was held.

    Parameters
    ----------
    band : Travel
        The signal of the hips, and its lowest and highest value of a good plank.
    """

    def __init__(self, band: Travel) -> None:
        self.held_s = 0.0
        self.holding = False
        self._band = band
        self._seen_s = self._good_s = -math.inf

    def step(self, values: Mapping[str, Float], time_s: float) -> float:
        """One moment, with the signals of it, (2,) or (1,); the seconds that were held so far."""
        line, lean = values[self._band.signal], float(values["lean"][0])
        known = line[np.isfinite(line)]
        if len(known) and math.isfinite(lean):
            good = lean > LYING_DEG and self._band.leaves <= float(np.median(known)) <= self._band.reaches
            self._good_s = time_s if good else self._good_s
        was_holding, self.holding = self.holding, time_s - self._good_s <= GRACE_S
        if was_holding and self.holding and time_s - self._seen_s <= LONGEST_GAP_S:
            self.held_s += time_s - self._seen_s
        self._seen_s = time_s
        return self.held_s


class BurpeePhases:
    """Stand, hands down, plank, stand, in this order; a phase that was left out makes the repetition a partial one.

    Parameters
    ----------
    shortest_s : float
        A shorter burpee is none.
    """

    def __init__(self, shortest_s: float) -> None:
        self.phase = Phase.UNKNOWN
        self.partial = 0
        self.missed = ""
        self._shortest_s = shortest_s
        self._stood_s = self._down_s = self._plank_s = self._seen_s = math.nan
        self._recent: deque[tuple[float, tuple[float, float, float]]] = deque()

    def step(self, values: Mapping[str, Float], time_s: float) -> Repetition | None:
        """One moment, with the signals of it, (2,) or (1,); the burpee that ends with it."""
        if time_s - self._seen_s > LONGEST_GAP_S:
            self.phase = Phase.UNKNOWN
            self._recent.clear()
        lean, hip, hands = self._smoothed(values, time_s)
        if math.isfinite(lean):
            self._seen_s = time_s
        if lean < STANDING_LEAN_DEG and hip > STANDING_HIP_DEG:
            return self._stand(time_s)
        if self.phase is Phase.UNKNOWN or not hands < HANDS_DOWN:
            return None
        if self.phase is Phase.REST:
            self.phase, self._down_s = Phase.MOVING, time_s
        if self.phase is Phase.MOVING and hip > PLANK_HIP_DEG and lean > LYING_DEG:
            self.phase, self._plank_s = Phase.WORK, time_s
        return None

    def _stand(self, time_s: float) -> Repetition | None:
        before, self.phase = self.phase, Phase.REST
        start_s, self._stood_s = self._stood_s, time_s
        if before is Phase.WORK and time_s - start_s >= self._shortest_s:
            self.missed = ""
            return Repetition(start_s, self._plank_s, time_s)
        if before is Phase.MOVING:
            self.partial += 1
            self.missed = "plank"
        return None

    def _smoothed(self, values: Mapping[str, Float], time_s: float) -> tuple[float, float, float]:
        """Trunk's lean, hip's angle and height of the hands, each the median over a short time."""
        hip = values["hip"][np.isfinite(values["hip"])]
        now = (float(values["lean"][0]), float(hip.max()) if len(hip) else math.nan, float(values["hand_height"][0]))
        self._recent.append((time_s, now))
        while self._recent[0][0] < time_s - 2 * _SMOOTHED_S:
            self._recent.popleft()
        medians = []
        for column in range(3):
            known = [row[column] for _, row in self._recent if math.isfinite(row[column])]
            medians.append(float(np.median(known)) if known else math.nan)
        return medians[0], medians[1], medians[2]
