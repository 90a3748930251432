"""Whether the memory that `file` needs grows with the length of a clip: thirty minutes beside one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from rich.console import Console

from benchmarks.errors import BenchmarkError
from pose.types import Image
from stream.sources import open_source

SHORT_MIN, LONG_MIN = 1.0, 30.0
SIZE = (256, 192)
NET_SIZE = 96
FPS = 30
_MAIN = Path(__file__).resolve().parents[1] / "main.py"


def run(clip: Path, console: Console, arguments: tuple[str, ...] = ()) -> dict[str, Any]:
    """Process both clips, made by playing one over and over, small; return the benchmark's JSON.

    Parameters
    ----------
    clip : Path
        What is played over and over.
    arguments : tuple of str
        Options for `file`, such as `--detector`.
    """
    peaks: dict[float, float] = {}
    with tempfile.TemporaryDirectory(prefix="liftcam-") as name:
        for minutes in (SHORT_MIN, LONG_MIN):
            looped = looped_clip(clip, Path(name, f"{minutes:g}.mp4"), round(60 * minutes * FPS))
            peaks[minutes] = _peak_mb(looped, Path(name, f"{minutes:g}"), arguments)
            console.print(f"{minutes:4g} min  {peaks[minutes]:.0f} MB")
    return {
        "bench": "video-memory",
        "frames": round(60 * LONG_MIN * FPS),
        "one_minute_mb": round(peaks[SHORT_MIN], 1),
        "thirty_minutes_mb": round(peaks[LONG_MIN], 1),
        "ratio": round(peaks[LONG_MIN] / peaks[SHORT_MIN], 3),
    }


def looped_clip(clip: Path, path: Path, frames: int) -> Path:
    """A clip played over and over, so many frames long: encoded once, its packets repeated."""
    with av.open(str(_small(clip, path.with_suffix(".once.mp4")))) as once:
        stream = once.streams.video[0]
        packets = [packet for packet in once.demux(stream) if packet.size]
        with av.open(str(path), "w") as container:
            looped = container.add_stream_from_template(stream)
            tick_s = stream.time_base or Fraction(1, FPS)
            ticks = round(1 / FPS / tick_s)
            data = [bytes(packet) for packet in packets]
            for number in range(frames):
                place = number % len(packets)
                packet = av.Packet(data[place])
                packet.stream, packet.time_base = looped, tick_s
                packet.pts = packet.dts = number * ticks
                packet.duration, packet.is_keyframe = ticks, packets[place].is_keyframe
                container.mux(packet)
    return path


def _small(clip: Path, path: Path) -> Path:
    """The clip once, in `SIZE` and at `FPS`, without pictures out of order."""
    source = open_source(str(clip))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.options = {"preset": "ultrafast", "bf": "0"}
        try:
            for number, frame in enumerate(source.frames()):
                container.mux(stream.encode(_picture(frame.image, number)))
        finally:
            source.close()
        container.mux(stream.encode(None))
    return path


def _picture(image: Image, number: int) -> av.VideoFrame:
    small = np.asarray(cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    frame = av.VideoFrame.from_ndarray(small, format="bgr24").reformat(format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, FPS)
    return frame


def _peak_mb(clip: Path, out: Path, arguments: tuple[str, ...]) -> float:
    """Peak resident memory of `file` on a clip, MB (10^6 bytes)."""
    if not sys.platform.startswith("linux"):
        raise BenchmarkError("memory is measured on Linux alone")
    command = [sys.executable, str(_MAIN), "file", str(clip), "--no-display", "--out", str(out), *arguments]
    with subprocess.Popen(  # noqa: S603 - our own command
        [*command, "--export", "npz", "--net-size", str(NET_SIZE)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None  # noqa: S101
        said = process.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchmarkError(f"file did not finish: {said.strip()}")
    return usage.ru_maxrss * 1024 / 1e6
