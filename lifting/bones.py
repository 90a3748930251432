"""Bones of one length: a body whose bones are as long in every frame as they mostly are.

A network that answers frame by frame stretches a limb a little and shortens it again. Here every bone keeps its
direction and gets the person's length; what hangs on it moves along.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pose.blocks import blocks
from pose.joint_sets import H36M17_BONES

Float = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]
Bool = NDArray[np.bool_]
_SHORTEST = 1e-6
_PARENTS, _CHILDREN = (np.array(ends) for ends in zip(*H36M17_BONES, strict=True))


def _ways_to_joints() -> Float:
    """Which bones (17, 16) lead from the pelvis to each joint."""
    leads = np.zeros((len(H36M17_BONES) + 1, len(H36M17_BONES)))
    for bone, (parent, child) in enumerate(H36M17_BONES):
        leads[child] = leads[parent]
        leads[child, bone] = 1
    return leads


_LEADS = _ways_to_joints()


def with_bones(xyz_m: Float, bones_m: Float) -> Float:
    """Poses (..., 17, 3) with bones of lengths `bones_m` (16,), in the order of H36M17_BONES; NaN leaves one as it is.

    >>> pose = np.zeros((17, 3))
    >>> pose[1:, 0] = 1.0  # the first bone is from the pelvis to the right hip
    >>> with_bones(pose, np.array([0.5] + [np.nan] * 15))[1]
    array([0.5, 0. , 0. ])
    """
    ways = xyz_m[..., _CHILDREN, :] - xyz_m[..., _PARENTS, :]
    length = np.sqrt((ways**2).sum(axis=-1))
    share = np.where(np.isfinite(bones_m) & (length > _SHORTEST), bones_m / np.maximum(length, _SHORTEST), 1.0)
    return np.asarray(xyz_m[..., :1, :] + _LEADS @ (ways * share[..., None]))


def known_are_finite(xyz_m: Floats, valid: Bool) -> bool:
    """Whether the joints (T, 17, 3) that count, those that are valid (T, 17), are all finite numbers."""
    return all(bool(np.isfinite(xyz_m[rows][valid[rows]]).all()) for rows in blocks(len(xyz_m)))
