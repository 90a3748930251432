"""What a user may ask of a recording before it is looked at: a part of it, turned, cropped, thinned out."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from pose.errors import ExitCode
from stream.errors import StreamError

TURNS_DEG = (0, 90, 180, 270)
_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class EditOptions:
    """Which frames of a recording are given, and what is done to them.

    Attributes
    ----------
    start_s, end_s : float or None
        The part from `start_s` on and before `end_s`, in presentation times of the container.
    rotate_deg : int
        0, 90, 180 or 270 degrees clockwise, after the rotation that the metadata asks for.
    crop_px : tuple of int or None
        x, y of the top left pixel, width and height, in the picture after all turning.
    every : int
        Only every n-th frame, from the first one of the part on.
    count_from : int or None
        Number of the frame from which `every` counts instead, where this part is a piece of a larger one.

    Raises
    ------
    StreamError
        Where a value is out of range, or the part is empty.
    """

    start_s: float | None = None
    end_s: float | None = None
    rotate_deg: int = 0
    crop_px: tuple[int, int, int, int] | None = None
    every: int = 1
    count_from: int | None = None

    def __post_init__(self) -> None:
        for name, time_s in (("start", self.start_s), ("end", self.end_s)):
            if time_s is not None and not (math.isfinite(time_s) and time_s >= 0):
                raise StreamError(f"the {name} has to be a time from 0 on, not {time_s}")
        if self.end_s is not None and self.end_s <= (self.start_s or 0.0):
            raise StreamError(f"the end ({self.end_s:g} s) has to come after the start ({self.start_s or 0.0:g} s)")
        if self.rotate_deg not in TURNS_DEG:
            raise StreamError(f"pictures can be turned by 0, 90, 180 or 270 degrees, not by {self.rotate_deg}")
        if self.every < 1:
            raise StreamError(f"every {self.every}-th frame makes no sense: it takes a whole number from 1 on")
        if self.crop_px is not None and (min(self.crop_px[:2]) < 0 or min(self.crop_px[2:]) < 1):
            raise StreamError(f"{_rectangle(self.crop_px)} is no crop: x and y from 0, width and height from 1 on")

    @property
    def nothing(self) -> bool:
        """Whether the recording stays as it is."""
        return self == EditOptions()

    def check_crop(self, width: int, height: int, what: str, code: ExitCode = ExitCode.WRONG_USAGE) -> None:
        """Refuse a crop that is not inside of a picture of this size, after turning.

        Raises
        ------
        StreamError
            With the size that there is, and this exit code.
        """
        if self.crop_px is None:
            return
        x, y, w, h = self.crop_px
        if x + w > width or y + h > height:
            raise StreamError(
                f"the crop {_rectangle(self.crop_px)} leaves the picture: {what} is {width}x{height}", code
            )


def parse_time(text: str) -> float:
    """Seconds of "12.5", "00:10" (minutes and seconds) or "1:02:03.5".

    Raises
    ------
    ValueError
        Where the text is no time.

    >>> parse_time("00:10"), parse_time("1:02:03.5"), parse_time("12.5")
    (10.0, 3723.5, 12.5)
    """
    clock = _CLOCK.fullmatch(text.strip())
    if clock is None:
        raise ValueError(f"{text!r} is no time: write it as 12.5 (seconds), 00:10 or 1:02:03.5")
    hours, minutes, seconds = clock[1], clock[2], float(clock[3])
    if (minutes is not None and seconds >= 60) or (hours is not None and int(minutes) >= 60):
        raise ValueError(f"{text!r} is no time: after a colon, minutes and seconds stay below 60")
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + seconds


def parse_crop(text: str) -> tuple[int, int, int, int]:
    """x, y, width and height of "100,0,640,480", in pixels.

    Raises
    ------
    ValueError
        Where the text is no rectangle with an area.

    >>> parse_crop("100,0,640,480")
    (100, 0, 640, 480)
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError(f"{text!r} is no crop: write x,y,width,height in pixels, as 100,0,640,480")
    x, y, width, height = (int(part) for part in parts)
    if width < 1 or height < 1:
        raise ValueError(f"{text!r} is no crop: its width and height have to be 1 or more")
    return x, y, width, height


def _rectangle(crop_px: tuple[int, int, int, int]) -> str:
    return ",".join(map(str, crop_px))
