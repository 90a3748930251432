"""The whole job beside MediaPipe Pose alone, in one run: frames a second, and capture to display at a camera's rate."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.camera_like import CameraLike, decoded
from benchmarks.errors import BenchmarkError
from detection.detector import Detector
from pose.types import Image, People
from render.orbit import OrbitCamera
from render.renderer import Renderer
from render.view import Status, View, ViewOptions
from stream.item import Item
from stream.meter import Meter
from stream.pipeline import Pipeline, Stage
from stream.sources import open_source
from stream.stages import assumed_camera, stages_on

ROUNDS = 3
CAMERA_FPS = 30.0
LIVE_S = 10.0
WINDOW = (1280, 720)
DISPLAY = "display"


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """What is measured.

    Attributes
    ----------
    clip : Path
        A clip of one person.
    smoothing, fov_deg : float
        As on the command line.
    live_s : float
        Length of the live part in seconds.
    """

    clip: Path
    smoothing: float
    fov_deg: float
    live_s: float = LIVE_S


def run(detector: Detector, options: PipelineOptions, console: Console) -> dict[str, Any]:
    """Measure, and return the benchmark's JSON.

    The whole job is decode, detect, track, smooth and lift, every frame, headless; MediaPipe gets its frames decoded
    already. Both take turns, so that a noisy machine is noisy for both, and the median round counts. The live part
    shows the pictures at a camera's 30 a second in the window's renderer.
    """
    frames = decoded(str(options.clip))
    ours, theirs, found = [], [], 0.0
    for _ in range(ROUNDS):
        fps, found = _whole_job(detector, options)
        ours.append(fps)
        theirs.append(_mediapipe_alone(frames))
    live = LiveRun(detector, options, frames)
    with contextlib.closing(live):
        live.go_on(until_s=time.perf_counter() + options.live_s)
    reading = live.meter.whole()
    fps, mediapipe_fps = float(np.median(ours)), float(np.median(theirs))
    table = Table("", "frames a second", "ms a frame")
    table.add_row(f"LiftCam, whole job ({detector.name})", f"{fps:.1f}", f"{1000 / fps:.1f}")
    table.add_row("MediaPipe Pose alone", f"{mediapipe_fps:.1f}", f"{1000 / mediapipe_fps:.1f}")
    console.print(table)
    return {
        "bench": "pipeline",
        "detector": f"{detector.name}, {detector.engine}",
        "frames": len(frames),
        "frames_with_somebody": round(found, 4),
        "fps": round(fps, 2),
        "mediapipe_fps": round(mediapipe_fps, 2),
        "ratio": round(fps / mediapipe_fps, 3),
        "latency_ms": {"p50": round(reading.latency.p50_ms, 2), "p95": round(reading.latency.p95_ms, 2)},
        "live_fps": round(reading.fps, 2),
        "live_drops": live.pipeline.dropped,
        "stages_ms": {
            name: {"p50": round(one.p50_ms, 2), "p95": round(one.p95_ms, 2)} for name, one in reading.stages.items()
        },
    }


def _whole_job(detector: Detector, options: PipelineOptions) -> tuple[float, float]:
    """Frames a second over the clip, opening and the last frame included, and the share of frames with somebody."""
    frames = seen = 0
    began_s = time.perf_counter()
    source = open_source(str(options.clip))
    with Pipeline(
        source, stages_on(detector, options.smoothing, assumed_camera(options.fov_deg)), live=False
    ) as pipeline:
        for item in pipeline:
            frames += 1
            seen += bool(item.people is not None and len(item.people))
    return frames / (time.perf_counter() - began_s), seen / max(frames, 1)


def _mediapipe_alone(frames: list[Image]) -> float:
    """Frames a second of MediaPipe Pose (BlazePose full), without decoding, tracking or lifting."""
    from detection.blazepose import BlazePoseDetector
    from detection.errors import DetectionError

    try:
        detector = BlazePoseDetector()
    except DetectionError as error:
        raise BenchmarkError(f"this benchmark compares with MediaPipe: {error}") from error
    try:
        detector.detect(frames[0])
        began_s = time.perf_counter()
        for image in frames:
            detector.detect(image)
        return len(frames) / (time.perf_counter() - began_s)
    finally:
        detector.close()


class LiveRun:
    """Pictures that come like a camera's through the whole app, drawing included.

    Attributes
    ----------
    meter : Meter
        Has read every frame that was drawn.
    pipeline : Pipeline
        Its `dropped` counts frames that a newer one replaced.
    """

    def __init__(
        self, detector: Detector, options: PipelineOptions, pictures: list[Image], more: Sequence[Stage] = ()
    ) -> None:
        self.meter = Meter()
        source = CameraLike(pictures, CAMERA_FPS)
        stages = stages_on(detector, options.smoothing, assumed_camera(options.fov_deg))
        self.pipeline = Pipeline(source, [*stages, *more], live=True)
        self._engine = detector.name
        self._renderer = Renderer(*WINDOW)
        self._camera, self._view_options = OrbitCamera(), ViewOptions(mirror=True)

    def go_on(self, until_s: float) -> None:
        """Show what comes until a moment of `time.perf_counter`."""
        while time.perf_counter() < until_s:
            item = self.pipeline.latest(0.02)
            if item is not None:
                self.meter.add(self._drawn(item))

    def close(self) -> None:
        """Stop the pipeline."""
        self.pipeline.close()

    def _drawn(self, item: Item) -> Item:
        began_s = time.perf_counter()
        reading = self.meter.recent(began_s)
        status = Status(fps=reading.fps, latency_p95_ms=reading.latency.p95_ms, engine=self._engine)
        people = item.people if item.people is not None else People.nobody()
        self._renderer.draw(View(item.frame, people, status), self._view_options, self._camera)
        return item.with_passage(DISPLAY, began_s, time.perf_counter())
