"""A folder of images as a source."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import av
import av.error

from pose.types import Frame
from stream.errors import StreamError
from stream.picture import to_bgr
from stream.source import SourceState

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".pgm", ".tif", ".tiff", ".webp"})
DEFAULT_FPS = 30.0


class FolderSource:
    """The images of one folder in the order in which people number them (2 before 10).

    Every image keeps its size; a file that is no image is left out, counted in `damaged`, and leaves a gap in the
    numbers and times.

    Parameters
    ----------
    path : Path
        The folder; folders in it are not looked into.
    fps : float, optional
        How many images make a second.

    Raises
    ------
    StreamError
        Where the folder holds no image that can be read.
    """

    live = False
    seekable = True

    def __init__(self, path: Path, fps: float | None = None) -> None:
        self.name = path.name or str(path)
        self.fps = fps or DEFAULT_FPS
        self.state = SourceState.LIVE
        self.damaged = 0
        self._closed = Event()
        self._files = _images_of(path)
        self._next = 0
        first = next(self._read(), None)
        if first is None:
            raise StreamError(f"none of the {len(self._files)} images in {path} can be read")
        self.width, self.height = first.width, first.height
        self.frame_count = len(self._files)
        self.duration_s = self.frame_count / self.fps
        self._next, self.damaged = 0, 0

    def frames(self) -> Iterator[Frame]:
        """Frames from where the source stands."""
        yield from self._read()
        self.state = SourceState.ENDED

    def captured_s(self, frame: Frame) -> float:
        """Now: an image of a folder has no moment of capture."""
        return time.perf_counter()

    def seek(self, time_s: float) -> None:
        """Stand at the image shown at `time_s`, at most at the last one."""
        self._next = min(max(0, round(time_s * self.fps)), len(self._files) - 1)
        self.state = SourceState.LIVE

    def close(self) -> None:
        """Give no more frames."""
        self._closed.set()

    def _read(self) -> Iterator[Frame]:
        while self._next < len(self._files) and not self._closed.is_set():
            index = self._next
            self._next += 1
            try:
                with av.open(str(self._files[index])) as container:
                    image = to_bgr(next(container.decode(video=0)))
            except (av.error.FFmpegError, OSError, ValueError, IndexError, StopIteration):
                self.damaged += 1
                continue
            yield Frame(image, index, index / self.fps)


def _images_of(path: Path) -> list[Path]:
    try:
        files = [file for file in path.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES and file.is_file()]
    except OSError as error:
        raise StreamError(f"the folder {path} cannot be read: {error.strerror}") from error
    if not files:
        raise StreamError(f"the folder {path} holds no images ({', '.join(sorted(IMAGE_SUFFIXES))})")
    return sorted(files, key=_as_people_number)


def _as_people_number(path: Path) -> list[tuple[int, int, str]]:
    """A key that sorts the numbers in a name as numbers.

    >>> sorted([Path("a10.png"), Path("a2.png"), Path("b.png")], key=_as_people_number)[0].name
    'a2.png'
    """
    parts = re.findall(r"\d+|\D+", path.name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts]
