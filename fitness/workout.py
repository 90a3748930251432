"""A session that a plan leads through: the next exercise, its sets, the rests between them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from fitness.events import Event, Listener, Tick
from fitness.exercises import Exercise, Kind
from fitness.moment import Goal, PersonState
from fitness.plan import Plan, PlanMachine, PlannedExercise, PlanView, Stage, Work
from fitness.recount import Result
from fitness.session import RESUME_S, Session
from fitness.signals import LOWEST_SCORE
from pose.types import UNTRACKED, People


class Workout:
    """Steps like a `Session`, and leads it through a plan.

    The plan follows one person: who is chosen, else who is largest; everybody else is counted beside. Nobody is counted
    during a rest.

    Parameters
    ----------
    plan : Plan
    listeners : function
        Each is told of every event; the countdown's are the plan's.
    """

    def __init__(self, plan: Plan, *listeners: Listener) -> None:
        self.plan = plan
        self.chosen: int | None = None
        """`track_id` of the person whom the plan is to follow; None leaves it the largest."""
        self._listeners = list(listeners)
        self._machine = PlanMachine(plan)
        self._session = Session(plan.exercises[0].exercise, _goal(plan.exercises[0]), self._hear)
        self._attempt = self._machine.attempt
        self._ticked: int | None = None
        self._leader = _Leader()
        self._results: list[tuple[int, Result]] = []

    @property
    def view(self) -> PlanView:
        """What there is to show of the plan."""
        return self._machine.view

    def target(self) -> tuple[int | None, float | None]:
        """Repetitions and seconds that the plan asks for in the present set."""
        current = self._machine.current
        return (None, None) if current is None else (current.of.reps, current.of.seconds)

    def subscribe(self, listener: Listener) -> None:
        """Tell this one of every event from now on, too."""
        self._listeners.append(listener)

    def step(self, people: People, time_s: float, size: tuple[int, int]) -> tuple[PersonState, ...]:
        """One moment of everybody, as `Session.step`; nobody during a rest and when all is done.

        The state of whom the plan follows has the count and the countdown of the plan.
        """
        counts = self._machine.stage not in (Stage.REST, Stage.DONE)
        states = self._session.step(people, time_s, size) if counts else ()
        leader = self._leader.follow(states, people, time_s, self.chosen)
        self._machine.step(time_s, self._leader.work)
        self._after()
        if self._machine.stage in (Stage.REST, Stage.DONE):
            return ()
        if not counts:  # the rest is over with this moment
            states = self._session.step(people, time_s, size)
            leader = self._leader.follow(states, people, time_s, self.chosen)
        view = self.view
        return tuple(_led(state, view, led=state is leader) for state in states)

    def skip(self) -> None:
        """Go on to what comes next."""
        self._machine.skip()
        self._after()

    def back(self) -> None:
        """Do a set again."""
        self._machine.back()
        self._after()

    def finish(self) -> None:
        """End all sets that are open: the session is over."""
        self._session.finish()

    @property
    def exercise(self) -> Exercise:
        """The present one."""
        return self._session.exercise

    def results(self) -> list[tuple[int, Result]]:
        """Everybody's number and what he came to, set by set."""
        return [*self._results, *self._session.results()]

    def _after(self) -> None:
        """Do what a change of the plan's stage asks for."""
        machine, current = self._machine, self._machine.current
        if machine.attempt != self._attempt and current is not None:
            self._attempt = machine.attempt
            self._session.finish()
            self._results += self._session.results()
            self._session.begin(current.of.exercise, _goal(current.of))
            self._leader.begin()
        elif machine.stage in (Stage.REST, Stage.DONE):
            self._session.finish()
        self._tick()

    def _tick(self) -> None:
        """Tell of 3, 2, 1, and of 0 when the set starts."""
        number = self.view.countdown
        if number is None and self._ticked is not None and self._machine.stage is Stage.WORK:
            self._tell(Tick(self._leader.number, 0))
        elif number is not None and number != self._ticked:
            self._tell(Tick(self._leader.number, number))
        self._ticked = number

    def _hear(self, event: Event) -> None:
        if not isinstance(event, Tick):  # the session's own countdown, for whom no plan counts down
            self._tell(event)

    def _tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)


class _Leader:
    """Whom the plan follows, and what he has done in this set; whoever takes over goes on from there."""

    def __init__(self) -> None:
        self.number = 0
        self._known = False
        self._seen_s = -math.inf
        self._present = False
        self.begin()

    def begin(self) -> None:
        """A set begins anew: nobody has done anything."""
        self._before = Work()
        self._now = Work()

    @property
    def work(self) -> Work:
        """What was done in this set."""
        reps, hold_s = self._before.reps + self._now.reps, self._before.hold_s + self._now.hold_s
        return Work(reps, hold_s, self._present)

    def follow(
        self, states: tuple[PersonState, ...], people: People, time_s: float, chosen: int | None
    ) -> PersonState | None:
        """Whom the plan follows at this moment; None where he is not in sight."""
        wanted = next((state for state in states if state.track_id == chosen), None)
        state = wanted or next((state for state in states if self._known and state.person == self.number), None)
        if state is None and states and not (self._known and time_s - self._seen_s <= RESUME_S):
            sizes = {int(one): _diagonal(people, k) for k, one in enumerate(people.track_id) if one != UNTRACKED}
            state = max(states, key=lambda one: sizes.get(one.track_id, 0.0))
        self._present = state is not None
        if state is None:
            return None
        if self._known and state.person != self.number:
            done = self.work
            self._before = Work(done.reps - state.counter.reps, done.hold_s - state.counter.hold_s)
        self.number, self._known, self._seen_s = state.person, True, time_s
        self._now = Work(state.counter.reps, state.counter.hold_s)
        return state


def _goal(planned: PlannedExercise) -> Goal:
    return Goal(planned.reps, planned.seconds if planned.exercise.kind is Kind.HOLD else None)


def _led(state: PersonState, view: PlanView, led: bool) -> PersonState:
    if not led:
        return replace(state, countdown=None)
    return replace(state, count=view.count, countdown=view.countdown, set_number=view.set_number)


def _diagonal(people: People, k: int) -> float:
    """Diagonal of the box round somebody's seen joints, in pixels."""
    seen = people.xy_px[k][people.score[k] >= LOWEST_SCORE]
    return float(np.linalg.norm(seen.max(axis=0) - seen.min(axis=0))) if len(seen) else 0.0
