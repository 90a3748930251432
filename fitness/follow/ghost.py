"""A reference's posture with the user's bones, to be drawn beside him and over him."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fitness.follow.body import turned
from fitness.follow.motion import unit
from pose.joint_sets import H36M17, H36M17_BONES

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

NEW_SHARE = 0.05
"""How much one frame changes the lengths that are known."""
_ANKLES = [H36M17.index("right_ankle"), H36M17.index("left_ankle")]
_PARENTS, _CHILDREN = (np.array(ends) for ends in zip(*H36M17_BONES, strict=True))
_USUAL_M = np.array([0.12, 0.43, 0.42, 0.12, 0.43, 0.42, 0.24, 0.24, 0.13, 0.18, 0.17, 0.28, 0.25, 0.17, 0.28, 0.25])
"""Lengths of `H36M17_BONES` of somebody of ordinary size, until they are known."""


class Bones:
    """Lengths of one person's bones, smoothed over time."""

    def __init__(self) -> None:
        self._length_m = _USUAL_M.copy()
        self._known = np.zeros(len(H36M17_BONES), np.bool_)

    def add(self, xyz_m: Float, valid: Bool) -> None:
        """Learn from joints (17, 3), of which `valid` (17,) are known."""
        length = np.linalg.norm(xyz_m[_CHILDREN] - xyz_m[_PARENTS], axis=1)
        seen = valid[_CHILDREN] & valid[_PARENTS] & np.isfinite(length)
        share = np.where(self._known, NEW_SHARE, 1.0)
        self._length_m = np.where(
            seen, self._length_m + share * (np.nan_to_num(length) - self._length_m), self._length_m
        )
        self._known |= seen

    def posed(self, joints: Float, yaw: float) -> Float:
        """A posture (17, 3) with these bones, from the pelvis, turned about the vertical by `yaw` radians."""
        step = unit(joints[_CHILDREN] - joints[_PARENTS]) * self._length_m[:, None]
        out = np.full(joints.shape, np.nan)
        out[0] = 0.0
        for parent, child, bone in zip(_PARENTS, _CHILDREN, step, strict=True):
            out[child] = out[parent] + bone
        angle = yaw if math.isfinite(yaw) else 0.0
        return np.asarray(turned(out[None], np.array([angle]))[0])

    def over(self, joints: Float, user: Float, valid: Bool, yaw: float) -> Float:
        """A posture (17, 3) over the user's joints (17, 3): pelvis over pelvis, the lower foot as high as his.

        All NaN where it is not known how he is turned.
        """
        if not (math.isfinite(yaw) and valid[0]):
            return np.full(joints.shape, np.nan)
        posed = self.posed(joints, yaw)
        lift = 0.0
        if valid[_ANKLES].all() and np.isfinite(posed[_ANKLES]).all():
            lift = float(user[_ANKLES, 1].min() - user[0, 1] - posed[_ANKLES, 1].min())
        return np.asarray(posed + user[0] + [0.0, lift, 0.0])
