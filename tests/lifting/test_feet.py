from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifting.feet import LEGS, Speedometer, bent_leg, reached
from pose.joint_sets import H36M17


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


@given(st.integers(0, 2**31))
def test_an_ankle_gets_where_it_is_to_go_or_near_and_never_jumps(seed: int) -> None:
    random = np.random.default_rng(seed)
    leg = np.array([[0, 0.9, 0], [0.02, 0.5, 0.06], [0, 0.1, 0]]) + random.normal(0, 0.03, (3, 3))
    np.testing.assert_allclose(reached(leg, leg[2]), leg[2], atol=1e-12)
    away = random.normal(0, 0.2, 3)
    way = np.array([reached(leg, leg[2] + share * away) for share in np.linspace(0, 1, 200)])
    assert np.linalg.norm(np.diff(way, axis=0), axis=1).max() <= 1.001 * np.linalg.norm(away) / 199
    far = np.linalg.norm(way - leg[0], axis=1)
    full = np.linalg.norm(leg[1] - leg[0]) + np.linalg.norm(leg[2] - leg[1])
    assert far.max() < max(np.linalg.norm(leg[2] - leg[0]), full - 0.0025) + 1e-9
    asked = np.linalg.norm(leg[2] + np.linspace(0, 1, 200)[:, None] * away - leg[0], axis=1)
    assert (far <= asked + 1e-9).all()
    easy = asked < full - 0.014
    np.testing.assert_allclose(far[easy], asked[easy], atol=1e-9)


def test_a_straight_leg_bends_without_a_plane() -> None:
    knee, ankle = bent_leg(np.array([[0, 1.0, 0], [0, 0.5, 0], [0, 0, 0]]), np.array([0, 0.2, 0]))
    assert np.isfinite(knee).all()
    np.testing.assert_allclose(ankle, [0, 0.2, 0], atol=1e-9)


def test_legs_are_those_of_the_joint_set() -> None:
    assert [[H36M17[joint] for joint in leg] for leg in LEGS] == [
        ["right_hip", "right_knee", "right_ankle"],
        ["left_hip", "left_knee", "left_ankle"],
    ]
