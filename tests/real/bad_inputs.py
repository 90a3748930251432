"""Files that a user may hand over by mistake or bad luck, and what becomes of each."""

from __future__ import annotations

import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.video.stream import VideoStream

from pose.types import Image

POINTS = 10
"""At so many places a file is cut off."""
_CLIP = Path(__file__).resolve().parents[2] / "synthetic" / "data" / "demo.mp4"


def pictures(count: int) -> list[Image]:
    """The first pictures of the bundled clip, small."""
    with av.open(str(_CLIP)) as container:
        frames = container.decode(video=0)
        small = [next(frames).to_ndarray(format="bgr24", width=320, height=180) for _ in range(count)]
    return [np.asarray(image, np.uint8) for image in small]


def write(path: Path, images: list[Image], codec: str, pix_fmt: str, options: dict[str, str] | None = None) -> Path:
    """A clip at 10 frames a second."""
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=10))
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.codec_context.options = options or {}
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def good(path: Path, frames: int = 20) -> Path:
    return write(path, pictures(frames), "libx264", "yuv420p", {"preset": "ultrafast", "g": "5", "bf": "0"})


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("this is no video\n" * 100, encoding="utf-8")


def _no_frames(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        container.start_encoding()


def _one_frame(path: Path) -> None:
    good(path, 1)


def _8k(path: Path) -> None:
    large = np.asarray(cv2.resize(pictures(1)[0], (7680, 4320)), np.uint8)
    write(path, [large, large], "mjpeg", "yuvj420p")


def _one_pixel(path: Path) -> None:
    write(path, [np.full((1, 1, 3), level, np.uint8) for level in (0, 128, 255)], "ffv1", "bgr0")


def _odd(path: Path) -> None:
    write(path, [image[:177, :319].copy() for image in pictures(2)], "ffv1", "bgr0")


def _thin(path: Path) -> None:
    write(path, [np.asarray(cv2.resize(pictures(1)[0], (2000, 2)), np.uint8)] * 2, "ffv1", "bgr0")


def _sound(path: Path) -> None:
    with path.open("wb") as file, wave.open(file) as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16_000))


def _folder(path: Path) -> None:
    path.mkdir()


def _gone(path: Path) -> None:
    path.symlink_to("nowhere.mp4")


CASES: dict[str, tuple[str, Callable[[Path], None], int, str]] = {
    "empty": ("empty.mp4", _empty, 2, "is empty"),
    "text": ("text.mp4", _text, 2, "is not a video"),
    "no frames": ("none.mp4", _no_frames, 2, "none.mp4"),
    "one frame": ("one.mp4", _one_frame, 0, ""),
    "8K": ("large.avi", _8k, 0, ""),
    "1x1": ("dot.mkv", _one_pixel, 0, ""),
    "odd": ("odd.mkv", _odd, 0, ""),
    "thin": ("thin.mkv", _thin, 0, ""),
    "sound": ("sound.mp4", _sound, 2, "holds sound but no video"),
    "folder": ("folder.mp4", _folder, 2, "holds no images"),
    "gone": ("gone.mp4", _gone, 2, "gone.mp4"),
}
"""By name: the file, how it is made, the exit code of `file`, and what its line says."""


def cut_off(folder: Path) -> list[Path]:
    """A clip that was cut off at many places, its end missing in ever smaller parts."""
    whole = good(folder / "whole.mkv").read_bytes()
    (folder / "whole.mkv").unlink()
    paths = [folder / f"cut{point:02d}.mkv" for point in range(1, POINTS + 1)]
    for point, path in enumerate(paths, start=1):
        path.write_bytes(whole[: len(whole) * point // (POINTS + 1)])
    return paths
