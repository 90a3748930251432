"""Two motions side by side, one a little late or early: dynamic time warping that goes on with every moment.

Sakoe and Chiba's band and slope (1978): from one moment of the user's to the next, the reference goes on by one, or
stands still, or goes on by two, the latter never twice in a row, so that it runs at half to twice its speed and nobody
can wait in one posture for another to pass. A cell of the band is a delay between the two; as the reference's clock
goes on with the user's, going on by one leaves the cell as it is. What is summed along a path is forgotten
exponentially, so that a moment costs the same however long the motion is and there is nothing to trace back: each cell
carries the sums of the best path that ends in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fitness.follow.body import SEGMENTS

Float = NDArray[np.float64]

TICK_HZ = 15.0
"""Both motions are compared so often a second."""
WINDOW_S = 1.5
"""How late or early the user may be."""
CELLS = 2 * round(WINDOW_S * TICK_HZ) + 1
MEMORY_S = 4.0
"""Time constant with which the past is forgotten."""
BENT_COST = 0.02
"""Of every step that is not the even one, a segment: without a reason the delay stays as it is."""

_CELL = np.arange(CELLS)
_LATE_COST = 1e-3 * np.abs(_CELL - CELLS // 2)
"""Of paths that are as good, the least late is said."""
_EVEN, _STAY, _SKIP = 0, 1, 2
_KEPT = float(np.exp(-1 / (TICK_HZ * MEMORY_S)))
_ERROR, _KNOWN, _USER, _REFERENCE = 0, 1, slice(2, 5), slice(5, 8)


@dataclass(frozen=True, slots=True)
class Sums:
    """What the best path has come to, a segment of the body; all of it weighted, the present most.

    Attributes
    ----------
    error : array, shape (14,)
        Mean square of the distance between the unit vectors: 2 - 2 cos of the angle; NaN where never both are known.
    user_motion, reference_motion : array, shape (14,)
        Mean square of the distance from the own mean, 0..1: 0 where a segment does not move.
    weight : array, shape (14,)
        Ticks in which it was known on both sides.
    delay_s : float
        How late the user is; negative where he is early.
    """

    error: Float
    user_motion: Float
    reference_motion: Float
    weight: Float
    delay_s: float


class Warp:
    """The band of one comparison; one `step` a tick."""

    def __init__(self) -> None:
        # three ways in which the last step was taken: even, standing still, by two
        self._cost = np.full((3, CELLS), np.inf)
        self._sums = np.zeros((3, CELLS, len(SEGMENTS), 8))
        self._begun = False

    def step(self, user: Float, reference: Float) -> None:
        """Go on by one tick.

        Parameters
        ----------
        user : array, shape (14, 3)
            Unit vectors now; NaN where unknown. Or one a cell, (CELLS, 14, 3).
        reference : array, shape (CELLS, 14, 3)
            The reference's around now, the earliest first.
        """
        both = np.isfinite(user[..., 0]) & np.isfinite(reference[..., 0])  # (CELLS, S)
        mine = np.where(both[..., None], user, 0.0)
        theirs = np.where(both[..., None], reference, 0.0)
        gain = np.empty((CELLS, len(SEGMENTS), 8))
        gain[..., _ERROR] = ((mine - theirs) ** 2).sum(axis=-1)
        gain[..., _KNOWN] = both
        gain[..., _USER], gain[..., _REFERENCE] = mine, theirs
        # what is not known costs as the mean of what is, so that no path wins by going where little is known
        row = gain[..., _ERROR].sum(axis=1) / np.maximum(both.sum(axis=1), 1)
        if self._begun:
            self._advance(row, gain)
        else:
            self._cost[_EVEN], self._sums[_EVEN] = row, gain
            self._begun = True

    def _advance(self, row: Float, gain: Float) -> None:
        """After a step that is not even an even one follows: the reference is at most twice as fast, or half."""
        cost, sums = np.full_like(self._cost, np.inf), np.empty_like(self._sums)
        best = self._cost.argmin(axis=0)
        cost[_EVEN] = _KEPT * self._cost[best, _CELL] + row
        sums[_EVEN] = _KEPT * self._sums[best, _CELL] + gain
        even, summed = _KEPT * self._cost[_EVEN], _KEPT * self._sums[_EVEN]
        cost[_STAY, :-1] = even[1:] + row[:-1] + BENT_COST
        sums[_STAY, :-1] = summed[1:] + gain[:-1]
        # the moment that was left out counts, too
        cost[_SKIP, 1:] = even[:-1] + row[1:] + row[:-1] + BENT_COST
        sums[_SKIP, 1:] = summed[:-1] + gain[1:] + gain[:-1]
        sums[_STAY, -1] = sums[_SKIP, 0] = 0.0  # these came from outside the band
        self._cost, self._sums = cost, sums

    def best(self) -> Sums:
        """The best path until now; at least one tick must have been."""
        weight = self._sums[..., _KNOWN].sum(axis=-1)  # (3, CELLS)
        # a path that skips has seen more of the reference: means are compared, not sums
        mean = self._cost / np.maximum(weight / max(weight.max(), 1e-9), 1e-9) + _LATE_COST
        way, cell = np.unravel_index(int(mean.argmin()), mean.shape)
        sums = self._sums[way, cell]
        known = np.where(sums[:, _KNOWN] > 0, sums[:, _KNOWN], np.nan)
        user, reference = sums[:, _USER] / known[:, None], sums[:, _REFERENCE] / known[:, None]
        return Sums(
            sums[:, _ERROR] / known,
            np.maximum(1 - (user**2).sum(axis=1), 0.0),
            np.maximum(1 - (reference**2).sum(axis=1), 0.0),
            sums[:, _KNOWN],
            (CELLS // 2 - int(cell)) / TICK_HZ,
        )
