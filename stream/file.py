"""A video file as a source."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from pose.errors import ExitCode
from pose.types import Frame
from stream.counting import PictureCount
from stream.decoding import ClipDecoder
from stream.errors import StreamError
from stream.picture import to_bgr
from stream.source import SourceState


class FileSource:
    """A video file, as fast as it can be decoded.

    `time_s` of a frame is the container's presentation time, so a clip need not begin at 0; where a picture has none,
    it comes one nominal frame after the last. A picture that cannot be decoded is left out and counted in `damaged`.
    Pictures whose size changes on the way are scaled to the first one's.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    StreamError
        Here, where the file holds no picture that can be read; from `frames`, after the last good picture, with exit
        code 3, where the file breaks off.
    """

    live = False
    seekable = True

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.state = SourceState.LIVE
        self._lock = Lock()
        self._closed = False
        self._clip = ClipDecoder(path)
        self._count = PictureCount(path)
        self._size: tuple[int, int] | None = None
        self._index: int | None = -1
        self._given = 0
        try:
            first = self._decode()
            if first is None:
                why = f": {self._clip.broken}" if self._clip.broken else ""
                raise StreamError(f"{path} holds no picture that can be read{why}")
        except BaseException:
            self._clip.close()
            raise
        self.width, self.height = first.width, first.height
        self.fps = self._clip.fps
        self.frame_count = self._clip.frame_count
        self.duration_s = self._clip.duration_s
        self._waiting: Frame | None = first

    @property
    def damaged(self) -> int:
        """How many pictures could not be decoded and were left out."""
        return self._clip.damaged

    def frames(self) -> Iterator[Frame]:
        """Frames from where the source stands, in order of presentation."""
        while True:
            with self._lock:
                if self._closed:
                    return
                frame, self._waiting = self._waiting, None
                if frame is None:
                    frame = self._decode()
            if frame is None:
                break
            self._given += 1
            yield frame
        self.state = SourceState.ENDED
        if self._clip.broken:
            raise StreamError(
                f"{self._clip.path} breaks off at {self._clip.read_until_s:.2f} s after {self._given} frames "
                f"({self._clip.broken}); what was read is kept",
                ExitCode.READ_IN_PART,
            )

    def captured_s(self, frame: Frame) -> float:
        """Now: a file knows no moment of capture."""
        return time.perf_counter()

    def seek(self, time_s: float) -> None:
        """Stand at the first picture at or after `time_s`, at most at the last one.

        The index of a frame stays its number in the file, counted without decoding; where the file does not tell its
        times (AVI with pictures out of order), it is what it would be at the nominal rate. Damage that is passed on
        the way to the place is not counted.
        """
        clip = self._clip
        frame_s = 1 / clip.fps if clip.fps else 0.0
        last_s = time_s if clip.end_s is None else clip.end_s - 1.5 * frame_s
        target_s = max(min(time_s, last_s), clip.start_s)
        with self._lock:
            if self._closed:
                return
            damaged = clip.damaged
            clip.seek(target_s)
            self._index = None
            self._waiting = self._decode(not_before_s=target_s - 1e-6)
            clip.damaged = damaged
            self.state = SourceState.LIVE

    def close(self) -> None:
        """Close the file; waits for the picture that is being decoded."""
        self._closed = True
        with self._lock:
            self._clip.close()

    def _decode(self, not_before_s: float | None = None) -> Frame | None:
        """The next frame, or the first one at or after a time."""
        while (decoded := self._clip.next()) is not None:
            picture, time_s = decoded
            if not_before_s is not None and time_s < not_before_s:
                continue
            if self._size is None:
                self._size = (picture.width, picture.height)
            if self._index is None:
                self._index = self._number(picture.pts, time_s)
            else:
                self._index += 1
            return Frame(to_bgr(picture, self._size), self._index, time_s)
        return None

    def _number(self, tick: int | None, time_s: float) -> int:
        """Which picture of the file it is, from 0."""
        counted = None if tick is None else self._count.before(tick, lambda: self._closed)
        return round((time_s - self._clip.start_s) * (self._clip.fps or 0.0)) if counted is None else counted
