"""How far off a pose is. Every function says its definition, its unit and its source.

Poses are arrays (..., J, 3). `known` is an array (..., J) of bool that says which joints count; None counts all. Where
a joint does not count its position is not looked at, so it may be anything, NaN included. A NaN or an infinity in a
joint that counts, arrays of different shapes, and nothing at all to count raise ValueError: a score of nothing is none.

Errors of positions do not depend on the axes. Sliding does: it takes world axes, y up.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pose.joint_sets import H36M17

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

PCK_THRESHOLD_M = 0.150
"""Within this a joint counts as found: about half a head's size (Mehta et al. 2017)."""

AUC_STEP_M = 0.005
_LIMBS = tuple(
    tuple(tuple(H36M17.index(f"{side}_{part}") for part in parts) for side in ("right", "left"))
    for parts in (("elbow", "wrist"), ("knee", "ankle"))
)
"""Arms and legs by side: the joints that lie far enough apart to tell sides by."""

_HORIZONTAL = (0, 2)
"""x and z of world axes."""


def joint_errors(predicted: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None) -> Float:
    """Euclidean distances of the joints that count, flat (N,), in the unit of the input; what most scores rest on.

    >>> joint_errors([[3.0, 4.0, 0.0], [9.0, 9.0, 9.0]], np.zeros((2, 3)), [True, False])
    array([5.])
    """
    found, true, counts = _checked(predicted, truth, known)
    return np.asarray(np.linalg.norm(found[counts] - true[counts], axis=-1))


def mpjpe(predicted: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None) -> float:
    """Mean per joint position error: the mean Euclidean distance, in the unit of the input.

    Protocol 1 of Ionescu et al., Human3.6M (2014). Arrays (..., J, 3), both relative to the root already.

    >>> mpjpe([[[3.0, 4.0, 0.0]]], [[[0.0, 0.0, 0.0]]])
    5.0
    """
    return float(joint_errors(predicted, truth, known).mean())


def procrustes_align(predicted: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None) -> Float:
    """`predicted` (N, J, 3) moved, turned and scaled onto `truth` (N, J, 3), each pose by itself, without mirroring.

    The orthogonal Procrustes solution of Umeyama (1991), over the joints that count; the others are moved along and
    come back as NaN where they were. A pose whose joints all coincide is only moved.
    """
    found, true, counts = _checked(predicted, truth, known, something=False)
    weight = counts[..., None].astype(np.float64)  # (N, J, 1)
    total = np.maximum(weight.sum(axis=1, keepdims=True), 1)
    source, target = np.where(counts[..., None], found, 0), np.where(counts[..., None], true, 0)
    source_mean, target_mean = source.sum(axis=1, keepdims=True) / total, target.sum(axis=1, keepdims=True) / total
    source_centred, target_centred = (source - source_mean) * weight, (target - target_mean) * weight
    spread = (source_centred**2).sum(axis=(1, 2))  # (N,)
    left, singular, right = np.linalg.svd(source_centred.transpose(0, 2, 1) @ target_centred)
    turn = np.ones_like(singular)
    turn[:, 2] = np.sign(np.linalg.det(left @ right))
    rotation = (left * turn[:, None, :]) @ right  # (N, 3, 3), applied from the right
    scale = (singular * turn).sum(axis=1) / np.where(spread > 0, spread, 1)
    return np.asarray(scale[:, None, None] * (found - source_mean) @ rotation + target_mean)


def pa_mpjpe(predicted: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None) -> float:
    """MPJPE after Procrustes alignment of every pose (N, J, 3), in the unit of the input; Protocol 2 of Human3.6M.

    >>> bent = np.array([[[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]])
    >>> bool(pa_mpjpe(2 * bent + 5, bent) < 1e-9)
    True
    """
    return mpjpe(procrustes_align(predicted, truth, known), truth, known)


def n_mpjpe(predicted: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None) -> float:
    """MPJPE once every pose (..., J, 3) has its best size: scaled about the root, not turned; unit of the input.

    Rhodin et al., "Unsupervised geometry-aware representation" (2018): the factor is <p, t> / <p, p> over the joints of
    a pose. Both poses are relative to the root already. What one camera cannot know, the size, is thus not counted.

    >>> n_mpjpe([[2.0, 0.0, 0.0], [0.0, 4.0, 0.0]], [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    0.0
    """
    found, true, counts = _checked(predicted, truth, known)
    source, target = np.where(counts[..., None], found, 0), np.where(counts[..., None], true, 0)
    square = (source**2).sum(axis=(-1, -2))
    factor = (source * target).sum(axis=(-1, -2)) / np.where(square > 0, square, 1)
    return mpjpe(source * factor[..., None, None], target, counts)


def mpjve(predicted: ArrayLike, truth: ArrayLike, fps: float, known: ArrayLike | None = None) -> float:
    """Mean per joint velocity error: mean Euclidean distance of the velocities, unit of the input per second.

    Pavllo et al., VideoPose3D (2019), who leave out the rate and give units per frame. Arrays (T, J, 3), a sequence
    with an even rate; a velocity counts where the joint counts in both of its frames.

    >>> mpjve([[[0.0, 0.0, 0.0]], [[0.1, 0.0, 0.0]]], np.zeros((2, 1, 3)), fps=30)
    3.0
    """
    return _difference_error(predicted, truth, fps, known, order=1)


def acceleration_error(predicted: ArrayLike, truth: ArrayLike, fps: float, known: ArrayLike | None = None) -> float:
    """Mean Euclidean distance of the accelerations, unit of the input per second squared: how much an answer trembles.

    Kanazawa et al., "Learning 3D human dynamics from video" (2019), by second differences. Arrays (T, J, 3), a sequence
    with an even rate; an acceleration counts where the joint counts in all three of its frames.

    >>> acceleration_error([[[0.0, 0, 0]], [[0.5, 0, 0]], [[0.0, 0, 0]]], np.zeros((3, 1, 3)), fps=2)
    4.0
    """
    return _difference_error(predicted, truth, fps, known, order=2)


def pck3d(
    predicted_m: ArrayLike, truth_m: ArrayLike, known: ArrayLike | None = None, *, threshold_m: float = PCK_THRESHOLD_M
) -> float:
    """Share of joints, 0 to 1, less than 150 mm from the truth. In metres, relative to the root.

    3DPCK of Mehta et al., MPI-INF-3DHP (2017). A joint at the threshold exactly does not count as found.

    >>> pck3d([[0.1, 0, 0], [0.2, 0, 0]], np.zeros((2, 3)))
    0.5
    """
    return float((joint_errors(predicted_m, truth_m, known) < threshold_m).mean())


def auc3d(predicted_m: ArrayLike, truth_m: ArrayLike, known: ArrayLike | None = None) -> float:
    """Mean of `pck3d` over the 31 thresholds 0, 5, ..., 150 mm. In metres, relative to the root.

    The area under the curve of Mehta et al. (2017). At 0 mm nothing counts as found, so a perfect answer has
    30/31 = 0.968, here as everywhere else.

    >>> round(auc3d(np.zeros((4, 3)), np.zeros((4, 3))), 3)
    0.968
    """
    steps = round(PCK_THRESHOLD_M / AUC_STEP_M)
    thresholds = np.arange(steps + 1) * AUC_STEP_M
    return float((joint_errors(predicted_m, truth_m, known)[:, None] < thresholds).mean())


def bone_length_deviation(poses: ArrayLike, bones: Sequence[tuple[int, int]], known: ArrayLike | None = None) -> float:
    """How much bones change their length: the standard deviation over time, averaged over bones; unit of the input.

    A body's bones are rigid, so a rigid skeleton has 0; it needs no truth, hence also serves on real clips. Papers
    differ in how they put it (variance, range, share of the length); this is the plain standard deviation. Poses
    (T, J, 3) of one person; a bone counts in the frames where both its joints do, and must do so twice at least.

    >>> bone_length_deviation([[[0.0, 0, 0], [1, 0, 0]], [[0, 0, 0], [0, 3, 0]]], [(0, 1)])
    1.0
    """
    points, _, counts = _checked(poses, poses, known)
    _sequence(points)
    deviations = []
    for one, other in bones:
        both = counts[:, one] & counts[:, other]
        if both.sum() >= 2:
            lengths = np.linalg.norm(points[both, one] - points[both, other], axis=-1)
            deviations.append(float(lengths.std()))
    if not deviations:
        raise ValueError(f"none of the {len(bones)} bones is known in two frames: nothing to measure")
    return float(np.mean(deviations))


def foot_speed(feet_m: ArrayLike, planted: ArrayLike, fps: float) -> float:
    """Foot sliding as a speed: the mean horizontal speed of feet that stand, metres per second. World axes, y up.

    The foot skating of character animation. Zhang et al., "Mode-adaptive neural networks" (2018), guess contact from
    the foot's height and weigh by it; here contact is given and counts in full. Feet (T, F, 3); `planted` (T, F) says
    when each truly stands, and a step counts where the foot stands before and after it.

    >>> foot_speed([[[0.0, 0, 0]], [[0.01, 0.5, 0]]], [[True], [True]], fps=30)
    0.3
    """
    feet, stands = _feet(feet_m, planted)
    both = stands[1:] & stands[:-1]
    if not both.any():
        raise ValueError("no foot stands in two frames that follow each other: nothing to measure")
    steps = np.linalg.norm(np.diff(feet[..., _HORIZONTAL], axis=0), axis=-1)
    return float(steps[both].mean() * fps)


def foot_slides(feet_m: ArrayLike, planted: ArrayLike) -> Float:
    """Foot sliding as a way: how far each planted foot strays from where it was put down, metres. World axes, y up.

    Feet (T, F, 3) and `planted` (T, F) as in `foot_speed`. One number a contact (C,), foot after foot: the largest
    horizontal distance from the contact's first frame. A contact is a run of two or more frames.

    >>> foot_slides([[[0.0, 0, 0]], [[0.03, 0, 0.04]], [[0.01, 0, 0]]], np.ones((3, 1), bool)).round(3)
    array([0.05])
    """
    feet, stands = _feet(feet_m, planted)
    slides = []
    for foot in range(feet.shape[1]):
        framed = np.concatenate([[False], stands[:, foot], [False]])
        for start, end in pairwise(np.flatnonzero(framed[1:] != framed[:-1])):
            if stands[start, foot] and end - start >= 2:
                way = feet[start:end, foot, :][:, _HORIZONTAL]
                slides.append(float(np.linalg.norm(way - way[0], axis=-1).max()))
    if not slides:
        raise ValueError("no foot stands for two frames: nothing to measure")
    return np.array(slides)


def swapped_limbs(predicted: ArrayLike, truth: ArrayLike, least: float = 0.1) -> Bool:
    """Which limbs, arms and legs (T, 2), of H36M17 poses (T, 17, 3) bear each other's names; NaN for unknown joints.

    A limb counts where its joints, taken under the other side's names, lie nearer to the truth by `least` a joint, in
    the unit of the input; poses relative to the root. Limbs that are close together never count.

    >>> truth = np.zeros((1, 17, 3))
    >>> truth[0, [1, 2, 3], 0], truth[0, [4, 5, 6], 0] = -0.2, 0.2
    >>> swapped_limbs(truth * -1, truth)
    array([[False,  True]])
    """
    found, true = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    if found.shape != true.shape or found.ndim != 3 or found.shape[1:] != (len(H36M17), 3):
        raise ValueError(f"poses have shape (T, 17, 3) both, not {found.shape} and {true.shape}")
    out = np.zeros((len(found), len(_LIMBS)), bool)
    for limb, (right, left) in enumerate(_LIMBS):
        own, twin = [*right, *left], [*left, *right]
        gain = np.linalg.norm(found[:, own] - true[:, own], axis=-1) - np.linalg.norm(
            found[:, twin] - true[:, own], axis=-1
        )
        known = np.isfinite(gain)
        out[:, limb] = np.where(known, gain, 0).sum(axis=1) > least * np.maximum(known.sum(axis=1), 1)
    return out


def side_jumps(poses: ArrayLike, least: float = 0.1) -> Bool:
    """Where arms and legs (T, 2) change sides from one frame to the next: `swapped_limbs` against the frame before.

    For real clips, whose truth nobody knows: somebody who swaps sides moves through himself, a name jumps. Poses
    (T, 17, 3) of consecutive frames, NaN for unknown joints.
    """
    found = np.asarray(poses, np.float64)
    out = np.zeros((len(found), len(_LIMBS)), bool)
    if len(found) > 1:
        out[1:] = swapped_limbs(found[1:], found[:-1], least)
    return out


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


def _difference_error(predicted: ArrayLike, truth: ArrayLike, fps: float, known: ArrayLike | None, order: int) -> float:
    """Mean distance of the differences of some order over time, times fps to that power."""
    found, true, counts = _checked(predicted, truth, known)
    _sequence(found)
    _rate(fps)
    frames = len(found) - order
    if frames < 1:
        raise ValueError(f"{len(found)} frames are too few: differences of order {order} need {order + 1}")
    whole = np.all([counts[start : start + frames] for start in range(order + 1)], axis=0)
    off = np.where(counts[..., None], found - true, 0)
    return mpjpe(np.diff(off, order, axis=0), np.zeros_like(off[order:]), whole) * float(fps) ** order


def _checked(
    predicted: ArrayLike, truth: ArrayLike, known: ArrayLike | None, *, something: bool = True
) -> tuple[Float, Float, Bool]:
    """Both poses as float64 and which joints count, once all of it makes sense."""
    found, true = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    if found.shape != true.shape:
        raise ValueError(f"poses of different shapes cannot be compared: {found.shape} and {true.shape}")
    if found.ndim < 2 or found.shape[-1] != 3:
        raise ValueError(f"poses have shape (..., J, 3), not {found.shape}")
    counts = np.ones(found.shape[:-1], bool) if known is None else np.asarray(known, bool)
    if counts.shape != found.shape[:-1]:
        raise ValueError(f"`known` has shape {counts.shape}, the joints {found.shape[:-1]}")
    if something and not counts.any():
        raise ValueError("nothing to score: no joint counts")
    bad = counts & ~(np.isfinite(found) & np.isfinite(true)).all(axis=-1)
    if bad.any():
        raise ValueError(
            f"{bad.sum()} joints that count are not finite, the first at {tuple(map(int, np.argwhere(bad)[0]))}; "
            "leave them out with `known`"
        )
    return found, true, counts


def _sequence(poses: Float) -> None:
    if poses.ndim != 3:
        raise ValueError(f"a sequence of poses has shape (T, J, 3), not {poses.shape}")


def _rate(fps: float) -> None:
    if not (np.isfinite(fps) and fps > 0):
        raise ValueError(f"a rate is a positive number of frames per second, not {fps}")


def _feet(feet_m: ArrayLike, planted: ArrayLike) -> tuple[Float, Bool]:
    """Feet (T, F, 3) and when they stand (T, F); a foot that does not stand may be anything."""
    feet, _, stands = _checked(feet_m, feet_m, planted)
    _sequence(feet)
    return feet, stands
