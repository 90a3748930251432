"""Virtual cameras: where ordinary webcams and phones stand, and what of a person they see.

A batch has one camera a window. Camera axes: x right, y down, z forward, metres; the world has y up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pose.camera import DEFAULT_HORIZONTAL_FOV_DEG

Float = NDArray[np.float64]

_NEAREST_M = 0.25


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """The range of cameras.

    Attributes
    ----------
    height_m, distance_m, close_m : (float, float)
        Lens above the floor; distance to the person, ordinary and close up as at a desk.
    close_chance : float
        How often a person sits close, with the camera on the head and shoulders.
    fov_deg : (float, float)
        True field of view of the longer side.
    unknown_chance : float
        How often the field of view is unknown, so that the app takes 60 degrees.
    aim_m : (float, float)
        Standard deviation of the aim beside the person, sideways and up.
    roll_deg : float
        Standard deviation of the roll.
    """

    height_m: tuple[float, float] = (0.3, 2.2)
    distance_m: tuple[float, float] = (1.5, 6.0)
    close_m: tuple[float, float] = (0.6, 1.5)
    close_chance: float = 0.15
    fov_deg: tuple[float, float] = (45.0, 80.0)
    unknown_chance: float = 0.6
    aim_m: tuple[float, float] = (0.35, 0.3)
    roll_deg: float = 3.0


@dataclass(frozen=True, slots=True)
class Views:
    """One camera for each of B windows.

    Attributes
    ----------
    rotation : array, shape (B, 3, 3)
        `camera = rotation @ (world - position)`.
    position : array, shape (B, 3)
    focal : array, shape (B,)
        True focal length in units of the picture's longer half.
    assumed_focal : array, shape (B,)
        What the app takes it for.
    half : array, shape (B, 2)
        Half width and height of the picture in the same unit.
    """

    rotation: Float
    position: Float
    focal: Float
    assumed_focal: Float
    half: Float

    def to_camera(self, world: Float) -> Float:
        """Points (B, T, J, 3) of the world in camera axes."""
        return np.asarray((world - self.position[:, None, None]) @ self.rotation.transpose(0, 2, 1)[:, None])

    def picture(self, camera: Float) -> tuple[Float, NDArray[np.bool_]]:
        """Positions (B, T, J, 2) in the picture, and whether they lie in it (B, T, J)."""
        depth = np.maximum(camera[..., 2:], 1e-3)
        at = camera[..., :2] / depth * self.focal[:, None, None, None]
        inside = (np.abs(at) < self.half[:, None, None]).all(axis=-1) & (camera[..., 2] > _NEAREST_M)
        return at, inside

    def rays(self, at: Float) -> Float:
        """Rays (B, T, J, 3) with z = 1 through positions in the picture, by the focal length that the app assumes."""
        flat = at / self.assumed_focal[:, None, None, None]
        return np.concatenate([flat, np.ones_like(flat[..., :1])], axis=-1)


def draw(xyz: Float, options: ViewOptions, random: np.random.Generator) -> Views:
    """Cameras for windows (B, T, 17, 3) in the world."""
    batch = len(xyz)
    close = random.random(batch) < options.close_chance
    distance = np.where(close, random.uniform(*options.close_m, batch), random.uniform(*options.distance_m, batch))
    person = xyz[:, :, 0].mean(axis=1)
    reach = np.linalg.norm((xyz - person[:, None, None])[..., [0, 2]], axis=-1).max(axis=(1, 2))
    distance = np.maximum(distance, reach + 0.4)  # nobody walks through the lens
    floor = xyz[..., 1].min(axis=(1, 2))
    azimuth = random.uniform(0, 2 * np.pi, batch)
    position = person + distance[:, None] * np.stack([np.cos(azimuth), np.zeros(batch), np.sin(azimuth)], axis=-1)
    head = xyz[:, :, 10, 1].mean(axis=1)
    height = np.where(close, head + random.normal(0, 0.2, batch), floor + random.uniform(*options.height_m, batch))
    position[:, 1] = np.maximum(height, floor + 0.1)
    target = person + random.normal(0, 1, (batch, 3)) * [options.aim_m[0], options.aim_m[1], options.aim_m[0]]
    target[:, 1] = np.where(close, head - random.uniform(0, 0.4, batch), target[:, 1])
    rotation = _looking(target - position, np.radians(random.normal(0, options.roll_deg, batch)))
    focal = 1 / np.tan(np.radians(random.uniform(*options.fov_deg, batch)) / 2)
    unknown = 1 / np.tan(np.radians(DEFAULT_HORIZONTAL_FOV_DEG) / 2)
    assumed = np.where(random.random(batch) < options.unknown_chance, unknown, focal)
    return Views(rotation, position, focal, assumed, _picture_halves(batch, random))


def _picture_halves(batch: int, random: np.random.Generator) -> Float:
    """Half width and height (B, 2) of 16:9, 4:3, square and upright pictures, the longer one being 1."""
    shapes = np.array([[1, 9 / 16], [1, 3 / 4], [1, 1], [9 / 16, 1]])
    return np.asarray(shapes[random.choice(len(shapes), batch, p=[0.45, 0.3, 0.05, 0.2])])


def _looking(forward: Float, roll_rad: Float) -> Float:
    """Rotations (B, 3, 3) of cameras that look along `forward` (B, 3), rolled about it."""
    forward = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.maximum(np.linalg.norm(right, axis=-1, keepdims=True), 1e-6)
    down = np.cross(forward, right)
    cos, sin = np.cos(roll_rad)[:, None], np.sin(roll_rad)[:, None]
    return np.stack([cos * right + sin * down, cos * down - sin * right, forward], axis=1)
