"""The second pass and the writers on made detections, in a process of their own: what memory each step needs at most.

    python -m benchmarks.second_pass FRAMES PEOPLE FORMATS

It prints one JSON object: the peak of resident memory in MB (10^6 bytes) by step, and the seconds each took. No network
runs, so that half an hour of several people is minutes of work: the actor's joints, to and fro, with some noise.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from detection.offline.appearance import COLOURS
from detection.offline.detections import DetectionRecorder, Detections
from export.formats import export_poses
from export.poses import save_poses
from pose.types import Frame, People
from stream.clip import Looked, RefineOptions, refine
from stream.stages import assumed_camera

TRUTH = Path(__file__).resolve().parents[1] / "synthetic" / "data" / "demo.npz"
FPS = 30.0
HEIGHT, COLUMN = 720, 500
"""Everybody has a part of the picture, so many pixels high and wide."""

_NOISE_PX, _SCORE = 1.5, 0.8


def made_detections(frames: int, people: int, seed: int = 0) -> Detections:
    """What a first pass over so many frames would find: `people` beside one another, all day, each in their colours."""
    with np.load(TRUTH) as truth:
        one = truth["xy_px"][truth["person"] == np.bincount(truth["person"]).argmax()]
    one = one - one.mean(axis=(0, 1)) + (COLUMN / 2, HEIGHT / 2)
    there_and_back = np.concatenate([one, one[-2:0:-1]])
    noise = np.random.default_rng(seed)
    picture = np.zeros((HEIGHT, COLUMN * people, 3), np.uint8)
    shirts = np.zeros((people, COLOURS), np.uint8)
    shirts[np.arange(people), 3 * np.arange(people) % COLOURS] = 255
    aside = np.stack([COLUMN * np.arange(people), np.zeros(people)], axis=-1)[:, None]  # (K, 1, 2)
    score = np.full((people, one.shape[1]), _SCORE, np.float32)
    recorder = DetectionRecorder()
    for number in range(frames):
        xy = there_and_back[(number + 50 * np.arange(people)) % len(there_and_back)] + aside
        found = People.detected((xy + noise.normal(0, _NOISE_PX, xy.shape)).astype(np.float32), score)
        recorder.add(Frame(picture, number, number / FPS), found, shirts)
    return recorder.detections()


class Peaks:
    """The most resident memory of this process from one step to the next (Linux)."""

    def __init__(self) -> None:
        self.peak_mb: dict[str, float] = {}
        self.seconds: dict[str, float] = {}
        self._began_s = time.perf_counter()

    def end(self, step: str) -> None:
        """A step is over: keep its peak, and begin anew."""
        status = Path("/proc/self/status").read_text(encoding="ascii")
        peak_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        self.peak_mb[step] = round(peak_kb * 1024 / 1e6, 1)
        self.seconds[step] = round(time.perf_counter() - self._began_s, 1)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._began_s = time.perf_counter()


def measured(frames: int, people: int, formats: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Do it all, and say what each step needed."""
    peaks = Peaks()
    looked = Looked(made_detections(frames, people), "made", FPS)
    peaks.end("made")
    last = ["follow"]

    def on_step(step: str, _done: int, _of: int | None) -> None:
        if step != last[0]:
            peaks.end(last[0])
            last[0] = step

    refined = refine(looked, RefineOptions(assumed_camera(60.0)), on_step)
    peaks.end(last[0])
    with tempfile.TemporaryDirectory(prefix="liftcam-") as name:
        save_poses(refined.poses, Path(name, "poses.npz"), "benchmark")
        peaks.end("npz")
        for one in formats:
            export_poses(refined.poses, Path(name), "made", [one], refined.export_options())
            peaks.end(one)
    return {"peak_mb": peaks.peak_mb, "seconds": peaks.seconds}


if __name__ == "__main__":
    asked = tuple(name for name in sys.argv[3].split(",") if name) if len(sys.argv) > 3 else ()
    print(json.dumps(measured(int(sys.argv[1]), int(sys.argv[2]), asked)))
