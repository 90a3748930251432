"""How far off a pose is. Every function says its unit and its source."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]


def mpjpe(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Mean per joint position error: the mean Euclidean distance, in the unit of the input.

    Protocol 1 of Ionescu et al., Human3.6M (2014). Arrays (..., J, 3), both relative to the root already.

    >>> mpjpe([[[3.0, 4.0, 0.0]]], [[[0.0, 0.0, 0.0]]])
    5.0
    """
    return float(np.linalg.norm(np.asarray(predicted) - np.asarray(truth), axis=-1).mean())


def procrustes_align(predicted: ArrayLike, truth: ArrayLike) -> Float:
    """`predicted` (N, J, 3) moved, turned and scaled onto `truth` (N, J, 3), each pose by itself, without mirroring.

    The orthogonal Procrustes solution of Umeyama (1991). A pose whose joints all coincide is only moved.
    """
    source, target = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    source_mean, target_mean = source.mean(axis=1, keepdims=True), target.mean(axis=1, keepdims=True)
    source_centred, target_centred = source - source_mean, target - target_mean
    spread = (source_centred**2).sum(axis=(1, 2))  # (N,)
    left, singular, right = np.linalg.svd(source_centred.transpose(0, 2, 1) @ target_centred)
    turn = np.ones_like(singular)
    turn[:, 2] = np.sign(np.linalg.det(left @ right))
    rotation = (left * turn[:, None, :]) @ right  # (N, 3, 3), applied from the right
    scale = (singular * turn).sum(axis=1) / np.where(spread > 0, spread, 1)
    return np.asarray(scale[:, None, None] * source_centred @ rotation + target_mean)


def pa_mpjpe(predicted: ArrayLike, truth: ArrayLike) -> float:
    """MPJPE after Procrustes alignment of every pose (N, J, 3), in the unit of the input; Protocol 2 of Human3.6M.

    >>> bent = np.array([[[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]])
    >>> bool(pa_mpjpe(2 * bent + 5, bent) < 1e-9)
    True
    """
    return mpjpe(procrustes_align(predicted, truth), truth)


def oks(found_xy: ArrayLike, true_xy: ArrayLike, labelled: ArrayLike, area: float, sigmas: ArrayLike) -> float:
    """Object keypoint similarity, 0..1, of two skeletons (J, 2) over the labelled joints (J,) bool.

    COCO's definition: mean of exp(-d^2 / (2 area (2 sigma)^2)); `area` in the square of the unit of the points.

    >>> oks([[1.0, 1.0]], [[1.0, 1.0]], [True], area=10.0, sigmas=[0.1])
    1.0
    """
    seen = np.asarray(labelled, bool)
    if not seen.any():
        return 0.0
    square = ((np.asarray(found_xy, np.float64) - np.asarray(true_xy, np.float64)) ** 2).sum(axis=-1)[seen]
    spread = (2 * np.asarray(sigmas, np.float64)[seen]) ** 2
    return float(np.exp(-square / (2 * max(area, 1e-9) * spread)).mean())
