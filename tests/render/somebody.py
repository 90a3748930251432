"""People for the tests of this part: a body of known shape, seen by a known camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pose.camera import Intrinsics
from pose.joint_sets import H36M17, H36M17_TO_OPENPOSE18
from pose.types import Float32, Frame, People
from render.view import Status, View

# fmt: off
STANDING_M = np.array([
    (0, 0, 0), (-.12, 0, 0), (-.13, .42, 0), (-.13, .84, 0), (.12, 0, 0), (.13, .42, 0), (.13, .84, 0),
    (0, -.24, 0), (0, -.48, 0), (0, -.6, -.1), (0, -.76, 0),
    (.16, -.45, 0), (.42, -.45, 0), (.66, -.45, 0), (-.16, -.45, 0), (-.42, -.45, 0), (-.66, -.45, 0),
], np.float32)
# fmt: on
"""H36M17 of somebody who faces the camera with the arms stretched out, relative to the pelvis, camera axes, metres."""


def joint(name: str) -> int:
    """Index of an H36M17 joint."""
    return H36M17.index(name)


def people_at(
    roots_m: list[tuple[float, float, float]], ids: list[int] | None = None, size: tuple[int, int] = (640, 480)
) -> People:
    """Standing people with their pelvis at the given places, in 2D and 3D, for a picture of `size`."""
    root = np.array(roots_m, np.float32).reshape(-1, 3)
    xyz: Float32 = np.repeat(STANDING_M[None], len(root), axis=0)
    xy = Intrinsics.from_fov(*size).project(xyz + root[:, None]).astype(np.float32)
    xy18, score = H36M17_TO_OPENPOSE18.points(np.nan_to_num(xy), np.ones(xy.shape[:2], np.float32))
    track_id = np.array(ids if ids is not None else range(len(root)), np.int32)
    valid = np.ones(xyz.shape[:2], np.bool_)
    return People.detected(xy18, score).with_tracks(track_id, xy18, score, xy18).with_3d(xyz, root, valid)


def view_of(people: People, size: tuple[int, int] = (640, 480), grey: int = 120, time_s: float = 0.0) -> View:
    """The people before an even background."""
    image = np.full((size[1], size[0], 3), grey, np.uint8)
    return View(Frame(image, round(time_s * 30), time_s), people, Status(fps=30.0, engine="test"))


def like(pixels: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.float64]:
    """How much pixels (..., 3) have the hue of a colour: the cosine between the two."""
    values, wanted = pixels.astype(float), np.array(colour, float)
    length = np.maximum(np.linalg.norm(values, axis=-1) * np.linalg.norm(wanted), 1e-9)
    return np.asarray(values @ wanted / length)
