"""A library of key poses by anatomical angles (exercise, everyday, sitting, lying), and random poses near them."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from pose.joint_sets import H36M17, flip_order
from synthetic.rotations import Float
from synthetic.skeleton import Arm, Leg, Proportions, Upper, joints_by_angles

_REST = (0.0, 0.0, 0.0)
_SPREAD_DEG = np.concatenate(
    [(4, 5, 4), (7, 7, 9), (14, 28, 9), (14, 18, 16, 25), (14, 18, 16, 25), (10, 6, 9, 11), (10, 6, 9, 11)]
).astype(np.float64)
"""Standard deviation of everyday variation, in the order of `KeyPose.numbers`."""

_ARMS, _LEGS = (9, 13), (17, 21)
"""Where the numbers of each arm (raised, azimuth, elbow, swivel) and leg (forward, outward, turned, knee) begin."""


@dataclass(frozen=True, slots=True)
class KeyPose:
    """A posture that is given by angles throughout."""

    upper: Upper
    left_leg: Leg
    right_leg: Leg

    @property
    def numbers(self) -> Float:
        """All angles (25,) in a fixed order, for blending and noise."""
        upper = self.upper
        parts = [upper.pelvis, upper.spine, upper.head, astuple(upper.left_arm), astuple(upper.right_arm)]
        return np.array(
            [value for part in [*parts, astuple(self.left_leg), astuple(self.right_leg)] for value in part], np.float64
        )

    @classmethod
    def from_numbers(cls, numbers: Float) -> KeyPose:
        """The inverse of `numbers`.

        >>> bool((KeyPose.from_numbers(LIBRARY["squat_deep"].numbers).numbers == LIBRARY["squat_deep"].numbers).all())
        True
        """
        values = [float(number) for number in numbers]
        pelvis, spine, head = ((values[i], values[i + 1], values[i + 2]) for i in (0, 3, 6))
        left_arm, right_arm = (Arm(*values[start : start + 4]) for start in _ARMS)
        left_leg, right_leg = (Leg(*values[start : start + 4]) for start in _LEGS)
        return cls(Upper(pelvis, spine, head, left_arm, right_arm), left_leg, right_leg)

    def joints(self, proportions: Proportions) -> Float:
        """The 17 joints (17, 3) against the pelvis of a body in this pose."""
        return joints_by_angles(proportions, self.upper, self.left_leg, self.right_leg)


def _key(
    arm: Arm | None = None,
    leg: Leg | None = None,
    *,
    right_arm: Arm | None = None,
    right_leg: Leg | None = None,
    pelvis: tuple[float, float, float] = _REST,
    spine: tuple[float, float, float] = (5.0, 0.0, 0.0),
    head: tuple[float, float, float] = _REST,
) -> KeyPose:
    """A key pose; the right side is like the left where nothing else is said."""
    left_arm, left_leg = arm or Arm(12), leg or Leg(2)
    upper = Upper(pelvis, spine, head, left_arm, right_arm or left_arm)
    return KeyPose(upper, left_leg, right_leg or left_leg)


_STRAIGHT = (0.0, 0.0, 0.0)

LIBRARY: dict[str, KeyPose] = {
    # standing
    "stand": _key(),
    "relaxed": _key(Arm(8, 30, 25), Leg(4, 6, 10, 6), right_leg=Leg(0, 3, 5, 2)),
    "t_pose": _key(Arm(90, 0, 3)),
    "a_pose": _key(Arm(45, 5, 5)),
    "hands_up": _key(Arm(170, 10, 10)),
    "hands_on_hips": _key(Arm(45, -15, 95, 50)),
    "arms_crossed": _key(Arm(32, 65, 105, 45)),
    "hand_at_chin": _key(Arm(40, 80, 140, 10), right_arm=Arm(30, 70, 90, 50)),
    "hands_at_head": _key(Arm(135, 30, 140, -30)),
    "phone": _key(Arm(35, 60, 140, -10)),
    "selfie": _key(Arm(95, 70, 20)),
    "pointing": _key(right_arm=Arm(90, 60, 5)),
    "pointing_up": _key(Arm(140, 50, 10)),
    "reaching": _key(Arm(95, 85, 5), spine=(12, 0, 0)),
    "cheering": _key(Arm(150, 20, 60, -30)),
    "waving_left": _key(Arm(100, 15, 75, -70), right_arm=Arm(10, 20, 15)),
    "waving_right": _key(right_arm=Arm(105, 15, 80, -80)),
    # moving
    "walk_left": _key(Arm(28, 95, 25), Leg(-22, 2, 3, 15), right_arm=Arm(25, -80, 10), right_leg=Leg(28, 2, 3, 8)),
    "walk_right": _key(Arm(20, -70, 15), Leg(25, 2, 3, 25), right_arm=Arm(28, 90, 30), right_leg=Leg(-18, 2, 3, 12)),
    "run": _key(
        Arm(45, -85, 95), Leg(65, 2, 3, 95), right_arm=Arm(50, 80, 95), right_leg=Leg(-25, 2, 3, 35), pelvis=(0, 10, 0)
    ),
    "high_knee": _key(Arm(30, 80, 90), Leg(100, 3, 5, 100), right_arm=Arm(20, -60, 80), right_leg=Leg(0)),
    "throw": _key(
        Arm(80, 80),
        Leg(30, 5, 5, 25),
        right_arm=Arm(110, -20, 90, -60),
        right_leg=Leg(-15, 8, 5, 15),
        pelvis=(20, 0, 0),
        spine=(0, 0, 25),
    ),
    "kick": _key(Arm(60, 20, 30), Leg(75, 8, 5, 15), right_leg=Leg(-5, 4, 5, 10), pelvis=(0, -10, 0)),
    "boxing": _key(
        Arm(60, 75, 110, 10),
        Leg(15, 8, 10, 20),
        right_arm=Arm(40, 60, 125, 10),
        right_leg=Leg(-10, 8, 10, 20),
        pelvis=(-20, 0, 0),
        spine=(10, 0, 0),
    ),
    "punch": _key(
        Arm(88, 80, 10),
        Leg(20, 8, 10, 25),
        right_arm=Arm(40, 60, 130, 10),
        right_leg=Leg(-12, 8, 10, 25),
        spine=(8, 0, -25),
    ),
    "dance": _key(
        Arm(110, 20, 60, -40),
        Leg(20, 18, 10, 30),
        right_arm=Arm(60, 10, 70, 20),
        right_leg=Leg(5, 10, 10, 12),
        pelvis=(15, 0, 8),
        spine=(0, -15, 10),
    ),
    # exercises on the feet
    "squat_start": _key(Arm(80, 85, 10), Leg(25, 12, 15, 40)),
    "squat_mid": _key(Arm(85, 85, 8), Leg(80, 15, 20, 80), pelvis=(0, 25, 0)),
    "squat_deep": _key(Arm(95, 85, 10), Leg(115, 20, 25, 125), pelvis=(0, 35, 0), spine=(15, 0, 0)),
    "squat_hands": _key(Arm(35, 80, 135), Leg(95, 18, 22, 105), pelvis=(0, 30, 0)),
    "lunge_left": _key(Arm(25, 20, 80), Leg(88, 3, 3, 88), right_leg=Leg(-15, 3, 3, 75)),
    "lunge_right": _key(Arm(40, 10, 100), Leg(-12, 3, 3, 70), right_leg=Leg(85, 3, 3, 85)),
    "jack_closed": _key(Arm(10, 5, 5), Leg(2, 4, 5, 3)),
    "jack_low": _key(Arm(75, 5, 10), Leg(3, 16, 10, 6)),
    "jack_high": _key(Arm(130, 8), Leg(4, 24, 12, 8)),
    "jack_open": _key(Arm(165, 10, 12), Leg(4, 30, 14, 5)),
    "press_low": _key(Arm(70, 25, 135, -75)),
    "press_high": _key(Arm(165, 20, 15, -30)),
    "curl_left": _key(Arm(12, 60, 120), right_arm=Arm(12, 60, 30)),
    "curl_both": _key(Arm(12, 60, 130)),
    "bent_over": _key(Arm(85, 85, 5), Leg(70, 5, 5, 8), pelvis=(0, 60, 0), spine=(35, 0, 0)),
    "touching_toes": _key(Arm(95, 85, 5), Leg(85, 4, 4, 5), pelvis=(0, 75, 0), spine=(50, 0, 0), head=(20, 0, 0)),
    "deadlift": _key(Arm(50, 85, 5), Leg(75, 10, 12, 45), pelvis=(0, 50, 0), head=(-20, 0, 0)),
    "side_bend_right": _key(Arm(160, 5, 20), right_arm=Arm(10, 10, 10), spine=(0, 30, 0)),
    "side_bend_left": _key(Arm(10, 10, 10), right_arm=Arm(160, 5, 20), spine=(0, -30, 0)),
    "tree": _key(Arm(170, 10, 20), Leg(45, 45, 45, 125), right_leg=Leg(0, 3, 5, 3)),
    "warrior": _key(
        Arm(90, 0, 3), Leg(85, 10, 10, 85), right_leg=Leg(-35, 15, 10, 5), pelvis=(60, 0, 0), spine=(0, 0, 30)
    ),
    # sitting and kneeling
    "sit": _key(Arm(25, 60, 70), Leg(88, 8, 8, 88), spine=(8, 0, 0)),
    "sit_at_desk": _key(Arm(38, 70, 75, 10), Leg(85, 8, 8, 85), pelvis=(0, 5, 0), spine=(14, 0, 0), head=(8, 0, 0)),
    "sit_back": _key(Arm(18, 40, 60), Leg(75, 14, 15, 70), pelvis=(0, -18, 0), spine=(12, 0, 0)),
    "sit_on_floor": _key(Arm(20, -60, 10), Leg(85, 12, 15, 15), pelvis=(0, -10, 0), spine=(20, 0, 0)),
    "cross_legged": _key(Arm(30, 50, 50), Leg(90, 35, 50, 120), spine=(15, 0, 0)),
    "kneel": _key(Arm(15, 20, 20), Leg(5, 6, 0, 95)),
    "half_kneel": _key(Arm(20, 40, 60), Leg(90, 5, 5, 95), right_leg=Leg(0, 5, 0, 92)),
    # on the floor
    "push_up_high": _key(Arm(88, 75, 8), Leg(2, 4, 0, 3), pelvis=(0, 80, 0), spine=_STRAIGHT, head=(-20, 0, 0)),
    "push_up_low": _key(Arm(55, 15, 95, 75), Leg(2, 4, 0, 3), pelvis=(0, 86, 0), spine=_STRAIGHT, head=(-15, 0, 0)),
    "push_up_on_knees": _key(Arm(88, 75, 20, 40), Leg(5, 5, 0, 85), pelvis=(0, 65, 0), head=(-10, 0, 0)),
    "plank": _key(Arm(85, 80, 85), Leg(0, 4, 0, 3), pelvis=(0, 84, 0), spine=_STRAIGHT, head=(-10, 0, 0)),
    "side_plank": _key(Arm(90, 5, 5), Leg(2, 3, 0, 2), pelvis=(0, 0, 68)),
    "burpee": _key(Arm(70, 80, 5), Leg(115, 18, 20, 125), pelvis=(0, 70, 0), spine=(30, 0, 0), head=(-20, 0, 0)),
    "lying_on_back": _key(Arm(20, 10, 10), Leg(3, 6, 10, 3), pelvis=(0, -88, 0), spine=_STRAIGHT),
    "crunch": _key(Arm(120, 40, 140, -20), Leg(50, 6, 5, 85), pelvis=(0, -80, 0), spine=(45, 0, 0), head=(20, 0, 0)),
    "bridge": _key(Arm(30, 10, 5), Leg(-10, 8, 5, 85), pelvis=(0, -110, 0), spine=_STRAIGHT),
}

ON_THE_FLOOR = frozenset(
    {
        "push_up_high",
        "push_up_low",
        "push_up_on_knees",
        "plank",
        "side_plank",
        "burpee",
        "lying_on_back",
        "crunch",
        "bridge",
    }
)
"""Poses that do not blend with upright ones."""

UPRIGHT = tuple(name for name in LIBRARY if name not in ON_THE_FLOOR)


def varied(pose: KeyPose, rng: np.random.Generator, strength: float) -> KeyPose:
    """The pose with everyday variation of every angle, elbows and knees kept within what joints can do."""
    numbers = pose.numbers + strength * _SPREAD_DEG * rng.normal(size=len(_SPREAD_DEG))
    for start in _ARMS:
        numbers[start] = abs(numbers[start])
        numbers[start + 2] = np.clip(numbers[start + 2], 2, 148)
    for start in _LEGS:
        numbers[start + 1] = max(0.0, numbers[start + 1])
        numbers[start + 3] = np.clip(numbers[start + 3], 1, 150)
    return KeyPose.from_numbers(numbers)


def random_pose(rng: np.random.Generator, proportions: Proportions) -> Float:
    """Joints (17, 3) against the pelvis: a pose of the library or one between two, varied, and mirrored or not."""
    name = str(rng.choice(list(LIBRARY) if rng.random() < 0.5 else list(UPRIGHT)))
    pose = LIBRARY[name]
    if name not in ON_THE_FLOOR and rng.random() < 0.35:
        other, share = LIBRARY[str(rng.choice(list(UPRIGHT)))], rng.uniform(0.2, 0.8)
        pose = KeyPose.from_numbers(pose.numbers * (1 - share) + other.numbers * share)
    joints = varied(pose, rng, rng.uniform(0.3, 1.2)).joints(proportions)
    return mirrored(joints) if rng.random() < 0.5 else joints


def mirrored(joints: Float) -> Float:
    """Joints (17, 3) seen in a mirror across x: left and right change places."""
    return np.asarray((joints * [-1, 1, 1])[flip_order(H36M17)])
