"""From camera axes to the axes that other programs want: y up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from export.errors import ExportError
from pose.angles import CAMERA_UP

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """World axes: x to the camera's right, y up, z towards the camera; the camera stands above the origin.

    Attributes
    ----------
    rotation : array, shape (3, 3)
        `world = rotation @ camera + (0, camera_height_m, 0)`; its rows are the world's axes in camera axes.
    camera_height_m : float
        Height of the camera above the floor; 0 where it is unknown, so that y is then counted from the camera.
    """

    rotation: Float
    camera_height_m: float = 0.0

    @classmethod
    def from_up(cls, up: ArrayLike = CAMERA_UP, camera_height_m: float = 0.0) -> World:
        """The world in which `up` (3,), given in camera axes, is y; a level camera where nothing else is known.

        >>> World.from_up().points([1.0, 2.0, 3.0])
        array([ 1., -2., -3.])
        """
        y = np.asarray(up, np.float64)
        length = float(np.linalg.norm(y))
        if y.shape != (3,) or not np.isfinite(length) or length == 0:
            raise ExportError(f"up is a direction of three numbers in camera axes, not {np.asarray(up).tolist()}")
        y = y / length
        right = np.array([1.0, 0.0, 0.0]) if abs(y[0]) < 0.9 else np.array([0.0, 0.0, 1.0])
        x = right - y * (right @ y)
        x /= np.linalg.norm(x)
        return cls(np.stack([x, y, np.cross(x, y)]), camera_height_m)

    def points(self, camera_m: ArrayLike) -> Float:
        """Points (..., 3) in camera axes as points in world axes, metres."""
        turned = np.asarray(camera_m, np.float64) @ self.rotation.T
        turned[..., 1] += self.camera_height_m
        return np.asarray(turned + 0.0)
