"""Every step of the decoder in plain numpy, with the signature of its compiled twin; the tests prove them equal.

For reading and for checking: a thousand times slower. What each step does and why is said at the twin
(`decoder_peaks`, `decoder_limbs`, `decoder_people`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from detection.decoder_limbs import ACROSS_COST, ALONG_LIMIT, FAINT, SAMPLES
from detection.decoder_peaks import (
    BEYOND,
    CROWDED,
    DECAY_RANGE,
    LOG_TENTH_MORE,
    REACH,
    SAME_PEAK,
    SMALLEST_HEAT,
    USUAL_DECAY,
    Bytes,
    Float32,
    Int32,
)
from detection.decoder_people import FARTHEST, SCALE_RATIO
from detection.skeleton import JOINTS

Float64 = NDArray[np.float64]


def largest_bits(bits: Int32) -> int:
    """Largest magnitude of float32 values (N,) as bits."""
    return int((bits & 0x7FFFFFFF).max(initial=0))


def row_maxima(bits: Int32, out: Int32) -> None:
    """Largest value of each row (R, W)."""
    out[:] = bits.max(axis=1)


def gaussian_at(heat: Float32, r: int, c: int) -> tuple[float, float, float]:
    """Offset x, y and decay of the Gaussian that is highest in a cell."""
    height, width = heat.shape
    patch = np.pad(heat, 1, mode="edge")[r : r + 3, c : c + 3].clip(SMALLEST_HEAT).astype(np.float64)
    logs, squares = np.log(patch), patch**2
    bend_x = (squares[:, 1] * (2 * logs[:, 1] - logs[:, 0] - logs[:, 2])).sum()
    bend_y = (squares[1] * (2 * logs[1] - logs[0] - logs[2])).sum()
    slope_x = (squares[:, 1] * (logs[:, 2] - logs[:, 0])).sum()
    slope_y = (squares[1] * (logs[2] - logs[0])).sum()
    x = np.clip(slope_x / (2 * bend_x), -0.5, 0.5) if bend_x > 0 and 0 < c < width - 1 else 0.0
    y = np.clip(slope_y / (2 * bend_y), -0.5, 0.5) if bend_y > 0 and 0 < r < height - 1 else 0.0
    decay = max(bend_x / squares[:, 1].sum(), bend_y / squares[1].sum()) / 2
    return float(x), float(y), float(np.clip(decay, *DECAY_RANGE))


def find_peaks(
    heat: Float32, maxima: Float32, threshold: float, rim: Float32, marks: Bytes, peaks: Float32, gauss: Float32
) -> int:
    """Local maxima above the threshold; `maxima`, `rim` and `marks` only help the compiled twin."""
    height, width = heat.shape
    padded = np.pad(heat, 1, constant_values=BEYOND)
    best = heat > np.float32(threshold)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            other = padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
            if (dy, dx) < (0, 0):  # read before: it wins a tie
                best &= heat > other
            elif (dy, dx) > (0, 0):
                best &= heat >= other
    rows, columns = np.nonzero(best)
    values = heat[rows, columns]
    strongest = np.sort(np.argsort(-values, kind="stable")[: len(peaks)])
    for n, (r, c) in enumerate(zip(rows[strongest], columns[strongest], strict=True)):
        x, y, decay = gaussian_at(heat, r, c)
        peaks[n] = c + x, r + y, heat[r, c]
        gauss[n] = np.log(heat[r, c]) + (x**2 + y**2) * decay, decay
    return len(strongest)


def _logs(peaks: Float32, gauss: Float32, which: Int32, x: float, y: float) -> Float64:
    """Logarithms (N,) of the listed peaks' Gaussians at a point."""
    square = (x - peaks[which, 0].astype(np.float64)) ** 2 + (y - peaks[which, 1].astype(np.float64)) ** 2
    return np.asarray(gauss[which, 0] - square * gauss[which, 1], np.float64)


def _near(peaks: Float32, count: int, i: int, distance: float) -> Int32:
    """Peaks nearer to peak i than a distance."""
    apart = np.hypot(*(peaks[:count, :2] - peaks[i, :2]).T)
    return np.flatnonzero((apart < distance) & (np.arange(count) != i)).astype(np.int32)


def _window(heat: Float32, r: int, c: int) -> list[tuple[int, int]]:
    """Cells (row, column) of a map within 2 of one."""
    height, width = heat.shape
    rows, columns = (
        range(max(r - REACH, 0), min(r + REACH + 1, height)),
        range(max(c - REACH, 0), min(c + REACH + 1, width)),
    )
    return [(y, x) for y in rows for x in columns]


def _beside(heat: Float32, r: int, c: int, dr: int, dc: int, decay: float) -> float:
    """How far the top lies beyond a cell, towards its neighbour (dr, dc), by these two cells; 0 at the rim."""
    height, width = heat.shape
    if not (0 <= r + dr < height and 0 <= c + dc < width):
        return 0.0
    rise = np.log(max(heat[r + dr, c + dc], SMALLEST_HEAT)) - np.log(max(heat[r, c], SMALLEST_HEAT))
    return float(np.clip(0.5 + rise / (2 * decay), -0.7, 0.7)) * (dr + dc)


def second_peaks(
    heat: Float32, peaks: Float32, gauss: Float32, count: int, least: float, share: float, near: Int32
) -> int:
    """Add peaks that melted into another one; `near` only helps the compiled twin."""
    total = count
    for i in range(count):
        c, r = int(peaks[i, 0] + 0.5), int(peaks[i, 1] + 0.5)
        around = np.append(_near(peaks, total, i, REACH + CROWDED), np.int32(i))
        most, best = least, None
        for y, x in _window(heat, r, c):
            excess = heat[y, x] - np.exp(_logs(peaks, gauss, around, x, y).max())
            if excess > most and excess > share * heat[y, x]:
                most, best = excess, (y, x)
        if best is None or total == len(peaks):
            continue
        decay = float(gauss[i, 1])
        dx, dy, _ = gaussian_at(heat, *best)
        if best[1] != c:
            dx = _beside(heat, *best, 0, int(np.sign(best[1] - c)), decay)
        if best[0] != r:
            dy = _beside(heat, *best, int(np.sign(best[0] - r)), 0, decay)
        peaks[total] = best[1] + dx, best[0] + dy, heat[best]
        gauss[total] = np.log(heat[best]) + (dx**2 + dy**2) * decay, decay
        total += len(_near(peaks, total, total, SAME_PEAK)) == 0
    return total


def separate_peaks(heat: Float32, peaks: Float32, gauss: Float32, count: int, near: Int32) -> None:
    """Place peaks that stand close together anew; `near` only helps the compiled twin."""
    height, width = heat.shape
    for i in range(count):
        around = _near(peaks, count, i, CROWDED)
        px, py = float(peaks[i, 0]), float(peaks[i, 1])
        terms, heats = [], []
        for y, x in _window(heat, int(py + 0.5), int(px + 0.5)):
            square = (x - px) ** 2 + (y - py) ** 2
            if len(around) == 0 or heat[y, x] < 0.1 or square > REACH**2 + 1:
                continue
            if (
                _logs(peaks, gauss, np.array([i], np.int32), x, y)[0]
                < LOG_TENTH_MORE + _logs(peaks, gauss, around, x, y).max()
            ):
                continue
            terms.append((1.0, x - px, y - py, -square))
            heats.append(float(heat[y, x]))
        if len(heats) < 3:
            continue
        design, heat_there = np.array(terms), np.array(heats)
        matrix = design.T @ (design * heat_there[:, None] ** 2) + np.diag([0, 1e-3, 1e-3, 0.5])
        right = design.T @ (heat_there**2 * np.log(heat_there)) + [0, 0, 0, 0.5 * USUAL_DECAY]
        solution = np.linalg.solve(matrix, right)
        decay = np.clip(solution[3], *DECAY_RANGE)
        x, y = np.clip(solution[1:3] / (2 * decay), -0.7, 0.7)
        peaks[i, 0], peaks[i, 1] = np.clip(px + x, 0, width - 1), np.clip(py + y, 0, height - 1)
        gauss[i] = solution[0] + (x**2 + y**2) * decay, decay


def field_at(field_x: Float32, field_y: Float32, x: float, y: float) -> tuple[float, float]:
    """A vector field between its cells, bilinear."""
    height, width = field_x.shape
    c, r = min(max(int(x), 0), width - 2), min(max(int(y), 0), height - 2)
    weights = np.outer((1 - (y - r), y - r), (1 - (x - c), x - c))
    window = (slice(r, r + 2), slice(c, c + 2))
    return float((weights * field_x[window]).sum()), float((weights * field_y[window]).sum())


def limb_score(field_x: Float32, field_y: Float32, ax: float, ay: float, bx: float, by: float) -> float:
    """How well a field supports a limb from a to b."""
    start, way = np.array((ax, ay), np.float64), np.array((bx - ax, by - ay), np.float64)
    length = np.hypot(*way)
    if length < 1e-3:
        return 0.0
    parts = (np.arange(SAMPLES) + 0.5) / SAMPLES
    field = np.array([field_at(field_x, field_y, *(start + part * way)) for part in parts])  # (SAMPLES, 2)
    along = field @ (way / length)
    across = np.abs(field @ (np.array((-way[1], way[0])) / length))
    support = (along - ACROSS_COST * across > FAINT).sum()
    score = (np.minimum(along, ALONG_LIMIT) - ACROSS_COST * across).mean()
    return float(score) if 2 * support >= SAMPLES else 0.0


def mark_pairs(flat_x: Float32, flat_y: Float32, width: int, first: Float32, second: Float32, marks: Bytes) -> None:
    """Mark the second joints (B, 3) that a limb from a first joint (3,) may lead to."""
    way = second[:, :2] - first[:2]  # (B, 2)
    support = np.zeros(len(second), int)
    for part in (0.25, 0.5, 0.75):
        column, row = (first[:2] + np.float32(part) * way + np.float32(0.5)).astype(np.int32).T
        along = flat_x[row * width + column] * way[:, 0] + flat_y[row * width + column] * way[:, 1]
        support += along * np.abs(along) > np.float32(FAINT**2) * (way**2).sum(axis=1)
    marks[: len(second)] = support >= 2


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
    """Score every pair of a limb's joints that may be one."""
    found = 0
    marks = np.zeros(len(second), np.uint8)
    for i, a in enumerate(first):
        mark_pairs(field_x.ravel(), field_y.ravel(), field_x.shape[1], a, second, marks)
        for k in np.flatnonzero(marks):
            score = limb_score(field_x, field_y, a[0], a[1], second[k, 0], second[k, 1])
            score *= second_peak_factor ** (int(i >= settled[0]) + int(k >= settled[1]))
            if score >= least:
                pairs[found], scores[found] = (i, k), score
                found += 1
    return found


def assign(weight: Float64) -> Int32:
    """The column of each row so that the sum is the largest."""
    return np.asarray(linear_sum_assignment(-weight)[1], np.int32)


def match_limb(pairs: Int32, scores: Float32, count: int, joints: tuple[int, int], chosen: NDArray[np.bool_]) -> None:
    """Choose pairs, each joint used once, so that the sum of the squared scores is the largest."""
    weight = np.zeros(joints)
    weight[pairs[:count, 0], pairs[:count, 1]] = scores[:count].astype(np.float64) ** 2
    partner = dict(zip(*linear_sum_assignment(-weight), strict=True))
    for n in range(count):
        chosen[n] = partner.get(pairs[n, 0]) == pairs[n, 1]


def _write(parts: list[dict[int, int]], slots: Int32, mask: Int32) -> int:
    """Parts, as the peak of each joint, into `slots` and `mask`; their number."""
    for n, part in enumerate(parts):
        slots[n] = -1
        slots[n, list(part)] = list(part.values())
        mask[n] = sum(1 << joint for joint in part)
    return len(parts)


def assemble(
    limbs: Int32, pairs: Int32, order: NDArray[np.int64], table: Int32, owner: Int32, slots: Int32, mask: Int32
) -> int:
    """People out of connected joints; `owner` only helps the compiled twin."""
    parts: list[dict[int, int]] = []
    for n in order:
        ends = [(int(table[limbs[n], side]), int(pairs[n, side])) for side in (0, 1)]
        homes = [next((part for part in parts if part.get(joint) == peak), None) for joint, peak in ends]
        sides = [part if part is not None else dict([end]) for part, end in zip(homes, ends, strict=True)]
        if sides[0] is sides[1] or sides[0].keys() & sides[1].keys():
            continue
        keeper = next((part for part in homes if part is not None), None)
        if keeper is None:
            parts.append(keeper := {})
        keeper.update(sides[0])
        keeper.update(sides[1])
        if homes[0] is not None and homes[1] is not None:
            parts = [part for part in parts if part is not homes[1]]
    return _write(parts, slots, mask)


def add_lone_peaks(peaks: Float32, counts: Int32, least: float, slots: Int32, mask: Int32, total: int) -> int:
    """Append every peak that no part has as a part of its own."""
    parts = total
    for j in range(JOINTS):
        for i in range(counts[j]):
            if i not in slots[:parts, j] and peaks[j, i, 2] >= least:
                slots[total] = -1
                slots[total, j], mask[total] = i, 1 << j
                total += 1
    return total


def _points(slots: Int32, peaks: Float32) -> Float64:
    """Places (18, 2) of a part's joints, NaN where it has none."""
    points = peaks[np.arange(JOINTS), slots, :2].astype(np.float64)
    return np.where((slots >= 0)[:, None], points, np.nan)


def limb_scale(slots: Int32, peaks: Float32, table: Int32, lengths: Float32) -> float:
    """Height of the body that a part belongs to."""
    points = _points(slots, peaks)
    known = lengths > 0
    long = np.hypot(*(points[table[known, 0]] - points[table[known, 1]]).T) / lengths[known]
    return float(np.nanmax(np.append(long, 0.0)))


def parts_cost(one: Int32, other: Int32, scale: float, peaks: Float32, mean: Float32, spread: Float32) -> float:
    """How unlike one body two parts are."""
    apart = np.hypot(*(_points(one, peaks)[:, None] - _points(other, peaks)[None]).transpose(2, 0, 1))  # (18, 18)
    deviation = (apart / scale - mean) / spread
    weight = np.where(np.isnan(deviation), 0, 1 / spread)
    return float(np.nansum(deviation**2 * weight) / weight.sum())


def merge_parts(
    peaks: Float32, slots: Int32, mask: Int32, limbed: int, total: int, table: Int32, lengths: Float32,
    mean: Float32, spread: Float32, limit: float,
) -> int:  # fmt: skip
    """Join parts of one body that no limb connects."""
    places = [_points(slots[n], peaks) for n in range(total)]
    middles = [np.nanmean(points, axis=0) for points in places]
    scales = [limb_scale(slots[n], peaks, table, lengths) if n < limbed else 0.0 for n in range(total)]
    candidates = []
    for one in range(limbed):
        for other in range(one + 1, total):
            low, scale = sorted((scales[one], scales[other]))
            far = np.hypot(*(middles[one] - middles[other])) > FARTHEST * scale
            if mask[one] & mask[other] or scale == 0 or far or 0 < low < SCALE_RATIO * scale:
                continue
            cost = parts_cost(slots[one], slots[other], scale, peaks, mean, spread)
            if cost < limit:
                candidates.append((cost, one, other))
    parts = [{j: int(slots[n, j]) for j in np.flatnonzero(slots[n] >= 0)} for n in range(total)]
    for _, one, other in sorted(candidates):
        if parts[one] is not parts[other] and not parts[one].keys() & parts[other].keys():
            gone = parts[other]
            parts[one].update(gone)
            parts = [parts[one] if part is gone else part for part in parts]
    joined = {id(part): part for part in parts[:limbed]}
    return _write(list(joined.values()), slots, mask)


def gather_people(
    slots: Int32, total: int, peaks: Float32, settled: Int32, least_joints: int, people: Float32, scores: Float32
) -> int:
    """Joints and scores of the parts with enough joints, half of them peaks of their own."""
    there = slots[:total] >= 0
    own = there & (slots[:total] < settled)
    kept = slots[:total][(there.sum(axis=1) >= least_joints) & (2 * own.sum(axis=1) >= there.sum(axis=1))]
    found = np.where((kept >= 0)[:, :, None], peaks[np.arange(JOINTS), kept], 0)
    found[:, :, 2] = np.minimum(found[:, :, 2], 1)
    people[: len(kept)], scores[: len(kept)] = found, (found[:, :, 2] ** 2).sum(axis=1) / JOINTS
    return len(kept)
