"""Pictures of a chessboard through a known lens: every pixel's ray is followed to the board."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pose.camera import Intrinsics
from pose.chessboard import Chessboard
from pose.types import Image

Float = NDArray[np.float64]

MARGIN = 0.7
"""White paper around the squares, in squares."""


class Studio:
    """Renders boards in front of one camera; the rays are worked out once."""

    def __init__(self, camera: Intrinsics, oversampled: int = 2) -> None:
        self.camera, self._times = camera, oversampled
        large = camera.resized(camera.width * oversampled, camera.height * oversampled)
        y, x = np.mgrid[: large.height, : large.width]
        self._rays = large.rays(np.stack([x, y], axis=-1)).astype(np.float32)

    def picture(
        self, board: Chessboard, rotation: Float, translation_m: Float, random: np.random.Generator, noise: float = 2.0
    ) -> Image:
        """The board at `rotation @ corner + translation_m`, on grey, with noise."""
        normal = rotation[:, 2].astype(np.float32)
        depth = (normal @ translation_m.astype(np.float32)) / (self._rays @ normal)
        flat = (self._rays * depth[..., None] - translation_m.astype(np.float32)) @ rotation.astype(np.float32)
        u, v = flat[..., 0] / board.square_m, flat[..., 1] / board.square_m
        squares = (u > -1) & (v > -1) & (u < board.columns) & (v < board.rows)
        edge = 1 + MARGIN
        paper = (u > -edge) & (v > -edge) & (u < board.columns - 1 + edge) & (v < board.rows - 1 + edge) & (depth > 0)
        dark = ((np.floor(u) + np.floor(v)) % 2 == 0) & squares & paper
        grey = np.where(dark, 30, np.where(paper, 225, 110)).astype(np.float32)
        size = (self.camera.width, self.camera.height)
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)
        grey += random.normal(0, noise, grey.shape).astype(np.float32)
        return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=-1)


def placements(
    camera: Intrinsics, board: Chessboard, count: int, random: np.random.Generator, tilt_deg: float = 35
) -> list[tuple[Float, Float]]:
    """Rotations and translations of boards that are seen whole, all over the picture."""
    found: list[tuple[Float, Float]] = []
    middle = board.corners_m.mean(axis=0).astype(np.float64)
    outline = (
        np.array([[x, y, 0.0] for x in (-1.8, board.columns + 0.8) for y in (-1.8, board.rows + 0.8)]) * board.square_m
    )
    while len(found) < count:
        turn = Rotation.from_euler("zyx", random.uniform([-20, -tilt_deg, -tilt_deg], [20, tilt_deg, tilt_deg]), True)
        aim = camera.rays(random.uniform([0, 0], [camera.width, camera.height]))
        rotation = turn.as_matrix()
        place = aim * random.uniform(0.25, 0.55) - rotation @ middle
        pixels = camera.project(outline @ rotation.T + place)
        inside = (pixels > 0) & (pixels < [camera.width - 1, camera.height - 1])
        if inside.all():
            found.append((rotation, place))
    return found


def corners_px(camera: Intrinsics, board: Chessboard, placement: tuple[Float, Float]) -> Float:
    """Where the board's corners truly are in the picture (N, 2)."""
    rotation, translation_m = placement
    return camera.project(board.corners_m.astype(np.float64) @ rotation.T + translation_m)
