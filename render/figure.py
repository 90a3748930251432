"""A 3D skeleton as capsules: how thick the limbs are, and which joints they join."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17, H36M17_BONES
from render.palette import BONE_SIDES_3D, MIDDLE, SIDES

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_AT = {name: index for index, name in enumerate(H36M17)}
PELVIS, THORAX, NOSE, HEAD = _AT["pelvis"], _AT["thorax"], _AT["nose"], _AT["head"]
ANKLES = (_AT["left_ankle"], _AT["right_ankle"])
SKULL = len(H36M17)
"""Index of the point that is added to the joints: the middle of the skull."""
POINTS = SKULL + 1

# fmt: off
_RADII_M = {
    "hip": (.062, .066), "knee": (.066, .048), "ankle": (.046, .032), "spine": (.074, .072), "thorax": (.072, .066),
    "shoulder": (.056, .048), "elbow": (.045, .037), "wrist": (.036, .026),
}
# fmt: on
_LIMBS = [bone for bone in H36M17_BONES if bone[1] not in (NOSE, HEAD)]
BONES = np.array([*_LIMBS, (THORAX, SKULL), (SKULL, SKULL), (NOSE, NOSE)])
"""Pairs of points that are drawn as capsules: the limbs, then neck, skull and nose in the place of H36M's two bones."""
NECK, SKULL_BALL, NOSE_BALL = len(_LIMBS), len(_LIMBS) + 1, len(_LIMBS) + 2
RADII_M = np.array(
    [_RADII_M[H36M17[child].split("_")[-1]] for _, child in _LIMBS] + [(0.05, 0.045), (0.102, 0.102), (0.022, 0.022)]
)
"""Radius of every capsule at both ends for a person of ordinary size."""
COLOURS = np.array(
    [SIDES[BONE_SIDES_3D[H36M17_BONES.index(bone)]] for bone in _LIMBS] + [MIDDLE, MIDDLE, MIDDLE], np.float64
)
ORDINARY_M = 2.16
"""Thighs, shanks, upper arms and forearms of an ordinary person together, one side of each, twice the trunk's half."""
SIZE_RANGE = (0.35, 1.3)
SOLE_M = 0.085
"""From the ankle down to the sole."""
SKULL_FROM_NOSE = 0.5
SKULL_BACK_M = 0.03


@dataclass(frozen=True, slots=True)
class Figures:
    """Everybody who has 3D, ready to project.

    Attributes
    ----------
    points_m : array, shape (K, 18, 3)
        The joints and the middle of the skull, in scene axes.
    known : array, bool, shape (K, 18)
        Whether each point is sure.
    guessed : array, bool, shape (K, 18)
        Whether each point at least has a place.
    size : array, shape (K,)
        1 for a person of ordinary size.
    track_id : array, int32, shape (K,)
    """

    points_m: Float
    known: Bool
    guessed: Bool
    size: Float
    track_id: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.track_id)

    def seen(self, k: int) -> Float:
        """The sure joints (J, 3) of one person."""
        return np.asarray(self.points_m[k, :SKULL][self.known[k, :SKULL]])

    def sole_m(self, k: int) -> float:
        """Height of the lowest sole: under sure ankles if there are any, else guessed ones, else the lowest joint."""
        for there in (self.known[k], self.guessed[k]):
            ankles = [self.points_m[k, ankle, 1] for ankle in ANKLES if there[ankle]]
            if ankles:
                return float(min(ankles) - SOLE_M * self.size[k])
        return float(self.seen(k)[:, 1].min())


def figures_of(joints_m: Float, valid: Bool, track_id: NDArray[np.int32]) -> Figures:
    """Figures from joints (K, 17, 3) in scene axes; people without one sure joint are left out."""
    finite = np.isfinite(joints_m).all(axis=-1)
    sure = valid & finite
    there = sure.any(axis=1)
    joints_m, sure, finite, track_id = joints_m[there], sure[there], finite[there], track_id[there]
    joints_m = np.where(finite[..., None], joints_m, 0.0)
    skull = joints_m[:, NOSE] + (joints_m[:, HEAD] - joints_m[:, NOSE]) * SKULL_FROM_NOSE
    points = np.concatenate([joints_m, skull[:, None]], axis=1)  # (K, 18, 3)
    known = np.concatenate([sure, (sure[:, NOSE] & sure[:, HEAD])[:, None]], axis=1)
    guessed = np.concatenate([finite, (finite[:, NOSE] & finite[:, HEAD])[:, None]], axis=1)
    return Figures(points, known, guessed, _size(points, known), track_id)


_THIGH_TO_WRIST = np.array([bone for bone in _LIMBS if H36M17[bone[1]].endswith(("knee", "ankle", "elbow", "wrist"))])
_LIMB_M = np.array([0.45, 0.43, 0.45, 0.43, 0.29, 0.26, 0.29, 0.26])
"""Length of each of `_THIGH_TO_WRIST` in a person of ordinary size."""


def _size(points: Float, known: Bool) -> Float:
    """How large each person is (K,): the mean of limb lengths over ordinary ones; 1 where no limb is known."""
    length = np.linalg.norm(points[:, _THIGH_TO_WRIST[:, 0]] - points[:, _THIGH_TO_WRIST[:, 1]], axis=-1)  # (K, 8)
    both = known[:, _THIGH_TO_WRIST].all(axis=-1)
    ordinary = np.where(both, _LIMB_M, 0.0).sum(axis=1)
    total = np.where(both, length, 0.0).sum(axis=1)
    ratio = np.divide(total, ordinary, out=np.ones(len(points)), where=ordinary > 0)
    return np.asarray(np.clip(ratio, *SIZE_RANGE))
