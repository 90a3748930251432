from __future__ import annotations

import time
from itertools import islice
from threading import Thread

import numpy as np
import pytest
from rich.console import Console

from benchmarks import memory
from benchmarks.camera_like import CameraLike
from benchmarks.errors import BenchmarkError
from benchmarks.pipeline import PipelineOptions
from detection.detector import Detector
from pose.types import Image, People
from tests.shared import CLIPS


def _pictures(count: int) -> list[Image]:
    return [np.full((4, 6, 3), index, np.uint8) for index in range(count)]


def test_pictures_come_over_and_over_with_the_times_of_a_camera() -> None:
    source = CameraLike(_pictures(3), fps=100.0)
    frames = list(islice(source.frames(), 7))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 1, 2, 0, 1, 2, 0]
    assert [frame.index for frame in frames] == list(range(7))
    np.testing.assert_allclose([frame.time_s for frame in frames], np.arange(7) / 100)
    assert all(source.captured_s(frame) <= time.perf_counter() for frame in frames)
    assert (source.width, source.height) == (6, 4)


def test_closing_ends_the_wait_for_the_next_picture() -> None:
    source = CameraLike(_pictures(1), fps=0.01)
    frames = source.frames()
    next(frames)
    left: list[object] = []
    thread = Thread(target=lambda: left.append(next(frames, None)))
    thread.start()
    source.close()
    thread.join(timeout=30)
    assert left == [None]


class _Nobody:
    name, engine = "nobody", "none"

    def detect(self, _: Image) -> People:
        return People.nobody()

    def close(self) -> None:
        pass


def test_memory_needs_more_than_its_warm_up() -> None:
    detector: Detector = _Nobody()
    options = PipelineOptions(CLIPS / "squat_8.mp4", 0.5, 60.0)
    with pytest.raises(BenchmarkError, match="at least 80 seconds"):
        memory.run(detector, options, 30, Console())


def test_resident_memory_is_that_of_this_process() -> None:
    before = memory.resident_mb()
    held = np.ones(20_000_000, np.float64)
    assert memory.resident_mb() - before > 100
    assert held[0] == 1
