"""Stick figures whose angles are known, and sets of repetitions made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import OPENPOSE18

Float = NDArray[np.float64]
Number = NDArray[np.floating[Any]]
TORSO, THIGH, SHANK, UPPER, FORE = 100.0, 85.0, 85.0, 60.0, 55.0
J = {name: index for index, name in enumerate(OPENPOSE18)}


@dataclass(frozen=True)
class Rows:
    time_s: Float
    xy_px: NDArray[np.float32]
    score: NDArray[np.float32]
    xyz_m: NDArray[np.float32]
    valid: NDArray[np.bool_]


def rows(time_s: Float, xy: Number, score: Number | None = None) -> Rows:
    count = len(time_s)
    known = np.ones((count, 18)) if score is None else score
    return Rows(
        time_s,
        xy.astype(np.float32),
        known.astype(np.float32),
        np.zeros((count, 17, 3), np.float32),
        np.zeros((count, 17), np.bool_),
    )


def _towards(start: Float, degrees: Float, length: float) -> Float:
    """A joint at a distance, 0 pointing down and 90 to the picture's right."""
    turn = np.radians(np.broadcast_to(degrees, len(start)))
    return np.asarray(start + length * np.stack([np.sin(turn), np.cos(turn)], axis=1))


def side_squat(knee: Float, place: Float | None = None) -> Float:
    """Somebody seen from the right, facing right, with a knee angle (N,); the ankle stays; joints (N, 18, 2)."""
    bend = 180 - knee
    xy = np.zeros((len(knee), 18, 2))
    ankle = np.stack([np.zeros(len(knee)) if place is None else place, np.full(len(knee), 400.0)], axis=1)
    knee_at = _towards(ankle, 180 - bend * 0.3, SHANK)
    hip = _towards(knee_at, 180 + bend * 0.7, THIGH)
    neck = _towards(hip, 180 - bend * 0.3, TORSO)
    elbow = _towards(neck, bend, UPPER)
    wrist = _towards(elbow, bend, FORE)
    for side in ("right", "left"):
        for name, at in zip(
            ("ankle", "knee", "hip", "shoulder", "elbow", "wrist"),
            (ankle, knee_at, hip, neck, elbow, wrist),
            strict=True,
        ):
            xy[:, J[f"{side}_{name}"]] = at + (3 if side == "left" else 0)
    xy[:, J["neck"]] = neck
    for name in ("nose", "right_eye", "left_eye", "right_ear", "left_ear"):
        xy[:, J[name]] = neck + np.array([10, -30])
    return xy


def front(
    arm: tuple[Float, Float],
    spread: Float,
    elbow: tuple[Float, Float] | None = None,
    bend: Float | None = None,
    seat: bool = False,
) -> Float:
    """Somebody seen from the front: arms (N,) from hanging, right and left, feet (N,) in shoulder widths, and elbows.

    `bend` (N,) is how far the thighs are turned from the vertical towards the camera; shins and trunk lean forwards as
    much as keeps the weight over the feet, unless there is a seat to come down on.
    """
    count = len(spread)
    xy = np.zeros((count, 18, 2))
    turned = np.radians(np.zeros(count) if bend is None else bend)
    kneel = SHANK * (1 - np.cos((0 if seat else 0.4) * turned))
    drop = kneel + THIGH * (1 - np.cos(turned))
    hip = np.stack([np.full(count, 300.0), 230 + drop], axis=1)
    neck = hip - np.stack([np.zeros(count), TORSO * np.cos((0 if seat else 0.45) * turned)], axis=1)
    xy[:, J["neck"]] = neck
    for name in ("nose", "right_eye", "left_eye", "right_ear", "left_ear"):
        xy[:, J[name]] = neck + np.array([0, -30])
    for index, (side, sign) in enumerate((("right", -1), ("left", 1))):
        shoulder, hip_at = neck + np.array([sign * 37, 0]), hip + np.array([sign * 20, 0])
        ankle = np.stack([300 + sign * 37 * spread, np.full(count, 230 + THIGH + SHANK)], axis=1)
        knee = np.stack([(hip_at[:, 0] + ankle[:, 0]) / 2, 230 + THIGH + kneel], axis=1)
        elbow_at = _towards(shoulder, sign * arm[index], UPPER)
        turn = arm[index] + (180 - (elbow[index] if elbow else np.full(count, 180.0)))
        wrist = _towards(elbow_at, sign * turn, FORE)
        for name, at in zip(
            ("shoulder", "hip", "knee", "ankle", "elbow", "wrist"),
            (shoulder, hip_at, knee, ankle, elbow_at, wrist),
            strict=True,
        ):
            xy[:, J[f"{side}_{name}"]] = at
    return xy


def course(depths: list[float], rest_s: float = 1.5, rep_s: float = 2.0, pause_s: float = 0.0, hz: float = 30) -> Float:
    """Depth over time, 0 at rest: a still start, then a cosine for each depth with pauses between, (2, N) with time."""
    length = rest_s + len(depths) * (rep_s + pause_s) + 0.6
    time = np.arange(0, length, 1 / hz)
    depth = np.zeros(len(time))
    for index, peak in enumerate(depths):
        since = time - rest_s - index * (rep_s + pause_s)
        inside = (since >= 0) & (since <= rep_s)
        depth[inside] = peak * (1 - np.cos(2 * np.pi * since[inside] / rep_s)) / 2
    return np.stack([time, depth])
