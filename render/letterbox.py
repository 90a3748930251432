"""A picture inside a frame of another shape."""

from __future__ import annotations

import cv2

from pose.types import Image


def letterboxed(pixels: Image, size: tuple[int, int]) -> Image:
    """The picture scaled into a frame of `size` (width, height), its aspect kept, black beside it.

    Parameters
    ----------
    pixels : array of uint8, shape (H, W, 3)
    size : tuple of int
        Width and height in pixels.

    Returns
    -------
    array of uint8, shape (height, width, 3)
        `pixels` itself where it already has that size.

    >>> import numpy as np
    >>> letterboxed(np.ones((10, 10, 3), np.uint8), (40, 20))[0, :, 0].tolist().count(1)
    20
    """
    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels
    scale = min(size[0] / width, size[1] / height)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    scaled = cv2.resize(pixels, inner, interpolation=cv2.INTER_AREA)
    right, bottom = size[0] - inner[0] - left, size[1] - inner[1] - top
    return cv2.copyMakeBorder(scaled, top, bottom, left, right, cv2.BORDER_CONSTANT)  # type: ignore[return-value]
