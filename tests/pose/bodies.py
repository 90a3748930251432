"""A person made of sticks, for tests of angles and rotations: x forward, y up, z to the person's right, metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pose.joint_sets import H36M17

Float = NDArray[np.float64]

J = {name: index for index, name in enumerate(H36M17)}
DOWN = np.array([0.0, -1.0, 0.0])
THIGH, SHANK, UPPER, FORE = 0.43, 0.42, 0.29, 0.26


def turn(axis: str, degrees: float) -> Float:
    """A rotation about a body axis, counter-clockwise when one looks against it."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array(
        {
            "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
            "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
            "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
        }[axis],
        np.float64,
    )


def standing() -> Float:
    """Somebody upright with straight, hanging limbs: (17, 3)."""
    body = np.zeros((17, 3))
    places: dict[str, tuple[float, float, float]] = {
        "spine": (0, 0.25, 0),
        "thorax": (0, 0.5, 0),
        "nose": (0.1, 0.62, 0),
        "head": (0, 0.78, 0),
    }
    for sign, side in ((1, "right"), (-1, "left")):
        places |= {f"{side}_hip": (0, 0, 0.1 * sign), f"{side}_shoulder": (0, 0.5, 0.18 * sign)}
    for name, place in places.items():
        body[J[name]] = place
    for side in ("left", "right"):
        set_limb(body, side, "leg", DOWN, DOWN)
        set_limb(body, side, "arm", DOWN, DOWN)
    return body


def set_limb(body: Float, side: str, kind: str, upper: ArrayLike, lower: ArrayLike) -> None:
    """Point an arm or leg: directions of its two parts."""
    first, middle, last, lengths = {
        "leg": ("hip", "knee", "ankle", (THIGH, SHANK)),
        "arm": ("shoulder", "elbow", "wrist", (UPPER, FORE)),
    }[kind]
    one, other = np.asarray(upper, np.float64), np.asarray(lower, np.float64)
    start = body[J[f"{side}_{first}"]]
    body[J[f"{side}_{middle}"]] = start + lengths[0] * one / np.linalg.norm(one)
    body[J[f"{side}_{last}"]] = body[J[f"{side}_{middle}"]] + lengths[1] * other / np.linalg.norm(other)


def somebody(rng: np.random.Generator) -> Float:
    """A random pose of the sticks."""
    body = standing()
    body[[J["thorax"], J["nose"], J["head"], J["left_shoulder"], J["right_shoulder"]]] += rng.normal(0, 0.05, (5, 3))
    for side in ("left", "right"):
        for kind in ("leg", "arm"):
            set_limb(body, side, kind, DOWN + rng.normal(0, 0.6, 3), DOWN + rng.normal(0, 0.8, 3))
    return body


def mirrored(body: Float) -> Float:
    """The person in a mirror, with left and right swapped back."""
    names = [name.replace("left", "#").replace("right", "left").replace("#", "right") for name in H36M17]
    return np.asarray(body[..., [H36M17.index(name) for name in names], :] * np.array([1.0, 1.0, -1.0]))
