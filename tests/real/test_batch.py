"""Batches with the real network: on a Ray cluster, in pieces, and killed in the middle."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from export.poses import load_poses
from stream.batch.store import RECORD
from tests.real.bad_inputs import good
from tests.shared import WEIGHTS
from tests.stream.batch.ray_cluster import ray_cluster

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]
CLIP = ROOT / "synthetic" / "data" / "demo.mp4"


def batch(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "LIFTCAM_WEIGHTS": str(WEIGHTS)}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), "batch", *arguments, "--export", "npz"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def finished(process: subprocess.Popen[str]) -> dict[str, object]:
    said, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    summary: dict[str, object] = json.loads(said.splitlines()[-1])
    return summary


def assert_same_poses(first: Path, second: Path) -> None:
    one, other = load_poses(first / "poses.npz"), load_poses(second / "poses.npz")
    assert len(one.frame_index) > 10
    for name in ("frame_index", "time_s", "track_id", "xy_px", "score", "valid"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for name in ("xyz_m", "root_m"):  # sums come out a rounding apart where a process has other threads
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=0, atol=1e-5)


def test_a_long_clip_on_a_cluster_gives_what_it_gives_here(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra cluster is not installed")
    (tmp_path / "list.txt").write_text(f"{CLIP}\n", encoding="utf-8")
    options = [str(tmp_path / "list.txt"), "--threads", "1", "--every", "4"]
    with (
        ray_cluster() as address,
        batch(*options, "--out", str(tmp_path / "there"), "--cluster", address, "--upload", "--piece", "4") as process,
    ):
        assert finished(process)["done"] == 1
    with batch(*options, "--out", str(tmp_path / "here")) as process:
        assert finished(process)["done"] == 1
    (there,) = (tmp_path / "there").rglob(RECORD)
    assert_same_poses(there.parent, tmp_path / "here" / there.parent.relative_to(tmp_path / "there"))


def test_a_batch_that_is_killed_goes_on_and_gives_what_an_undisturbed_one_gives(tmp_path: Path) -> None:
    clips, out, undisturbed = tmp_path / "in", tmp_path / "out", tmp_path / "undisturbed"
    clips.mkdir()
    names = [f"clip{number}.mp4" for number in range(4)]
    for number, name in enumerate(names):
        good(clips / name, 15 + number)
    options = [str(clips), "--jobs", "1", "--threads", "1"]
    with batch(*options, "--out", str(out)) as process:
        while not any(out.glob(f"*/{RECORD}")):
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    whole = {path.parent.name: path.stat().st_mtime_ns for path in out.glob(f"*/{RECORD}")}
    assert 0 < len(whole) < len(names)
    assert {path.name for path in out.iterdir()} - {"summary.csv", ".liftcam"} == set(whole)
    with batch(*options, "--out", str(out), "--resume") as process:
        assert finished(process)["resumed"] == len(whole)
    with batch(*options, "--out", str(undisturbed)) as process:
        finished(process)
    for name in names:
        assert_same_poses(out / name, undisturbed / name)
    assert {name: (out / name / RECORD).stat().st_mtime_ns for name in whole} == whole
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["file"], row["status"], row["frames"]) for row in csv.DictReader(file)] == [
            (name, "done", str(15 + number)) for number, name in enumerate(names)
        ]


def test_ctrl_c_keeps_what_was_finished_and_lists_the_rest(tmp_path: Path) -> None:
    clips, out = tmp_path / "in", tmp_path / "out"
    clips.mkdir()
    for number in range(3):
        good(clips / f"clip{number}.mp4", 15 if number == 0 else 60)
    program = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); import main; main.run()"
    arguments = ["batch", str(clips), "--out", str(out), "--jobs", "1", "--threads", "1", "--export", "npz"]
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LIFTCAM_WEIGHTS": str(WEIGHTS)},
    ) as process:
        while not any(out.glob(f"*/{RECORD}")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "go on with --resume" in said
    assert "Traceback" not in said
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["done", "not started", "not started"]
    assert {path.name for path in out.iterdir()} == {"clip0.mp4", "summary.csv", ".liftcam"}
