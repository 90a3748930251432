"""The coach on real clips, as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest

from tests.shared import CLIPS, WEIGHTS

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]


def _printed(*arguments: str) -> dict[str, Any]:
    """The JSON object in the last line that a command prints."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "LIFTCAM_WEIGHTS": str(WEIGHTS), "SDL_VIDEODRIVER": "dummy"},
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(printed, dict)
    return printed


def test_two_people_are_counted_each_in_the_summary_in_the_video_and_by_reps(tmp_path: Path) -> None:
    exercise = ("--exercise", "jumping_jack")
    clip = str(CLIPS / "jumping_jack_2_pair.mp4")
    summary = _printed("file", clip, "--no-display", "--out", str(tmp_path), *exercise)
    fitness = summary["fitness"]
    assert fitness["exercise"] == "jumping_jack"
    assert abs(fitness["reps"] - 2) <= 1
    assert len({person["track_id"] for person in fitness["people"]}) == 2
    assert all(abs(person["reps"] - 2) <= 1 for person in fitness["people"])

    with av.open(summary["video"]) as video:
        last = list(video.decode(video=0))[-1].to_ndarray(format="bgr24").astype(int)
    coach = last[-300:-60, :740]
    assert (coach.min(axis=2) > 180).mean() > 0.01, "rings, counts and words are drawn under the picture"

    counted = _printed("reps", summary["poses"], *exercise, "--track", str(fitness["track_id"]), "--json")
    assert counted["reps"] == fitness["reps"]
    for one, other in zip(counted["repetitions"], fitness["repetitions"], strict=True):
        assert one["end_s"] == pytest.approx(other["end_s"], abs=0.05)
