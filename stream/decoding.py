"""Decoding a video file with PyAV: presentation times, damaged pictures, and files that break off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from stream.errors import StreamError
from stream.picture import PYAV

DECODER_THREADS = 2
BACK_S = (0.0, 1.0, 4.0, 16.0)
"""How far before the place that is sought the container's index is asked, one after the other."""
NOT_VIDEO = frozenset({"tty", "concat", "concatf", "lavfi"})
"""Formats that FFmpeg plays though nobody means them: text as pictures, lists of other files, filter graphs."""
NO_TIMES_IN_THE_MIDDLE = frozenset({"mpeg", "mpegvideo", "m4v", "h264", "hevc"})
"""Formats in which not every picture has a time: FFmpeg counts on from the last one, and elsewhere after a jump."""
# A title that is not UTF-8 is no reason to refuse the pictures; since 19, PyAV knows that by itself.
ANY_METADATA: dict[str, Any] = {"metadata_errors": "replace"} if PYAV < 19 else {}


class ClipDecoder:
    """The pictures of a video file, one after the other.

    Not shared between threads.

    Attributes
    ----------
    start_s, duration_s, end_s : float or None
        What the container says of the video stream; None where it says nothing.
    fps : float or None
        Average rate.
    frame_count : int or None
        How many pictures to expect.
    damaged : int
        How many pictures could not be decoded and were left out.
    broken : str or None
        Why the file ended before its end; None where it did not (yet).

    Raises
    ------
    StreamError
        Where the file holds no video.
    """

    broken: str | None
    _held: tuple[av.VideoFrame, float] | None
    _last_s: float | None

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        self._begin()
        self._tick_s = self._stream.time_base or Fraction(1, av.time_base)
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.fps = float(rate) if rate else None
        self.start_s = float((self._stream.start_time or 0) * self._tick_s)
        self.end_s = _end_s(self._container, self._stream, self._tick_s)
        self.duration_s = None if self.end_s is None else max(0.0, self.end_s - self.start_s)
        self.frame_count = self._stream.frames or None
        if self.frame_count is None and self.fps and self.duration_s is not None:
            self.frame_count = round(self.fps * self.duration_s)
        self._durations_known = False
        self._read_until_s = self.start_s

    @property
    def read_until_s(self) -> float:
        """Where the last picture read from the file ends; also tells how far decoding has come."""
        return self._read_until_s

    def next(self) -> tuple[av.VideoFrame, float] | None:
        """The next good picture and its presentation time in seconds, never decreasing; None at the end."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        picture = next(self._pictures, None)
        if picture is None:
            return None
        if picture.pts is not None:
            time_s = float(picture.pts * self._tick_s)
        else:
            time_s = self.start_s if self._last_s is None else self._last_s + (1 / self.fps if self.fps else 0.0)
        self._last_s = time_s if self._last_s is None else max(time_s, self._last_s)
        return picture, self._last_s

    def seek(self, time_s: float) -> None:
        """Stand at a picture at or before `time_s`, or at the first one, from which on none is left out.

        A container's index may point behind the picture it is asked for (MPEG-TS has none, MP4's tells when a picture
        is decoded), so the place is tried, further back each time. Where that does not help, or nothing tells where a
        picture belongs, the file is read from its beginning.

        Raises
        ------
        StreamError
            Where the file is gone.
        """
        for back_s in BACK_S:
            if time_s - back_s <= self.start_s or self._container.format.name in NO_TIMES_IN_THE_MIDDLE:
                break
            stands_s = self._jump(time_s - back_s)
            if stands_s is None:
                break
            if stands_s <= time_s:
                return
        self._container.close()
        self._begin()

    def _jump(self, time_s: float) -> float | None:
        """Hold the first key picture from where the container's index points on; its time, None where nobody knows."""
        try:
            self._container.seek(int(time_s / self._tick_s), stream=self._stream)
        except av.error.FFmpegError:
            return None
        self._from_here(sought=True)
        key = next((picture for picture in self._pictures if picture.key_frame), None)
        if key is None or key.pts is None:
            return None
        self._last_s = float(key.pts * self._tick_s)
        self._held = key, self._last_s
        return self._last_s

    def _begin(self) -> None:
        """Stand at the beginning of the file."""
        self._container, self._stream = open_video(self.path)
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = DECODER_THREADS
        self._from_here(sought=False)

    def _from_here(self, *, sought: bool) -> None:
        """Decode from where the container stands."""
        self.broken = None
        self._sought = sought
        self._cut_off = False
        self._packets_read = 0
        self._last_s = None
        self._held = None
        self._pictures: Iterator[av.VideoFrame] = self._decode()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _decode(self) -> Iterator[av.VideoFrame]:
        """Every picture that can be decoded whole."""
        for packet in self._packets():
            try:
                pictures = self._stream.decode(packet)
            except av.error.FFmpegError:
                self.damaged += 1
                continue
            for picture in pictures:
                if picture.is_corrupt:
                    self.damaged += 1
                else:
                    yield picture

    def _packets(self) -> Iterator[Packet[VideoStream] | None]:
        """The stream's packets, then None, at which the decoder gives what it still holds."""
        try:
            for packet in self._container.demux(self._stream):
                if packet.size == 0:
                    continue  # PyAV's own mark of the end
                self._cut_off = packet.is_corrupt
                if packet.is_corrupt:
                    self.damaged += 1
                    continue
                self._packets_read += 1
                self._durations_known = bool(packet.duration)
                if packet.pts is not None:
                    self._read_until_s = max(
                        self._read_until_s, float((packet.pts + (packet.duration or 0)) * self._tick_s)
                    )
                yield packet
        except av.error.FFmpegError as error:
            self.broken = _reason(error)
        else:
            self.broken = self._missing()
        yield None

    def _missing(self) -> str | None:
        """What the container promised and the file did not hold; None where it ended as it should.

        A count of pictures is believed, but not MP4's and MOV's by itself: their edit lists may leave pictures out on
        purpose. Time is believed where two pictures are missing; where nobody says how long a picture lasts, the last
        one may last a second.
        """
        if self._cut_off:
            return "its last picture is cut off"
        missing_s = 0.0 if self.end_s is None else self.end_s - self._read_until_s
        frame_s = 1 / self.fps if self.fps else 0.0
        missing = 0 if self._sought else self._stream.frames - self._packets_read
        if missing > 0 and ("mp4" not in self._container.format.name or missing_s > 0.5 * frame_s):
            return f"{missing} of {self._stream.frames} pictures are missing"
        if missing_s > (2 * frame_s if self._durations_known else 1.0 + frame_s):
            return f"the last {missing_s:.2f} s are missing"
        return None


def open_video(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open a file and its first stream of moving pictures.

    Raises
    ------
    StreamError
        Where it cannot be read or holds no video.
    """
    container = _open(path)
    try:
        return container, _video_stream(container, path)
    except StreamError:
        container.close()
        raise


def _open(path: Path) -> InputContainer:
    """Open a container, with one line for everything that a user may hand over instead."""
    if not path.exists():
        raise StreamError(f"there is no file {path}")
    if not path.is_file():
        raise StreamError(f"{path} is not a file")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise StreamError(f"{path} cannot be read: {error.strerror}") from error
    if empty:
        raise StreamError(f"{path} is empty")
    try:
        container: InputContainer = av.open(str(path), **ANY_METADATA)
    except (av.error.FFmpegError, ValueError) as error:
        raise StreamError(f"{path} is not a video that can be read: {_reason(error)}") from error
    if NOT_VIDEO & set(container.format.name.split(",")):
        container.close()
        raise StreamError(f"{path} is not a video")
    return container


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The first stream of moving pictures; the cover of a music file is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if stream.codec_context is None:
                raise StreamError(f"{path}: this installation has no decoder for its video")
            return stream
    what = "holds sound but no video" if container.streams.audio else "holds no video"
    raise StreamError(f"{path} {what}")


def _end_s(container: InputContainer, stream: VideoStream, tick_s: Fraction) -> float | None:
    """When the video ends by the container's word; the whole container's only where no other stream can be meant."""
    if stream.duration:
        return float(((stream.start_time or 0) + stream.duration) * tick_s)
    clock = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if clock is not None:  # Matroska, which counts it from 0 and not from the first picture
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3])
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


def _reason(error: Exception) -> str:
    """FFmpeg's words for what went wrong."""
    return str(getattr(error, "strerror", None) or error)
