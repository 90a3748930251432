"""One person's motion for an avatar, frame by frame: rotations of bones and where the hips are."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from export.world import World
from pose.joint_sets import H36M17
from pose.rotations import bone_rotations
from pose.skeleton import BONES, RestPose, to_local

Float = NDArray[np.float64]

ANKLE_HEIGHT_M = 0.09
"""The ankle joint above the floor of somebody who stands."""
LENGTHS_OF = 60
"""Bones are as long as the median over so many frames says, which are looked at again every so many."""
FLOOR_RISES_M_S = 0.02
"""How fast the floor forgets: the lowest ankle so far is the floor, but one foot through it must not stay for ever."""

_ANKLES = (H36M17.index("left_ankle"), H36M17.index("right_ankle"))
_LEVEL = World.from_up()


def _products() -> Float:
    """What takes the nine numbers of a rotation matrix, and a one, to 4 q qT (4, 4) of its quaternion: (10, 16)."""
    out = np.zeros((10, 4, 4))
    out[9] = np.eye(4)
    for part in range(3):
        out[4 * part, range(4), range(4)] = -1.0
        out[4 * part, (part, 3), (part, 3)] = 1.0
        one, two = (part + 1) % 3, (part + 2) % 3
        below, above = 3 * two + one, 3 * one + two
        out[[below, above], one, two] = out[[below, above], two, one] = 1.0
        out[below, part, 3] = out[below, 3, part] = 1.0
        out[above, part, 3] = out[above, 3, part] = -1.0
    return out.reshape(10, 16)


_PRODUCTS = _products()


@dataclass(frozen=True, slots=True)
class AvatarPose:
    """A moment of one person; y up, facing +z towards the camera, the left hand towards +x, metres.

    Attributes
    ----------
    hips_m : array, shape (3,)
        The pelvis: from where it was first seen, sideways and in depth; above the floor, upwards.
    offsets_m : array, shape (19, 3)
        Every bone's start from its parent's start in the rest pose; 0 for the hips.
    local : array, shape (19, 4)
        Quaternions x, y, z, w of every bone relative to its parent.
    """

    hips_m: Float
    offsets_m: Float
    local: Float


def quaternions(rotation: Float) -> Float:
    """Quaternions x, y, z, w (N, 4) of rotation matrices (N, 3, 3).

    The way of Shepperd (1978): every product of two parts of a quaternion is a sum of the matrix's numbers; divided by
    the largest part, so that nothing is lost. scipy's own takes ten times as long, because it mends its input first.

    >>> quaternions(np.array([np.eye(3), np.diag([1.0, -1.0, -1.0])]))
    array([[0., 0., 0., 1.],
           [1., 0., 0., 0.]])
    """
    products = rotation.reshape(-1, 9) @ _PRODUCTS[:9] + _PRODUCTS[9]
    squares = products[:, ::5]
    rows = np.arange(len(products))
    largest = squares.argmax(axis=1)
    out = products.reshape(-1, 4, 4)[rows, largest]
    return np.asarray(out / (2 * np.sqrt(squares[rows, largest]))[:, None])


class Avatar:
    """Follows one person. Bones that are not known stay as they were; the lengths of bones are constant for a while."""

    def __init__(self) -> None:
        self._rotation: Float = np.tile(np.eye(3), (len(BONES), 1, 1))
        self._bodies: deque[Float] = deque(maxlen=LENGTHS_OF)
        self._since_measured = 0
        self._rest: RestPose | None = None
        self._origin: Float | None = None
        self._floor_m: float | None = None
        self._time_s = 0.0

    def step(
        self, xyz_m: NDArray[np.float32], root_m: NDArray[np.float32], valid: NDArray[np.bool_], time_s: float
    ) -> AvatarPose:
        """The pose at one time.

        Parameters
        ----------
        xyz_m : array, shape (17, 3)
            H36M17 relative to the pelvis, camera axes.
        root_m : array, shape (3,)
        valid : array of bool, shape (17,)
        time_s : float
        """
        points = _LEVEL.points(np.concatenate([np.where(valid[:, None], xyz_m, np.nan), root_m[None]]))
        body, root = points[:-1], points[-1]
        turned = bone_rotations(body[None])
        self._rotation = np.where(turned.known[0][:, None, None], turned.rotation[0], self._rotation)
        rest = self._measured(body)
        local = quaternions(to_local(self._rotation[None])[0])
        return AvatarPose(self._hips(body, root, time_s), rest.offsets, local)

    def _measured(self, body: Float) -> RestPose:
        self._bodies.append(body)
        self._since_measured += 1
        if self._rest is None or self._since_measured >= LENGTHS_OF:
            self._rest = RestPose.of(np.stack(self._bodies))
            self._since_measured = 0
        return self._rest

    def _hips(self, body: Float, root: Float, time_s: float) -> Float:
        """The pelvis from the first place and above the lowest ankle."""
        if not np.isfinite(root).all():
            root = np.zeros(3) if self._origin is None else self._origin
        if self._origin is None:
            self._origin = root
        elapsed_s, self._time_s = max(0.0, time_s - self._time_s), time_s
        ankles = [height for height in body[_ANKLES, 1].tolist() if math.isfinite(height)]
        if ankles:
            lowest, known = root[1] + min(ankles) - ANKLE_HEIGHT_M, self._floor_m
            self._floor_m = lowest if known is None else min(lowest, known + FLOOR_RISES_M_S * elapsed_s)
        height = root[1] - (self._floor_m if self._floor_m is not None else root[1] - 1.0)
        return np.array([root[0] - self._origin[0], height, root[2] - self._origin[2]])
