"""Where tracked people are expected in the next frame, and how well a detection fits: motion and skeleton similarity.

Everything is vectorised over tracks and detections and measured in torso lengths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import OPENPOSE18, OPENPOSE18_SIGMAS

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


def _by_joint(values: dict[str, float]) -> Float:
    """One value a joint, by the last word of its name."""
    return np.array([values[name.rsplit("_", maxsplit=1)[-1]] for name in OPENPOSE18])


# fmt: off
_LABEL_SPREAD = 2 * OPENPOSE18_SIGMAS * 1.5
"""COCO's spread of labels in torso lengths: the square root of a person's area is about 1.5 torso lengths."""

_DETECTOR_SPREAD = 0.1
"""What a detector of stride 8 adds to it, in torso lengths."""

_WANDER = _by_joint({
    "nose": 0.8, "eye": 0.8, "ear": 0.8, "neck": 0.5, "shoulder": 0.6, "hip": 0.5, "elbow": 2.0, "knee": 1.5,
    "wrist": 4.0, "ankle": 2.5,
})
"""How fast a joint may leave the predicted place, in torso lengths a second."""

_TRUST = _by_joint({
    "nose": 0.6, "eye": 0.3, "ear": 0.3, "neck": 1.0, "shoulder": 1.0, "hip": 1.0, "elbow": 0.5, "knee": 0.6,
    "wrist": 0.25, "ankle": 0.4,
})
"""How much a joint says of whose skeleton it is."""
# fmt: on

_IN_TRUNK = np.isin(OPENPOSE18, ("neck", "right_shoulder", "left_shoulder", "right_hip", "left_hip"))

_COAST_S = 1.5
"""Nobody goes on for ever at one speed: a lost person is predicted to slow down with this time constant."""

_SPEED_MEMORY_S = 0.25
_TOP_SPEED = 8.0  # torso lengths a second, a sprint
_WANDER_AT_MOST_S = 1.0
_JOINT_MEMORY_S = 1.0

_REACH_NOW, _REACH_A_SECOND, _REACH_AT_MOST = 0.8, 1.6, 3.0  # torso lengths
_GROWTH_AT_MOST, _GROWTH_SPREAD = 1.1, 0.5  # logarithm of the ratio of two sizes
_LEAP_JOINTS, _LEAP_GROWTH = 8, 0.4
_LACK = 0.3


_PIECE_SCORE, _PIECE_INSIDE = 0.7, 0.8  # a piece scores at most so much of the whole, and so much of it lies inside
_PIECE_MARGIN, _PIECE_APART = 0.2, 1.0  # in torso lengths: beyond the whole's box, and from trunk to trunk


@dataclass(frozen=True, slots=True)
class Predicted:
    """T tracked people as expected now.

    Attributes
    ----------
    xy_px : array, shape (T, 18, 2)
        Expected joints.
    moved_px : array, shape (T, 2)
        From where the person was last seen to there.
    known : array, bool, shape (T, 18)
        Joints that were seen not long before the person was last seen.
    torso_px : array, shape (T,)
        Sizes.
    age_s : array, shape (T,)
        Time since each person was last seen.
    """

    xy_px: Float
    moved_px: Float
    known: Bool
    torso_px: Float
    age_s: Float


def predict(
    xy_px: Float, *, seen_s: Float, velocity_px_s: Float, torso_px: Float, last_s: Float, time_s: float
) -> Predicted:
    """Carry every skeleton along with its trunk's velocity, slowing down.

    Parameters
    ----------
    xy_px : array, shape (T, 18, 2)
        Joints, all as of `last_s`.
    seen_s : array, shape (T, 18)
        When each joint was last seen; -inf for never.
    velocity_px_s : array, shape (T, 2)
        Of the trunk.
    torso_px, last_s : arrays, shape (T,)
        Size, and when the person was last seen.
    time_s : float
        Now.
    """
    age_s = time_s - last_s
    coasted_s = _COAST_S * -np.expm1(-age_s / _COAST_S)
    moved = velocity_px_s * coasted_s[:, None]
    return Predicted(xy_px + moved[:, None], moved, last_s[:, None] - seen_s <= _JOINT_MEMORY_S, torso_px, age_s)


@dataclass(frozen=True, slots=True)
class Fit:
    """How well each of K detections continues each of T tracks.

    Attributes
    ----------
    similarity : array, shape (T, K)
        0..1: object keypoint similarity over the joints that both have, joints weighted by how much they tell, with a
        spread that grows while a person is out of sight, and lower for a detection that lacks joints. 0 where it cannot
        be.
    leap : array, shape (T, K)
        0..1: distance of the trunk from the way between the last seen and the expected place, over the distance that
        the person can have gone unforeseen. Infinite where it is too far, or where either skeleton is too incomplete
        or the sizes too different to tell.
    """

    similarity: Float
    leap: Float


def fit(tracks: Predicted, xy_px: Float, score: Float, torso_px: Float) -> Fit:
    """Compare every track with every detection.

    Parameters
    ----------
    tracks : Predicted
        T people.
    xy_px, score : arrays, shapes (K, 18, 2) and (K, 18)
        Detections.
    torso_px : array, shape (K,)
        Their sizes; NaN where unknown.
    """
    shape = len(tracks.torso_px), len(torso_px)
    reach = np.minimum(_REACH_NOW + _REACH_A_SECOND * tracks.age_s, _REACH_AT_MOST)  # (T,) torso lengths
    margin = reach * tracks.torso_px + np.abs(tracks.moved_px).max(axis=1, initial=0.0)
    # Whom nobody can have reached is not looked at, so that the work grows with the people and not with their pairs.
    one, other = np.nonzero(_touch(_boxes(tracks.xy_px, tracks.known, margin), _boxes(xy_px, score > 0)))  # (P,) each
    known, size = tracks.known[one], tracks.torso_px[one]
    away = xy_px[other] - tracks.xy_px[one]  # (P, 18, 2)
    both = known & (score[other] > 0)
    wander = _WANDER * np.minimum(tracks.age_s[one], _WANDER_AT_MOST_S)[:, None]
    variance = (_LABEL_SPREAD**2 + _DETECTOR_SPREAD**2 + wander**2) * (size**2)[:, None]
    likeness = np.exp((away**2).sum(axis=-1) / (-2 * variance))  # (P, 18)
    # A fragment that fits must not beat the whole skeleton: joints that it lacks count a little against it.
    total = (both + _LACK * (known & ~both)) @ _TRUST
    similarity = (likeness * both) @ _TRUST / np.maximum(total, 1e-9)  # (P,)
    # A person of whom only a joint is seen has no size to compare.
    growth = np.log(np.where(np.isnan(torso_px[other]), 1.0, torso_px[other] / size))
    similarity *= np.exp(-(growth**2) / (2 * _GROWTH_SPREAD**2))
    leap = _off_the_way(trunk_shift(away, both), tracks.moved_px[one]) / (size * reach[one])
    possible = both.any(axis=-1) & (np.abs(growth) <= _GROWTH_AT_MOST) & (leap <= 1)
    sure = possible & (both.sum(axis=-1) >= _LEAP_JOINTS) & (np.abs(growth) <= _LEAP_GROWTH)
    fits = Fit(np.zeros(shape), np.full(shape, np.inf))
    fits.similarity[one, other] = np.where(possible, similarity, 0.0)
    fits.leap[one, other] = np.where(sure, leap, np.inf)
    return fits


def _boxes(xy_px: Float, seen: Bool, margin_px: Float | float = 0.0) -> Float:
    """Left, top, right and bottom (N, 4) of the seen joints (N, 18), with a margin (N,); inside out where none is."""
    low = np.where(seen[..., None], xy_px, np.inf).min(axis=1) - np.expand_dims(margin_px, -1)
    high = np.where(seen[..., None], xy_px, -np.inf).max(axis=1) + np.expand_dims(margin_px, -1)
    return np.concatenate([low, high], axis=1)


def _touch(boxes: Float, others: Float) -> Bool:
    """Which of N boxes (N, 4) meet which of M others (M, 4), as (N, M)."""
    a, b = boxes[:, None], others[None]
    return np.asarray(((a[..., :2] <= b[..., 2:]) & (b[..., :2] <= a[..., 2:])).all(axis=-1))


def _off_the_way(shift_px: Float, moved_px: Float) -> Float:
    """Distances (...) of points from the segment that ends at the origin and came along `moved_px` (..., 2).

    Whoever is out of sight may have gone on or stopped anywhere before.
    """
    length = np.maximum((moved_px**2).sum(axis=-1), 1e-9)
    back = np.clip(-(shift_px * moved_px).sum(axis=-1) / length, 0.0, 1.0)[..., None]
    return np.asarray(np.sqrt(((shift_px + back * moved_px) ** 2).sum(axis=-1)))


def trunk_shift(away: Float, both: Bool) -> Float:
    """Mean displacement (..., 2) of the trunk's joints that both have, of all joints where no joint of the trunk is.

    Parameters
    ----------
    away : array, shape (..., 18, 2)
        Displacement of every joint.
    both : array, bool, shape (..., 18)
        Joints for which it is known; zero displacement where there are none.
    """
    trunk = both & _IN_TRUNK
    weight = np.where(trunk.any(axis=-1, keepdims=True), trunk, both).astype(np.float64)
    total = np.maximum(weight.sum(axis=-1, keepdims=True), 1)
    return np.asarray((weight[..., None, :] @ away)[..., 0, :] / total)


def new_velocity(velocity_px_s: Float, shift_px: Float, dt_s: Float, torso_px: Float) -> Float:
    """Trunk velocities (K, 2) after a shift from the last seen place within `dt_s` (K,), low-passed and bounded."""
    measured = shift_px / dt_s[:, None]
    fastest = _TOP_SPEED * torso_px[:, None]
    speed = np.hypot(measured[:, 0], measured[:, 1])[:, None]
    measured = measured * np.minimum(1.0, fastest / np.maximum(speed, 1e-9))
    weight = -np.expm1(-dt_s / _SPEED_MEMORY_S)[:, None]
    return np.asarray(velocity_px_s + weight * (measured - velocity_px_s))


def duplicates(xy_px: Float, score: Float, torso_px: Float, same: float = 0.6) -> Bool:
    """Which of K detections (K,) lie joint by joint on a better one: the same person found twice.

    A detection is a duplicate where most of its joints coincide, within the spread of labels, with those of one whose
    scores sum to more; two people who stand behind one another still differ in most joints.
    """
    count = len(xy_px)
    if count < 2:
        return np.zeros(count, np.bool_)
    seen = score > 0
    size = np.where(np.isnan(torso_px), np.nanmax(torso_px, initial=1.0), torso_px)
    one, other = np.nonzero(_touch(_boxes(xy_px, seen, size), _boxes(xy_px, seen)))  # (P,) each
    variance = (_LABEL_SPREAD**2 + _DETECTOR_SPREAD**2) / 4 * (np.minimum(size[one], size[other]) ** 2)[:, None]
    close = np.exp(((xy_px[one] - xy_px[other]) ** 2).sum(axis=-1) / (-2 * variance)) * (seen[one] & seen[other])
    share = np.zeros((count, count))  # of the joints of the first
    share[one, other] = close.sum(axis=-1) / np.maximum(seen[one].sum(axis=-1), 1)
    order = np.lexsort(
        (xy_px[..., 0].max(axis=1), -score.sum(axis=-1))
    )  # equals from the left, in whatever order they came
    drop = np.zeros(count, np.bool_)
    for position, person in enumerate(order[1:], start=1):
        better = order[:position]
        drop[person] = bool(np.any((share[person, better] > same) & ~drop[better]))
    return drop


def fragments(xy_px: Float, score: Float, torso_px: Float) -> Bool:
    """Which of K detections (K,) are probably pieces of a better one: a body whose sides or halves came apart.

    A piece scores much less, lies inside the other's box, and its trunk is in the same place. Somebody who stands
    behind may look like that for a moment too, so it is a reason to doubt a newcomer, not to drop who is known.

    Parameters
    ----------
    xy_px : array, shape (K, 18, 2)
    score : array, shape (K, 18)
        0 where a joint is missing.
    torso_px : array, shape (K,)
        NaN where it is unknown.
    """
    seen = score > 0
    size = np.where(np.isnan(torso_px), np.nanmax(torso_px, initial=1.0), torso_px)
    total = score.sum(axis=-1)
    boxes = _boxes(xy_px, seen, _PIECE_MARGIN * size)  # (K, 4) of the better ones
    inside = (xy_px[:, None] >= boxes[None, :, None, :2]) & (xy_px[:, None] <= boxes[None, :, None, 2:])
    share = (inside.all(axis=-1) & seen[:, None]).sum(axis=-1) / np.maximum(seen.sum(axis=-1), 1)[:, None]
    trunk = _trunk_centre(xy_px, seen)
    apart = np.linalg.norm(trunk[:, None] - trunk[None], axis=-1) / size[None]
    weaker = total[:, None] < _PIECE_SCORE * total[None]
    return np.asarray((weaker & (share >= _PIECE_INSIDE) & ~(apart > _PIECE_APART)).any(axis=1))


def _trunk_centre(xy_px: Float, seen: Bool) -> Float:
    """Mean (K, 2) of the seen joints of each trunk; NaN where none is seen."""
    trunk = seen & _IN_TRUNK
    count = trunk.sum(axis=-1, keepdims=True)
    total = np.where(trunk[..., None], xy_px, 0.0).sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
