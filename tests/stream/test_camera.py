from __future__ import annotations

import contextlib
import time
from typing import Any, cast

import cv2
import numpy as np
import pytest

import stream.camera
import stream.cameras
from pose.types import Image
from stream.camera import open_camera, report_pictures
from stream.cameras import CameraInfo, CameraMode, camera_modes, list_cameras
from stream.child import Reporter
from stream.errors import StreamError
from stream.live import CONNECT_S
from stream.sources import open_source


class FakeCapture:
    """A camera with two modes, as `cv2.VideoCapture` would show it."""

    def __init__(self, pictures: int = 3, told_s: float | None = None, *, opened: bool = True) -> None:
        self.asked: list[tuple[int, float]] = []
        self.released = False
        self._pictures = pictures
        self._told_s = told_s
        self._opened = opened
        self._size = (640, 480)

    def isOpened(self) -> bool:  # noqa: N802
        return self._opened

    def set(self, propId: int, value: float) -> bool:
        self.asked.append((propId, value))
        if propId == cv2.CAP_PROP_FRAME_WIDTH:
            self._size = (1280, 720) if value > 640 else (640, 480)
        return True

    def get(self, propId: int) -> float:
        known: dict[int, float] = {
            cv2.CAP_PROP_FRAME_WIDTH: self._size[0],
            cv2.CAP_PROP_FRAME_HEIGHT: self._size[1],
            cv2.CAP_PROP_FPS: 30.0,
        }
        if propId == cv2.CAP_PROP_POS_MSEC and self._told_s is not None:
            return (time.perf_counter() - self._told_s) * 1000
        return known.get(propId, 0.0)

    def grab(self) -> bool:
        self._pictures -= 1
        return self._pictures >= 0

    def retrieve(self) -> tuple[bool, Any]:
        return True, np.full((480, 640, 3), self._pictures, np.uint8)

    def release(self) -> None:
        self.released = True


class Listener:
    """In place of the reporter: remembers."""

    def __init__(self) -> None:
        self.fps: float | None = None
        self.frames: list[tuple[int, float]] = []
        self.limits: list[float] = []

    def waiting(self, limit_s: float, what: str) -> Any:
        self.limits.append(limit_s)
        return contextlib.nullcontext()

    def opened(self, fps: float | None) -> None:
        self.fps = fps

    def frame(self, image: Image, captured_s: float) -> None:
        self.frames.append((int(image[0, 0, 0]), time.perf_counter() - captured_s))


def run(capture: FakeCapture) -> Listener:
    listener = Listener()
    with pytest.raises(StreamError, match="camera 0 gives no picture"):
        report_pictures(cast(Reporter, listener), capture, "camera 0", freeze_s=2.0)
    return listener


def test_every_picture_is_reported_until_the_camera_is_unplugged() -> None:
    listener = run(FakeCapture(pictures=3))
    assert [number for number, _ in listener.frames] == [2, 1, 0]
    assert listener.fps == 30.0
    assert listener.limits == [CONNECT_S, 2.0, 2.0, 2.0]


def test_the_moment_of_capture_is_the_drivers_where_it_tells_one() -> None:
    assert all(0.05 < age_s < 0.5 for _, age_s in run(FakeCapture(told_s=0.05)).frames)
    for nonsense_s in (None, -5.0, 400.0):
        assert all(0 <= age_s < 0.05 for _, age_s in run(FakeCapture(told_s=nonsense_s)).frames)


def test_modes_are_what_the_camera_gives() -> None:
    capture = FakeCapture()
    assert camera_modes(0, lambda _: capture) == [CameraMode(640, 480, 30.0), CameraMode(1280, 720, 30.0)]
    assert capture.released
    closed = FakeCapture(opened=False)
    with pytest.raises(StreamError, match="camera 4 cannot be opened"):
        camera_modes(4, lambda _: closed)
    assert closed.released


def test_a_camera_is_asked_for_compressed_pictures_and_no_backlog() -> None:
    capture = FakeCapture()
    stream.cameras.ask(capture, (1280, 720), 30.0)
    assert capture.asked == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 30.0),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    ]


def test_the_list_of_cameras_is_sorted_and_may_be_empty() -> None:
    cameras = list_cameras()
    assert cameras == sorted(cameras, key=lambda camera: camera.index)


def test_a_camera_that_is_not_there_names_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream.camera, "list_cameras", list)
    with pytest.raises(StreamError, match=r"there is no camera 0: this machine has none"):
        open_source("0")
    two = [CameraInfo(1, "HD Webcam", "V4L2"), CameraInfo(4, "Capture Box", "V4L2")]
    monkeypatch.setattr(stream.camera, "list_cameras", lambda: two)
    with pytest.raises(StreamError, match=r"there is no camera 0: there is 1 \(HD Webcam\), 4 \(Capture Box\)"):
        open_source("/dev/video0")


def test_a_camera_that_is_listed_but_cannot_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream.camera, "list_cameras", lambda: [CameraInfo(99, "Ghost", "V4L2")])
    with pytest.raises(StreamError, match="camera 99 cannot be opened"):
        open_camera(99)
