from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitness.signals import ANGLES, OWN, SIGNALS, Joints, View, measure, view_of, view_width
from pose.joint_sets import OPENPOSE18, flip_order
from tests.fitness.bodies import J, front, side_squat

STILL = np.zeros(1)


def _joints(xy: np.ndarray) -> Joints:  # type: ignore[type-arg]
    return Joints.of(xy, np.ones(xy.shape[:2]))


@pytest.mark.parametrize("angle", [60.0, 90.0, 135.0, 179.0])
def test_knees_and_elbows_have_their_interior_angle(angle: float) -> None:
    knees = measure(_joints(side_squat(np.array([angle]))), ("knee", "knee_apart"))
    assert knees["knee"] == pytest.approx(np.full((1, 2), angle))
    assert knees["knee_apart"] == pytest.approx(np.zeros((1, 1)), abs=1e-6)
    elbow = (np.array([angle]), np.array([180.0]))
    measured = measure(_joints(front((STILL, STILL), np.ones(1), elbow)), ("elbow",))["elbow"]
    assert measured == pytest.approx(np.array([[angle, 180]]), abs=1e-4)


def test_views_are_told_apart() -> None:
    assert view_of(float(view_width(_joints(side_squat(np.array([170.0]))))[0])) is View.SIDE
    assert view_of(float(view_width(_joints(front((STILL, STILL), np.ones(1))))[0])) is View.FRONT


@given(st.floats(1, 5), st.floats(-500, 500), st.floats(60, 175))
def test_signals_do_not_depend_on_size_and_place(scale: float, shift: float, knee: float) -> None:
    xy = side_squat(np.array([knee]))
    one, other = (measure(_joints(body), tuple(SIGNALS)) for body in (xy, xy * scale + shift))
    for name, value in one.items():
        size = scale if name in OWN else 1.0
        np.testing.assert_allclose(other[name], value * size, atol=1e-5, rtol=1e-6, equal_nan=True)


def test_right_and_left_swap_in_a_mirror() -> None:
    arms = (np.array([20.0]), np.array([100.0]))
    xy = front(arms, np.ones(1), (np.array([90.0]), np.array([150.0])))
    mirrored = (xy * [-1, 1])[:, flip_order(OPENPOSE18)]
    one, other = measure(_joints(xy), tuple(SIGNALS)), measure(_joints(mirrored), tuple(SIGNALS))
    for name, value in one.items():
        np.testing.assert_allclose(other[name], value[:, ::-1], atol=1e-6, equal_nan=True)


def test_what_is_unknown_is_nan_and_nothing_else() -> None:
    xy = side_squat(np.array([120.0]))
    score = np.ones((1, 18))
    score[0, J["right_ankle"]] = 0
    values = measure(Joints.of(xy, score), ("knee", "hip", "hip_3d"))
    assert np.isnan(values["knee"][0, 0])
    assert np.isfinite(values["knee"][0, 1])
    assert np.isfinite(values["hip"]).all()
    assert np.isnan(values["hip_3d"]).all()
    empty = measure(Joints.of(np.zeros((1, 18, 2)), np.ones((1, 18))), tuple(SIGNALS))  # all joints at one place
    assert all(not np.isinf(value).any() for value in empty.values())
    assert set(SIGNALS) >= ANGLES
