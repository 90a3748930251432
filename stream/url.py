"""A stream of the network: RTSP, HTTP (MJPEG, HLS, files) and whatever else FFmpeg opens."""

from __future__ import annotations

import errno
import re
import time
from urllib.parse import urlsplit, urlunsplit

import av
import av.error
from av.container import InputContainer

from stream.child import Reporter
from stream.errors import StreamError
from stream.live import CONNECT_S, FREEZE_S, LiveSource, Reader
from stream.picture import to_bgr

_URL = re.compile(r"(https?|rtsps?|rtmps?|udp|tcp|srt|rtp)://", re.IGNORECASE)
# Not "fflags nobuffer": it throws away the pictures by which the stream was recognised, the first key picture too.
_LOW_DELAY = {"flags": "low_delay", "analyzeduration": "1000000", "fpsprobesize": "0"}


def is_url(spec: str) -> bool:
    """Whether a source is named by an address on the network.

    >>> is_url("rtsp://10.0.0.7/stream"), is_url("C:/clips/squat.mp4")
    (True, False)
    """
    return _URL.match(spec) is not None


def without_password(url: str) -> str:
    """The address as it may be shown.

    >>> without_password("rtsp://me:secret@10.0.0.7:554/live")
    'rtsp://10.0.0.7:554/live'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def open_url(url: str, *, connect_s: float = CONNECT_S, freeze_s: float = FREEZE_S) -> LiveSource:
    """Connect to a stream; StreamError where that fails. See `LiveSource` for what happens afterwards."""
    arguments = {"url": url, "connect_s": connect_s, "freeze_s": freeze_s}
    return LiveSource(without_password(url), Reader("stream.url:read_url", arguments))


def read_url(reporter: Reporter, url: str, connect_s: float, freeze_s: float) -> None:
    """Read a stream in the other process and report every picture."""
    shown = without_password(url)
    options = dict(_LOW_DELAY)
    if url.lower().startswith("rtsp"):
        options["rtsp_transport"] = "tcp"
    try:
        with reporter.waiting(connect_s, f"{shown} did not answer within {connect_s:g} s"):
            container = av.open(url, options=options)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise StreamError(f"{shown} cannot be opened: {_reason(error)}") from error
    try:
        _report_pictures(reporter, container, shown, freeze_s)
    except (av.error.FFmpegError, OSError) as error:
        raise StreamError(f"{shown} broke off: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if getattr(error, "errno", None) == errno.EIO:
        return "the address cannot be found or does not answer"  # FFmpeg's word for a name that nobody knows
    return str(getattr(error, "strerror", None) or error)


def _report_pictures(reporter: Reporter, container: InputContainer, shown: str, freeze_s: float) -> None:
    if not container.streams.video:
        raise StreamError(f"{shown} holds no video")
    stream = container.streams.video[0]
    stream.thread_type = "SLICE"  # decoding several pictures at once would hold each of them back
    recorded = container.duration is not None
    reporter.opened(float(stream.average_rate) if stream.average_rate else None)
    pictures = container.decode(stream)
    zero_s: float | None = None
    while True:
        with reporter.waiting(freeze_s, f"{shown} gave no picture for {freeze_s:g} s"):
            picture = next(pictures, None)
        if picture is None:
            break
        if recorded and picture.time is not None:
            # A recording comes as fast as the network gives it; show it at its own speed.
            zero_s = time.monotonic() - picture.time if zero_s is None else zero_s
            time.sleep(max(0.0, zero_s + picture.time - time.monotonic()))
        reporter.frame(to_bgr(picture), time.perf_counter())
    if recorded:
        reporter.ended()
    else:
        reporter.failed(f"{shown} ended")
