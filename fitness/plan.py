"""A workout's plan, and the state machine that leads through it.

Pure: time comes with the poses and nothing else is read, so that a paused picture pauses the plan too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from fitness.exercises import Exercise, Kind

COUNTDOWN_S = 3.0
"""3, 2, 1: before every set, and the last part of every rest."""

LONGEST_STEP_S = 1.0
"""Of a longer gap between two moments no more than this counts: the picture was paused, or the camera away."""


@dataclass(frozen=True, slots=True)
class PlannedExercise:
    """One exercise of a plan.

    Attributes
    ----------
    exercise : Exercise
    sets : int
    reps : int or None
        Repetitions of a set; None where a set has a time.
    seconds : float or None
        Time of a set: held seconds of a hold, else seconds since its start.
    rest_s : float
        After each set but the plan's last.
    """

    exercise: Exercise
    sets: int
    reps: int | None
    seconds: float | None
    rest_s: float

    @property
    def label(self) -> str:
        """The name for the eye.

        >>> from fitness.exercises import exercise_named
        >>> PlannedExercise(exercise_named("push_up"), 1, 10, None, 0).label
        'push up'
        """
        return self.exercise.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Plan:
    """A workout: exercises in their order, at least one."""

    name: str
    exercises: tuple[PlannedExercise, ...]

    @property
    def sets(self) -> tuple[PlannedSet, ...]:
        """Every set of the workout in its order."""
        return tuple(
            PlannedSet(exercise, number) for exercise in self.exercises for number in range(1, exercise.sets + 1)
        )


@dataclass(frozen=True, slots=True)
class PlannedSet:
    """One set; `number` counts from 1 within its exercise."""

    of: PlannedExercise
    number: int


class Stage(str, Enum):
    """What a plan is doing."""

    WAITING = "waiting"
    """Nobody was seen yet."""
    COUNTDOWN = "countdown"
    WORK = "work"
    REST = "rest"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class PlanView:
    """What there is to show of a plan at one moment.

    Attributes
    ----------
    name : str
        Of the plan.
    stage : Stage
    exercise : str
        For the eye: the present one; during a rest and a countdown the one that comes; empty when all is done.
    set_number, sets : int
        Which set of this exercise it is (from 1), and how many it has.
    count : int
        Repetitions of this set so far.
    target_reps : int or None
    elapsed_s : float
        Of a set with a time, how much is done: held, or since its start.
    target_s : float or None
    left_s : float or None
        Until the set starts (during a rest and a countdown), or until the time of the set is over; None where neither.
    next_exercise : str or None
        What comes after this set; None where it is the last.
    sets_done, sets_total : int
        Of the whole plan.
    """

    name: str
    stage: Stage
    exercise: str
    set_number: int
    sets: int
    count: int
    target_reps: int | None
    elapsed_s: float
    target_s: float | None
    left_s: float | None
    next_exercise: str | None
    sets_done: int
    sets_total: int

    @property
    def countdown(self) -> int | None:
        """3, 2 or 1 in the last seconds before a set, else None."""
        if self.stage is not Stage.COUNTDOWN or self.left_s is None:
            return None
        return max(1, min(int(COUNTDOWN_S), int(self.left_s) + (self.left_s > int(self.left_s))))

    @property
    def progress(self) -> float:
        """How much of the whole plan is done, 0 to 1."""
        return self.sets_done / self.sets_total


@dataclass(frozen=True, slots=True)
class Work:
    """What the counter says of the present set.

    Attributes
    ----------
    reps : int
        Whole repetitions since the set started.
    hold_s : float
        How long a hold was held since the set started.
    present : bool
        Whether the one who trains is seen.
    """

    reps: int = 0
    hold_s: float = 0.0
    present: bool = True


NOTHING = Work()


class PlanMachine:
    """Leads through a plan; give it every moment with `step`.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.stage = Stage.WAITING
        self.attempt = 0
        """Changes with every countdown to a set: whoever counts begins anew then."""
        self._sets = plan.sets
        self._index = 0
        self._time_s: float | None = None
        self._since_s = 0.0
        self._left_s = 0.0
        self._work = NOTHING

    @property
    def current(self) -> PlannedSet | None:
        """The set that is done, or that comes next; None when all is done."""
        return self._sets[self._index] if self._index < len(self._sets) else None

    def step(self, time_s: float, work: Work = NOTHING) -> PlanView:
        """One moment.

        Parameters
        ----------
        time_s : float
            Time of the poses. Where it goes back, no time has passed.
        work : Work
            Only read while a set is done, but for `present`.

        Returns
        -------
        PlanView
        """
        passed_s = 0.0 if self._time_s is None else min(max(time_s - self._time_s, 0.0), LONGEST_STEP_S)
        self._time_s = time_s
        if self.stage is Stage.WAITING and work.present:
            self._count_down(COUNTDOWN_S)
        elif self.stage in (Stage.COUNTDOWN, Stage.REST):
            self._left_s -= passed_s
            if self._left_s <= 0 and self.stage is Stage.COUNTDOWN:
                self._start()
            elif self._left_s <= COUNTDOWN_S and self.stage is Stage.REST:
                self._count_down(self._left_s)
        elif self.stage is Stage.WORK:
            self._since_s += passed_s
            self._work = work
            if self._target_reached():
                self._finish()
        return self.view

    def skip(self) -> PlanView:
        """Go on to what comes next: from a rest to 3-2-1, from there to the set, from the set to the rest after it."""
        if self.stage is Stage.WORK:
            self._finish()
        elif self.stage is Stage.COUNTDOWN:
            self._start()
        elif self.stage in (Stage.WAITING, Stage.REST):
            self._count_down(COUNTDOWN_S)
        return self.view

    def back(self) -> PlanView:
        """Do a set again: the present one, or between sets the one before; the first has none before it."""
        if self.stage is not Stage.WAITING:
            if self.stage is not Stage.WORK:
                self._index = max(0, self._index - 1)
            self._count_down(COUNTDOWN_S)
        return self.view

    @property
    def view(self) -> PlanView:
        """What there is to show now."""
        current = self.current
        if current is None:
            last = self._sets[-1]
            return replace(self._view_of(last, len(self._sets)), exercise="", left_s=None, next_exercise=None)
        return self._view_of(current, self._index)

    def _view_of(self, shown: PlannedSet, done: int) -> PlanView:
        planned = shown.of
        working = self.stage is Stage.WORK
        target_s = planned.seconds
        left_s = None if self.stage is Stage.WAITING else max(0.0, self._left_s)
        if working:
            left_s = None if target_s is None else max(0.0, target_s - self._elapsed_s)
        return PlanView(
            name=self.plan.name,
            stage=self.stage,
            exercise=planned.label,
            set_number=shown.number,
            sets=planned.sets,
            count=self._work.reps if working else 0,
            target_reps=planned.reps,
            elapsed_s=self._elapsed_s if working and target_s is not None else 0.0,
            target_s=target_s,
            left_s=left_s,
            next_exercise=self._sets[done + 1].of.label if done + 1 < len(self._sets) else None,
            sets_done=done,
            sets_total=len(self._sets),
        )

    @property
    def _elapsed_s(self) -> float:
        current = self.current
        held = current is not None and current.of.exercise.kind is Kind.HOLD
        return self._work.hold_s if held else self._since_s

    def _target_reached(self) -> bool:
        current = self.current
        if current is None:
            return False
        if current.of.reps is not None:
            return self._work.reps >= current.of.reps
        return current.of.seconds is not None and self._elapsed_s >= current.of.seconds

    def _count_down(self, seconds: float) -> None:
        self.stage, self._left_s, self._work = Stage.COUNTDOWN, seconds, NOTHING
        self.attempt += 1

    def _start(self) -> None:
        self.stage, self._since_s, self._work = Stage.WORK, 0.0, NOTHING

    def _finish(self) -> None:
        rest_s = self._sets[self._index].of.rest_s
        self._index += 1
        self._work = NOTHING
        if self._index >= len(self._sets):
            self.stage, self._left_s = Stage.DONE, 0.0
        elif rest_s > COUNTDOWN_S:
            self.stage, self._left_s = Stage.REST, rest_s
        else:
            self._count_down(COUNTDOWN_S)
