"""Feet that stand stay where they are: what the picture knows of standing feet is put into the body's place.

A camera sees across its line of sight well and along it badly: a lifted body as a whole swims to and fro by decimetres,
the more so where its pose is guessed wrong, as in a squat from the front. A foot that stands does not move in the
picture, which can be seen whatever the 3D says. So while an ankle's ray is still, the ankle is held at one depth, that
of the mean over the contact; the body is set to the depth at which its standing ankles are there, and moved on its
rays; what two feet disagree in, the legs take up (knees solved anew, bones as long as before). No floor is needed.

Camera axes, metres. `FeetHold` runs frame by frame; `hold_feet` knows a whole track and takes every contact as a whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifting.bones import Floats, known_are_finite
from lifting.errors import LiftingError
from lifting.feet import ANKLES, GAP_S, LEGS, Speedometer, bend_legs
from lifting.root import at_depth
from pose.blocks import blocks
from pose.joint_sets import OPENPOSE18

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

ANKLES_2D = [OPENPOSE18.index(name) for name in ("right_ankle", "left_ankle")]
_FEET = len(LEGS)


@dataclass(frozen=True, slots=True)
class HoldOptions:
    """When a foot stands, and how it is held.

    Attributes
    ----------
    begin_m_s, end_m_s : float
        Speed of the ankle across the line of sight below which a foot begins to stand, and above which it ends.
    span_s : float
        Over so long a time the speed is measured.
    unseen_s : float
        A standing foot that is not found for so long still stands.
    place_s : float
        Within about so long a held foot follows where it is seen.
    mean_s, creep_s, creep_m_s : float
        How deep a foot is measured is averaged over `mean_s`; the held foot moves there within about `creep_s`, at
        `creep_m_s` at least.
    settle_s, new_s : float
        A foot that was put down so lately, and any foot of somebody who came so lately, still moves there fast, within
        about `settle_s`: what is wrong at first would stay for long.
    ramp_s, release_s : float
        Within so long a foot takes its full part in holding the body, and gives it back.
    slip_m : float
        A foot seen so far across from where it is held has moved: it is let go.
    astray_m : float
        An ankle found so far across from where the pose has it is not believed.
    """

    begin_m_s: float = 0.25
    end_m_s: float = 0.5
    span_s: float = 0.15
    unseen_s: float = 0.3
    place_s: float = 1.0
    mean_s: float = 3.0
    creep_s: float = 4.0
    creep_m_s: float = 0.015
    settle_s: float = 0.2
    new_s: float = 1.0
    ramp_s: float = 0.25
    release_s: float = 0.15
    slip_m: float = 0.08
    astray_m: float = 0.25


DEFAULTS = HoldOptions()


class FeetHold:
    """Holds the standing feet of one person, frame by frame.

    Ankles, which the picture shows, are put onto their rays; a foot that begins to stand is held where it is then.
    Nothing jumps: what holding changed fades when it ends.

    Parameters
    ----------
    options : HoldOptions, optional
    """

    def __init__(self, options: HoldOptions = DEFAULTS) -> None:
        self._options = options
        self._speed = Speedometer(options.span_s)
        self._time_s = -math.inf
        self.clear()

    def clear(self) -> None:
        """Forget where the feet stand."""
        self._speed.clear()
        self._held: Bool = np.zeros(_FEET, bool)
        self._seen_s: Float = np.full(_FEET, -math.inf)
        self._place: Float = np.zeros((_FEET, 3))  # the ray, z = 1, on which each foot is held
        self._depth: Float = np.zeros(_FEET)  # and how deep
        self._mean: Float = np.zeros(_FEET)  # how deep it was measured while it stood
        self._count: Float = np.zeros(_FEET)
        self._age_s: Float = np.zeros(_FEET)  # for how long each foot has stood
        self._known_s = 0.0
        self._off: Float = np.zeros(_FEET)  # by how much deeper than measured each foot is held
        self._lag: Float = np.zeros((_FEET, 3))  # from where a foot is seen to where it is held
        self._shift_weight: Float = np.zeros(_FEET)
        self._ray_weight: Float = np.zeros(_FEET)
        self._apart: Float = np.zeros((_FEET, 3))

    def step(
        self, xyz_m: Float, root_m: Float, valid: Bool, rays: Float, score: Float, time_s: float
    ) -> tuple[Float, Float, Bool]:
        """The body with its standing feet held: pose (17, 3) and pelvis (3,), and which feet those are (2,).

        Parameters
        ----------
        xyz_m : array, shape (17, 3)
            H36M17 joints relative to the pelvis.
        root_m : array, shape (3,)
        valid : array of bool, shape (17,)
        rays : array, shape (18, 3)
            Rays with z = 1 of the OPENPOSE18 joints; anything where missing.
        score : array, shape (18,)
            0 where missing.
        time_s : float

        Raises
        ------
        LiftingError
            Where the time or a valid joint is not finite.
        """
        if not (math.isfinite(time_s) and np.isfinite(xyz_m[valid]).all() and np.isfinite(root_m).all()):
            raise LiftingError(f"feet cannot be held: the time or a valid joint at {time_s} s is not finite")
        fresh = not 0 <= time_s - self._time_s <= GAP_S
        if fresh:
            self.clear()
            self._time_s = time_s
        elapsed_s, self._time_s = time_s - self._time_s, time_s
        seen = (score[ANKLES_2D] > 0) & valid[ANKLES]
        places = np.where(seen[:, None], rays[ANKLES_2D], np.nan)
        depth = root_m[2] + xyz_m[ANKLES, 2]
        begins = self._find(places, seen, depth, time_s)
        weight = self._shift_weight
        shift = float((weight * self._off).sum() / max(1.0, float(weight.sum())))
        root, pose = moved_in_depth(xyz_m, root_m, rays, score, shift), xyz_m.copy()
        free = self._free(pose[ANKLES] + root, places, elapsed_s, fresh)
        self._lag *= math.exp(-elapsed_s / self._options.release_s)
        self._anchor(begins, free + self._lag, depth, places, seen, elapsed_s)
        self._lag = np.where(self._held[:, None], self._place * self._depth[:, None] - free, self._lag)
        bend_legs(pose, valid, free + self._lag - root - pose[ANKLES])
        return pose, root, self._held.copy()

    def _find(self, places: Float, seen: Bool, depth: Float, time_s: float) -> Bool:
        """Which feet stand from now on, and (returned) which of them did not before."""
        options = self._options
        across = np.linalg.norm(self._speed.step(places, time_s), axis=-1) * depth
        self._seen_s = np.where(seen, time_s, self._seen_s)
        slip = np.linalg.norm(places - self._place, axis=-1) * depth
        stays = (across < options.end_m_s) & (slip < options.slip_m)  # NaN compares false
        stays |= ~seen & (time_s - self._seen_s <= options.unseen_s)
        before = self._held
        self._held = np.where(before, stays, across < options.begin_m_s)
        return np.asarray(self._held & ~before)

    def _free(self, ankles: Float, places: Float, elapsed_s: float, fresh: bool) -> Float:
        """Where ankles (2, 3) are that nothing holds: on the rays that the picture shows, as far as it is believed."""
        on_ray = np.where(np.isfinite(places), places, 0) * ankles[:, 2:]
        apart = on_ray - ankles
        good = np.isfinite(places[:, 0]) & (np.linalg.norm(apart, axis=-1) < self._options.astray_m)
        gain = 1.0 if fresh else -math.expm1(-elapsed_s / self._options.release_s)
        self._ray_weight = self._ray_weight + gain * (good - self._ray_weight)
        self._apart = np.where(good[:, None], apart, self._apart if not fresh else 0.0)
        return np.asarray(ankles + self._ray_weight[:, None] * self._apart)

    def _anchor(self, begins: Bool, now: Float, depth: Float, places: Float, seen: Bool, elapsed_s: float) -> None:
        """Set the anchors of feet that begin to stand where they are now (2, 3); let the others follow slowly."""
        options = self._options
        self._place = np.where(begins[:, None], now / np.maximum(now[:, 2:], 1e-3), self._place)
        self._depth = np.where(begins, now[:, 2], self._depth)
        self._mean, self._count = np.where(begins, depth, self._mean), np.where(begins, 1.0, self._count)
        fed = self._held & seen & ~begins
        self._age_s = np.where(begins, 0.0, self._age_s + elapsed_s)
        self._known_s += elapsed_s
        self._count = self._count + fed
        gain = np.maximum(1 / np.maximum(self._count, 1), -math.expm1(-elapsed_s / options.mean_s))
        self._mean = np.where(fed, self._mean + gain * (depth - self._mean), self._mean)
        share = -math.expm1(-elapsed_s / options.place_s)
        self._place = np.where(fed[:, None], self._place + share * (places - self._place), self._place)
        short: Float = self._mean - self._depth
        young = (self._age_s < options.settle_s) | (self._known_s < options.new_s)
        creep_s = np.where(young, options.settle_s, options.creep_s)
        most = elapsed_s * np.maximum(options.creep_m_s, np.abs(short) / creep_s)
        self._depth = np.where(fed, self._depth + np.clip(short, -most, most), self._depth)
        self._off = np.where(self._held, self._depth - depth, self._off)
        rise = np.minimum(1.0, self._shift_weight + elapsed_s / options.ramp_s)
        fade = math.exp(-elapsed_s / options.release_s)
        self._shift_weight = np.where(self._held, rise, self._shift_weight * fade)


def moved_in_depth(xyz_m: Float, root_m: Float, rays: Float, score: Float, shift_m: float) -> Float:
    """The pelvis (3,) once the body (17, 3) is set deeper by `shift_m` and moved so that it stays on its rays (18, 3).

    >>> body, rays = np.zeros((17, 3)), np.tile([0.5, 0.0, 1.0], (18, 1))
    >>> moved_in_depth(body, np.array([1.0, 0.0, 2.0]), rays, np.ones(18), 1.0)
    array([1.5, 0. , 3. ])
    """
    if not score.any():
        return np.asarray(root_m + np.array([0.0, 0.0, shift_m]))
    body, seen, weight = xyz_m[None], rays[None], score[None]
    before = at_depth(body, seen, weight, root_m[2:])
    after = at_depth(body, seen, weight, root_m[2:] + shift_m)
    return np.asarray(root_m + (after - before)[0])


def on_rays(xyz_m: Float, changed_m: Float, rays: Float, score: Float, depth_m: Float | float) -> Float:
    """By how much (..., 3) a pelvis at a depth (...) moves across, so that a changed body is on its rays as before.

    Parameters
    ----------
    xyz_m, changed_m : array, shape (..., 17, 3)
    rays : array, shape (..., 18, 3)
    score : array, shape (..., 18)
    """
    shape = xyz_m.shape[:-2]
    flat = [one.reshape(-1, *one.shape[len(shape) :]) for one in (xyz_m, changed_m, rays, score)]
    depth = np.asarray(depth_m, np.float64).reshape(-1)
    move = at_depth(flat[1], flat[2], flat[3], depth) - at_depth(flat[0], flat[2], flat[3], depth)
    return np.asarray(np.where(flat[3].any(axis=1)[:, None], move, 0.0).reshape(*shape, 3))


def hold_feet(
    time_s: Float,
    xyz_m: Floats,
    root_m: Float,
    valid: Bool,
    rays: Floats,
    score: Floats,
    options: HoldOptions = DEFAULTS,
) -> tuple[Floats, Float, Bool]:
    """One person's whole track with standing feet held: poses (T, 17, 3), pelvis (T, 3), and when they stand (T, 2).

    What `FeetHold` does, with hindsight: speeds look both ways, each contact is held at the median of its own depths,
    and what holding changed fades before and after it alike.

    Parameters
    ----------
    time_s : array, shape (T,)
        Rising.
    xyz_m, root_m, valid, rays, score : arrays, shape (T, ...)
        As for `FeetHold.step`; poses stay in the precision that they have.

    Raises
    ------
    LiftingError
        Where times do not rise, or a valid joint is not finite.
    """
    pose, root = xyz_m.copy(), np.array(root_m, np.float64)
    return pose, root, hold_in_place(time_s, pose, root, valid, rays, score, options)


def hold_in_place(
    time_s: Float,
    xyz_m: Floats,
    root_m: Float,
    valid: Bool,
    rays: Floats,
    score: Floats,
    options: HoldOptions = DEFAULTS,
) -> Bool:
    """What `hold_feet` does, with poses and pelvis changed where they are; when the feet stand (T, 2)."""
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
    for row in range(len(time_s)):
        bend_legs(xyz_m[row], valid[row], rest[row])
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
