"""The rendered view as a webcam, for calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pose.types import Image
from stream.outputs.output import OutputError, Result

_MISSING = "pyvirtualcam is missing; pip install 'liftcam[virtual-camera]' gets it"
_DRIVERS = (
    "no virtual camera: on Linux `sudo apt install v4l2loopback-dkms && sudo modprobe v4l2loopback`, "
    "on Windows and macOS install OBS Studio 26 or later and start its virtual camera once"
)


class VirtualCameraOutput:
    """A webcam that other programs can choose.

    Parameters
    ----------
    draw : function
        The picture (H, W, 3) BGR of a result; called in this output's thread.
    size : (int, int)
        Width and height of the pictures.
    fps : float
        The rate that the camera says it has.

    Raises
    ------
    OutputError
        Where pyvirtualcam is missing.
    """

    depth = 1
    name = "the virtual camera"

    def __init__(self, draw: Callable[[Result], Image], size: tuple[int, int], fps: float = 30.0) -> None:
        try:
            import pyvirtualcam  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise OutputError(_MISSING) from error
        self._library: Any = pyvirtualcam
        self._draw, self._size, self._fps = draw, size, fps
        self._camera: Any = None

    def open(self) -> None:
        """Take the system's virtual camera."""
        width, height = self._size
        try:
            self._camera = self._library.Camera(width, height, self._fps, fmt=self._library.PixelFormat.BGR)
        except RuntimeError as error:
            raise OutputError(_DRIVERS) from error

    def send(self, result: Result) -> None:
        """Draw and show one frame."""
        picture = self._draw(result)
        try:
            self._camera.send(picture)
        except (RuntimeError, OSError) as error:
            raise OutputError(f"{self.name} went away: {error}", retry=True) from error

    def close(self) -> None:
        """Give it back."""
        if self._camera is not None:
            self._camera.close()
            self._camera = None
