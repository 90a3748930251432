"""Sending what is seen, as a user starts it: from a clip in real time, and past every trouble that receivers make."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import environment

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]
MAIN = [sys.executable, str(ROOT / "main.py")]
DEMO = ROOT / "synthetic" / "data" / "demo.mp4"


def test_a_clip_in_real_time_goes_out_and_nothing_else_is_on_the_standard_output() -> None:
    done = subprocess.run(
        [*MAIN, "file", str(DEMO), "--realtime", "--no-display", "--end", "0.7", "--json", "-"],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stderr.splitlines()[-1])
    frames = [json.loads(line) for line in done.stdout.splitlines()]
    assert [frame["frame_index"] for frame in frames] == list(range(summary["frames"]))
    assert len(frames) >= 15
    assert frames[-1]["people"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_full_disk_and_a_port_in_use_are_a_line_each_and_the_camera_goes_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = subprocess.run(
            [*MAIN, "live", "--source", str(DEMO), "--no-display", "--seconds", "3", "--json", "/dev/full",
             "--serve", address],
            capture_output=True, text=True, env=environment(), timeout=240, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert [line for line in lines if "No space left" in line and line.endswith("this output stops")]
    assert len([line for line in lines if "choose another port" in line and line.endswith("trying again")]) == 1
    assert "Traceback" not in done.stderr
    assert int(lines[-1].split()[0]) >= 4  # frames, after both had gone


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux makes a pipe so small")
def test_a_pipe_that_nobody_empties_stops_neither_the_camera_nor_its_end() -> None:
    with subprocess.Popen(
        [*MAIN, "live", "--source", str(DEMO), "--no-display", "--seconds", "4", "--json", "-"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), pipesize=4096,
    ) as child:  # fmt: skip
        assert child.stderr is not None
        lines = child.stderr.read().splitlines()  # the pipe holds some three frames
        child.wait(30)
    assert child.returncode == 0
    assert int(lines[-1].split()[0]) >= 8
    assert any("did not stop" in line for line in lines)


def test_a_receiver_that_dies_is_said_once_and_found_again() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    with subprocess.Popen(
        [*MAIN, "live", "--source", str(DEMO), "--no-display", "--seconds", "5", "--json", f"tcp://127.0.0.1:{port}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    ) as child:  # fmt: skip
        assert child.stderr is not None
        line, _ = server.accept()
        with line, line.makefile() as lines:
            assert json.loads(next(lines))["people"] is not None
        line, _ = server.accept()  # it comes back by itself
        with line, line.makefile() as lines:
            assert json.loads(next(lines))["frame_index"] > 0
            told = child.stderr.read()
        child.wait(30)
    server.close()
    assert child.returncode == 0, told
    assert told.count("trying again") == 1
    assert told.count(": back") == 1
