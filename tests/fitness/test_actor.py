from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitness.exercises import exercise_named
from fitness.recount import count_poses
from tests.fitness.bodies import Rows

TRUTH = Path(__file__).resolve().parents[2] / "synthetic" / "data" / "demo.npz"


@pytest.fixture(scope="module")
def performer() -> tuple[Rows, dict[str, list[tuple[float, float, float]]]]:
    with np.load(TRUTH, allow_pickle=False) as truth:
        data = {name: truth[name] for name in truth.files}
    chosen = data["person"] == 0
    frames = data["frame_index"][chosen]
    seen = data["inside"][chosen]
    motion = Rows(
        data["frame_time_s"][frames],
        data["xy_px"][chosen],
        seen.astype(np.float32),
        data["xyz_m"][chosen],
        np.ones((len(frames), 17), np.bool_),
    )
    times: dict[str, list[tuple[float, float, float]]] = {}
    for name, (start, peak, end) in zip(data["repetition_exercise"], data["repetition_times_s"], strict=True):
        times.setdefault(str(name), []).append((float(start), float(peak), float(end)))
    return motion, times


@pytest.mark.parametrize(("name", "count"), [("squat", 3), ("jumping_jack", 4)])
def test_the_actor_is_counted_exactly_and_in_time(
    performer: tuple[Rows, dict[str, list[tuple[float, float, float]]]], name: str, count: int
) -> None:
    motion, times = performer
    result = count_poses(motion, exercise_named(name))
    truth = next(values for key, values in times.items() if key.replace(" ", "_").startswith(name))
    assert len(truth) == count
    assert result.reps == count
    for repetition, (start, _, end) in zip(result.repetitions, truth, strict=True):
        assert repetition.start_s == pytest.approx(start, abs=0.4)
        assert repetition.end_s == pytest.approx(end, abs=0.4)
    assert set(result.as_json()) == {"exercise", "reps", "partial", "repetitions"}


def test_somebody_who_passes_by_counts_nothing() -> None:
    with np.load(TRUTH, allow_pickle=False) as truth:
        chosen = truth["person"] == 1
        time = truth["frame_time_s"][truth["frame_index"][chosen]]
        seen = truth["inside"][chosen].astype(np.float32)
        motion = Rows(time, truth["xy_px"][chosen], seen, truth["xyz_m"][chosen], np.ones((len(time), 17), np.bool_))
    assert count_poses(motion, exercise_named("squat")).reps == 0
    assert count_poses(motion, exercise_named("jumping_jack")).reps == 0
