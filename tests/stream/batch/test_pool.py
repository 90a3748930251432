"""Worker processes: what they give, what they refuse, and what their death costs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pose.errors import ExitCode
from stream.batch.executor import Event, Failed, Finished, Noticed, Progressed
from stream.batch.pool import WorkerPool
from stream.errors import StreamError
from tests.stream.batch.openers import HERE

ROOT = Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def pool_of(workers: int, opener: str, tmp_path: Path) -> Iterator[WorkerPool]:
    with contextlib.closing(WorkerPool(workers, f"{HERE}:{opener}", "setup", tmp_path)) as pool:
        yield pool


def until_over(pool: WorkerPool, tasks: int) -> list[Event]:
    happened: list[Event] = []
    while sum(isinstance(one, Finished | Failed) for one in happened) < tasks:
        happened += pool.events(10.0)
    return happened


def alive(process_id: int) -> bool:
    """Whether a process still runs; one that nobody has waited for yet does not."""
    stat = Path(f"/proc/{process_id}/stat")
    try:
        return stat.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_tasks_fail_one_by_one_and_the_pool_goes_on(tmp_path: Path) -> None:
    with pool_of(1, "answers", tmp_path) as pool:
        for number, word in enumerate(["one", "refuse", "break", "fill memory", "die", "two"]):
            pool.submit(number, word)
        happened = until_over(pool, 6)
        over = {one.task: one for one in happened if isinstance(one, Finished | Failed)}
    assert over[0] == Finished(0, "setup one")
    assert over[1] == Failed(1, "no such clip", ExitCode.WRONG_USAGE)
    assert isinstance(over[2], Failed)
    assert (
        over[2].reason == f"unexpected ZeroDivisionError: a mistake of ours; the details are in {tmp_path}/worker-1.log"
    )
    assert "a mistake of ours" in (tmp_path / "worker-1.log").read_text(encoding="utf-8")
    assert isinstance(over[3], Failed)
    assert "not enough memory" in over[3].reason
    assert isinstance(over[4], Failed)
    assert "killed by SIGKILL" in over[4].reason
    assert over[5] == Finished(5, "setup two")
    assert Progressed(0, 1, 2) in happened
    assert happened.count(Noticed("opened")) == 2  # the first worker, and the one in its place


def test_a_worker_that_cannot_be_opened_ends_the_batch(tmp_path: Path) -> None:
    with pool_of(1, "refuses", tmp_path) as pool:
        pool.submit(0, "one")
        with pytest.raises(StreamError, match="no weights in setup"):
            until_over(pool, 1)


def test_workers_that_die_at_their_start_are_not_started_for_ever(tmp_path: Path) -> None:
    with pool_of(1, "dies", tmp_path) as pool:
        pool.submit(0, "one")
        with pytest.raises(StreamError, match=r"3 workers ended at their start.*exit code 7"):
            until_over(pool, 1)


def test_closing_ends_workers_in_the_middle_of_their_work(tmp_path: Path) -> None:
    with pool_of(1, "answers", tmp_path) as pool:
        pool.submit(0, "one")
        until_over(pool, 1)
        pool.submit(1, "sleep")
        began_s = time.monotonic()
        (worker,) = pool.process_ids
    assert time.monotonic() - began_s < 5
    assert not alive(worker)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc who is alive")
def test_workers_end_with_their_parent_however_it_ends(tmp_path: Path) -> None:
    script = f"""
from stream.batch.pool import WorkerPool
if __name__ == "__main__":
    pool = WorkerPool(1, "{HERE}:answers", "setup")
    pool.submit(0, "one")
    while not any(type(one).__name__ == "Finished" for one in pool.events(10.0)):
        pass
    pool.submit(1, "sleep")
    print(*pool.process_ids, flush=True)
    pool.events(60.0)
"""
    (tmp_path / "parent.py").write_text(script, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "parent.py")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert alive(worker)
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
        deadline_s = time.monotonic() + 60
        while alive(worker) and time.monotonic() < deadline_s:
            time.sleep(0.02)
        assert not alive(worker)
