"""Counts on the synthetic actor's exact motion, at several rates."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.fitness.sets import Rows
from fitness.exercises import exercise_named
from fitness.recount import count_poses

TRUTH = Path(__file__).resolve().parents[2] / "synthetic" / "data" / "demo.npz"
RATES_HZ = (15, 24, 30, 60)
PERFORMER = 0


def performer(hz: float) -> tuple[Rows, dict[str, int]]:
    """The demo's performer at a rate, joints interpolated, and how often each exercise is done."""
    with np.load(TRUTH, allow_pickle=False) as truth:
        mine = truth["person"] == PERFORMER
        time_s = truth["frame_time_s"][truth["frame_index"][mine]].astype(np.float64)
        xy, xyz, seen = truth["xy_px"][mine], truth["xyz_m"][mine], truth["inside"][mine]
        names, counts = np.unique(truth["repetition_exercise"], return_counts=True)
    when = np.arange(time_s[0], time_s[-1], 1 / hz)
    at = np.interp(when, time_s, np.arange(len(time_s)))
    low = np.minimum(at.astype(np.intp), len(time_s) - 2)
    part = (at - low)[:, None, None]
    return (
        Rows(
            when,
            ((1 - part) * xy[low] + part * xy[low + 1]).astype(np.float32),
            (seen[low] & seen[low + 1]).astype(np.float32),
            ((1 - part) * xyz[low] + part * xyz[low + 1]).astype(np.float32),
            np.ones((len(when), 17), np.bool_),
        ),
        {str(name): int(count) for name, count in zip(names, counts, strict=True)},
    )


def evaluate() -> dict[str, object]:
    """The performer's squats and jacks, walking in and pauses included."""
    out: dict[str, object] = {}
    for hz in RATES_HZ:
        rows, truth = performer(hz)
        for name, count in truth.items():
            out[f"{name} at {hz} Hz"] = {"truth": count, "reps": count_poses(rows, exercise_named(name)).reps}
    return out
