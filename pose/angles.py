"""Joint angles in degrees out of 17 joints, after the conventions of the ISB, and their course over time.

Every segment gets axes as the ISB has them (Wu et al., J. Biomechanics 35 and 38): x forward, y up along the segment,
z to the person's right. The table of definitions, ranges and signs is in docs/export.md; in short, flexion, adduction
(hip), abduction (shoulder), bending to the right and turning to the left are positive, and a straight limb is 0.

Angles between segments do not change when the whole person is moved or turned. Those against the vertical, which
`VERTICAL_ANGLES` names, need to know where up is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pose.blocks import blocks
from pose.joint_sets import H36M17

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

# fmt: off
ANGLE_NAMES = (
    "right_hip_flexion", "left_hip_flexion", "right_hip_adduction", "left_hip_adduction",
    "right_knee_flexion", "left_knee_flexion", "right_ankle_flexion", "left_ankle_flexion",
    "right_shoulder_flexion", "left_shoulder_flexion", "right_shoulder_abduction", "left_shoulder_abduction",
    "right_shoulder_elevation", "left_shoulder_elevation", "right_elbow_flexion", "left_elbow_flexion",
    "trunk_flexion", "trunk_bending", "trunk_rotation", "trunk_lean", "neck_flexion", "neck_bending", "neck_rotation",
)
"""Columns of every array of angles, in this order."""
# fmt: on

VERTICAL_ANGLES = ("right_ankle_flexion", "left_ankle_flexion", "trunk_lean")
"""Angles against the vertical: they need to know where up is, and change when the person tilts."""

CAMERA_UP = (0.0, -1.0, 0.0)
"""Up in the axes of a level camera (x right, y down, z forward)."""

SHORTEST_PROJECTION = float(np.sin(np.radians(20)))
"""A limb within 20 degrees of a plane's normal has no direction in that plane worth a number: the angle is NaN."""

FLAT_FOOT_DEG = 60.0
"""A shank that tilts further does not stand on a flat foot, so that nothing is known of its ankle."""

LOWEST_DEG = -90.0
"""Angles that can go round begin in [-90, 270): an arm straight overhead is at 180, whether or not it trembles."""

JOINED_GAP_S = 0.2
"""Shorter gaps do not restart an angle: it goes on with the turn that is nearest to the last known value."""

_J = {name: index for index, name in enumerate(H36M17)}
_ENDS = ("adduction", "elevation", "bending", "knee_flexion", "ankle_flexion", "elbow_flexion")
_GOES_ROUND = np.array([not name.endswith(_ENDS) for name in ANGLE_NAMES])
"""Angles without an end where they would turn back, so that they have to be followed."""


def joint_angles(xyz_m: ArrayLike, valid: ArrayLike | None = None, up: ArrayLike = CAMERA_UP) -> Float:
    """Angles of poses that have nothing to do with each other; `angles_over_time` is for a motion.

    Parameters
    ----------
    xyz_m : array, shape (N, 17, 3)
        H36M17 joints in any right-handed axes and with any origin.
    valid : array, bool, shape (N, 17), optional
        Whether each joint is known; joints that are not finite never are.
    up : array, shape (3,)
        Where up is in the axes of `xyz_m`.

    Returns
    -------
    array, shape (N, 23)
        Degrees, columns as in `ANGLE_NAMES`; NaN where a joint that the angle needs is unknown, or the angle is not
        defined by the pose (an arm pointing sideways has no flexion).

    Examples
    --------
    >>> standing = np.zeros((1, 17, 3))  # x right, y down, z forward; somebody who faces the camera
    >>> for name, place in {"right_hip": (-.1, 0, 0), "left_hip": (.1, 0, 0), "spine": (0, -.2, 0),
    ...                     "right_knee": (-.1, .4, 0), "right_ankle": (-.1, .4, .4)}.items():
    ...     standing[0, H36M17.index(name)] = place
    >>> float(joint_angles(standing)[0, ANGLE_NAMES.index("right_knee_flexion")])  # the shank points away: a heel kick
    90.0
    """
    joints, known = _checked(xyz_m, valid)
    value, _ = _angles(np.where(known[:, :, None], joints, np.nan), known, _unit(np.asarray(up, np.float64)))
    return value


def angles_over_time(
    xyz_m: ArrayLike, time_s: ArrayLike, valid: ArrayLike | None = None, up: ArrayLike = CAMERA_UP
) -> Float:
    """Angles of one person's motion, without jumps from 180 to -180.

    An angle begins in its usual range and is then followed beyond it: an arm that swings round comes to 360. After a
    gap of more than `JOINED_GAP_S`, or after a pose that does not define the angle, it begins in its usual range again.

    Parameters
    ----------
    xyz_m : array, shape (N, 17, 3)
    time_s : array, shape (N,)
        Rising.
    valid, up
        As `joint_angles` has them.

    Returns
    -------
    array, shape (N, 23)
        Degrees, columns as in `ANGLE_NAMES`; NaN where unknown.
    """
    joints, known = _checked(xyz_m, valid)
    upward = _unit(np.asarray(up, np.float64))
    value = np.empty((len(joints), len(ANGLE_NAMES)))
    undefined = np.empty(value.shape, np.bool_)
    for rows in blocks(len(joints)):
        value[rows], undefined[rows] = _angles(
            np.where(known[rows, :, None], joints[rows], np.nan), known[rows], upward
        )
    time = np.asarray(time_s, np.float64)
    for column in np.flatnonzero(_GOES_ROUND):
        value[:, column] = _unwrapped(value[:, column], time, undefined[:, column])
    return value


def _checked(xyz_m: ArrayLike, valid: ArrayLike | None) -> tuple[Float, Bool]:
    """Joints (N, 17, 3) and which of them are known (N, 17)."""
    joints = np.asarray(xyz_m, np.float64)
    if joints.ndim != 3 or joints.shape[1:] != (len(H36M17), 3):
        raise ValueError(f"joints have the shape (N, 17, 3), not {joints.shape}")
    known = np.isfinite(joints).all(axis=2)
    if valid is not None:
        known &= np.asarray(valid, np.bool_)
    return joints, known


def _angles(joints: Float, known: Bool, up: Float) -> tuple[Float, Bool]:
    """Angles (N, 23) in degrees, and where all joints are known but the pose does not define the angle (N, 23)."""
    columns: dict[str, Float] = {}
    with np.errstate(invalid="ignore"):
        pelvis, thorax, head = pelvis_axes(joints), thorax_axes(joints), head_axes(joints)
        for side, sign in (("right", 1.0), ("left", -1.0)):
            columns |= _leg(joints, pelvis, up, side, sign)
            columns |= _arm(joints, thorax, side, sign)
        columns |= dict(zip(_named("trunk"), _flexion_bending_rotation(pelvis, thorax), strict=True))
        columns |= dict(zip(_named("neck"), _flexion_bending_rotation(thorax, head), strict=True))
        columns["trunk_lean"] = _projected(
            _dot(thorax[:, 1], _forward(pelvis, up)), thorax[:, 1] @ up, lowest_deg=-180.0
        )
    value = np.stack([columns[name] for name in ANGLE_NAMES], axis=1)
    needs = np.stack([known[:, _NEEDS[name]].all(axis=1) for name in ANGLE_NAMES], axis=1)
    return value, needs & np.isnan(value)


def pelvis_axes(joints: Float) -> Float:
    """Axes (N, 3, 3) of the pelvis as rows x, y, z: z along the hips, y as near to the lumbar spine as that allows.

    Two hips say nothing about how far the pelvis is tipped forward: the direction to the spine joint stands for it.
    """
    return _axes_from_z(
        joints[:, _J["right_hip"]] - joints[:, _J["left_hip"]], joints[:, _J["spine"]] - joints[:, _J["pelvis"]]
    )


def thorax_axes(joints: Float) -> Float:
    """Axes (N, 3, 3) of the thorax as rows x, y, z: y from the spine joint to the neck, z near the shoulders' line."""
    y = _unit(joints[:, _J["thorax"]] - joints[:, _J["spine"]])
    x = _unit(np.cross(y, joints[:, _J["right_shoulder"]] - joints[:, _J["left_shoulder"]]))
    return np.stack([x, y, np.cross(x, y)], axis=1)


def head_axes(joints: Float) -> Float:
    """Axes (N, 3, 3) of the head as rows x, y, z: y from the neck's base to the vertex, x towards the nose."""
    y = _unit(joints[:, _J["head"]] - joints[:, _J["thorax"]])
    z = _unit(np.cross(joints[:, _J["nose"]] - joints[:, _J["thorax"]], y))
    return np.stack([np.cross(y, z), y, z], axis=1)


def _axes_from_z(z: Float, y: Float) -> Float:
    """Axes (N, 3, 3) as rows, z exact, y as near as possible."""
    z = _unit(z)
    x = _unit(np.cross(y, z))
    return np.stack([x, np.cross(z, x), z], axis=1)


def _unit(vectors: Float) -> Float:
    """Vectors (N, 3) of length 1; NaN where there is no direction."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(length > 1e-9, length, np.nan))


def _leg(joints: Float, pelvis: Float, up: Float, side: str, sign: float) -> dict[str, Float]:
    """Hip, knee and ankle of one side; `sign` is 1 for the right and -1 for the left."""
    hip, knee, ankle = (joints[:, _J[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
    thigh, shank = _unit(knee - hip), _unit(ankle - knee)
    x, y, z = np.moveaxis(_in_axes(pelvis, thigh), 1, 0)
    tilt = np.degrees(np.arctan2(-_dot(shank, _forward(pelvis, up)), -(shank @ up)))
    return {
        f"{side}_hip_flexion": _projected(x, -y),
        f"{side}_hip_adduction": np.degrees(np.arcsin(np.clip(-sign * z, -1, 1))),
        f"{side}_knee_flexion": _between(thigh, shank),
        f"{side}_ankle_flexion": np.where(np.abs(tilt) <= FLAT_FOOT_DEG, tilt, np.nan),
    }


def _arm(joints: Float, thorax: Float, side: str, sign: float) -> dict[str, Float]:
    """Shoulder and elbow of one side; `sign` is 1 for the right and -1 for the left."""
    shoulder, elbow, wrist = (joints[:, _J[f"{side}_{name}"]] for name in ("shoulder", "elbow", "wrist"))
    upper, fore = _unit(elbow - shoulder), _unit(wrist - elbow)
    x, y, z = np.moveaxis(_in_axes(thorax, upper), 1, 0)
    return {
        f"{side}_shoulder_flexion": _projected(x, -y),
        f"{side}_shoulder_abduction": _projected(sign * z, -y),
        f"{side}_shoulder_elevation": _between(upper, -thorax[:, 1]),
        f"{side}_elbow_flexion": _between(upper, fore),
    }


def _forward(pelvis: Float, up: Float) -> Float:
    """Where the pelvis faces along the floor (N, 3); NaN for somebody who lies on the side."""
    across = np.cross(up, pelvis[:, 2])
    level = np.linalg.norm(across, axis=1) >= SHORTEST_PROJECTION
    return np.where(level[:, None], _unit(across), np.nan)


def _flexion_bending_rotation(lower: Float, upper: Float) -> tuple[Float, Float, Float]:
    """Angles (N,) of a segment on the one below it: flexion about z, then bending about x, then rotation about y."""
    turn = np.einsum("nij,nkj->nik", lower, upper)  # the upper segment's axes as columns in the lower one's
    flexion = -np.degrees(np.arctan2(-turn[:, 0, 1], turn[:, 1, 1]))
    bending = np.degrees(np.arcsin(np.clip(turn[:, 2, 1], -1, 1)))
    rotation = np.degrees(np.arctan2(-turn[:, 2, 0], turn[:, 2, 2]))
    return flexion, bending, rotation


def _named(part: str) -> tuple[str, str, str]:
    return f"{part}_flexion", f"{part}_bending", f"{part}_rotation"


def _in_axes(axes: Float, vectors: Float) -> Float:
    return np.asarray(np.einsum("nij,nj->ni", axes, vectors))


def _dot(one: Float, other: Float) -> Float:
    return np.asarray((one * other).sum(axis=1))


def _between(one: Float, other: Float) -> Float:
    """Angle (N,) between unit vectors, 0 to 180, exact near 0 as well."""
    return np.asarray(np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other), axis=1), _dot(one, other))))


def _projected(sine: Float, cosine: Float, lowest_deg: float = LOWEST_DEG) -> Float:
    """Direction (N,) of a segment in a plane, from `lowest_deg` a turn up; NaN where it is nearly at right angles."""
    angle = (np.degrees(np.arctan2(sine, cosine)) - lowest_deg) % 360 + lowest_deg
    return np.where(np.hypot(sine, cosine) >= SHORTEST_PROJECTION, angle, np.nan)


def _unwrapped(value: Float, time: Float, undefined: Bool) -> Float:
    """One angle (N,) followed from sample to sample."""
    out = value.copy()
    index = np.flatnonzero(np.isfinite(value))
    if len(index) < 2:
        return out
    broken = np.cumsum(undefined)
    new = (np.diff(time[index]) > JOINED_GAP_S) | (np.diff(broken[index]) > 0)
    for piece in np.split(index, np.flatnonzero(new) + 1):
        out[piece] = np.degrees(np.unwrap(np.radians(value[piece])))
    return out


def _needed(name: str) -> list[int]:
    """Which joints an angle is made of."""
    pelvis, thorax = (
        ("pelvis", "right_hip", "left_hip", "spine"),
        ("spine", "thorax", "right_shoulder", "left_shoulder"),
    )
    side, _, rest = name.partition("_")
    parts: tuple[str, ...] = {
        "hip_flexion": (*pelvis, f"{side}_knee"),
        "hip_adduction": (*pelvis, f"{side}_knee"),
        "knee_flexion": (f"{side}_hip", f"{side}_knee", f"{side}_ankle"),
        "ankle_flexion": (*pelvis, f"{side}_knee", f"{side}_ankle"),
        "shoulder_flexion": (*thorax, f"{side}_elbow"),
        "shoulder_abduction": (*thorax, f"{side}_elbow"),
        "shoulder_elevation": (*thorax, f"{side}_elbow"),
        "elbow_flexion": (f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist"),
    }.get(rest, (*pelvis, *thorax) if side == "trunk" else (*thorax, "nose", "head"))
    return [_J[part] for part in parts]


_NEEDS = {name: _needed(name) for name in ANGLE_NAMES}
