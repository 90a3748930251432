"""The coach on real clips, as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.shared import CLIPS, WEIGHTS

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]


def _coached(clip: str, exercise: str, out: Path, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "file", str(CLIPS / clip), "--no-display", "--out", str(out)]
        + ["--exercise", exercise, *options],
        capture_output=True,
        text=True,
        env={**os.environ, "LIFTCAM_WEIGHTS": str(WEIGHTS), "SDL_VIDEODRIVER": "dummy"},
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(summary, dict)
    return summary


def test_two_people_get_counts_of_their_own_in_the_summary_and_in_the_video(tmp_path: Path) -> None:
    summary = _coached("jumping_jack_2_pair.mp4", "jumping_jack", tmp_path)
    fitness = summary["fitness"]
    assert fitness["exercise"] == "jumping_jack"
    assert abs(fitness["reps"] - 2) <= 1
    assert len(fitness["repetitions"]) == fitness["reps"]
    assert len({person["track_id"] for person in fitness["people"]}) == 2
    assert all(abs(person["reps"] - 2) <= 1 for person in fitness["people"])
    with av.open(summary["video"]) as video:
        last = list(video.decode(video=0))[-1].to_ndarray(format="bgr24").astype(int)
    coach = last[-300:-60, :740]
    assert (coach.min(axis=2) > 180).mean() > 0.01, "rings, counts and words are drawn under the picture"


def test_reps_of_the_written_poses_says_the_same(tmp_path: Path) -> None:
    summary = _coached("squat_3_side.mp4", "squat", tmp_path, "--end", "9", "--export", "npz")
    command = [sys.executable, str(ROOT / "main.py"), "reps", summary["poses"], "--exercise", "squat", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    counted = json.loads(done.stdout)
    times = [
        [(one["start_s"], one["end_s"]) for one in result["repetitions"]] for result in (counted, summary["fitness"])
    ]
    assert counted["reps"] == summary["fitness"]["reps"]
    np.testing.assert_allclose(*times, atol=0.05)
