"""Whether resident memory grows while the app runs: the whole job, live, on the bundled clip over and over."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.camera_like import decoded
from benchmarks.errors import BenchmarkError
from benchmarks.pipeline import LiveRun, PipelineOptions
from detection.detector import Detector

WARM_UP_S = 60.0
SAMPLE_S = 10.0
DEFAULT_S = 600.0


def run(detector: Detector, options: PipelineOptions, seconds: float, console: Console) -> dict[str, Any]:
    """Run for `seconds`, and return the growth of resident memory after the first minute as the benchmark's JSON."""
    if seconds < WARM_UP_S + 2 * SAMPLE_S:
        raise BenchmarkError(f"memory needs at least {WARM_UP_S + 2 * SAMPLE_S:.0f} seconds: one minute is to warm up")
    live = LiveRun(detector, options, decoded(str(options.clip)))
    samples: list[tuple[float, float]] = []
    with contextlib.closing(live):
        began_s = time.perf_counter()
        while (passed_s := time.perf_counter() - began_s) < seconds:
            live.go_on(until_s=began_s + min(seconds, passed_s + SAMPLE_S))
            samples.append((time.perf_counter() - began_s, resident_mb()))
            console.print(f"{samples[-1][0]:6.0f} s  {samples[-1][1]:.1f} MB")
    warm = next(mb for at_s, mb in samples if at_s >= WARM_UP_S)
    last = max(mb for at_s, mb in samples if at_s >= seconds - 3 * SAMPLE_S)
    return {
        "bench": "memory",
        "seconds": round(samples[-1][0], 1),
        "frames": live.meter.whole().items,
        "after_first_minute_mb": round(warm, 1),
        "at_the_end_mb": round(last, 1),
        "growth_percent": round(100 * (last / warm - 1), 2),
    }


def resident_mb() -> float:
    """Resident memory of this process, MB (10^6 bytes); Linux alone says it without a further package."""
    if not sys.platform.startswith("linux"):
        raise BenchmarkError("memory is measured on Linux alone")
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
