from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from lifting.errors import LiftingError
from lifting.feet import (
    ANKLE_M,
    ANKLES,
    LEGS,
    ContactOptions,
    FootContact,
    FootLock,
    Speedometer,
    bent_leg,
    lock_feet,
    planted_feet,
)
from pose.joint_sets import H36M17, H36M17_BONES
from pose.metrics import foot_slides
from tests.lifting.walker import standing, walking

Float = NDArray[np.float64]
FPS = 30.0
ALL = np.ones(17, bool)


def _lengths(joints: Float) -> Float:
    one, other = np.array(H36M17_BONES).T
    return np.asarray(np.linalg.norm(joints[..., one, :] - joints[..., other, :], axis=-1))


def _trembling(joints: Float, seed: int, place_m: float = 0.03) -> Float:
    """The same motion with its place off by a slowly changing error, as a lifted body has it."""
    random, off = np.random.default_rng(seed), np.zeros((len(joints), 1, 3))
    for row in range(1, len(joints)):
        off[row] = 0.9 * off[row - 1] + random.normal(0, place_m * np.sqrt(1 - 0.81), 3) * [0.4, 0.0, 1.0]
    return joints + off


def _for_a_while(stands: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where feet (T, 2) have stood for a tenth of a second already: contact is never known at once."""
    out = stands.copy()
    for back in range(1, 4):
        out[back:] &= stands[:-back]
    return out


def test_the_speed_of_an_even_motion_is_exact_at_any_rate() -> None:
    meter, velocity = Speedometer(0.2), np.array([0.3, -1.0, 2.0])
    for time_s in (0.0, 0.03, 0.1, 0.11, 0.2, 0.31):
        seen = meter.step(velocity[None] * time_s, time_s)
    np.testing.assert_allclose(seen[0], velocity)


def test_the_speed_of_what_is_not_seen_is_unknown() -> None:
    meter = Speedometer(0.2)
    assert np.isnan(meter.step(np.zeros((1, 3)), 0.0)).all()
    assert np.isnan(meter.step(np.full((1, 3), np.nan), 0.1)).all()
    np.testing.assert_allclose(meter.step(np.ones((1, 3)), 0.2), 5.0)
    np.testing.assert_allclose(meter.step(np.ones((1, 3)) * 2, 0.2), 10.0, err_msg="the same time replaces the last")


def test_contact_has_hysteresis_in_height_and_speed() -> None:
    contact = FootContact(ContactOptions(0.05, 0.10, 0.3, 0.6))
    known = np.ones(2, bool)

    def at(height_m: float, time_s: float, x: float = 0.0) -> bool:
        return bool(contact.step(np.array([[x, ANKLE_M + height_m, 0], [0, 1, 0]]), known, time_s)[0])

    assert not at(0.07, 0.0)
    assert not at(0.07, 0.1), "too high to begin"
    assert not at(0.04, 0.2), "low enough, but it has just come down"
    assert at(0.04, 0.3)
    assert at(0.07, 0.4), "not high enough to end"
    assert at(0.07, 0.5, 0.045), "0.45 m/s is not fast enough to end"
    assert not at(0.07, 0.6, 0.145), "1 m/s is"
    assert not at(0.02, 0.7, 0.18)
    assert at(0.02, 0.8, 0.19)
    assert at(0.02, 0.9, 0.19)
    assert not at(0.12, 1.0, 0.19), "lifted"


def test_a_foot_that_is_not_known_does_not_stand_and_a_gap_starts_anew() -> None:
    joints = np.repeat(standing()[None], 9, axis=0)
    known = np.ones((9, 17), bool)
    known[5, ANKLES[1]] = False
    times = np.array([0, 1, 2, 3, 4, 5, 6, 40, 41]) / FPS
    planted = planted_feet(joints, known, times)
    assert planted[:, 0].tolist() == [False, True, True, True, True, True, True, False, True]
    assert planted[:, 1].tolist() == [False, True, True, True, True, False, True, False, True]


def test_walking_feet_alternate() -> None:
    joints, truth = walking(4.0, FPS)
    planted = planted_feet(joints, np.ones(joints.shape[:2], bool), np.arange(len(joints)) / FPS)
    assert (planted == truth)[5:].mean() > 0.8
    assert (planted | ~_for_a_while(truth))[5:].mean() > 0.97, "hardly a foot that stands is missed"
    assert planted.any(axis=1)[5:].all()
    assert (planted.sum(axis=1) == 1).mean() > 0.5, "one foot swings most of the time"


def test_a_body_that_trembles_does_not_lift_its_feet() -> None:
    """The place trembles, the pose does not: read against the pelvis the feet stand."""
    seen = _trembling(np.repeat(standing()[None], 200, axis=0), 7, place_m=0.06)
    times = np.arange(200) / FPS
    contact, alone = FootContact(), FootContact()
    with_body = [
        contact.step(one[ANKLES], np.ones(2, bool), now, one[0]).all() for one, now in zip(seen, times, strict=True)
    ]
    without = [alone.step(one[ANKLES], np.ones(2, bool), now).all() for one, now in zip(seen, times, strict=True)]
    assert np.mean(with_body) > 0.9
    assert np.mean(with_body) > np.mean(without) + 0.1


def test_held_feet_of_a_trembling_walk_slide_less_and_bones_keep_their_length() -> None:
    joints, truth = walking(6.0, FPS)
    seen, times = _trembling(joints, 1), np.arange(len(joints)) / FPS
    out, held = lock_feet(seen, np.ones(seen.shape[:2], bool), times)
    before, after = (foot_slides(one[:, ANKLES], _for_a_while(truth)) for one in (seen, out))
    assert np.median(before) > 0.03
    assert np.median(after) < 0.01
    assert foot_slides(joints[:, ANKLES], truth).max() < 1e-9, "in truth nothing slides"
    assert held.any(axis=1).mean() > 0.9
    np.testing.assert_allclose(_lengths(out), _lengths(seen), atol=1e-9)
    np.testing.assert_array_equal(out[:, 0, 1], seen[:, 0, 1], "the hips keep their height")


def test_who_stands_still_does_not_slide_at_all() -> None:
    seen = _trembling(np.repeat(standing()[None], 120, axis=0), 2)
    out, _ = lock_feet(seen, np.ones((120, 17), bool), np.arange(120) / FPS)
    assert np.linalg.norm(np.diff(seen[:, ANKLES], axis=0), axis=-1).max() > 0.03
    assert np.linalg.norm(np.diff(out[5:, ANKLES], axis=0), axis=-1).max() < 0.006
    assert np.abs(np.diff(out[5:], axis=0)).max() < 0.006, "nor does the rest of the body"


def test_nothing_jumps_when_a_foot_is_taken_or_let_go() -> None:
    joints, _ = walking(6.0, 60.0)
    seen = _trembling(joints, 3, 0.02)
    out, _ = lock_feet(seen, np.ones(seen.shape[:2], bool), np.arange(len(seen)) / 60)
    steps = np.linalg.norm(np.diff(out - seen, axis=0), axis=-1)
    noise = np.linalg.norm(np.diff(seen - joints, axis=0), axis=-1).max()
    knees = [leg[1] for leg in LEGS]  # of a straight leg a knee goes far when the ankle goes a little
    assert np.delete(steps, knees, axis=1).max() < noise + 0.03
    assert steps[:, knees].max() < noise + 0.06


def test_exact_feet_are_hardly_moved() -> None:
    joints, _ = walking(4.0, FPS)
    out, _ = lock_feet(joints, np.ones(joints.shape[:2], bool), np.arange(len(joints)) / FPS)
    assert np.linalg.norm(out - joints, axis=-1).mean() < 0.02


def test_the_stream_and_the_sequence_are_one() -> None:
    joints, _ = walking(2.0, FPS)
    seen, valid = _trembling(joints, 4), np.ones(joints.shape[:2], bool)
    valid[20:25, LEGS[0][2]] = False
    out, held = lock_feet(seen, valid, np.arange(len(seen)) / FPS)
    lock = FootLock()
    for row in range(len(seen)):
        one, one_held = lock.step(seen[row], valid[row], row / FPS)
        np.testing.assert_array_equal(one, out[row])
        np.testing.assert_array_equal(one_held, held[row])
    assert not held[20:25, 0].any()


@settings(max_examples=20)
@given(st.floats(-180, 180), st.floats(-5, 5))
def test_turning_about_the_vertical_and_moving_along_the_floor_changes_nothing(turn_deg: float, away: float) -> None:
    joints, _ = walking(1.0, FPS)
    seen, valid, times = _trembling(joints, 5), np.ones(joints.shape[:2], bool), np.arange(len(joints)) / FPS
    turn = Rotation.from_euler("y", turn_deg, degrees=True).as_matrix()
    out, _ = lock_feet(seen, valid, times)
    moved, _ = lock_feet(seen @ turn.T + [away, 0, 2], valid, times)
    np.testing.assert_allclose(moved, out @ turn.T + [away, 0, 2], atol=1e-6)


def test_somebody_who_is_carried_away_is_let_go() -> None:
    joints = np.repeat(standing()[None], 60, axis=0)
    joints[30:, :, 0] += np.linspace(0, 1.0, 30)[:, None]  # 1 m in a second, feet flat: on a skateboard
    out, held = lock_feet(joints, np.ones((60, 17), bool), np.arange(60) / FPS)
    assert held[29].all()
    assert not held[40:].any()
    assert np.abs(out[-1] - joints[-1]).max() < 0.01


def test_missing_legs_leave_the_body_alone() -> None:
    joints, _ = walking(1.0, FPS)
    joints[:, [one for leg in LEGS for one in leg]] = np.nan
    valid = np.isfinite(joints).all(axis=-1)
    out, held = lock_feet(joints, valid, np.arange(len(joints)) / FPS)
    np.testing.assert_array_equal(out, joints)
    assert not held.any()


def test_what_is_not_finite_is_refused() -> None:
    joints = standing()
    with pytest.raises(LiftingError, match="not finite"):
        FootLock().step(joints, ALL, float("nan"))
    joints[4] = np.nan
    with pytest.raises(LiftingError, match="not finite"):
        FootLock().step(joints, ALL, 0.0)


def test_time_that_runs_backwards_starts_anew() -> None:
    lock = FootLock()
    for row in range(10):
        _, held = lock.step(standing(), ALL, 5 + row / FPS)
    assert held.all()
    out, held = lock.step(standing() + np.array([3.0, 0, 0]), ALL, 1.0)
    assert not held.any()
    np.testing.assert_allclose(out, standing() + np.array([3.0, 0, 0]))


@given(st.integers(0, 2**31))
def test_a_bent_leg_reaches_where_it_can_and_keeps_its_bones(seed: int) -> None:
    random = np.random.default_rng(seed)
    leg = np.array([[0, 0.9, 0], [0.05, 0.5, 0.1], [0, 0.1, 0]]) + random.normal(0, 0.05, (3, 3))
    thigh, shank = np.linalg.norm(leg[1] - leg[0]), np.linalg.norm(leg[2] - leg[1])
    target = leg[2] + random.normal(0, 0.3, 3)
    knee, ankle = bent_leg(leg, target)
    assert np.linalg.norm(knee - leg[0]) == pytest.approx(thigh)
    assert np.linalg.norm(ankle - knee) == pytest.approx(shank)
    if abs(thigh - shank) < np.linalg.norm(target - leg[0]) < thigh + shank - 1e-5:
        np.testing.assert_allclose(ankle, target, atol=1e-5)
    same = bent_leg(leg, leg[2])
    np.testing.assert_allclose(same, leg[1:], atol=1e-6)


def test_a_straight_leg_bends_without_a_plane() -> None:
    knee, ankle = bent_leg(np.array([[0, 1.0, 0], [0, 0.5, 0], [0, 0, 0]]), np.array([0, 0.2, 0]))
    assert np.isfinite(knee).all()
    np.testing.assert_allclose(ankle, [0, 0.2, 0], atol=1e-9)


def test_legs_are_those_of_the_joint_set() -> None:
    assert [[H36M17[joint] for joint in leg] for leg in LEGS] == [
        ["right_hip", "right_knee", "right_ankle"],
        ["left_hip", "left_knee", "left_ankle"],
    ]
