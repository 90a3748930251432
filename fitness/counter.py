"""Poses of one person over time -> repetitions, as they happen.

Pure: no clock, no thread, no file. One counter a person and exercise; times come with the poses.
"""

from __future__ import annotations

import math
import warnings
from collections import deque
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fitness.cycle import Cycle, Excursion, Phase
from fitness.exercises import CountRule, Exercise, Kind, Sides
from fitness.likeness import GOES_ON_S, Likeness, Recent
from fitness.own import Standing
from fitness.phases import BurpeePhases, PlankTimer
from fitness.repetition import History, Repetition
from fitness.signals import Joints, Moments, View, view_of
from fitness.smoother import Smoother

SMOOTHED_S = 0.14
"""Signals are the median over this time, so that a swap of left and right for a frame or two does no harm."""

SMOOTHED_SHARE = 0.6
"""And over this part of the shortest repetition: gross errors of a detector last a sixth of a second."""

VIEW_S = 2.0
"""The view is the median over this time."""

WALKED, WALKED_IN = 0.7, 0.45
"""Hips that roam over more than so many trunk lengths in a repetition were walking; the second, of who is not armed."""

ELSEWHERE = 0.5
"""Hips that go back and forth far enough for that in a squat seen from the side end within this part of it."""

CAME_NEARER = 1.3
"""So were those of whom all lengths have grown or shrunk by more than this factor."""

ONE_OFF = 1
"""Right after a repetition that was counted so many vetoes do not hold: more probably a joint was wrong."""

PLACE_S = 0.2
"""Where the hips were is the median within this, before and after."""

SETTLED_S = 0.5
"""What happens longer after a repetition no longer belongs to it."""

SEEN_S = 1.0
"""Time constant of how well each side is seen."""


@dataclass(frozen=True, slots=True)
class CounterState:
    """What is known after a moment.

    Attributes
    ----------
    reps, partial : int
        Whole repetitions, and those that turned back too early.
    phase : Phase
    progress : float
        0 where rest ends, 1 where work begins; NaN where unknown.
    armed : bool
    view : View or None
    hold_s : float
        How long a hold was held; 0 for other exercises.
    missed : str
        The phase that the last partial repetition left out, or an empty text.
    finished : Repetition or None
        The repetition that was counted at this very moment.
    """

    reps: int
    partial: int
    phase: Phase
    progress: float
    armed: bool
    view: View | None
    hold_s: float = 0.0
    missed: str = ""
    finished: Repetition | None = None


class PoseRows(Protocol):
    """What a pose file holds of one person, a row a moment."""

    @property
    def time_s(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def xy_px(self) -> NDArray[np.float32]: ...  # noqa: D102
    @property
    def score(self) -> NDArray[np.float32]: ...  # noqa: D102
    @property
    def xyz_m(self) -> NDArray[np.float32]: ...  # noqa: D102
    @property
    def valid(self) -> NDArray[np.bool_]: ...  # noqa: D102


class Counter:
    """Counts one exercise of one person.

    Parameters
    ----------
    exercise : Exercise
    """

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.repetitions: list[Repetition] = []
        self.partial = 0
        count = 2 if exercise.sides is Sides.EACH else 1
        self._cycles = [Cycle(exercise.shortest_s) for _ in range(count)]
        self._rule = exercise.counts[0]
        self._view: View | None = None
        self._widths: deque[tuple[float, float]] = deque()
        self._smoother = Smoother(max(SMOOTHED_S, SMOOTHED_SHARE * exercise.shortest_s))
        self._standing = Standing(exercise.signals)
        self._seen = np.zeros(2)
        self._places: deque[tuple[float, ...]] = deque()
        self._history = History()
        self._recent = Recent()
        self._likeness = Likeness()
        self._open_end: tuple[int, int, float] | None = None
        self._time_s = math.nan
        self._burpee = BurpeePhases(exercise.shortest_s)
        self._plank = PlankTimer(exercise.counts[0].travels[0])

    def step(
        self,
        xy_px: ArrayLike,
        score: ArrayLike,
        time_s: float,
        xyz_m: ArrayLike | None = None,
        valid: ArrayLike | None = None,
    ) -> CounterState:
        """One moment of the person.

        Parameters
        ----------
        xy_px : array, shape (18, 2)
        score : array, shape (18,)
        time_s : float
            Not before the last one.
        xyz_m : array, shape (17, 3), optional
        valid : array, bool, shape (17,), optional

        Returns
        -------
        CounterState

        Raises
        ------
        ValueError
            Where time goes back.
        """
        lifted = None if xyz_m is None or valid is None else (np.asarray(xyz_m)[None], np.asarray(valid)[None])
        joints = Joints.of(np.asarray(xy_px)[None], np.asarray(score)[None], *(lifted or (None, None)))
        return self.advance(Moments.of(joints, self.exercise.signals), 0, time_s)

    def advance(self, moments: Moments, index: int, time_s: float) -> CounterState:
        """One moment of several that were measured at once; `moments` holds at least the exercise's signals.

        Raises
        ------
        ValueError
            Where time goes back.
        """
        if time_s < self._time_s:
            raise ValueError(f"time goes back from {self._time_s} to {time_s} s")
        elapsed = time_s - self._time_s if math.isfinite(self._time_s) else 0.0
        self._time_s = time_s
        values = {name: moments.values[name][index] for name in self.exercise.signals}
        if self.exercise.kind is not Kind.REPETITIONS:
            return self._other_kind(values, time_s)
        self._standing.put(values, moments, index, time_s)
        self._watch_view(float(moments.width[index]), time_s)
        self._watch_place(moments, index, time_s)
        self._history.add(time_s, values)
        if self.exercise.likeness:
            self._recent.add(time_s, moments.joints_px[index])
        progress = progress_of(self._rule, self._smoothed(values, time_s))
        finished = None
        for side, value in enumerate(self._sided(progress, bool(moments.together[index]), elapsed)):
            excursion = self._cycles[side].step(value, time_s)
            if excursion is not None:
                finished = self._take(excursion, side) or finished
        self._refine_end()
        lead = max(self._cycles, key=lambda cycle: -math.inf if math.isnan(cycle.progress) else cycle.progress)
        armed = any(cycle.armed for cycle in self._cycles)
        return CounterState(
            len(self.repetitions), self.partial, lead.phase, lead.progress, armed, self._view, finished=finished
        )

    def _other_kind(self, values: dict[str, NDArray[np.float64]], time_s: float) -> CounterState:
        if self.exercise.kind is Kind.HOLD:
            held = self._plank.step(values, time_s)
            phase = Phase.WORK if self._plank.holding else Phase.UNKNOWN
            return CounterState(0, 0, phase, math.nan, self._plank.holding, self._view, hold_s=held)
        finished = self._burpee.step(values, time_s)
        if finished is not None:
            self.repetitions.append(finished)
        self.partial = self._burpee.partial
        phase, missed = self._burpee.phase, self._burpee.missed
        armed = self._burpee.phase is not Phase.UNKNOWN
        return CounterState(
            len(self.repetitions), self.partial, phase, math.nan, armed, self._view, missed=missed, finished=finished
        )

    def _watch_place(self, moments: Moments, index: int, time_s: float) -> None:
        hips, size = float(moments.hips_px[index]), float(moments.size_px[index])
        if math.isfinite(hips) and math.isfinite(size):
            self._places.append((time_s, hips, size, *moments.sizes_px[index].tolist()))
        while self._places and self._places[0][0] < time_s - self._history.keep_s:
            self._places.popleft()

    def _watch_view(self, width: float, time_s: float) -> None:
        """Follow the view; the rule that counts only changes at rest."""
        if math.isfinite(width):
            self._widths.append((time_s, width))
        while self._widths and self._widths[0][0] < time_s - VIEW_S:
            self._widths.popleft()
        resting = all(cycle.phase in (Phase.REST, Phase.UNKNOWN) for cycle in self._cycles)
        if self._widths and (self._view is None or resting):
            self._view = view_of(sorted(width for _, width in self._widths)[len(self._widths) // 2])
            rule = next((rule for rule in self.exercise.counts if self._view in rule.views), self.exercise.counts[0])
            if rule is not self._rule:
                self._rule = rule
                self._smoother.clear()
                for cycle in self._cycles:
                    cycle.cancel()

    def _smoothed(self, values: dict[str, NDArray[np.float64]], time_s: float) -> dict[str, NDArray[np.float64]]:
        """The counting signals, (2,) each: medians over a short time; NaN where they were unknown all that time."""
        names = [travel.signal for travel in self._rule.travels]
        now = [float(value) for name in names for value in np.broadcast_to(values[name], 2)]
        middle = np.array(self._smoother.step(now, time_s)).reshape(-1, 2)
        return dict(zip(names, middle, strict=True))

    def _sided(self, progress: NDArray[np.float64], together: bool, elapsed_s: float) -> list[float]:
        """What each state machine gets: both sides apart, or one number for them."""
        known = np.isfinite(progress)
        share = 1 - math.exp(-elapsed_s / SEEN_S) if elapsed_s > 0 else 1.0
        self._seen += share * (known - self._seen)
        if self.exercise.sides is Sides.EACH:
            if together and self.exercise.arms:  # the arm that is less seen copies the other
                progress[0 if self._seen[0] < self._seen[1] else 1] = np.nan
            return [float(value) for value in progress]
        if not known.any():
            return [math.nan]
        if self.exercise.sides is Sides.LEAD:
            return [float(np.nanmax(progress))]
        # a far side that comes and goes would make the mean jump: the near side alone, then
        good = known & (self._seen >= 0.7 * self._seen.max())
        return [float(progress[good].mean())] if good.any() else [math.nan]

    def _take(self, excursion: Excursion, side: int) -> Repetition | None:
        cycle, goes_on = self._cycles[side], self._goes_on(excursion)
        if self.exercise.in_place and self._walked(excursion):
            self._likeness.forget_doubts()
            cycle.disarm()
            return None
        weighed = self.exercise.likeness and excursion.whole
        vetoes = self._history.vetoed(self.exercise, self._view or View.FRONT, excursion.peak_s)
        if vetoes > (ONE_OFF if goes_on or weighed else 0):
            cycle.disarm()
            return None
        if not excursion.whole:
            self.partial += cycle.armed
            return None
        done: tuple[Excursion, ...] = (excursion,)
        if weighed:
            done = self._likeness.squats(self._recent, excursion, cycle.armed, 0 if goes_on else vetoes)
        if not done:
            return None
        cycle.accept(excursion)
        return [self._add(one, side) for one in done][-1]

    def _add(self, excursion: Excursion, side: int) -> Repetition | None:
        """Count a movement, unless the other side did the same."""
        name = ("right", "left")[side] if self.exercise.sides is Sides.EACH else "both"
        rough = Repetition(excursion.start_s, excursion.peak_s, excursion.end_s, side=name)
        if self._already_counted(rough):
            return None
        self.repetitions.append(
            self._history.judged(self.exercise, self._view or View.FRONT, rough, self._rule.travels[0].signal)
        )
        self._open_end = (len(self.repetitions) - 1, side, excursion.end_s)
        return self.repetitions[-1]

    def _goes_on(self, excursion: Excursion) -> bool:
        """Whether the movement follows a repetition that was counted."""
        return bool(self.repetitions) and excursion.start_s - self.repetitions[-1].end_s < GOES_ON_S

    def _already_counted(self, rough: Repetition) -> bool:
        """Whether the other side did the same at the same time."""
        for other in reversed(self.repetitions[-3:]):
            overlap = min(rough.end_s, other.end_s) - max(rough.start_s, other.start_s)
            shorter = min(rough.end_s - rough.start_s, other.end_s - other.start_s)
            together = abs(rough.peak_s - other.peak_s) < 0.35 * shorter
            if other.side != rough.side and ((together and overlap > 0.6 * shorter) or overlap > 0.9 * shorter):
                return True
        return False

    def _walked(self, excursion: Excursion) -> bool:
        """Whether the hips roamed about, or the whole body came nearer or went away."""
        if not self._places:
            return False
        places = np.array(self._places)  # (P, 6): time, hips, size, and three lengths
        ways = [
            places[(places[:, 0] >= when - PLACE_S) & (places[:, 0] <= when + PLACE_S), 1:]
            for when in (excursion.start_s, excursion.end_s)
        ]
        if not all(len(way) for way in ways):
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # what was never seen is NaN, and has not grown
            first, last = (np.nanmedian(way, axis=0) for way in ways)
        lengths = np.where((first[2:] > 0) & (last[2:] > 0), last[2:] / first[2:], np.nan)
        grown = np.log(lengths[np.isfinite(lengths)])
        during = places[(places[:, 0] >= excursion.start_s) & (places[:, 0] <= excursion.end_s), 1]
        away = abs(first[0] - last[0]) / max(first[1], last[1])
        roamed = float(np.subtract(*np.percentile(during, [90, 10]))) / max(first[1], last[1])
        limit = WALKED if self._cycles[0].armed else WALKED_IN
        moved = roamed > limit and (not self.exercise.likeness or away > ELSEWHERE * limit)
        return bool(moved or (len(grown) > 0 and max(grown.min(), -grown.max()) > math.log(CAME_NEARER)))

    def _refine_end(self) -> None:
        """The end of the last repetition is known better a little later, when rest is reached."""
        if self._open_end is None:
            return
        index, side, crossed_s = self._open_end
        cycle, last = self._cycles[side], self.repetitions[index]
        if cycle.phase is not Phase.REST or self._time_s - crossed_s > SETTLED_S:
            self._open_end = None
            return
        self.repetitions[index] = replace(last, end_s=max(last.end_s, cycle.end_of_rest_s(last.end_s)))


def progress_of(rule: CountRule, values: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Progress from rest (0) to work (1) of right and left, (2,) or (N, 2): all signals have to get there."""
    ways = []
    for travel in rule.travels:
        value = values[travel.signal]
        way = (value - travel.leaves) / (travel.reaches - travel.leaves)
        ways.append(np.broadcast_to(way, (*way.shape[:-1], 2)))
    return np.asarray(np.min(ways, axis=0))  # NaN where any of them is unknown


def counted(rows: PoseRows, exercise: Exercise) -> tuple[Counter, CounterState | None]:
    """Step a counter through the rows of one person; the counter, and what it said last."""
    counter, state = Counter(exercise), None
    if not len(rows.time_s):
        return counter, state
    moments = Moments.of(Joints.of(rows.xy_px, rows.score, rows.xyz_m, rows.valid), exercise.signals)
    for index, time_s in enumerate(np.asarray(rows.time_s).tolist()):
        state = counter.advance(moments, index, time_s)
    return counter, state
