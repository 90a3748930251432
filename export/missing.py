"""A best guess for joints that were not found, for formats that have no word for "not found"."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import OPENPOSE18

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

NEAR_S = 0.5
"""A joint is believed to be where it was, or will be, within this time."""

# Somebody who stands and faces us, x to our right and y down, in body heights (after Drillis and Contini, 1966).
_STANDING = {
    "nose": (0, -0.93), "neck": (0, -0.82), "shoulder": (0.12, -0.82), "elbow": (0.14, -0.63), "wrist": (0.15, -0.48),
    "hip": (0.055, -0.53), "knee": (0.06, -0.285), "ankle": (0.06, -0.04), "eye": (0.017, -0.945),
    "ear": (0.04, -0.935),
}  # fmt: skip


def _distances() -> Float:
    """How far joints are apart in a standing body (18, 18)."""
    places = []
    for name in OPENPOSE18:
        side, _, part = name.rpartition("_")
        x, y = _STANDING[part]
        places.append((x if side == "left" else -x, y))
    body = np.array(places)
    return np.asarray(np.linalg.norm(body[:, None] - body, axis=2))


_DISTANCE = _distances()


def place_missing(xy_px: NDArray[np.float32], score: NDArray[np.float32], time_s: Float) -> tuple[Float, Bool]:
    """One person's joints (N, 18, 2) with a place for those whose score (N, 18) is 0, and in which rows (N,) they have.

    A joint that is found within `NEAR_S` before and after is put on the way between, on one side only where it is found
    there; any other where the found joint is that is nearest to it in a standing body. Where nothing at all is found
    there is no place, and what is in the array is kept.
    """
    out = np.asarray(xy_px, np.float64).copy()
    found = np.asarray(score) > 0
    placed = found.copy()
    for joint in range(out.shape[1]):
        at = np.flatnonzero(found[:, joint])
        if len(at) in (0, len(out)):
            continue
        after = np.searchsorted(at, np.arange(len(out)))
        next_, last = at[np.minimum(after, len(at) - 1)], at[np.maximum(after - 1, 0)]
        near = np.minimum(np.abs(time_s[next_] - time_s), np.abs(time_s[last] - time_s)) <= NEAR_S
        guess = np.stack([np.interp(time_s, time_s[at], xy_px[at, joint, axis]) for axis in range(2)], axis=1)
        use = near & ~found[:, joint]
        out[use, joint] = guess[use]
        placed[:, joint] |= near
    for row in np.flatnonzero(~placed.all(axis=1) & placed.any(axis=1)):
        nearest = np.where(placed[row], _DISTANCE, np.inf).argmin(axis=1)
        out[row, ~placed[row]] = out[row, nearest[~placed[row]]]
    return out, placed.any(axis=1)
