"""Moves of a plain body whose joints are known exactly: y up, metres, facing +z, its left at +x."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fitness.follow.follower import Followed, Follower
from fitness.follow.motion import Observed, Reference
from pose.joint_sets import H36M17, flip_order

Float = NDArray[np.float64]
HZ = 30.0
_AT = {name: index for index, name in enumerate(H36M17)}

# fmt: off
STANDING_M = np.array([
    (0, .9, 0), (-.12, .9, 0), (-.13, .47, 0), (-.13, .05, 0), (.12, .9, 0), (.13, .47, 0), (.13, .05, 0),
    (0, 1.14, 0), (0, 1.38, 0), (0, 1.5, .1), (0, 1.66, 0),
    (.17, 1.36, 0), (.19, 1.08, 0), (.2, .83, 0), (-.17, 1.36, 0), (-.19, 1.08, 0), (-.2, .83, 0),
])
# fmt: on


def _swing(frames: int) -> Float:
    """From 0 to 1 and back every 2 s."""
    return np.asarray((1 - np.cos(np.pi * np.arange(frames) / HZ)) / 2)


def _turn_x(angle: Float) -> Float:
    cos, sin, one, nil = np.cos(angle), np.sin(angle), np.ones_like(angle), np.zeros_like(angle)
    return np.moveaxis(np.array([[one, nil, nil], [nil, cos, -sin], [nil, sin, cos]]), -1, 0)


def _turn_z(angle: Float) -> Float:
    cos, sin, one, nil = np.cos(angle), np.sin(angle), np.ones_like(angle), np.zeros_like(angle)
    return np.moveaxis(np.array([[cos, -sin, nil], [sin, cos, nil], [nil, nil, one]]), -1, 0)


def raise_arm(frames: int = 180, side: str = "left", degrees: float = 150.0) -> Float:
    """An arm is lifted sideways and lowered (T, 17, 3)."""
    sign = 1.0 if side == "left" else -1.0
    turn = _turn_z(sign * np.radians(degrees) * _swing(frames))
    out = np.repeat(STANDING_M[None], frames, axis=0)
    shoulder = STANDING_M[_AT[f"{side}_shoulder"]]
    for joint in (f"{side}_elbow", f"{side}_wrist"):
        out[:, _AT[joint]] = shoulder + turn @ (STANDING_M[_AT[joint]] - shoulder)
    return out


def squat(frames: int = 180) -> Float:
    """Knees and hips bend and stretch (T, 17, 3)."""
    depth = np.radians(80.0) * _swing(frames)
    out = np.repeat(STANDING_M[None], frames, axis=0)
    for side in ("left", "right"):
        hip, knee, ankle = (_AT[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
        out[:, knee] = out[:, hip] + _turn_x(-depth) @ (STANDING_M[knee] - STANDING_M[hip])
        out[:, ankle] = out[:, knee] + _turn_x(0.4 * depth) @ (STANDING_M[ankle] - STANDING_M[knee])
    return out


def mirror_image(motion: Float) -> Float:
    """What a mirror shows."""
    return np.asarray(motion[:, flip_order(H36M17)] * [-1.0, 1.0, 1.0])


def observed(motion: Float, start_s: float = 0.0) -> Observed:
    """The motion as somebody's."""
    return Observed.in_3d(start_s + np.arange(len(motion)) / HZ, motion)


def followed(reference: Observed, user: Observed) -> tuple[Followed, Follower]:
    """The last that is known of a user, and who compared him."""
    follower = Follower(Reference.of(reference))
    for k in range(len(user.time_s)):
        state = follower.step(user.at(k))
    return state, follower
