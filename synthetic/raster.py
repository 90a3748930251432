"""A z-buffer rasteriser in numba; the camera's view and the light's shadow map are drawn by the same function."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from synthetic.mesh import Float32, Index

HIDDEN = np.float32(-1e9)
"""Nearness of vertices that lie behind the viewer; their triangles are not drawn."""


@nb.njit(cache=True, nogil=True, fastmath=True)
def _clip_range(first: float, second: float, third: float, size: int) -> tuple[int, int]:
    """First and last pixel whose centre may lie between three coordinates."""
    low, high = min(first, second, third), max(first, second, third)
    return max(0, int(np.ceil(low - 0.5))), min(size - 1, int(np.floor(high - 0.5)))


@nb.njit(cache=True, nogil=True, fastmath=True)
def draw_triangles(
    screen: Float32,
    triangles: Index,
    cut: Float32,
    nearness: Float32,
    owner: NDArray[np.int32],
) -> None:
    """Draw triangles into a z-buffer; what is nearer than what is there replaces it.

    Parameters
    ----------
    screen : array, float32, shape (V, 3)
        x and y in pixels, centres at +0.5, and nearness: 1/z of a perspective view, -depth of a parallel one; `HIDDEN`
        behind the viewer.
    triangles : array, int32, shape (T, 3)
    cut : array, float32, shape (V,)
        Negative where the surface is cut away (the end of a sleeve, skin under cloth); interpolated over a triangle.
    nearness, owner : arrays, shape (H, W)
        Written: the greatest nearness and the number of the triangle that has it.
    """
    height, width = nearness.shape
    for number in range(triangles.shape[0]):
        a, b, c = triangles[number, 0], triangles[number, 1], triangles[number, 2]
        x0, y0, q0 = screen[a, 0], screen[a, 1], screen[a, 2]
        x1, y1, q1 = screen[b, 0], screen[b, 1], screen[b, 2]
        x2, y2, q2 = screen[c, 0], screen[c, 1], screen[c, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if min(q0, q1, q2) < -1e8 or abs(area) < 1e-9:
            continue
        left, right = _clip_range(x0, x1, x2, width)
        top, bottom = _clip_range(y0, y1, y2, height)
        inverse = 1.0 / area
        for row in range(top, bottom + 1):
            y = row + 0.5
            for column in range(left, right + 1):
                x = column + 0.5
                w0 = ((x1 - x) * (y2 - y) - (x2 - x) * (y1 - y)) * inverse
                w1 = ((x2 - x) * (y0 - y) - (x0 - x) * (y2 - y)) * inverse
                w2 = 1.0 - w0 - w1
                if w0 < 0 or w1 < 0 or w2 < 0:
                    continue
                near = w0 * q0 + w1 * q1 + w2 * q2
                if near > nearness[row, column] and w0 * cut[a] + w1 * cut[b] + w2 * cut[c] >= 0:
                    nearness[row, column] = near
                    owner[row, column] = number
