"""What outputs cost the pipeline, how late they are, and whether anything is lost."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.camera_like import CameraLike, decoded
from benchmarks.errors import BenchmarkError
from benchmarks.pipeline import CAMERA_FPS, PipelineOptions
from detection.detector import Detector
from pose.camera import Intrinsics
from pose.types import Frame, People
from stream.meter import Histogram
from stream.outputs.browser.output import BrowserOutput
from stream.outputs.json_lines import json_output
from stream.outputs.osc import OscOutput
from stream.outputs.output import Output, Result
from stream.outputs.runner import OutputRunner, Outputs
from stream.outputs.stage import OutputStage
from stream.pipeline import Pipeline, Stage
from stream.sources import open_source
from stream.stages import assumed_camera, stages_on

ROUNDS = 3
RATE_HZ = 60.0
DATA_S = 20.0
_VIEWERS = {"0 viewers": (0, 0), "1 viewer": (1, 0), "10 viewers, 3 stalled": (7, 3)}
_LOCAL = "127.0.0.1"


def run(detector: Detector, options: PipelineOptions, seconds: float | None, console: Console) -> dict[str, Any]:
    """Measure, and return the benchmark's JSON.

    The cost is that of the page: the whole job on every frame of the clip, with and without, taking turns, the median
    round of each. Viewers run in a process of their own on the same machine, so that their work counts against us too.
    Delays are from lifted to sent at 60 results a second; a real receiver counts what arrives.
    """
    costs = _costs(detector, options)
    table = Table("page", "frames a second", "cost")
    for name, (fps, cost) in costs.items():
        table.add_row(name, f"{fps:.1f}", f"{100 * cost:.1f} %")
    console.print(table)
    data = {name: _data(made, seconds or DATA_S) for name, made in _data_outputs().items()}
    table = Table("output at 60 Hz", "p95 lifted to sent", "lost")
    for name, row in data.items():
        table.add_row(name, f"{row['delay_p95_ms']} ms", f"{row['lost']} of {row['offered']}")
    console.print(table)
    page = _page_age(detector, options)
    console.print(f"capture to pixels in Chromium p95 {page['p95_ms']} ms, to lifted {page['lifted_p95_ms']} ms")
    return {
        "bench": "outputs",
        "page_cost": {name: {"fps": round(fps, 2), "cost": round(cost, 4)} for name, (fps, cost) in costs.items()},
        "data": data,
        "browser": page,
    }


def _costs(detector: Detector, options: PipelineOptions) -> dict[str, tuple[float, float]]:
    """Frames a second, and their loss against a run without a page."""
    rounds: dict[str, list[float]] = {"no page": [], **{name: [] for name in _VIEWERS}}
    for _ in range(ROUNDS):
        rounds["no page"].append(_fps(detector, options, None))
        for name, viewers in _VIEWERS.items():
            with _served() as (output, port), _watching(port, *viewers):
                rounds[name].append(_fps(detector, options, output))
    medians = {name: float(np.median(fps)) for name, fps in rounds.items()}
    return {name: (fps, 1 - fps / medians["no page"]) for name, fps in medians.items()}


def _fps(detector: Detector, options: PipelineOptions, output: Output | None) -> float:
    camera = assumed_camera(options.fov_deg)
    stages: list[Stage] = [*stages_on(detector, options.smoothing, camera)]
    if output is not None:
        stages.append(OutputStage(Outputs([output], _nothing), camera))
    frames, began_s = 0, time.perf_counter()
    with Pipeline(open_source(str(options.clip)), stages, live=False) as pipeline:
        for _ in pipeline:
            frames += 1
        return frames / (time.perf_counter() - began_s)


@contextlib.contextmanager
def _served() -> Iterator[tuple[BrowserOutput, int]]:
    """A page on a port that is known before the pipeline opens it."""
    with socket.create_server((_LOCAL, 0)) as probe:
        port = int(probe.getsockname()[1])
    output = BrowserOutput(_LOCAL, port, mirror=False, tell=_nothing)
    try:
        yield output, port
    finally:
        output.close()


@contextlib.contextmanager
def _watching(port: int, ready: int, stalled: int) -> Iterator[None]:
    """Viewers in a process of their own, which try until the page is there."""
    if not ready + stalled:
        yield
        return
    command = [sys.executable, "-m", "benchmarks.viewers", str(port), str(ready), str(stalled)]
    process = subprocess.Popen(command, cwd=Path(__file__).resolve().parents[1])  # noqa: S603 - our own module
    try:
        time.sleep(1.0)  # the interpreter's own start is no cost of a viewer
        yield
    finally:
        process.kill()
        process.wait()


# Data


def _data_outputs() -> dict[str, Callable[[], tuple[Output, Callable[[], int], Callable[[], None]]]]:
    return {"OSC": _osc, "JSON over UDP": _json, "LSL": _lsl}


def _osc() -> tuple[Output, Callable[[], int], Callable[[], None]]:
    sink = _UdpSink(b"/liftcam/people")
    return OscOutput(_LOCAL, sink.port), lambda: sink.count, sink.close


def _json() -> tuple[Output, Callable[[], int], Callable[[], None]]:
    sink = _UdpSink(b"frame_index")
    return json_output(f"udp://{_LOCAL}:{sink.port}"), lambda: sink.count, sink.close


def _lsl() -> tuple[Output, Callable[[], int], Callable[[], None]]:
    from stream.outputs.lsl import LslOutput

    output = LslOutput(f"bench-{time.time_ns()}")
    sink = _LslSink(f"liftcam-{output.source}-0")
    return output, lambda: sink.count, sink.close


def _data(made: Callable[[], tuple[Output, Callable[[], int], Callable[[], None]]], seconds: float) -> dict[str, Any]:
    """Send at 60 Hz, then compare what was offered with what arrived."""
    output, arrived, close = made()
    runner = OutputRunner(output, _nothing)
    time.sleep(2.0)  # a lab stream has to be found first
    count, result = round(seconds * RATE_HZ), _result()
    begin_s = time.perf_counter()
    for number in range(count):
        time.sleep(max(0.0, begin_s + number / RATE_HZ - time.perf_counter()))
        now_s = time.perf_counter()
        runner.offer(_at(result, number, now_s))
    runner.close()
    time.sleep(0.5)
    traffic, got = runner.traffic, arrived()
    close()
    return {
        "offered": count,
        "lost": count - got,
        "delay_p50_ms": round(traffic.delay_p50_ms, 2),
        "delay_p95_ms": round(traffic.delay_p95_ms, 2),
    }


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
        self._socket.bind((_LOCAL, 0))
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
        import pylsl

        found = pylsl.resolve_byprop("source_id", source_id, timeout=10)
        inlet = pylsl.StreamInlet(found[0])
        while not self._ended.is_set():
            sample, _ = inlet.pull_sample(timeout=0.1)
            self.count += sample is not None

    def close(self) -> None:
        self._ended.set()
        self._thread.join()


# The browser


def _page_age(detector: Detector, options: PipelineOptions) -> dict[str, float]:
    """Capture to pixels in a real browser, beside capture to lifted, at a camera's rate."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise BenchmarkError("the delay in a browser needs chromium or chrome on the PATH")
    camera = assumed_camera(options.fov_deg)
    lifted = Histogram()
    with _served() as (output, port), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = ["--headless=new", "--no-sandbox", "--no-first-run", "--disable-gpu", f"--user-data-dir={profile}"]
        stages: list[Stage] = [*stages_on(detector, options.smoothing, camera)]
        stages.append(OutputStage(Outputs([output], _nothing), camera))
        source = CameraLike(decoded(str(options.clip)), CAMERA_FPS)
        with Pipeline(source, stages, live=True) as pipeline:
            end_s = time.perf_counter() + options.live_s
            process = subprocess.Popen(  # noqa: S603 - the browser that was found
                [chromium, *flags, f"http://{_LOCAL}:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                while time.perf_counter() < end_s:
                    item = pipeline.latest(0.05)
                    if item is not None and (left_s := item.passed("lift")) is not None:
                        lifted.add(left_s - item.captured_s)
                ages = output.ages
            finally:
                process.kill()
                process.wait()
    if ages is None or not len(ages):
        raise BenchmarkError("the browser drew nothing; is it the machine's first start of it? run it again")
    return {
        "frames": float(len(ages)),
        "p50_ms": round(1000 * ages.quantile_s(0.5), 1),
        "p95_ms": round(1000 * ages.quantile_s(0.95), 1),
        "lifted_p95_ms": round(1000 * lifted.quantile_s(0.95), 1),
    }


def _nothing(line: str) -> None:
    """Lines that a terminal would get."""
