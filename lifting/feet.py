"""Legs and feet: how fast they move, and a leg whose ankle goes elsewhere.

A foot is its ankle joint, which is `ANKLE_M` high when the foot is flat.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from lifting.bones import Bool, Float, Floats
from pose.joint_sets import H36M17

ANKLE_M = 0.075
"""Height of the ankle joint over the sole of a flat foot: the median of our motion capture's performers."""

LEGS = tuple(tuple(H36M17.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")) for side in ("right", "left"))
"""Hip, knee and ankle of both legs, right first, as everywhere in H36M17."""

ANKLES = [leg[2] for leg in LEGS]
_SIDES = len(LEGS)

_PELVIS, _THORAX = H36M17.index("pelvis"), H36M17.index("thorax")

_CLEARLY_BENT_M = 0.03
"""A knee so far from the line between hip and ankle is bent on purpose."""

_LYING_M = (0.45, 0.6)
"""Below the first height of the thorax over the ankles nobody stands; above the second nobody lies."""

_RELAXED_DEG = 10.0
"""No foot that is to be held stretches a knee further than this; a straighter one stays as it is."""

_GIVE_DEG = 6.0
"""By so much a foot that is put where it is seen bends its knee without further ado."""

_MOST_GIVEN_M = 0.06
"""So far at most a body gives way to its feet. More than that is no error of size but of pose: knees know less of it
than feet and hips do in the picture."""

_SOFT_M = 0.01
"""So far before the end of its reach an ankle begins to lag behind where it is to go."""

GAP_S = 0.5
"""After a longer gap, or when time runs backwards, everything starts anew."""


class Speedometer:
    """The velocity of some points: the slope of a straight line through their last positions (least squares).

    Parameters
    ----------
    span_s : float
        How far back the positions are looked at; at least the last two always are.
    """

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._seen: deque[tuple[float, Float]] = deque(maxlen=64)

    def clear(self) -> None:
        """Forget all positions."""
        self._seen.clear()

    def step(self, points_m: Float, time_s: float) -> Float:
        """Velocities (N, 3) once points (N, 3) were seen; NaN for points that are NaN now or were seen only once."""
        if self._seen and time_s <= self._seen[-1][0]:
            self._seen.pop()
        self._seen.append((time_s, points_m))
        while len(self._seen) > 2 and time_s - self._seen[0][0] > self._span_s:
            self._seen.popleft()
        times = np.array([seen_s for seen_s, _ in self._seen])
        places = np.stack([place for _, place in self._seen])  # (T, N, 3)
        known = np.isfinite(places).all(axis=-1)
        count = np.maximum(known.sum(axis=0), 1)
        mean_s = (times[:, None] * known).sum(axis=0) / count
        late = np.where(known, times[:, None] - mean_s, 0)
        spread = (late**2).sum(axis=0)
        slope = (late[..., None] * np.where(known[..., None], places, 0)).sum(axis=0) / np.maximum(spread, 1e-12)[
            :, None
        ]
        return np.where((known[-1] & (spread > 0))[:, None], slope, np.nan)


def bent_leg(leg_m: Float, target_m: Float, ahead: Float | None = None) -> tuple[Float, Float]:
    """Knee and ankle (3,) of a leg whose ankle goes to `target_m` (3,), as far as it reaches.

    Hip, thigh and shank (their lengths) stay; the knee stays in the plane in which the leg is bent (law of cosines). A
    leg that is nearly straight has no plane worth the name, and is bent forwards the more, the further its ankle goes.

    Parameters
    ----------
    leg_m : array, shape (3, 3)
        Hip, knee and ankle.
    target_m : array, shape (3,)
    ahead : array, shape (3,), optional
        Where the body faces, of unit length; zeros where nobody knows.

    >>> knee, ankle = bent_leg(np.array([[0.0, 1, 0], [0, 0.5, 0.1], [0, 0.1, 0]]), np.array([0.2, 0.1, 0]))
    >>> ankle.round(6)
    array([0.2, 0.1, 0. ])
    """
    hip, knee, ankle = leg_m
    thigh, shank = float(np.linalg.norm(knee - hip)), float(np.linalg.norm(ankle - knee))
    away = target_m - hip
    distance = float(np.linalg.norm(away))
    if distance < 1e-6 or thigh < 1e-6 or shank < 1e-6:
        return knee, ankle
    toward = away / distance
    reach = float(np.clip(distance, abs(thigh - shank) + 1e-6, thigh + shank - 1e-6))
    cosine = (thigh**2 + reach**2 - shank**2) / (2 * thigh * reach)
    sideways = (knee - hip) - toward * float((knee - hip) @ toward)
    if ahead is not None:
        lacking_m = max(0.0, _CLEARLY_BENT_M - float(np.linalg.norm(sideways)))
        part = min(1.0, float(np.linalg.norm(target_m - ankle)) / _CLEARLY_BENT_M)
        sideways = sideways + part * lacking_m * (ahead - toward * float(ahead @ toward))
    size = float(np.linalg.norm(sideways))
    if size < 1e-9:  # a straight leg has no plane: any one will do for the hair's breadth by which it bends
        sideways = np.cross(toward, [1.0, 0.0, 0.0] if abs(toward[0]) < 0.9 else [0.0, 0.0, 1.0])
        size = float(np.linalg.norm(sideways))
    bent = hip + thigh * (cosine * toward + math.sqrt(max(0.0, 1 - cosine**2)) * sideways / size)
    return bent, hip + reach * toward


def bend_legs(pose_m: Floats, valid: Bool, rest_m: Float, held: Float) -> None:
    """Move the ankles of a body (17, 3) by `rest_m` (2, 3), as far as its legs reach (`reached`); in place.

    A foot that nothing holds, `held` (2,) below 1, does not bend its knee by more than a little: it comes less near.
    """
    share = _upright(pose_m, valid)
    for foot, leg in enumerate(LEGS):
        if valid[list(leg)].all() and share * np.abs(rest_m[foot]).max() > 1e-6:
            limb = pose_m[list(leg)].astype(np.float64)
            target = reached(limb, limb[2] + share * rest_m[foot])
            away = target - limb[0]
            size = float(np.linalg.norm(away))
            lacking = max(0.0, _nearest_m(limb) - size) * (1 - float(held[foot]))
            target = target + lacking * away / max(size, 1e-6)
            pose_m[leg[1]], pose_m[leg[2]] = bent_leg(limb, target, _ahead(pose_m, valid))


def given_way(pose_m: Floats, valid: Bool, targets_m: Float, held: Float) -> Float:
    """By how much (3,) a body (17, 3) moves along its legs for its feet to be at `targets_m` (2, 3) with its own knees.

    A straight leg that is to be 3 cm shorter is bent by 30 degrees: what is a little wrong in the body's size or place
    must not be told by its knees. So they take up what bends them by a few degrees, the body gives the rest, though
    never much, and what is still left bends knees after all (`bend_legs`).

    Parameters
    ----------
    pose_m : array, shape (17, 3)
    valid : array of bool, shape (17,)
    targets_m : array, shape (2, 3)
        Where the ankles go, in the axes of the pose.
    held : array, shape (2,)
        0 to 1: how much each foot counts.

    >>> body = np.zeros((17, 3))
    >>> body[2:4, 1], body[5:7, 1], body[8, 1] = (0.4, 0.8), (0.4, 0.8), -0.5
    >>> given_way(body, np.ones(17, bool), body[ANKLES] - [0, 0.03, 0], np.ones(2)).round(3)
    array([ 0.   , -0.025,  0.   ])
    """
    ways, lacking, weight = np.zeros((_SIDES, 3)), np.zeros(_SIDES), np.zeros(_SIDES)
    for foot, leg in enumerate(LEGS):
        limb = pose_m[list(leg)].astype(np.float64)
        away = limb[0] - targets_m[foot]
        size = float(np.linalg.norm(away))
        if not (valid[list(leg)].all() and size > 1e-6):
            continue
        ways[foot], lacking[foot], weight[foot] = away / size, max(0.0, _nearest_m(limb) - size), held[foot]
    along = weight @ ways
    length = float(np.linalg.norm(along))
    if length < 1e-6:
        return np.zeros(3)
    along /= length
    part = ways @ along
    wanted = float((weight * part * lacking).sum()) / max(1.0, float((weight * part**2).sum()))
    share = _upright(pose_m, valid) * _MOST_GIVEN_M
    return np.asarray(share * math.tanh(wanted / _MOST_GIVEN_M) * along)


def _nearest_m(limb_m: Float) -> float:
    """How near the ankle of a leg (3, 3) gets to the hip with its knee nearly as it is."""
    hip, knee, ankle = limb_m
    thigh, shank, now = (float(np.linalg.norm(way)) for way in (knee - hip, ankle - knee, ankle - hip))
    cosine = (now**2 - thigh**2 - shank**2) / max(2 * thigh * shank, 1e-9)
    bent = math.acos(min(1.0, max(-1.0, cosine))) + math.radians(_GIVE_DEG)
    bent = min(math.pi, max(bent, math.radians(_RELAXED_DEG)))
    return math.sqrt(max(0.0, thigh**2 + shank**2 + 2 * thigh * shank * math.cos(bent)))


def reached(leg_m: Float, target_m: Float) -> Float:
    """Where the ankle of a leg (hip, knee and ankle: (3, 3)) gets on its way to a place (3,) that may be out of reach.

    Straight from the hip towards that place. The last 10 degrees in the knee are 3 mm of leg, far less than anybody
    knows of where a foot stands: they stay as they are lifted, since a foot that is a little out of reach, which is
    usual, would otherwise stretch every standing leg to 0 degrees. Shortly before that end the ankle goes the slower,
    the less way is left, as in animation ("soft" inverse kinematics), so that no knee locks with a jolt.

    >>> straight = np.array([[0.0, 0.8, 0], [0, 0.4, 0.01], [0, 0.0, 0]])
    >>> reached(straight, np.array([0.0, -0.5, 0.0])).round(6)
    array([0., 0., 0.])
    """
    hip, knee, ankle = leg_m
    thigh, shank, now = (float(np.linalg.norm(way)) for way in (knee - hip, ankle - knee, ankle - hip))
    wanted = float(np.linalg.norm(target_m - hip))
    natural = math.sqrt(max(0.0, thigh**2 + shank**2 + 2 * thigh * shank * math.cos(math.radians(_RELAXED_DEG))))
    end = max(now, natural)
    soft = min(_SOFT_M, end - now)
    beyond = wanted - (end - soft)
    if beyond <= 0:
        return target_m
    got = end - soft * math.exp(-beyond / soft) if soft > 1e-9 else end
    return np.asarray(hip + (target_m - hip) * (got / wanted))


def _upright(pose_m: Float, valid: Bool) -> float:
    """1 for a body (17, 3) on its legs, 0 for one that lies or leans on its hands, by how high it is over its ankles.

    Nearly straight legs along the floor show little of where their ankles are: correcting them would bend the knees.
    """
    if not valid[[_THORAX, *ANKLES]].all():
        return 1.0
    low, high = _LYING_M
    over_m = float(pose_m[ANKLES, 1].mean() - pose_m[_THORAX, 1])
    return min(1.0, max(0.0, (over_m - low) / (high - low)))


def _ahead(pose_m: Float, valid: Bool) -> Float:
    """The unit vector to which the hips of a body (17, 3) face, square to the trunk; zeros where nobody knows."""
    (right, _, _), (left, _, _) = LEGS
    if not valid[[left, right, _PELVIS, _THORAX]].all():
        return np.zeros(3)
    facing = np.cross(pose_m[left] - pose_m[right], pose_m[_THORAX] - pose_m[_PELVIS])
    return np.asarray(facing / max(float(np.linalg.norm(facing)), 1e-9))
