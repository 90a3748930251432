"""First steps of the decoder, compiled: are the maps finite, and where are the joints.

Coordinates are cells of the maps: the centre of the first cell is (0, 0). `decoder_reference` has every step in plain
numpy. A heatmap is taken as the largest of Gaussians, one a joint, as the network is trained on.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Real = float | np.floating[Any]
"""A scalar of compiled code, single or double."""
Whole = int | np.integer[Any]

BEYOND = np.float32(-1e30)
"""What lies beyond the rim of a heatmap."""
SMALLEST_HEAT = 1e-3
"""Heat is raised to this before its logarithm is taken."""
DECAY_RANGE = (0.2, 1.02)
"""Decays 1 / (2 sigma^2) that a joint's Gaussian may have: sigma 0.7 to 1.58 cells."""
USUAL_DECAY = 0.5
"""Decay of a Gaussian with sigma 1, towards which a fit to few cells is drawn."""
CROWDED = 4.0
"""A peak with another of its kind this near, in cells, is fitted to the cells that are its own alone."""
SAME_PEAK = 0.6
"""Two peaks nearer than this, in cells, are one."""
REACH = 2
"""How far from a peak, in cells, a second one that melted into it is looked for, and its Gaussian fitted."""

LOG_TENTH_MORE = 0.0953
"""The logarithm of 1.1."""

compiled = numba.njit(nogil=True, cache=True, error_model="numpy")
"""Compiled without Python's lock and cached on disk, so that the second start is fast."""


@compiled
def largest_bits(bits: Int32) -> Whole:
    """Largest magnitude of float32 values seen as int32 (N,): from 0x7f800000 on, one of them is not finite.

    Comparing integers vectorises, comparing floats does not, since NaN has no order.
    """
    largest = np.int32(0)
    for i in range(len(bits)):
        largest = max(largest, bits[i] & np.int32(0x7FFFFFFF))
    return largest


@compiled
def row_maxima(bits: Int32, out: Int32) -> None:
    """Largest value of each row of maps (R, W) seen as int32, into `out` (R,); right where it is positive."""
    for r in range(bits.shape[0]):
        row = bits[r]
        largest = np.int32(-2147483648)
        for c in range(len(row)):
            largest = max(largest, row[c])
        out[r] = largest


@compiled
def mark_peaks(up: Float32, row: Float32, down: Float32, threshold: float, marks: Bytes) -> None:
    """Mark in `marks` (W,) the cells of a row (W,) above the threshold and their 8 neighbours; the first wins a tie."""
    last = len(row) - 1
    low = np.float32(threshold)
    for c in range(1, last):
        v = row[c]
        left = (v > row[c - 1]) & (v > up[c - 1]) & (v >= down[c - 1])
        middle = (v > low) & (v > up[c]) & (v >= down[c])
        right = (v >= row[c + 1]) & (v > up[c + 1]) & (v >= down[c + 1])
        marks[c] = left & middle & right
    for c in (0, last):
        v = row[c]
        left, right = max(c - 1, 0), min(c + 1, last)
        above = (v > low) & (v > up[left]) & (v > up[c]) & (v > up[right])
        below = (v >= down[left]) & (v >= down[c]) & (v >= down[right])
        beside = ((left == c) | (v > row[left])) & ((right == c) | (v >= row[right]))
        marks[c] = above & below & beside


@compiled
def _log(heat: Real) -> Real:
    return np.log(max(heat, SMALLEST_HEAT))  # type: ignore[no-any-return]


@compiled
def gaussian_at(heat: Float32, r: int, c: int) -> tuple[float, float, float]:
    """Offset x, y within half a cell and decay of the Gaussian that is highest in cell (r, c) of a heatmap (H, W).

    The logarithm of a Gaussian is a parabola. Three rows and three columns are averaged, weighted by the square of
    their middle cells, since the logarithm spreads the noise where the heat is low. Of the two decays the steeper one
    counts: a neighbour makes a peak wider, never narrower. Across the rim the heat goes on as it is.
    """
    height, width = heat.shape
    logs, squares = np.empty((3, 3), np.float32), np.empty((3, 3), np.float32)
    for i in range(3):
        row = heat[min(max(r + i - 1, 0), height - 1)]
        for k in range(3):
            v = max(row[min(max(c + k - 1, 0), width - 1)], np.float32(SMALLEST_HEAT))
            logs[i, k], squares[i, k] = np.log(v), v * v
    slope_x, bend_x, slope_y, bend_y = 0.0, 0.0, 0.0, 0.0
    for i in range(3):
        slope_x += squares[i, 1] * (logs[i, 2] - logs[i, 0])
        bend_x += squares[i, 1] * (2 * logs[i, 1] - logs[i, 0] - logs[i, 2])
        slope_y += squares[1, i] * (logs[2, i] - logs[0, i])
        bend_y += squares[1, i] * (2 * logs[1, i] - logs[0, i] - logs[2, i])
    x = min(max(slope_x / (2 * bend_x), -0.5), 0.5) if bend_x > 0 and 0 < c < width - 1 else 0.0
    y = min(max(slope_y / (2 * bend_y), -0.5), 0.5) if bend_y > 0 and 0 < r < height - 1 else 0.0
    across, down = squares[0, 1] + squares[1, 1] + squares[2, 1], squares[1, 0] + squares[1, 1] + squares[1, 2]
    decay = max(bend_x / across, bend_y / down) / 2
    return x, y, min(max(decay, DECAY_RANGE[0]), DECAY_RANGE[1])


@compiled
def _drop_weaker(peaks: Float32, gauss: Float32, count: int, heat: float) -> int:
    """Take the weakest of the peaks out if it is weaker than `heat`, the others keep their order; the new count."""
    weakest = 0
    for i in range(1, count):
        if peaks[i, 2] < peaks[weakest, 2]:
            weakest = i
    if peaks[weakest, 2] >= heat:
        return count
    for i in range(weakest, count - 1):
        peaks[i] = peaks[i + 1]
        gauss[i] = gauss[i + 1]
    return count - 1


@compiled
def find_peaks(
    heat: Float32, maxima: Float32, threshold: float, rim: Float32, marks: Bytes, peaks: Float32, gauss: Float32
) -> int:
    """Cells of a heatmap (H, W) that are higher than the threshold and their neighbours, refined to a part of a cell.

    Parameters
    ----------
    maxima : array, shape (H,)
        Largest value of each row; a row below the threshold is not read.
    rim, marks : arrays, shape (W,)
        What lies beyond the map; room to mark a row.
    peaks, gauss : arrays, shapes (P, 3) and (P, 2)
        Out: x, y and heat; logarithm of the amplitude, and decay. In the order of reading; the strongest P of more.

    Returns
    -------
    int
        How many there are.
    """
    height, width = heat.shape
    count = 0
    for r in range(height):
        if maxima[r] <= threshold:
            continue
        row = heat[r]
        up = heat[r - 1] if r > 0 else rim
        down = heat[r + 1] if r < height - 1 else rim
        mark_peaks(up, row, down, threshold, marks)
        for c in range(width):
            if marks[c] == 0:
                continue
            if count == len(peaks):
                count = _drop_weaker(peaks, gauss, count, row[c])
                if count == len(peaks):
                    continue
            x, y, decay = gaussian_at(heat, r, c)
            peaks[count, 0], peaks[count, 1], peaks[count, 2] = c + x, r + y, row[c]
            gauss[count, 0], gauss[count, 1] = np.log(row[c]) + (x * x + y * y) * decay, decay
            count += 1
    return count


@compiled
def _log_gaussian(peaks: Float32, gauss: Float32, i: int, x: float, y: float) -> Real:
    """The logarithm of a peak's Gaussian at a point."""
    dx, dy = x - peaks[i, 0], y - peaks[i, 1]
    return gauss[i, 0] - (dx * dx + dy * dy) * gauss[i, 1]  # type: ignore[no-any-return]


@compiled
def _log_others(peaks: Float32, gauss: Float32, near: Int32, near_count: int, x: float, y: float) -> Real:
    """The logarithm of the largest of the listed peaks' Gaussians at a point."""
    most: Real = -np.inf
    for i in range(near_count):
        most = max(most, _log_gaussian(peaks, gauss, near[i], x, y))
    return most


@compiled
def _near(peaks: Float32, count: int, i: int, distance: float, near: Int32) -> int:
    """Peaks nearer to peak i than a distance, into `near`; their number."""
    found = 0
    for o in range(count):
        dx, dy = peaks[o, 0] - peaks[i, 0], peaks[o, 1] - peaks[i, 1]
        if o != i and dx * dx + dy * dy < distance * distance:
            near[found] = o
            found += 1
    return found


@compiled
def _beside(heat: Float32, r: int, c: int, dr: int, dc: int, decay: Real) -> Real:
    """How far a Gaussian's top lies from a cell on the side (dr, dc), when that cell and the one there are its own.

    0 at the rim.
    """
    height, width = heat.shape
    if not (0 <= r + dr < height and 0 <= c + dc < width):
        return 0.0
    rise = _log(heat[r + dr, c + dc]) - _log(heat[r, c])
    return (dr + dc) * min(max(0.5 + rise / (2 * decay), -0.7), 0.7)


@compiled
def _standing_out(
    heat: Float32, peaks: Float32, gauss: Float32, i: int, near: Int32, near_count: int, least: float, share: float
) -> tuple[int, int]:
    """The cell (row, column) within 2 of peak i that stands highest above all Gaussians; -1, -1 where none does."""
    height, width = heat.shape
    c, r = int(peaks[i, 0] + 0.5), int(peaks[i, 1] + 0.5)
    most, best_r, best_c = least, -1, -1
    for y in range(max(r - REACH, 0), min(r + REACH + 1, height)):
        for x in range(max(c - REACH, 0), min(c + REACH + 1, width)):
            v = heat[y, x]
            if v <= most:
                continue
            excess = v - np.exp(_log_gaussian(peaks, gauss, i, x, y))
            if excess <= most or excess <= share * v:
                continue
            excess = min(excess, v - np.exp(_log_others(peaks, gauss, near, near_count, x, y)))
            if excess > most and excess > share * v:
                most, best_r, best_c = excess, y, x
    return best_r, best_c


@compiled
def second_peaks(
    heat: Float32, peaks: Float32, gauss: Float32, count: int, least: float, share: float, near: Int32
) -> int:
    """Add peaks that melted into another one: cells that stand out of all Gaussians found so far.

    A cell within 2 cells of a peak is the place of a second one, if it is the one that stands highest above the largest
    Gaussian there, by `least` and by a `share` of its own heat. The second's place follows from the slope on the side
    away from the first, whose decay it is given.

    Returns
    -------
    int
        How many peaks there are now; the new ones come last.
    """
    total = count
    for i in range(count):
        near_count = _near(peaks, total, i, REACH + CROWDED, near)
        r, c = _standing_out(heat, peaks, gauss, i, near, near_count, least, share)
        if r < 0 or total == len(peaks):
            continue
        decay = gauss[i, 1]
        to_row, to_column = r - int(peaks[i, 1] + 0.5), c - int(peaks[i, 0] + 0.5)
        dx: Real
        dy: Real
        dx, dy, _ = gaussian_at(heat, r, c)
        if to_column != 0:
            dx = _beside(heat, r, c, 0, 1 if to_column > 0 else -1, decay)
        if to_row != 0:
            dy = _beside(heat, r, c, 1 if to_row > 0 else -1, 0, decay)
        peaks[total, 0], peaks[total, 1], peaks[total, 2] = c + dx, r + dy, heat[r, c]
        gauss[total, 0], gauss[total, 1] = np.log(heat[r, c]) + (dx * dx + dy * dy) * decay, decay
        if _near(peaks, total, total, SAME_PEAK, near) == 0:
            total += 1
    return total


@compiled
def _solve(system: NDArray[np.float64]) -> None:
    """Solve a small positive definite system (N, N + 1) in place; the solution is then its last column."""
    n = len(system)
    for a in range(n):
        pivot = system[a, a]
        for c in range(a, n + 1):
            system[a, c] /= pivot
        for b in range(n):
            factor = system[b, a]
            if b != a:
                for c in range(a, n + 1):
                    system[b, c] -= factor * system[a, c]


@compiled
def separate_peaks(heat: Float32, peaks: Float32, gauss: Float32, count: int, near: Int32) -> None:
    """Place peaks that stand close together anew, each by the cells that are its own.

    Least squares for the logarithm of a Gaussian, a + b x + c y - decay (x^2 + y^2), over the cells within 2 where it
    is the largest of all by a tenth, weighted by the square of the heat, with a weak pull of the decay to the usual
    one. A peak with fewer than three such cells stays.
    """
    height, width = heat.shape
    system, term = np.zeros((4, 5)), np.zeros(5)
    for i in range(count):
        near_count = _near(peaks, count, i, CROWDED, near)
        if near_count == 0:
            continue
        px, py = peaks[i, 0], peaks[i, 1]
        c, r = int(px + 0.5), int(py + 0.5)
        system[:] = 0
        cells = 0
        for y in range(max(r - REACH, 0), min(r + REACH + 1, height)):
            for x in range(max(c - REACH, 0), min(c + REACH + 1, width)):
                v, dx, dy = heat[y, x], x - px, y - py
                square = dx * dx + dy * dy
                if v < 0.1 or square > REACH**2 + 1:
                    continue
                own = _log_gaussian(peaks, gauss, i, x, y)
                if own < LOG_TENTH_MORE + _log_others(peaks, gauss, near, near_count, x, y):
                    continue
                term[0], term[1], term[2], term[3], term[4] = 1.0, dx, dy, -square, np.log(v)
                for a in range(4):
                    for b in range(a, 5):
                        system[a, b] += v * v * term[a] * term[b]
                cells += 1
        if cells < 3:
            continue
        system[1, 1] += 1e-3
        system[2, 2] += 1e-3
        system[3, 3] += 0.5
        system[3, 4] += 0.5 * USUAL_DECAY
        for a in range(4):
            for b in range(a):
                system[a, b] = system[b, a]
        _solve(system)
        decay = min(max(system[3, 4], DECAY_RANGE[0]), DECAY_RANGE[1])
        x = min(max(system[1, 4] / (2 * decay), -0.7), 0.7)
        y = min(max(system[2, 4] / (2 * decay), -0.7), 0.7)
        peaks[i, 0] = min(max(px + x, 0.0), width - 1.0)
        peaks[i, 1] = min(max(py + y, 0.0), height - 1.0)
        gauss[i, 0], gauss[i, 1] = system[0, 4] + (x * x + y * y) * decay, decay
