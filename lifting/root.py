"""Where the pelvis is in metres: the 3D skeleton moved until its joints lie on the rays of the 2D joints.

The skeleton's size is the network's, which it takes from the bodies it was trained on: a distance is right as far as
the person is of ordinary build. A person 10 % taller than the network thinks is 10 % further away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17_TO_OPENPOSE18

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

SHARED_2D: NDArray[np.intp] = np.array([j for j, parts in enumerate(H36M17_TO_OPENPOSE18.parts) if len(parts) == 1])
"""OPENPOSE18 joints that H36M17 has too."""

SHARED_3D: NDArray[np.intp] = np.array([H36M17_TO_OPENPOSE18.parts[j][0] for j in SHARED_2D])
"""The same joints in H36M17."""

NEAREST_M, FURTHEST_M = 0.2, 60.0
_FEWEST_JOINTS = 3
_SMALLEST_SPREAD_M = 0.1
_LARGEST_MISS_M = 0.15
"""Root mean square by which the skeleton may miss the rays; 0.05 is usual on clips, more means that it does not fit."""

_MOST_OF_A_BODY, _SMALLEST_BODY_M = 8, 0.2
"""So many joints are never seen nearer together than this: the spread of a crouching body's joints is above 0.3 m."""

_FURTHEST_ASIDE = 5.7
"""No pinhole camera sees further aside than 80 degrees."""


def solve_root(xyz_m: Float, rays: Float, score: Float) -> tuple[Float, Bool]:
    """Positions (K, 3) of the pelvis, and whether they could be solved (K,).

    Weighted linear least squares: with ray (u, v, 1) of a joint at p + t, u (p_z + t_z) = p_x + t_x and the same for y;
    each equation weighs as the joint's score. Fails with fewer than three joints, joints that are all seen at one
    place, a skeleton that does not lie on the rays, or a solution behind the camera or absurdly far.

    Parameters
    ----------
    xyz_m : array, shape (K, 17, 3)
        H36M17 joints relative to the pelvis, camera axes.
    rays : array, shape (K, 18, 3)
        Rays with z = 1 of the OPENPOSE18 joints, anything where missing.
    score : array, shape (K, 18)
        0 where missing.
    """
    points, flat = xyz_m[:, SHARED_3D], np.where(score[..., None] > 0, rays, 0)[:, SHARED_2D, :2]
    weight = score[:, SHARED_2D]
    total = np.maximum(weight.sum(axis=1), 1e-9)
    # t_x and t_y follow from t_z as weighted means; what is left is one equation in t_z
    offset = flat * points[..., 2:] - points[..., :2]  # (K, J, 2): t_xy = offset + flat t_z for every joint
    mean_flat = (weight[..., None] * flat).sum(axis=1) / total[:, None]
    mean_offset = (weight[..., None] * offset).sum(axis=1) / total[:, None]
    slope, rest = flat - mean_flat[:, None], offset - mean_offset[:, None]
    spread = (weight[..., None] * slope**2).sum(axis=(1, 2))
    depth = -(weight[..., None] * slope * rest).sum(axis=(1, 2)) / np.maximum(spread, 1e-12)
    root = np.concatenate([mean_offset + mean_flat * depth[:, None], depth[:, None]], axis=1)
    enough = (weight > 0).sum(axis=1) >= _FEWEST_JOINTS
    apart = np.sqrt(spread / total) * np.abs(depth) > _SMALLEST_SPREAD_M
    miss = rest + slope * depth[:, None, None]  # metres across the line of sight
    close = np.sqrt((weight[..., None] * miss**2).sum(axis=(1, 2)) / total) < _LARGEST_MISS_M
    return root, enough & apart & close & (depth > NEAREST_M) & (depth < FURTHEST_M)


def at_depth(xyz_m: Float, rays: Float, score: Float, depth_m: Float) -> Float:
    """The best positions (K, 3) of the pelvis at given depths (K,): as `solve_root`, with z known."""
    points, flat = xyz_m[:, SHARED_3D], np.where(score[..., None] > 0, rays, 0)[:, SHARED_2D, :2]
    weight = score[:, SHARED_2D, None]
    across = flat * (points[..., 2:] + depth_m[:, None, None]) - points[..., :2]
    mean = (weight * across).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
    return np.concatenate([mean, depth_m[:, None]], axis=1)


def are_bodies(rays: Float, score: Float) -> Bool:
    """Which of K people, seen as in `solve_root`, are large enough to be people: not all joints at one place (K,).

    A network answers with a body whatever it is given; somebody who would be beyond `FURTHEST_M` is nobody.

    >>> are_bodies(np.tile([0.1, 0.0, 1.0], (1, 18, 1)), np.ones((1, 18)))
    array([False])
    """
    weight, flat = score[..., None], np.where(score[..., None] > 0, rays, 0)[..., :2]
    total = np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    rest = flat - (weight * flat).sum(axis=1, keepdims=True) / total
    spread = np.sqrt((weight * rest**2).sum(axis=(1, 2)) / total[:, 0, 0])
    return np.asarray((spread * FURTHEST_M > _SMALLEST_BODY_M) | ((score > 0).sum(axis=1) < _MOST_OF_A_BODY))


def are_seen(rays: Float) -> Bool:
    """Which rays (..., 3) with z = 1 a camera may have: finite, and not behind it nearly.

    >>> are_seen(np.array([[0.5, 0.0, 1.0], [1e5, 0.0, 1.0], [np.nan, 0.0, 1.0]]))
    array([ True, False, False])
    """
    return np.asarray((np.abs(rays) <= _FURTHEST_ASIDE).all(axis=-1))
