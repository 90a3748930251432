"""`file` in two passes on real clips."""

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

from export.poses import load_poses
from tests.shared import CLIPS, WEIGHTS

pytestmark = pytest.mark.real
MAIN = [sys.executable, str(Path(__file__).resolve().parents[2] / "main.py")]


def process(clip: str, out: Path, *options: str) -> dict[str, Any]:
    """The last line of `file`."""
    done = subprocess.run(
        [*MAIN, "file", str(CLIPS / clip), "--out", str(out), *options],
        capture_output=True,
        text=True,
        env={**os.environ, "LIFTCAM_WEIGHTS": str(WEIGHTS)},
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "two passes" in done.stderr
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return summary


def test_a_body_that_comes_apart_is_one_person_throughout(tmp_path: Path) -> None:
    summary = process("pushup_10_front.mp4", tmp_path, "--export", "npz")
    assert summary["tracks"] == 1
    assert summary["quality"]["tracklets_joined"] >= 1
    poses = load_poses(tmp_path / "poses.npz")
    assert len(poses.frame_index) >= 0.98 * summary["frames"]
    assert poses.interpolated is not None
    assert poses.raw_score is not None
    filled = (poses.raw_score == 0).all(axis=1)
    assert filled.sum() == summary["quality"]["frames_filled"]
    assert poses.interpolated[filled].any(axis=1).all()
    with av.open(str(CLIPS / "pushup_10_front.mp4")) as clip:
        times = np.array([frame.time for frame in clip.decode(video=0)])
    np.testing.assert_allclose(poses.time_s, times[poses.frame_index], atol=1e-3)


def test_a_part_of_a_clip_keeps_its_sound_and_only_who_is_asked_for(tmp_path: Path) -> None:
    options = ("--start", "2", "--end", "3.5", "--people", "1", "--size", "320x180")
    summary = process("curl_9_alternating.mp4", tmp_path, *options)
    assert summary["tracks"] == summary["people"] == 1
    poses = load_poses(tmp_path / "poses.npz")
    assert poses.time_s.min() >= 2
    assert poses.time_s.max() < 3.5
    assert np.ptp(poses.xy_px[0, :, 1]) > 200, "the man in front is the one who is seen longest"
    with av.open(summary["video"]) as video:
        lengths = [float(stream.duration * stream.time_base) for stream in video.streams]
        assert [stream.type for stream in video.streams] == ["video", "audio"]
        loud = max(float(np.abs(frame.to_ndarray()).max()) for frame in video.decode(audio=0))
    assert lengths == pytest.approx([1.5, 1.5], abs=1 / 30)
    assert loud > 0.01
