"""What is known of one person at one moment: what goes into the counter, and what comes out of a session."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fitness.coach import Cue
from fitness.counter import CounterState
from fitness.cycle import Phase
from fitness.exercises import CountRule, Exercise
from fitness.guide import JointAngle
from fitness.signals import View

UNKNOWN = Exercise("unknown", (CountRule(tuple(View), ()),))
"""What somebody does whose exercise is not recognised yet: nothing counts it, and nothing is judged."""

NOTHING_YET = CounterState(0, 0, Phase.UNKNOWN, math.nan, False, None)


class Row(NamedTuple):
    """One person at one moment, as `People` has it."""

    time_s: float
    xy_px: NDArray[np.float32]
    score: NDArray[np.float32]
    xyz_m: NDArray[np.float32]
    valid: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as the counter of whole sets reads them."""

    time_s: NDArray[np.float64]
    xy_px: NDArray[np.float32]
    score: NDArray[np.float32]
    xyz_m: NDArray[np.float32]
    valid: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: list[Row]) -> Rows:
        """Rows of moments, at least one."""
        times, *others = zip(*rows, strict=True)
        return cls(np.array(times), *(np.stack(one) for one in others))


@dataclass(frozen=True, slots=True)
class Goal:
    """What a set is to reach.

    Attributes
    ----------
    reps : int or None
    hold_s : float or None
    """

    reps: int | None = None
    hold_s: float | None = None


@dataclass(frozen=True, slots=True)
class PersonState:
    """What is known of one person at one moment.

    Attributes
    ----------
    person : int
        The number under which he was first seen.
    track_id : int
        The number that he has now.
    exercise : Exercise
    sure : float or None
        How sure it is that this is what he does, 0..1; None where the exercise was named.
    count, partial : int
        Of the present set.
    set_number : int
        From 1.
    goal : Goal
    phase : str
        In a word.
    reach : float
        Way to the target: 0 at rest, 1 at the target; NaN where unknown.
    hold_s : float
        Held in this set.
    angle : JointAngle or None
    cue : Cue or None
    note : str
        A quiet line: where to turn for the form to be judged, or how the whole set was counted again.
    set_s, rest_s : float
        Since the set began, or how long it took; since the last movement, 0 while there is some.
    countdown : int or None
        3, 2, 1, then 0 for the start.
    active : bool
        Whether he exercises, as far as can be told.
    counter : CounterState
    """

    person: int
    track_id: int
    exercise: Exercise
    sure: float | None
    count: int
    partial: int
    set_number: int
    goal: Goal
    phase: str
    reach: float
    hold_s: float
    angle: JointAngle | None
    cue: Cue | None
    note: str
    set_s: float
    rest_s: float
    countdown: int | None
    active: bool
    counter: CounterState
