"""How large a person is in the picture, from whatever joints are seen.

Tracking and smoothing measure in torso lengths, so that they behave the same near and far.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pose.blocks import blocks
from pose.joint_sets import OPENPOSE18
from pose.types import Float32

Float = NDArray[np.float64]

# Lengths of an adult's segments over the distance from neck to mid-hip (Drillis and Contini 1966, shares of stature:
# torso .288, shoulder width .259 outside and .20 between the joints, hips .10 between the joints, upper arm .186,
# forearm .146, thigh .245, shank .246; neck to nose and ear to ear as seen from the front).
_SEGMENTS = (
    ("neck", "right_hip", 1.015),
    ("neck", "left_hip", 1.015),
    ("right_shoulder", "left_shoulder", 0.70),
    ("right_shoulder", "right_elbow", 0.65),
    ("left_shoulder", "left_elbow", 0.65),
    ("right_elbow", "right_wrist", 0.51),
    ("left_elbow", "left_wrist", 0.51),
    ("right_hip", "right_knee", 0.85),
    ("left_hip", "left_knee", 0.85),
    ("right_knee", "right_ankle", 0.85),
    ("left_knee", "left_ankle", 0.85),
    ("neck", "nose", 0.40),
    ("right_ear", "left_ear", 0.30),
)
_START = np.array([OPENPOSE18.index(start) for start, _, _ in _SEGMENTS])
_END = np.array([OPENPOSE18.index(end) for _, end, _ in _SEGMENTS])
_RATIO = np.array([ratio for _, _, ratio in _SEGMENTS])


def torso_px(xy_px: Float | Float32, score: Float | Float32) -> Float:
    """Length (K,) of each torso in pixels as if seen square on; NaN where no segment is seen.

    A segment that points at the camera looks short and never long, so a large one of the segments' estimates is right;
    the largest would believe every misplaced joint, so it is the one that exceeds 70 % of them.

    Parameters
    ----------
    xy_px : array, shape (K, 18, 2)
        OPENPOSE18 joints.
    score : array, shape (K, 18)
        0 where a joint is missing.

    >>> xy = np.zeros((1, 18, 2))
    >>> xy[0, [8, 11], 1] = 101.5
    >>> seen = np.zeros((1, 18))
    >>> seen[0, [1, 8, 11]] = 1
    >>> torso_px(xy, seen)
    array([100.])
    """
    if not len(xy_px):
        return np.zeros(0)
    return np.concatenate([_torso_px(xy_px[rows], score[rows]) for rows in blocks(len(xy_px))])


def _torso_px(xy_px: Float | Float32, score: Float | Float32) -> Float:
    """`torso_px` of so many people as are worked on at a time."""
    points = np.asarray(xy_px, np.float64)
    seen = np.asarray(score, np.float64) > 0
    both = seen[:, _START] & seen[:, _END]  # (K, S)
    length = np.hypot(*np.moveaxis(points[:, _START] - points[:, _END], -1, 0)) / _RATIO
    falling = -np.sort(np.where(both, -length, np.inf), axis=1)  # (K, S), unseen ones last
    count = both.sum(axis=1)
    place = ((count - 1) * 0.3).astype(np.intp).clip(0)
    chosen = np.take_along_axis(falling, place[:, None], axis=1)[:, 0]
    return np.where(count > 0, np.maximum(chosen, 1e-3), np.nan)
