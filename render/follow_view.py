"""What is shown of a reference that somebody follows; whoever compares fills it in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FollowView:
    """A reference at one moment, and how alike the user is.

    Attributes
    ----------
    number : float
        Similarity, 0 to 100; NaN where it is not known.
    limbs : tuple of (str, float)
        The same of each limb; NaN where it is not known.
    worst : str
        The limb that differs most; empty where none differs much.
    note : str
        A quiet line: mirrored, late, or who is to be seen.
    countdown : int or None
        Seconds until it begins.
    progress : float
        Where in the reference it is, 0..1.
    reference_m : array, shape (17, 3)
        H36M17 joints of the reference now, from the pelvis: x right, y up; NaN where unknown.
    ghost_m : array, shape (17, 3)
        The reference over the user, in camera axes; NaN where unknown.
    ghost_px : array, shape (17, 2)
        The same in the picture's pixels.
    """

    number: float
    limbs: tuple[tuple[str, float], ...]
    worst: str
    note: str
    countdown: int | None
    progress: float
    reference_m: Float
    ghost_m: Float
    ghost_px: Float
