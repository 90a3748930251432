"""Left and right mended: limbs that a detector took for each other for a while.

Arms and legs are looked at by themselves. Every frame may stand as it is or be swapped; of all such readings of a
clip the one is taken whose joints move least from frame to frame (Viterbi 1967). A swapped frame costs a little in
itself: where limbs are close together or cross, and who swaps moves no further, the detector is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pose.blocks import blocks
from pose.joint_sets import OPENPOSE18, flip_order

Float = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]
Index = NDArray[np.intp]
Bool = NDArray[np.bool_]

LIMBS = {
    "arms": ("shoulder", "elbow", "wrist"),
    "legs": ("hip", "knee", "ankle"),
}

_MOST = 1.0
"""No joint counts for more than a way of so many torso lengths: a misplaced one must not decide."""

_SWAP = 0.05
"""What a swapped frame costs, torso lengths: a limb that the detector names for half a minute has its name."""

_GAP_S = 0.3
"""Across a longer gap nothing goes on."""

_LEAST = 1.0
"""A stretch is swapped if that saves at least so many torso lengths of way in all; less may be chance."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A track with its sides put right.

    Attributes
    ----------
    xy_px : array, shape (M, 18, 2)
    score : array, shape (M, 18)
    swapped : array of bool, shape (M, 2)
        Whether arms and legs were swapped.
    swaps : int
        In how many stretches, of arms and of legs.
    """

    xy_px: Floats
    score: Floats
    swapped: Bool
    swaps: int


def mend_sides(xy_px: Floats, score: Floats, time_s: Float, torso_px: float) -> Mended:
    """Swap left and right where the limbs' ways say so; numbers keep their precision.

    Parameters
    ----------
    xy_px : array, shape (M, 18, 2)
        OPENPOSE18 joints of one person.
    score : array, shape (M, 18)
        0 where missing.
    time_s : array, shape (M,)
        Rising.
    torso_px : float
        The person's size.
    """
    xy, sure = xy_px.copy(), score.copy()
    swapped = np.zeros((len(xy_px), len(LIMBS)), np.bool_)
    twins = flip_order(OPENPOSE18)
    swaps = 0
    for limb, parts in enumerate(LIMBS.values()):
        left, right = (np.array([OPENPOSE18.index(f"{side}_{part}") for part in parts]) for side in ("left", "right"))
        both = np.stack([left, right])  # (2, P)
        swapped[:, limb] = _swapped(_ways(xy_px, score, time_s, both, torso_px))
        rows = np.flatnonzero(swapped[:, limb])
        joints = both.ravel()
        xy[np.ix_(rows, joints)] = xy_px[np.ix_(rows, twins[joints])]
        sure[np.ix_(rows, joints)] = score[np.ix_(rows, twins[joints])]
        swaps += int(np.count_nonzero(np.diff(swapped[:, limb].astype(np.int8), prepend=0) == 1))
    return Mended(xy, sure, swapped, swaps)


def _swapped(cost: Float) -> Bool:
    """Which of M frames to swap, from the ways (M, 2, 2) of `_ways`."""
    frames = len(cost)
    if frames < 3:
        return np.zeros(frames, np.bool_)
    total = np.zeros((frames, 2))
    came = np.zeros((frames, 2), np.intp)
    own = np.array([0.0, _SWAP])
    total[0] = own
    for frame in range(1, frames):
        through = total[frame - 1][:, None] + cost[frame]  # (2 before, 2 now)
        came[frame] = through.argmin(axis=0)
        total[frame] = through.min(axis=0) + own
    reading = np.zeros(frames, np.intp)
    reading[-1] = total[-1].argmin()
    for frame in range(frames - 1, 0, -1):
        reading[frame - 1] = came[frame, reading[frame]]
    return _worth(reading.astype(np.bool_), cost)


def _ways(xy_px: Floats, score: Floats, time_s: Float, both: Index, torso_px: float) -> Float:
    """Ways in torso lengths of a pair of limbs from the frame before to each of M frames (M, 2, 2).

    By the readings, as they stand or swapped, of the frame before and of this one. `both` (2, P) are the limbs' joints.
    """
    cost = np.zeros((len(xy_px), 2, 2))
    for rows in blocks(len(xy_px)):
        around = slice(max(0, rows.start - 1), rows.stop)
        xy, sure = (one[around][:, both].astype(np.float64) for one in (xy_px, score))
        cost[around.start + 1 : rows.stop] = _steps(xy / torso_px, sure)
    cost[np.diff(time_s, prepend=time_s[:1]) > _GAP_S] = 0.0
    return cost


def _steps(xy: Float, score: Float) -> Float:
    """The same (M - 1, 2, 2) between neighbours of M frames with joints (M, 2 sides, P, 2) and scores (M, 2, P)."""
    cost = np.zeros((len(xy) - 1, 2, 2))
    for before in (0, 1):
        for now in (0, 1):
            one = xy[:-1, ::-1] if before else xy[:-1]
            other = xy[1:, ::-1] if now else xy[1:]
            one_score = score[:-1, ::-1] if before else score[:-1]
            other_score = score[1:, ::-1] if now else score[1:]
            seen = (one_score > 0) & (other_score > 0)
            way = np.minimum(np.linalg.norm(other - one, axis=-1), _MOST)
            weight = np.sqrt(one_score * other_score)
            cost[:, before, now] = (way * weight * seen).sum(axis=(1, 2))
    return cost


def _worth(reading: Bool, cost: Float) -> Bool:
    """The swapped stretches that save enough of the way at their two ends."""
    out = reading.copy()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], reading, [False]])))
    for start, end in edges.reshape(-1, 2).tolist():
        saved = 0.0
        if start > 0:
            saved += cost[start, 0, 0] - cost[start, 0, 1]
        if end < len(reading):
            saved += cost[end, 0, 0] - cost[end, 1, 0]
        if saved < _LEAST:
            out[start:end] = False
    return out
