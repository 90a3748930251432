"""Bad inputs and bad disks: a clear line each, the right exit code, nothing lost and nothing half written."""

from __future__ import annotations

import csv
import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import main
from commands import engine
from detection.bottom_up import BottomUpDetector
from export.poses import load_poses
from stream.batch.store import RECORD
from tests.real.bad_inputs import CASES, POINTS, cut_off, good
from tests.shared import WEIGHTS

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="takes rights away as Linux has them")


class _Kept(BottomUpDetector):
    """Stays open from clip to clip."""

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def detector() -> Iterator[_Kept]:
    kept = _Kept(WEIGHTS / "human-pose-estimation-0001.xml", threads=1)
    yield kept
    BottomUpDetector.close(kept)


@pytest.fixture
def file(detector: _Kept, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Path], tuple[int, str, Path]]:
    """Runs `file` on a clip: its exit code, what it said, and where the results are."""
    monkeypatch.setattr(engine, "open_detector", lambda *_, **__: detector)

    def run(clip: Path) -> tuple[int, str, Path]:
        out = tmp_path / f"{clip.name}.out"
        options = ["--no-display", "--out", str(out), "--export", "npz,mp4,csv", "--size", "320x180"]
        done = CliRunner().invoke(main.app, ["file", str(clip), *options])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output, out

    return run


def files_of(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir()) if out.exists() else []


@pytest.mark.parametrize("case", CASES)
def test_file_on_bad_inputs(case: str, file: Callable[[Path], tuple[int, str, Path]], tmp_path: Path) -> None:
    name, make, expected, says = CASES[case]
    make(tmp_path / name)
    code, said, out = file(tmp_path / name)
    assert code == expected, said
    if code:
        (line,) = [one for one in said.splitlines() if one.startswith("liftcam:")]
        assert says in line
        assert files_of(out) == []
    else:
        stem = Path(name).stem
        assert files_of(out) == sorted([f"{stem}.csv", f"{stem}_annotated.mp4", "poses.npz"])
        load_poses(out / "poses.npz")


def test_file_keeps_what_it_read_of_a_clip_that_is_cut_off(
    file: Callable[[Path], tuple[int, str, Path]], tmp_path: Path
) -> None:
    frames = []
    for clip in cut_off(tmp_path):
        code, said, out = file(clip)
        (line,) = [one for one in said.splitlines() if one.startswith("liftcam:")]
        if code == 2:
            assert files_of(out) == []
            frames.append(0)
            continue
        assert code == 3, said
        assert "breaks off at" in line
        assert "what was read is kept" in line
        assert files_of(out) == [f"{clip.stem}.csv", f"{clip.stem}_annotated.mp4", "poses.npz"]
        summary = json.loads(said.splitlines()[-1])
        assert summary["complete"] is False
        frames.append(summary["frames"])
    assert len(frames) == POINTS
    assert frames == sorted(frames)
    assert frames[-1] >= 15
    assert sum(count > 0 for count in frames) >= POINTS - 2


def liftcam(*arguments: str, before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        preexec_fn=before,
        env={**os.environ, "LIFTCAM_WEIGHTS": str(WEIGHTS), "SDL_VIDEODRIVER": "dummy"},
    )


def rows_of(out: Path) -> dict[str, dict[str, str]]:
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_a_batch_of_bad_inputs_goes_on_to_its_end(tmp_path: Path) -> None:
    clips, out = tmp_path / "in", tmp_path / "out"
    clips.mkdir()
    for name, make, _, _ in CASES.values():
        make(clips / name)
    cut_off(clips)
    (clips / "folder.mp4").rmdir()  # folders are looked into
    done = liftcam("batch", str(clips), "--out", str(out), "--jobs", "1", "--export", "npz", "--threads", "1")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    rows = rows_of(out)
    for name, _, code, says in CASES.values():
        if name == "folder.mp4":
            continue
        assert rows[name]["status"] == ("done" if code == 0 else "failed")
        assert says in rows[name]["reason"]
    cut = [row for name, row in rows.items() if name.startswith("cut")]
    assert {row["status"] for row in cut} <= {"partial", "failed"}
    for name, row in rows.items():
        assert bool(row["reason"]) == (row["status"] != "done")
        assert files_of(out / name) == ([] if row["status"] == "failed" else ["poses.npz", RECORD])
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["done"] + summary["partial"] + summary["failed"] == len(rows) == len(CASES) - 1 + POINTS


def _as_anybody() -> None:
    """Let this process have no more rights than the owner of a file: root reads and writes everything."""
    libc = ctypes.CDLL(None)
    drop_from_bounding_set, dac_override, dac_read_search = 24, 1, 2
    for right in (dac_override, dac_read_search):
        libc.prctl(drop_from_bounding_set, right, 0, 0, 0)


@LINUX
def test_what_must_not_be_read_or_written_is_said(tmp_path: Path) -> None:
    clips, closed = tmp_path / "in", tmp_path / "closed"
    clips.mkdir()
    closed.mkdir(mode=0o500)
    clip = good(clips / "clip.mp4", 2)
    done = liftcam("file", str(clip), "--no-display", "--out", str(closed / "out"), before=_as_anybody)
    assert done.returncode == 2
    assert done.stderr == (
        f"liftcam: cannot write into {closed / 'out'}: nothing may be written into {closed}; "
        "choose another folder with --out\n"
    )
    done = liftcam("batch", str(clips), "--out", str(closed / "out"), before=_as_anybody)
    assert (done.returncode, files_of(closed)) == (2, [])
    assert "Permission denied" in done.stderr
    clip.chmod(0)
    done = liftcam("file", str(clip), "--no-display", "--out", str(tmp_path / "out"), before=_as_anybody)
    assert done.returncode == 2
    assert "cannot be read: Permission denied" in done.stderr
    assert files_of(tmp_path / "out") == []
    done = liftcam("batch", str(clips), "--out", str(tmp_path / "all"), "--threads", "1", before=_as_anybody)
    assert done.returncode == 1
    assert "Permission denied" in rows_of(tmp_path / "all")["clip.mp4"]["reason"]
    assert files_of(tmp_path / "all") == [".liftcam", "summary.csv"]


def full_disk(folder: Path, kilobytes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run LiftCam with a small disk at a folder, then list what is left there, one name a line."""
    script = (
        'mount -t tmpfs -o size="$1"k tmpfs "$2" || exit 99; shift 1; D="$1"; shift; "$@"; R=$?; find "$D"; exit $R'
    )
    command = ["unshare", "-rm", "sh", "-c", script, "sh", str(kilobytes), str(folder)]
    return subprocess.run(
        [*command, sys.executable, str(ROOT / "main.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, "LIFTCAM_WEIGHTS": str(WEIGHTS), "SDL_VIDEODRIVER": "dummy"},
    )


@LINUX
def test_a_full_disk_is_said_and_nothing_half_written_stays(tmp_path: Path) -> None:
    clips, disk = tmp_path / "in", tmp_path / "disk"
    clips.mkdir()
    disk.mkdir()
    good(clips / "clip.mp4", 10)
    size = ["--size", "640x360"]
    done = full_disk(disk, 60, "file", str(clips / "clip.mp4"), "--no-display", "--out", str(disk / "out"), *size)
    if done.returncode == 99:
        pytest.skip("this machine lets nobody mount a small disk")
    assert done.returncode == 2, done.stderr
    assert "No space left on device" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    left = {Path(line).name for line in done.stdout.splitlines() if line.startswith(str(disk))}
    assert left <= {"disk", "out", "poses.npz"}
    done = full_disk(disk, 60, "batch", str(clips), "--out", str(disk), "--threads", "1", *size)
    assert done.returncode == 1, done.stderr
    assert "failed: clip.mp4" in done.stderr
    assert "No space left on device" in done.stderr
    left = {Path(line).name for line in done.stdout.splitlines() if line.startswith(str(disk))}
    assert left >= {"summary.csv"}
    assert not left & {"poses.npz", "clip.mp4", "clip_annotated.mp4", "work"}
