"""Sources and stages that do exactly what a test tells them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from pose.types import Frame
from stream.item import Item
from stream.source import SourceState


def picture(index: int) -> Frame:
    return Frame(np.full((4, 6, 3), index % 256, np.uint8), index, index / 30)


class MadeSource:
    """Frames out of nothing; counts how many it gave."""

    name = "made"
    width, height, fps = 6, 4, 30.0
    state = SourceState.LIVE
    damaged = 0
    duration_s: float | None = None

    def __init__(
        self,
        count: int | None = None,
        *,
        live: bool = False,
        seekable: bool | None = None,
        every_s: float = 0.0,
        error: Exception | None = None,
    ) -> None:
        self.frame_count = count
        self.live = live
        self.seekable = not live if seekable is None else seekable
        self.given = 0
        self.closed = threading.Event()
        self._at = 0
        self._every_s = every_s
        self._error = error

    def frames(self) -> Iterator[Frame]:
        while self.frame_count is None or self._at < self.frame_count:
            if self.closed.wait(self._every_s):
                return
            frame = picture(self._at)
            self._at += 1
            self.given += 1
            yield frame
        if self._error is not None:
            raise self._error

    def captured_s(self, frame: Frame) -> float:
        return time.perf_counter()

    def seek(self, time_s: float) -> None:
        self._at = round(time_s * 30)

    def close(self) -> None:
        self.closed.set()


class FunctionStage:
    """A stage that calls a function on every item and remembers what happened to it."""

    def __init__(self, name: str, function: Callable[[Item], Item] = lambda item: item) -> None:
        self.name = name
        self._function = function
        self.seen: list[int] = []
        self.resets = 0
        self.closed_in: str | None = None

    def step(self, item: Item) -> Item:
        self.seen.append(item.frame.index)
        return self._function(item)

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed_in = threading.current_thread().name


class StuckStage:
    """A stage that waits for ever for something that never comes, unless it is told to give up."""

    name = "stuck"

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._give_up = threading.Event()

    def step(self, item: Item) -> Item:
        self.entered.set()
        self._give_up.wait()
        return item

    def interrupt(self) -> None:
        self._give_up.set()


class StubbornStage:
    """A stage that cannot be interrupted: it sleeps as long as a call into a library would."""

    name = "stubborn"

    def __init__(self, seconds: float) -> None:
        self.entered = threading.Event()
        self._seconds = seconds

    def step(self, item: Item) -> Item:
        self.entered.set()
        time.sleep(self._seconds)
        return item


def threads_of_ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("liftcam-")]
