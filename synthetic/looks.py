"""How skin, hair, eyes and cloth look at a point, in numba: colour, the small tilt of the surface, gloss.

Points (x, y, z) are metres on the resting body, so that a look stays on the body when it moves. Each function gives
a `Look`, a plain tuple: red, green, blue (linear), tilt x, y, z (added to the normal), gloss, hardness of the
highlight, and `wrap`, how far light reaches round the edge of the shadow.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from synthetic.materials import Kind, Material
from synthetic.noise import f4, fractal_noise, smooth, value_noise
from synthetic.patterns import pattern_colour

Look = tuple[float, float, float, float, float, float, float, float, float]
Triple = tuple[float, float, float]


@nb.njit(cache=True, nogil=True, fastmath=True)
def _bell(x: float, y: float, width: float, height: float) -> float:
    """A Gaussian spot, 1 at its middle."""
    return float(np.exp(-((x / width) ** 2) - (y / height) ** 2))


@nb.njit(cache=True, nogil=True, fastmath=True)
def _brow(m: Material, x: float, y: float, grain: float) -> float:
    """Share of eyebrow at `x`, `y` against the eye, metres on an average head."""
    arch = y - 0.0225 - m.brow_raise - 0.004 + 9.0 * (x + 0.004) ** 2
    along = smooth(x, -0.026, -0.016) * (1 - smooth(x, 0.014, 0.03))
    return min(1.0, _bell(arch, 0.0, 0.0048, 1.0) * along * m.brows * (0.6 + 0.5 * grain))


@nb.njit(cache=True, nogil=True, fastmath=True)
def _face(m: Material, at: Triple, lip: float, grain: float, colour: Triple) -> Triple:
    """Lips, brows, eye sockets, nostrils and cheeks painted over the skin's colour."""
    x, y, z = at
    red, green, blue = colour
    size = m.head_size
    red, green, blue = (
        red * (1 - 0.18 * lip * m.lips),
        green * (1 - 0.55 * lip * m.lips),
        blue * (1 - 0.45 * lip * m.lips),
    )
    aside = abs(x)
    eye_x, eye_y = (aside - abs(m.eye_x[0] if x > 0 else m.eye_x[1])) / size, (y - m.eye_y) / size
    if m.eye_z - z < 0.03 * size:
        brow = _brow(m, eye_x, eye_y, grain)
        red = red * (1 - brow) + m.second[0] * 0.6 * brow
        green = green * (1 - brow) + m.second[1] * 0.6 * brow
        blue = blue * (1 - brow) + m.second[2] * 0.6 * brow
    dark = 1 - 0.28 * _bell(eye_x, eye_y + 0.002, 0.02, 0.01)
    if z > m.nose_z - 0.03 * size:
        dark *= 1 - 0.55 * _bell(aside - 0.010 * size, y - m.nose_y + 0.012 * size, 0.0075 * size, 0.0055 * size)
    cheek = 1 - 0.15 * _bell(aside - 0.042 * size, y - m.nose_y + 0.005 * size, 0.02 * size, 0.02 * size)
    return red * dark, green * dark * cheek, blue * dark * cheek


@nb.njit(cache=True, nogil=True, fastmath=True)
def _beard(m: Material, at: Triple) -> float:
    """Share of beard: jaw and upper lip, not the mouth nor the nose."""
    x, y, z = at
    size = m.head_size
    below = smooth((m.eye_y - 0.045 * size - y) / size, 0.0, 0.03)
    before = smooth((z - (m.eye_z - 0.085 * size)) / size, 0.0, 0.03)
    above_neck = smooth((y - (m.eye_y - 0.16 * size)) / size, 0.0, 0.02)
    mouth = (abs(x) / (0.03 * size)) ** 2 + ((y - (m.nose_y - 0.037 * size)) / (0.014 * size)) ** 2
    under_nose = 1 - smooth((y - (m.nose_y - 0.012 * size)) / size, 0.0, 0.012)
    place = below * before * above_neck * smooth(mouth, 0.6, 1.2) * under_nose
    return min(1.0, place * m.beard * (0.55 + 0.8 * value_noise(x * 400, y * 220, z * 400, m.seed + 8)))


@nb.njit(cache=True, nogil=True, fastmath=True)
def skin_look(m: Material, at: Triple, lip: float, scalp: float) -> Look:
    """Skin with its blotches, face, beard and the roots of the hair; `lip` 0..1, `scalp` > 0 inside the hair line."""
    x, y, z = at
    blotch = fractal_noise(x * 35, y * 35, z * 35, m.seed)
    grain = fractal_noise(x * 140, y * 140, z * 140, m.seed + 3)
    tone = 1 + 0.14 * (blotch - 0.5) + 0.10 * (grain - 0.5)
    ruddy = 1 - 0.25 * max(0.0, blotch - 0.55)
    red, green, blue = m.base[0] * tone, m.base[1] * tone * ruddy, m.base[2] * tone * ruddy
    size = m.head_size
    if z > m.eye_z - 0.05 * size and m.eye_y - 0.16 * size < y < m.eye_y + 0.09 * size:
        red, green, blue = _face(m, at, lip, grain, (red, green, blue))
    if m.beard > 0:
        share = _beard(m, at)
        red = red * (1 - share) + m.second[0] * 0.8 * share
        green = green * (1 - share) + m.second[1] * 0.8 * share
        blue = blue * (1 - share) + m.second[2] * 0.8 * share
    if scalp > -1.5 and m.scalp_hair > 0:
        ragged = 1.2 * (fractal_noise(x * 120, y * 120, z * 120, m.seed + 6) - 0.5)
        share = 0.92 * smooth(scalp + ragged, -0.25, 0.6)
        red = red * (1 - share) + m.second[0] * share
        green = green * (1 - share) + m.second[1] * share
        blue = blue * (1 - share) + m.second[2] * share
    tilt_x = 0.10 * (grain - 0.5)
    tilt_y = 0.10 * (value_noise(x * 150 + 3, y * 150, z * 150, m.seed + 4) - 0.5)
    return f4(red), f4(green), f4(blue), f4(tilt_x), f4(tilt_y), f4(0), f4(0.22 * m.gloss), f4(28), f4(0.22)


@nb.njit(cache=True, nogil=True, fastmath=True)
def cloth_look(m: Material, at: Triple, height: float) -> Look:
    """Cloth: its pattern, folds on two scales, and the weave."""
    x, y, z = at
    red, green, blue = pattern_colour(m, x, z, height)
    seed, bump = m.seed, m.bump
    fold_1 = value_noise(x * 30, y * 16, z * 30, seed) - 0.5
    fold_2 = value_noise(x * 30 + 11, y * 16 + 4, z * 30, seed + 1) - 0.5
    crease_1 = value_noise(x * 70 + 5, y * 38, z * 70, seed + 2) - 0.5
    crease_2 = value_noise(x * 70, y * 38 + 8, z * 70 + 2, seed + 3) - 0.5
    tilt_x, tilt_y = bump * (fold_1 + 0.5 * crease_1), 0.6 * bump * (fold_2 + 0.5 * crease_2)
    tilt_z = bump * (fold_2 - 0.5 * crease_1)
    weave = 0.90 + 0.2 * fractal_noise(x * 220, y * 220, z * 220, seed + 7)
    gloss, hardness = 0.35 * m.gloss, 14 + 30 * m.gloss
    tilts = (f4(tilt_x), f4(tilt_y), f4(tilt_z))
    return (f4(red * weave), f4(green * weave), f4(blue * weave), *tilts, f4(gloss), f4(hardness), f4(0.06))


@nb.njit(cache=True, nogil=True, fastmath=True)
def hair_look(m: Material, at: Triple, inside: float) -> Look:
    """Hair: strands that run down; `inside` grows from 0 at the edge, where it is thin and dark."""
    x, y, z = at
    strand = value_noise(x * m.scale * 1.6, y * m.scale * 0.10, z * m.scale * 1.6, m.seed)
    lock = value_noise(x * m.scale * 0.5, y * 18, z * m.scale * 0.5, m.seed + 3)
    light = 0.65 * strand + 0.35 * lock
    if inside + (light - 0.5) * 1.6 < 0.05:
        light *= 0.6
    tone, shine = 0.45 + 0.75 * light, 0.6 * max(0.0, light - 0.6)
    red = m.base[0] * tone + (m.second[0] - m.base[0]) * shine
    green = m.base[1] * tone + (m.second[1] - m.base[1]) * shine
    blue = m.base[2] * tone + (m.second[2] - m.base[2]) * shine
    tilts = (f4(0.7 * (strand - 0.5)), f4(0.3 * (lock - 0.5)), f4(0.7 * (lock - 0.5)))
    return (f4(red), f4(green), f4(blue), *tilts, f4(0.25 * m.gloss), f4(18), f4(0.15))


@nb.njit(cache=True, nogil=True, fastmath=True)
def eye_look(m: Material, at: Triple) -> Look:
    """An eyeball: white (first colour), iris (second) and pupil (third) on its front."""
    x, y, z = at
    radius = np.sqrt((x - m.eye_x[0]) ** 2 + (y - m.eye_y) ** 2) / m.eye_radius
    if z < m.eye_z or radius > 0.50:
        red, green, blue = m.base[0] * 0.8, m.base[1] * 0.8, m.base[2] * 0.8
    elif radius > 0.22:
        ring = 0.5 + 0.9 * radius
        red, green, blue = m.second[0] * ring, m.second[1] * ring, m.second[2] * ring
    else:
        red, green, blue = m.third[0] * 1.0, m.third[1] * 1.0, m.third[2] * 1.0
    return f4(red), f4(green), f4(blue), f4(0), f4(0), f4(0), f4(0.8), f4(90), f4(0)


@nb.njit(cache=True, nogil=True, fastmath=True)
def plain_look(m: Material, at: Triple, height: float) -> Look:
    """Furniture, walls, glasses: a pattern without relief."""
    red, green, blue = pattern_colour(m, at[0], at[2], height)
    gloss = 0.3 if m.kind == Kind.PLAIN else 0.15 * m.gloss
    return red, green, blue, f4(0), f4(0), f4(0), f4(gloss), f4(22), f4(0)
