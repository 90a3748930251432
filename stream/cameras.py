"""Which cameras there are, and what they can do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import cv2
import cv2_enumerate_cameras

from stream.errors import StreamError

BACKENDS = {"linux": cv2.CAP_V4L2, "darwin": cv2.CAP_AVFOUNDATION, "win32": cv2.CAP_MSMF}
"""The system's own way to its cameras."""
USUAL_SIZES = ((320, 240), (640, 360), (640, 480), (800, 600), (1280, 720), (1280, 960), (1920, 1080), (3840, 2160))
USUAL_RATE = 60.0
_SILENT = 0


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """One camera: the number that opens it, its name, OpenCV's backend, and where the system has it."""

    index: int
    name: str
    backend: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class CameraMode:
    """A size in pixels that a camera gave when asked, and the rate that it says it reaches there."""

    width: int
    height: int
    fps: float


class Capture(Protocol):
    """What we use of `cv2.VideoCapture`."""

    def isOpened(self) -> bool:  # noqa: N802
        """Whether the camera is there."""

    def set(self, propId: int, value: float) -> bool:
        """Ask for something."""

    def get(self, propId: int) -> float:
        """What was granted."""

    def grab(self) -> bool:
        """Wait for a picture."""

    def retrieve(self) -> tuple[bool, cv2.typing.MatLike]:
        """Decode it."""

    def release(self) -> None:
        """Give the camera back."""


def backend() -> int:
    """OpenCV's number for the system's own way to its cameras."""
    return BACKENDS.get(sys.platform, cv2.CAP_ANY)


def list_cameras() -> list[CameraInfo]:
    """Every camera that the system knows, by number; the same number opens it as `--source`.

    On Linux a camera has further devices that give no pictures; those are left out.
    """
    name = cv2.videoio_registry.getBackendName(backend()) if backend() != cv2.CAP_ANY else "ANY"
    found = cv2_enumerate_cameras.enumerate_cameras(backend())
    cameras = [CameraInfo(one.index, one.name, name, one.path or None) for one in found]
    return sorted(cameras, key=lambda camera: camera.index)


def open_capture(index: int) -> Capture:
    """Open a camera with OpenCV; it says nothing on the terminal where that fails, so ask `isOpened`."""
    logging = getattr(cv2.utils, "logging", cv2)  # OpenCV 5 and 4
    logging.setLogLevel(_SILENT)
    return cv2.VideoCapture(index, backend())


def camera_modes(index: int, open_camera: Callable[[int], Capture] = open_capture) -> list[CameraMode]:
    """The modes that a camera really gives of the usual ones; opens it and takes a second or two.

    Raises
    ------
    StreamError
        Where the camera cannot be opened.
    """
    capture = open_camera(index)
    try:
        if not capture.isOpened():
            raise StreamError(f"camera {index} cannot be opened; does another program use it?")
        modes: list[CameraMode] = []
        for width, height in USUAL_SIZES:
            ask(capture, (width, height), USUAL_RATE)
            given = CameraMode(
                int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
                int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
                capture.get(cv2.CAP_PROP_FPS),
            )
            if given not in modes:
                modes.append(given)
        return modes
    finally:
        capture.release()


def ask(capture: Capture, size: tuple[int, int] | None, fps: float | None) -> None:
    """Ask a camera for a mode, and for no backlog of old pictures. It may give another; read it back.

    MJPEG first: raw pictures of 1280 x 720 do not fit through USB 2 at 30 a second.
    """
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    if size is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    if fps is not None:
        capture.set(cv2.CAP_PROP_FPS, fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
