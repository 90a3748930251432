"""The whole job on real input with real weights, as a user starts it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from export.poses import load_poses
from tests.shared import CLIPS, environment

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]
MAIN = [sys.executable, str(ROOT / "main.py")]
DEMO = ROOT / "synthetic" / "data" / "demo.mp4"


def _listen_to_ctrl_c() -> None:
    """A shell that runs the tests in the background has told its children to ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _file(clip: Path, out: Path, *options: str) -> dict[str, object]:
    done = subprocess.run(
        [*MAIN, "file", str(clip), "--no-display", "--out", str(out), *options],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(summary, dict)
    return summary


def test_a_clip_of_two_people_comes_out_whole_and_in_time(tmp_path: Path) -> None:
    clip = CLIPS / "jumping_jack_2_pair.mp4"
    summary = _file(clip, tmp_path)
    assert summary["frames"] == 123
    assert summary["people"] == 2
    assert summary["passes"] == 2
    assert {"seconds", "fps", "tracks", "quality"} <= summary.keys()

    poses = load_poses(tmp_path / "poses.npz")
    both = [ids for ids in (poses.track_id[poses.frame_index == i] for i in range(123)) if len(ids) == 2]
    assert len(both) > 110, "both people are seen in nearly every frame"
    assert poses.valid.mean() > 0.9
    assert (poses.root_m[:, 2] > 0.5).all(), "everybody is in front of the camera"

    with av.open(str(tmp_path / "jumping_jack_2_pair_annotated.mp4")) as written, av.open(str(clip)) as read:
        times = [float(frame.time or 0) for frame in written.decode(video=0)]
        truth = [float(frame.time or 0) for frame in read.decode(video=0)]
    np.testing.assert_allclose(np.subtract(times, times[0]), np.subtract(truth, truth[0]), atol=1e-3)


def test_ctrl_c_keeps_what_was_finished(tmp_path: Path) -> None:
    command = [*MAIN, "file", str(CLIPS / "street_crossing.mp4"), "--no-display", "--out", str(tmp_path)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        preexec_fn=_listen_to_ctrl_c,  # noqa: PLW1509 (no threads run yet in the child)
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("first frame"):
                break
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    frames = json.loads(output.splitlines()[-1])["frames"]
    assert frames > 0
    assert load_poses(tmp_path / "poses.npz").frame_index.max() < frames
    with av.open(str(tmp_path / "street_crossing_annotated.mp4")) as written:
        assert sum(1 for _ in written.decode(video=0)) == frames


def test_a_clip_that_breaks_off_keeps_what_was_read_and_ends_with_3(tmp_path: Path) -> None:
    whole = (CLIPS / "squat_3_side.mp4").read_bytes()
    clip = tmp_path / "broken.mp4"
    clip.write_bytes(whole[: len(whole) * 6 // 10])
    done = subprocess.run(
        [*MAIN, "file", str(clip), "--no-display", "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=240,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in {2, 3}
    if done.returncode == 3:
        assert json.loads(done.stdout.splitlines()[-1])["complete"] is False
        assert len(load_poses(tmp_path / "out" / "poses.npz").frame_index) > 0
    else:
        assert "broken.mp4" in done.stderr


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A virtual screen with a real X server behind it."""
    if shutil.which("Xvfb") is None or shutil.which("xdotool") is None:
        pytest.skip("Xvfb and xdotool are not installed")
    with subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1400x800x24"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        yield f":{server.stdout.readline().strip()}"
        server.terminate()


def test_the_window_lives_records_and_ends_by_its_keys(screen: str, tmp_path: Path) -> None:
    on_screen = {key: value for key, value in environment(DISPLAY=screen).items() if key != "SDL_VIDEODRIVER"}
    command = [*MAIN, "live", "--source", str(DEMO), "--out", str(tmp_path), "--seconds", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=on_screen) as process:

        def press(key: str) -> None:
            subprocess.run(["xdotool", "key", key], env=on_screen, check=True, capture_output=True)

        found = ["xdotool", "search", "--sync", "--onlyvisible", "--class", "main.py"]
        window = subprocess.run(
            found, env=on_screen, check=True, capture_output=True, text=True, timeout=60
        ).stdout.split()[0]
        subprocess.run(["xdotool", "windowfocus", window], env=on_screen, check=True, capture_output=True)
        time.sleep(3)
        for key, wait_s in (("r", 8), ("s", 1), ("r", 1), ("m", 0.3), ("2", 0.3), ("space", 0.3), ("h", 0.3), ("q", 0)):
            press(key)
            time.sleep(wait_s)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    names = sorted(path.suffix for path in tmp_path.iterdir())
    assert names == [".mp4", ".npz", ".png"]
    recorded = next(tmp_path.glob("*.mp4"))
    with av.open(str(recorded)) as written:
        assert sum(1 for _ in written.decode(video=0)) > 10
    assert len(load_poses(next(tmp_path.glob("*.npz"))).frame_index) > 10
