"""The camera of the 3D view: where it stands, and where points fall in the panel.

Scene axes: x right, y up, z towards the real camera, metres, the real camera at the origin. Seen from azimuth 0 and
elevation 0 the scene looks as in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pose.camera import Extrinsics, Intrinsics
from render.layout import Rect

Float = NDArray[np.float64]

FIELD_OF_VIEW_DEG = 34.0
"""Of the longer side of the panel: long enough a lens that bodies look as people expect them."""
NEAR_M = 0.1
ELEVATION_RANGE_DEG = (-5.0, 85.0)
ZOOM_RANGE = (0.2, 6.0)
DEGREES_A_PIXEL = 0.35
ZOOM_A_STEP = 1.12


@dataclass(frozen=True, slots=True)
class OrbitCamera:
    """From where the user looks, apart from what is framed.

    Attributes
    ----------
    azimuth_deg : float
        Turn around the vertical; 0 is the real camera's side, positive to the right of it.
    elevation_deg : float
        Height above the horizon.
    zoom : float
        1 frames everybody; 2 shows them twice as large.
    """

    azimuth_deg: float = 24.0
    elevation_deg: float = 12.0
    zoom: float = 1.0

    def dragged(self, dx_px: float, dy_px: float) -> OrbitCamera:
        """The camera after a drag: the scene turns with the mouse.

        >>> OrbitCamera(0, 10).dragged(-100, 20)
        OrbitCamera(azimuth_deg=35.0, elevation_deg=17.0, zoom=1.0)
        """
        azimuth = (self.azimuth_deg - dx_px * DEGREES_A_PIXEL + 180) % 360 - 180
        elevation = min(
            max(self.elevation_deg + dy_px * DEGREES_A_PIXEL, ELEVATION_RANGE_DEG[0]), ELEVATION_RANGE_DEG[1]
        )
        return replace(self, azimuth_deg=round(azimuth, 6), elevation_deg=round(elevation, 6))

    def zoomed(self, steps: float) -> OrbitCamera:
        """The camera after `steps` notches of the wheel, positive is closer."""
        return replace(self, zoom=min(max(self.zoom * ZOOM_A_STEP**steps, ZOOM_RANGE[0]), ZOOM_RANGE[1]))


@dataclass(frozen=True, slots=True)
class Projection:
    """The orbit camera at work in one panel.

    Attributes
    ----------
    intrinsics : Intrinsics
        In pixels of the panel.
    extrinsics : Extrinsics
        Where it stands in the scene.
    panel : Rect
        The panel in the window.
    mirror : bool
        Whether the panel is shown as in a mirror.
    """

    intrinsics: Intrinsics
    extrinsics: Extrinsics
    panel: Rect
    mirror: bool

    @classmethod
    def looking(
        cls, camera: OrbitCamera, target_m: ArrayLike, distance_m: float, panel: Rect, mirror: bool = False
    ) -> Projection:
        """Look at `target_m` of the scene from `distance_m` away, zoom not counted."""
        azimuth, elevation = np.radians(camera.azimuth_deg), np.radians(camera.elevation_deg)
        away = np.array([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])
        target = np.asarray(target_m, np.float64)
        extrinsics = Extrinsics.looking_at(target + away * (distance_m / camera.zoom), target)
        intrinsics = Intrinsics.from_fov(panel.width, panel.height, FIELD_OF_VIEW_DEG)
        return cls(intrinsics, extrinsics, panel, mirror)

    def to_camera(self, scene_m: ArrayLike) -> Float:
        """Points (..., 3) of the scene in the orbit camera's axes; the depth is the last."""
        return np.asarray(self.extrinsics.to_camera(scene_m))

    def to_window(self, camera_m: ArrayLike) -> Float:
        """Window pixels (..., 2) of points (..., 3) in the orbit camera's axes; NaN behind it."""
        xy = self.intrinsics.project(camera_m)
        if self.mirror:
            xy[..., 0] = self.panel.width - 1 - xy[..., 0]
        xy += (self.panel.x0, self.panel.y0)
        return xy

    def segments(self, first_m: ArrayLike, second_m: ArrayLike) -> Float:
        """Window pixels (N, 4) of segments of the scene (N, 3) each, cut where they pass the camera; NaN behind it."""
        seen = self.to_camera(np.concatenate([np.asarray(first_m), np.asarray(second_m)]))
        first, second = np.split(seen, 2)  # (N, 3), views of `seen`
        behind = first[:, 2] < NEAR_M, second[:, 2] < NEAR_M
        for cut in np.flatnonzero(behind[0] != behind[1]):
            step = second[cut] - first[cut]
            crossing = first[cut] + (NEAR_M - first[cut, 2]) / step[2] * step
            (first if behind[0][cut] else second)[cut] = crossing
        hidden = behind[0] & behind[1]
        first[hidden] = second[hidden] = np.nan
        places = self.to_window(seen)  # (2 N, 2)
        return np.concatenate(np.split(places, 2), axis=1)


def scene_rotation(up: tuple[float, float, float]) -> Float:
    """Rotation (3, 3) from camera axes to the scene's for a real camera that has `up` above it.

    `scene = rotation @ camera`. The scene's depth axis stays as close to the camera's as it can.

    >>> scene_rotation((0.0, -1.0, 0.0)) @ [1, 2, 3]
    array([ 1., -2., -3.])
    """
    vertical = np.asarray(up, np.float64)
    vertical = vertical / np.linalg.norm(vertical)
    towards = np.array([0.0, 0.0, -1.0]) - vertical * -vertical[2]
    if np.linalg.norm(towards) < 1e-6:
        raise ValueError("a camera that looks straight up or down has no direction along the floor")
    towards /= np.linalg.norm(towards)
    return np.asarray(np.stack([np.cross(vertical, towards), vertical, towards]) + 0.0)
