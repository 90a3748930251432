"""How well a similarity tells the same move from another one: UI-PRMD's subjects follow each other.

The reference is one subject's set of three repetitions; the user is another's, whose repetitions begin with those of
the reference, as they do of somebody who follows, and take as long as they took. The number is what the screen shows,
on average over the set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from benchmarks.fitness.sets import CLOCK_HZ, Rows, Watched, read_episodes, watch
from fitness.follow.body import SEGMENTS, level
from fitness.follow.follower import Follower
from fitness.follow.motion import Moments, Observed, Reference
from pose.joint_sets import H36M17, flip_order

Float = NDArray[np.float64]
Sets = dict[tuple[str, str], list[Float]]
"""Repetitions (T, 17, 3) by subject and movement."""

HELD_OUT, TRAINING = ("s08", "s09"), ("s01", "s02", "s03", "s04", "s05", "s06")
REPETITIONS = 3
PAUSE_FRAMES = 8
THINNED = 20
SEEN_SETS = 14
EVERY = 2
"""Of the user's frames one in so many is seen: 15 a second, as a slow laptop shows."""
LEFT_HANDED = {("s02", "m03")}
"""Sets in which the other side of the body is used than in all others' of the movement: they are mirror images."""
TARGETS = {"same clip": 97.0, "another body": 80.0, "another move": 50.0}
"""The first two at least, the last at most."""
LATE_S, LARGER, TURN_DEG, PLACE_M = 0.43, 1.23, 130.0, (1.5, 0.0, -2.0)


@dataclass(frozen=True, slots=True)
class Pair:
    """A reference and who follows it.

    Attributes
    ----------
    kind : str
    name : str
    reference, user : array, shape (T, 17, 3)
        y up, metres, 30 Hz.
    """

    kind: str
    name: str
    reference: Float
    user: Float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pair came to.

    Attributes
    ----------
    kind, name : str
    mean : float
        Of the number over the set.
    angle_deg : float
        Mean of the angle that it was made of.
    mirrored : bool
        Whether it was recognised as a mirror image at any time.
    """

    kind: str
    name: str
    mean: float
    angle_deg: float
    mirrored: bool


def read_sets(data: Path) -> Sets:
    """The right repetitions of `uiprmd.npz`.

    Raises
    ------
    BenchmarkError
        Where the file is not there.
    """
    if not (data / "uiprmd.npz").is_file():
        raise BenchmarkError(f"no uiprmd.npz in {data}; give the folder of the motion data with --data")
    sets: defaultdict[tuple[str, str], list[Float]] = defaultdict(list)
    for episode in read_episodes(data):
        if episode.correct:
            sets[episode.subject, episode.movement].append(episode.xyz_m)
    return dict(sets)


def pairs(sets: Sets, subjects: tuple[str, ...]) -> Iterator[Pair]:
    """All there are: the same set, the same changed, mirrored, by another body, and other moves."""
    mine = {key: value for key, value in sets.items() if key[0] in subjects}
    for (subject, move), repetitions in mine.items():
        motion, _ = _together(repetitions, repetitions)
        name = f"{subject} {move}"
        yield Pair("same clip", name, motion, motion)
        yield Pair("same, moved", name, motion, _moved(motion))
        yield Pair("mirrored", name, motion, _mirror_image(motion))
    for (one, first), (other, second) in product(mine, mine):
        if one == other:
            continue
        reference, user = _together(mine[one, first], mine[other, second])
        if first != second:
            yield Pair("another move", f"{one} {first}, {other} {second}", reference, user)
        elif ((one, first) in LEFT_HANDED) == ((other, first) in LEFT_HANDED):
            yield Pair("another body", f"{one} {first}, {other} {second}", reference, user)


def follow(pair: Pair) -> Outcome:
    """Let the user follow."""
    return _followed(pair, _observed(pair.reference), _observed(pair.user))


def follow_seen(pair: Pair, random: np.random.Generator, weights: Path | None = None) -> Outcome:
    """The same as the app sees it: found with the detector's errors, tracked and lifted.

    Each by a camera of its own, except for the same clip, which is one recording.
    """
    options = Watched(tracked=True, weights=weights)
    reference = _as_seen(watch(pair.reference, options, random))
    user = reference if pair.kind == "same clip" else _as_seen(watch(pair.user, options, random))
    return _followed(pair, reference, user)


def evaluate(
    sets: Sets, subjects: tuple[str, ...], seen: bool = False, calibrate: bool = False, progress: Any = iter
) -> list[Outcome]:
    """All pairs of these subjects.

    Parameters
    ----------
    sets : Sets
    subjects : tuple of str
    seen : bool
        Whether through camera, detector and lifter; of other moves then one in ten, and every motion also follows
        itself as another camera saw it.
    calibrate : bool
        Only other bodies and other moves, of those one in `THINNED`, for there are thousands.
    progress : function
        Is given the list of pairs, and gives them one by one.
    """
    chosen = list(pairs(sets, subjects))
    if not chosen:
        raise BenchmarkError(f"no set of {', '.join(subjects)} is there")
    if calibrate:
        others = [pair for pair in chosen if pair.kind == "another move"][::THINNED]
        chosen = [pair for pair in chosen if pair.kind == "another body"][::2] + others
    if not seen:
        return [follow(pair) for pair in progress(chosen)]
    random = np.random.default_rng(13)
    chosen = [pair for pair in chosen if pair.kind != "another move" or random.random() < 0.1]
    chosen = [replace(pair, kind="other camera") if pair.kind == "same, moved" else pair for pair in chosen]
    chosen = [replace(pair, user=pair.reference) if pair.kind == "other camera" else pair for pair in chosen]
    return [follow_seen(pair, random) for pair in progress(chosen)]


def seen_error(sets: Sets, subjects: tuple[str, ...], count: int = SEEN_SETS, progress: Any = iter) -> dict[str, float]:
    """How far apart each segment of a motion is in two cameras' views of it, by its end; of some of the sets.

    Mean square of the distance between unit vectors, at the same moments.
    """
    random = np.random.default_rng(5)
    mine = [repetitions for key, repetitions in sorted(sets.items()) if key[0] in subjects]
    errors = []
    for place in progress(random.permutation(len(mine))[:count].tolist()):
        motion, _ = _together(mine[place], mine[place])
        one, other = (Moments.of(_as_seen(watch(motion, Watched(tracked=True), random))).body for _ in range(2))
        errors.append(np.nanmean(((one - other) ** 2).sum(axis=-1), axis=0))
    return {
        segment.end: round(float(error), 4) for segment, error in zip(SEGMENTS, np.mean(errors, axis=0), strict=True)
    }


def summary(outcomes: Iterable[Outcome]) -> dict[str, dict[str, float]]:
    """Count, mean, median and tenths of the numbers, by kind; how many were taken for mirrored."""
    kinds: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.kind].append(outcome)
    return {kind: _summary(found) for kind, found in kinds.items()}


def _summary(found: list[Outcome]) -> dict[str, float]:
    numbers = np.array([one.mean for one in found])
    angles = np.array([one.angle_deg for one in found])
    return {
        "pairs": len(found),
        "mean": round(float(numbers.mean()), 1),
        "median": round(float(np.median(numbers)), 1),
        "p10": round(float(np.percentile(numbers, 10)), 1),
        "p90": round(float(np.percentile(numbers, 90)), 1),
        "angle_p10_deg": round(float(np.percentile(angles, 10)), 1),
        "angle_p90_deg": round(float(np.percentile(angles, 90)), 1),
        "mirrored": round(float(np.mean([one.mirrored for one in found])), 3),
    }


def reached(kinds: dict[str, dict[str, float]]) -> bool:
    """Whether the means reach `TARGETS`."""
    low = kinds["another move"]["mean"] <= TARGETS["another move"]
    return low and all(kinds[kind]["mean"] >= TARGETS[kind] for kind in ("same clip", "another body"))


def _together(first: list[Float], second: list[Float]) -> tuple[Float, Float]:
    """Two sets whose repetitions begin together; who is ready earlier waits."""
    one: list[Float] = []
    other: list[Float] = []
    for a, b in list(zip(first, second, strict=False))[:REPETITIONS]:
        length = max(len(a), len(b)) + PAUSE_FRAMES
        for out, motion in ((one, a), (other, b)):
            place = motion - motion[:1, :1] * [1, 0, 1]
            out.append(np.concatenate([place, np.repeat(place[-1:], length - len(place), axis=0)]))
    return np.concatenate(one), np.concatenate(other)


def _moved(motion: Float) -> Float:
    """The same motion turned, elsewhere, by somebody larger, who begins late."""
    angle = np.radians(TURN_DEG)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    late = np.interp(
        np.arange(len(motion)) - LATE_S * CLOCK_HZ, np.arange(len(motion)), np.arange(len(motion), dtype=np.float64)
    )
    before = late.astype(int)
    share = (late - before)[:, None, None]
    shifted = motion[before] * (1 - share) + motion[np.minimum(before + 1, len(motion) - 1)] * share
    return np.asarray(LARGER * shifted @ turn.T + PLACE_M)


def _mirror_image(motion: Float) -> Float:
    return np.asarray(motion[:, flip_order(H36M17)] * [-1.0, 1.0, 1.0])


def _observed(motion: Float) -> Observed:
    return Observed.in_3d(np.arange(len(motion)) / CLOCK_HZ, motion)


def _as_seen(rows: Rows) -> Observed:
    return Observed(
        rows.time_s, level(rows.xyz_m), rows.valid, rows.xy_px.astype(np.float64), rows.score.astype(np.float64)
    )


def _followed(pair: Pair, reference: Observed, user: Observed) -> Outcome:
    follower = Follower(Reference.of(reference))
    angles, mirrored = [], False
    for k in range(0, len(user.time_s), EVERY):
        now = follower.step(user.at(k))
        angles.append(now.similarity.angle_deg)
        mirrored |= now.mirrored
    return Outcome(pair.kind, pair.name, follower.mean, float(np.nanmean(angles)), mirrored)
