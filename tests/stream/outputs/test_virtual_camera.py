from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pyvirtualcam

from pose.types import Image
from stream.outputs.output import OutputError
from stream.outputs.virtual_camera import VirtualCameraOutput
from tests.stream.outputs.results import result


class _Camera:
    """Takes the place of the system's driver."""

    def __init__(self, width: int, height: int, fps: float, **more: Any) -> None:
        self.size, self.fmt, self.closed = (width, height), more["fmt"], False
        self.shown: list[Image] = []

    def send(self, picture: Image) -> None:
        self.shown.append(picture)

    def close(self) -> None:
        self.closed = True


def test_without_a_driver_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> None:
        raise RuntimeError("no loopback device")

    monkeypatch.setattr(pyvirtualcam, "Camera", none)
    with pytest.raises(OutputError, match="modprobe v4l2loopback") as caught:
        VirtualCameraOutput(lambda sent: sent.frame.image, (64, 48)).open()
    assert "\n" not in str(caught.value)


def test_the_drawn_picture_is_what_others_see(monkeypatch: pytest.MonkeyPatch) -> None:
    camera = _Camera(64, 48, 30, fmt=pyvirtualcam.PixelFormat.BGR)
    made: list[tuple[Any, ...]] = []

    def driver(*size: Any, **more: Any) -> _Camera:
        made.append((*size, more["fmt"]))
        return camera

    monkeypatch.setattr(pyvirtualcam, "Camera", driver)
    output = VirtualCameraOutput(lambda sent: sent.frame.image + np.uint8(7), (64, 48))
    output.open()
    output.send(result())
    output.close()
    assert made == [(64, 48, 30.0, pyvirtualcam.PixelFormat.BGR)]
    assert (camera.shown[0] == 7).all()
    assert camera.closed
