"""A real Ray cluster on this machine with two processors."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_RAY = Path(sys.executable).with_name("ray")
_START_S = 90.0


@contextlib.contextmanager
def ray_cluster() -> Iterator[str]:
    """Address of the cluster, which is ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    head = [str(_RAY), "start", "--head", "--block", "--node-ip-address=127.0.0.1", f"--port={port}", "--num-cpus=2"]
    quiet = ["--include-dashboard=false", "--disable-usage-stats", f"--object-store-memory={100_000_000}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAY_enable_metrics_collection": "0"}
    # not in pytest's folder: a socket's name has room for about a hundred letters
    folder = Path(tempfile.mkdtemp(prefix="ray-"))
    log = folder / "head.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*head, *quiet, f"--temp-dir={folder}"],
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
        ) as process,
    ):
        try:
            deadline_s = time.monotonic() + _START_S
            while b"runtime started" not in log.read_bytes():
                assert process.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < deadline_s, log.read_text(encoding="utf-8")
                time.sleep(0.1)
            yield f"127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            shutil.rmtree(folder, ignore_errors=True)
