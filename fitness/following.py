"""Whose counter counts: that of an exercise that was named, or of the one that is recognised."""

from __future__ import annotations

import math
from typing import Protocol

from fitness.counter import Counter, CounterState
from fitness.exercises import Exercise
from fitness.moment import Row
from fitness.recognise import Recogniser

CHANGES_AFTER_S = 1.0
"""Another exercise than before has to be recognised for so long."""


class Following(Protocol):
    """Follows one person's exercise."""

    @property
    def exercise(self) -> Exercise | None:
        """What is done, as far as it is known."""

    @property
    def sure(self) -> float | None:
        """How sure that is, 0..1; None where it was named, or nothing is known."""

    @property
    def counter(self) -> Counter | None:
        """The counter of the exercise."""

    def step(self, row: Row) -> CounterState | None:
        """One moment; None while no exercise is known."""


class Named:
    """An exercise that the user has named."""

    sure: float | None = None

    def __init__(self, exercise: Exercise) -> None:
        self.exercise: Exercise | None = exercise
        self.counter: Counter | None = Counter(exercise)
        self._counter = self.counter

    def step(self, row: Row) -> CounterState | None:
        """Count one moment."""
        return self._counter.step(row.xy_px, row.score, row.time_s, row.xyz_m, row.valid)


class Recognised:
    """Whatever is recognised; repetitions before that have been counted too."""

    def __init__(self) -> None:
        self.exercise: Exercise | None = None
        self.counter: Counter | None = None
        self.sure: float | None = None
        self._recogniser = Recogniser()
        self._other: str | None = None
        self._since_s = math.nan

    def step(self, row: Row) -> CounterState | None:
        """Count one moment of everything that it may be."""
        guess = self._recogniser.step(row.xy_px, row.score, row.time_s, row.xyz_m, row.valid)
        now = None if self.exercise is None else self.exercise.name
        other = guess.exercise if guess is not None and guess.exercise != now else None
        if other != self._other:
            self._other, self._since_s = other, row.time_s
        if guess is not None and guess.exercise == now:
            self.sure = guess.sure
        held = now is None or row.time_s - self._since_s >= CHANGES_AFTER_S
        if guess is not None and other is not None and held:
            self.counter, self.sure = self._recogniser.counters[other], guess.sure
            self.exercise = self.counter.exercise
        return None if self.exercise is None else self._recogniser.states[self.exercise.name]
