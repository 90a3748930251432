"""Keeps what a session counts, a transaction a repetition: a kill in the middle of a set loses nothing counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from fitness.events import Event, RepetitionDone, SetDone
from fitness.exercises import Kind
from fitness.history import HistoryFile
from fitness.history_records import RepetitionRecord
from fitness.history_schema import HistoryError, SetGoneError
from fitness.moment import PersonState
from fitness.repetition import Repetition

Target = tuple[int | None, float | None]
"""Repetitions and seconds that a plan asks for; None where it asks for no such thing."""

HOLD_EVERY_S = 1.0
"""A hold is kept so often while it goes on."""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What is kept of a session as a whole.

    Attributes
    ----------
    source : str
        Name of the camera or the clip.
    version : str
        Of the program.
    utc_offset_s : int
        Of the local time.
    plan : str or None
        Name of the plan that leads through it.
    """

    source: str = ""
    version: str = ""
    utc_offset_s: int = 0
    plan: str | None = None


@dataclass(slots=True)
class _OpenSet:
    """A set that somebody is doing; `id` is None until the file took it."""

    exercise: str
    began_s: float
    started_s: float
    target: Target
    id: int | None = None
    unwritten: dict[int, Repetition] = field(default_factory=dict)
    counted: int = 0
    hold_s: float = 0.0


class HistoryRecorder:
    """Hears a session's events and keeps them.

    A session and a set are kept from their first repetition on, so that who only walks by leaves nothing. What the file
    does not take at once is tried again with the next event.

    Parameters
    ----------
    history : HistoryFile
        Stays the caller's to close.
    info : SessionInfo
    clock : callable
        The time of day, seconds since 1970 UTC.
    problem : callable
        Is told in one line what the file does not take; the same line only once in a row.
    target : callable
        Repetitions and seconds that a plan asks for in a set that begins now.
    """

    def __init__(
        self,
        history: HistoryFile,
        info: SessionInfo,
        clock: Callable[[], float],
        problem: Callable[[str], None],
        target: Callable[[], Target] = lambda: (None, None),
    ) -> None:
        self._target = target
        self._history = history
        self._info = info
        self._clock = clock
        self._problem = problem
        self._said = ""
        self._session: int | None = None
        self._open: dict[tuple[int, str, int], _OpenSet] = {}
        self._over: list[SetDone] = []
        self._held: dict[tuple[int, str, int], float] = {}

    def hear(self, event: Event) -> None:
        """Keep what an event tells; never raises for the file's sake."""
        if isinstance(event, RepetitionDone):
            one = event.repetition
            key = (event.person, event.exercise.name, event.set_number)
            if key in self._open and event.number <= self._open[key].counted:
                del self._open[key]  # counting began anew without an end, as after a jump in a file
            current = self._set_of(key, one.start_s, one.end_s)
            current.unwritten[event.number] = one
            current.counted = event.number
            self._guarded(lambda: self._keep(event.person, current))
        elif isinstance(event, SetDone) and (event.repetitions or event.hold_s > 0):
            self._over.append(event)
        if self._over:
            self._guarded(self._finish_all)

    def watch(self, states: Iterable[PersonState], time_s: float) -> None:
        """Keep how long holds have lasted so far, about once a second; an event only comes at their end."""
        for state in states:
            if state.exercise.kind is not Kind.HOLD or state.hold_s <= 0:
                continue
            key = (state.person, state.exercise.name, state.set_number)
            if state.hold_s >= self._held.get(key, math.inf):
                continue  # that of the set that is over
            self._held.pop(key, None)
            current = self._set_of(key, time_s - state.hold_s, time_s)
            if current.id is None or state.hold_s >= current.hold_s + HOLD_EVERY_S:
                current.hold_s = state.hold_s
                self._guarded(partial(self._keep, state.person, current))

    def close(self) -> None:
        """Note that the session is over."""
        if self._over:
            self._guarded(self._finish_all)
        session, self._session = self._session, None
        if session is not None:
            self._guarded(lambda: self._history.end_session(session, self._clock()))

    def _set_of(self, key: tuple[int, str, int], began_s: float, now_s: float) -> _OpenSet:
        """The set of a person, exercise and number, begun where there is none; times are those of the poses."""
        if key not in self._open:
            started_s = self._clock() - max(0.0, now_s - began_s)
            self._open[key] = _OpenSet(key[1], began_s, started_s, self._target())
        return self._open[key]

    def _keep(self, person: int, current: _OpenSet, halves: int = 0) -> int:
        """Write what is not written of a set; its number comes back."""
        if current.id is None:
            session = self._kept_session(current.started_s)
            current.id = self._history.begin_set(session, person, current.exercise, current.started_s, *current.target)
        rows = [RepetitionRecord.of(number, one, current.began_s) for number, one in current.unwritten.items()]
        self._history.keep(current.id, current.counted, halves, current.hold_s, rows)
        current.unwritten.clear()
        return current.id

    def _kept_session(self, started_s: float) -> int:
        """The session's number; a new one where there is none yet, or somebody has deleted it meanwhile."""
        if self._session is None or not self._history.has_session(self._session):
            info = self._info
            self._session = self._history.begin_session(
                started_s, info.utc_offset_s, info.source, info.version, info.plan
            )
        return self._session

    def _finish_all(self) -> None:
        while self._over:
            self._finish(self._over[0])
            del self._over[0]

    def _finish(self, event: SetDone) -> None:
        key = (event.person, event.exercise.name, event.number)
        current = self._set_of(key, event.start_s, event.end_s)
        # the end of a repetition is known better a little later: all of them are written again
        current.unwritten = dict(enumerate(event.repetitions, start=1))
        current.counted, current.hold_s = len(event.repetitions), event.hold_s
        try:
            set_id = self._keep(event.person, current, event.partial)
        except SetGoneError:
            pass  # who deletes a set while it is done wants it gone
        else:
            self._history.end_set(set_id, current.started_s + max(0.0, event.end_s - current.began_s), event.recount)
        del self._open[key]
        if event.hold_s > 0:
            self._held[key] = event.hold_s

    def _guarded(self, write: Callable[[], object]) -> None:
        try:
            write()
            self._said = ""
        except HistoryError as error:
            if str(error) != self._said:
                self._said = str(error)
                self._problem(self._said)
