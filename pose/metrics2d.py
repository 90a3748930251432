"""How many joints of people in pictures are found: PCK, PDJ, PCKh and PCP, each with its definition and source.

Joints are arrays (N, J, 2) of N people in pixels, `seen` (N, J) says which were found and `known` (N, J) which are
labelled. A joint that was not found counts as wrong, whatever its position says; one that is not labelled does not
count. A joint at the threshold exactly counts as right.

>>> truth = np.array([[[0.0, 0.0], [10.0, 0.0]]])
>>> found = np.array([[[0.0, 1.0], [10.0, 3.0]]])
>>> everything = np.ones((1, 2), bool)
>>> within(found, everything, truth, everything, reach=np.array([2.0])).share
array([1., 0.])
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

PCK_SHARE, PDJ_SHARE, PCKH_SHARE, PCP_SHARE = 0.2, 0.2, 0.5, 0.5


@dataclass(frozen=True, slots=True)
class Hits:
    """How many joints, or limbs, of each kind are right: `right` and `counted`, both int (J,)."""

    right: NDArray[np.int64]
    counted: NDArray[np.int64]

    @property
    def share(self) -> Float:
        """The share of each kind, 0..1; NaN for a kind that nobody has."""
        return np.where(self.counted > 0, self.right / np.maximum(self.counted, 1), np.nan)

    @property
    def mean(self) -> float:
        """The mean over the kinds that occur; NaN where none does."""
        share = self.share[self.counted > 0]
        return float(share.mean()) if len(share) else float("nan")


def within(found: ArrayLike, seen: ArrayLike, truth: ArrayLike, known: ArrayLike, reach: ArrayLike) -> Hits:
    """Joints no further from the truth than `reach` (N,), a length for each person; without one nobody counts."""
    limit = np.asarray(reach, np.float64)[:, None]
    counted = np.asarray(known, bool) & np.isfinite(limit) & (limit > 0)
    distance = np.linalg.norm(np.asarray(found, np.float64) - np.asarray(truth, np.float64), axis=-1)
    right = counted & np.asarray(seen, bool) & (distance <= limit)
    return Hits(right.sum(axis=0), counted.sum(axis=0))


def pck(
    found: ArrayLike, seen: ArrayLike, truth: ArrayLike, known: ArrayLike, boxes: ArrayLike, share: float = PCK_SHARE
) -> Hits:
    """Probability of a correct keypoint: within 0.2 of the longer side of the person's box (N, 4), x, y, width, height.

    Yang and Ramanan, "Articulated human detection with flexible mixtures of parts" (2013).
    """
    sides = np.asarray(boxes, np.float64).reshape(-1, 4)[:, 2:].max(axis=1)
    return within(found, seen, truth, known, share * sides)


def pdj(
    found: ArrayLike,
    seen: ArrayLike,
    truth: ArrayLike,
    known: ArrayLike,
    names: tuple[str, ...],
    share: float = PDJ_SHARE,
) -> Hits:
    """Percentage of detected joints: within 0.2 of the torso's diameter, of people whose torso is labelled.

    Sapp and Taylor, "MODEC: multimodal decomposable models for human pose estimation" (2013).
    """
    return within(found, seen, truth, known, share * torso_diameter(truth, known, names))


def pckh(
    found: ArrayLike,
    seen: ArrayLike,
    truth: ArrayLike,
    known: ArrayLike,
    names: tuple[str, ...],
    share: float = PCKH_SHARE,
) -> Hits:
    """PCK with half the head's size as the reach, of people whose head is labelled.

    Andriluka et al., "2D human pose estimation: new benchmark and state of the art analysis" (2014), where the size is
    0.6 of the diagonal of a box around the head. COCO has no such box: see `head_size`.
    """
    return within(found, seen, truth, known, share * head_size(truth, known, names))


def pcp(
    found: ArrayLike,
    seen: ArrayLike,
    truth: ArrayLike,
    known: ArrayLike,
    limbs: tuple[tuple[int, int], ...],
    share: float = PCP_SHARE,
) -> Hits:
    """Percentage of correct parts, strict: limbs both of whose ends lie within half the limb's length of the truth.

    Ferrari et al., "Progressive search space reduction for human pose estimation" (2008), in the strict reading of
    Pishchulin et al. (2012): each end by itself, not the mean of both. A limb of no length does not count.
    """
    points, true = np.asarray(found, np.float64), np.asarray(truth, np.float64)
    there, labelled = np.asarray(seen, bool), np.asarray(known, bool)
    first, second = (np.array(ends, np.intp) for ends in zip(*limbs, strict=True))
    length = np.linalg.norm(true[:, first] - true[:, second], axis=-1)  # (N, L)
    counted = labelled[:, first] & labelled[:, second] & (length > 0)
    right = counted & there[:, first] & there[:, second]
    for end in (first, second):
        right &= np.linalg.norm(points[:, end] - true[:, end], axis=-1) <= share * length
    return Hits(right.sum(axis=0), counted.sum(axis=0))


def torso_diameter(joints: ArrayLike, known: ArrayLike, names: tuple[str, ...]) -> Float:
    """From the left shoulder to the right hip (N,), or across the other way; NaN where neither pair is labelled.

    Sapp and Taylor (2013) know the first pair only; in a side view it is as often hidden as the second.
    """
    points, labelled = np.asarray(joints, np.float64), np.asarray(known, bool)
    diameter = np.full(len(points), np.nan)
    for pair in (("right_shoulder", "left_hip"), ("left_shoulder", "right_hip")):  # the second wins
        one, other = (names.index(name) for name in pair)
        both = labelled[:, one] & labelled[:, other]
        diameter[both] = np.linalg.norm(points[both, one] - points[both, other], axis=-1)
    return diameter


def head_size(joints: ArrayLike, known: ArrayLike, names: tuple[str, ...]) -> Float:
    """From the middle of the shoulders to the nose (N,), about a head's length; NaN where one of them is not labelled.

    A stand-in for MPII's head box: it is too short where somebody looks down, as the box is not.
    """
    points, labelled = np.asarray(joints, np.float64), np.asarray(known, bool)
    nose, left, right = (names.index(name) for name in ("nose", "left_shoulder", "right_shoulder"))
    size = np.linalg.norm(points[:, nose] - (points[:, left] + points[:, right]) / 2, axis=-1)
    return np.where(labelled[:, [nose, left, right]].all(axis=1), size, np.nan)
