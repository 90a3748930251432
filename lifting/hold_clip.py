"""Standing feet of a whole track: what `lifting.hold` does frame by frame, done with hindsight.

Speeds look both ways, each contact is held at the median of its own depths, and what holding changed fades before and
after it alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lifting.bones import Floats, known_are_finite
from lifting.errors import LiftingError
from lifting.feet import ANKLES, LEGS, bend_legs, given_way
from lifting.hold import ANKLES_2D, DEFAULTS, HoldOptions
from lifting.root import at_depth
from pose.blocks import blocks

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_FEET = len(LEGS)


def hold_in_place(
    time_s: Float,
    xyz_m: Floats,
    root_m: Float,
    valid: Bool,
    rays: Floats,
    score: Floats,
    options: HoldOptions = DEFAULTS,
) -> Bool:
    """Hold one person's standing feet over a whole track: poses and pelvis are changed where they are.

    Parameters
    ----------
    time_s : array, shape (T,)
        Rising.
    xyz_m, root_m, valid, rays, score : arrays, shape (T, ...)
        As for `FeetHold.step`; poses stay in the precision that they have.

    Returns
    -------
    array, bool, shape (T, 2)
        When the feet stand.

    Raises
    ------
    LiftingError
        Where times do not rise, or a valid joint is not finite.
    """
    if not (np.isfinite(time_s).all() and (np.diff(time_s) > 0).all()):
        raise LiftingError("feet cannot be held: the times of a track have to rise")
    if not (known_are_finite(xyz_m, valid) and np.isfinite(root_m).all()):
        raise LiftingError("feet cannot be held: a valid joint is not finite")
    if not len(time_s):
        return np.zeros((0, _FEET), bool)
    seen = (score[:, ANKLES_2D] > 0) & valid[:, ANKLES]
    places = np.where(seen[..., None], rays[:, ANKLES_2D].astype(np.float64), np.nan)  # (T, 2, 3)
    depth = root_m[:, None, 2] + xyz_m[:, ANKLES, 2]
    contacts = [find_contacts(time_s, places[:, foot], depth[:, foot], options) for foot in range(_FEET)]
    shift = _shift(time_s, depth, contacts, options)
    root_m += _on_rays(xyz_m, root_m, rays, score, shift)
    ankles = root_m[:, None] + xyz_m[:, ANKLES]
    apart = np.where(seen[..., None], places, 0) * ankles[..., 2:] - ankles
    good = seen & (np.linalg.norm(apart, axis=-1) < options.astray_m)
    held = np.zeros(seen.shape, bool)
    rest = np.zeros_like(apart)
    for foot in range(_FEET):
        rest[:, foot] = _filled(time_s, np.where(good[:, foot, None], apart[:, foot], np.nan), options.release_s)
        moved = np.full((len(time_s), 3), np.nan)
        for rows, place, deep in contacts[foot]:
            held[rows, foot] = True
            moved[rows] = place * deep - ankles[rows, foot] - rest[rows, foot]
        rest[:, foot] += _filled(time_s, moved, options.release_s)
    weight = _weights(time_s, held, options)
    for row in range(len(time_s)):
        targets = xyz_m[row, ANKLES] + rest[row]
        given = given_way(xyz_m[row], valid[row], targets, weight[row])
        root_m[row] += given
        bend_legs(xyz_m[row], valid[row], rest[row] - given, weight[row])
    return held


Contact = tuple[slice, Float, float]
"""Frames in which a foot stands, the ray (3,) with z = 1 on which it is, and how deep."""


def find_contacts(time_s: Float, places: Float, depth_m: Float, options: HoldOptions = DEFAULTS) -> list[Contact]:
    """When one foot of a whole track stands, from its rays (T, 3), NaN where it is not seen, and its depths (T,)."""
    across = _speeds(time_s, places, options.span_s / 2) * depth_m
    seen = np.isfinite(places[:, 0])
    contacts: list[Contact] = []
    start, last, held = 0, 0, False  # the contact's first frame, the last one in which it was seen
    mean, count = np.zeros(3), 0

    def finish() -> None:
        if held and last > start:
            rows = np.arange(start, last + 1)[seen[start : last + 1]]
            contacts.append((slice(start, last + 1), np.median(places[rows], axis=0), float(np.median(depth_m[rows]))))

    for row in range(len(time_s)):
        if held and time_s[row] - time_s[last] > options.unseen_s:
            finish()
            held = False
        if not seen[row]:
            continue
        slips = held and float(np.linalg.norm(places[row] - mean)) * depth_m[row] > options.slip_m
        if held and (slips or not across[row] < options.end_m_s):
            finish()
            held = False
        if not held and across[row] < options.begin_m_s:
            held, start, mean, count = True, row, places[row].copy(), 0
        if held:
            last, count = row, count + 1
            mean += (places[row] - mean) / count
    finish()
    return contacts


def _speeds(time_s: Float, places: Float, half_s: float) -> Float:
    """Speeds (T,) of points (T, 3) by a straight line through those at most `half_s` away; NaN where there are none."""
    first = np.searchsorted(time_s, time_s - half_s - 1e-9)
    after = np.searchsorted(time_s, time_s + half_s + 1e-9)
    at = np.arange(len(time_s))
    first, after = np.minimum(first, np.maximum(at - 1, 0)), np.maximum(after, np.minimum(at + 2, len(at)))
    known = np.isfinite(places[:, 0])
    late = time_s - time_s[0]
    value = np.where(known[:, None], places, 0)

    def summed(terms: Float) -> Float:
        total = np.concatenate([np.zeros((1, *terms.shape[1:])), np.cumsum(terms, axis=0)])
        return np.asarray(total[after] - total[first])

    count, sum_t, sum_tt = summed(known * 1.0), summed(known * late), summed(known * late**2)
    sum_p, sum_tp = summed(value), summed(value * late[:, None])
    spread = count * sum_tt - sum_t**2
    usable = known & (count >= 2) & (spread > 1e-9)
    slope = (count[:, None] * sum_tp - sum_t[:, None] * sum_p) / np.where(usable, spread, 1)[:, None]
    return np.where(usable, np.linalg.norm(slope, axis=-1), np.nan)


def _weights(time_s: Float, held: Bool, options: HoldOptions) -> Float:
    """How much each foot (T, 2) counts: 1 while it stands, fading before and after."""
    weight = np.zeros(held.shape)
    for foot in range(_FEET):
        when = time_s[held[:, foot]]
        if len(when):
            after = np.minimum(np.searchsorted(when, time_s), len(when) - 1)
            away = np.minimum(np.abs(when[after] - time_s), np.abs(when[np.maximum(after - 1, 0)] - time_s))
            weight[:, foot] = np.exp(-away / options.release_s)
    return weight


def _shift(time_s: Float, depth_m: Float, contacts: list[list[Contact]], options: HoldOptions) -> Float:
    """By how much deeper (T,) the body has to be for its standing feet to be where they are held."""
    total, weight = np.zeros(len(time_s)), np.zeros(len(time_s))
    for foot in range(_FEET):
        for rows, _, deep in contacts[foot]:
            off = deep - depth_m[rows, foot]
            before, beyond = time_s[: rows.start], time_s[rows.stop :]
            share = np.ones(len(time_s))
            share[: rows.start] = np.exp((before - time_s[rows.start]) / options.release_s)
            share[rows.stop :] = np.exp((time_s[rows.stop - 1] - beyond) / options.release_s)
            total += share * np.concatenate([np.full(len(before), off[0]), off, np.full(len(beyond), off[-1])])
            weight += share
    return np.asarray(total / np.maximum(1.0, weight))


def _on_rays(xyz_m: Floats, root_m: Float, rays: Floats, score: Floats, shift_m: Float) -> Float:
    """By how much (T, 3) bodies move that are set deeper by `shift_m` (T,), as `moved_in_depth` has it."""
    move = shift_m[:, None] * np.array([0.0, 0.0, 1.0])
    for rows in blocks(len(xyz_m)):
        body, sight, weight = (one[rows].astype(np.float64) for one in (xyz_m, rays, score))
        depth = root_m[rows, 2]
        across = at_depth(body, sight, weight, depth + shift_m[rows]) - at_depth(body, sight, weight, depth)
        move[rows] = np.where(weight.any(axis=1)[:, None], across, move[rows])
    return np.asarray(move)


def _filled(time_s: Float, points: Float, fade_s: float) -> Float:
    """Points (T, 3) with what is unknown, NaN, replaced by what is known before and after it, fading away from it."""
    rows = np.flatnonzero(np.isfinite(points[:, 0]))
    if not len(rows):
        return np.zeros_like(points)
    after = np.searchsorted(rows, np.arange(len(points)))
    one, other = rows[np.maximum(after - 1, 0)], rows[np.minimum(after, len(rows) - 1)]
    parts = []
    for near in (one, other):
        share = np.exp(-np.abs(time_s - time_s[near]) / fade_s)
        parts.append((points[near] * share[:, None], share))
    same = one == other
    total = parts[0][0] + np.where(same[:, None], 0, parts[1][0])
    weight = parts[0][1] + np.where(same, 0, parts[1][1])
    out = total / np.maximum(1.0, weight)[:, None]
    out[rows] = points[rows]
    return np.asarray(out)
