"""Short gaps filled, long ones left: a joint or a person who is missing for a moment is where the way leads.

Between the two ends of a gap goes a monotone cubic (Fritsch and Carlson 1980), which never swings beyond them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Float = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]

FILL_S = 0.3
"""The longest gap, from the last frame before it to the first one after it, that is filled."""

_LESS_SURE = 0.5
"""A filled joint's confidence as a share of the lower one of its neighbours'."""


def filled_places(place: Index, time_s: Float, longest_s: float = FILL_S) -> Index:
    """The frames of a track (M,) and those of its short gaps, rising.

    Parameters
    ----------
    place : array, shape (M,)
        Frames in which the person was found, indices into `time_s`.
    time_s : array, shape (F,)
        Times of all frames.
    longest_s : float
        Gaps that last longer stay.

    >>> filled_places(np.array([0, 2, 9]), np.arange(10) / 30)
    array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    >>> filled_places(np.array([0, 2, 12]), np.arange(13) / 30)
    array([ 0,  1,  2, 12])
    """
    pauses = time_s[place[1:]] - time_s[place[:-1]]
    short = np.flatnonzero((np.diff(place) > 1) & (pauses <= longest_s + 1e-9))
    between = [np.arange(place[gap] + 1, place[gap + 1]) for gap in short]
    return np.sort(np.concatenate([place, *between])).astype(np.int64)


def fill_joints(xy_px: Floats, score: Floats, time_s: Float, longest_s: float = FILL_S) -> tuple[Floats, Floats, Bool]:
    """Joints of one person without short gaps; numbers keep their precision.

    Parameters
    ----------
    xy_px : array, shape (M, J, 2)
    score : array, shape (M, J)
        0 where a joint is missing.
    time_s : array, shape (M,)
        Rising.

    Returns
    -------
    xy_px, score : arrays
        With the filled ones.
    filled : array of bool, shape (M, J)
        Which they are.
    """
    xy, sure = xy_px.copy(), score.copy()
    filled = np.zeros(score.shape, np.bool_)
    for joint in range(score.shape[1]):
        seen = np.flatnonzero(score[:, joint] > 0)
        ends = np.flatnonzero(np.diff(seen) > 1)
        if not len(ends):
            continue
        pauses = time_s[seen[ends + 1]] - time_s[seen[ends]]
        short = pauses <= longest_s + 1e-9
        if not short.any():
            continue
        way = PchipInterpolator(time_s[seen], xy_px[seen, joint].astype(np.float64), axis=0)
        for end in ends[short]:
            rows = np.arange(seen[end] + 1, seen[end + 1])
            xy[rows, joint] = way(time_s[rows])
            sure[rows, joint] = _LESS_SURE * min(score[seen[end], joint], score[seen[end + 1], joint])
            filled[rows, joint] = True
    return xy, sure, filled
