"""How far apart two joints of one body lie in a picture, in body heights: what parts of a split skeleton are judged by.

Measured over the people of the training photos with at least 12 labelled joints and the bodies of the made maps, half
and half, left and right averaged: the distance of two joints over the body's scale as `limb_scale` has it.
Foreshortening is in the spread; turning the body or the picture changes nothing, so that somebody lying counts like
somebody upright.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detection.skeleton import JOINTS, LIMBS

# fmt: off
_LIMB_LENGTHS = {
    (1, 2): .105, (1, 5): .105, (2, 3): .175, (5, 6): .175, (3, 4): .146, (6, 7): .146, (1, 8): .305, (1, 11): .305,
    (8, 9): .245, (11, 12): .245, (9, 10): .245, (12, 13): .245, (1, 0): .16, (2, 16): .16, (5, 17): .16,
}

# Row i has the distances of joint i + 1 from joints 0 to i, in thousandths of the body's height.
_MEANS = """
    107
    134 68
    228 174 136
    274 239 216 114
    134 68 133 221 275
    228 174 221 245 277 136
    274 239 275 277 281 216 114
    373 277 268 211 231 290 256 273
    555 469 458 386 378 476 421 413 212
    753 665 655 582 570 668 607 596 400 213
    373 277 290 256 273 268 211 231 83 235 414
    555 469 476 421 413 458 386 378 235 123 256 212
    753 665 668 607 596 655 582 570 414 256 164 400 213
    25 122 142 239 283 154 249 291 390 572 771 392 575 772
    25 122 154 249 291 142 239 283 392 575 772 390 572 771 29
    56 112 122 230 283 154 257 305 380 568 766 386 575 769 42 65
    56 112 154 257 305 122 230 283 386 575 769 380 568 766 65 42 75
"""
_SPREADS = """
    20
    28 27
    68 45 33
    102 76 68 31
    28 27 56 67 89
    68 45 67 102 117 33
    102 76 89 117 146 68 31
    35 24 24 81 133 32 84 130
    78 63 65 103 157 64 102 154 32
    98 87 87 117 171 88 119 171 69 31
    35 24 32 84 130 24 81 133 33 38 70
    78 63 64 102 154 65 103 157 38 68 65 32
    98 87 88 119 171 87 117 171 70 65 98 69 31
    20 20 24 67 106 29 70 106 35 78 98 36 78 99
    20 20 29 70 106 24 67 106 36 78 99 35 78 98 20
    20 20 20 60 100 32 68 102 31 73 94 34 73 95 20 20
    20 20 32 68 102 20 60 100 34 73 95 31 73 94 20 20 24
"""
# fmt: on


def _symmetric(rows: str, diagonal: float) -> NDArray[np.float32]:
    """A symmetric matrix (18, 18) out of the rows of its lower triangle, in thousandths."""
    out = np.full((JOINTS, JOINTS), diagonal, np.float32)
    for i, row in enumerate(rows.split("\n")[1:-1], start=1):
        out[i, :i] = [float(number) / 1000 for number in row.split()]
        out[:i, i] = out[i, :i]
    return out


LIMB_LENGTHS: NDArray[np.float32] = np.array([_LIMB_LENGTHS.get(limb, 0.0) for limb in LIMBS], np.float32)
"""Length of each limb (19,) in body heights, seen from the side; 0 for those of the face, which say little."""
MEAN_DISTANCE: NDArray[np.float32] = _symmetric(_MEANS, 0.0)
"""Mean distance of two joints (18, 18) in body heights."""
SPREAD: NDArray[np.float32] = _symmetric(_SPREADS, 0.02)
"""Its standard deviation (18, 18), at least 0.02."""
