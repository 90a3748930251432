"""One person of a session: the count, the set, the rest, and what is said."""

from __future__ import annotations

import math

import numpy as np

from fitness.coach import Coach, Cue
from fitness.counter import CounterState
from fitness.cycle import Phase
from fitness.events import CueGiven, Listener, RepetitionDone, SetDone, Tick
from fitness.exercises import Exercise, Kind
from fitness.following import Following, Named, Recognised
from fitness.gates import Gate, GateKind, Gates, view_gate
from fitness.guide import RangeOfMotion, phase_word, shown_angle
from fitness.moment import NOTHING_YET, UNKNOWN, Goal, PersonState, Row, Rows
from fitness.recount import Result, recount
from fitness.repetition import Repetition
from fitness.signals import Joints, measure

REST_SHOWN_S = 6.0
"""Somebody who has done nothing for so long rests."""

SET_ENDS_S = 15.0
"""A rest of this length ends the set."""

COUNTDOWN_S = 3.0
GO_S = 1.0
"""How long the start stays on the screen."""

MOST_ROWS = 18_000
"""Poses that are kept of a set for counting it again: ten minutes at 30 a second. A longer set is not counted again."""

HIPS_WRONG_S = 1.0
"""Hips out of the line for so long are spoken of."""


class Person:
    """Follows one person through sets of an exercise.

    Parameters
    ----------
    number : int
    exercise : Exercise or None
        None recognises it.
    goal : Goal
    tell : Listener
        Is told of every event.
    """

    def __init__(self, number: int, exercise: Exercise | None, goal: Goal, tell: Listener) -> None:
        self.number = number
        self._following: Following = Recognised() if exercise is None else Named(exercise)
        self._taken = 0
        self._done: list[SetDone] = []
        self.hold_s = 0.0
        self.seen_s = math.nan
        self.prominence = 0.0
        self._goal = goal
        self._tell = tell
        self._coach = Coach(exercise or UNKNOWN)
        self._gates = Gates(exercise or UNKNOWN)
        self._range = RangeOfMotion(exercise or UNKNOWN)
        self._active = False
        self._cue: Cue | None = None
        self._set_number = 1
        self._open = False
        self._first = self._partial_before = 0
        self._hold_before = self._hold_end = 0.0
        self._partial = 0
        self._set_start_s = self._moved_s = math.nan
        self._rows: list[Row] = []
        self._note = ""
        self._countdown_s: float | None = None
        self._counted_down = False
        self._ticked: int | None = None
        self._hips_s: float | None = None
        self._goal_held = False

    @property
    def exercise(self) -> Exercise:
        """What is done; `UNKNOWN` while that has to be recognised."""
        return self._following.exercise or UNKNOWN

    @property
    def begun(self) -> bool:
        """Whether there was a repetition or a hold."""
        return math.isfinite(self._set_start_s)

    def step(self, row: Row, track_id: int, size: tuple[int, int], in_front: bool, somebody_begun: bool) -> PersonState:
        """One moment.

        Parameters
        ----------
        row : Row
        track_id : int
            The number that the person has now.
        size : (int, int)
            Width and height of the picture in pixels.
        in_front : bool
            Whether nobody is much larger: who passes behind is left alone until he has done a repetition.
        somebody_begun : bool
            Whether there is somebody who exercises: others are then told nothing before they stand ready.
        """
        exercise, repetitions = self.exercise, self._repetitions
        partial_before, hold_before = self._partial, self.hold_s
        state = self._following.step(row) or NOTHING_YET
        if self.exercise is not exercise:
            self._change(exercise, repetitions)
            partial_before, hold_before = state.partial, state.hold_s
        self.seen_s, self.hold_s, self._partial = row.time_s, state.hold_s, state.partial
        self._keep(row)
        joints = Joints.of(row.xy_px[None], row.score[None], row.xyz_m[None], row.valid[None])
        moving = state.phase in (Phase.MOVING, Phase.WORK, Phase.RETURN) or state.hold_s > hold_before
        if moving:
            self._moved_s = row.time_s
        for repetition in self._repetitions[self._taken :]:
            self._taken += 1
            self._counted(repetition, state, row.time_s)
        if self.exercise.kind is Kind.HOLD:
            self._watch_hold(state, joints, row.time_s)
        self._active = self.begun or (in_front and (state.armed or not somebody_begun))
        if self._active and state.partial > partial_before and (state.armed or state.missed):
            self._coach.partial(row.time_s, state.view, state.missed)
        gate = None
        if self._active and self._following.exercise is not None:
            gate = self._gates.step(joints, row.time_s, size, state.view)
        self._speak(self._coach.step(row.time_s, gate))
        rest_s = self._rest(row.time_s)
        countdown = self._count_down(state, moving, gate, row.time_s)
        return self._state(track_id, state, joints, gate, rest_s, countdown)

    def results(self) -> list[Result]:
        """All repetitions so far, of all sets: one result an exercise, the one with the most first."""
        if isinstance(self._following, Named):
            return [Result(self.exercise.name, tuple(self._repetitions), self._partial, self.hold_s, None)]
        found = []
        for name in dict.fromkeys(done.exercise.name for done in self._done):
            sets = [done for done in self._done if done.exercise.name == name]
            repetitions = tuple(one for done in sets for one in done.repetitions)
            partial, held_s = sum(done.partial for done in sets), sum(done.hold_s for done in sets)
            found.append(Result(name, repetitions, partial, held_s, None))
        return sorted(found, key=lambda one: -one.reps) or [Result(UNKNOWN.name, (), 0, 0.0, None)]

    def end_set(self) -> None:
        """End the set that is open, if any."""
        if self._open:
            self._end(self.exercise, self._repetitions)

    def _end(self, exercise: Exercise, repetitions: list[Repetition]) -> None:
        done = tuple(repetitions[self._first :])
        again = recount(Rows.of(self._rows), exercise) if 0 < len(self._rows) < MOST_ROWS else None
        if again is not None and again != len(done):
            self._note = f"Counted again: {again}"
        end_s = done[-1].end_s if done else self._moved_s
        self._done.append(
            SetDone(
                self.number,
                exercise,
                self._set_number,
                self._set_start_s,
                end_s,
                done,
                self._partial - self._partial_before,
                self.hold_s - self._hold_before,
                again,
            )
        )
        self._tell(self._done[-1])
        self._open = False
        self._hold_end = self.hold_s
        self._rows.clear()

    @property
    def _repetitions(self) -> list[Repetition]:
        return [] if self._following.counter is None else self._following.counter.repetitions

    def _change(self, before: Exercise, repetitions: list[Repetition]) -> None:
        """Another exercise from now on; what its counter has counted since the last set belongs to the new one."""
        over_s = -math.inf
        if self._open:
            over_s = self._moved_s
            self._end(before, repetitions)
        self._coach, self._gates = Coach(self.exercise), Gates(self.exercise)
        self._range = RangeOfMotion(self.exercise)
        fresh = [index for index, one in enumerate(self._repetitions) if one.start_s >= over_s]
        self._taken = fresh[0] if fresh else len(self._repetitions)
        self._partial_before, self._hold_end = 0, 0.0

    def _begin_set(self, start_s: float, first: int) -> None:
        if self.begun:
            self._set_number += 1
            self._partial_before = self._partial
        self._open, self._note = True, ""
        self._first, self._hold_before, self._set_start_s = first, self._hold_end, start_s
        self._rows = [row for row in self._rows if row.time_s >= start_s - 1]

    def _counted(self, repetition: Repetition, state: CounterState, time_s: float) -> None:
        if not self._open:
            self._begin_set(repetition.start_s, self._taken - 1)
        self._moved_s = time_s
        number = self._taken - self._first
        self._tell(RepetitionDone(self.number, self.exercise, repetition, number, self._set_number))
        self._coach.repetition(repetition.faults, state.view, time_s)
        if self._goal.reps is not None and number >= self._goal.reps:
            self.end_set()

    def _watch_hold(self, state: CounterState, joints: Joints, time_s: float) -> None:
        """The set of a hold, and its hips, which are spoken of while they are wrong."""
        if state.phase is not Phase.WORK:
            self._hips_s, self._goal_held = None, False
            return
        if not self._open and not self._goal_held:
            self._begin_set(time_s - state.hold_s + self._hold_end, 0)
        if self._goal.hold_s is not None and state.hold_s - self._hold_before >= self._goal.hold_s:
            self._goal_held = True
            self.end_set()
        band = self.exercise.counts[0].travels[0]
        line = measure(joints, (band.signal,))[band.signal][0]
        known = line[np.isfinite(line)]
        if not len(known):
            return
        middle = float(np.median(known))
        if band.leaves <= middle <= band.reaches:
            self._hips_s = None
            return
        self._hips_s = time_s if self._hips_s is None else self._hips_s
        if time_s - self._hips_s >= HIPS_WRONG_S:
            self._coach.correct("Hips up" if middle > band.reaches else "Hips down")

    def _keep(self, row: Row) -> None:
        """Keep what the whole set is counted by again; before it begins, the last seconds."""
        self._rows.append(row)
        if not self._open and len(self._rows) > 2 and self._rows[0].time_s < row.time_s - 20:
            self._rows = [one for one in self._rows if one.time_s >= row.time_s - 10]
        elif len(self._rows) > MOST_ROWS:
            del self._rows[0]

    def _speak(self, cue: Cue | None) -> None:
        if cue is not None and cue is not self._cue:
            self._tell(CueGiven(self.number, cue))
        self._cue = cue

    def _rest(self, time_s: float) -> float:
        if math.isnan(self._moved_s) or time_s - self._moved_s < REST_SHOWN_S or not self.begun:
            return 0.0
        if time_s - self._moved_s >= SET_ENDS_S:
            self.end_set()
        return time_s - self._moved_s

    def _count_down(self, state: CounterState, moving: bool, gate: Gate | None, time_s: float) -> int | None:
        """3, 2, 1 once somebody stands ready for the first time; who moves has begun by himself."""
        blocked = gate is not None and gate.kind is not GateKind.VIEW
        if moving or state.reps or self.exercise.kind is Kind.HOLD:
            self._counted_down, self._countdown_s = True, None
        if not self._counted_down and self._countdown_s is None and state.armed and self._active and not blocked:
            self._countdown_s = time_s
        if self._countdown_s is None:
            return None
        left = COUNTDOWN_S - (time_s - self._countdown_s)
        if left <= -GO_S:
            self._counted_down, self._countdown_s = True, None
            return None
        number = max(0, math.ceil(left))
        if number != self._ticked:
            self._ticked = number
            self._tell(Tick(self.number, number))
        return number

    def _state(
        self,
        track_id: int,
        state: CounterState,
        joints: Joints,
        gate: Gate | None,
        rest_s: float,
        countdown: int | None,
    ) -> PersonState:
        held_s = state.hold_s - self._hold_before if self._open or self._set_number > 1 else 0.0
        turn = view_gate(self.exercise, state.view) if gate is None or gate.kind is GateKind.VIEW else None
        said = self._cue is not None and self._cue.gate
        return PersonState(
            self.number,
            track_id,
            self.exercise,
            self._following.sure,
            max(0, self._taken - self._first),
            state.partial - self._partial_before,
            self._set_number,
            self._goal,
            "Rest" if rest_s > 0 else phase_word(self.exercise, state),
            self._range.step(state, joints),
            held_s,
            shown_angle(self.exercise, state, joints),
            self._cue,
            self._note or (f"Form: {turn.text[0].lower()}{turn.text[1:]}" if turn is not None and not said else ""),
            (self._moved_s if rest_s > 0 else self.seen_s) - self._set_start_s if self.begun else 0.0,
            rest_s,
            countdown,
            self._active,
            state,
        )
