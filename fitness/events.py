"""What happens in a session, for whoever keeps a history, makes a sound or leads through a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fitness.coach import Cue
from fitness.exercises import Exercise
from fitness.repetition import Repetition


@dataclass(frozen=True, slots=True)
class RepetitionDone:
    """A repetition was counted.

    Attributes
    ----------
    person : int
        The number under which somebody was first seen; it stays when the tracker gives another id.
    exercise : Exercise
    repetition : Repetition
    number : int
        In the set, from 1.
    set_number : int
        From 1.
    """

    person: int
    exercise: Exercise
    repetition: Repetition
    number: int
    set_number: int


@dataclass(frozen=True, slots=True)
class SetDone:
    """A set is over: its goal was reached, somebody rests or has left, or the session ends.

    Attributes
    ----------
    person : int
    exercise : Exercise
    number : int
        Of the set, from 1.
    start_s, end_s : float
        From the start of the first repetition to the end of the last, or of the hold.
    repetitions : tuple of Repetition
    partial : int
    hold_s : float
        Held so long; 0 for exercises with repetitions.
    recount : int or None
        The count over the whole set at once; a difference is for showing. None where there is no such count.
    """

    person: int
    exercise: Exercise
    number: int
    start_s: float
    end_s: float
    repetitions: tuple[Repetition, ...]
    partial: int
    hold_s: float
    recount: int | None


@dataclass(frozen=True, slots=True)
class CueGiven:
    """A cue came on the screen."""

    person: int
    cue: Cue


@dataclass(frozen=True, slots=True)
class Tick:
    """The countdown to the start came to 3, 2, 1, or to 0, which is the start."""

    person: int
    number: int


Event = RepetitionDone | SetDone | CueGiven | Tick
Listener = Callable[[Event], None]
