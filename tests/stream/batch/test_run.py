"""A batch with workers that write text files: what is there after an interruption, a kill, a change."""

from __future__ import annotations

import contextlib
import csv
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stream.batch.listing import Clip, list_clips
from stream.batch.plan import planner
from stream.batch.pool import WorkerPool
from stream.batch.run import Batch
from stream.batch.store import Store
from stream.batch.summary import COLUMNS, Row
from stream.errors import StreamError
from tests.stream.batch.openers import HERE, clips_in

ROOT = Path(__file__).resolve().parents[3]
OPTIONS = {"net-size": 256, "crop": None}
TEXTS = {f"clip{number}.mp4": f"text {number}" for number in range(6)}


class Quiet:
    """Watches, and keeps what it saw."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.rows: list[Row] = []

    def notice(self, line: str) -> None:
        self.lines.append(line)

    def progress(self, clip: Clip, done: int, total: int | None) -> None: ...

    def over(self, clip: Clip, row: Row) -> None:
        self.rows.append(row)


def run_batch(
    clips: Path,
    out: Path,
    *,
    resume: bool = False,
    options: dict[str, Any] | None = None,
    check: Callable[[Quiet], None] = lambda _: None,
    slow_s: float = 0.0,
) -> tuple[Batch, Quiet]:
    watcher = Quiet()
    with Store(out, OPTIONS if options is None else options, resume=resume) as store:
        batch = Batch(list_clips(clips, out), store, planner(), watcher)
        with contextlib.closing(WorkerPool(2, f"{HERE}:writes", slow_s, store.logs)) as executor:
            batch.run(executor, lambda: check(watcher))
    return batch, watcher


def contents(out: Path) -> dict[str, str]:
    """Everything but the record's times and the hidden state."""
    files = [path for path in out.rglob("*") if path.is_file() and path.suffix == ".txt" and path.parent != out]
    return {path.relative_to(out).as_posix(): path.read_text(encoding="utf-8") for path in files}


def table(out: Path) -> list[dict[str, str]]:
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_results_failures_and_parts_of_clips_are_listed_and_do_not_stop_the_rest(tmp_path: Path) -> None:
    texts = {"a/clip.mp4": "one", "b/clip.mp4": "broken two", "clip.mp4": "fail", "z.mp4": "three"}
    clips = clips_in(tmp_path / "in", texts)
    batch, watcher = run_batch(clips, tmp_path / "out")
    rows = {row["file"]: row for row in table(tmp_path / "out")}
    assert tuple(rows["z.mp4"]) == COLUMNS
    assert {name: row["status"] for name, row in rows.items()} == {
        "a/clip.mp4": "done",
        "b/clip.mp4": "partial",
        "clip.mp4": "failed",
        "z.mp4": "done",
    }
    assert rows["b/clip.mp4"]["reason"] == "it breaks off at 3.00 s"
    assert rows["clip.mp4"]["reason"].endswith("clip.mp4 is not a video")
    assert rows["z.mp4"]["outputs"] == "z.mp4/first.txt;z.mp4/second.txt"
    assert (rows["z.mp4"]["frames"], rows["z.mp4"]["people"], rows["z.mp4"]["seconds"]) == ("5", "1", "0.50")
    assert contents(tmp_path / "out")["b/clip.mp4/second.txt"] == "BROKEN TWO"
    assert not (tmp_path / "out" / "clip.mp4").exists()
    assert not any((tmp_path / "out" / ".liftcam").glob("work/*"))
    assert len(watcher.rows) == 4
    assert batch.count() == {"done": 2, "partial": 1, "failed": 1}


def test_an_interrupted_batch_goes_on_and_nothing_is_done_twice(tmp_path: Path) -> None:
    clips, out = clips_in(tmp_path / "in", TEXTS), tmp_path / "out"

    def interrupt(watcher: Quiet) -> None:
        if watcher.rows:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(clips, out, check=interrupt, slow_s=0.2)
    before = {row["file"]: row["status"] for row in table(out)}
    finished = {name for name, status in before.items() if status == "done"}
    assert finished
    assert set(before.values()) == {"done", "not started"}
    assert {name.partition("/")[0] for name in contents(out)} == finished
    (out / "begun.txt").unlink()

    batch, _ = run_batch(clips, out, resume=True)
    assert batch.resumed == len(finished)
    begun = [line.split()[0] for line in (out / "begun.txt").read_text(encoding="utf-8").splitlines()]
    assert sorted(begun) == sorted(TEXTS.keys() - finished)
    assert [row["status"] for row in table(out)] == ["done"] * len(TEXTS)


def test_a_kill_loses_nothing_and_leaves_nothing_half(tmp_path: Path) -> None:
    clips, out, undisturbed = clips_in(tmp_path / "in", TEXTS), tmp_path / "out", tmp_path / "undisturbed"
    script = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from tests.stream.batch.test_run import run_batch
if __name__ == "__main__":
    run_batch(Path({str(clips)!r}), Path({str(out)!r}), slow_s=0.3)
"""
    (tmp_path / "batch.py").write_text(script, encoding="utf-8")
    with subprocess.Popen([sys.executable, str(tmp_path / "batch.py")], cwd=ROOT) as process:
        deadline_s = time.monotonic() + 60
        while not any(out.glob("clip*/result.json")) and time.monotonic() < deadline_s:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    whole = {path.parent.name for path in out.glob("clip*/result.json")}
    assert 0 < len(whole) < len(TEXTS)
    assert {path.name for path in out.glob("clip*")} == whole
    assert all((out / name / "second.txt").exists() for name in whole)
    stamps = {name: (out / name).stat().st_ino for name in whole}

    run_batch(clips, out, resume=True)
    run_batch(clips, undisturbed)
    assert contents(out) == contents(undisturbed)
    assert {name: (out / name).stat().st_ino for name in whole} == stamps
    columns = ("file", "status", "frames", "people", "outputs")
    assert [[row[one] for one in columns] for row in table(out)] == [
        [row[one] for one in columns] for row in table(undisturbed)
    ]


def test_a_changed_clip_is_done_again_and_a_failed_one_tried_again(tmp_path: Path) -> None:
    clips, out = clips_in(tmp_path / "in", {"a.mp4": "one", "b.mp4": "fail", "c.mp4": "three"}), tmp_path / "out"
    run_batch(clips, out)
    clips_in(clips, {"a.mp4": "another", "b.mp4": "mended"})
    batch, watcher = run_batch(clips, out, resume=True)
    assert batch.resumed == 1
    assert watcher.lines == ["a.mp4 has changed since it was processed, and is processed again"]
    assert contents(out)["a.mp4/second.txt"] == "ANOTHER"
    assert contents(out)["b.mp4/second.txt"] == "MENDED"


def test_results_are_not_mixed_with_those_of_other_options(tmp_path: Path) -> None:
    clips, out = clips_in(tmp_path / "in", {"a.mp4": "one"}), tmp_path / "out"
    run_batch(clips, out)
    with pytest.raises(StreamError, match="go on with --resume"):
        run_batch(clips, out)
    with pytest.raises(StreamError, match=r"other options \(net-size\)"):
        run_batch(clips, out, resume=True, options={**OPTIONS, "net-size": 368})
    run_batch(clips, out, resume=True)


def test_only_one_batch_writes_into_a_folder(tmp_path: Path) -> None:
    with Store(tmp_path, OPTIONS, resume=False), pytest.raises(StreamError, match="another batch is writing"):
        Store(tmp_path, OPTIONS, resume=True)
    with Store(tmp_path, OPTIONS, resume=True):
        pass


def test_what_is_not_ours_is_never_replaced(tmp_path: Path) -> None:
    clips = clips_in(tmp_path / "in", {"a.mp4": "one"})
    out = clips_in(tmp_path / "out", {"a.mp4/thesis.doc": "years of work"})
    run_batch(clips, out)
    (row,) = table(out)
    assert row["status"] == "failed"
    assert "move it away" in row["reason"]
    assert (out / "a.mp4" / "thesis.doc").read_text(encoding="utf-8") == "years of work"


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StreamError, match="cannot write into"):
        Store(tmp_path / "file" / "out", OPTIONS, resume=False)
