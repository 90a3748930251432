"""From a decoded picture of any format to upright BGR."""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np

from pose.types import Image
from stream.hdr import to_sdr

PYAV = int(av.__version__.split(".", maxsplit=1)[0])
"""Major version of PyAV; it changes with every one of FFmpeg."""

# Converting on several threads starts them anew for every picture and takes three times as long. PyAV has known the
# argument since 17; before that it always used one.
_ONE_THREAD: dict[str, Any] = {"threads": 1} if PYAV >= 17 else {}

_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


def to_bgr(picture: av.VideoFrame, size: tuple[int, int] | None = None) -> Image:
    """A picture as BGR (H, W, 3), turned as its rotation metadata says (to the nearest quarter).

    High dynamic range is brought into the ordinary one (see `stream.hdr`).

    Parameters
    ----------
    picture : av.VideoFrame
        Any pixel format that swscale knows: planar, grey, palette, more than 8 bits, with alpha.
    size : tuple of int, optional
        Width and height, before turning, to scale to; by default the picture's own.
    """
    width, height = size or (picture.width, picture.height)
    image = picture.to_ndarray(format="bgr24", width=width, height=height, **_ONE_THREAD)
    image = to_sdr(image.astype(np.uint8, copy=False), int(picture.color_trc))
    turn = _TURNS.get(round(picture.rotation / 90) * 90 % 360)
    # What PyAV gives is a view with padded rows; the rest of the app is promised a picture without gaps.
    upright = np.ascontiguousarray(image) if turn is None else cv2.rotate(image, turn)
    return upright.astype(np.uint8, copy=False)
