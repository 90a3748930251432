"""Exact labels of rendered people: where every joint is in the picture and in space, and whether it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import OPENPOSE18
from pose.types import Bool, Float32
from synthetic.actor import PosedActor
from synthetic.scene import Camera, Rendering

_DEPTH_UNDER_SKIN_M = {
    "nose": 0.03,
    "neck": 0.13,
    "shoulder": 0.13,
    "elbow": 0.09,
    "wrist": 0.08,
    "hip": 0.18,
    "knee": 0.11,
    "ankle": 0.10,
    "eye": 0.03,
    "ear": 0.04,
}
"""How far behind what shows a joint may lie and still count as visible: the thickness of flesh and cloth over it."""

_TOLERANCE_M = np.array([_DEPTH_UNDER_SKIN_M[name.split("_")[-1]] for name in OPENPOSE18])


@dataclass(frozen=True, slots=True)
class FrameTruth:
    """Everybody who shows in one picture, as arrays of K people in the order of the scene.

    Attributes
    ----------
    person : array, int32, shape (K,)
        Which person of the scene this is.
    xy_px : array, float32, shape (K, 18, 2)
        OPENPOSE18 joints; the centre of the top left pixel is (0, 0). NaN behind the camera, else exact even outside
        the picture.
    visible : array, bool, shape (K, 18)
        Whether a joint is inside the picture and not hidden by anything, the own body included.
    inside : array, bool, shape (K, 18)
        Whether a joint is inside the picture, hidden or not.
    xyz_m : array, float32, shape (K, 17, 3)
        H36M17 joints relative to the pelvis, camera axes.
    root_m : array, float32, shape (K, 3)
        The pelvis, camera axes.
    box_px : array, float32, shape (K, 4)
        Left, top, width and height of what shows of a person.
    area_px : array, float32, shape (K,)
        How many pixels show the person.
    """

    person: NDArray[np.int32]
    xy_px: Float32
    visible: Bool
    inside: Bool
    xyz_m: Float32
    root_m: Float32
    box_px: Float32
    area_px: Float32

    def __len__(self) -> int:
        return len(self.person)


def frame_truth(
    camera: Camera, people: Sequence[PosedActor], rendering: Rendering, least_px: float = 3.0
) -> FrameTruth:
    """The truth of everybody of whom at least `least_px` pixels show."""
    rows = []
    for number, one in enumerate(people):
        shown = rendering.person == number
        area = float(shown.sum()) / rendering.samples**2
        if area < least_px:
            continue
        xy = camera.pixels(one.openpose)
        depth = camera.extrinsics.to_camera(one.openpose)[:, 2]
        visible, inside = _visibility(xy, depth, rendering, number)
        joints = camera.extrinsics.to_camera(one.h36m)
        rows.append((number, xy, visible, inside, joints - joints[0], joints[0], _box(shown, rendering.samples), area))
    count = len(rows)
    columns: list[Any] = list(zip(*rows, strict=True)) or [[]] * 8
    return FrameTruth(
        person=np.array(columns[0], np.int32),
        xy_px=np.array(columns[1], np.float32).reshape(count, 18, 2),
        visible=np.array(columns[2], np.bool_).reshape(count, 18),
        inside=np.array(columns[3], np.bool_).reshape(count, 18),
        xyz_m=np.array(columns[4], np.float32).reshape(count, 17, 3),
        root_m=np.array(columns[5], np.float32).reshape(count, 3),
        box_px=np.array(columns[6], np.float32).reshape(count, 4),
        area_px=np.array(columns[7], np.float32),
    )


def _visibility(
    xy: NDArray[np.float64], depth: NDArray[np.float64], rendering: Rendering, number: int
) -> tuple[Bool, Bool]:
    """For joints (18, 2) and depths (18,): which show, and which are inside the picture."""
    height, width = rendering.nearness.shape
    samples = np.floor((np.nan_to_num(xy, nan=-1e6) + 0.5) * rendering.samples).astype(np.int64)
    inside = ((samples >= 0) & (samples < [width, height])).all(axis=1)
    column, row = np.where(inside[:, None], samples, 0).T
    near = rendering.nearness[row, column]
    shown_depth = np.where(near > 0, 1 / np.maximum(near, 1e-9), np.inf)
    owner = rendering.person[row, column]
    visible = inside & (depth - shown_depth < _TOLERANCE_M) & ((owner == number) | (owner == -1))
    return visible, inside


def _box(shown: Bool, samples: int) -> tuple[float, float, float, float]:
    """Left, top, width and height in pixels of a mask of samples."""
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    left, top = columns[0] / samples - 0.5, rows[0] / samples - 0.5
    return left, top, (columns[-1] + 1) / samples - 0.5 - left, (rows[-1] + 1) / samples - 0.5 - top
