"""How people look: a small histogram of the colours on each trunk, by which somebody who comes back is known again.

Light changes a colour's brightness more than its hue, so coloured pixels are counted by hue alone and grey ones by
brightness. Histograms are compared by Hellinger's distance, as is usual for distributions (Comaniciu, Ramesh and Meer
2003).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import OPENPOSE18
from pose.types import Float32, Image

HUES, GREYS = 12, 6
COLOURS = HUES + GREYS
"""Numbers of a histogram."""

_GRID = 12
_INSIDE = 0.15
"""The outer edge of the trunk, where the background shows, is left out: this share on every side."""

_LEAST_SATURATION, _LEAST_VALUE = 60, 40
_TRUNK = [OPENPOSE18.index(name) for name in ("right_shoulder", "left_shoulder", "right_hip", "left_hip")]


def trunk_colours(image: Image, xy_px: Float32, score: Float32) -> NDArray[np.uint8]:
    """Histograms (K, COLOURS) of the colours on K trunks, 255 in all; zeros where a trunk is not seen whole.

    Parameters
    ----------
    image : array, uint8, shape (H, W, 3)
        BGR.
    xy_px : array, shape (K, 18, 2)
    score : array, shape (K, 18)
        0 where a joint is missing.
    """
    out = np.zeros((len(xy_px), COLOURS), np.uint8)
    corners = np.asarray(xy_px, np.float64)[:, _TRUNK]  # (K, 4, 2)
    whole = np.flatnonzero((score[:, _TRUNK] > 0).all(axis=1) & np.isfinite(corners).all(axis=(1, 2)))
    if not len(whole):
        return out
    across, down = np.meshgrid(*[np.linspace(_INSIDE, 1 - _INSIDE, _GRID)] * 2)
    weight = np.stack([(1 - across) * (1 - down), across * (1 - down), (1 - across) * down, across * down], axis=-1)
    points = (weight.reshape(1, -1, 4) @ corners[whole]).round().astype(np.intp)  # (P, 144, 2)
    inside = ((points >= 0) & (points < (image.shape[1], image.shape[0]))).all(axis=2)
    x, y = (points * inside[..., None]).transpose(2, 0, 1)
    hue, saturation, value = np.moveaxis(cv2.cvtColor(image[y, x], cv2.COLOR_BGR2HSV).astype(np.intp), -1, 0)
    coloured = (saturation >= _LEAST_SATURATION) & (value >= _LEAST_VALUE)
    # OpenCV's hue is 0..179; the bins are centred on the pure colours
    place = np.where(coloured, ((hue + 90 // HUES) * HUES // 180) % HUES, HUES + value * GREYS // 256)
    for row, which, where in zip(whole, place, inside, strict=True):
        count = np.bincount(which[where], minlength=COLOURS)
        out[row] = np.round(255 * count / max(int(count.sum()), 1))
    return out


def mean_colours(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The mean histogram (COLOURS,) of M, summing to 1; zeros where none of them has any."""
    total = colours.astype(np.float64).sum(axis=0)
    return np.asarray(total / max(float(total.sum()), 1e-9))


def colour_distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Hellinger's distance of two histograms, 0 alike to 1 nothing in common; NaN where either is empty.

    >>> red, blue = np.eye(COLOURS)[0], np.eye(COLOURS)[8]
    >>> colour_distance(red, red), colour_distance(red, blue)
    (0.0, 1.0)
    """
    if not one.any() or not other.any():
        return float("nan")
    return float(np.sqrt(max(0.0, 1.0 - float(np.sqrt(one * other).sum()))))
