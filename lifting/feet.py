"""Legs and feet: how fast they move, and a leg whose ankle goes elsewhere.

A foot is its ankle joint, which is `ANKLE_M` high when the foot is flat.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17

Float = NDArray[np.float64]

ANKLE_M = 0.075
"""Height of the ankle joint over the sole of a flat foot: the median of our motion capture's performers."""

LEGS = tuple(tuple(H36M17.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")) for side in ("right", "left"))
"""Hip, knee and ankle of both legs, right first, as everywhere in H36M17."""

ANKLES = [leg[2] for leg in LEGS]

_CLEARLY_BENT_M = 0.03
"""A knee so far from the line between hip and ankle is bent on purpose."""

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
