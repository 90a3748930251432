"""The synthetic actor as a source: a rendered person, for trying things without a camera and for tests with truth."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event

from pose.types import Frame
from stream.source import SourceState
from synthetic.performance import Performance

DEFAULT_SIZE = (640, 480)
DEFAULT_FPS = 30.0


class ActorSource:
    """The synthetic actor's demonstration, from its beginning to its end.

    Drawing a picture takes longer than showing it. In real time the actor therefore moves at its true speed, drawn more
    coarsely, and the pictures for which there is no time are left out; otherwise every picture is drawn.

    Parameters
    ----------
    size : tuple of int, optional
        Width and height of the picture.
    fps : float, optional
        Frames per second.
    realtime : bool
        Whether to keep up with the clock.
    """

    seekable = True
    damaged = 0

    def __init__(
        self, size: tuple[int, int] | None = None, fps: float | None = None, *, realtime: bool = False
    ) -> None:
        self.name = "actor"
        self.live = realtime
        self.width, self.height = size or DEFAULT_SIZE
        self.fps = fps or DEFAULT_FPS
        self.state = SourceState.LIVE
        self._performance = Performance("demo", 0, self.width, self.height, self.fps, samples=1 if realtime else 2)
        self.frame_count: int = self._performance.frame_count
        self.duration_s: float = self._performance.duration_s
        self._next = 0
        self._zero_s: float | None = None
        self._closed = Event()

    def frames(self) -> Iterator[Frame]:
        """Frames from where the source stands, drawn as they are asked for."""
        while (index := self._due()) < self.frame_count and not self._closed.is_set():
            self._next = index + 1
            image, _ = self._performance.render(index)
            given_s = time.perf_counter()
            yield Frame(image, index, index / self.fps)
            if self._zero_s is not None:
                self._zero_s += time.perf_counter() - given_s  # whoever pauses misses nothing
        self.state = SourceState.ENDED

    def captured_s(self, frame: Frame) -> float:
        """Now: a picture is taken when it is drawn."""
        return time.perf_counter()

    def seek(self, time_s: float) -> None:
        """Stand at the frame shown at `time_s`, at most at the last one."""
        self._next = min(max(0, round(time_s * self.fps)), self.frame_count - 1)
        self._zero_s = None
        self.state = SourceState.LIVE

    def close(self) -> None:
        """Give no more frames."""
        self._closed.set()

    def _due(self) -> int:
        """The frame to draw: the next, or in real time the one that is due, waiting for it."""
        if not self.live:
            return self._next
        now_s = time.perf_counter()
        if self._zero_s is None:
            self._zero_s = now_s - self._next / self.fps
        self._closed.wait(max(0.0, self._zero_s + self._next / self.fps - now_s))
        return max(self._next, int((now_s - self._zero_s) * self.fps))
