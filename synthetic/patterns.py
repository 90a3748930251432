"""Procedural patterns of cloth, walls and floors, in numba.

Every pattern answers with how much of the material's second colour shows at a point, and how much of the third lies
over it. Coordinates are metres on the resting body or on the wall: x to the side, z forward, and `height` along the
garment.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from synthetic.materials import Material, Pattern
from synthetic.noise import f4, fractal_noise, lattice, smooth


@nb.njit(cache=True, nogil=True, fastmath=True, inline="always")
def _fraction(value: float) -> float:
    return float(value - np.floor(value))


@nb.njit(cache=True, nogil=True, fastmath=True)
def _woven(m: Material, x: float, z: float, height: float) -> tuple[float, float]:
    """Stripes, plaid, dots, colour blocks: patterns that repeat."""
    across, along = (x + 0.5 * z) * m.scale, height * m.scale
    second, third = 0.0, 0.0
    if m.pattern == Pattern.RINGS:
        second = 1.0 if _fraction(along) > m.share else 0.0
    elif m.pattern == Pattern.STRIPES:
        second = 1.0 if _fraction(across) > m.share else 0.0
    elif m.pattern == Pattern.PLAID:
        second = 0.5 * ((_fraction(across) > m.share) + (_fraction(along) > m.share))
        third = 0.5 if abs(_fraction(3 * across) - 0.5) < 0.06 else 0.0
    elif m.pattern == Pattern.DOTS:
        distance = (_fraction(across) - 0.5) ** 2 + (_fraction(along) - 0.5) ** 2
        second = 1.0 if distance < 0.09 * m.share + 0.02 else 0.0
    elif m.pattern == Pattern.BLOCK:
        second = 1.0 if height < m.share else 0.0
    elif m.pattern == Pattern.GRADIENT:
        second = smooth(height, m.hip_y - 0.05, m.neck_y)
    return second, third


@nb.njit(cache=True, nogil=True, fastmath=True)
def _printed(m: Material, x: float, z: float, height: float) -> tuple[float, float]:
    """Blotches and motifs: patterns that do not repeat."""
    second, third = 0.0, 0.0
    if m.pattern in (Pattern.CAMOUFLAGE, Pattern.PRINT):
        second = 1.0 if fractal_noise(x * m.scale, height * m.scale, z * m.scale, m.seed) > 0.52 else 0.0
        over = fractal_noise(x * m.scale * 1.3 + 9, height * m.scale * 1.3, z * m.scale, m.seed + 5)
        third = 1.0 if over > 0.56 else 0.0
    elif m.pattern == Pattern.LOGO:
        below_neck = m.neck_y - height
        if z > m.chest_z and abs(x) < 0.11 and 0.12 < below_neck < 0.30:
            second = 1.0 if fractal_noise(x * 60, height * 60, 0.0, m.seed) > 0.5 else 0.0
    elif m.pattern == Pattern.HEATHER:
        second = 0.35 * fractal_noise(x * 300, height * 300, z * 300, m.seed)
    elif m.pattern == Pattern.DENIM:
        worn = max(0.0, fractal_noise(x * 7, height * 5, z * 7, m.seed + 3) - 0.5)
        second = 0.45 * fractal_noise(x * 160, height * 500, z * 160, m.seed) + 0.6 * worn
    elif m.pattern == Pattern.OPEN_JACKET:
        opening = 0.02 + 0.10 * max(0.0, height - (m.neck_y - 0.5))
        second = 1.0 if z > m.chest_z and abs(x) < opening else 0.0
    return second, third


@nb.njit(cache=True, nogil=True, fastmath=True)
def _built(m: Material, x: float, z: float, height: float) -> tuple[float, float]:
    """Walls, floors and pictures; the third colour is that of the joints."""
    across, along = x * m.scale, height * m.scale
    second, third = 0.0, 0.0
    if m.pattern == Pattern.CHECKER:
        second = float((int(np.floor(across)) + int(np.floor(along))) & 1)
        third = 1.0 if min(_fraction(across), _fraction(along)) < 0.03 else 0.0
    elif m.pattern == Pattern.WOOD:
        plank = int(np.floor(across))
        lengthwise = along * 0.18 + lattice(plank, 1, 7, m.seed)
        board = int(np.floor(lengthwise))
        grain = fractal_noise(across * 9, along * 0.6 + plank * 3.1, float(plank), m.seed)
        second = 0.8 * lattice(plank, board, 3, m.seed) + 0.4 * grain - 0.1
        third = 1.0 if across - plank < 0.02 or lengthwise - board < 0.004 else 0.0
    elif m.pattern == Pattern.BRICK:
        row = int(np.floor(along))
        sideways = across * 0.4 + 0.5 * (row & 1)
        column = int(np.floor(sideways))
        second = 0.8 * lattice(column, row, 2, m.seed) + 0.2 * fractal_noise(across * 5, along * 5, 0.0, m.seed)
        third = 1.0 if along - row < 0.1 or sideways - column < 0.045 else 0.0
    elif m.pattern == Pattern.CARPET:
        second = fractal_noise(across * 12, along * 12, z * m.scale * 12, m.seed)
    elif m.pattern == Pattern.PLASTER:
        coarse = fractal_noise(x * 1.5, height * 1.5, z * 1.5, m.seed)
        second = 0.5 * coarse + 0.25 * fractal_noise(across * 6, along * 6, z * m.scale * 6, m.seed + 4)
    elif m.pattern == Pattern.PICTURE:
        second = smooth(fractal_noise(across, along, z * m.scale, m.seed), 0.35, 0.65)
        third = 1.0 if fractal_noise(across * 0.7 + 3, along * 0.7, z * m.scale, m.seed + 9) > 0.58 else 0.0
    return second, third


@nb.njit(cache=True, nogil=True, fastmath=True)
def pattern_colour(m: Material, x: float, z: float, height: float) -> tuple[float, float, float]:
    """Linear red, green and blue of a material's pattern at a point."""
    if m.pattern <= Pattern.PLAID or m.pattern in (Pattern.DOTS, Pattern.BLOCK, Pattern.GRADIENT):
        second, third = _woven(m, x, z, height)
    elif m.pattern < Pattern.CHECKER:
        second, third = _printed(m, x, z, height)
    else:
        second, third = _built(m, x, z, height)
    first = 1 - second
    red = (m.base[0] * first + m.second[0] * second) * (1 - third) + m.third[0] * third
    green = (m.base[1] * first + m.second[1] * second) * (1 - third) + m.third[1] * third
    blue = (m.base[2] * first + m.second[2] * second) * (1 - third) + m.third[2] * third
    return f4(red), f4(green), f4(blue)
