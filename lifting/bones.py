"""Bones of one length: a body whose bones are as long in every frame as they mostly are.

A network that answers frame by frame stretches a limb a little and shortens it again. Here every bone keeps its
direction and gets the person's length; what hangs on it moves along.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17_BONES

Float = NDArray[np.float64]
_SHORTEST = 1e-6


def with_bones(xyz_m: Float, bones_m: Float) -> Float:
    """Poses (..., 17, 3) with bones of lengths `bones_m` (16,), in the order of H36M17_BONES; NaN leaves a bone as it is.

    >>> pose = np.zeros((17, 3))
    >>> pose[1:, 0] = 1.0  # the first bone is from the pelvis to the right hip
    >>> with_bones(pose, np.array([0.5] + [np.nan] * 15))[1]
    array([0.5, 0. , 0. ])
    """
    out = xyz_m.copy()
    for bone, (parent, child) in enumerate(H36M17_BONES):
        way = xyz_m[..., child, :] - xyz_m[..., parent, :]
        if np.isfinite(bones_m[bone]):
            length = np.linalg.norm(way, axis=-1, keepdims=True)
            way = np.where(length > _SHORTEST, way * (bones_m[bone] / np.maximum(length, _SHORTEST)), way)
        out[..., child, :] = out[..., parent, :] + way
    return out
