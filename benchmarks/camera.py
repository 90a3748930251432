"""Milliseconds a stage on the user's own camera."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.errors import BenchmarkError
from detection.detector import Detector
from stream.meter import Meter
from stream.pipeline import Pipeline
from stream.source import SourceOptions
from stream.sources import open_source
from stream.stages import assumed_camera, stages_on

DEFAULT_S = 10.0
_SIZE = (1280, 720)


def run(
    detector: Detector, source_name: str, smoothing: float, fov_deg: float, seconds: float, console: Console
) -> dict[str, Any]:
    """Run the pipeline on a camera or an address for `seconds`, and return the times of its stages as JSON."""
    source = open_source(source_name, SourceOptions(size=_SIZE, realtime=True))
    meter = Meter()
    with Pipeline(source, stages_on(detector, smoothing, assumed_camera(fov_deg)), live=True) as pipeline:
        began_s = time.perf_counter()
        while not pipeline.ended and time.perf_counter() - began_s < seconds:
            item = pipeline.latest(0.05)
            if item is not None:
                meter.add(item)
        drops = pipeline.dropped
    whole = meter.whole()
    if not whole.items:
        raise BenchmarkError(f"{source.name} gave no picture in {seconds:.0f} s")
    table = Table("stage", "p50 ms", "p95 ms")
    for name, spread in (*whole.stages.items(), ("capture to lifted", whole.latency)):
        table.add_row(name, f"{spread.p50_ms:.1f}", f"{spread.p95_ms:.1f}")
    console.print(table)
    return {
        "bench": "camera",
        "source": source.name,
        "width": source.width,
        "height": source.height,
        "frames": whole.items,
        "fps": round(whole.fps, 2),
        "drops": drops,
        "latency_ms": {"p50": round(whole.latency.p50_ms, 2), "p95": round(whole.latency.p95_ms, 2)},
        "stages_ms": {
            name: {"p50": round(one.p50_ms, 2), "p95": round(one.p95_ms, 2)} for name, one in whole.stages.items()
        },
    }
