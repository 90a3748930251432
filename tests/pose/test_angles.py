from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pose.angles import ANGLE_NAMES, JOINED_GAP_S, VERTICAL_ANGLES, angles_over_time, joint_angles
from tests.pose.bodies import DOWN, J, mirrored, set_limb, somebody, standing, turn

Float = NDArray[np.float64]
DEMO = Path(__file__).resolve().parents[2] / "synthetic" / "data" / "demo.npz"
UP = (0.0, 1.0, 0.0)
BETWEEN = [index for index, name in enumerate(ANGLE_NAMES) if name not in VERTICAL_ANGLES]
seeds = st.integers(0, 2**32 - 1)


def _of(body: Float, name: str) -> float:
    return float(joint_angles(body[None], up=UP)[0, ANGLE_NAMES.index(name)])


def test_somebody_upright_is_all_zeros() -> None:
    np.testing.assert_allclose(joint_angles(standing()[None], up=UP), 0, atol=1e-9)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("degrees", [5.0, 90.0, 140.0])
def test_a_bent_elbow(side: str, degrees: float) -> None:
    body = standing()
    set_limb(body, side, "arm", DOWN, turn("z", degrees) @ DOWN)
    assert _of(body, f"{side}_elbow_flexion") == pytest.approx(degrees)
    assert _of(body, f"{side}_shoulder_flexion") == pytest.approx(0, abs=1e-9)


def test_a_deep_squat() -> None:
    body = standing()
    for side in ("left", "right"):
        set_limb(body, side, "leg", turn("z", 110) @ DOWN, turn("z", -30) @ DOWN)
    upper = [index for name, index in J.items() if index >= J["spine"]]
    body[upper] = body[upper] @ turn("z", -40).T  # forwards
    assert _of(body, "right_knee_flexion") == pytest.approx(140)
    assert _of(body, "left_hip_flexion") == pytest.approx(150)  # 110 of the thigh, 40 of the trunk
    assert _of(body, "right_ankle_flexion") == pytest.approx(30)
    assert _of(body, "trunk_lean") == pytest.approx(40)
    assert _of(body, "trunk_flexion") == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("side", "out"), [("right", 1.0), ("left", -1.0)])
def test_arms_and_legs_out_to_the_side(side: str, out: float) -> None:
    body = standing()
    raised, spread = turn("x", -90 * out) @ DOWN, turn("x", -30 * out) @ DOWN
    set_limb(body, side, "arm", raised, raised)
    set_limb(body, side, "leg", spread, spread)
    assert _of(body, f"{side}_shoulder_abduction") == pytest.approx(90)
    assert _of(body, f"{side}_shoulder_elevation") == pytest.approx(90)
    assert np.isnan(_of(body, f"{side}_shoulder_flexion")), "an arm that points sideways has no flexion"
    assert _of(body, f"{side}_hip_adduction") == pytest.approx(-30)
    assert _of(body, f"{side}_hip_flexion") == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "axis", "degrees"),
    [("trunk_flexion", "z", -30.0), ("trunk_bending", "x", 20.0), ("trunk_rotation", "y", 25.0)],
)
def test_the_trunk_on_the_pelvis(name: str, axis: str, degrees: float) -> None:
    body = standing()
    upper = [index for index in J.values() if index > J["spine"]]
    body[upper] = body[J["spine"]] + (body[upper] - body[J["spine"]]) @ turn(axis, degrees).T
    assert _of(body, name) == pytest.approx(abs(degrees))
    for other in ("trunk_flexion", "trunk_bending", "trunk_rotation", "neck_flexion", "neck_rotation"):
        if other != name:
            assert _of(body, other) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "axis", "degrees"),
    [("neck_flexion", "z", -30.0), ("neck_bending", "x", 20.0), ("neck_rotation", "y", 50.0)],
)
def test_the_head_on_the_trunk(name: str, axis: str, degrees: float) -> None:
    body = standing()
    for joint in ("nose", "head"):
        body[J[joint]] = body[J["thorax"]] + turn(axis, degrees) @ (body[J[joint]] - body[J["thorax"]])
    assert _of(body, name) == pytest.approx(abs(degrees))


def test_a_foot_that_is_not_flat_says_nothing_of_the_ankle() -> None:
    body = standing()
    set_limb(body, "right", "leg", DOWN, turn("z", -80) @ DOWN)
    assert np.isnan(_of(body, "right_ankle_flexion"))
    assert _of(body, "right_knee_flexion") == pytest.approx(80)


@given(seeds)
def test_a_mirror_swaps_left_and_right(seed: int) -> None:
    body = somebody(np.random.default_rng(seed))
    here, there = joint_angles(body[None], up=UP)[0], joint_angles(mirrored(body)[None], up=UP)[0]
    for index, name in enumerate(ANGLE_NAMES):
        side, _, rest = name.partition("_")
        twin = {"left": "right", "right": "left"}.get(side, side)
        sign = -1 if name.endswith(("_bending", "_rotation")) else 1
        np.testing.assert_allclose(there[ANGLE_NAMES.index(f"{twin}_{rest}")], sign * here[index], atol=1e-6)


@given(seeds)
def test_where_and_how_the_whole_person_stands_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    body = somebody(rng)
    rotation, place = Rotation.random(random_state=rng.integers(2**31)).as_matrix(), rng.normal(0, 5, 3)
    moved = body @ rotation.T + place
    here = joint_angles(body[None], up=UP)[0]
    np.testing.assert_allclose(joint_angles(moved[None], up=UP)[0, BETWEEN], here[BETWEEN], atol=1e-6)
    np.testing.assert_allclose(joint_angles(moved[None], up=rotation @ UP)[0], here, atol=1e-6)


@given(seeds, st.integers(0, 16))
def test_an_unknown_joint_is_never_used(seed: int, joint: int) -> None:
    rng = np.random.default_rng(seed)
    body = somebody(rng)
    valid = np.ones((1, 17), np.bool_)
    valid[0, joint] = False
    broken = body.copy()
    broken[joint] += rng.normal(0, 1, 3)
    first = joint_angles(body[None], valid, UP)[0]
    np.testing.assert_allclose(joint_angles(broken[None], valid, UP)[0], first, atol=1e-9)
    whole = joint_angles(body[None], up=UP)[0]
    kept = np.isfinite(first)
    np.testing.assert_allclose(first[kept], whole[kept], atol=1e-9)
    assert kept.any()


def _swing(degrees: Float, axis: str = "z") -> Float:
    poses = []
    for angle in degrees:
        body = standing()
        arm = turn(axis, angle) @ DOWN
        set_limb(body, "right", "arm", arm, arm)
        poses.append(body)
    return np.array(poses)


def test_an_arm_that_goes_round_twice_does_not_jump() -> None:
    degrees = np.arange(0, 721, 6.0)
    time = np.arange(len(degrees)) / 30
    flexion = angles_over_time(_swing(degrees), time, up=UP)[:, ANGLE_NAMES.index("right_shoulder_flexion")]
    np.testing.assert_allclose(flexion, degrees, atol=1e-6)


@pytest.mark.parametrize("lost", [1, 3])
def test_a_short_gap_does_not_lose_the_turn(lost: int) -> None:
    degrees = np.arange(0, 721, 10.0)
    time = np.arange(len(degrees)) / 30
    valid = np.ones((len(degrees), 17), np.bool_)
    valid[40 : 40 + lost, J["right_elbow"]] = False
    flexion = angles_over_time(_swing(degrees), time, valid, UP)[:, ANGLE_NAMES.index("right_shoulder_flexion")]
    assert np.isnan(flexion[40 : 40 + lost]).all()
    np.testing.assert_allclose(flexion[44:], degrees[44:], atol=1e-6)


def test_after_a_long_gap_an_angle_begins_in_its_usual_range() -> None:
    degrees = np.arange(0, 721, 10.0)
    time = np.arange(len(degrees)) / 30
    time[50:] += 2 * JOINED_GAP_S
    flexion = angles_over_time(_swing(degrees), time, up=UP)[:, ANGLE_NAMES.index("right_shoulder_flexion")]
    np.testing.assert_allclose(flexion[50:], degrees[50:] - 360, atol=1e-6)


def test_jumping_jacks_with_trembling_arms_end_where_they_began() -> None:
    rng = np.random.default_rng(3)
    time = np.arange(400) / 30
    motion = _swing(-85 + 85 * np.cos(np.pi * time), "x") + rng.normal(0, 0.01, (400, 17, 3))
    angles = angles_over_time(motion, time, up=UP)
    abduction = angles[:, ANGLE_NAMES.index("right_shoulder_abduction")]
    assert abduction[::60] == pytest.approx(0, abs=8)
    assert abduction[30::60] == pytest.approx(170, abs=8)
    assert np.abs(np.diff(abduction)).max() < 25
    flexion = angles[:, ANGLE_NAMES.index("right_shoulder_flexion")]
    assert flexion[::60] == pytest.approx(0, abs=8), "no turns are collected where flexion is not defined"
    assert flexion[30::60] == pytest.approx(180, abs=20)


def test_the_actors_truth_squats_curls_and_never_jumps() -> None:
    with np.load(DEMO, allow_pickle=False) as truth:
        mine = truth["person"] == 0
        joints, rows = truth["xyz_m"][mine].astype(np.float64), truth["frame_index"][mine]
        time_s, up = truth["frame_time_s"][rows], truth["rotation"][:, 1]
    angles = angles_over_time(joints, time_s, up=up)
    of = dict(zip(ANGLE_NAMES, angles.T, strict=True))
    for side in ("right", "left"):
        for name, ends in (("knee", ("hip", "knee", "ankle")), ("elbow", ("shoulder", "elbow", "wrist"))):
            one, middle, other = (joints[:, J[f"{side}_{end}"]] for end in ends)
            upper, lower, across = (np.linalg.norm(way, axis=1) for way in (middle - one, other - middle, other - one))
            cosine = (across**2 - upper**2 - lower**2) / (2 * upper * lower)  # law of cosines
            expected = np.degrees(np.arccos(cosine.clip(-1, 1)))
            np.testing.assert_allclose(of[f"{side}_{name}_flexion"], expected, atol=0.01)
        assert np.ptp(of[f"{side}_knee_flexion"]) > 60, "he squats"
    known = np.isfinite(angles)
    assert known.mean() > 0.95
    steps = np.abs(np.diff(angles, axis=0))[known[1:] & known[:-1]]
    assert steps.max() < 40, "no turn of 360 degrees, and none of 180"
    for name in ("trunk_flexion", "trunk_bending", "trunk_rotation", "neck_bending", "neck_rotation"):
        assert np.abs(of[name]).max() < 90


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="17, 3"):
        joint_angles(np.zeros((3, 16, 3)))
    assert angles_over_time(np.zeros((0, 17, 3)), np.zeros(0)).shape == (0, len(ANGLE_NAMES))
