"""Which of the known exercises somebody does, when nobody says so.

Every exercise's counter runs; a repetition that one of them counts is a vote, if what the body did besides fits: a
press and a pull-up bend the same joints, but one moves the hands and the other the body.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fitness.counter import Counter, CounterState, PoseRows
from fitness.exercises import EXERCISES
from fitness.own import Standing
from fitness.repetition import History, Repetition
from fitness.signals import SIGNALS, Joints, Moments

REMEMBERED_S = 20.0
"""Votes that are older no longer count."""

SURE_FROM = 0.7
"""An exercise is named from here on: two repetitions without a vote for another."""

DOUBT = 0.8
"""Votes for something unknown that everybody has from the start."""

HELD_S = 3.0
"""A plank is named once it was held for so long."""


@dataclass(frozen=True, slots=True)
class Trait:
    """What holds of a signal over every repetition of an exercise.

    Attributes
    ----------
    signal : str
        A key of `fitness.signals.SIGNALS`, or "hand_path" or "body_path": how far hands and shoulders went up and
        down on the picture, over the trunk's length.
    extreme : str
        "lowest", "middle", "highest" or "range" of the repetition, mean of both sides.
    above : bool
        Whether it lies above the limit, or below.
    limit : float
    """

    signal: str
    extreme: str
    above: bool
    limit: float


@dataclass(frozen=True, slots=True)
class Guess:
    """What somebody seems to do.

    Attributes
    ----------
    exercise : str
    sure : float
        0..1: votes for it, of all votes and `DOUBT`.
    """

    exercise: str
    sure: float


def _above(signal: str, limit: float, extreme: str = "middle") -> Trait:
    return Trait(signal, extreme, True, limit)


def _below(signal: str, limit: float, extreme: str = "middle") -> Trait:
    return Trait(signal, extreme, False, limit)


TRAITS: dict[str, tuple[Trait, ...]] = {
    "burpee": (),
    "jumping_jack": (_below("lean", 30),),
    "pull_up": (_above("wrist_rise", 0.1), _below("hand_path", 0.35), _below("lean", 45)),
    "shoulder_press": (_above("hand_path", 0.35), _below("body_path", 0.35), _below("lean", 45)),
    "lateral_raise": (
        _above("elbow", 110),
        _below("wrist_rise", 0.6, "highest"),
        _above("hand_path", 0.35),
        _below("lean", 40),
        _below("body_path", 0.35),
    ),
    "push_up": (_below("wrist_rise", -0.1, "highest"), _below("hand_path", 0.35), _below("stature", 1.0)),
    "sit_up": (_below("stature", 0.8),),
    "crunch": (_below("stature", 0.8),),
    "glute_bridge": (_below("stature", 1.1), _above("lean", 60)),
    "high_knees": (_below("lean", 35), _above("stature", 1.0), _above("hip_height", 0.85, "lowest")),
    "deadlift": (
        _below("trunk_height", 0.66, "lowest"),
        _above("hip_height", 0.55, "lowest"),
        _below("lean", 80, "highest"),
        _above("stature", 0.7),
        _below("wrist_rise", -0.2),
    ),
    "squat": (_above("trunk_height", 0.5, "lowest"), _below("stance", 0.4, "range")),
    "lunge": (_above("trunk_height", 0.6, "lowest"), _below("hip_height", 0.92, "lowest")),
    "curl": (
        _below("shoulder", 65, "highest"),
        _below("wrist_rise", 0.25, "highest"),
        _above("hand_path", 0.35),
        _below("lean", 40),
        _below("body_path", 0.35),
    ),
}
"""The traits of each exercise; whichever stands first explains a repetition that several have counted."""


class Recogniser:
    """Says which exercise one person does; its counters have counted it from the beginning."""

    def __init__(self) -> None:
        self.counters = {name: Counter(EXERCISES[name]) for name in (*TRAITS, "plank")}
        self.states: dict[str, CounterState] = {}
        extra = [trait.signal for traits in TRAITS.values() for trait in traits if trait.signal in SIGNALS]
        needed = [name for counter in self.counters.values() for name in counter.exercise.signals]
        self._names = tuple(dict.fromkeys([*needed, *extra]))
        self._history = History()
        self._standing = Standing(self._names)
        self._votes: deque[tuple[float, Repetition, str]] = deque()
        self._named: str | None = None

    def step(
        self, xy_px: ArrayLike, score: ArrayLike, time_s: float, xyz_m: ArrayLike, valid: ArrayLike
    ) -> Guess | None:
        """One moment of the person, as for a counter; the exercise, or None while nothing is sure enough."""
        arrays = (np.asarray(array)[None] for array in (xy_px, score, xyz_m, valid))
        return self.advance(*self.measure(Joints.of(*arrays)), 0, time_s)

    def measure(self, joints: Joints) -> tuple[Moments, NDArray[np.float64]]:
        """What `advance` needs of N moments: their signals, and heights of hands and shoulders in pixels (N, 2)."""
        heights = [_mean_known(joints.pair(part)[..., 1]) for part in ("wrist", "shoulder")]
        return Moments.of(joints, self._names), np.stack(heights, axis=1)

    def advance(self, moments: Moments, heights: NDArray[np.float64], index: int, time_s: float) -> Guess | None:
        """One moment of several that were measured at once."""
        values = {name: moments.values[name][index] for name in self._names}
        self._standing.put(values, moments, index, time_s)
        values["_heights"] = np.array([*heights[index], moments.size_px[index]])
        self._history.add(time_s, values)
        for name, counter in self.counters.items():
            before = len(counter.repetitions)
            self.states[name] = counter.advance(moments, index, time_s)
            self._votes += [(time_s, one, name) for one in counter.repetitions[before:] if self._fits(name, one)]
        while self._votes and self._votes[0][0] < time_s - REMEMBERED_S:
            self._votes.popleft()
        return self.guess()

    def guess(self) -> Guess | None:
        """The exercise at this moment, or None while nothing is sure enough.

        What was named stays so while it has votes, with as much certainty as is left, until another is sure.
        """
        votes: dict[str, int] = {}
        for _, repetition, name in self._votes:
            if not self._explained(repetition, name):
                votes[name] = votes.get(name, 0) + 1
        if not votes:
            self._named = None
            held_s = self._held_s()
            return Guess("plank", held_s / (held_s + HELD_S / 2)) if held_s >= HELD_S else None
        total = sum(votes.values()) + DOUBT
        best = max(votes, key=lambda name: (votes[name], -list(TRAITS).index(name)))
        if votes[best] / total >= SURE_FROM:
            self._named = best
        elif self._named not in votes:
            self._named = None
        return None if self._named is None else Guess(self._named, votes[self._named] / total)

    def _held_s(self) -> float:
        """For how long a plank has been held, where one is."""
        state = self.states.get("plank")
        return 0.0 if state is None or not state.armed else state.hold_s

    def _explained(self, repetition: Repetition, name: str) -> bool:
        """Whether an exercise that comes first has counted the same movement."""
        before = list(TRAITS)[: list(TRAITS).index(name)]
        return any(other in before and _overlap(one, repetition) for _, one, other in self._votes)

    def _fits(self, name: str, repetition: Repetition) -> bool:
        return all(self._has(trait, repetition) for trait in TRAITS[name])

    def _has(self, trait: Trait, repetition: Repetition) -> bool:
        """Whether a trait holds; where its signal was never seen, it may."""
        if trait.signal in ("hand_path", "body_path"):
            heights = self._history.course("_heights", repetition.start_s, repetition.end_s)
            column = 0 if trait.signal == "hand_path" else 1
            known = heights[np.isfinite(heights[:, column]), column]
            size = heights[np.isfinite(heights[:, 2]), 2]
            if len(known) < 3 or not len(size):
                return True
            value = float(np.subtract(*np.percentile(known, [95, 5])) / np.median(size))
        else:
            known = self._history.course(trait.signal, repetition.start_s, repetition.end_s)
            known = known[np.isfinite(known)]
            if not len(known):
                return True
            low, middle, high = np.percentile(known, [10, 50, 90])
            value = {"lowest": low, "middle": middle, "highest": high, "range": high - low}[trait.extreme]
        return bool(value > trait.limit if trait.above else value < trait.limit)


def _overlap(one: Repetition, other: Repetition) -> bool:
    return one.start_s < other.peak_s < one.end_s or other.start_s < one.peak_s < other.end_s


def _mean_known(pair: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean (N,) of a pair (N, 2), or the one that is known."""
    right, left = pair.T
    return np.where(np.isnan(right), left, np.where(np.isnan(left), right, (right + left) / 2))


def recognised(rows: PoseRows) -> tuple[Recogniser, list[tuple[float, Guess | None]]]:
    """Step a recogniser through the rows of one person; the recogniser, and what it said at every moment."""
    recogniser, said = Recogniser(), []
    if len(rows.time_s):
        moments, heights = recogniser.measure(Joints.of(rows.xy_px, rows.score, rows.xyz_m, rows.valid))
        for index, time_s in enumerate(np.asarray(rows.time_s).tolist()):
            said.append((time_s, recogniser.advance(moments, heights, index, time_s)))
    return recogniser, said
