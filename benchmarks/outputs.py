"""What the page costs the pipeline, how late data outputs are, and how old pictures are in a browser."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.camera_like import decoded
from benchmarks.errors import BenchmarkError
from benchmarks.pipeline import LiveRun, PipelineOptions
from benchmarks.sending import DELAY_S, LOCAL, delays
from detection.detector import Detector
from stream.meter import Meter
from stream.outputs.browser.output import BrowserOutput
from stream.outputs.output import Output
from stream.outputs.runner import Outputs
from stream.outputs.stage import OutputStage
from stream.pipeline import Pipeline, Stage
from stream.sources import open_source
from stream.stages import assumed_camera, stages_on

ROUNDS = 3
WARM_UP_S = 4.0
"""Until the browser has started and draws; then a fresh meter for the window."""
_VIEWERS = {"0 viewers": (0, 0), "1 viewer": (1, 0), "10 viewers, 3 stalled": (7, 3)}
TARGETS = {"0 viewers": 0.02, "1 viewer": 0.08, "10 viewers, 3 stalled": 0.15}
DELAY_TARGET_MS, BROWSER_TARGET_MS = 2.0, 60.0


def run(detector: Detector, options: PipelineOptions, seconds: float | None, console: Console) -> dict[str, Any]:
    """Measure, and return the benchmark's JSON.

    The cost is that of the page: the whole job on every frame of the clip, with and without, taking turns; of each
    round the loss against the run without a page, and of those the median. Viewers run in a process of their own on the
    same machine, so that their work counts against us too. Delays are from lifted to sent at 60 results a second, into
    real receivers. In a browser and in the window the same pictures are shown at a camera's rate at the same time.
    """
    costs = _costs(detector, options)
    table = Table("page", "frames a second", "cost", "at most")
    for name, (fps, cost) in costs.items():
        most = f"{100 * TARGETS[name]:.0f} %" if name in TARGETS else ""
        table.add_row(name, f"{fps:.1f}", f"{100 * cost:.1f} %", most)
    console.print(table)
    console.print(f"lifted to sent, p95 to be at most {DELAY_TARGET_MS:g} ms:")
    data = delays(seconds or DELAY_S, console)
    page = _page_age(detector, options)
    console.print(
        f"capture to pixels p95: in Chromium {page['p95_ms']} ms, in the window {page['window_p95_ms']} ms: "
        f"{page['above_window_p95_ms']} ms above it, to be at most {BROWSER_TARGET_MS:g}"
    )
    return {
        "bench": "outputs",
        "page_cost": {name: {"fps": round(fps, 2), "cost": round(cost, 4)} for name, (fps, cost) in costs.items()},
        "data": data,
        "browser": page,
    }


def _costs(detector: Detector, options: PipelineOptions) -> dict[str, tuple[float, float]]:
    """Frames a second, and their loss against a run without a page."""
    _fps(detector, options, None)  # caches and clocks warm up for all alike
    rounds: dict[str, list[float]] = {"no page": [], **{name: [] for name in _VIEWERS}}
    for _ in range(ROUNDS):
        rounds["no page"].append(_fps(detector, options, None))
        for name, (ready, stalled) in _VIEWERS.items():
            with _served() as (output, port), _watching(port, ready, stalled), _counting(output) as there:
                rounds[name].append(_fps(detector, options, output))
            if there[0] < ready:
                raise BenchmarkError(f"{name}: only {there[0]} came; the machine was too busy, run it again")
    alone = np.array(rounds["no page"])
    return {name: (float(np.median(fps)), float(np.median(1 - fps / alone))) for name, fps in rounds.items()}


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
    with socket.create_server((LOCAL, 0)) as probe:
        port = int(probe.getsockname()[1])
    output = BrowserOutput(LOCAL, port, mirror=False, tell=_nothing)
    try:
        yield output, port
    finally:
        output.close()


@contextlib.contextmanager
def _counting(output: BrowserOutput) -> Iterator[list[int]]:
    """The most viewers who were there at once, in a list of one number."""
    most, ended = [0], Event()

    def count() -> None:
        while not ended.wait(0.2):
            most[0] = max(most[0], output.viewers)

    thread = Thread(target=count, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        ended.set()
        thread.join()


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


def _page_age(detector: Detector, options: PipelineOptions) -> dict[str, float]:
    """Capture to pixels in a real browser and in the window, at the same time, at a camera's rate."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise BenchmarkError("the delay in a browser needs chromium or chrome on the PATH")
    pictures = decoded(str(options.clip))
    with _served() as (output, port), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = ["--headless=new", "--no-sandbox", "--no-first-run", "--disable-gpu", f"--user-data-dir={profile}"]
        stage = OutputStage(Outputs([output], _nothing), assumed_camera(options.fov_deg))
        with contextlib.closing(LiveRun(detector, options, pictures, [stage])) as live:
            process = subprocess.Popen(  # noqa: S603 - the browser that was found
                [chromium, *flags, f"http://{LOCAL}:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                live.go_on(time.perf_counter() + WARM_UP_S)
                output.forget_ages()
                live.meter = Meter()
                live.go_on(time.perf_counter() + options.live_s)
                ages = output.ages
            finally:
                process.kill()
                process.wait()
    if ages is None or not len(ages):
        raise BenchmarkError("the browser drew nothing; is it the machine's first start of it? run it again")
    window = live.meter.whole().latency
    p95_ms = 1000 * ages.quantile_s(0.95)
    return {
        "frames": float(len(ages)),
        "p50_ms": round(1000 * ages.quantile_s(0.5), 1),
        "p95_ms": round(p95_ms, 1),
        "window_p95_ms": round(window.p95_ms, 1),
        "above_window_p95_ms": round(p95_ms - window.p95_ms, 1),
    }


def _nothing(line: str) -> None:
    """Lines that a terminal would get."""
