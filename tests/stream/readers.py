"""Readers of live sources that behave and misbehave on purpose; they run in the other process."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from pose.types import Image
from stream.child import Reporter
from stream.errors import StreamError


def _picture(number: int) -> Image:
    return np.full((8, 10, 3), number, np.uint8)


def steady(reporter: Reporter, every_s: float = 0.01) -> None:
    """Pictures for ever."""
    reporter.opened(30.0)
    number = 0
    while True:
        reporter.frame(_picture(number % 256), time.perf_counter())
        number += 1
        time.sleep(every_s)


def ending(reporter: Reporter, count: int) -> None:
    """A recording behind a URL."""
    reporter.opened(None)
    for number in range(count):
        reporter.frame(_picture(number), time.perf_counter())
    reporter.ended()


def refusing(reporter: Reporter, why: str) -> None:
    """There is nothing."""
    raise StreamError(why)


def faulty(reporter: Reporter) -> None:
    """A mistake of ours."""
    raise KeyError("mistake")


def hanging(reporter: Reporter, pictures: int, freeze_s: float) -> None:
    """Some pictures, then a call that never returns."""
    reporter.opened(30.0)
    for number in range(pictures):
        reporter.frame(_picture(number), time.perf_counter())
    with reporter.waiting(freeze_s, "no picture any more"):
        time.sleep(3600)


def troubled(reporter: Reporter, folder: str) -> None:
    """Breaks in another way at every attempt: dies, hangs, is away, and then runs."""
    attempt = len(list(Path(folder).iterdir()))
    (Path(folder) / str(attempt)).touch()
    if attempt == 2:
        raise StreamError("away")
    reporter.opened(30.0)
    for number in range(5):
        reporter.frame(_picture(10 * attempt + number), time.perf_counter())
    if attempt == 0:
        os._exit(7)
    if attempt == 1:
        with reporter.waiting(0.3, "frozen"):
            time.sleep(3600)
    steady(reporter)


def pid_then_hang(reporter: Reporter, path: str) -> None:
    """Tells who it is, gives one picture, and hangs without anybody watching."""
    Path(path).write_text(str(os.getpid()))
    reporter.opened(30.0)
    reporter.frame(_picture(1), time.perf_counter())
    time.sleep(3600)
