"""The whole set at once: the count by the counter, and a second one that knows how the set went on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from fitness.counter import PoseRows, counted, progress_of
from fitness.exercises import Exercise, Kind, Sides
from fitness.own import Standing
from fitness.repetition import Repetition
from fitness.signals import OWN, Joints, Moments, view_of, view_width

SMALLEST_RANGE = 0.75
"""A set whose progress covers less than this holds no repetition, however regular it is."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a set came to.

    Attributes
    ----------
    exercise : str
    repetitions : tuple of Repetition
        As they were counted while they happened.
    partial : int
    hold_s : float
        For holds.
    recount : int or None
        The count over the whole set; a difference is shown and never taken over. None where there is no such count.
    """

    exercise: str
    repetitions: tuple[Repetition, ...]
    partial: int
    hold_s: float
    recount: int | None

    @property
    def reps(self) -> int:
        """Whole repetitions."""
        return len(self.repetitions)

    def as_json(self) -> dict[str, object]:
        """What `reps --json` prints."""
        return {
            "exercise": self.exercise,
            "reps": self.reps,
            "partial": self.partial,
            "repetitions": [repetition.as_json() for repetition in self.repetitions],
        }


def count_poses(rows: PoseRows, exercise: Exercise) -> Result:
    """Count the rows of one person, as they would have been counted live, and once more as a whole.

    Parameters
    ----------
    rows : PoseRows
        Rows of one track in the order of time, such as a part of `export.poses.Poses`.
    exercise : Exercise
    """
    counter, state = counted(rows, exercise)
    return Result(
        exercise.name,
        tuple(counter.repetitions),
        counter.partial,
        0.0 if state is None else state.hold_s,
        recount(rows, exercise),
    )


def recount(rows: PoseRows, exercise: Exercise) -> int | None:
    """Count a whole set by its own range: ways from the lower quarter to the upper one and back."""
    if exercise.kind is not Kind.REPETITIONS or exercise.sides is Sides.EACH:
        return None
    if not len(rows.time_s):
        return 0
    joints = Joints.of(rows.xy_px, rows.score, rows.xyz_m, rows.valid)
    widths = view_width(joints)
    known = widths[np.isfinite(widths)]
    view = view_of(float(np.median(known))) if len(known) else None
    rule = next((rule for rule in exercise.counts if view in rule.views), exercise.counts[0])
    moments, standing = Moments.of(joints, exercise.signals), Standing(exercise.signals)
    values = dict(moments.values)
    heights: dict[str, list[NDArray[np.float64]]] = {name: [] for name in values.keys() & OWN}
    for index, time_s in enumerate(np.asarray(rows.time_s).tolist()):
        now: dict[str, NDArray[np.float64]] = {}
        standing.put(now, moments, index, time_s)
        for name, course in heights.items():
            course.append(now[name])
    values |= {name: np.stack(course) for name, course in heights.items()}
    sides = progress_of(rule, values)
    seen = np.isfinite(sides)
    if exercise.sides is Sides.LEAD:
        course = np.where(seen, sides, -np.inf).max(axis=1)
    else:
        seen &= seen.mean(axis=0) >= 0.7 * seen.mean(axis=0).max()
        course = np.where(seen, sides, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    good = seen.any(axis=1)
    return _ways(course[good], np.asarray(rows.time_s)[good], exercise.shortest_s)


def _ways(course: NDArray[np.float64], time_s: NDArray[np.float64], shortest_s: float) -> int:
    """How often a progress (N,) goes up through most of its range and down again."""
    if len(course) < 3:
        return 0
    course = median_filter(course, size=5, mode="nearest")
    rest, work = np.percentile(course, [5, 95])
    if work - rest < SMALLEST_RANGE or work < SMALLEST_RANGE:
        return 0
    low, high = rest + 0.3 * (work - rest), rest + 0.7 * (work - rest)
    count, up, left_s = 0, False, None
    for value, now in zip(course, time_s, strict=True):
        if value >= high and left_s is not None:
            up = True
        elif value <= low:
            count += up and left_s is not None and now - left_s >= shortest_s
            up, left_s = False, now
    return int(count)
