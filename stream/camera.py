"""A camera as a source."""

from __future__ import annotations

import os
import time

import cv2
import numpy as np

from stream.cameras import CameraInfo, Capture, ask, list_cameras, open_capture
from stream.child import Reporter
from stream.errors import StreamError
from stream.live import CONNECT_S, FREEZE_S, LiveSource, Reader

_PLAUSIBLE_AGE_S = 1.0


def open_camera(index: int, size: tuple[int, int] | None = None, fps: float | None = None) -> LiveSource:
    """Open a camera by its number; it gives the mode nearest to what is asked.

    Raises
    ------
    StreamError
        Where there is no such camera (the line says which there are), or it cannot be opened.
    """
    cameras = list_cameras()
    if index not in [camera.index for camera in cameras]:
        raise StreamError(f"there is no camera {index}: {_which(cameras)}")
    arguments = {"index": index, "size": size, "fps": fps, "freeze_s": FREEZE_S}
    return LiveSource(f"camera {index}", Reader("stream.camera:read_camera", arguments))


def _which(cameras: list[CameraInfo]) -> str:
    if not cameras:
        return "this machine has none; a video file, a URL or 'actor' will do as well"
    return "there is " + ", ".join(f"{camera.index} ({camera.name})" for camera in cameras)


def read_camera(
    reporter: Reporter, index: int, size: tuple[int, int] | None, fps: float | None, freeze_s: float
) -> None:
    """Read a camera in the other process and report every picture."""
    # Without this, Windows takes up to half a minute to open some cameras.
    os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
    with reporter.waiting(CONNECT_S, f"camera {index} did not answer within {CONNECT_S:g} s"):
        capture = open_capture(index)
        if not capture.isOpened():
            raise StreamError(f"camera {index} cannot be opened: another program may use it, or you may not")
        ask(capture, size, fps)
    report_pictures(reporter, capture, f"camera {index}", freeze_s)


def report_pictures(reporter: Reporter, capture: Capture, name: str, freeze_s: float) -> None:
    """Report every picture of an open camera, until it gives no more.

    A camera that gives the same picture again and again is not taken for frozen: a virtual camera that shows a still
    does just that.
    """
    reporter.opened(capture.get(cv2.CAP_PROP_FPS) or None)
    limit_s = CONNECT_S  # many cameras need seconds for their first picture
    while True:
        with reporter.waiting(limit_s, f"{name} gave no picture for {limit_s:g} s"):
            good = capture.grab()
            grabbed_s = time.perf_counter()
            image = capture.retrieve()[1] if good else None
        if image is None:
            raise StreamError(f"{name} gives no picture")
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise StreamError(f"{name} gives pictures in a form that OpenCV does not convert: {image.shape}")
        reporter.frame(image.astype(np.uint8, copy=False), _captured_s(capture, grabbed_s))
        limit_s = freeze_s


def _captured_s(capture: Capture, grabbed_s: float) -> float:
    """When the picture was taken: V4L2 tells it on the same clock; elsewhere it is the moment of grabbing."""
    told_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
    return told_s if 0 <= grabbed_s - told_s < _PLAUSIBLE_AGE_S else grabbed_s
