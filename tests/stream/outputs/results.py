"""Results to send in tests."""

from __future__ import annotations

import time

import numpy as np

from pose.camera import Intrinsics
from pose.types import Frame, People
from stream.outputs.output import Result


def result(index: int = 0, people: People | None = None, size: tuple[int, int] = (64, 48)) -> Result:
    """A finished frame; by default with nobody in it."""
    width, height = size
    frame = Frame(np.zeros((height, width, 3), np.uint8), index, index / 30)
    now_s = time.perf_counter()
    camera = Intrinsics.from_fov(width, height, 60.0)
    return Result(frame, people if people is not None else People.nobody(), camera, now_s, now_s, {})
