"""A part of a recording, turned, cropped and thinned out, as a source."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator

import cv2
import numpy as np

from pose.camera import CameraModel, Intrinsics
from pose.errors import ExitCode
from pose.types import Frame, Image
from stream.edit_options import EditOptions
from stream.errors import StreamError
from stream.source import Source, SourceState

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_ROUNDING = 1e-6
"""Of a frame: what arithmetic may add to a number of frames that is whole."""


class EditedSource:
    """The frames of a recorded source that were asked for; they keep their times and their numbers in the source.

    The first frame given is the first one at or after `start_s`, found by seeking; the last one is the last before
    `end_s`. With `every`, frames are counted from that first one, also after a jump.

    Parameters
    ----------
    source : Source
        A recorded one, not in real time, standing at its beginning; closed with this, also where it is refused here.
    edit : EditOptions
        What is asked.

    Raises
    ------
    StreamError
        Where no frame lies in the part, or the crop leaves the picture; from `frames`, where a picture of another size
        does not hold the crop, and what the source raises.
    """

    live = False
    seekable = True

    def __init__(self, source: Source, edit: EditOptions) -> None:
        self._source = source
        self._edit = edit
        self._start_s = -math.inf if edit.start_s is None else edit.start_s
        self._end_s = math.inf if edit.end_s is None else edit.end_s
        self._first: Frame | None = None
        self._waiting: Frame | None = None
        self._ended = False
        self.name = source.name
        try:
            upright = (source.height, source.width) if edit.rotate_deg % 180 else (source.width, source.height)
            edit.check_crop(*upright, self.name)
            self.whole = (source.width, source.height)
            self.width, self.height = upright if edit.crop_px is None else edit.crop_px[2:]
            begin_s = self._stand_at_start()
        except StreamError as error:
            source.close()
            raise StreamError(str(error)) from error  # nothing was read, so nothing was read in part
        except BaseException:
            source.close()
            raise
        self.fps = None if source.fps is None else source.fps / edit.every
        self.duration_s, self.frame_count = self._extent(begin_s)
        self._begin_s = max(begin_s, self._start_s)

    @property
    def _counted_from(self) -> int | None:
        """Number of the frame from which every n-th is taken."""
        first = None if self._first is None else self._first.index
        return first if self._edit.count_from is None else self._edit.count_from

    @property
    def state(self) -> SourceState:
        """What it is doing now."""
        return SourceState.ENDED if self._ended else self._source.state

    @property
    def damaged(self) -> int:
        """How many frames could not be decoded and were left out."""
        return self._source.damaged

    def frames(self) -> Iterator[Frame]:
        """Frames from where the source stands."""
        while (selected := self._next()) is not None:
            yield self._edited(selected)

    def captured_s(self, frame: Frame) -> float:
        """As the source says it."""
        return self._source.captured_s(frame)

    def seek(self, time_s: float) -> None:
        """Stand at the first frame of the part at or after `time_s`, at most at the last one."""
        target_s = min(max(time_s, self._begin_s), self._end_s)
        self._waiting = self._seek_source(target_s)
        back_s = 2 * self._edit.every / (self._source.fps or 1.0)
        while self._waiting is None and target_s > self._begin_s:  # nothing comes after it: the last frame before it
            target_s = max(self._begin_s, target_s - back_s)
            back_s *= 2
            before = deque(self._from(self._seek_source(target_s)), maxlen=1)
            self._waiting = before.pop() if before else None
        self._ended = self._waiting is None

    def camera(self, width: int, height: int, camera: CameraModel) -> Intrinsics:
        """The camera of a picture given here, where `camera` tells it for the source's own pictures.

        What was cropped away still counts: the optical axis goes through the middle of the whole picture.
        """
        edit = self._edit
        if edit.crop_px is not None:
            return camera(*self.whole).turned(edit.rotate_deg).cropped(*edit.crop_px)
        sides = (height, width) if edit.rotate_deg % 180 else (width, height)
        return camera(*sides).turned(edit.rotate_deg)

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _stand_at_start(self) -> float:
        """Hold the first frame of the part; gives the time of the source's first one."""
        begin = next(self._source.frames(), None)
        if begin is not None and begin.time_s >= self._start_s:
            self._first = begin if begin.time_s < self._end_s else None
        elif begin is not None:
            self._first = self._seek_source(self._start_s)
        if begin is None or self._first is None:
            raise StreamError(f"{self.name} has no frame {self._part()}{self._where(begin)}")
        self._waiting = self._first
        return begin.time_s

    def _seek_source(self, time_s: float) -> Frame | None:
        """Seek, and take the first frame of the part from there on."""
        self._source.seek(time_s)
        self._ended = False
        return self._selected(not_before_s=time_s)

    def _from(self, frame: Frame | None) -> Iterator[Frame]:
        """A frame and all selected ones after it."""
        while frame is not None:
            yield frame
            frame = self._selected()

    def _next(self) -> Frame | None:
        frame, self._waiting = self._waiting, None
        return self._selected() if frame is None and not self._ended else frame

    def _selected(self, not_before_s: float = -math.inf) -> Frame | None:
        """The next frame of the source that is in the part and not left out by `every`."""
        earliest_s = max(not_before_s, self._start_s)
        for frame in self._source.frames():
            if frame.time_s >= self._end_s:
                break
            number = 0 if self._counted_from is None else frame.index - self._counted_from
            if frame.time_s >= earliest_s and number % self._edit.every == 0:
                return frame
        self._ended = True
        return None

    def _edited(self, frame: Frame) -> Frame:
        edit = self._edit
        if edit.rotate_deg == 0 and edit.crop_px is None:
            return frame
        turn = _TURNS.get(edit.rotate_deg)
        image = frame.image if turn is None else cv2.rotate(frame.image, turn)
        if edit.crop_px is not None:
            edit.check_crop(
                image.shape[1], image.shape[0], f"picture {frame.index} of {self.name}", ExitCode.READ_IN_PART
            )
            x, y, w, h = edit.crop_px
            image = image[y : y + h, x : x + w]
        upright: Image = np.ascontiguousarray(image, np.uint8)
        return Frame(upright, frame.index, frame.time_s)

    def _extent(self, begin_s: float) -> tuple[float | None, int | None]:
        """How long the part lasts, and how many frames to expect; None where the source does not say enough.

        The number is exact where the rate is constant.
        """
        source, edit = self._source, self._edit
        count = source.frame_count
        if edit.start_s is None and edit.end_s is None:
            return source.duration_s, None if count is None else math.ceil(count / edit.every)
        from_s = max(begin_s, self._start_s)
        if source.duration_s is None:
            return None, None
        until_s = min(begin_s + source.duration_s, self._end_s)
        duration_s = max(0.0, until_s - from_s)
        if source.fps is None:
            return duration_s, None
        first, last = (math.ceil((at_s - begin_s) * source.fps - _ROUNDING) for at_s in (from_s, until_s))
        return duration_s, max(1, math.ceil((last - first) / edit.every))

    def _part(self) -> str:
        """The part in words."""
        start_s, end_s = self._edit.start_s, self._edit.end_s
        since = "" if start_s is None else f"from {start_s:g} s on"
        until = "" if end_s is None else f"before {end_s:g} s"
        return " and ".join(filter(None, (since, until)))

    def _where(self, begin: Frame | None) -> str:
        """Where the recording lies in time, as far as it says."""
        if begin is None:
            return ""
        duration_s = self._source.duration_s
        until = "" if duration_s is None else f" and ends at {begin.time_s + duration_s:.2f} s"
        return f": it begins at {begin.time_s:.2f} s{until}"
