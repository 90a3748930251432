"""What travels between the parts: a frame of the source, and everybody in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17, OPENPOSE18

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]
Image = NDArray[np.uint8]
"""A picture, uint8, shape (H, W, 3), BGR."""

KNOWN_FLOOR = 0.3
"""Confidence from which a floor is believed: its direction is off by 8 degrees at most, as a standard deviation."""

UNTRACKED = -1
"""`track_id` of somebody whom no tracker has seen yet."""


@dataclass(frozen=True, slots=True)
class GroundPlane:
    """The floor as the camera sees it: points p with `up . p = -camera_height_m`.

    Attributes
    ----------
    up : tuple of 3 floats
        Unit vector against gravity in camera axes; (0, -1, 0) for a level camera.
    camera_height_m : float
        Of the camera over the floor.
    confidence : float
        0 (a guess) to 1.
    source : str
        What it rests on, in words.
    """

    up: tuple[float, float, float]
    camera_height_m: float
    confidence: float
    source: str

    @property
    def known(self) -> bool:
        """Whether it is more than a guess."""
        return self.confidence >= KNOWN_FLOOR


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a source.

    Attributes
    ----------
    image : array, uint8, shape (H, W, 3)
        BGR, upright (rotation metadata is applied), never mirrored.
    index : int
        From 0 in the source; a frame that was dropped leaves a gap.
    time_s : float
        Presentation time of a file, capture time of a camera; never decreasing.
    """

    image: Image
    index: int
    time_s: float

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.image.shape[0])


def _none_xyz() -> Float32:
    return np.zeros((0, len(H36M17), 3), np.float32)


def _none_valid() -> Bool:
    return np.zeros((0, len(H36M17)), np.bool_)


@dataclass(frozen=True, slots=True)
class People:
    """Everybody in one frame, as arrays of K people.

    Attributes
    ----------
    track_id : array, int32, shape (K,)
        A steady number a person, `UNTRACKED` before tracking.
    xy_px : array, float32, shape (K, 18, 2)
        OPENPOSE18 joints in pixels of the original picture; the centre of its top left pixel is (0, 0). Smoothed, once
        tracked. Not to be read where the score is 0.
    score : array, float32, shape (K, 18)
        Confidence 0..1 of each joint, 0 where it is missing.
    raw_xy_px : array, float32, shape (K, 18, 2)
        `xy_px` before smoothing; the same array where nothing was smoothed.
    xyz_m : array, float32, shape (K, 17, 3)
        H36M17 joints in metres relative to the pelvis, camera axes (x right, y down, z forward). Empty (0, 17, 3)
        before lifting.
    root_m : array, float32, shape (K, 3)
        The pelvis in metres in camera axes. Empty (0, 3) before lifting.
    valid : array, bool, shape (K, 17)
        Whether each 3D joint is known. Empty (0, 17) before lifting.
    """

    track_id: Int32
    xy_px: Float32
    score: Float32
    raw_xy_px: Float32
    xyz_m: Float32 = field(default_factory=_none_xyz)
    root_m: Float32 = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    valid: Bool = field(default_factory=_none_valid)

    @classmethod
    def detected(cls, xy_px: Float32, score: Float32) -> People:
        """People as a detector gives them: no ids, no 3D.

        >>> People.detected(np.zeros((2, 18, 2), np.float32), np.ones((2, 18), np.float32)).track_id
        array([-1, -1], dtype=int32)
        """
        return cls(np.full(len(xy_px), UNTRACKED, np.int32), xy_px, score, xy_px)

    @classmethod
    def nobody(cls) -> People:
        """An empty frame, lifted already.

        >>> len(People.nobody())
        0
        """
        joints = len(OPENPOSE18)
        return cls.detected(np.zeros((0, joints, 2), np.float32), np.zeros((0, joints), np.float32))

    def __len__(self) -> int:
        return len(self.track_id)

    @property
    def lifted(self) -> bool:
        """Whether the 3D fields hold a row for every person."""
        return len(self.xyz_m) == len(self.track_id)

    def with_tracks(self, track_id: Int32, xy_px: Float32, score: Float32, raw_xy_px: Float32) -> People:
        """Everybody once a tracker has numbered and smoothed them; arrays of K people."""
        return replace(self, track_id=track_id, xy_px=xy_px, score=score, raw_xy_px=raw_xy_px)

    def with_3d(self, xyz_m: Float32, root_m: Float32, valid: Bool) -> People:
        """The same people with their 3D; arrays of K people in the same order."""
        return replace(self, xyz_m=xyz_m, root_m=root_m, valid=valid)
