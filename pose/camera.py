"""The pinhole camera: pixels to rays and back, and where the camera stands.

Camera axes: x right, y down, z forward, metres. The centre of the top left pixel is (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

DEFAULT_HORIZONTAL_FOV_DEG = 60.0
"""Field of view of a camera of which nothing is known; ordinary webcams have 55 to 78 degrees."""


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """An ideal pinhole camera: focal lengths and principal point in pixels, and the picture's size."""

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    @classmethod
    def from_fov(cls, width: int, height: int, horizontal_fov_deg: float = DEFAULT_HORIZONTAL_FOV_DEG) -> Intrinsics:
        """Square pixels and the principal point in the middle of the picture.

        A picture taller than wide is taken as the same camera held upright: the field of view is then that of the
        longer side.

        >>> Intrinsics.from_fov(3, 3, 90).fx
        1.5
        """
        if not 0 < horizontal_fov_deg < 180:
            raise ValueError(f"a field of view lies between 0 and 180 degrees, not {horizontal_fov_deg}")
        focal = max(width, height) / 2 / np.tan(np.radians(horizontal_fov_deg) / 2)
        return cls(float(round(focal, 9)), float(round(focal, 9)), (width - 1) / 2, (height - 1) / 2, width, height)

    def project(self, xyz_m: ArrayLike) -> Float:
        """Pixels (..., 2) of points (..., 3) in camera axes; NaN for points that are not in front of the camera.

        >>> Intrinsics(100, 100, 50, 50, 101, 101).project([0.5, 0, 1])
        array([100.,  50.])
        """
        points = np.asarray(xyz_m, np.float64)
        depth = np.where(points[..., 2] > 0, points[..., 2], np.nan)
        x = points[..., 0] / depth * self.fx + self.cx
        y = points[..., 1] / depth * self.fy + self.cy
        return np.stack([x, y], axis=-1)

    def rays(self, xy_px: ArrayLike) -> Float:
        """Rays (..., 3) with z = 1 through pixels (..., 2); `project(rays(xy) * depth)` gives xy back.

        >>> Intrinsics(100, 100, 50, 50, 101, 101).rays([100, 50])
        array([0.5, 0. , 1. ])
        """
        pixels = np.asarray(xy_px, np.float64)
        x = (pixels[..., 0] - self.cx) / self.fx
        y = (pixels[..., 1] - self.cy) / self.fy
        return np.stack([x, y, np.ones_like(x)], axis=-1)

    def back_project(self, xy_px: ArrayLike, depth_m: ArrayLike) -> Float:
        """Points (..., 3) in camera axes at pixels (..., 2) and depths (...) along z."""
        return np.asarray(self.rays(xy_px) * np.asarray(depth_m, np.float64)[..., None])


@dataclass(frozen=True, slots=True)
class Extrinsics:
    """Where a camera stands: `camera = rotation @ world + translation_m`.

    Attributes
    ----------
    rotation : array, shape (3, 3)
        Orthonormal, determinant 1.
    translation_m : array, shape (3,)
    """

    rotation: Float
    translation_m: Float

    @classmethod
    def looking_at(cls, position_m: ArrayLike, target_m: ArrayLike, roll_deg: float = 0.0) -> Extrinsics:
        """A camera at `position_m` that looks at `target_m` in a world with y up; `roll_deg` turns it clockwise.

        >>> Extrinsics.looking_at([0, 1, 3], [0, 1, 0]).to_camera([0, 1, 0])
        array([0., 0., 3.])
        """
        position, target = np.asarray(position_m, np.float64), np.asarray(target_m, np.float64)
        forward = target - position
        distance = np.linalg.norm(forward)
        if distance == 0:
            raise ValueError("a camera cannot look at its own position")
        forward /= distance
        right = np.cross(forward, [0.0, 1.0, 0.0])
        if np.linalg.norm(right) < 1e-9:
            right = np.array([1.0, 0.0, 0.0])
        right /= np.linalg.norm(right)
        down = np.cross(forward, right)
        roll = np.radians(roll_deg)
        rotation = np.stack(
            [np.cos(roll) * right + np.sin(roll) * down, np.cos(roll) * down - np.sin(roll) * right, forward]
        )
        return cls(rotation, -rotation @ position + 0.0)

    def to_camera(self, world_m: ArrayLike) -> Float:
        """Points (..., 3) of the world in camera axes."""
        return np.asarray(np.asarray(world_m, np.float64) @ self.rotation.T + self.translation_m)

    def to_world(self, camera_m: ArrayLike) -> Float:
        """Points (..., 3) in camera axes in the world; the inverse of `to_camera`."""
        return np.asarray((np.asarray(camera_m, np.float64) - self.translation_m) @ self.rotation)
