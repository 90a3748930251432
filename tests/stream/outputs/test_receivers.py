"""The receivers of docs/streaming.md, run as they stand there against what we send."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stream.outputs.browser.output import BrowserOutput
from stream.outputs.json_lines import json_output
from stream.outputs.lsl import LslOutput
from stream.outputs.osc import OscOutput
from stream.outputs.output import Output, OutputError
from stream.outputs.rerun_file import RerunOutput
from tests.stream.outputs.results import result
from tests.stream.outputs.test_osc import _people

PAGE = Path(__file__).resolve().parents[3] / "docs" / "streaming.md"
RECEIVERS = dict(re.findall(r"```python\n# receive: (\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
WAIT_S = 40.0


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _received(code: str, output: Output, folder: Path) -> str:
    """What a receiver prints while an output sends ten times a second."""
    script = folder / "receiver.py"
    script.write_text(code, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder
    ) as receiver:
        end, opened, index = time.monotonic() + WAIT_S, False, 0
        while receiver.poll() is None and time.monotonic() < end:
            try:
                if not opened:
                    output.open()
                    opened = True
                output.send(result(index, _people(2)))
            except OutputError:  # a receiver that has not begun to listen
                output.close()
                opened = False
            index += 1
            time.sleep(0.1)
        receiver.kill()
        out, complaints = receiver.communicate()
        output.close()
    assert receiver.returncode == 0, complaints
    return out


def test_every_receiver_is_short_and_there_is_one_for_each_output() -> None:
    assert set(RECEIVERS) == {"browser", "osc", "udp", "tcp", "lsl", "rerun"}
    assert all(len([line for line in code.splitlines() if line]) <= 10 for code in RECEIVERS.values())


def test_a_browser_message_is_received(tmp_path: Path) -> None:
    port = _free_port(socket.SOCK_STREAM)
    out = _received(
        RECEIVERS["browser"].replace("8765", str(port)),
        BrowserOutput("127.0.0.1", port, False, lambda _: None),
        tmp_path,
    )
    assert out.endswith("2 people\n")


@pytest.mark.parametrize(
    ("name", "port", "kind", "make", "expected"),
    [
        ("osc", "39539", socket.SOCK_DGRAM, lambda port: OscOutput("127.0.0.1", port), "/joint/left_wrist"),
        ("udp", "9000", socket.SOCK_DGRAM, lambda port: json_output(f"udp://127.0.0.1:{port}"), "[0.3"),
        ("tcp", "9001", socket.SOCK_STREAM, lambda port: json_output(f"tcp://127.0.0.1:{port}"), "2 people"),
    ],
)
def test_a_socket_receives(
    name: str, port: str, kind: socket.SocketKind, make: Callable[[int], Output], expected: str, tmp_path: Path
) -> None:
    free = _free_port(kind)
    assert expected in _received(RECEIVERS[name].replace(port, str(free)), make(free), tmp_path)


def test_a_lab_stream_is_received(tmp_path: Path) -> None:
    output = LslOutput(f"doc-{time.time_ns()}")
    code = RECEIVERS["lsl"].replace('"name", "LiftCam-1"', f'"source_id", "liftcam-{output.source}-0"')
    assert "metres" in _received(code, output, tmp_path)


def test_rerun_reads_its_file(tmp_path: Path) -> None:
    output = RerunOutput(tmp_path / "session.rrd")
    output.open()
    for index in range(3):
        output.send(result(index, _people(2)))
    output.close()
    script = tmp_path / "receiver.py"
    script.write_text(RECEIVERS["rerun"], encoding="utf-8")
    out = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert out.stdout == "3 frames with people\n"
