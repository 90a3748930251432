"""Postures in anatomical terms, and the 17 joints (H36M17 order) that a body of given proportions has in them.

A posture says how the trunk, head and arms are bent; the legs are given either by angles or by where the ankles are.
World axes: y up, metres; a person at yaw 0 faces +z and has the own left at +x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic.body import SKIN_VERTICES, Body
from synthetic.errors import SyntheticError
from synthetic.rotations import X_AXIS, Y_AXIS, Float, about, about_x, about_y, about_z, blend, shortest

PELVIS, SPINE, THORAX, NOSE, HEAD = 0, 7, 8, 9, 10
LEFT_HIP, RIGHT_HIP, LEFT_SHOULDER, RIGHT_SHOULDER = 4, 1, 11, 14
"""First joints of the limbs in H36M17; the two that follow each are knee and ankle, or elbow and wrist."""

SIDES = (("L", 1.0, LEFT_HIP, LEFT_SHOULDER), ("R", -1.0, RIGHT_HIP, RIGHT_SHOULDER))
"""Suffix of the bones' names, sign of x, hip joint and shoulder joint of the left and right side."""

_SHOULDER_LIFT_M = np.array([0.03, 0.07, 0.0])
"""How far a shoulder joint moves inwards and up when the arm points straight up."""


@dataclass(frozen=True, slots=True)
class Arm:
    """How an arm is held, in degrees.

    Attributes
    ----------
    raised : float
        Between the upper arm and hanging; 90 is level, 180 straight up.
    azimuth : float
        Towards which side it is raised: 0 sideways, 90 to the front, -90 to the back.
    elbow : float
        Bend, 0 straight.
    swivel : float
        Turn of the bent elbow about the upper arm.
    """

    raised: float
    azimuth: float = 20.0
    elbow: float = 15.0
    swivel: float = 0.0

    @classmethod
    def swung(cls, forward: float, outward: float, elbow: float = 15.0, swivel: float = 0.0) -> Arm:
        """An arm lifted `outward` and then swung `forward` about the line through the shoulders.

        Unlike the azimuth, these angles pass smoothly through an arm that hangs down.

        >>> Arm.swung(30, 0).raised, Arm.swung(-30, 0).azimuth
        (30.0, -90.0)
        """
        front, side = np.radians(forward), np.radians(outward)
        out, down, ahead = np.sin(side), np.cos(side) * np.cos(front), np.cos(side) * np.sin(front)
        raised = np.degrees(np.arctan2(np.hypot(out, ahead), down))
        return cls(float(round(raised, 9)), float(round(np.degrees(np.arctan2(ahead, out)), 9)), elbow, swivel)


@dataclass(frozen=True, slots=True)
class Leg:
    """How a leg is held, in degrees: thigh forward, thigh outward, knee turned outward, knee bend."""

    forward: float
    outward: float = 4.0
    turned_out: float = 5.0
    knee: float = 4.0


@dataclass(frozen=True, slots=True)
class Foot:
    """Where a foot stands.

    Attributes
    ----------
    ankle_m : array, shape (3,)
        The ankle joint in the world.
    yaw_deg : float
        Where the toes point, 0 along +z.
    pitch_deg : float
        Heel raised; negative where the toes are.
    """

    ankle_m: Float
    yaw_deg: float
    pitch_deg: float = 0.0

    @property
    def rotation(self) -> Float:
        """Of the foot, from the rest pose (flat, toes along +z)."""
        return about_y(self.yaw_deg) @ about_x(self.pitch_deg)


@dataclass(frozen=True, slots=True)
class Upper:
    """The body above the legs, in degrees.

    Attributes
    ----------
    pelvis : tuple of floats
        Yaw, pitch (forwards), roll.
    spine : tuple of floats
        The chest against the pelvis: bent forwards, bent to the own right, twisted to the own left.
    head : tuple of floats
        The head against the chest: pitch (down), yaw (to the own left), roll.
    left_arm, right_arm : Arm
    """

    pelvis: tuple[float, float, float]
    spine: tuple[float, float, float]
    head: tuple[float, float, float]
    left_arm: Arm
    right_arm: Arm

    @property
    def pelvis_rotation(self) -> Float:
        """From the rest pose to the world."""
        yaw, pitch, roll = self.pelvis
        return about_y(yaw) @ about_x(pitch) @ about_z(roll)


class Proportions:
    """The lengths of one body's skeleton, metres, measured in its rest pose.

    Attributes
    ----------
    hips, shoulders : array, shape (2, 3)
        Left and right joint against the middle of the hips, and against the thorax.
    spine, thorax, nose, head : array, shape (3,)
        Each against the joint before it: middle of the hips, spine, thorax, thorax.
    thigh, shin, upper_arm, forearm : array, shape (2,)
        Lengths, left and right.
    ankle_height : float
        Of the ankle joint above the skin of the sole.
    ball, heel : float
        How far the ball of the foot lies before and the end of the heel behind the ankle.
    """

    def __init__(self, body: Body) -> None:
        at = body.head_of
        middle = (at("upperleg01.L") + at("upperleg01.R")) / 2
        neck = at("neck01")
        top = np.array([0, body.vertices[body.top_vertex, 1], at("head")[2] + 0.03])
        self.hips = np.stack([at(f"upperleg01.{side}") - middle for side in "LR"])
        self.shoulders = np.stack([at(f"upperarm01.{side}") - neck for side in "LR"])
        self.spine, self.thorax = at("spine03") - middle, neck - at("spine03")
        self.nose, self.head = body.landmarks["nose"] - neck, top - neck
        self.thigh = _lengths(body, "upperleg01", "lowerleg01")
        self.shin = _lengths(body, "lowerleg01", "foot")
        self.upper_arm = _lengths(body, "upperarm01", "lowerarm01")
        self.forearm = _lengths(body, "lowerarm01", "wrist")
        skin = body.vertices[:SKIN_VERTICES]
        ankle, sole = at("foot.L"), float(skin[:, 1].min())
        near_floor = skin[skin[:, 1] < sole + 0.05]
        self.ankle_height = float(ankle[1] - sole)
        self.heel = float(ankle[2] - near_floor[:, 2].min())
        self.ball = float(at("toe2-1.L")[2] - ankle[2])

    @property
    def leg(self) -> float:
        """Length of the shorter straight leg from hip to ankle."""
        return float((self.thigh + self.shin).min())


def _lengths(body: Body, start: str, end: str) -> Float:
    return np.array([np.linalg.norm(body.head_of(f"{end}.{side}") - body.head_of(f"{start}.{side}")) for side in "LR"])


def _upper_joints(proportions: Proportions, upper: Upper) -> Float:
    """Joints (17, 3) against the pelvis, with hips and all above; knees and ankles stay zero."""
    joints = np.zeros((17, 3))
    pelvis = upper.pelvis_rotation
    flex, side_bend, twist = upper.spine
    chest = pelvis @ about_y(twist) @ about_z(side_bend) @ about_x(flex)
    joints[SPINE] = pelvis @ proportions.spine
    joints[THORAX] = joints[SPINE] + blend(pelvis, chest, 0.5) @ proportions.thorax
    nod, turn, tilt = upper.head
    # People keep looking ahead when they bend: the neck takes back most of the spine's flexion.
    head = chest @ about_y(turn) @ about_x(nod - 0.6 * flex) @ about_z(tilt)
    joints[HEAD] = joints[THORAX] + head @ proportions.head
    joints[NOSE] = joints[THORAX] + head @ proportions.nose
    for index, (_, sign, hip, shoulder) in enumerate(SIDES):
        joints[hip] = pelvis @ proportions.hips[index]
        arm = upper.left_arm if index == 0 else upper.right_arm
        joints[shoulder : shoulder + 3] = joints[THORAX] + _arm_joints(proportions, index, sign, arm, chest)
    return joints


def _arm_joints(proportions: Proportions, index: int, sign: float, arm: Arm, chest: Float) -> Float:
    """Shoulder, elbow and wrist (3, 3) against the thorax."""
    raised, azimuth = np.radians(arm.raised), np.radians(arm.azimuth)
    lift = max(0.0, arm.raised - 60) / 120
    shoulder = chest @ (proportions.shoulders[index] + lift * _SHOULDER_LIFT_M * [-sign, 1, 0])
    out, ahead = np.sin(raised) * np.cos(azimuth), np.sin(raised) * np.sin(azimuth)
    upper_arm = chest @ np.array([sign * out, -np.cos(raised), ahead])
    hinge = shortest(chest @ -Y_AXIS, upper_arm) @ (chest @ -X_AXIS)
    hinge = about(upper_arm, sign * arm.swivel) @ hinge
    elbow = shoulder + upper_arm * proportions.upper_arm[index]
    wrist = elbow + about(hinge, arm.elbow) @ upper_arm * proportions.forearm[index]
    return np.stack([shoulder, elbow, wrist])


def joints_by_angles(proportions: Proportions, upper: Upper, left_leg: Leg, right_leg: Leg) -> Float:
    """Joints (17, 3) against the pelvis of a posture that is given by angles throughout."""
    joints = _upper_joints(proportions, upper)
    pelvis = upper.pelvis_rotation
    for index, ((_, sign, hip, _), leg) in enumerate(zip(SIDES, (left_leg, right_leg), strict=True)):
        turned = pelvis @ about_z(sign * leg.outward) @ about_x(-leg.forward) @ about_y(sign * leg.turned_out)
        thigh = turned @ -Y_AXIS
        joints[hip + 1] = joints[hip] + thigh * proportions.thigh[index]
        joints[hip + 2] = joints[hip + 1] + about(turned @ X_AXIS, leg.knee) @ thigh * proportions.shin[index]
    return joints


def joints_by_feet(proportions: Proportions, pelvis_m: Float, upper: Upper, feet: tuple[Foot, Foot]) -> Float:
    """Joints (17, 3) in the world of a posture whose ankles are given; the knees bend towards where the toes point.

    Raises
    ------
    SyntheticError
        Where an ankle is farther from its hip than the leg is long.
    """
    joints = _upper_joints(proportions, upper) + np.asarray(pelvis_m, np.float64)
    for index, ((_, _, hip, _), foot) in enumerate(zip(SIDES, feet, strict=True)):
        thigh, shin = proportions.thigh[index], proportions.shin[index]
        towards = about_y(foot.yaw_deg) @ np.array([0.0, 0.0, 1.0])
        joints[hip + 1] = _knee(joints[hip], foot.ankle_m, thigh, shin, towards)
        joints[hip + 2] = foot.ankle_m
    return joints


def _knee(hip: Float, ankle: Float, thigh: float, shin: float, towards: Float) -> Float:
    """The knee (3,) between hip and ankle by the law of cosines, on the side of `towards`."""
    line = ankle - hip
    distance = float(np.linalg.norm(line))
    if distance > thigh + shin:
        raise SyntheticError(f"the motion asks for a leg of {distance:.3f} m where it is {thigh + shin:.3f} m long")
    line /= distance
    along = (thigh**2 - shin**2 + distance**2) / (2 * distance)
    out = towards - line * (towards @ line)
    out /= np.linalg.norm(out)
    return np.asarray(hip + line * along + out * np.sqrt(max(0.0, thigh**2 - along**2)))
