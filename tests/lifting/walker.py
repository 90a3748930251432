"""A body made by hand that stands, or walks with feet that stand exactly still."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lifting.feet import ANKLE_M, ANKLES, LEGS, bent_leg
from pose.joint_sets import H36M17

Float = NDArray[np.float64]

HEIGHT_M = 1.72
_HIP_M, _STRIDE_M, _STEP_S, _LIFT_M = 0.09, 0.4, 0.5, 0.14
_SWING = 0.8
"""Of a step one foot swings in so much, in the rest both stand."""

_PLACES = {
    "pelvis": (0.0, 0.91, 0.0),
    "right_hip": (-_HIP_M, 0.90, 0.0),
    "right_knee": (-_HIP_M, 0.49, 0.015),
    "right_ankle": (-_HIP_M, ANKLE_M, -0.02),
    "spine": (0.0, 1.16, 0.0),
    "thorax": (0.0, 1.45, 0.03),
    "nose": (0.0, 1.58, 0.12),
    "head": (0.0, HEIGHT_M, 0.03),
    "right_shoulder": (-0.18, 1.42, 0.02),
    "right_elbow": (-0.22, 1.14, 0.0),
    "right_wrist": (-0.22, 0.89, 0.05),
}


def standing() -> Float:
    """H36M17 joints (17, 3) of an adult who stands and looks along z; world axes: y up, the floor at 0."""
    joints = []
    for name in H36M17:
        x, y, z = _PLACES[name.replace("left", "right")]
        joints.append((-x if name.startswith("left") else x, y, z))
    return np.array(joints)


def walking(seconds: float, fps: float) -> tuple[Float, NDArray[np.bool_]]:
    """Joints (T, 17, 3) of a walk along z, and when each foot stands exactly still (T, 2).

    One foot swings while the other stands, then both stand for a moment; the pelvis goes on evenly.
    """
    times = np.arange(round(seconds * fps)) / fps
    joints = np.repeat(standing()[None], len(times), axis=0)
    stands = np.zeros((len(times), 2), bool)
    joints[..., 2] += (_STRIDE_M / _STEP_S * times - _STRIDE_M / 2)[:, None]
    joints[..., 1] -= 0.07  # so that the legs reach
    for row, time_s in enumerate(times):
        step, part = int(time_s / _STEP_S), min(1.0, time_s / _STEP_S % 1 / _SWING)
        for foot, (leg, ankle) in enumerate(zip(LEGS, ANKLES, strict=True)):
            swings = step % 2 == foot and part < 1
            put_down = step - 1 if step % 2 == foot else step
            last = put_down * _STRIDE_M + (2 * _STRIDE_M if step % 2 == foot and not swings else 0.0)
            eased = part * part * (3 - 2 * part) if swings else 0.0
            height = ANKLE_M + (_LIFT_M * np.sin(np.pi * part) ** 2 if swings else 0.0)
            target = np.array([joints[row, ankle, 0], height, last + 2 * _STRIDE_M * eased])
            joints[row, leg[1]], joints[row, leg[2]] = bent_leg(joints[row, list(leg)], target)
            stands[row, foot] = not swings
    return joints, stands
