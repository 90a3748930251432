"""Everybody in view at one exercise: a count of their own for each, kept while somebody is out of sight for a moment.

Pure: what happens follows from the people and their times. Events go to listeners as they happen.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fitness.events import Event, Listener
from fitness.exercises import Exercise
from fitness.moment import UNKNOWN, Goal, PersonState, Row
from fitness.person import Person
from fitness.recount import Result
from fitness.signals import LOWEST_SCORE, Joints, hips_and_size
from pose.types import UNTRACKED, People

RESUME_S = 10.0
"""Who is back within this goes on where he was."""

SAME_PLACE = 1.0
"""A new id within so many trunk lengths of where somebody was last seen may be he."""

SAME_SIZE = 1.35
"""And within this factor of his size."""

IN_FRONT = 0.75
"""Who is at least so large beside the largest is in front, and not somebody who passes behind."""

NEWCOMER_S = 0.6
"""Whoever has been lost for less than this may still be in sight of the tracker under his own id."""


class Session:
    """Counts and coaches everybody.

    Parameters
    ----------
    exercise : Exercise or None
        None recognises what everybody does.
    goal : Goal
        What a set is to reach; nothing by default.
    listeners : function
        Each is told of every event.

    Examples
    --------
    >>> from fitness.exercises import exercise_named
    >>> session = Session(exercise_named("squat"))
    >>> session.step(People.nobody(), 0.0, (640, 480))
    ()
    """

    def __init__(self, exercise: Exercise | None, goal: Goal | None = None, *listeners: Listener) -> None:
        self._exercise = exercise
        self._goal = goal or Goal()
        self._listeners = list(listeners)
        self._here: dict[int, Person] = {}
        self._everybody: list[Person] = []
        self._places: dict[int, tuple[float, float, float]] = {}
        self._time_s = -math.inf

    @property
    def exercise(self) -> Exercise:
        """The present one; `UNKNOWN` where each is recognised."""
        return self._exercise or UNKNOWN

    def subscribe(self, listener: Listener) -> None:
        """Tell this one of every event from now on, too."""
        self._listeners.append(listener)

    def begin(self, exercise: Exercise, goal: Goal | None = None) -> None:
        """End all sets, and start everybody anew on an exercise: the next one of a plan."""
        self.finish()
        self._exercise, self._goal = exercise, goal or Goal()
        self._here.clear()
        self._everybody.clear()

    def step(self, people: People, time_s: float, size: tuple[int, int]) -> tuple[PersonState, ...]:
        """One moment of everybody; states in the order of `people`, without those whom no tracker knows.

        A time before the last one is a jump in a file: everybody begins anew.

        Parameters
        ----------
        people : People
            Lifted.
        time_s : float
        size : (int, int)
            Width and height of the picture in pixels.
        """
        if time_s < self._time_s:
            self._here.clear()
            self._everybody.clear()
        self._time_s = time_s
        ids = [int(one) for one in people.track_id if one != UNTRACKED]
        states = []
        lengths = _lengths(people)
        begun = any(self._here[one].begun for one in ids if one in self._here)
        for k, track_id in enumerate(people.track_id.tolist()):
            if track_id == UNTRACKED:
                continue
            xyz, valid = _lifted(people, k)
            row = Row(time_s, people.xy_px[k].copy(), people.score[k].copy(), xyz, valid)
            person = self._person(track_id, row, ids)
            person.prominence += float(lengths[k])
            in_front = bool(lengths[k] >= IN_FRONT * lengths.max())
            states.append(person.step(row, track_id, size, in_front, begun))
        self._forget(time_s)
        return tuple(states)

    def finish(self) -> None:
        """End all sets that are open: the session is over."""
        for person in self._everybody:
            person.end_set()

    def results(self) -> list[tuple[int, Result]]:
        """Everybody's number and what he came to, all sets together; whoever was largest for longest first."""
        in_order = sorted(self._everybody, key=lambda person: -person.prominence)
        return [(person.number, result) for person in in_order for result in person.results()]

    def _person(self, track_id: int, row: Row, ids: list[int]) -> Person:
        """Whose id this is: somebody known, somebody who comes back under another number, or somebody new."""
        place = _place(row)
        person = self._here.get(track_id)
        if person is None:
            person = self._returned(row.time_s, place, ids)
            if person is None:
                person = Person(track_id, self._exercise, self._goal, self._tell)
                self._everybody.append(person)
            self._here[track_id] = person
        if place is not None:
            self._places[person.number] = place
        return person

    def _returned(self, time_s: float, place: tuple[float, float, float] | None, ids: list[int]) -> Person | None:
        """Who was lost at this place a moment ago; nobody where it might be one of two."""
        if place is None:
            return None
        lost = {
            track_id: person
            for track_id, person in self._here.items()
            if track_id not in ids
            and NEWCOMER_S <= time_s - person.seen_s <= RESUME_S
            and person.number in self._places
        }
        fits = [
            track_id
            for track_id, person in lost.items()
            if person.number in self._places and _same(place, self._places[person.number])
        ]
        return self._here.pop(fits[0]) if len(fits) == 1 else None

    def _forget(self, time_s: float) -> None:
        for track_id, person in list(self._here.items()):
            if time_s - person.seen_s > RESUME_S:
                person.end_set()
                del self._here[track_id]

    def _tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)


def _lifted(people: People, k: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    if people.lifted:
        return people.xyz_m[k].copy(), people.valid[k].copy()
    return np.zeros((17, 3), np.float32), np.zeros(17, np.bool_)


def _place(row: Row) -> tuple[float, float, float] | None:
    """Where somebody's hips are and how large he is, in pixels; None where that is not seen."""
    joints = Joints.of(row.xy_px[None], row.score[None])
    x, size = hips_and_size(joints)
    hips = joints.pair("hip")[0, :, 1]
    y = hips[np.isfinite(hips)]
    if not (np.isfinite(x[0]) and np.isfinite(size[0]) and len(y)):
        return None
    return float(x[0]), float(y.mean()), float(size[0])


def _same(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    size = max(one[2], other[2])
    near = math.hypot(one[0] - other[0], one[1] - other[1]) <= SAME_PLACE * size
    return near and size / min(one[2], other[2]) <= SAME_SIZE


def _lengths(people: People) -> NDArray[np.float64]:
    """Diagonal of the box round everybody's seen joints, in pixels, (K,)."""
    seen = (people.score >= LOWEST_SCORE)[..., None]
    low = np.where(seen, people.xy_px, np.inf).min(axis=1)
    high = np.where(seen, people.xy_px, -np.inf).max(axis=1)
    return np.asarray(np.linalg.norm(np.where(high >= low, high - low, 0), axis=1), np.float64)
