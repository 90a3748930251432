"""Last steps of the decoder, compiled: people out of connected joints, and parts of split people joined again.

A part is a row of `slots` (P, 18), the index of its peak for each joint or -1, with the same as bits in `mask` (P,).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detection.decoder_peaks import Float32, Int32, Real, Whole, compiled

JOINTS = 18
SCALE_RATIO = 0.4
"""Parts whose scales differ by more than this factor are not one person's."""
FARTHEST = 1.0
"""Nor are parts whose middles lie more than this many body heights apart."""


@compiled
def assemble(
    limbs: Int32, pairs: Int32, order: NDArray[np.int64], table: Int32, owner: Int32, slots: Int32, mask: Int32
) -> int:
    """People out of connected joints, the best connection first.

    A connection joins the two parts that its joints belong to, unless both have a joint of the same kind.

    Parameters
    ----------
    limbs, pairs : arrays, shapes (N,) and (N, 2)
        Limb, first and second peak of each connection.
    order : array, shape (N,)
        Connections, the best first.
    table : array, shape (19, 3)
        First and second joint of each limb (`skeleton.LIMB_TABLE`).
    owner : array, shape (18, P)
        Room for the part of each peak.
    slots, mask : arrays, shapes (Q, 18) and (Q,)
        Out: the parts.

    Returns
    -------
    int
        How many parts there are.
    """
    owner[:] = -1
    total = 0
    for n in order:
        a, b = table[limbs[n], 0], table[limbs[n], 1]
        i, k = pairs[n, 0], pairs[n, 1]
        part, other = owner[a, i], owner[b, k]
        if part < 0 and other < 0:
            slots[total] = -1
            slots[total, a], slots[total, b] = i, k
            mask[total] = (1 << a) | (1 << b)
            owner[a, i] = owner[b, k] = total
            total += 1
        elif other < 0:
            if not mask[part] >> b & 1:
                slots[part, b] = k
                mask[part] |= 1 << b
                owner[b, k] = part
        elif part < 0:
            if not mask[other] >> a & 1:
                slots[other, a] = i
                mask[other] |= 1 << a
                owner[a, i] = other
        elif part != other and not mask[part] & mask[other]:
            for j in range(JOINTS):
                if slots[other, j] >= 0:
                    slots[part, j] = slots[other, j]
                    owner[j, slots[other, j]] = part
            mask[part] |= mask[other]
            mask[other] = 0
    return compact(slots, mask, total)


@compiled
def compact(slots: Int32, mask: Int32, total: int) -> int:
    """Drop the parts without joints; how many remain."""
    kept = 0
    for part in range(total):
        if mask[part]:
            slots[kept] = slots[part]
            mask[kept] = mask[part]
            kept += 1
    return kept


@compiled
def add_lone_peaks(peaks: Float32, counts: Int32, least: float, slots: Int32, mask: Int32, total: int) -> int:
    """Append every peak (18, P, 3) of at least `least` heat that no part has, as a part; the new total."""
    parts = total
    for j in range(JOINTS):
        free = np.ones(counts[j], np.bool_)
        for part in range(parts):
            if slots[part, j] >= 0:
                free[slots[part, j]] = False
        for i in range(counts[j]):
            if free[i] and peaks[j, i, 2] >= least:
                slots[total] = -1
                slots[total, j] = i
                mask[total] = 1 << j
                total += 1
    return total


@compiled
def limb_scale(slots: Int32, peaks: Float32, table: Int32, lengths: Float32) -> float:
    """Height, in cells, of the body that a part (18,) belongs to: the most that any of its limbs asks for.

    A limb seen at an angle is too short and never too long. 0 where no limb says anything.
    """
    scale = 0.0
    for limb in range(len(lengths)):
        a, b = table[limb, 0], table[limb, 1]
        if lengths[limb] > 0 and slots[a] >= 0 and slots[b] >= 0:
            dx = peaks[a, slots[a], 0] - peaks[b, slots[b], 0]
            dy = peaks[a, slots[a], 1] - peaks[b, slots[b], 1]
            scale = max(scale, np.sqrt(dx * dx + dy * dy) / lengths[limb])
    return scale


@compiled
def parts_cost(one: Int32, other: Int32, scale: float, peaks: Float32, mean: Float32, spread: Float32) -> float:
    """How unlike one body two parts (18,) are: the mean squared deviation of their joints' distances.

    Distances in body heights `scale` against `mean` and `spread` (18, 18) of real bodies, weighted by 1 / spread, so
    that the rigid pairs decide: 1 is what two parts of one body have on average.
    """
    total, weights = 0.0, 0.0
    for j in range(JOINTS):
        if one[j] < 0:
            continue
        x, y = peaks[j, one[j], 0], peaks[j, one[j], 1]
        for k in range(JOINTS):
            if other[k] < 0:
                continue
            dx, dy = x - peaks[k, other[k], 0], y - peaks[k, other[k], 1]
            deviation = (np.sqrt(dx * dx + dy * dy) / scale - mean[j, k]) / spread[j, k]
            total += deviation * deviation / spread[j, k]
            weights += 1 / spread[j, k]
    return total / weights


@compiled
def _middles(slots: Int32, total: int, peaks: Float32) -> Float32:
    """Mean of each part's joints (N, 2)."""
    middles = np.zeros((total, 2), np.float32)
    for part in range(total):
        count = 0
        for j in range(JOINTS):
            if slots[part, j] >= 0:
                middles[part] += peaks[j, slots[part, j], :2]
                count += 1
        middles[part] /= count
    return middles


@compiled
def _may_belong(mask_one: Whole, mask_other: Whole, scale_one: Real, scale_other: Real, dx: Real, dy: Real) -> bool:
    """Whether parts with these joints, scales and distance of their middles need a closer look."""
    scale = max(scale_one, scale_other)
    if mask_one & mask_other or scale == 0:
        return False
    alike = scale_one == 0 or scale_other == 0 or min(scale_one, scale_other) >= SCALE_RATIO * scale
    return bool(alike and dx * dx + dy * dy <= (FARTHEST * scale) ** 2)


@compiled
def _join(slots: Int32, mask: Int32, one: int, other: int) -> None:
    """Give a part the joints of another, which is then empty."""
    for j in range(JOINTS):
        if slots[other, j] >= 0:
            slots[one, j] = slots[other, j]
    mask[one] |= mask[other]
    mask[other] = 0


@compiled
def merge_parts(
    peaks: Float32,
    slots: Int32,
    mask: Int32,
    limbed: int,
    total: int,
    table: Int32,
    lengths: Float32,
    mean: Float32,
    spread: Float32,
    limit: float,
) -> int:
    """Join parts of one body that no limb connects, the likeliest pair first.

    A joint that the network missed takes its limbs along: without a neck the legs are people of their own. Two parts
    with no joint in common are joined if their joints lie as far apart as those of a body do (`parts_cost` below
    `limit`).

    Parameters
    ----------
    limbed : int
        The first parts, which have limbs and so a scale; those after them are single peaks, which only join one of
        these and are dropped where they do not.

    Returns
    -------
    int
        How many parts with limbs are left.
    """
    scales, middles = np.zeros(total, np.float32), _middles(slots, total, peaks)
    for part in range(limbed):
        scales[part] = limb_scale(slots[part], peaks, table, lengths)
    found = 0
    costs, pairs = np.empty(64, np.float32), np.empty((64, 2), np.int32)
    for one in range(limbed):
        for other in range(one + 1, total):
            dx, dy = middles[one, 0] - middles[other, 0], middles[one, 1] - middles[other, 1]
            if not _may_belong(mask[one], mask[other], scales[one], scales[other], dx, dy):
                continue
            cost = parts_cost(slots[one], slots[other], max(scales[one], scales[other]), peaks, mean, spread)
            if cost >= limit:
                continue
            if found == len(costs):
                costs, pairs = np.concatenate((costs, costs)), np.concatenate((pairs, pairs))
            costs[found], pairs[found, 0], pairs[found, 1] = cost, one, other
            found += 1
    home = np.arange(total)
    for n in np.argsort(costs[:found], kind="mergesort"):
        one, other = home[pairs[n, 0]], home[pairs[n, 1]]
        while home[one] != one:
            one = home[one]
        while home[other] != other:
            other = home[other]
        if one != other and not mask[one] & mask[other]:
            _join(slots, mask, one, other)
            home[other] = one
    return compact(slots, mask, limbed)


@compiled
def gather_people(
    slots: Int32, total: int, peaks: Float32, settled: Int32, least_joints: int, people: Float32, scores: Float32
) -> int:
    """Joints and scores of the parts with at least `least_joints` joints, half of which are peaks of their own.

    Parameters
    ----------
    settled : array, shape (18,)
        How many of each joint's peaks are their own; the later ones melted into another.
    people, scores : arrays, shapes (P, 18, 3) and (P,)
        Out: x, y and score of the joints, 0 where missing; score of the person, the mean of its
        joints' squared over all 18.

    Returns
    -------
    int
        How many people there are.
    """
    kept = 0
    for part in range(total):
        joints, own = 0, 0
        for j in range(JOINTS):
            if slots[part, j] >= 0:
                joints += 1
                own += slots[part, j] < settled[j]
        if joints < least_joints or 2 * own < joints:
            continue
        people[kept] = 0
        scores[kept] = 0
        for j in range(JOINTS):
            if slots[part, j] >= 0:
                people[kept, j] = peaks[j, slots[part, j]]
                people[kept, j, 2] = min(people[kept, j, 2], np.float32(1))
                scores[kept] += people[kept, j, 2] ** 2 / np.float32(JOINTS)
        kept += 1
    return kept
