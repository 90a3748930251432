"""The camera: pixels to rays and back through a lens, and where the camera stands.

Camera axes: x right, y down, z forward, metres. The centre of the top left pixel is (0, 0), as in OpenCV.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

DEFAULT_HORIZONTAL_FOV_DEG = 60.0
"""Field of view of a camera of which nothing is known; ordinary webcams have 55 to 78 degrees."""


_NEWTON_STEPS = 30
_SOLVED = 1e-12
"""Newton's steps end below this, on the plane at z = 1: far less than a millionth of a pixel."""


@lru_cache(maxsize=64)
def _fold(k1: float, k2: float, k3: float) -> float:
    """The square of the radius at which the distorted radius r (1 + k1 r^2 + k2 r^4 + k3 r^6) stops growing.

    >>> _fold(-1 / 3, 0, 0)
    1.0
    """
    roots = np.roots([7 * k3, 5 * k2, 3 * k1, 1.0])
    squares = roots.real[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)]
    return float(squares.min()) if squares.size else float("inf")


@dataclass(frozen=True, slots=True)
class Distortion:
    """What a lens adds to a pinhole: the model of Brown (1966) and Conrady (1919), with OpenCV's five coefficients.

    On the plane at z = 1, with r^2 = x^2 + y^2 and g = 1 + k1 r^2 + k2 r^4 + k3 r^6, a point is seen at
    x g + 2 p1 x y + p2 (r^2 + 2 x^2) and y g + p1 (r^2 + 2 y^2) + 2 p2 x y. Far from the axis such a polynomial may
    turn round: beyond that fold it says nothing, and the answers are NaN.

    Attributes
    ----------
    k1, k2, k3 : float
        Radial: negative k1 is a barrel, positive a cushion.
    p1, p2 : float
        Tangential: a lens that is not parallel to the sensor.
    """

    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0

    @property
    def coefficients(self) -> Float:
        """(5,) in OpenCV's order: k1, k2, p1, p2, k3."""
        return np.array([self.k1, self.k2, self.p1, self.p2, self.k3])

    @property
    def any(self) -> bool:
        """Whether there is any distortion at all."""
        return self != NO_DISTORTION

    def distort(self, xy: ArrayLike) -> Float:
        """Where points (..., 2) of the plane at z = 1 are seen (..., 2); NaN beyond the fold.

        >>> Distortion(k1=-0.1).distort([0.5, 0.0])
        array([0.4875, 0.    ])
        """
        ideal = np.asarray(xy, np.float64)
        seen = self._apply(ideal)[0]
        inside = (ideal**2).sum(axis=-1) < _fold(self.k1, self.k2, self.k3)
        return np.where(inside[..., None], seen, np.nan)

    def undistort(self, xy: ArrayLike) -> Float:
        """The inverse of `distort` by Newton's method; NaN where no point inside the fold is seen there."""
        seen = np.asarray(xy, np.float64)
        fold = _fold(self.k1, self.k2, self.k3)
        edge = np.sqrt(fold) * (1 - 1e-9) if np.isfinite(fold) else np.inf
        ideal = _kept_within(seen, edge)
        with np.errstate(all="ignore"):  # what does not converge is found below, and said as NaN
            for _ in range(_NEWTON_STEPS):
                off, (a, b, c) = self._apply(ideal)
                off = off - seen
                step = np.stack([c * off[..., 0] - b * off[..., 1], a * off[..., 1] - b * off[..., 0]], axis=-1)
                step /= (a * c - b * b)[..., None]
                ideal = _kept_within(ideal - step, edge)
                if not (np.abs(step) > _SOLVED).any():
                    break
            solved = np.abs(self._apply(ideal)[0] - seen).max(axis=-1) < 100 * _SOLVED
        return np.where(solved[..., None], ideal, np.nan)

    def _apply(self, ideal: Float) -> tuple[Float, tuple[Float, Float, Float]]:
        """Seen points (..., 2), and the derivatives dx'/dx, dx'/dy = dy'/dx and dy'/dy."""
        x, y = ideal[..., 0], ideal[..., 1]
        square = x * x + y * y
        gain = 1 + square * (self.k1 + square * (self.k2 + square * self.k3))
        slope = 2 * (self.k1 + square * (2 * self.k2 + square * 3 * self.k3))
        seen = np.stack(
            [
                x * gain + 2 * self.p1 * x * y + self.p2 * (square + 2 * x * x),
                y * gain + self.p1 * (square + 2 * y * y) + 2 * self.p2 * x * y,
            ],
            axis=-1,
        )
        across = x * y * slope + 2 * (self.p1 * x + self.p2 * y)
        along_x = gain + x * x * slope + 2 * self.p1 * y + 6 * self.p2 * x
        along_y = gain + y * y * slope + 6 * self.p1 * y + 2 * self.p2 * x
        return seen, (along_x, across, along_y)


def _kept_within(xy: Float, radius: float) -> Float:
    """Points (..., 2), those further out than `radius` drawn in to it."""
    if not np.isfinite(radius):
        return xy
    length = np.linalg.norm(xy, axis=-1, keepdims=True)
    return np.asarray(xy * np.minimum(1, radius / np.maximum(length, 1e-12)))


NO_DISTORTION = Distortion()
"""An ideal pinhole."""


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A camera: focal lengths and principal point in pixels, the picture's size, and the lens's distortion."""

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    distortion: Distortion = NO_DISTORTION

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

    @property
    def matrix(self) -> Float:
        """OpenCV's camera matrix (3, 3).

        >>> Intrinsics(100, 100, 50, 40, 101, 81).matrix[0]
        array([100.,   0.,  50.])
        """
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    @property
    def fov_deg(self) -> tuple[float, float]:
        """Horizontal and vertical field of view in degrees, from border to border through the principal point.

        >>> Intrinsics.from_fov(640, 480, 60).fov_deg[0]
        60.0
        """
        ends = [(-0.5, self.cy), (self.width - 0.5, self.cy), (self.cx, -0.5), (self.cx, self.height - 0.5)]
        left, right, top, bottom = self.rays(ends)
        across = np.degrees(np.arctan(right[0]) - np.arctan(left[0]))
        down = np.degrees(np.arctan(bottom[1]) - np.arctan(top[1]))
        return float(round(across, 9)), float(round(down, 9))

    @property
    def covers_picture(self) -> bool:
        """Whether every pixel has a ray: a distortion that folds inside the picture is no camera."""
        if not self.distortion.any:
            return True
        x = np.linspace(-0.5, self.width - 0.5, 9)
        y = np.linspace(-0.5, self.height - 0.5, 9)
        return bool(np.isfinite(self.rays(np.stack(np.meshgrid(x, y), axis=-1))).all())

    def resized(self, width: int, height: int) -> Intrinsics:
        """The same camera after its whole picture was resized; a pixel's corner, not its centre, stays a corner.

        >>> Intrinsics(100, 100, 49.5, 49.5, 100, 100).resized(200, 200).cx
        99.5
        """
        x, y = width / self.width, height / self.height
        return replace(
            self,
            fx=self.fx * x,
            fy=self.fy * y,
            cx=(self.cx + 0.5) * x - 0.5,
            cy=(self.cy + 0.5) * y - 0.5,
            width=width,
            height=height,
        )

    def cropped(self, left: int, top: int, width: int, height: int) -> Intrinsics:
        """The same camera when only a part of its picture is looked at.

        >>> Intrinsics(100, 100, 49.5, 49.5, 100, 100).cropped(20, 10, 60, 60).cx
        29.5
        """
        return replace(self, cx=self.cx - left, cy=self.cy - top, width=width, height=height)

    def turned(self, clockwise_deg: int) -> Intrinsics:
        """The same camera once its picture was turned by 0, 90, 180 or 270 degrees.

        >>> turned = Intrinsics(100, 90, 30, 20, 101, 81).turned(90)
        >>> turned.fx, turned.fy, turned.cx, turned.cy
        (90, 100, 60, 30)
        """
        if clockwise_deg not in (0, 90, 180, 270):
            raise ValueError(f"a picture is turned by 0, 90, 180 or 270 degrees, not by {clockwise_deg}")
        out = self
        for _ in range(clockwise_deg // 90):  # x becomes down, y becomes left
            lens = replace(out.distortion, p1=out.distortion.p2, p2=-out.distortion.p1 + 0.0)
            out = Intrinsics(out.fy, out.fx, out.height - 1 - out.cy, out.cx, out.height, out.width, lens)
        return out

    def project(self, xyz_m: ArrayLike) -> Float:
        """Pixels (..., 2) of points (..., 3) in camera axes.

        NaN for points that are not in front of the camera, or so far aside that the lens's model does not hold.

        >>> Intrinsics(100, 100, 50, 50, 101, 101).project([0.5, 0, 1])
        array([100.,  50.])
        """
        points = np.asarray(xyz_m, np.float64)
        depth = np.where(points[..., 2] > 0, points[..., 2], np.nan)
        flat = points[..., :2] / depth[..., None]
        if self.distortion.any:
            flat = self.distortion.distort(flat)
        return np.asarray(flat * [self.fx, self.fy] + [self.cx, self.cy])

    def rays(self, xy_px: ArrayLike) -> Float:
        """Rays (..., 3) with z = 1 through pixels (..., 2); `project(rays(xy) * depth)` gives xy back.

        NaN for pixels that this lens cannot show, which lie outside the picture if `covers_picture`.

        >>> Intrinsics(100, 100, 50, 50, 101, 101).rays([100, 50])
        array([0.5, 0. , 1. ])
        """
        flat = (np.asarray(xy_px, np.float64) - [self.cx, self.cy]) / [self.fx, self.fy]
        if self.distortion.any:
            flat = self.distortion.undistort(flat)
        return np.concatenate([flat, np.ones_like(flat[..., :1])], axis=-1)

    def back_project(self, xy_px: ArrayLike, depth_m: ArrayLike) -> Float:
        """Points (..., 3) in camera axes at pixels (..., 2) and depths (...) along z."""
        return np.asarray(self.rays(xy_px) * np.asarray(depth_m, np.float64)[..., None])


CameraModel = Callable[[int, int], Intrinsics]
"""The camera that took pictures of a width and height in pixels."""


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
