"""Pictures that come like those of a camera: at a fixed rate, without end, and lost when nobody takes them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event

from pose.types import Frame, Image
from stream.source import SourceState
from stream.sources import open_source


def decoded(clip: str) -> list[Image]:
    """Every picture of a clip, decoded."""
    source = open_source(clip)
    try:
        return [frame.image for frame in source.frames()]
    finally:
        source.close()


class CameraLike:
    """A source (`stream.source.Source`) that shows pictures over and over, at a camera's rate.

    Parameters
    ----------
    pictures : list of array, uint8, shape (H, W, 3)
        BGR, all of one size.
    fps : float
        Pictures a second.
    """

    name = "a clip as a camera"
    live, seekable = True, False
    frame_count, duration_s = None, None
    damaged = 0

    def __init__(self, pictures: list[Image], fps: float) -> None:
        self._pictures = pictures
        self.fps: float | None = fps
        self.height, self.width = pictures[0].shape[:2]
        self.state = SourceState.LIVE
        self._began_s = 0.0
        self._closed = Event()

    def frames(self) -> Iterator[Frame]:
        """Pictures, each at its time."""
        self._began_s = time.perf_counter()
        index = 0
        rate = float(self.fps or 30.0)
        while not self._closed.wait(max(0.0, self._began_s + index / rate - time.perf_counter())):
            yield Frame(self._pictures[index % len(self._pictures)], index, index / rate)
            index += 1

    def captured_s(self, frame: Frame) -> float:
        """When the camera took it: when it was due."""
        return self._began_s + frame.time_s

    def seek(self, time_s: float) -> None:
        """A camera cannot; nobody asks."""
        raise NotImplementedError

    def close(self) -> None:
        """End the wait for the next picture."""
        self._closed.set()
        self.state = SourceState.ENDED
