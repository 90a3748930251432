"""Backdrops without any photograph: shapes of all sizes that hide each other, as in natural pictures.

The dead leaves model (Lee, Mumford and Huang 2001) has the statistics of natural images: edges at every scale and few
related colours.
"""

from __future__ import annotations

import cv2
import numpy as np

from synthetic.materials import Rng, from_hsv
from synthetic.mesh import Float32
from synthetic.rotations import Float


def dead_leaves(rng: Rng, height: int, width: int) -> Float32:
    """A random picture (H, W, 3), sRGB 0..1, red first."""
    palette = _palette(rng)
    picture = np.full((height, width, 3), palette[0], np.float32)
    count = int(rng.integers(40, 400))
    for number in range(count):
        size = min(height, width) * 0.02 / max(rng.random(), 0.02) ** 0.9 * (1 - 0.5 * number / count)
        colour = palette[rng.integers(len(palette))] * rng.uniform(0.5, 1.3) + rng.normal(0, 0.05, 3)
        _leaf(rng, picture, size, np.clip(colour, 0, 1))
        if number % 40 == 39:  # light changes slowly over what lies deeper
            picture *= _smooth_field(rng.uniform(0.75, 1.2, (4, 4)), height, width)
    for grain in (3, 8, 32):
        coarse = rng.normal(0, 1, (max(2, height // grain), max(2, width // grain)))
        picture *= 1 + rng.uniform(0, 0.12) * _smooth_field(coarse, height, width)
    picture *= _smooth_field(rng.uniform(0.5, 1.3, (3, 3)), height, width)
    blurred = cv2.GaussianBlur(np.clip(picture, 0, 1), (0, 0), rng.uniform(0.4, 5))
    return np.asarray(blurred, np.float32)


def _palette(rng: Rng) -> Float:
    saturation = rng.uniform(0.05, 0.6)
    count = int(rng.integers(2, 6))
    return np.stack(
        [from_hsv(rng.random(), saturation * rng.uniform(0.3, 1), rng.uniform(0.15, 0.95)) for _ in range(count)]
    )


def _smooth_field(coarse: Float, height: int, width: int) -> Float32:
    """A coarse grid blown up smoothly to (H, W, 1)."""
    return np.asarray(
        cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)[..., None], np.float32
    )


def _leaf(rng: Rng, picture: Float32, size: float, colour: Float) -> None:
    """Draw one ellipse, box or branch of about `size` pixels."""
    height, width = picture.shape[:2]
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    kind, tone = rng.random(), [float(channel) for channel in colour]
    angle = float(rng.choice([0, 90, rng.uniform(0, 180)], p=[0.4, 0.3, 0.3]))
    if kind < 0.3:
        axes = (int(size), int(size * rng.uniform(0.2, 1)))
        cv2.ellipse(picture, (int(x), int(y)), axes, angle, 0, 360, tone, -1, cv2.LINE_AA)
    elif kind < 0.8:
        sides = (size * rng.uniform(0.3, 2), size * rng.uniform(0.3, 2))
        corners = cv2.boxPoints(((x, y), sides, angle)).astype(np.int32)
        cv2.fillPoly(picture, [corners], tone, cv2.LINE_AA)
        if rng.random() < 0.4:
            edge = [channel * rng.uniform(0.3, 0.8) for channel in tone]
            cv2.polylines(picture, [corners], True, edge, int(rng.integers(1, 5)), cv2.LINE_AA)
    else:
        turns = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.35, 8))
        steps = np.stack([np.cos(turns), np.sin(turns)], axis=1) * size * 0.6
        branch = (np.cumsum(steps, axis=0) + np.array((x, y))).astype(np.int32)
        cv2.polylines(picture, [branch], False, tone, int(rng.integers(1, 9)), cv2.LINE_AA)
