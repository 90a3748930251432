"""Light at a point, in numba: a lamp with soft shadows, light from above and below, a fill light, darker nooks."""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from synthetic.looks import Look, Triple
from synthetic.mesh import Float32
from synthetic.noise import lattice

SHADOW_SIZE = 512
"""Side of the shadow map in cells."""

NO_OWNER = -1
_SHADOW_BIAS_M = 0.025
_SHADOW_TAPS = 12
_NOOK_TAPS = 10
_NOOK_RADIUS_M = 0.10
_NOOK_LIMIT_PX = 40.0
_GOLDEN_ANGLE = 2.39996
FULL_TURN = 6.2831853


class View(NamedTuple):
    """A pinhole camera on a grid of samples; sample (column, row) looks through (column + 0.5, row + 0.5)."""

    rotation: Float32  # (3, 3), world to camera
    centre: Float32  # (3,), world
    focal: float
    cx: float
    cy: float


class Lights(NamedTuple):
    """All light of a scene; colours linear red, green, blue."""

    towards: Float32  # (3,), unit vector to the lamp or sun
    direct: Float32  # (3,), its colour
    above: Float32  # (3,), light from the sky or ceiling
    below: Float32  # (3,), light from the floor
    fill_towards: Float32  # (3,), unit vector to a second, soft light
    fill: Float32  # (3,)
    softness: float  # radius of the shadow's edge in cells of the shadow map


class ShadowMap(NamedTuple):
    """What the light sees: nearness (S, S) as -depth in metres along the light."""

    nearness: Float32
    highest: Float32  # (S, S): the greatest nearness within the reach of the soft edge
    axes: Float32  # (3, 3): the map's x and y, and the way of the light
    origin: Float32  # (3,): the map's middle in the world
    cells_per_m: float


class Shot(NamedTuple):
    """One view under one light, and what the rasteriser found there."""

    camera: View
    lights: Lights
    shadows: ShadowMap
    nearness: Float32  # (H, W), samples: 1/depth, 0 where there is nothing but backdrop
    owner: NDArray[np.int32]  # (H, W): number of the triangle, `NO_OWNER`, or -2 - index of a plane


@nb.njit(cache=True, nogil=True, fastmath=True)
def normalised(x: float, y: float, z: float) -> Triple:
    """The vector with length 1."""
    scale = 1 / np.sqrt(x * x + y * y + z * z + 1e-12)
    return x * scale, y * scale, z * scale


@nb.njit(cache=True, nogil=True, fastmath=True)
def turned(matrix: Float32, x: float, y: float, z: float) -> Triple:
    """The matrix times a vector."""
    return (
        matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * z,
        matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * z,
        matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * z,
    )


@nb.njit(cache=True, nogil=True, fastmath=True)
def ray(view: View, column: float, row: float) -> Triple:
    """The way (world) from the camera through a sample, 1 m deep."""
    x, y = (column - view.cx) / view.focal, (row - view.cy) / view.focal
    r = view.rotation
    return r[0, 0] * x + r[1, 0] * y + r[2, 0], r[0, 1] * x + r[1, 1] * y + r[2, 1], r[0, 2] * x + r[1, 2] * y + r[2, 2]


@nb.njit(cache=True, nogil=True, fastmath=True)
def sun_share(shot: Shot, at: Triple, sample: tuple[int, int]) -> float:
    """How much of the lamp a point sees, 0..1: samples on a sunflower spiral, turned differently at every pixel."""
    shadows, softness = shot.shadows, shot.lights.softness
    turn = lattice(sample[1], sample[0], 5, 3) * FULL_TURN
    size = shadows.nearness.shape[0]
    x, y, depth = turned(shadows.axes, at[0] - shadows.origin[0], at[1] - shadows.origin[1], at[2] - shadows.origin[2])
    u, v = x * shadows.cells_per_m + size * 0.5, y * shadows.cells_per_m + size * 0.5
    if not (2 < u < size - 3 and 2 < v < size - 3):
        return 1.0
    if shadows.highest[int(v), int(u)] < _SHADOW_BIAS_M - depth:
        return 1.0  # nothing that could shade it is anywhere near
    lit = 0
    for tap in range(_SHADOW_TAPS):
        radius = softness * np.sqrt((tap + 0.5) / _SHADOW_TAPS)
        angle = _GOLDEN_ANGLE * tap + turn
        column, row = int(u + radius * np.cos(angle)), int(v + radius * np.sin(angle))
        outside = column < 0 or row < 0 or column >= size or row >= size
        if outside or shadows.nearness[row, column] < -depth + _SHADOW_BIAS_M:
            lit += 1
    return float(lit / _SHADOW_TAPS)


@nb.njit(cache=True, nogil=True, fastmath=True)
def openness_at(shot: Shot, sample: tuple[int, int], depth: float, normal: Triple) -> float:
    """How open a point is to light from all round, 0.25..1 (screen-space ambient occlusion, Mittring 2007)."""
    nearness, view = shot.nearness, shot.camera
    height, width = nearness.shape
    row, column = sample
    reach = min(_NOOK_RADIUS_M * view.focal / depth, _NOOK_LIMIT_PX)
    if reach <= 1.5:
        return 1.0
    nx, ny, nz = turned(view.rotation, normal[0], normal[1], normal[2])
    turn, closed = lattice(row, column, 9, 1) * FULL_TURN, 0.0
    for tap in range(_NOOK_TAPS):
        radius, angle = reach * np.sqrt((tap + 0.6) / _NOOK_TAPS), _GOLDEN_ANGLE * tap + turn
        i, j = int(column + 0.5 + radius * np.cos(angle)), int(row + 0.5 + radius * np.sin(angle))
        if i < 0 or j < 0 or i >= width or j >= height or nearness[j, i] <= 0:
            continue
        nearer = depth - 1 / nearness[j, i]
        if 0 < nearer < 3 * _NOOK_RADIUS_M:
            aside, below = (i - column) / view.focal * depth, (j - row) / view.focal * depth
            over = nx * aside + ny * below - nz * nearer  # height of the neighbour over the tangent plane
            distance = np.sqrt(aside * aside + below * below + nearer * nearer) + 1e-6
            closed += max(0.0, over / distance - 0.12) * (1 - nearer / (3 * _NOOK_RADIUS_M))
    return float(max(0.25, 1 - 1.9 * closed / _NOOK_TAPS))


@nb.njit(cache=True, nogil=True, fastmath=True)
def facing(normal: Triple, towards: Float32) -> float:
    """The cosine between two unit vectors."""
    return float(normal[0] * towards[0] + normal[1] * towards[1] + normal[2] * towards[2])


@nb.njit(cache=True, nogil=True, fastmath=True)
def light_at(
    look: Look, normal: Triple, viewer: Triple, lights: Lights, openness: float
) -> tuple[float, float, float, float, float, float]:
    """Direct light (without shadow) and other light, three channels each, from a point with unit vectors given."""
    tilted = normalised(normal[0] + look[3], normal[1] + look[4], normal[2] + look[5])
    gloss, hardness, wrap = look[6], look[7], look[8]
    to_lamp = facing(tilted, lights.towards)
    diffuse = max(0.0, (to_lamp + wrap) / (1 + wrap))
    half = normalised(lights.towards[0] + viewer[0], lights.towards[1] + viewer[1], lights.towards[2] + viewer[2])
    along = max(0.0, tilted[0] * half[0] + tilted[1] * half[1] + tilted[2] * half[2])
    shine = gloss * np.exp(hardness * (along - 1)) if to_lamp > 0 else 0.0
    rim = (1 - max(0.0, tilted[0] * viewer[0] + tilted[1] * viewer[1] + tilted[2] * viewer[2])) ** 4
    up, fill = 0.5 + 0.5 * tilted[1], max(0.0, facing(tilted, lights.fill_towards))
    # Red light goes farther under the skin than the rest: the edge of the shadow is warm there.
    red = 0.35 * max(0.0, (to_lamp + 0.40) / 1.40) + 0.65 * diffuse if wrap > 0.2 else diffuse
    around_r = (lights.above[0] * up + lights.below[0] * (1 - up) + lights.fill[0] * fill) * openness
    around_g = (lights.above[1] * up + lights.below[1] * (1 - up) + lights.fill[1] * fill) * openness
    around_b = (lights.above[2] * up + lights.below[2] * (1 - up) + lights.fill[2] * fill) * openness
    glow = rim * gloss * openness * 0.5
    return (
        lights.direct[0] * (look[0] * red + shine),
        lights.direct[1] * (look[1] * diffuse + shine),
        lights.direct[2] * (look[2] * diffuse + shine),
        look[0] * around_r + glow * lights.above[0],
        look[1] * around_g + glow * lights.above[1],
        look[2] * around_b + glow * lights.above[2],
    )
