"""A recorded source played like a camera: every frame at its time, and what nobody takes in time is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event

from pose.types import Frame
from stream.source import Source, SourceState

LATE_S = 0.25
"""A frame later than this (after a pause, a jump, or where decoding is slower than the clip) starts the clock anew."""


class RealTime:
    """Paces another source by its presentation times.

    Parameters
    ----------
    source : Source
        A recorded one; closed with this.

    Notes
    -----
    The capture moment of a frame is the moment at which it was due, so that a measured latency includes the decoding.
    """

    live = True
    seekable = True

    def __init__(self, source: Source) -> None:
        self._source = source
        self._closed = Event()
        self._zero_s: float | None = None
        self.name = source.name
        self.width, self.height = source.width, source.height
        self.fps, self.frame_count, self.duration_s = source.fps, source.frame_count, source.duration_s

    @property
    def state(self) -> SourceState:
        """What it is doing now."""
        return self._source.state

    @property
    def damaged(self) -> int:
        """How many frames could not be decoded and were left out."""
        return self._source.damaged

    def frames(self) -> Iterator[Frame]:
        """Frames from where the source stands, each at its time."""
        for frame in self._source.frames():
            now = time.perf_counter()
            if self._zero_s is None or now - (self._zero_s + frame.time_s) > LATE_S:
                self._zero_s = now - frame.time_s
            if self._closed.wait(max(0.0, self._zero_s + frame.time_s - now)):
                return
            yield frame

    def captured_s(self, frame: Frame) -> float:
        """When the frame was due."""
        return time.perf_counter() if self._zero_s is None else self._zero_s + frame.time_s

    def seek(self, time_s: float) -> None:
        """Jump; the frame there is due at once."""
        self._source.seek(time_s)
        self._zero_s = None

    def close(self) -> None:
        """Close the source; ends the wait for the next frame."""
        self._closed.set()
        self._source.close()
