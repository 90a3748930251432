"""Clips of which everything is known, made with PyAV and nothing of ours."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream

from pose.types import Image


def level(index: int) -> int:
    """The grey level of a made picture: tells the frames apart."""
    return 20 + 20 * (index % 11)


def index_of(image: Image) -> int:
    """Which picture this is, modulo 11."""
    return round((float(image.mean()) - 20) / 20)


def quarters(width: int, height: int) -> Image:
    """A picture whose corners differ: top left blue, top right green, bottom left red, bottom right white."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = (255, 0, 0)
    image[: height // 2, width // 2 :] = (0, 255, 0)
    image[height // 2 :, : width // 2] = (0, 0, 255)
    image[height // 2 :, width // 2 :] = (255, 255, 255)
    return image


def make_clip(
    path: Path,
    times_s: Sequence[float],
    *,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    image: Image | None = None,
    images: Callable[[int], Image] | None = None,
    key_every: int = 12,
    b_frames: int = 0,
    ticks_per_s: int = 90_000,
) -> Path:
    """A clip with pictures at the given times; grey by `level`, all the same `image`, or each by `images`."""
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=30))
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.codec_context.gop_size = key_every
        stream.codec_context.time_base = Fraction(1, ticks_per_s)
        if codec == "libx264":
            stream.codec_context.options = {"crf": "10", "bf": str(b_frames), "x264-params": "b-adapt=0"}
        elif b_frames:
            stream.codec_context.options = {"bf": str(b_frames)}
        for index, time_s in enumerate(times_s):
            picture = np.full((size[1], size[0], 3), level(index), np.uint8) if image is None else image
            if images is not None:
                picture = images(index)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format=pix_fmt)
            frame.time_base = Fraction(1, ticks_per_s)
            frame.pts = round(time_s * ticks_per_s)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def even_times(count: int, fps: float = 30.0) -> list[float]:
    return [index / fps for index in range(count)]


def turn_in_header(path: Path, degrees_clockwise: int) -> None:
    """Write a turn into an mp4's track header, as a telephone held upright does (ISO 14496-12, 8.3.2)."""
    one = 0x10000
    matrices = {90: (0, one, 0, -one, 0, 0), 180: (-one, 0, 0, 0, -one, 0), 270: (0, -one, 0, one, 0, 0)}
    matrix = struct.pack(">9i", *matrices[degrees_clockwise], 0, 0, 0x40000000)
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 40
    data[start : start + 36] = matrix
    path.write_bytes(data)
