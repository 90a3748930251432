"""An output in trouble says so in a line and stops, or tries again; others, and who gives, notice nothing."""

from __future__ import annotations

import os
import shutil
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from stream.outputs.browser.output import BrowserOutput
from stream.outputs.json_lines import json_output
from stream.outputs.output import Output, Result
from stream.outputs.rerun_file import RerunOutput
from stream.outputs.runner import OutputRunner
from tests.stream.outputs.results import result

POSIX = pytest.mark.skipif(os.name != "posix", reason="pipes with names and devices that are full are POSIX's")


class _Other:
    """A receiver beside the one in trouble."""

    name, depth = "another", 1000

    def __init__(self) -> None:
        self.got: list[int] = []

    def open(self) -> None:
        pass

    def send(self, result: Result) -> None:
        self.got.append(result.frame.index)

    def close(self) -> None:
        pass


class _Giving:
    """One output in trouble and another beside it, both given the same."""

    def __init__(self, output: Output) -> None:
        self.said: list[str] = []
        self.other = _Other()
        self.trouble = OutputRunner(output, self.said.append, first_retry_s=0.05)
        self._fine = OutputRunner(self.other, self.said.append)
        self.given = 0

    def until(self, condition: Callable[[], bool], wait_s: float = 15.0) -> None:
        end = time.monotonic() + wait_s
        while not condition():
            assert time.monotonic() < end, self.said
            self.give(1)
            time.sleep(0.01)

    def give(self, count: int) -> None:
        for _ in range(count):
            self.trouble.offer(result(self.given))
            self._fine.offer(result(self.given))
            self.given += 1

    def close(self) -> None:
        """The other has got everything there was, whatever became of the one in trouble."""
        self._fine.close()
        self.trouble.close()
        assert self.other.got == list(range(self.given))


def test_a_receiver_that_dies_and_comes_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        giving = _Giving(json_output(f"tcp://127.0.0.1:{port}"))
        line, _ = server.accept()
        giving.give(3)
        with line:
            line.settimeout(15)
            assert line.recv(10)
    giving.until(lambda: len(giving.said) == 1)
    assert giving.said[0].endswith("trying again")
    with socket.create_server(("127.0.0.1", port)) as server:
        line, _ = server.accept()
        giving.until(lambda: len(giving.said) == 2)
        with line:
            line.settimeout(15)
            giving.give(3)
            assert line.recv(10)
            giving.close()
    assert giving.said[1] == f"JSON to tcp://127.0.0.1:{port}: back"


@POSIX
def test_a_pipe_that_nobody_empties(tmp_path: Path) -> None:
    import fcntl  # noqa: PLC0415 - only POSIX has it

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)  # sooner full than with 64 kB
    giving = _Giving(json_output(str(pipe)))
    giving.until(lambda: giving.trouble.traffic.dropped > 50)
    giving.close()
    assert len(giving.said) == 1
    assert "did not stop" in giving.said[0]
    os.close(reader)


def test_a_port_in_use_that_becomes_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        giving = _Giving(BrowserOutput("127.0.0.1", port, mirror=False, tell=lambda _: None))
        giving.until(lambda: len(giving.said) == 1)
        assert "choose another port" in giving.said[0]
    giving.until(lambda: len(giving.said) == 2)
    assert giving.said[1] == f"page at http://127.0.0.1:{port}: back"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
        assert page.status == 200
    giving.close()


@POSIX
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_full_disk_ends_the_file() -> None:
    giving = _Giving(json_output("/dev/full"))
    giving.until(lambda: not giving.trouble.running)
    giving.close()
    assert len(giving.said) == 1
    assert "No space left" in giving.said[0]
    assert giving.said[0].endswith("this output stops")


def test_a_recording_stops_before_its_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    giving = _Giving(RerunOutput(tmp_path / "a.rrd"))
    giving.until(lambda: giving.trouble.traffic.sent > 2)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    giving.until(lambda: not giving.trouble.running)
    giving.close()
    assert len(giving.said) == 1
    assert "only 1 MB are free" in giving.said[0]
    assert (tmp_path / "a.rrd").stat().st_size > 0
