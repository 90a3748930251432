"""The demo and the README's example, as a new user runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from export.poses import load_poses
from synthetic.truth import load_truth
from tests.shared import WEIGHTS

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the demo ran."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "demo"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "LIFTCAM_WEIGHTS": str(WEIGHTS), "SDL_VIDEODRIVER": "dummy"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "demo.mp4" in done.stdout.splitlines()[-1]
    return folder


def test_the_demo_finds_its_actor_in_2d_and_3d(demo: Path) -> None:
    """The truth is known: joints within a few pixels, the pose within the error of a lifter on an unknown body."""
    poses, truth = load_poses(demo / "demo_output" / "poses.npz"), load_truth()
    main = poses.track_id == np.bincount(poses.track_id).argmax()
    assert np.mean(np.isin(np.unique(truth.frame_index), poses.frame_index[main])) > 0.95

    errors_px, errors_m = [], []
    for row in np.flatnonzero(main):
        actor = truth.rows_of(int(poses.frame_index[row]))[0]
        joints = (poses.score[row] > 0.3) & truth.visible[actor]
        errors_px.append(np.linalg.norm(poses.xy_px[row] - truth.xy_px[actor], axis=1)[joints].mean())
        valid = poses.valid[row]
        errors_m.append(np.linalg.norm(poses.xyz_m[row] - truth.xyz_m[actor], axis=1)[valid].mean())
    assert np.median(errors_px) < 10
    assert np.median(errors_m) < 0.15


def test_the_examples_of_the_readme_run(demo: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    assert any("from liftcam import" in block for block in blocks)
    # the clip of the library's example lies in the checkout, what it writes must not
    (demo / "synthetic").symlink_to(ROOT / "synthetic")
    for block in blocks:
        done = subprocess.run(
            [sys.executable, "-c", block],
            cwd=demo,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LIFTCAM_WEIGHTS": str(WEIGHTS)},
        )
        assert done.returncode == 0, done.stderr
        assert "left knee" in done.stdout
    assert {path.name for path in (demo / "results").iterdir()} == {"poses.npz", "demo.csv", "demo_person1.bvh"}


@pytest.mark.parametrize(("exercise", "count"), [("squat", 3), ("jumping_jack", 4)])
def test_the_repetitions_of_the_demo_are_counted(demo: Path, exercise: str, count: int) -> None:
    poses = demo / "demo_output" / "poses.npz"
    command = [sys.executable, str(ROOT / "main.py"), "reps", str(poses), "--exercise", exercise, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["exercise"] == exercise
    assert result["reps"] == len(result["repetitions"]) == count
