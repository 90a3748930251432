from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthetic.actor import Actor
from synthetic.body import Build, body_model
from synthetic.errors import SyntheticError
from synthetic.gait import Walk, rolled
from synthetic.motion import Hold, JumpingJacks, Routine, Squats, Stance, ease
from synthetic.performance import MOTIONS
from synthetic.rotations import Float
from synthetic.skeleton import Arm, Foot, Proportions, joints_by_feet

LEFT_ANKLE, RIGHT_ANKLE = 6, 3
FPS = 60


def tracks(routine: Routine, body: Proportions) -> tuple[Float, list[tuple[Foot, Foot]]]:
    """Joints (T, 17, 3) and feet over time."""
    joints, feet = [], []
    for time_s in np.arange(0, routine.duration_s, 1 / FPS):
        posture = routine.posture(body, float(time_s))
        joints.append(joints_by_feet(body, posture.pelvis_m, posture.upper, posture.feet))
        feet.append(posture.feet)
    return np.array(joints), feet


@pytest.mark.parametrize("name", sorted(MOTIONS))
def test_all_motions_are_human(name: str, man: Actor) -> None:
    body = man.proportions
    for routine in MOTIONS[name]():
        joints, _ = tracks(routine, body)
        for hip in (1, 4):  # rigid bones
            for joint, length in ((hip, body.thigh[0]), (hip + 1, body.shin[0])):
                lengths = np.linalg.norm(joints[:, joint + 1] - joints[:, joint], axis=1)
                np.testing.assert_allclose(lengths, length, atol=1e-6)
        speed = np.linalg.norm(np.diff(joints, axis=0), axis=2) * FPS
        assert speed.max() < 9  # hands of jumping jacks are the fastest
        assert np.linalg.norm(np.diff(joints[:, 0], n=2, axis=0), axis=1).max() * FPS**2 < 60
        assert joints[:, [LEFT_ANKLE, RIGHT_ANKLE], 1].min() > body.ankle_height - 1e-6


@pytest.mark.parametrize("name", sorted(MOTIONS))
def test_feet_that_carry_weight_do_not_slide(name: str, man: Actor) -> None:
    body = man.proportions
    for routine in MOTIONS[name]():
        _, feet = tracks(routine, body)
        for side in (0, 1):
            ball, heel, low = [], [], []
            for pair in feet:
                foot = pair[side]
                points = [np.array([0, -body.ankle_height, z]) for z in (body.ball, -body.heel)]
                at = [foot.ankle_m + foot.rotation @ point for point in points]
                ball.append(at[0])
                heel.append(at[1])
                low.append([at[0][1] < 2e-3, at[1][1] < 2e-3])
            for point, number in ((np.array(ball), 0), (np.array(heel), 1)):
                down = np.array(low)[:, number]
                still = down[1:] & down[:-1]
                slid = np.linalg.norm(np.diff(point, axis=0), axis=1)[still]
                assert slid.max(initial=0) < 0.012, f"{slid.max()} m in 1/{FPS} s"
                assert np.median(slid) < 1e-6
            assert min(p[1] for p in [*ball, *heel]) > -0.02


def test_somebody_stands_on_a_foot_at_every_moment_of_a_walk(man: Actor) -> None:
    body = man.proportions
    walk = Walk(Stance(-1, 0, 90), Stance(1, 0, 90), 5)
    for time_s in np.arange(0, walk.duration_s, 0.02):
        feet = walk.posture(body, float(time_s)).feet
        lowest = [
            min(
                (foot.ankle_m + foot.rotation @ np.array([0, -body.ankle_height, z]))[1]
                for z in (body.ball, -body.heel)
            )
            for foot in feet
        ]
        assert min(lowest) == pytest.approx(0, abs=1e-9)


def test_sections_join_without_a_jump(man: Actor) -> None:
    body = man.proportions
    middle = Stance(0, 0, 20, 0.36, 15)
    routine = Routine((Walk(Stance(-1, -0.3, 90), middle, 4), Squats(middle, 2), Hold(middle, 0.2)))
    joints, _ = tracks(routine, body)
    assert np.linalg.norm(np.diff(joints, axis=0), axis=2).max() < 0.09


def test_squats_have_their_peaks_where_the_truth_says(man: Actor) -> None:
    stance = Stance(0, 0, 0, 0.36)
    routine = Routine((Hold(stance, 0.5), Squats(stance, 3, 1.6)))
    assert [one.exercise for one in routine.repetitions] == ["squat"] * 3
    heights = {t: routine.posture(man.proportions, t).pelvis_m[1] for t in np.arange(0, routine.duration_s, 0.01)}
    for one in routine.repetitions:
        window = {t: h for t, h in heights.items() if one.start_s <= t <= one.end_s}
        lowest = min(window.values())
        assert routine.posture(man.proportions, one.peak_s).pelvis_m[1] == pytest.approx(lowest, abs=1e-9)
        assert routine.posture(man.proportions, one.start_s).pelvis_m[1] - lowest > 0.25
    assert routine.repetitions[1].start_s == pytest.approx(0.5 + 1.6)


def test_jumping_jacks_are_widest_at_their_peaks(man: Actor) -> None:
    jacks = JumpingJacks(Stance(0, 0, 0), 2, 1.0)
    feet = jacks.posture(man.proportions, jacks.repetitions[0].peak_s).feet
    assert feet[0].ankle_m[0] - feet[1].ankle_m[0] == pytest.approx(jacks.open_width_m)
    closed = jacks.posture(man.proportions, 0.0).feet
    assert closed[0].ankle_m[0] - closed[1].ankle_m[0] == pytest.approx(jacks.stance.width_m)


def test_in_a_hop_both_feet_leave_the_floor(man: Actor) -> None:
    jacks = JumpingJacks(Stance(0, 0, 0), 1, 1.0)
    heights = [min(foot.ankle_m[1] for foot in jacks.posture(man.proportions, t).feet) for t in np.arange(0, 1, 0.01)]
    assert max(heights) > man.proportions.ankle_height + 0.05


@given(st.floats(-60, 60))
def test_a_foot_rolls_about_a_point_that_stays(pitch: float) -> None:
    body = Proportions(body_model().shaped(Build()))
    flat = Foot(np.array([0.2, body.ankle_height, 0.1]), 30.0)
    foot = rolled(body, flat, pitch)
    pivot = np.array([0, -body.ankle_height, body.ball if pitch > 0 else -body.heel])
    np.testing.assert_allclose(foot.ankle_m + foot.rotation @ pivot, flat.ankle_m + flat.rotation @ pivot, atol=1e-12)


@settings(max_examples=50)
@given(st.floats(-170, 170), st.floats(0, 80))
def test_a_swung_arm_points_where_it_was_swung(forward: float, outward: float) -> None:
    arm = Arm.swung(forward, outward)
    raised, azimuth = np.radians(arm.raised), np.radians(arm.azimuth)
    way = [np.sin(raised) * np.cos(azimuth), -np.cos(raised), np.sin(raised) * np.sin(azimuth)]
    front, side = np.radians(forward), np.radians(outward)
    expected = [np.sin(side), -np.cos(side) * np.cos(front), np.cos(side) * np.sin(front)]
    np.testing.assert_allclose(way, expected, atol=1e-6)


def test_ease_is_level_at_both_ends() -> None:
    assert ease(-1) == 0
    assert ease(2) == 1
    assert ease(0.5) == pytest.approx(0.5)
    assert ease(0.01) < 1e-4


def test_a_leg_that_is_too_short_is_an_error(man: Actor) -> None:
    posture = Hold(Stance(0, 0, 0), 1).posture(man.proportions, 0)
    high = posture.pelvis_m + np.array((0, 0.5, 0))
    with pytest.raises(SyntheticError, match="leg"):
        joints_by_feet(man.proportions, high, posture.upper, posture.feet)
