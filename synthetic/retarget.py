"""From 17 joints to the bones of the mesh: any H36M17 skeleton, of any size, moves any body.

Only directions are taken from the joints; the body keeps its own lengths. What the joints do not say (turns of limbs
about themselves, hands, feet) is chosen: the least turn, or the plane of a clearly bent elbow or knee.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic.body import Body
from synthetic.rotations import (
    X_AXIS,
    Y_AXIS,
    Z_AXIS,
    Float,
    about,
    about_x,
    axes_from,
    blend,
    exp,
    log,
    shortest,
    smoothstep,
    unit,
)
from synthetic.skeleton import (
    HEAD,
    LEFT_HIP,
    LEFT_SHOULDER,
    NOSE,
    PELVIS,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    SIDES,
    SPINE,
    THORAX,
    Foot,
)

_SPINE_SHARES = {"spine05": 0.1, "spine04": 0.35, "spine03": 0.6, "spine02": 0.85, "spine01": 1.0}
_NECK_SHARES = {"neck01": 0.25, "neck02": 0.5, "neck03": 0.75, "head": 1.0}
_CLAVICLE_LIMIT_DEG = 40.0
_FINGERS = (2, 3, 4, 5)
_TOES = ("toe1-1", "toe2-1", "toe3-1", "toe4-1", "toe5-1")

Rotations = dict[str, Float]


@dataclass(frozen=True, slots=True)
class Extremities:
    """What 17 joints leave open; pairs are left and right, degrees.

    Attributes
    ----------
    pronation : tuple of 2 floats
        Turn of the hand about the forearm, from the rest pose.
    curl : tuple of 2 floats
        Bend of each joint of the fingers.
    jaw : float
        How far the mouth is open.
    feet : tuple of 2 Foot or None
        How the feet stand; None lets feet that are near the floor lie flat on it.
    """

    pronation: tuple[float, float] = (0.0, 0.0)
    curl: tuple[float, float] = (15.0, 15.0)
    jaw: float = 0.0
    feet: tuple[Foot, Foot] | None = None


def bone_rotations(body: Body, joints: Float, extremities: Extremities) -> Rotations:
    """Global rotations (rest to posed) by bone for joints (17, 3), y up, in any scale."""
    at = body.head_of
    middle = (at("upperleg01.L") + at("upperleg01.R")) / 2
    pelvis_rest = axes_from(at("spine03") - middle, at("upperleg01.L") - at("upperleg01.R"))
    pelvis = axes_from(joints[SPINE] - joints[PELVIS], joints[LEFT_HIP] - joints[RIGHT_HIP]) @ pelvis_rest.T
    chest_rest = axes_from(at("neck01") - at("spine03"), at("upperarm01.L") - at("upperarm01.R"))
    chest = axes_from(joints[THORAX] - joints[SPINE], joints[LEFT_SHOULDER] - joints[RIGHT_SHOULDER]) @ chest_rest.T
    head = _head_rotation(body, joints, chest)
    rotations: Rotations = {"root": pelvis}
    rotations.update({name: blend(pelvis, chest, share) for name, share in _SPINE_SHARES.items()})
    rotations.update({name: blend(chest, head, share) for name, share in _NECK_SHARES.items()})
    if extremities.jaw:
        rotations["jaw"] = head @ about_x(extremities.jaw)
    for index, (side, sign, hip, shoulder) in enumerate(SIDES):
        rotations.update(_shoulder(body, side, joints[shoulder] - joints[THORAX], chest))
        arm, hand = _arm(body, side, joints[shoulder : shoulder + 3], chest, sign * extremities.pronation[index])
        rotations.update(arm)
        rotations.update(_fingers(body, side, sign, hand, extremities.curl[index]))
        leg, shin = _leg(body, side, joints[hip : hip + 3], pelvis)
        rotations.update(leg)
        if extremities.feet is None:
            size = float(np.linalg.norm(joints[hip + 1] - joints[hip])) / 0.45
            height = float(joints[hip + 2, 1] - joints[:, 1].min()) / size
            rotations[f"foot.{side}"] = _foot_near_floor(shin, height)
        else:
            foot = extremities.feet[index]
            rotations[f"foot.{side}"] = foot.rotation
            if foot.pitch_deg > 0:
                flat = Foot(foot.ankle_m, foot.yaw_deg).rotation
                rotations.update({f"{toe}.{side}": flat for toe in _TOES})
    return rotations


def _head_rotation(body: Body, joints: Float, chest: Float) -> Float:
    neck, nose = body.head_of("neck01"), body.landmarks["nose"]
    top = np.array([0, body.vertices[body.top_vertex, 1], body.head_of("head")[2] + 0.03])
    up, ahead = joints[HEAD] - joints[THORAX], joints[NOSE] - (joints[THORAX] + joints[HEAD]) / 2
    ahead = ahead - unit(up) * (ahead @ unit(up))
    if np.linalg.norm(ahead) < 0.1 * np.linalg.norm(up):
        ahead = chest @ Z_AXIS  # a nose on the line of the neck says nothing: the head looks where the chest does
    up_rest, ahead_rest = top - neck, nose - (top + neck) / 2
    rest = axes_from(up_rest, np.cross(up_rest, ahead_rest))
    return np.asarray(axes_from(up, np.cross(up, ahead)) @ rest.T)


def _shoulder(body: Body, side: str, shoulder: Float, chest: Float) -> Rotations:
    """The collar bone lifts the shoulder joint towards where it is, up to a limit."""
    neck, joint, collar = (body.head_of(name) for name in ("neck01", f"upperarm01.{side}", f"clavicle.{side}"))
    target = chest @ (neck - collar) + unit(shoulder) * np.linalg.norm(joint - neck)
    turn = log(shortest(chest @ (joint - collar), target))
    angle = np.degrees(np.linalg.norm(turn))
    if angle > _CLAVICLE_LIMIT_DEG:
        turn *= _CLAVICLE_LIMIT_DEG / angle
    return {f"clavicle.{side}": exp(0.8 * turn) @ chest, f"shoulder01.{side}": exp(turn) @ chest}


def _hinge(least: Float, upper: Float, lower: Float, clear: tuple[float, float]) -> Float:
    """The axis (3,) about which a limb bends: that of the bend where it is clear, the least turned one elsewhere."""
    bend = np.cross(upper, lower)
    share = float(smoothstep(np.linalg.norm(bend), *clear))
    mixed = unit(share * unit(bend) + (1 - share) * least + 1e-6)
    return unit(mixed - upper * (upper @ mixed))


def _arm(body: Body, side: str, joints: Float, chest: Float, pronation_deg: float) -> tuple[Rotations, Float]:
    """Bones of one arm from shoulder, elbow and wrist (3, 3), and the hand's rotation."""
    upper, lower = unit(joints[1] - joints[0]), unit(joints[2] - joints[1])
    shoulder, elbow, wrist = (body.head_of(f"{name}.{side}") for name in ("upperarm01", "lowerarm01", "wrist"))
    upper_rest, lower_rest = unit(elbow - shoulder), unit(wrist - elbow)
    hinge_rest = unit(np.cross(upper_rest, lower_rest))
    least = shortest(chest @ upper_rest, upper) @ chest
    hinge = _hinge(least @ hinge_rest, upper, lower, (0.12, 0.45))
    full = axes_from(upper, hinge) @ axes_from(upper_rest, hinge_rest).T
    hinge = unit(hinge - lower * (lower @ hinge))
    forearm = axes_from(lower, hinge) @ axes_from(lower_rest, hinge_rest).T
    # A twist is spread along the limb, as skin and muscle do it.
    twisted = {share: about(lower, share * pronation_deg) @ forearm for share in (0.15, 0.6, 1.0)}
    names = {"upperarm01": blend(least, full, 0.45), "upperarm02": full, "lowerarm01": twisted[0.15]}
    names |= {"lowerarm02": twisted[0.6], "wrist": twisted[1.0]}
    return {f"{name}.{side}": rotation for name, rotation in names.items()}, twisted[1.0]


def _fingers(body: Body, side: str, sign: float, hand: Float, curl_deg: float) -> Rotations:
    """Fingers bent about the axis across the palm, each joint by the same angle more."""
    index, little, wrist = (body.head_of(f"{name}.{side}") for name in ("finger2-1", "finger5-1", "wrist"))
    palm = unit(np.cross(index - wrist, little - wrist)) * sign
    rotations: Rotations = {}
    for finger in _FINGERS:
        along = unit(body.head_of(f"finger{finger}-2.{side}") - body.head_of(f"finger{finger}-1.{side}"))
        axis = unit(np.cross(along, palm))
        for joint in (1, 2, 3):
            rotations[f"finger{finger}-{joint}.{side}"] = hand @ about(axis, -0.8 * joint * curl_deg)
    return rotations


def _leg(body: Body, side: str, joints: Float, pelvis: Float) -> tuple[Rotations, Float]:
    """Bones of one leg from hip, knee and ankle (3, 3), and the shin's rotation."""
    upper, lower = unit(joints[1] - joints[0]), unit(joints[2] - joints[1])
    hip, knee, ankle = (body.head_of(f"{name}.{side}") for name in ("upperleg01", "lowerleg01", "foot"))
    upper_rest, lower_rest = unit(knee - hip), unit(ankle - knee)
    hinge_rest = unit(X_AXIS - upper_rest * upper_rest[0])
    least = shortest(pelvis @ upper_rest, upper) @ pelvis
    forwards = float(np.cross(upper, lower) @ (least @ hinge_rest)) > 0
    # A knee that seems to bend backwards is noise of the joints: then the least turn is believed instead.
    hinge = _hinge(least @ hinge_rest, upper, lower, (0.15, 0.5) if forwards else (2.0, 3.0))
    thigh = axes_from(upper, hinge) @ axes_from(upper_rest, hinge_rest).T
    hinge_rest = unit(hinge_rest - lower_rest * (lower_rest @ hinge_rest))
    hinge = unit(hinge - lower * (lower @ hinge))
    shin = axes_from(lower, hinge) @ axes_from(lower_rest, hinge_rest).T
    names = {"upperleg01": blend(least, thigh, 0.4), "upperleg02": thigh, "lowerleg01": shin, "lowerleg02": shin}
    return {f"{name}.{side}": rotation for name, rotation in names.items()}, shin


def _foot_near_floor(shin: Float, height: float) -> Float:
    """A foot follows its shin in the air and lies flat near the floor; `height` of the ankle for a thigh of 0.45 m."""
    ahead = shin @ Z_AXIS
    ahead[1] = 0
    if np.linalg.norm(ahead) <= 0.2:
        return shin
    standing = float((1 - smoothstep(height, 0.10, 0.30)) * smoothstep(shin[1, 1], 0.25, 0.6))
    return blend(shin, axes_from(Y_AXIS, np.cross(Y_AXIS, ahead)), standing)
