"""The state machine that turns a progress over time into whole and partial repetitions."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile

import numpy as np

STILL_S = 1.0
"""Somebody this long still in the start position is ready."""

STILL_SPREAD = 0.3
"""Progress that stays within this is still."""

LONGEST_GAP_S = 1.0
"""Joints unknown for longer cancel the open repetition."""

PARTIAL_FROM = 0.35
"""Progress from which a movement that turns back is a partial repetition and not fidgeting."""

LEAVE_LIMIT, REACH_LIMIT = 0.3, 0.75
"""However small somebody's range is, rest ends before the first progress and work begins after the second."""

DRIFT_LIMIT = 1.2
"""Joints that a detector finds too low or too high for seconds move somebody's rest; up to here it is followed."""

BACK_SHARE = 0.4
"""A movement is over where no more than this part of its way back is left."""

LEAST_WAY = 0.75
"""From rest to work it is at least so far, wherever rest is."""

LOWEST_S, LOW_SHARE = 2.0, 0.15
"""Rest is the lowest progress within this, but for this share of it: joints jump."""

ADAPTS_AFTER = 2
"""Repetitions after which thresholds follow the person's own range."""

KNOWN_SHARE = 0.4
"""Of the moments of a movement so many have to be known: a joint that flickers makes no repetition."""

LEAVES_BY = 0.1
"""Rest is left where the progress is so far beyond the lowest."""

NEAR_REST = 0.1
"""A repetition begins and ends where the progress is within this of the person's rest."""


class Phase(str, Enum):
    """Where in a repetition somebody is."""

    UNKNOWN = "unknown"
    REST = "rest"
    MOVING = "moving"
    WORK = "work"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Excursion:
    """A way out of rest and back.

    Attributes
    ----------
    start_s, peak_s, end_s : float
    peak : float
        The furthest progress; 1 is where work begins.
    whole : bool
        Whether work was reached.
    """

    start_s: float
    peak_s: float
    end_s: float
    peak: float
    whole: bool


class Cycle:
    """REST -> MOVING -> WORK -> RETURN -> REST over a progress that is 0 where rest ends and 1 where work begins.

    Parameters
    ----------
    shortest_s : float
        Excursions that are shorter are nothing.
    """

    def __init__(self, shortest_s: float) -> None:
        self.shortest_s = shortest_s
        self.phase = Phase.UNKNOWN
        self.armed = False
        self.progress = math.nan
        self._leave, self._reach = 0.0, 1.0
        self._rests: deque[float] = deque(maxlen=5)
        self._peaks: deque[float] = deque(maxlen=5)
        self._recent: deque[tuple[float, float]] = deque()
        self._resting: list[tuple[float, float]] = []
        self._start_s = self._peak_s = self._seen_s = math.nan
        self._peak = self._from = -math.inf
        self._known = self._moments = 0

    def step(self, progress: float, time_s: float) -> Excursion | None:
        """One moment; gives an excursion at the moment when it is over."""
        if math.isfinite(self._seen_s) and time_s - self._seen_s > LONGEST_GAP_S:
            self.cancel()
        self._moments += 1
        if not math.isfinite(progress):
            return None
        self._known += 1
        self._seen_s, self.progress = time_s, progress
        self._watch_stillness(progress, time_s)
        if self.phase is Phase.UNKNOWN:
            if progress <= (DRIFT_LIMIT if self.armed else self._leave):
                self._rest(progress, time_s)
            return None
        if self.phase is Phase.REST:
            self._in_rest(progress, time_s)
            return None
        return self._away(progress, time_s)

    def cancel(self) -> None:
        """Forget the open repetition: the next one begins at rest."""
        self.phase = Phase.UNKNOWN
        self._recent.clear()
        self._resting.clear()

    def end_of_rest_s(self, after_s: float) -> float:
        """When the present rest was reached, seen from later: the first moment near its lowest, or `after_s`."""
        if self.phase is not Phase.REST or not self._resting:
            return after_s
        lowest = min(value for _, value in self._resting)
        return next(time for time, value in self._resting if value <= lowest + NEAR_REST)

    def _rest(self, progress: float, time_s: float) -> None:
        self.phase = Phase.REST
        self._resting = [(time_s, progress)]

    def _in_rest(self, progress: float, time_s: float) -> None:
        self._resting.append((time_s, progress))
        if len(self._resting) > 4096:
            del self._resting[:2048]
        if progress <= self._leave + 0.05:
            return
        lately = takewhile(lambda moment: moment[0] >= time_s - LOWEST_S, reversed(self._resting))
        values = sorted(value for _, value in lately)
        lowest = values[int(LOW_SHARE * (len(values) - 1))]
        if progress > min(lowest, DRIFT_LIMIT) + LEAVES_BY:
            self._start_s = next(
                (time for time, value in reversed(self._resting) if value <= lowest + NEAR_REST), time_s
            )
            self._rests.append(lowest)
            self._from = lowest
            self.phase, self._peak, self._peak_s = Phase.MOVING, progress, time_s
            self._known = self._moments = 1

    def _away(self, progress: float, time_s: float) -> Excursion | None:
        if progress > self._peak:
            self._peak, self._peak_s = progress, time_s
        if progress >= max(self._reach, self._from + LEAST_WAY):
            self.phase = Phase.WORK
        elif self.phase is Phase.WORK and progress < self._reach - 0.15:
            self.phase = Phase.RETURN
        whole = self.phase in (Phase.WORK, Phase.RETURN)
        if progress > self._back_at(whole):
            return None
        excursion = Excursion(self._start_s, self._peak_s, time_s, self._peak, whole)
        self._rest(progress, time_s)
        seen = self._known >= KNOWN_SHARE * self._moments
        far = self._peak >= PARTIAL_FROM and self._peak - self._from >= PARTIAL_FROM
        return excursion if seen and far and time_s - self._start_s >= self.shortest_s else None

    def _back_at(self, whole: bool) -> float:
        """Progress at which a movement is over."""
        near = min(self._from, DRIFT_LIMIT)
        share = min(near + BACK_SHARE * (self._peak - near), DRIFT_LIMIT) if whole else near + LEAVES_BY / 2
        return max(self._leave, share)

    def accept(self, excursion: Excursion) -> None:
        """Learn from an excursion that was counted: it arms, and the thresholds follow it."""
        self.armed = True
        self._peaks.append(excursion.peak)
        if len(self._peaks) >= ADAPTS_AFTER and self._rests:
            rest, peak = float(np.median(self._rests)), float(np.median(self._peaks))
            self._leave = float(np.clip(rest + 0.25 * (peak - rest), 0, LEAVE_LIMIT))
            self._reach = float(np.clip(rest + 0.75 * (peak - rest), REACH_LIMIT, 1))

    def disarm(self) -> None:
        """What was just seen was no exercise: be ready anew first."""
        self.armed = False

    def _watch_stillness(self, progress: float, time_s: float) -> None:
        """Arm, and take somebody's own rest, once it was held for a while."""
        self._recent.append((time_s, progress))
        while self._recent and self._recent[0][0] < time_s - 1.5 * STILL_S:
            self._recent.popleft()
        values = [value for time, value in self._recent if time >= time_s - STILL_S]
        held = self._recent[0][0] <= time_s - STILL_S * 0.95
        if not held or max(values) - min(values) > STILL_SPREAD or max(values) > REACH_LIMIT:
            return
        self.armed = True
        if self.phase is Phase.UNKNOWN:
            self._leave = max(self._leave, min(max(values) + 0.05, LEAVE_LIMIT))
            self._rest(progress, time_s)
