"""Coordinates on the resting body by which clothes and hair are cut: along the arms, along the legs, round the head."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthetic.body import SKIN_VERTICES, Body
from synthetic.mesh import Float32
from synthetic.rotations import Float

OFF_LIMB = -0.6
"""Vertices whose coordinate along a limb is below this do not belong to it."""

_ARM_BONES = ("upperarm", "lowerarm", "wrist", "metacarpal", "finger")
_LEG_BONES = ("upperleg", "lowerleg", "foot", "toe")
_AVERAGE_FOREHEAD_M = 0.115


@dataclass(frozen=True, slots=True)
class HeadFrame:
    """Polar coordinates round the middle of the head.

    Attributes
    ----------
    centre : array, shape (3,)
    size : float
        1 for an average adult.
    elevation_deg, azimuth_deg : array, shape (V,)
        Up from the level of the centre; away from straight ahead, 0..180 on both sides.
    radius_m : array, shape (V,)
    inside : array, bool, shape (V,)
        Whether a vertex belongs to the head.
    """

    centre: Float
    size: float
    elevation_deg: Float
    azimuth_deg: Float
    radius_m: Float
    inside: NDArray[np.bool_]


class BodyFields:
    """Where every vertex of a body lies, for those who cut clothes; coordinates are (V,) over all vertices.

    Attributes
    ----------
    points : array, shape (V, 3)
        Vertices in the rest pose.
    arm, leg : array, shape (V,)
        0 at shoulder or hip, 1 at elbow or knee, 2 at wrist or ankle; -1 off the limb, blended between.
    neck_y, hip_y, neck_z, shoulder_x : float
        Where the base of the neck, the hips and the left shoulder are, metres.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self.points: Float = body.vertices.astype(np.float64)
        at = body.head_of
        self.arm = self._limb(("upperarm01", "lowerarm01", "wrist"), body.model.weight_of(_ARM_BONES))
        self.leg = self._limb(("upperleg01", "lowerleg01", "foot"), body.model.weight_of(_LEG_BONES))
        self.neck_y, self.neck_z = float(at("neck01")[1]), float(at("neck01")[2])
        self.hip_y, self.shoulder_x = float(at("upperleg01.L")[1]), float(at("upperarm01.L")[0])
        self.sole_y = float(body.vertices[:SKIN_VERTICES, 1].min())

    @property
    def trunk(self) -> float:
        """From the hips to the base of the neck, metres."""
        return self.neck_y - self.hip_y

    def _limb(self, bones: tuple[str, str, str], weight: Float32) -> Float:
        along = np.full(len(self.points), -1.0)
        for side, sign in (("L", 1), ("R", -1)):
            start, middle, end = (self._body.head_of(f"{bone}.{side}") for bone in bones)
            first, second = middle - start, end - middle
            upper = (self.points - start) @ first / (first @ first)
            lower = (self.points - middle) @ second / (second @ second)
            position = np.where(lower > 0, 1 + lower, np.minimum(upper, 1))
            own = (self.points[:, 0] * sign > 0) & (weight > 0.02)
            along[own] = (-1 + (position + 1) * np.clip(weight * 1.6, 0, 1))[own]
        return along

    @cached_property
    def garment_height(self) -> Float:
        """Height for stripes (V,): that of the trunk, carried on along the arms."""
        at = self._body.head_of
        upper_arm = np.linalg.norm(at("lowerarm01.L") - at("upperarm01.L"))
        on_arm = np.clip((self.arm + 0.1) / 0.35, 0, 1)
        along = at("upperarm01.L")[1] - np.clip(self.arm, 0, 3) * upper_arm
        return np.asarray((1 - on_arm) * self.points[:, 1] + on_arm * along)

    @cached_property
    def head(self) -> HeadFrame:
        """Polar coordinates of the head."""
        marks, body = self._body.landmarks, self._body
        eyes = (marks["left_eye"] + marks["right_eye"]) / 2
        top = body.vertices[body.top_vertex, 1]
        centre = np.array([0, eyes[1] + 0.15 * (top - eyes[1]), (body.head_of("head")[2] + marks["left_ear"][2]) / 2])
        size = float((top - eyes[1]) / _AVERAGE_FOREHEAD_M)
        x, y, z = (self.points - centre).T
        below = np.where(z < 0, 0.19, 0.16) * size
        return HeadFrame(
            centre=centre,
            size=size,
            elevation_deg=np.degrees(np.arctan2(y, np.hypot(x, z))),
            azimuth_deg=np.degrees(np.abs(np.arctan2(x, z))),
            radius_m=np.sqrt(x * x + y * y + z * z),
            inside=(y > -below) & (np.abs(x) < 0.13 * size),
        )
