"""Strokes, shaded capsules, soft shadows, boxes and text masks, drawn anti-aliased into a BGR array.

Every function draws in place into `canvas`, uint8 (H, W, 3), inside `clip` = (x0, y0, x1, y1), the right and lower edge
excluded. Coordinates are pixels, the centre of the top left pixel is (0, 0). Coverage of an edge pixel is the signed
distance to the edge plus one half, cut to 0..1, as in Quilez, "2D distance functions". What is not finite is not drawn.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pose.types import Image

Float32 = NDArray[np.float32]
UInt8 = NDArray[np.uint8]
Clip = tuple[int, int, int, int]

LIGHT = (-0.42, -0.62, 0.66)
"""Where the light of the capsules comes from: x right, y down, z towards the viewer; length 1."""
HALFWAY = (-0.23, -0.34, 0.91)
"""Halfway between the light and the viewer (Blinn 1977)."""
AMBIENT, DIFFUSE, GLOSS = 0.46, 0.62, 70.0
SHORTEST = 1e-9
"""Squared length in pixels under which a stroke is a dot."""


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _mix(canvas: Image, y: int, x: int, blue: float, green: float, red: float, alpha: float) -> None:
    """Lay a colour over one pixel."""
    share = int(alpha * 256.0 + 0.5)
    if share >= 256:
        canvas[y, x, 0], canvas[y, x, 1], canvas[y, x, 2] = np.uint8(blue), np.uint8(green), np.uint8(red)
        return
    rest = 256 - share
    canvas[y, x, 0] = np.uint8((int(canvas[y, x, 0]) * rest + int(blue) * share + 128) >> 8)
    canvas[y, x, 1] = np.uint8((int(canvas[y, x, 1]) * rest + int(green) * share + 128) >> 8)
    canvas[y, x, 2] = np.uint8((int(canvas[y, x, 2]) * rest + int(red) * share + 128) >> 8)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _span(x0: float, y0: float, dx: float, dy: float, reach: float, y: float) -> tuple[float, float]:
    """The x between which row `y` is within `reach` of the segment; a little too much at its ends."""
    low, high = min(x0, x0 + dx) - reach, max(x0, x0 + dx) + reach
    if abs(dy) > 1e-3:
        centre = x0 + (y - y0) * dx / dy
        half = reach * math.sqrt(dx * dx + dy * dy) / abs(dy)
        low, high = max(low, centre - half), min(high, centre + half)
    return low, high


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _pixels(low: float, high: float, start: int, stop: int) -> range:
    """The whole numbers in low..high and in start..stop (excluded), however large or small the first two are."""
    first = math.ceil(max(float(start), min(low, float(stop))))
    last = math.floor(min(stop - 1.0, max(high, start - 1.0)))
    return range(first, last + 1)


@njit(cache=True, nogil=True, error_model="numpy")
def strokes(canvas: Image, clip: Clip, ends: Float32, radius: Float32, colour: Float32, alpha: Float32) -> None:
    """Flat strokes with round ends, each tapering and fading from its first end to its second, in the order given.

    Parameters
    ----------
    canvas : array, uint8, shape (H, W, 3)
    clip : tuple of int
    ends : array, float32, shape (N, 4)
        x0, y0, x1, y1.
    radius, alpha : array, float32, shape (N, 2)
        Half the thickness in pixels and the opacity 0..1 at both ends.
    colour : array, float32, shape (N, 3)
        BGR, 0..255.
    """
    for i in range(ends.shape[0]):
        x0, y0 = float(ends[i, 0]), float(ends[i, 1])
        dx, dy = float(ends[i, 2]) - x0, float(ends[i, 3]) - y0
        r0, dr = float(radius[i, 0]), float(radius[i, 1] - radius[i, 0])
        a0, da = float(alpha[i, 0]), float(alpha[i, 1] - alpha[i, 0])
        blue, green, red = float(colour[i, 0]), float(colour[i, 1]), float(colour[i, 2])
        reach = max(r0, r0 + dr) + 1.0
        if not math.isfinite(x0 + y0 + dx + dy + reach):
            continue
        square = max(dx * dx + dy * dy, SHORTEST)
        for y in _pixels(min(y0, y0 + dy) - reach, max(y0, y0 + dy) + reach, clip[1], clip[3]):
            low, high = _span(x0, y0, dx, dy, reach, y)
            for x in _pixels(low, high, clip[0], clip[2]):
                along = min(1.0, max(0.0, ((x - x0) * dx + (y - y0) * dy) / square))
                across_x, across_y = x - x0 - along * dx, y - y0 - along * dy
                r, square_away = r0 + along * dr, across_x * across_x + across_y * across_y
                if square_away < (r + 0.5) * (r + 0.5):
                    cover = 1.0
                    if r < 0.5 or square_away > (r - 0.5) * (r - 0.5):
                        cover = min(1.0, r - math.sqrt(square_away) + 0.5)
                    _mix(canvas, y, x, blue, green, red, cover * (a0 + along * da))


@njit(cache=True, nogil=True, error_model="numpy")
def capsules(
    canvas: Image,
    clip: Clip,
    depths: Float32,
    ends: Float32,
    end_depth: Float32,
    radius: Float32,
    thickness: Float32,
    colour: Float32,
) -> None:
    """Lit capsules that hide one another by depth; draw the far ones first, so that their soft edges blend well.

    The normal of a pixel is that of a round stick seen from the front; light is Lambert's with a highlight after Blinn.

    Parameters
    ----------
    canvas : array, uint8, shape (H, W, 3)
    clip : tuple of int
    depths : array, float32, shape (H, W)
        The nearest depth drawn so far in metres; infinity where nothing is. Changed.
    ends : array, float32, shape (N, 4)
        x0, y0, x1, y1.
    end_depth, radius, thickness : array, float32, shape (N, 2)
        At both ends: depth in metres, radius in pixels, radius in metres.
    colour : array, float32, shape (N, 3)
        BGR, 0..255.
    """
    for i in range(ends.shape[0]):
        x0, y0 = float(ends[i, 0]), float(ends[i, 1])
        dx, dy = float(ends[i, 2]) - x0, float(ends[i, 3]) - y0
        r0, dr = float(radius[i, 0]), float(radius[i, 1] - radius[i, 0])
        z0, dz = float(end_depth[i, 0]), float(end_depth[i, 1] - end_depth[i, 0])
        thick = float(max(thickness[i, 0], thickness[i, 1]))
        reach = max(r0, r0 + dr) + 1.0
        if not math.isfinite(x0 + y0 + dx + dy + reach + z0 + dz):
            continue
        square = max(dx * dx + dy * dy, SHORTEST)
        for y in _pixels(min(y0, y0 + dy) - reach, max(y0, y0 + dy) + reach, clip[1], clip[3]):
            low, high = _span(x0, y0, dx, dy, reach, y)
            for x in _pixels(low, high, clip[0], clip[2]):
                along = min(1.0, max(0.0, ((x - x0) * dx + (y - y0) * dy) / square))
                nx, ny = x - x0 - along * dx, y - y0 - along * dy
                r, square_away = max(r0 + along * dr, 0.5), nx * nx + ny * ny
                if square_away >= (r + 0.5) * (r + 0.5):
                    continue
                narrower = 1.0 / r
                nx, ny = nx * narrower, ny * narrower
                nz = math.sqrt(max(0.0, 1.0 - nx * nx - ny * ny))
                depth = z0 + along * dz - nz * thick
                if depth >= depths[y, x]:
                    continue
                cover = 1.0
                if square_away > (r - 0.5) * (r - 0.5):
                    cover = r - math.sqrt(square_away) + 0.5
                if cover >= 0.5:
                    depths[y, x] = depth
                shade = AMBIENT + DIFFUSE * max(0.0, nx * LIGHT[0] + ny * LIGHT[1] + nz * LIGHT[2])
                gloss = max(0.0, nx * HALFWAY[0] + ny * HALFWAY[1] + nz * HALFWAY[2])
                gloss *= gloss
                gloss *= gloss
                gloss *= gloss
                gloss *= gloss * GLOSS
                blue = min(255.0, colour[i, 0] * shade + gloss)
                green = min(255.0, colour[i, 1] * shade + gloss)
                red = min(255.0, colour[i, 2] * shade + gloss)
                _mix(canvas, y, x, blue, green, red, cover)


@njit(cache=True, nogil=True, error_model="numpy")
def shadows(canvas: Image, clip: Clip, blobs: Float32) -> None:
    """Soft dark ellipses.

    Parameters
    ----------
    canvas : array, uint8, shape (H, W, 3)
    clip : tuple of int
    blobs : array, float32, shape (N, 5)
        Centre x and y, half axes along x and y in pixels, darkness 0..1 in the middle.
    """
    for i in range(blobs.shape[0]):
        cx, cy, rx, ry = float(blobs[i, 0]), float(blobs[i, 1]), float(blobs[i, 2]), float(blobs[i, 3])
        if not math.isfinite(cx + cy + rx + ry) or rx <= 0.0 or ry <= 0.0:
            continue
        for y in _pixels(cy - ry, cy + ry, clip[1], clip[3]):
            for x in _pixels(cx - rx, cx + rx, clip[0], clip[2]):
                away = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2
                if away < 1.0:
                    _mix(canvas, y, x, 0.0, 0.0, 0.0, blobs[i, 4] * (1.0 - away) * (1.0 - away))


@njit(cache=True, nogil=True, error_model="numpy")
def box(canvas: Image, clip: Clip, edges: tuple[float, float, float, float], corner: float, paint: Float32) -> None:
    """A filled box with round corners.

    Parameters
    ----------
    canvas : array, uint8, shape (H, W, 3)
    clip : tuple of int
    edges : tuple of float
        Left, top, right and lower edge.
    corner : float
        Radius of the corners in pixels.
    paint : array, float32, shape (4,)
        BGR 0..255 and opacity 0..1.
    """
    cx, cy = (edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2
    half_w, half_h = (edges[2] - edges[0]) / 2, (edges[3] - edges[1]) / 2
    corner = max(0.0, min(corner, half_w, half_h))
    for y in _pixels(edges[1] - 1, edges[3] + 1, clip[1], clip[3]):
        for x in _pixels(edges[0] - 1, edges[2] + 1, clip[0], clip[2]):
            qx, qy = abs(x - cx) - half_w + corner, abs(y - cy) - half_h + corner
            if qx <= -1.0 and qy <= -1.0:
                cover = 1.0  # well inside, which most pixels are
            else:
                outside = math.sqrt(max(qx, 0.0) ** 2 + max(qy, 0.0) ** 2)
                cover = corner - outside - min(max(qx, qy), 0.0) + 0.5
            if cover > 0.0:
                _mix(canvas, y, x, paint[0], paint[1], paint[2], min(1.0, cover) * paint[3])


@njit(cache=True, nogil=True, error_model="numpy")
def dial(
    canvas: Image,
    clip: Clip,
    middle: tuple[float, float],
    radii: tuple[float, float, float],
    share: float,
    colour: Float32,
) -> None:
    """A disc in a ring that is filled clockwise from the top.

    Parameters
    ----------
    canvas : array, uint8, shape (H, W, 3)
    clip : tuple of int
    middle : tuple of float
    radii : tuple of float
        Of the disc, and the inner and the outer one of the ring, in pixels.
    share : float
        How much of the ring is filled, 0..1.
    colour : array, float32, shape (3, 3)
        BGR 0..255 of the disc, of the empty and of the filled part of the ring.
    """
    x0, y0 = middle
    disc, inner, outer = radii
    turn = 2 * math.pi * min(max(share, 0.0), 1.0)
    cosine, sine = math.cos(turn), math.sin(turn)
    for y in _pixels(y0 - outer - 1, y0 + outer + 1, clip[1], clip[3]):
        for x in _pixels(x0 - outer - 1, x0 + outer + 1, clip[0], clip[2]):
            dx, dy = x - x0, y - y0
            square = dx * dx + dy * dy
            if square > (outer + 0.5) * (outer + 0.5):
                continue
            if square < (disc - 0.5) * (disc - 0.5):
                _mix(canvas, y, x, colour[0, 0], colour[0, 1], colour[0, 2], 1.0)
                continue
            away = math.sqrt(square)
            if away < disc + 0.5:
                _mix(canvas, y, x, colour[0, 0], colour[0, 1], colour[0, 2], disc - away + 0.5)
                continue
            cover = min(1.0, outer - away + 0.5, away - inner + 0.5)
            if cover <= 0.0:
                continue
            # how far the pixel is past the start of the filled part, and how far before its end
            past, before = dx + 0.5, -dx * cosine - dy * sine + 0.5
            filled = min(past, before) if turn <= math.pi else max(past, before)
            filled = 0.0 if share <= 0.0 else 1.0 if share >= 1.0 else min(1.0, max(0.0, filled))
            rest = 1.0 - filled
            _mix(
                canvas,
                y,
                x,
                colour[1, 0] * rest + colour[2, 0] * filled,
                colour[1, 1] * rest + colour[2, 1] * filled,
                colour[1, 2] * rest + colour[2, 2] * filled,
                cover,
            )


@njit(cache=True, nogil=True, error_model="numpy")
def stamp(canvas: Image, clip: Clip, mask: UInt8, left: int, top: int, paint: Float32) -> None:
    """Lay a colour through a mask, uint8 (h, w), whose top left pixel goes to (left, top).

    `paint` is float32 (4,): BGR 0..255 and opacity 0..1.
    """
    for y in range(max(clip[1], top), min(clip[3], top + mask.shape[0])):
        for x in range(max(clip[0], left), min(clip[2], left + mask.shape[1])):
            alpha = mask[y - top, x - left]
            if alpha > 0:
                _mix(canvas, y, x, paint[0], paint[1], paint[2], alpha * (paint[3] / 255.0))
