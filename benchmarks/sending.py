"""Data outputs at 60 Hz into real receivers on this machine: how late what is sent is, and whether anything is lost."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Protocol

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.errors import BenchmarkError
from pose.camera import Intrinsics
from pose.types import Frame, People
from stream.outputs.json_lines import json_output
from stream.outputs.osc import OscOutput
from stream.outputs.output import Output, Result
from stream.outputs.runner import OutputRunner

RATE_HZ = 60.0
DELAY_S = 20.0
LOSS_S = 600.0
GREETING_S, LAST_S = 3.0, 1.0
"""A lab stream has to be found before the first frame, and what was sent last has to arrive."""
REPORT_S = 60.0
LOCAL = "127.0.0.1"


class Sink(Protocol):
    """Somebody who receives, and counts."""

    count: int

    def close(self) -> None:
        """End."""


@dataclass(frozen=True, slots=True)
class Line:
    """An output and who receives it."""

    name: str
    output: Output
    sink: Sink


def delays(seconds: float, console: Console) -> dict[str, dict[str, float]]:
    """How late each output is, by itself: from lifted to sent."""
    found: dict[str, dict[str, float]] = {}
    for make in _LINES:
        line = make()
        found |= _sent([line], seconds)
    _print(found, console)
    return found


def losses(seconds: float, console: Console) -> dict[str, Any]:
    """All outputs at once for a long time; a line a minute says how it goes. Returns the benchmark's JSON."""

    def told(number: int) -> None:
        if number and number % round(REPORT_S * RATE_HZ) == 0:
            console.print(
                f"{number / RATE_HZ / 60:.0f} min: {', '.join(f'{one.name} {one.sink.count}' for one in lines)}"
            )

    lines = [make() for make in _LINES]
    found = _sent(lines, seconds, told)
    _print(found, console)
    return {"bench": "losses", "seconds": seconds, "rate_hz": RATE_HZ, "data": found}


def _sent(
    lines: Sequence[Line], seconds: float, told: Callable[[int], None] = lambda number: None
) -> dict[str, dict[str, float]]:
    """Offer results at 60 Hz, then compare what was offered with what arrived."""
    problems: list[str] = []
    runners = [OutputRunner(line.output, problems.append) for line in lines]
    try:
        time.sleep(GREETING_S)
        count, result = round(seconds * RATE_HZ), _result()
        begin_s = time.perf_counter()
        for number in range(count):
            time.sleep(max(0.0, begin_s + number / RATE_HZ - time.perf_counter()))
            now = _at(result, number, time.perf_counter())
            for runner in runners:
                runner.offer(now)
            told(number)
        time.sleep(LAST_S)
    finally:
        for line, runner in zip(lines, runners, strict=True):
            line.sink.close()
            runner.close()
    if problems:
        raise BenchmarkError("; ".join(problems))
    return {line.name: _row(count, line, runner) for line, runner in zip(lines, runners, strict=True)}


def _row(offered: int, line: Line, runner: OutputRunner) -> dict[str, float]:
    traffic = runner.traffic
    return {
        "offered": offered,
        "sent": traffic.sent,
        "received": line.sink.count,
        "lost": offered - line.sink.count,
        "delay_p50_ms": round(traffic.delay_p50_ms, 2),
        "delay_p95_ms": round(traffic.delay_p95_ms, 2),
    }


def _print(rows: dict[str, dict[str, float]], console: Console) -> None:
    table = Table("output at 60 Hz", "lifted to sent p50", "p95", "offered", "sent", "received", "lost")
    for name, row in rows.items():
        delay = (f"{row[key]} ms" for key in ("delay_p50_ms", "delay_p95_ms"))
        table.add_row(name, *delay, *(str(row[key]) for key in ("offered", "sent", "received", "lost")))
    console.print(table)


def _osc() -> Line:
    sink = _UdpSink(b"/liftcam/people")
    return Line("OSC", OscOutput(LOCAL, sink.port), sink)


def _json() -> Line:
    sink = _UdpSink(b"frame_index")
    return Line("JSON over UDP", json_output(f"udp://{LOCAL}:{sink.port}"), sink)


def _lsl() -> Line:
    from stream.outputs.lsl import LslOutput

    output = LslOutput(f"bench-{time.time_ns()}")
    return Line("LSL", output, _LslSink(f"liftcam-{output.source}-0"))


_LINES: tuple[Callable[[], Line], ...] = (_osc, _json, _lsl)


def _result() -> Result:
    """Somebody who stands."""
    rng = np.random.default_rng(0)
    xyz = rng.uniform(-0.8, 0.8, (1, 17, 3)).astype(np.float32)
    people = People.detected(rng.uniform(0, 400, (1, 18, 2)).astype(np.float32), np.full((1, 18), 0.9, np.float32))
    people = people.with_tracks(np.ones(1, np.int32), people.xy_px, people.score, people.xy_px)
    people = people.with_3d(xyz, np.array([[0, 0, 3]], np.float32), np.ones((1, 17), bool))
    frame = Frame(np.zeros((480, 640, 3), np.uint8), 0, 0.0)
    return Result(frame, people, Intrinsics.from_fov(640, 480, 60.0), 0.0, 0.0, {})


def _at(result: Result, index: int, now_s: float) -> Result:
    frame = Frame(result.frame.image, index, index / RATE_HZ)
    return Result(frame, result.people, result.camera, now_s, now_s, {})


class _UdpSink:
    """Counts the datagrams that hold some bytes."""

    def __init__(self, wanted: bytes) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOCAL, 0))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.settimeout(0.1)
        self.port = int(self._socket.getsockname()[1])
        self.count = 0
        self._wanted, self._ended = wanted, Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                self.count += self._wanted in self._socket.recv(65_536)

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()


class _LslSink:
    """Counts the samples of a lab stream."""

    def __init__(self, source_id: str) -> None:
        self.count = 0
        self._ended = Event()
        self._thread = Thread(target=self._run, args=(source_id,), daemon=True)
        self._thread.start()

    def _run(self, source_id: str) -> None:
        for inlet in _inlets(source_id):
            while not self._ended.is_set():
                sample, _ = inlet.pull_sample(timeout=0.1)
                self.count += sample is not None

    def close(self) -> None:
        self._ended.set()
        self._thread.join()


def _inlets(source_id: str) -> Iterator[Any]:
    """The stream of that name, connected; nothing where none is found in ten seconds."""
    import pylsl

    for found in pylsl.resolve_byprop("source_id", source_id, timeout=10)[:1]:
        inlet = pylsl.StreamInlet(found)
        inlet.open_stream(timeout=10)
        yield inlet
        inlet.close_stream()
