"""From the angles between two motions to a number of 0 to 100, a limb and in all.

The mean square of the distance between unit vectors is an angle; a smooth curve makes a number of it. Where somebody
stands still most of the body is alike whatever is done, so that in all every limb counts by how much it moves, on
either side. The curve was set on UI-PRMD's subjects s01 to s06 alone (`eval follow --calibrate`, docs/follow.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fitness.follow.body import LIMB_OF, LIMBS
from fitness.follow.warp import Sums

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

HALF_DEG = 28.0
"""The angle that makes 50: of other moves nine in ten differ by more."""
STEEPNESS = 3.0
"""With it 18.8 degrees make 81: of the same moves by another body nine in ten differ by less."""
_ARM_ERROR, _LEG_ERROR = (0.071, 0.081), (0.062, 0.054)
SEEN_ERROR = np.array([*_ARM_ERROR, *_ARM_ERROR, *_LEG_ERROR, *_LEG_ERROR, 0.046, 0.044, 0.030, 0.033, 0.040, 0.032])
"""Mean square distance along each of `SEGMENTS` between one motion and itself, where two cameras watched it and each
picture was detected and lifted: 14 sets of s01 to s06, warped (`eval follow --calibrate --seen`: unwarped, a little
more)."""
FORGIVEN = 0.75
"""So much of it is not the user's difference; not all, as better lifting errs less."""
AT_REST = 0.03
"""Weight of a limb that does not move, beside its mean square of motion (0..1) where it does."""
LEAST_TICKS = 8.0
"""Of what is remembered of a limb: with less nothing is said of it."""
LEAST_LIMBS = 2

_SHARE = np.eye(len(LIMBS))[LIMB_OF].T  # (6, 14)


@dataclass(frozen=True, slots=True)
class Similarity:
    """How alike two motions are.

    Attributes
    ----------
    whole : float
        0 to 100; NaN while too little is known.
    limbs : array, shape (6,)
        The same for each of `LIMBS`.
    angle_deg : float
        What `whole` was made of.
    """

    whole: float
    limbs: Float
    angle_deg: float

    @property
    def worst(self) -> int | None:
        """Index of the limb that differs most; None where nothing is known."""
        return None if np.isnan(self.limbs).all() else int(np.nanargmin(self.limbs))


UNKNOWN = Similarity(float("nan"), np.full(len(LIMBS), np.nan), float("nan"))


def score(angle_deg: Float) -> Float:
    """The number that an angle makes.

    >>> score(np.array([0.0, HALF_DEG, 90.0])).round()
    array([100.,  50.,   0.])
    """
    return np.asarray(100.0 * 0.5 ** ((np.asarray(angle_deg) / HALF_DEG) ** STEEPNESS))


def similarity(sums: Sums, seen: Bool | None = None, lifted: int = 0) -> Similarity:
    """What a comparison came to.

    Parameters
    ----------
    sums : Sums
    seen : array, bool, shape (6,), optional
        Limbs that are to be judged; all unless told.
    lifted : int
        How many of the two motions were lifted from pictures: what lifting errs is not the user's difference.
    """
    weight = np.nan_to_num(sums.weight)
    known = weight > 0

    def mean(values: Float) -> Float:
        total = _SHARE @ np.where(known, values, 0.0)
        return np.asarray(total / np.maximum(_SHARE @ known, 1))

    enough = (_SHARE @ weight) / _SHARE.sum(axis=1) >= LEAST_TICKS
    judged = enough if seen is None else enough & seen
    error = np.maximum(mean(sums.error - FORGIVEN * lifted / 2 * SEEN_ERROR), 0.0)
    limbs = np.where(judged, score(_degrees(error)), np.nan)
    if judged.sum() < LEAST_LIMBS:
        return Similarity(float("nan"), limbs, float("nan"))
    counts = np.where(judged, AT_REST + mean(np.fmax(sums.user_motion, sums.reference_motion)), 0.0)
    angle = _degrees((counts * error).sum() / counts.sum())
    return Similarity(float(score(angle)), limbs, float(angle))


def _degrees(square: Float | float) -> Float:
    """The angle between unit vectors whose distance has this square."""
    return np.asarray(np.degrees(2 * np.arcsin(np.clip(np.sqrt(square) / 2, 0.0, 1.0))))
