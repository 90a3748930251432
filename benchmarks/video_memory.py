"""Whether the memory that `file` needs grows with the length of a clip: thirty minutes beside one.

Twice: the command as it is, on a small clip that is played over and over; and the second pass and every writer by
themselves, on made detections (`benchmarks.second_pass`), which tells where memory goes and takes no network.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.errors import BenchmarkError
from export.formats import FORMATS
from pose.types import Image
from stream.sources import open_source

SHORT_S, LONG_S = 60.0, 1800.0
SIZE = (256, 192)
NET_SIZE = 96
FPS = 30
_MAIN = Path(__file__).resolve().parents[1] / "main.py"


def run(clip: Path, console: Console, arguments: tuple[str, ...] = (), long_s: float | None = None) -> dict[str, Any]:
    """Process both clips, made by playing one over and over, small; return the benchmark's JSON.

    Parameters
    ----------
    clip : Path
        What is played over and over.
    arguments : tuple of str
        Options for `file`, such as `--detector`.
    long_s : float, optional
        Length of the longer clip, seconds: half an hour unless given.
    """
    if not sys.platform.startswith("linux"):
        raise BenchmarkError("memory is measured on Linux alone")
    lengths = (SHORT_S, long_s or LONG_S)
    made = [_second_pass(round(length_s * FPS)) for length_s in lengths]
    table = Table("MB at most", *(f"{length_s / 60:g} min" for length_s in lengths), title="second pass, one person")
    for step in made[0]:
        table.add_row(step, *(f"{one[step]:.0f}" for one in made))
    console.print(table)
    peaks = []
    with tempfile.TemporaryDirectory(prefix="liftcam-") as name:
        for length_s in lengths:
            looped = looped_clip(clip, Path(name, f"{length_s:g}.mp4"), round(length_s * FPS))
            peaks.append(_peak_mb(looped, Path(name, f"{length_s:g}"), arguments))
            console.print(f"file, {length_s / 60:g} min: {peaks[-1]:.0f} MB")
    return {
        "bench": "video-memory",
        "long_s": lengths[1],
        "one_minute_mb": round(peaks[0], 1),
        "long_mb": round(peaks[1], 1),
        "ratio": round(peaks[1] / peaks[0], 3),
        "second_pass_mb": {step: [one[step] for one in made] for step in made[0]},
    }


def _second_pass(frames: int) -> dict[str, float]:
    """Peak resident memory of each step of the second pass and of every writer whose library is there, MB."""
    here = [name for name, one in FORMATS.items() if all(find_spec(module) for module in one.needs)]
    command = [sys.executable, "-m", "benchmarks.second_pass", str(frames), "1", ",".join(here)]
    done = subprocess.run(command, cwd=_MAIN.parent, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BenchmarkError(f"the second pass did not finish: {done.stderr.strip()}")
    peaks: dict[str, float] = json.loads(done.stdout.splitlines()[-1])["peak_mb"]
    return peaks


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
