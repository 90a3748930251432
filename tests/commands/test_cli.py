"""The command line as a user meets it: wrong usage and bad input end in one line and the right exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pose.calibration import Calibration, save_calibration
from pose.camera import Intrinsics

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "SDL_VIDEODRIVER": "dummy", "COLUMNS": "200", **environment}
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=env,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["live"],
        ["demo"],
        ["file"],
        ["batch"],
        ["cameras"],
        ["weights"],
        ["doctor"],
        ["bench"],
        ["calibrate"],
        ["train", "lifter"],
    ],
)
def test_every_command_explains_itself(command: list[str]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_the_version_is_that_of_the_project() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert f'version = "{done.stdout.split()[-1]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["file", "nowhere.mp4", "--no-display", "--out", "x"], 2, "nowhere.mp4"),
        (["file", "clip.mp4", "--no-display"], 2, "--out DIR"),
        (["file", "clip.mp4"], 2, "no window can be opened"),
        (["file", "clip.mp4", "--no-display", "--out", "x", "--osc", "127.0.0.1:9000"], 2, "add --realtime"),
        (["demo", "--no-display", "--osc", "nowhere"], 2, "HOST:PORT"),
        (["live"], 2, "no window can be opened"),
        (["live", "--no-display", "--source", "97"], 2, "97"),
        (["live", "--no-display", "--source", "nowhere.mp4"], 2, "nowhere.mp4"),
        (["live", "--net-size", "3"], 2, "net-size"),
        (["file", "x", "--no-display", "--out", "x", "--smoothing", "2"], 2, "smoothing"),
        (["bench", "decoder"], 2, "'decode'"),
        (["file", "x.mp4", "--start", "soon"], 2, "00:10"),
        (["file", "x.mp4", "--crop", "1,2"], 2, "x,y,width,height"),
        (["file", "x.mp4", "--no-display", "--out", "x", "--rotate", "45"], 2, "not by 45"),
        (["reps", "nowhere.npz", "--exercise", "squat"], 2, "nowhere.npz"),
        (["calibrate", "--board", "big"], 2, "9x6"),
        (["calibrate", "--source", "nowhere"], 2, "nowhere"),
        (["file", "x.mp4", "--no-display", "--out", "x", "--export", "bhv"], 2, "bvh"),
        (["batch", "nowhere", "--out", "x"], 2, "nowhere"),
        (["batch", "nowhere", "--out", "x", "--upload"], 2, "--cluster"),
        (["lvie"], 2, "live"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(arguments: list[str], code: int, says: str, tmp_path: Path) -> None:
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize("content", [b"", b"this is no video\n" * 100])
def test_files_that_are_no_video_are_refused(tmp_path: Path, content: bytes) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(content)
    done = run("file", str(clip), "--no-display", "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "clip.mp4" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())


def test_weights_that_are_not_there_are_never_replaced_silently(tmp_path: Path) -> None:
    clip = ROOT / "synthetic" / "data" / "demo.mp4"
    done = run("file", str(clip), "--no-display", "--out", str(tmp_path / "out"), "--weights", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "none" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_calibration_of_another_shape_leaves_nothing_behind(tmp_path: Path) -> None:
    camera = Intrinsics.from_fov(1920, 1080, 60)
    save_calibration(Calibration(camera, 0.2, 12), tmp_path / "camera.yaml")
    clip, out = ROOT / "synthetic" / "data" / "demo.mp4", tmp_path / "out"
    calibration = ["--calibration", str(tmp_path / "camera.yaml")]
    done = run("file", str(clip), "--no-display", "--out", str(out), "--detector", "mediapipe", *calibration)
    assert done.returncode == 2
    assert "1920x1080" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists() or not any(out.iterdir())
