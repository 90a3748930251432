"""Writing an mp4 as it happens: H.264 with the true time of every picture, whole or not there at all."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import av.error
import cv2
import numpy as np

from pose.types import Image
from stream.errors import StreamError
from stream.sound import ClipSound

TICKS_PER_S = 90_000
"""Time base of the file: exact for all usual rates, and 0.01 ms for any other time."""
PRESET = "ultrafast"
"""x264's preset. On a 1280x480 picture of the app, one core: ultrafast 1.5 ms, superfast 3.3, veryfast 5.0, faster 9;
the file is four times that of veryfast, but the whole job runs on two cores and a picture may cost 17 ms in all."""
CRF = 23
"""x264's quality; 18 to 28 is its usual range, less is better."""
BT_601, LIMITED_RANGE = 6, 1
"""FFmpeg's numbers for the colours that OpenCV makes, so that players show them unchanged."""


class VideoWriter:
    """An mp4 that grows under `NAME.partial` beside its place and is renamed into it by `close`.

    Use it in a `with` statement: also when an error or Ctrl-C ends the block, what was written becomes a whole file.
    Where nothing was written, no file appears.

    Parameters
    ----------
    path : Path
        Where the file goes; its folder is made, and a file of that name is replaced when the new one is whole.
    width, height : int
        Size of the pictures. An odd side gets one more row or column, a copy of the last, because H.264 stores colour
        for 2 x 2 pixels.
    fps : float, optional
        The nominal rate: how long the last picture is shown. The times given to `write` alone decide all others.
    start_s : float, optional
        The time that becomes 0 in the file; by default that of the first picture.
    sound : ClipSound, optional
        The clip's sound, written beside the pictures that come from it; closed with the file.

    Raises
    ------
    StreamError
        Where the file cannot be written (no room, no permission); nothing is left behind then.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        *,
        fps: float | None = None,
        start_s: float | None = None,
        sound: ClipSound | None = None,
    ) -> None:
        if width < 1 or height < 1:
            raise ValueError(f"a picture of {width} x {height} cannot be written")
        self.path = path
        self.width, self.height = width, height
        self.frames = 0
        self._start_s = start_s
        self._sound = sound
        self._last_tick = -1
        self._duration = round(TICKS_PER_S / (fps or 30.0))
        self._partial = path.with_name(path.name + ".partial")
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container = av.open(str(self._partial), "w", format="mp4", options={"movflags": "faststart"})
        except (OSError, av.error.FFmpegError) as error:
            raise self._failure(error) from error
        try:
            self._stream = self._container.add_stream("libx264", rate=Fraction(fps or 30.0).limit_denominator(1001))
            self._configure()
            if sound is not None:
                sound.join(self._container)
            self._container.start_encoding()  # makes the file, so that a folder without permission is noticed here
        except (OSError, av.error.FFmpegError) as error:
            self._abandon()
            raise self._failure(error) from error

    def write(self, image: Image, time_s: float) -> None:
        """Add a picture, BGR (height, width, 3), shown from `time_s` until the next one.

        A time that is not later than that of the last picture is taken as the next tick of the file's clock.
        """
        if image.shape[:2] != (self.height, self.width):
            size = f"{image.shape[1]} x {image.shape[0]}"
            raise ValueError(f"{self.path} takes pictures of {self.width} x {self.height}, not {size}")
        if self._closed:
            raise ValueError(f"{self.path} is closed")
        if self._start_s is None:
            self._start_s = time_s
        if self._sound is not None and self.frames == 0:
            self._sound.begin(self._start_s)
        tick = max(round((time_s - self._start_s) * TICKS_PER_S), self._last_tick + 1)
        frame = self._frame(image)
        frame.pts = self._last_tick = tick
        frame.duration = self._duration
        try:
            for packet in self._stream.encode(frame):
                self._container.mux(packet)
            if self._sound is not None:
                self._sound.advance(time_s)
        except (OSError, av.error.FFmpegError) as error:
            self._abandon()
            raise self._failure(error) from error
        self.frames += 1

    def close(self) -> None:
        """Finish the file and put it into its place; may be called twice."""
        if self._closed:
            return
        if self.frames == 0:
            self._abandon()
            return
        self._closed = True
        try:
            for packet in self._stream.encode(None):
                self._container.mux(packet)
            if self._sound is not None and self._start_s is not None:
                self._sound.finish(self._start_s + (self._last_tick + self._duration) / TICKS_PER_S)
                self._sound.close()
            self._container.close()
            self._partial.replace(self.path)
        except (OSError, av.error.FFmpegError) as error:
            self._abandon()
            raise self._failure(error) from error

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _configure(self) -> None:
        codec = self._stream.codec_context
        codec.width, codec.height = self.width + self.width % 2, self.height + self.height % 2
        codec.pix_fmt = "yuv420p"
        codec.options = {"preset": PRESET, "crf": str(CRF)}
        codec.time_base = Fraction(1, TICKS_PER_S)
        codec.thread_count = 1  # a second one only spreads the work, and the app keeps both cores busy
        codec.colorspace, codec.color_range = BT_601, LIMITED_RANGE

    def _frame(self, image: Image) -> av.VideoFrame:
        """A picture for the encoder. OpenCV converts six times as fast as swscale."""
        if self.width % 2 or self.height % 2:
            border = cv2.copyMakeBorder(image, 0, self.height % 2, 0, self.width % 2, cv2.BORDER_REPLICATE)
            image = np.asarray(border, np.uint8)
        yuv = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
        frame = av.VideoFrame.from_ndarray(yuv, format="yuv420p")
        frame.time_base = Fraction(1, TICKS_PER_S)
        return frame

    def _abandon(self) -> None:
        """Close what can be closed and leave nothing behind."""
        self._closed = True
        if self._sound is not None:
            self._sound.close()
        with contextlib.suppress(OSError, av.error.FFmpegError):
            self._container.close()
        with contextlib.suppress(OSError):
            self._partial.unlink(missing_ok=True)

    def _failure(self, error: Exception) -> StreamError:
        reason = getattr(error, "strerror", None) or str(error)
        return StreamError(f"{self.path} cannot be written: {reason}; nothing of it was kept")
