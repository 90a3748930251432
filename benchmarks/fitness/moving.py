"""Counts on motion capture: sets of squats, right and wrong ones, and everything that is no squat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.fitness.sets import Episode, MocapSet, Rows, Watched, degraded, read_episodes, sets_of, watch
from fitness.exercises import Exercise, exercise_named
from fitness.recount import count_poses
from fitness.repetition import Repetition

SQUAT, DROPOUTS, SWAPS = "m01", 0.2, 0.02


@dataclass(frozen=True, slots=True)
class MovingOptions:
    """What is measured.

    Attributes
    ----------
    mocap : Path
        Folder with `uiprmd.npz`.
    held_out : bool
        Subjects s08 and s09, whom nothing was chosen by; else all others.
    views : int
        Cameras that watch each set.
    seed : int
    """

    mocap: Path
    held_out: bool = True
    views: int = 8
    seed: int = 1


def evaluate(options: MovingOptions) -> dict[str, object]:
    """Counts, faults and false counts, each with the detector's errors, and counts without them."""
    random = np.random.default_rng(options.seed)
    episodes = [one for one in read_episodes(options.mocap) if one.held_out == options.held_out]
    squats = sets_of(episodes, lambda one: one.movement == SQUAT)
    noisy = [(one, watch(one.xyz_m, Watched(lift=False), random)) for one in squats for _ in range(options.views)]
    clean = [
        (one, watch(one.xyz_m, Watched(noise=None, lift=False), random)) for one in squats for _ in range(options.views)
    ]
    worse = [(one, degraded(rows, DROPOUTS, SWAPS, random)) for one, rows in clean]
    exercise = exercise_named("squat")
    return {
        "sets": _counts(noisy, exercise),
        "sets_exact_joints": _counts(clean, exercise),
        "sets_dropouts_and_swaps": _counts(worse, exercise),
        "faults": _faults(noisy, exercise),
        "faults_exact_joints": _faults(clean, exercise),
        "other_movements": _others(episodes, exercise, random),
    }


def _counts(watched: list[tuple[MocapSet, Rows]], exercise: Exercise) -> dict[str, object]:
    """MAE, mean of |c - c^| / c, and the share of sets that are within one."""
    errors = np.array([count_poses(rows, exercise).reps - len(one.correct) for one, rows in watched])
    truth = np.array([len(one.correct) for one, _ in watched])
    return {
        "sets": len(watched),
        "mae": round(float(np.mean(np.abs(errors) / truth)), 4),
        "exact": round(float(np.mean(errors == 0)), 3),
        "within_one": round(float(np.mean(np.abs(errors) <= 1)), 3),
    }


def _faults(watched: list[tuple[MocapSet, Rows]], exercise: Exercise) -> dict[str, object]:
    """How many of the right and of the wrong repetitions that were counted have a fault, and which."""
    found: dict[bool, list[bool]] = {True: [], False: []}
    names: dict[str, list[int]] = {}
    for one, rows in watched:
        for repetition in count_poses(rows, exercise).repetitions:
            correct = _correct(one, repetition)
            if correct is None:
                continue
            found[correct].append(bool(repetition.faults))
            for name in repetition.faults:
                names.setdefault(name, [0, 0])[correct] += 1
    return {
        "found_in_incorrect": round(float(np.mean(found[False])), 3),
        "false_alarms": round(float(np.mean(found[True])), 3),
        "repetitions": [len(found[False]), len(found[True])],
        "by_fault": {
            name: [round(wrong / len(found[False]), 3), round(right / len(found[True]), 3)]
            for name, (wrong, right) in sorted(names.items())
        },
    }


def _correct(one: MocapSet, repetition: Repetition) -> bool | None:
    inside = np.flatnonzero((one.ends_s[:, 0] <= repetition.peak_s) & (repetition.peak_s <= one.ends_s[:, 1]))
    return bool(one.correct[inside[0]]) if len(inside) else None


def _others(episodes: list[Episode], exercise: Exercise, random: np.random.Generator) -> dict[str, object]:
    """False counts a minute in movements that are no squats, each set watched by one camera."""
    by_movement: dict[str, list[float]] = {}
    for one in sets_of(episodes, lambda episode: episode.movement != SQUAT):
        rows = watch(one.xyz_m, Watched(lift=False), random)
        sums = by_movement.setdefault(one.movement, [0.0, 0.0])
        sums[0] += count_poses(rows, exercise).reps
        sums[1] += rows.time_s[-1] / 60
    counts, minutes = np.sum(list(by_movement.values()), axis=0)
    return {
        "minutes": round(float(minutes), 1),
        "false_per_minute": round(float(counts / minutes), 2),
        "by_movement": {name: round(count / time, 2) for name, (count, time) in sorted(by_movement.items())},
    }
