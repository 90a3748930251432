"""Counts on the shared clips' exercises that do not depend on any fine threshold; `eval fitness` has all of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from main import app
from tests.shared import CLIPS, WEIGHTS

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
