from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from lifting.errors import LiftingError
from lifting.feet import ANKLES, LEGS
from lifting.hold import FeetHold, HoldOptions, moved_in_depth, on_rays
from lifting.hold_clip import find_contacts, hold_in_place
from pose.angles import ANGLE_NAMES, joint_angles
from pose.camera import Extrinsics
from pose.joint_sets import H36M17_BONES
from pose.metrics import foot_slides
from tests.lifting.helpers import CAMERA, joints_2d
from tests.lifting.walker import standing, walking

Float = NDArray[np.float64]
FPS = 30.0
ALL = np.ones(17, bool)


class Shown:
    """A motion of the world as a camera shows it, and as a lifter that errs in depth has it."""

    def __init__(self, world: Float, swim_m: float = 0.0, wrong_m: float = 0.0, turn_deg: float = 0.0) -> None:
        world = world @ Rotation.from_euler("y", turn_deg, degrees=True).as_matrix().T
        camera = Extrinsics.looking_at([0.3, 1.4, 4.0], [0.0, 1.0, 0.0])
        self.time_s = np.arange(len(world)) / FPS
        self.joints = camera.to_camera(world)
        self.rays = CAMERA.rays(np.stack([joints_2d(one, camera) for one in world]))
        self.score = np.full(self.rays.shape[:2], 0.9)
        self.valid = np.ones(world.shape[:2], bool)
        pose = self.joints - self.joints[:, :1]
        swim = 1 + swim_m / 4 * np.sin(2 * np.pi * 0.6 * self.time_s)
        pose[:, ANKLES] += wrong_m * np.sin(2 * np.pi * 0.5 * self.time_s)[:, None, None] * [0.0, 0.0, 1.0]
        self.xyz, self.root = pose, self.joints[:, 0] * swim[:, None]

    def live(self, options: HoldOptions | None = None) -> tuple[Float, NDArray[np.bool_]]:
        hold = FeetHold(options or HoldOptions())
        columns = zip(self.xyz, self.root, self.valid, self.rays, self.score, self.time_s.tolist(), strict=True)
        out = [hold.step(*one) for one in columns]
        return np.array([pose + root for pose, root, _ in out]), np.array([held for *_, held in out])

    def whole(self) -> tuple[Float, NDArray[np.bool_]]:
        pose, root = self.xyz.copy(), self.root.copy()
        held = hold_in_place(self.time_s, pose, root, self.valid, self.rays, self.score)
        return pose + root[:, None], held


def _level(joints: Float) -> Float:
    """Camera axes with y up, for measures along the floor of a nearly level camera."""
    return joints * [1.0, -1.0, -1.0]


def _squat(seconds: float = 4.0) -> Float:
    """Somebody whose hips go down and up while the feet stand; the knees are not looked at."""
    times = np.arange(round(seconds * FPS)) / FPS
    joints = np.repeat(standing()[None], len(times), axis=0)
    down = 0.2 * (1 - np.cos(2 * np.pi * 0.5 * times))
    moved = [number for number in range(17) if number not in ANKLES]
    joints[:, moved, 1] -= down[:, None]
    return joints


def test_an_exact_body_stays_as_it_is() -> None:
    for shown in (Shown(_squat()), Shown(walking(3.0, FPS)[0] - [0, 0, 1.2], turn_deg=90)):
        for out, _ in (shown.live(), shown.whole()):
            away = np.linalg.norm(out - shown.joints, axis=-1)
            assert away.mean() < 0.004
            assert away.max() < 0.12  # a foot that takes off is let go a moment late


def test_feet_stand_while_the_body_swims_in_depth() -> None:
    shown = Shown(_squat(8.0), swim_m=0.25)
    before = foot_slides(_level(shown.xyz + shown.root[:, None])[30:, ANKLES], np.ones((210, 2), bool))
    live, held = shown.live()
    whole, held_whole = shown.whole()
    assert held[5:].all()
    assert held_whole.all()
    assert before.min() > 0.3
    assert foot_slides(_level(live)[60:, ANKLES], held[60:]).max() < before.min() / 2
    assert foot_slides(_level(whole)[:, ANKLES], held_whole).max() < 0.01


def test_hips_move_as_they_do_when_ankles_are_lifted_wrong() -> None:
    shown = Shown(_squat(8.0), wrong_m=0.12)
    whole, _ = shown.whole()
    drop = np.ptp(whole[:, 0, 1])
    assert drop == pytest.approx(np.ptp(shown.joints[:, 0, 1]), abs=0.03)
    assert foot_slides(_level(whole)[:, ANKLES], np.ones((len(whole), 2), bool)).max() < 0.02


def _knees_deg(joints: Float) -> Float:
    return joint_angles(joints)[:, [ANGLE_NAMES.index(f"{side}_knee_flexion") for side in ("right", "left")]]


@pytest.mark.parametrize("bent_deg", [4.0, 8.0, 15.0])
def test_standing_knees_stay_a_little_bent_where_held_feet_are_out_of_reach(bent_deg: float) -> None:
    body = standing()
    half = np.radians(bent_deg / 2)
    for leg in LEGS:  # knees bent so far, ankles under the hips
        shank = float(np.linalg.norm(body[leg[2]] - body[leg[1]]))
        body[leg[1]] = body[leg[0]] + shank * np.array([0.0, -np.cos(half), np.sin(half)])
        body[leg[2]] = body[leg[0]] + shank * np.array([0.0, -2 * np.cos(half), 0.0])
    shown = Shown(np.repeat(body[None], 60, axis=0), swim_m=0.05)
    lifted = _knees_deg(shown.xyz)
    np.testing.assert_allclose(lifted, bent_deg, atol=1e-6)
    shown.xyz = 0.95 * shown.xyz  # a body smaller than its rays: seen ankles are centimetres out of reach
    for out, held in (shown.live(), shown.whole()):
        assert held[5:].all()
        knees = _knees_deg(out)[5:]
        assert knees.min() > min(bent_deg, 10.0) - 0.5
        assert knees.max() < bent_deg + 0.5


@pytest.mark.parametrize("size", [1.02, 1.04])
def test_knees_do_not_tell_that_a_body_is_larger_than_its_rays(size: float) -> None:
    """A straight leg that is 3 % too long for where hip and ankle are seen would be bent by 28 degrees."""
    shown = Shown(np.repeat(standing()[None], 60, axis=0))
    lifted = _knees_deg(shown.xyz)
    shown.xyz = size * shown.xyz
    for out, held in (shown.live(), shown.whole()):
        assert held[5:].all()
        assert np.abs(_knees_deg(out) - lifted)[15:].max() < 13
        assert np.linalg.norm((out - shown.joints)[15:, ANKLES], axis=-1).max() < 0.05


def test_somebody_who_squats_at_once_does_not_move_the_feet() -> None:
    """The deeper the squat, the deeper in space is it lifted, as squats from the front are: by 0.3 m at the bottom."""
    shown = Shown(_squat(2.0))
    shown.root[:, 2] += 0.75 * (shown.joints[:, 0, 1] - shown.joints[0, 0, 1])
    before = foot_slides(_level(shown.xyz + shown.root[:, None])[:, ANKLES], np.ones((60, 2), bool))
    live, held = shown.live()
    assert before.min() > 0.25
    assert foot_slides(_level(live)[5:, ANKLES], held[5:]).max() < 0.03


def test_walking_feet_are_held_in_turns() -> None:
    joints, stands = walking(4.0, FPS)
    shown = Shown(joints - [0, 0, 1.5], swim_m=0.1, turn_deg=90)
    _, held = shown.whole()
    assert (held == stands).mean() > 0.8
    _, live = shown.live()
    assert (live == stands)[5:].mean() > 0.7


def test_bones_keep_their_length() -> None:
    shown = Shown(_squat(), swim_m=0.2, wrong_m=0.1)
    one, other = np.array(H36M17_BONES).T
    before = np.linalg.norm(shown.xyz[:, one] - shown.xyz[:, other], axis=-1)
    for out, _ in (shown.live(), shown.whole()):
        np.testing.assert_allclose(np.linalg.norm(out[:, one] - out[:, other], axis=-1), before, atol=1e-6)


def test_what_holding_changed_fades_and_nothing_jumps() -> None:
    joints = walking(4.0, FPS)[0] - [0, 0, 1.5]
    shown = Shown(joints, swim_m=0.2, turn_deg=60)
    for out, _ in (shown.live(), shown.whole()):
        steps = np.linalg.norm(np.diff(out[10:], axis=0), axis=-1)
        assert steps.max() < np.linalg.norm(np.diff(shown.joints, axis=0), axis=-1).max() + 0.08


def test_an_ankle_that_is_not_found_for_a_moment_still_stands_and_then_does_not() -> None:
    shown = Shown(np.repeat(standing()[None], 60, axis=0))
    shown.score[20:25, [10, 13]] = 0
    shown.score[30:, [10, 13]] = 0
    _, held = shown.live()
    assert held[20:25].all()
    assert not held[45:].any()


def test_a_gap_and_time_that_runs_back_start_anew() -> None:
    shown = Shown(np.repeat(standing()[None], 20, axis=0))
    for jump_s in (10.0, -5.0):
        shown.time_s = np.arange(20) / FPS
        shown.time_s[10:] += jump_s
        _, held = shown.live()
        assert held[5:10].all()
        assert not held[10].any()
        assert held[15:].all()


def test_contacts_of_a_foot() -> None:
    time_s = np.arange(60) / FPS
    places = np.zeros((60, 3))
    places[:, 2] = 1
    places[20:30, 0] = np.linspace(0, 0.3, 10)
    places[30:, 0] = 0.3
    places[40:45] = np.nan
    first, second = find_contacts(time_s, places, np.full(60, 3.0))
    assert first[0].start == 0
    assert 17 <= first[0].stop <= 21
    assert second[0].stop == 60
    assert second[1][0] == pytest.approx(0.3)
    assert second[2] == 3.0


def test_a_body_moves_on_its_rays() -> None:
    shown = Shown(standing()[None])
    arguments = (shown.xyz[0], shown.root[0], shown.rays[0], shown.score[0])
    back = moved_in_depth(shown.xyz[0], moved_in_depth(*arguments, 0.4), *arguments[2:], -0.4)
    np.testing.assert_allclose(back, shown.root[0], atol=1e-9)
    blind = moved_in_depth(shown.xyz[0], shown.root[0], shown.rays[0], np.zeros(18), 0.4)
    np.testing.assert_allclose(blind, shown.root[0] + [0, 0, 0.4])
    same = on_rays(shown.xyz[0], shown.xyz[0], shown.rays[0], shown.score[0], 3.0)
    np.testing.assert_allclose(same, 0, atol=1e-12)


@settings(max_examples=25)
@given(st.integers(0, 2**31), st.floats(0.0, 0.6))
def test_whatever_is_seen_the_answer_is_finite_and_unknown_legs_are_left_alone(seed: int, missing: float) -> None:
    random = np.random.default_rng(seed)
    shown = Shown(_squat(1.0), swim_m=0.2)
    shown.rays[..., :2] += random.normal(0, 0.1, shown.rays[..., :2].shape)
    shown.score[random.random(shown.score.shape) < missing] = 0
    shown.valid[random.random(shown.valid.shape) < missing] = False
    for out, _ in (shown.live(), shown.whole()):
        assert np.isfinite(out).all()


def test_bad_input_is_refused() -> None:
    shown = Shown(np.repeat(standing()[None], 3, axis=0))
    shown.xyz[1, 4] = np.nan
    with pytest.raises(LiftingError, match="not finite"):
        shown.live()
    with pytest.raises(LiftingError, match="not finite"):
        shown.whole()
    good = Shown(np.repeat(standing()[None], 3, axis=0))
    good.time_s = np.array([0.0, 0.1, 0.1])
    with pytest.raises(LiftingError, match="have to rise"):
        good.whole()
    none = np.zeros(0)
    nothing = hold_in_place(none, good.xyz[:0], good.root[:0], good.valid[:0], good.rays[:0], good.score[:0])
    assert nothing.shape == (0, 2)
