"""One thing to say at a time: what stands in the way of judging first, then the fault that matters most, rarely praise.

Pure: what is said follows from the repetitions and their times alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from fitness.exercises import Exercise, Fault
from fitness.gates import Gate, GateKind
from fitness.guide import range_faults
from fitness.signals import View

HOLD_S = 3.0
"""Whatever is said stays for so long, whatever happens."""

LONGEST_S = 6.0
"""A cue or a praise goes after this, and where to turn becomes a quiet line."""

BAD_IN_A_ROW = 2
"""So many bad repetitions one after the other before anything is said of them."""

CLEAN_IN_A_ROW = 5
"""So many judged repetitions without a fault before they are praised."""

PRAISE_EVERY_S = 20.0

LATE_S = 10.0
"""Partial repetitions further apart have nothing to do with each other."""

SAFETY = ("sagging", "squatted", "knees_in", "lean", "swing", "high", "elbow_drift", "uneven")
"""Faults that can hurt, worst first; all others come after them, in the order of the exercise's table."""

DANGEROUS = 5
"""The first so many of `SAFETY` are said in the colour of a warning."""

TURNED_BACK = "Go all the way"
"""Said of partial repetitions of an exercise without such a fault."""


class Level(str, Enum):
    """How a cue is meant."""

    GOOD = "good"
    ADJUST = "adjust"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said.

    Attributes
    ----------
    text : str
        At most four words, for gates a short sentence.
    level : Level
    gate : bool
        Whether this is about seeing somebody, not about how he moves.
    """

    text: str
    level: Level
    gate: bool = False


@dataclass(frozen=True, slots=True)
class _Said:
    cue: Cue
    since_s: float
    lasts_s: float = LONGEST_S


class Coach:
    """Chooses what one person is told.

    Parameters
    ----------
    exercise : Exercise
    """

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._said: _Said | None = None
        self._wanted: Cue | None = None
        self._bad: list[tuple[str, ...]] = []
        self._partials: list[float] = []
        self._clean = 0
        self._corrected: frozenset[str] = frozenset()
        self._praised_s = -math.inf
        self._view_since_s: float | None = None
        self._gated = False

    def repetition(self, faults: tuple[str, ...], view: View | None, time_s: float) -> None:
        """A whole repetition with the faults that were found in it; those of another view are not listened to."""
        self._partials.clear()
        found = {fault.name: fault for fault in self._judged_in(view)}
        faults = tuple(name for name in faults if name in found)
        if self._gated or not found:
            self._bad.clear()
            self._clean = 0
            return
        if faults:
            self._clean = 0
            self._bad.append(faults)
            if len(self._bad) >= BAD_IN_A_ROW:
                self._ask_for(found)
            return
        self._bad.clear()
        self._clean += 1
        if self._wanted is not None and not self._wanted.gate:
            self._wanted = None  # it was put right before there was time to say it
        if (self._corrected or self._clean >= CLEAN_IN_A_ROW) and time_s - self._praised_s >= PRAISE_EVERY_S:
            self._wanted = Cue("Better, like that" if self._corrected else "Good form", Level.GOOD)
            self._praised_s, self._clean = time_s, 0
        self._corrected = frozenset()

    def partial(self, time_s: float, view: View | None, missed: str = "") -> None:
        """A repetition that turned back too early, or left the phase `missed` out."""
        self._clean = 0
        self._partials = [at for at in self._partials if time_s - at < LATE_S] + [time_s]
        if self._gated or len(self._partials) < BAD_IN_A_ROW:
            return
        self._partials.clear()
        fault = next(iter(range_faults(self._exercise, view)), None)
        text = f"Do the {missed} too" if missed else fault.cue if fault else TURNED_BACK
        self._want(Cue(text, Level.ADJUST))

    def correct(self, text: str) -> None:
        """Say a correction of a hold that is going wrong right now."""
        if not self._gated and (self._said is None or self._said.cue.text != text):
            self._want(Cue(text, Level.ADJUST))

    def step(self, time_s: float, gate: Gate | None) -> Cue | None:
        """What is to be on the screen at a time.

        Parameters
        ----------
        time_s : float
        gate : Gate or None
            What stands in the way; nothing is said of the form as long as there is one.
        """
        self._gated = gate is not None
        turning = gate is not None and gate.kind is GateKind.VIEW
        self._view_since_s = None if not turning else time_s if self._view_since_s is None else self._view_since_s
        quiet = self._view_since_s is not None and time_s - self._view_since_s >= LONGEST_S
        if gate is not None:
            self._wanted = None if quiet else Cue(gate.text, Level.ADJUST, gate=True)
        elif self._wanted is not None and self._wanted.gate:
            self._wanted = None
        said = self._said
        if said is not None and time_s - said.since_s < HOLD_S:
            return said.cue
        if self._wanted is not None:
            if said is None or said.cue != self._wanted or not self._wanted.gate:
                self._said = _Said(self._wanted, time_s)
            if not self._wanted.gate:
                self._wanted = None
        elif said is not None and (said.cue.gate or time_s - said.since_s >= LONGEST_S or self._clean > 0):
            self._said = None
        return None if self._said is None else self._said.cue

    def _want(self, cue: Cue) -> None:
        """Say this next, unless a warning waits."""
        if self._wanted is None or self._wanted.level is not Level.STOP or cue.level is Level.STOP:
            self._wanted = cue

    def _judged_in(self, view: View | None) -> tuple[Fault, ...]:
        return tuple(fault for fault in self._exercise.faults if view in fault.views)

    def _ask_for(self, found: dict[str, Fault]) -> None:
        """Want the cue of the worst fault, of one that was there every time if there is such a one."""
        last = self._bad[-BAD_IN_A_ROW:]
        common = [name for name in last[-1] if all(name in faults for faults in last)]
        name = min(common or last[-1], key=lambda one: rank(self._exercise, one))
        dangerous = name in SAFETY[:DANGEROUS]
        self._want(Cue(found[name].cue, Level.STOP if dangerous else Level.ADJUST))
        self._bad.clear()
        self._corrected = frozenset(last[-1])


def rank(exercise: Exercise, fault: str) -> tuple[int, int]:
    """The place of a fault among those of its exercise: the lower, the earlier it is spoken of.

    >>> from fitness.exercises import exercise_named
    >>> squat = exercise_named("squat")
    >>> sorted(("shallow", "lean", "knees_in"), key=lambda name: rank(squat, name))
    ['knees_in', 'lean', 'shallow']
    """
    names = [one.name for one in exercise.faults]
    order = names.index(fault) if fault in names else len(names)
    return (SAFETY.index(fault) if fault in SAFETY else len(SAFETY), order)
