"""Value noise in numba: smooth random fields in space that need no memory (Perlin 1985, with values for gradients)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numba as nb
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

f4 = cast("Callable[[Any], float]", np.float32)
"""Single precision inside compiled functions; a plain number to the type checker."""


@nb.njit(cache=True, nogil=True, fastmath=True, inline="always")
def lattice(x: int, y: int, z: int, seed: int) -> float:
    """A random number 0..1 for a point of the integer lattice, always the same one for the same point and seed."""
    mixed = nb.uint32(x * 374761393 + y * 668265263 + z * 1440662683 + seed * 974711)
    mixed = nb.uint32((mixed ^ (mixed >> nb.uint32(13))) * nb.uint32(1274126177))
    mixed = mixed ^ (mixed >> nb.uint32(16))
    return f4(mixed & nb.uint32(0xFFFF)) * f4(1.0 / 65535.0)


@nb.njit(cache=True, nogil=True, fastmath=True)
def smooth(value: float, start: float, end: float) -> float:
    """0 before `start`, 1 after `end`, a cubic with level ends between."""
    share = min(max((f4(value) - f4(start)) / (f4(end) - f4(start)), f4(0)), f4(1))
    return share * share * (f4(3) - f4(2) * share)


@nb.njit(cache=True, nogil=True, fastmath=True)
def value_noise(x: float, y: float, z: float, seed: int) -> float:
    """A smooth field 0..1 that changes over about one unit."""
    ix, iy, iz = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    fx, fy, fz = f4(x - ix), f4(y - iy), f4(z - iz)
    fx, fy, fz = fx * fx * (f4(3) - f4(2) * fx), fy * fy * (f4(3) - f4(2) * fy), fz * fz * (f4(3) - f4(2) * fz)
    gx = f4(1) - fx
    a = lattice(ix, iy, iz, seed) * gx + lattice(ix + 1, iy, iz, seed) * fx
    b = lattice(ix, iy + 1, iz, seed) * gx + lattice(ix + 1, iy + 1, iz, seed) * fx
    c = lattice(ix, iy, iz + 1, seed) * gx + lattice(ix + 1, iy, iz + 1, seed) * fx
    d = lattice(ix, iy + 1, iz + 1, seed) * gx + lattice(ix + 1, iy + 1, iz + 1, seed) * fx
    return (a * (f4(1) - fy) + b * fy) * (f4(1) - fz) + (c * (f4(1) - fy) + d * fy) * fz


@nb.njit(cache=True, nogil=True, fastmath=True)
def fractal_noise(x: float, y: float, z: float, seed: int) -> float:
    """Three octaves of value noise, 0..1."""
    coarse = value_noise(x, y, z, seed)
    middle = value_noise(2 * x + 5, 2 * y + 9, 2 * z + 3, seed + 1)
    return f4(0.55) * coarse + f4(0.3) * middle + f4(0.15) * value_noise(4 * x + 1, 4 * y + 7, 4 * z + 8, seed + 2)


@nb.njit(cache=True, nogil=True, fastmath=True)
def value_noise_at(points: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Value noise (N,) at points (N, 3)."""
    values = np.empty(points.shape[0], np.float32)
    for index in range(points.shape[0]):
        values[index] = value_noise(points[index, 0], points[index, 1], points[index, 2], seed)
    return values
