"""Counts on the shared clips' exercises that do not depend on any fine threshold; `eval fitness` has all of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.fitness.sets import Watched, read_episodes, sets_of, watch
from fitness.exercises import exercise_named
from fitness.recount import count_poses
from main import app
from tests.shared import CLIPS, MOCAP, WEIGHTS

pytestmark = pytest.mark.real


@pytest.mark.parametrize(("clip", "exercise", "count"), [("jumping_jack_2_pair", "jumping_jack", 2)])
def test_a_clip_is_counted_within_one(clip: str, exercise: str, count: int, tmp_path: Path) -> None:
    arguments = ["file", str(CLIPS / f"{clip}.mp4"), "--no-display", "--out", str(tmp_path), "--weights", str(WEIGHTS)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    counted = CliRunner().invoke(app, ["reps", str(tmp_path / "poses.npz"), "--exercise", exercise, "--json"])
    assert counted.exit_code == 0
    result = json.loads(counted.stdout.splitlines()[-1])
    assert abs(result["reps"] - count) <= 1
    assert result["exercise"] == exercise
    assert len(result["repetitions"]) == result["reps"]


def test_squats_of_people_who_taught_nothing_are_counted_and_raised_arms_are_not() -> None:
    random = np.random.default_rng(3)
    episodes = [one for one in read_episodes(MOCAP) if one.held_out and one.correct]
    counts: dict[str, list[int]] = {"m01": [], "m07": []}
    for one in sets_of(episodes, lambda episode: episode.movement in counts):
        rows = watch(one.xyz_m, Watched(noise=None, lift=False), random)
        counts[one.movement].append(count_poses(rows, exercise_named("squat")).reps)
    assert counts["m01"] == pytest.approx([10, 10], abs=1)
    assert counts["m07"] == [0, 0]
