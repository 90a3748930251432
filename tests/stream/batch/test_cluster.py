"""A real Ray cluster on this machine with two workers; the batch runs in a process of its own, as users' do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stream.batch.openers import HERE, clips_in
from tests.stream.batch.ray_cluster import ROOT, ray_cluster
from tests.stream.batch.test_run import contents, run_batch, table

pytest.importorskip("ray", reason="the extra cluster is not installed")
TEXTS = {f"clip{number}.mp4": f"text {number}" for number in range(4)}

SCRIPT = """
import contextlib, sys
from pathlib import Path
from stream.batch.cluster import RayExecutor
from stream.batch.listing import list_clips
from stream.batch.plan import planner
from stream.batch.run import Batch
from stream.batch.store import Store
from tests.stream.batch.ray_cluster import ROOT, ray_cluster
from tests.stream.batch.test_run import OPTIONS, Quiet

address, clips, out, slow_s, upload = sys.argv[1:]
watcher = Quiet()
with Store(Path(out), OPTIONS, resume=False) as store:
    batch = Batch(list_clips(Path(clips), Path(out)), store, planner(), watcher)
    executor = RayExecutor(address, "%s:writes", float(slow_s), version="VERSION", upload=upload == "upload")
    print(executor.slots, flush=True)
    with contextlib.closing(executor):
        batch.run(executor, lambda: None)
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with ray_cluster() as address:
        yield address


def start(cluster: str, clips: Path, out: Path, slow_s: float, upload: str) -> subprocess.Popen[str]:
    script = clips.parent / "driver.py"
    version = subprocess.run(
        [sys.executable, "-c", "from commands.version import version; print(version())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    script.write_text(SCRIPT.replace("VERSION", version) % HERE, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(script), cluster, str(clips), str(out), str(slow_s), upload],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_worker_killed_in_the_middle_is_retried(cluster: str, tmp_path: Path) -> None:
    clips, out, undisturbed = clips_in(tmp_path / "in", TEXTS), tmp_path / "out", tmp_path / "undisturbed"
    with start(cluster, clips, out, 1.0, "shared") as driver:
        begun = out / "begun.txt"
        while not begun.exists():
            assert driver.poll() is None, driver.communicate()[1]
            time.sleep(0.02)
        name, worker = begun.read_text(encoding="utf-8").splitlines()[0].split()
        os.kill(int(worker), signal.SIGKILL)
        said, errors = driver.communicate(timeout=60)
    assert driver.returncode == 0, errors
    assert said.split()[0] == "2"
    times = [line.split()[0] for line in begun.read_text(encoding="utf-8").splitlines()]
    assert times.count(name) == 2
    assert sorted(set(times)) == sorted(TEXTS)
    assert [row["status"] for row in table(out)] == ["done"] * len(TEXTS)
    run_batch(clips, undisturbed)
    assert contents(out) == contents(undisturbed)


def test_clips_and_results_travel_through_the_object_store(cluster: str, tmp_path: Path) -> None:
    clips = clips_in(tmp_path / "in", {"a/clip.mp4": "one", "clip.mp4": "broken two", "z.mp4": "fail"})
    out, undisturbed = tmp_path / "out", tmp_path / "undisturbed"
    with start(cluster, clips, out, 0.0, "upload") as driver:
        _, errors = driver.communicate(timeout=60)
    assert driver.returncode == 0, errors
    assert not (out / "begun.txt").exists()  # nobody wrote there but the driver
    run_batch(clips, undisturbed)
    assert contents(out) == contents(undisturbed)
    assert [row["status"] for row in table(out)] == ["done", "partial", "failed"]


def test_what_is_no_cluster_is_said_at_once(tmp_path: Path) -> None:
    script = """
from stream.batch.cluster import RayExecutor
from stream.errors import StreamError
for address in ("127.0.0.1:9", "somewhere"):
    try:
        RayExecutor(address, "", None, version="")
    except StreamError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    refused, wrong = done.stdout.splitlines()
    assert refused == "no Ray cluster answers at 127.0.0.1:9: Connection refused"
    assert wrong.startswith("somewhere is no address")
