"""Single poses out of motion, and those of them that are low: for pictures that a detector learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lifting.errors import LiftingError
from lifting.training.floor import floor_motions
from lifting.training.mocap import Motion, for_training
from pose.joint_sets import H36M17
from pose.types import Float32

_PELVIS = H36M17.index("pelvis")
_LEGS = [[H36M17.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")] for side in ("left", "right")]
_LOW = 0.7
"""Height of the pelvis over the lowest joint, in lengths of a leg, below which somebody is low."""
_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class PosePool:
    """Poses (N, 17, 3) in metres, y up: all, and those of them that are low."""

    all: Float32
    low: Float32


def pelvis_height(xyz_m: Float32) -> Float32:
    """How high the pelvis is over the lowest joint, in lengths of the longer leg: 1 standing, near 0 lying.

    Parameters
    ----------
    xyz_m : array, float32, shape (N, 17, 3)
        H36M17 joints, y up.

    Returns
    -------
    array, float32, shape (N,)
    """
    bones = np.stack([np.linalg.norm(np.diff(xyz_m[:, leg], axis=1), axis=-1).sum(axis=1) for leg in _LEGS])
    height = xyz_m[:, _PELVIS, 1] - xyz_m[..., 1].min(axis=1)
    return np.asarray(height / np.maximum(bones.max(axis=0), 1e-6), np.float32)


def pose_pool(motions: list[Motion]) -> PosePool:
    """Poses of sequences that may be trained on, four a second, and of push-ups, planks, sit-ups and bridges.

    Raises
    ------
    LiftingError
        Where none may be trained on.
    """
    chosen = [motion for motion in motions if for_training(motion)]
    if not chosen:
        raise LiftingError("no sequence of this motion may be trained on: all are held out")
    lying = [motion for motion in floor_motions(seed=1) if not motion.name.startswith("desk")]
    poses = np.concatenate([motion.xyz_m[:: max(1, round(motion.fps * _EVERY_S))] for motion in chosen + lying])
    return PosePool(poses, poses[pelvis_height(poses) < _LOW])
