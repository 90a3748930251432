"""Rotations as 3x3 matrices that turn column vectors; a row of functions, each a few lines.

All angles that cross a module's border are in degrees. World axes: y up; a person at yaw 0 faces +z and has the own
left at +x.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

X_AXIS = np.array([1.0, 0.0, 0.0])
Y_AXIS = np.array([0.0, 1.0, 0.0])
Z_AXIS = np.array([0.0, 0.0, 1.0])
_PARALLEL = 1e-8


def unit(vector: ArrayLike) -> Float:
    """Vectors (..., 3) of length 1; the zero vector stays zero."""
    array = np.asarray(vector, np.float64)
    length = np.linalg.norm(array, axis=-1, keepdims=True)
    return np.asarray(array / np.where(length > 0, length, 1))


def about(axis: ArrayLike, angle_deg: float) -> Float:
    """Rotation about an axis by the right-hand rule (Rodrigues' formula).

    >>> about([0, 0, 1], 90).round(6) @ [1, 0, 0]
    array([0., 1., 0.])
    """
    x, y, z = unit(axis)
    angle = np.radians(angle_deg)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def about_x(angle_deg: float) -> Float:
    """Pitch: y turns towards z, a person bends forwards."""
    return about(X_AXIS, angle_deg)


def about_y(angle_deg: float) -> Float:
    """Yaw: z turns towards x, a person turns to the own left."""
    return about(Y_AXIS, angle_deg)


def about_z(angle_deg: float) -> Float:
    """Roll: x turns towards y."""
    return about(Z_AXIS, angle_deg)


def axes_from(y: ArrayLike, x: ArrayLike) -> Float:
    """The right-handed axes, as columns, whose y is exactly along `y` and whose x is as near to `x` as can be."""
    up = unit(y)
    right = np.asarray(x, np.float64)
    right = unit(right - up * (up @ right))
    return np.stack([right, up, np.cross(right, up)], axis=1)


def log(rotation: Float) -> Float:
    """The rotation vector (3,) in radians, whose length is the angle, 0..pi."""
    angle = float(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1)))
    if angle < 1e-6:
        return np.zeros(3)
    if angle > np.pi - 1e-3:
        # The skew part vanishes at half a turn: there the axis is the eigenvector that stays.
        _, vectors = np.linalg.eigh((rotation + rotation.T) / 2)
        return np.asarray(vectors[:, 2] * angle)
    skew = [rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]]
    return np.asarray(angle / (2 * np.sin(angle)) * np.array(skew))


def exp(vector: ArrayLike) -> Float:
    """The rotation of a rotation vector (3,) in radians; the inverse of `log`."""
    array = np.asarray(vector, np.float64)
    angle = float(np.linalg.norm(array))
    return np.eye(3) if angle < 1e-9 else about(array, np.degrees(angle))


def blend(first: Float, second: Float, share: float) -> Float:
    """The rotation that lies the given share of the way from `first` to `second`, on the shortest arc.

    >>> bool(np.allclose(blend(np.eye(3), about_x(40), 0.25), about_x(10)))
    True
    """
    return np.asarray(first @ exp(share * log(first.T @ second)))


def shortest(start: ArrayLike, end: ArrayLike) -> Float:
    """The smallest rotation that turns direction `start` into direction `end`."""
    source, target = unit(start), unit(end)
    axis = np.cross(source, target)
    sine, cosine = float(np.linalg.norm(axis)), float(source @ target)
    if sine > _PARALLEL:
        return about(axis, np.degrees(np.arctan2(sine, cosine)))
    if cosine > 0:
        return np.eye(3)
    other = X_AXIS if abs(source[0]) < 0.9 else Y_AXIS
    return about(np.cross(source, other), 180)


def smoothstep(value: ArrayLike, start: float, end: float) -> Float:
    """0 before `start`, 1 after `end`, and a cubic with level ends between."""
    share = np.clip((np.asarray(value, np.float64) - start) / (end - start), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))
