"""What the page costs the pipeline: with no viewer, with one and with ten, taking turns within one run.

Two cores are never equally fast for long, and a clip is not equally hard everywhere. So one pipeline runs over the clip
again and again, and every few frames another page is served, or none. How long a turn took is compared with how long
the same frames of the clip usually take, and each page with none within four turns in a row; of many such fours the
median counts.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.camera_like import CameraLike, decoded
from benchmarks.errors import BenchmarkError
from benchmarks.pipeline import PipelineOptions
from benchmarks.sending import LOCAL
from detection.detector import Detector
from pose.types import Frame, Image
from stream.item import Item
from stream.outputs.browser.output import BrowserOutput
from stream.outputs.runner import Outputs
from stream.outputs.stage import OutputStage
from stream.pipeline import Pipeline, Stage
from stream.stages import assumed_camera, stages_on

ALONE = "no page"
VIEWERS = {"0 viewers": (0, 0), "1 viewer": (1, 0), "10 viewers, 3 stalled": (7, 3)}
"""How many take what comes, and how many stall."""
TURNS = (ALONE, *VIEWERS)
RUNS = 2 * len(TURNS)
"""Over the clip, in which everybody has every part of it twice."""
SLICE, SKIPPED = 20, 6
"""Frames of a turn, and those at its beginning that were under way before."""
COME_S = 30.0
RATE_HZ = 25.0

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one page came to.

    Attributes
    ----------
    fps : float
        Frames a second.
    processor_ms : float
        Processor time a frame, of the program without its viewers.
    cost, low, high : float
        Share of its frame rate that the pipeline lost, and the 95 % interval of that median.
    """

    fps: float
    processor_ms: float
    cost: float
    low: float
    high: float


def page_costs(detector: Detector, options: PipelineOptions) -> dict[str, Cost]:
    """Run, and compare."""
    pictures = decoded(str(options.clip))
    if len(pictures) < SLICE * len(TURNS):
        raise BenchmarkError(f"{options.clip} has {len(pictures)} frames; {SLICE * len(TURNS)} are needed")
    camera = assumed_camera(options.fov_deg)
    with contextlib.ExitStack() as stack:
        pages: dict[str, OutputStage] = {}
        for name, (ready, stalled) in VIEWERS.items():
            output, port = stack.enter_context(served())
            pages[name] = OutputStage(Outputs([output], _nothing), camera)
            stack.callback(pages[name].close)
            stack.enter_context(_watching(port, ready, stalled))
            _wait_for(output, name, ready + stalled)
        stages: list[Stage] = [*stages_on(detector, options.smoothing, camera), _InTurns(pages, len(pictures))]
        clock = [
            (time.perf_counter(), time.process_time())
            for _ in stack.enter_context(Pipeline(_Repeated(pictures), stages, live=False))
        ]
    return compared(np.array(clock), len(pictures))


def turn(index: int, frames: int) -> str:
    """Whose turn a frame of the run is, of a clip of so many frames.

    >>> [turn(index, 100) for index in (0, 20, 40, 100)]
    ['no page', '0 viewers', '1 viewer', '0 viewers']
    """
    run, place = divmod(index, frames)
    return TURNS[(place // SLICE + run) % len(TURNS)]


def compared(clock: Float, frames: int) -> dict[str, Cost]:
    """What each page cost.

    Parameters
    ----------
    clock : array, shape (N, 2)
        When each frame was finished, on the clock and in processor time, seconds; N is `RUNS` runs over the clip.
    frames : int
        Of the clip.
    """
    fours = frames // SLICE // len(TURNS)
    begin = np.arange(RUNS)[:, None] * frames + np.arange(fours * len(TURNS)) * SLICE
    spent_s = (clock[begin + SLICE - 1] - clock[begin + SKIPPED - 1]) / (SLICE - SKIPPED)
    who = np.array([[TURNS.index(turn(int(index), frames)) for index in row] for row in begin])
    slowness = spent_s[..., 0] / np.median(spent_s[..., 0], axis=0)
    order = who.reshape(-1, len(TURNS)).argsort(axis=1)
    slowness = np.take_along_axis(slowness.reshape(-1, len(TURNS)), order, axis=1)
    lost = 1 - slowness[:, :1] / slowness
    return {name: _cost(lost[:, place], spent_s[who == place].mean(axis=0)) for place, name in enumerate(TURNS)}


def _cost(lost: Float, spent_s: Float) -> Cost:
    """Of the shares (K,) that were lost, and seconds a frame (2,) on the clock and of the processor."""
    draws = np.random.default_rng(0).choice(lost, (2000, len(lost)))
    low, high = np.percentile(np.median(draws, axis=1), [2.5, 97.5])
    return Cost(1 / float(spent_s[0]), 1000 * float(spent_s[1]), float(np.median(lost)), float(low), float(high))


class _InTurns:
    """Gives each frame to the page whose turn it is."""

    name = "outputs"

    def __init__(self, pages: dict[str, OutputStage], frames: int) -> None:
        self._pages, self._frames = pages, frames

    def step(self, item: Item) -> Item:
        """Offer to one page, or to none."""
        page = self._pages.get(turn(item.frame.index, self._frames))
        return item if page is None else page.step(item)


class _Repeated(CameraLike):
    """Pictures over and over, as fast as they are taken."""

    name = "a clip over and over"
    live = False

    def __init__(self, pictures: list[Image]) -> None:
        super().__init__(pictures, RATE_HZ)

    def frames(self) -> Iterator[Frame]:
        """Every picture `RUNS` times."""
        for index in range(RUNS * len(self._pictures)):
            yield Frame(self._pictures[index % len(self._pictures)], index, index / RATE_HZ)

    def captured_s(self, frame: Frame) -> float:
        """Now."""
        return time.perf_counter()


@contextlib.contextmanager
def served() -> Iterator[tuple[BrowserOutput, int]]:
    """A page on a port that is known before a pipeline opens it."""
    with socket.create_server((LOCAL, 0)) as probe:
        port = int(probe.getsockname()[1])
    output = BrowserOutput(LOCAL, port, mirror=False, tell=_nothing)
    try:
        yield output, port
    finally:
        output.close()


@contextlib.contextmanager
def _watching(port: int, ready: int, stalled: int) -> Iterator[None]:
    """Viewers in a process of their own, which try until the page is there; their work counts against us too."""
    if not ready + stalled:
        yield
        return
    command = [sys.executable, "-m", "benchmarks.viewers", str(port), str(ready), str(stalled)]
    process = subprocess.Popen(command, cwd=Path(__file__).resolve().parents[1])  # noqa: S603 - our own module
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _wait_for(output: BrowserOutput, name: str, viewers: int) -> None:
    until_s = time.perf_counter() + COME_S
    while output.viewers < viewers:
        if time.perf_counter() > until_s:
            raise BenchmarkError(f"{name}: only {output.viewers} came in {COME_S:.0f} s; was the machine too busy?")
        time.sleep(0.05)


def _nothing(line: str) -> None:
    """Lines that a terminal would get."""
