"""Middle steps of the decoder, compiled: which joints the affinity fields connect."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detection.decoder_peaks import Bytes, Float32, Int32, Real, Whole, compiled

SAMPLES = 8
"""Points along a limb at which its field is read."""
ALONG_LIMIT = 0.6
"""More field than this along the limb says no more: its strength differs from limb to limb and decides nothing."""
ACROSS_COST = 0.7
"""How much the field across the limb takes off its score."""
FAINT = 0.05
"""A sample with less field along the limb than this does not support it; half of the samples have to."""


@compiled
def field_at(field_x: Float32, field_y: Float32, x: Real, y: Real) -> tuple[Real, Real]:
    """A vector field (H, W) between its cells, bilinear; points beyond the rim continue its last two cells."""
    height, width = field_x.shape
    c, r = min(max(int(x), 0), width - 2), min(max(int(y), 0), height - 2)
    right, low = np.float32(x - np.float32(c)), np.float32(y - np.float32(r))
    top, below = field_x[r], field_x[r + 1]
    vx = top[c] + right * (top[c + 1] - top[c])
    vx += low * (below[c] + right * (below[c + 1] - below[c]) - vx)
    top, below = field_y[r], field_y[r + 1]
    vy = top[c] + right * (top[c + 1] - top[c])
    vy += low * (below[c] + right * (below[c + 1] - below[c]) - vy)
    return vx, vy


@compiled
def limb_score(field_x: Float32, field_y: Float32, ax: Real, ay: Real, bx: Real, by: Real) -> Real:
    """How well a field (H, W) supports a limb from a to b: the mean of what points along it less what points across.

    0 where fewer than half of the samples support it. The line integral of Cao et al. (2017) with two changes: the part
    along is capped, since it says how sure the network is and not whose limb it is, and the part across is held against
    it, since it belongs to somebody else's limb.
    """
    dx, dy = bx - ax, by - ay
    length = np.sqrt(dx * dx + dy * dy)
    if length < np.float32(1e-3):
        return np.float32(0)
    ux, uy = dx / length, dy / length
    step_x, step_y = dx / np.float32(SAMPLES), dy / np.float32(SAMPLES)
    x, y = ax + step_x / np.float32(2), ay + step_y / np.float32(2)
    total, unsupported = np.float32(0), 0
    for _ in range(SAMPLES):
        vx, vy = field_at(field_x, field_y, x, y)
        along, across = vx * ux + vy * uy, np.float32(ACROSS_COST) * abs(vx * uy - vy * ux)
        total += min(along, np.float32(ALONG_LIMIT)) - across
        unsupported += along - across <= np.float32(FAINT)
        if 2 * unsupported > SAMPLES:
            return np.float32(0)
        x += step_x
        y += step_y
    return total / np.float32(SAMPLES)


@compiled
def supported_at(flat_x: Float32, flat_y: Float32, width: Whole, x: Real, y: Real, dx: Real, dy: Real) -> bool:
    """Whether a flat field (H W,) has more than a faint part along (dx, dy), of any length, in the cell of a point."""
    # An unsigned index spares the test for a negative one, which would keep the loop over pairs from vectorising.
    cell = np.uintp(np.int32(y + np.float32(0.5)) * width + np.int32(x + np.float32(0.5)))
    along = flat_x[cell] * dx + flat_y[cell] * dy
    return along * abs(along) > np.float32(FAINT * FAINT) * (dx * dx + dy * dy)  # type: ignore[no-any-return]


@compiled
def mark_pairs(flat_x: Float32, flat_y: Float32, width: Whole, first: Float32, second: Float32, marks: Bytes) -> None:
    """Mark in `marks` (B,) the second joints (B, 3) that a limb from a first joint (3,) may lead to.

    It has to be supported in the cells of two of three points, its middle and its quarters. Nine pairs of ten fall
    here, without a branch that the processor could guess wrong.
    """
    ax, ay = first[0], first[1]
    for k in range(len(second)):
        dx, dy = second[k, 0] - ax, second[k, 1] - ay
        support = np.uint8(0)
        for part in (np.float32(0.25), np.float32(0.5), np.float32(0.75)):
            support += np.uint8(supported_at(flat_x, flat_y, width, ax + part * dx, ay + part * dy, dx, dy))
        marks[k] = support >= 2


@compiled
def score_limb(
    field_x: Float32,
    field_y: Float32,
    first: Float32,
    second: Float32,
    settled: tuple[int, int],
    second_peak_factor: float,
    least: float,
    pairs: Int32,
    scores: Float32,
) -> int:
    """Score every pair of a limb's first joints (A, 3) and second joints (B, 3); how many are at least `least`.

    `settled` is how many of either joints are peaks of their own; a pair with one of the others, a second peak, has its
    score multiplied by `second_peak_factor`. Out: `pairs` (N, 2) and `scores` (N,).
    """
    found = 0
    width = np.int32(field_x.shape[1])
    flat_x, flat_y = field_x.reshape(-1), field_y.reshape(-1)
    marks = np.empty(len(second), np.uint8)
    for i in range(len(first)):
        mark_pairs(flat_x, flat_y, width, first[i], second, marks)
        for k in range(len(second)):
            if marks[k] == 0:
                continue
            score = limb_score(field_x, field_y, first[i, 0], first[i, 1], second[k, 0], second[k, 1])
            if i >= settled[0]:
                score *= np.float32(second_peak_factor)
            if k >= settled[1]:
                score *= np.float32(second_peak_factor)
            if score >= least:
                pairs[found, 0], pairs[found, 1] = i, k
                scores[found] = score
                found += 1
    return found


@compiled
def assign(weight: NDArray[np.float64]) -> Int32:
    """The column of each row of weights (N, M), N <= M, so that their sum is the largest; the Hungarian method.

    Shortest augmenting paths with potentials (Jonker and Volgenant 1987), O(N^2 M).
    """
    rows, columns = weight.shape
    row_potential, column_potential = np.zeros(rows + 1), np.zeros(columns + 1)
    owner, came_from = np.zeros(columns + 1, np.int32), np.zeros(columns + 1, np.int32)
    for row in range(1, rows + 1):
        owner[0] = row
        column = 0
        distance, done = np.full(columns + 1, np.inf), np.zeros(columns + 1, np.bool_)
        while owner[column] != 0:
            done[column] = True
            current, step, nearest = owner[column], np.inf, 0
            for c in range(1, columns + 1):
                if done[c]:
                    continue
                cost = -weight[current - 1, c - 1] - row_potential[current] - column_potential[c]
                if cost < distance[c]:
                    distance[c], came_from[c] = cost, column
                if distance[c] < step:
                    step, nearest = distance[c], c
            for c in range(columns + 1):
                if done[c]:
                    row_potential[owner[c]] += step
                    column_potential[c] -= step
                else:
                    distance[c] -= step
            column = nearest
        while column != 0:
            owner[column] = owner[came_from[column]]
            column = came_from[column]
    out = np.zeros(rows, np.int32)
    for c in range(1, columns + 1):
        if owner[c] > 0:
            out[owner[c] - 1] = c - 1
    return out


@compiled
def match_limb(pairs: Int32, scores: Float32, count: int, joints: tuple[int, int], chosen: NDArray[np.bool_]) -> None:
    """Choose among a limb's scored pairs, each joint used once, so that the sum of the squared scores is the largest.

    Greedy choice, best first, goes wrong where people overlap: a wrong pair with the best score leaves two right ones
    without partners. Pairs that compete with no other are chosen at once; `assign` settles the others.
    Out: `chosen` (N,).
    """
    rivals_a, rivals_b = np.zeros(joints[0], np.int32), np.zeros(joints[1], np.int32)
    for n in range(count):
        rivals_a[pairs[n, 0]] += 1
        rivals_b[pairs[n, 1]] += 1
    row_of, column_of = np.full(joints[0], -1, np.int32), np.full(joints[1], -1, np.int32)
    rows, columns = 0, 0
    for n in range(count):
        a, b = pairs[n, 0], pairs[n, 1]
        chosen[n] = rivals_a[a] == 1 and rivals_b[b] == 1
        if not chosen[n]:
            if row_of[a] < 0:
                row_of[a] = rows
                rows += 1
            if column_of[b] < 0:
                column_of[b] = columns
                columns += 1
    if rows == 0:
        return
    upright = rows <= columns
    weight = np.zeros((rows, columns)) if upright else np.zeros((columns, rows))
    for n in range(count):
        if not chosen[n]:
            row, column = row_of[pairs[n, 0]], column_of[pairs[n, 1]]
            square = scores[n] * scores[n]
            if upright:
                weight[row, column] = square
            else:
                weight[column, row] = square
    partner = assign(weight)
    for n in range(count):
        if not chosen[n]:
            row, column = row_of[pairs[n, 0]], column_of[pairs[n, 1]]
            chosen[n] = partner[row] == column if upright else partner[column] == row
