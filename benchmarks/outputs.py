"""What the page costs the pipeline, how late data outputs are, and how old pictures are in a browser."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.camera_like import decoded
from benchmarks.errors import BenchmarkError
from benchmarks.page_cost import Cost, page_costs, served
from benchmarks.pipeline import LiveRun, PipelineOptions
from benchmarks.sending import DELAY_S, LOCAL, delays
from detection.detector import Detector
from stream.meter import Meter
from stream.outputs.runner import Outputs
from stream.outputs.stage import OutputStage
from stream.stages import assumed_camera

WARM_UP_S = 4.0
"""Until the browser has started and draws; then a fresh meter for the window."""
TARGETS = {"0 viewers": 0.02, "1 viewer": 0.08, "10 viewers, 3 stalled": 0.15}
DELAY_TARGET_MS, BROWSER_TARGET_MS = 2.0, 60.0


def run(detector: Detector, options: PipelineOptions, seconds: float | None, console: Console) -> dict[str, Any]:
    """Measure, and return the benchmark's JSON.

    The cost is that of the page: the whole job on every frame of the clip as fast as it goes, with a page and without,
    taking turns (`page_cost.py`). Viewers run in processes of their own on the same machine, so that their work counts
    against us too. Delays are from lifted to sent at 60 results a second, into real receivers. In a browser and in the
    window the same pictures are shown at a camera's rate at the same time.
    """
    costs = page_costs(detector, options)
    _print(costs, console)
    console.print(f"lifted to sent, p95 to be at most {DELAY_TARGET_MS:g} ms:")
    data = delays(seconds or DELAY_S, console)
    page = _page_age(detector, options)
    console.print(
        f"capture to pixels p95: in Chromium {page['p95_ms']} ms, in the window {page['window_p95_ms']} ms: "
        f"{page['above_window_p95_ms']} ms above it, to be at most {BROWSER_TARGET_MS:g}"
    )
    return {
        "bench": "outputs",
        "page_cost": {
            name: {key: round(value, 4) for key, value in asdict(one).items()} for name, one in costs.items()
        },
        "data": data,
        "browser": page,
    }


def _print(costs: dict[str, Cost], console: Console) -> None:
    table = Table("page", "frames a second", "processor ms a frame", "cost", "95 % interval", "at most")
    for name, one in costs.items():
        told = ("", "", "")
        if name in TARGETS:
            between = f"{100 * one.low:.1f} to {100 * one.high:.1f} %"
            told = (f"{100 * one.cost:.1f} %", between, f"{100 * TARGETS[name]:.0f} %")
        table.add_row(name, f"{one.fps:.1f}", f"{one.processor_ms:.1f}", *told)
    console.print(table)


def _page_age(detector: Detector, options: PipelineOptions) -> dict[str, float]:
    """Capture to pixels in a real browser and in the window, at the same time, at a camera's rate."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise BenchmarkError("the delay in a browser needs chromium or chrome on the PATH")
    pictures = decoded(str(options.clip))
    with served() as (output, port), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
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
