"""A 720p clip of one person in two passes, every frame, to a pose file; beside MediaPipe Pose on the same clip."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.errors import BenchmarkError
from detection.detector import Detector
from export.poses import save_poses
from stream.clip import RefineOptions, look, refine
from stream.recording import VideoWriter
from stream.sources import open_source
from stream.stages import assumed_camera

ROUNDS = 3
FPS = 30.0
SIZE = (1280, 720)
SECONDS = 20.0
ALONE = 68
"""So many frames of the bundled clip show one person alone."""


@dataclass(frozen=True, slots=True)
class VideoOptions:
    """What is measured.

    Attributes
    ----------
    clip : Path
        Shown at 1280x720 and 30 frames a second: the bundled clip, as far as one person is alone in it, again and
        again; or any other as it is.
    made : bool
        Whether `clip` is the bundled one.
    fov_deg : float
    seconds : float
        Length of the clip that is made.
    """

    clip: Path
    made: bool
    fov_deg: float
    seconds: float = SECONDS


def run(detectors: Sequence[Detector], options: VideoOptions, console: Console) -> dict[str, Any]:
    """Measure, and return the benchmark's JSON.

    Both read the file, decode it and look at every frame; they take turns, and the median round counts. Ours then does
    all of the second pass and writes `poses.npz`; MediaPipe's result is one person in 2D and is thrown away.
    """
    with TemporaryDirectory() as folder:
        clip = options.clip
        if options.made:
            clip = Path(folder) / "clip720.mp4"
            make_720p(options.clip, clip, round(options.seconds * FPS))
        ours: list[tuple[float, float]] = []
        theirs = []
        frames = 0
        for _ in range(ROUNDS):
            first_s, second_s, frames = two_passes(detectors, clip, Path(folder) / "poses.npz", options.fov_deg)
            ours.append((first_s, second_s))
            theirs.append(mediapipe_seconds(clip))
        duration_s = _duration_s(clip)
    total = [first + second for first, second in ours]
    first_s, second_s = ours[int(np.argsort(total)[len(total) // 2])]
    seconds, mediapipe_s = first_s + second_s, float(np.median(theirs))
    table = Table("", "frames a second", "x real time")
    table.add_row(
        f"LiftCam, two passes ({detectors[0].name})", f"{frames / seconds:.1f}", f"{duration_s / seconds:.2f}"
    )
    table.add_row("MediaPipe Pose, 2D", f"{frames / mediapipe_s:.1f}", f"{duration_s / mediapipe_s:.2f}")
    console.print(table)
    return {
        "bench": "video",
        "detector": f"{detectors[0].name}, {detectors[0].engine}, {len(detectors)} at once",
        "frames": frames,
        "fps": round(frames / seconds, 2),
        "real_time": round(duration_s / seconds, 3),
        "first_pass_s": round(first_s, 2),
        "second_pass_s": round(second_s, 2),
        "mediapipe_fps": round(frames / mediapipe_s, 2),
        "ratio": round(mediapipe_s / seconds, 3),
    }


def make_720p(source_path: Path, path: Path, frames: int) -> None:
    """Write so many frames of a clip at 1280x720 and 30 a second, bars at the sides, forwards and backwards in turn."""
    source = open_source(str(source_path))
    try:
        pictures = [frame.image for _, frame in zip(range(ALONE), source.frames(), strict=False)]
    finally:
        source.close()
    there_and_back = [*range(len(pictures)), *range(len(pictures) - 2, 0, -1)]
    with VideoWriter(path, *SIZE, fps=FPS) as writer:
        for number in range(frames):
            picture = pictures[there_and_back[number % len(there_and_back)]]
            scale = min(SIZE[0] / picture.shape[1], SIZE[1] / picture.shape[0])
            inner = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
            top, left = (SIZE[1] - inner.shape[0]) // 2, (SIZE[0] - inner.shape[1]) // 2
            image[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
            writer.write(image, number / FPS)


def two_passes(detectors: Sequence[Detector], clip: Path, poses: Path, fov_deg: float) -> tuple[float, float, int]:
    """Seconds of the first pass, seconds of the second with the file, and frames."""
    began_s = time.perf_counter()
    looked = look(open_source(str(clip)), detectors)
    between_s = time.perf_counter()
    refined = refine(looked, RefineOptions(assumed_camera(fov_deg)))
    save_poses(refined.poses, poses, "bench")
    return between_s - began_s, time.perf_counter() - between_s, looked.detections.frames


def mediapipe_seconds(clip: Path) -> float:
    """Seconds that MediaPipe Pose (BlazePose full) takes for a file, decoded by the same reader."""
    from detection.blazepose import BlazePoseDetector
    from detection.errors import DetectionError

    try:
        detector = BlazePoseDetector()
    except DetectionError as error:
        raise BenchmarkError(f"this benchmark compares with MediaPipe: {error}") from error
    source = open_source(str(clip))
    try:
        detector.detect(np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
        began_s = time.perf_counter()
        for frame in source.frames():
            detector.detect(frame.image)
        return time.perf_counter() - began_s
    finally:
        source.close()
        detector.close()


def _duration_s(clip: Path) -> float:
    source = open_source(str(clip))
    try:
        return source.duration_s or 0.0
    finally:
        source.close()
