"""Joints over time -> named signals: interior angles in degrees, and heights and widths as parts of the body's size.

A signal is NaN wherever a joint that it needs is unknown; nothing is filled in here. Signals of limbs have two columns,
right and left; those of the trunk have one. All of them are of the picture, apart from those that end in `_3d`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pose.joint_sets import H36M17, OPENPOSE18

Float = NDArray[np.float64]

LOWEST_SCORE = 0.1
"""A joint that scores less is unknown."""

SHORTEST_PX = 2.0
"""A limb shorter than this on the picture has no direction, and is no measure for others."""

FRONT_WIDTH, SIDE_WIDTH = 0.52, 0.3
"""Of `view_width`: more than the first is a front view (turned less than 45 degrees), less than the second a side view.
"""

TOGETHER = 0.15
"""Wrists nearer than this part of the trunk's length lie on top of each other."""

SHOULDERS_TO_TRUNK = 0.75
"""The distance of the shoulders over the trunk's length, seen straight from the front."""

HEAD_OVER_NECK = 0.3
"""Height of the nose above the neck as a part of the trunk, for backs of heads."""

_J2 = {name: index for index, name in enumerate(OPENPOSE18)}
_J3 = {name: index for index, name in enumerate(H36M17)}


class View(str, Enum):
    """From where somebody is seen; the back counts as the front."""

    FRONT = "front"
    OBLIQUE = "45"
    SIDE = "side"


@dataclass(frozen=True, slots=True)
class Joints:
    """Joints of one person over N moments, NaN where they are unknown.

    Attributes
    ----------
    xy_px : array, float64, shape (N, 18, 2)
        OPENPOSE18 joints, y down.
    xyz_m : array, float64, shape (N, 17, 3)
        H36M17 joints; all NaN where nothing was lifted.
    """

    xy_px: Float
    xyz_m: Float

    @classmethod
    def of(
        cls, xy_px: ArrayLike, score: ArrayLike, xyz_m: ArrayLike | None = None, valid: ArrayLike | None = None
    ) -> Joints:
        """Joints of arrays as `People` and pose files have them, (N, 18, 2), (N, 18), (N, 17, 3) and (N, 17)."""
        xy, points = np.asarray(xy_px, np.float64), len(OPENPOSE18)
        if xy.ndim != 3 or xy.shape[1:] != (points, 2):
            raise ValueError(f"2D joints have the shape (N, 18, 2), not {xy.shape}")
        known = (np.asarray(score) >= LOWEST_SCORE) & np.isfinite(xy).all(axis=2)
        if xyz_m is None or valid is None:
            xyz = np.full((len(xy), len(H36M17), 3), np.nan)
        else:
            xyz = np.where(np.asarray(valid, np.bool_)[:, :, None], np.asarray(xyz_m, np.float64), np.nan)
        return cls(np.where(known[:, :, None], xy, np.nan), xyz)

    def pair(self, part: str) -> Float:
        """The right and the left joint of a part, in pixels, (N, 2, 2)."""
        return self.xy_px[:, [_J2[f"right_{part}"], _J2[f"left_{part}"]]]

    def pair_3d(self, part: str) -> Float:
        """The right and the left joint of a part, in metres, (N, 2, 3)."""
        return self.xyz_m[:, [_J3[f"right_{part}"], _J3[f"left_{part}"]]]


def measure(joints: Joints, names: tuple[str, ...]) -> dict[str, Float]:
    """Signals of one person.

    Parameters
    ----------
    joints : Joints
        N moments.
    names : tuple of str
        Keys of `SIGNALS`.

    Returns
    -------
    dict of array
        (N, 2) for signals of limbs, right and left; (N, 1) for those of the trunk.

    Examples
    --------
    >>> xy = np.zeros((1, 18, 2))
    >>> xy[0, [8, 9, 10]] = [[10, 10], [40, 10], [40, 50]]  # the right hip, knee and ankle
    >>> score = np.zeros((1, 18))
    >>> score[0, [8, 9, 10]] = 1
    >>> measure(Joints.of(xy, score), ("knee",))["knee"].round()
    array([[90., nan]])
    """
    return {name: SIGNALS[name](joints) for name in names}


@dataclass(frozen=True, slots=True)
class Moments:
    """What counting needs of one person over N moments.

    Attributes
    ----------
    values : dict of array
        Signals by name, (N, 2) or (N, 1).
    width : array, shape (N,)
        `view_width`.
    hips_px, size_px : array, shape (N,)
        `hips_and_size`.
    sizes_px : array, shape (N, 3)
        Lengths that all grow with somebody who comes nearer: trunk, shoulders, and hips above feet.
    levels_px : array, shape (N, 4)
        How far down the picture hips, shoulders, the right and the left foot are.
    together : array, bool, shape (N,)
        `hands_together`.
    joints_px : array, shape (N, 18, 2)
        The joints themselves.
    """

    values: dict[str, Float]
    width: Float
    hips_px: Float
    size_px: Float
    sizes_px: Float
    levels_px: Float
    together: NDArray[np.bool_]
    joints_px: Float

    @classmethod
    def of(cls, joints: Joints, names: tuple[str, ...]) -> Moments:
        """Measure joints."""
        hips, size = hips_and_size(joints)
        sizes = np.stack([_torso(joints), _gap(joints, "shoulder"), _above_feet("hip")(joints)[:, 0]], axis=1)
        levels = [_middle(joints.pair("hip"))[:, 1], _middle(joints.pair("shoulder"))[:, 1]]
        levels += list(joints.pair("ankle")[..., 1].T)
        return cls(
            measure(joints, names),
            view_width(joints),
            hips,
            size,
            sizes,
            np.stack(levels, axis=1),
            hands_together(joints),
            joints.xy_px,
        )


def hands_together(joints: Joints) -> NDArray[np.bool_]:
    """Whether the two wrists (N,) lie on top of each other: a hidden hand is often found at the other one."""
    wrist = joints.pair("wrist")
    _, size = hips_and_size(joints)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.linalg.norm(wrist[:, 0] - wrist[:, 1], axis=1) < TOGETHER * size)


def view_width(joints: Joints) -> Float:
    """How wide somebody is seen: shoulders over trunk, (N,)."""
    return _gap(joints, "shoulder") / _torso(joints)


def view_of(width: float) -> View:
    """The view that a width of `view_width` speaks of.

    >>> view_of(0.8).value, view_of(0.4).value, view_of(0.1).value
    ('front', '45', 'side')
    """
    if width > FRONT_WIDTH:
        return View.FRONT
    return View.SIDE if width < SIDE_WIDTH else View.OBLIQUE


def hips_and_size(joints: Joints) -> tuple[Float, Float]:
    """Where the hips are across the picture, and a size that stays as the trunk bends, both in pixels and (N,)."""
    size = np.fmax(_torso(joints), _long_enough(_gap(joints, "shoulder")) / SHOULDERS_TO_TRUNK)
    return _middle(joints.pair("hip"))[:, 0], np.asarray(size)


def _interior(one: Float, corner: Float, other: Float) -> Float:
    """Interior angle (N, 2) at a corner in degrees: 180 is straight."""
    a, b = one - corner, other - corner
    length = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    cosine = (a * b).sum(axis=-1) / np.where(length > 1e-9, length, np.nan)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _middle(pair: Float) -> Float:
    """The middle (N, D) of two joints, or the one of them that is known."""
    known = np.isfinite(pair[:, :, :1])
    count = known.sum(axis=1)
    return np.asarray(np.where(known, pair, 0).sum(axis=1) / np.where(count > 0, count, np.nan))


def _long_enough(length: Float) -> Float:
    return np.where(length >= SHORTEST_PX, length, np.nan)


def _trunk(joints: Joints) -> Float:
    """From the hips to the shoulders, pixels (N, 2)."""
    return _middle(joints.pair("shoulder")) - _middle(joints.pair("hip"))


def _torso(joints: Joints) -> Float:
    return _long_enough(np.linalg.norm(_trunk(joints), axis=1))


def _gap(joints: Joints, part: str) -> Float:
    """How far the right and the left joint are apart, pixels (N,)."""
    pair = joints.pair(part)
    return np.asarray(np.linalg.norm(pair[:, 0] - pair[:, 1], axis=1))


def _angle(one: str, corner: str, other: str) -> Callable[[Joints], Float]:
    return lambda joints: _interior(joints.pair(one), joints.pair(corner), joints.pair(other))


def _angle_3d(one: str, corner: str, other: str) -> Callable[[Joints], Float]:
    return lambda joints: _interior(joints.pair_3d(one), joints.pair_3d(corner), joints.pair_3d(other))


def _thigh_drop(joints: Joints) -> Float:
    """Height of the hip above the knee over the trunk's length (N, 2), also of a trunk that leans to the camera."""
    _, size = hips_and_size(joints)
    return np.asarray((joints.pair("knee")[..., 1] - joints.pair("hip")[..., 1]) / size[:, None])


def _above_feet(part: str) -> Callable[[Joints], Float]:
    """Height of a part above the lower foot in pixels (N, 1)."""
    return lambda joints: (_lower_foot(joints) - _middle(joints.pair(part))[:, 1])[:, None]


def _lower_foot(joints: Joints) -> Float:
    """How far down the picture the lower ankle is (N,)."""
    ankle = joints.pair("ankle")[..., 1]
    known = np.isfinite(ankle)
    return np.where(known.any(axis=1), np.where(known, ankle, -np.inf).max(axis=1), np.nan)


def _stature(joints: Joints) -> Float:
    """Height of the hips above the lower foot over the trunk's length (N, 1): 1.6 standing, 0 lying."""
    _, size = hips_and_size(joints)
    return np.asarray(_above_feet("hip")(joints) / size[:, None])


def _stance(joints: Joints) -> Float:
    """How far the feet are apart over the trunk's length (N, 1)."""
    _, size = hips_and_size(joints)
    return np.asarray((_gap(joints, "ankle") / size)[:, None])


def _trunk_height(joints: Joints) -> Float:
    """Height of the shoulders above the hips in pixels (N, 1)."""
    return -_trunk(joints)[:, 1:]


def _thigh(joints: Joints) -> Float:
    """Height of the hip above the knee over that of the knee above the ankle (N, 2): 1 standing, 0 sitting."""
    hip, knee, ankle = (joints.pair(part)[..., 1] for part in ("hip", "knee", "ankle"))
    return np.asarray((knee - hip) / _long_enough(ankle - knee))


def _thigh_step(joints: Joints) -> Float:
    """How much more one thigh hangs down than the other over the trunk's length (N, 1): a lunge's do, a squat's not."""
    drop = _thigh_drop(joints)
    return np.asarray(np.abs(drop[:, :1] - drop[:, 1:]))


def _elbow_drop(joints: Joints) -> Float:
    """Height of the shoulder above the elbow over the upper arm's length (N, 2)."""
    arm = joints.pair("elbow") - joints.pair("shoulder")
    return np.asarray(arm[..., 1] / _long_enough(np.linalg.norm(arm, axis=-1)))


def _wrist_rise(joints: Joints) -> Float:
    """Height of the wrist above the shoulder over the trunk's length (N, 2)."""
    return np.asarray((joints.pair("shoulder")[..., 1] - joints.pair("wrist")[..., 1]) / _torso(joints)[:, None])


def _head_rise(joints: Joints) -> Float:
    """Height of the nose above the wrists over the trunk's length (N, 1); from behind, the ears or the neck tell."""
    torso = _torso(joints)
    neck = _middle(joints.pair("shoulder"))[:, 1] - HEAD_OVER_NECK * torso
    nose, ears = joints.xy_px[:, _J2["nose"], 1], _middle(joints.pair("ear"))[:, 1]
    head = np.where(np.isfinite(nose), nose, np.where(np.isfinite(ears), ears, neck))
    return np.asarray(((_middle(joints.pair("wrist"))[:, 1] - head) / torso)[:, None])


def _hand_height(joints: Joints) -> Float:
    """Height of the wrists above the ankles over the trunk's length (N, 1)."""
    drop = _middle(joints.pair("ankle"))[:, 1] - _middle(joints.pair("wrist"))[:, 1]
    return np.asarray((drop / _torso(joints))[:, None])


def _lean(joints: Joints) -> Float:
    """Angle of the trunk to the vertical (N, 1): 0 upright, 90 lying, 180 upside down."""
    trunk = _trunk(joints)
    return np.asarray(np.degrees(np.arctan2(np.abs(trunk[:, 0]), -trunk[:, 1]))[:, None])


def _trunk_rise(joints: Joints) -> Float:
    """Angle of the trunk to the floor (N, 1): 0 lying, 90 upright."""
    return 90 - _lean(joints)


def _hip_line(joints: Joints) -> Float:
    """How far the hip is below the line from shoulder to ankle, over that line's length (N, 2)."""
    shoulder, hip, ankle = (joints.pair(part) for part in ("shoulder", "hip", "ankle"))
    line = ankle - shoulder
    length = _long_enough(np.linalg.norm(line, axis=-1))
    # across the line, positive downwards whichever way the person lies
    across = (line[..., 0] * (hip - shoulder)[..., 1] - line[..., 1] * (hip - shoulder)[..., 0]) / length**2
    return np.asarray(across * np.sign(line[..., 0]))


def _upper_arm_swing(joints: Joints) -> Float:
    """Angle between the upper arm and the trunk, to either side (N, 2)."""
    return _interior(joints.pair("hip"), joints.pair("shoulder"), joints.pair("elbow"))


def _apart(signal: Callable[[Joints], Float]) -> Callable[[Joints], Float]:
    """How far the right and the left of a signal are apart (N, 1)."""
    return lambda joints: np.abs(np.diff(signal(joints), axis=1))


SIGNALS: dict[str, Callable[[Joints], Float]] = {
    "knee": _angle("hip", "knee", "ankle"),
    "hip": _angle("shoulder", "hip", "knee"),
    "elbow": _angle("shoulder", "elbow", "wrist"),
    "shoulder": _upper_arm_swing,
    "knee_3d": _angle_3d("hip", "knee", "ankle"),
    "hip_3d": _angle_3d("shoulder", "hip", "knee"),
    "elbow_3d": _angle_3d("shoulder", "elbow", "wrist"),
    "shoulder_3d": _angle_3d("hip", "shoulder", "elbow"),
    "thigh_drop": _thigh_drop,
    "hip_height": _above_feet("hip"),
    "shoulder_height": _above_feet("shoulder"),
    "trunk_height": _trunk_height,
    "stature": _stature,
    "stance": _stance,
    "thigh": _thigh,
    "thigh_step": _thigh_step,
    "elbow_drop": _elbow_drop,
    "wrist_rise": _wrist_rise,
    "head_rise": _head_rise,
    "hand_height": _hand_height,
    "lean": _lean,
    "trunk_rise": _trunk_rise,
    "hip_line": _hip_line,
    "ankle_gap": lambda joints: (_gap(joints, "ankle") / _long_enough(_gap(joints, "shoulder")))[:, None],
    "knee_width": lambda joints: (_gap(joints, "knee") / _long_enough(_gap(joints, "ankle")))[:, None],
    "knee_apart": _apart(_angle("hip", "knee", "ankle")),
    "wrist_apart": _apart(_wrist_rise),
}
"""Every signal by its name; docs/fitness.md says what each means. Angles in degrees, the others without a unit."""

ANGLES = frozenset({"knee", "hip", "elbow", "shoulder", "lean", "trunk_rise", "knee_apart"}) | {
    name for name in SIGNALS if name.endswith("_3d")
}
"""Signals in degrees."""

OWN = frozenset({"hip_height", "shoulder_height", "trunk_height"})
"""Signals in pixels, which counting divides by what they are in standing (`fitness.own`)."""

ARMS = frozenset({"elbow", "elbow_3d", "shoulder", "shoulder_3d", "elbow_drop", "wrist_rise"})
"""Signals of an arm."""
