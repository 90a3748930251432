from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from lifting.normalise import FEATURES, Anchor, directions, features, look, turn_onto
from pose.joint_sets import OPENPOSE18
from tests.lifting.helpers import CAMERA, STANDING, in_front, joints_2d

HIPS = [OPENPOSE18.index("right_hip"), OPENPOSE18.index("left_hip")]


def seen_bundle(distance_m: float = 3.0) -> np.ndarray:
    return directions(CAMERA.rays(joints_2d(STANDING, in_front(distance_m))))[None]


def input_of(bundle: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sight = look(bundle, score)
    return features(bundle, score, Anchor.unknown(len(bundle)).after(sight), sight.pelvis)


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3).filter(lambda v: np.linalg.norm(v) > 0.1))
def test_turning_brings_the_direction_onto_the_axis_and_is_a_rotation(vector: list[float]) -> None:
    direction = np.array(vector) / np.linalg.norm(vector)
    rotation = turn_onto(direction)
    np.testing.assert_allclose(rotation @ direction, [0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert rotation[0, 1] == pytest.approx(0)  # x stays level


def test_the_pelvis_is_the_origin_of_the_features() -> None:
    inputs, _ = input_of(seen_bundle(), np.ones((1, 18)))
    joints = inputs[0, :54].reshape(18, 3)
    np.testing.assert_allclose(joints[HIPS, :2].mean(axis=0), 0, atol=2e-3)
    assert inputs.shape == (1, FEATURES)
    assert inputs[0, -1] == 1


def test_features_are_about_metres_whatever_the_distance() -> None:
    near, far = (input_of(seen_bundle(distance), np.ones((1, 18)))[0][0, :54].reshape(18, 3) for distance in (2.5, 6))
    heights = [joints[8, 1] - joints[0, 1] for joints in (near, far)]  # nose above the hip
    assert heights[0] == pytest.approx(0.65, abs=0.12)
    assert heights[0] == pytest.approx(heights[1], abs=0.05)


@settings(max_examples=30)
@given(st.floats(-60, 60))
def test_panning_the_camera_changes_no_feature(pan_deg: float) -> None:
    bundle, score = seen_bundle(), np.ones((1, 18))
    rotation = Rotation.from_euler("y", pan_deg, degrees=True).as_matrix()
    before, turn_before = input_of(bundle, score)
    after, turn_after = input_of(bundle @ rotation.T, score)
    np.testing.assert_allclose(before, after, atol=1e-5)
    np.testing.assert_allclose(turn_before, turn_after @ rotation, atol=1e-9)


@settings(max_examples=30)
@given(st.floats(-40, 40))
def test_tilting_the_camera_changes_no_feature_of_somebody_in_the_middle_column(tilt_deg: float) -> None:
    bundle, score = seen_bundle(), np.ones((1, 18))
    middle = look(bundle, score).anchor[0]
    pan = Rotation.from_euler("y", -np.degrees(np.arctan2(middle[0], middle[2])), degrees=True).as_matrix()
    tilt = Rotation.from_euler("x", tilt_deg, degrees=True).as_matrix()
    centred = bundle @ pan.T
    np.testing.assert_allclose(input_of(centred, score)[0], input_of(centred @ tilt.T, score)[0], atol=1e-5)


def test_the_extent_hardly_changes_when_joints_go() -> None:
    bundle = seen_bundle()
    whole = look(bundle, np.ones((1, 18))).log_extent[0]
    for gone in ([9, 10, 12, 13], [3, 4, 6, 7], [8, 9, 10, 11, 12, 13]):
        score = np.ones((1, 18))
        score[0, gone] = 0
        assert look(bundle, score).log_extent[0] == pytest.approx(whole, abs=0.15)


def test_a_missing_joint_is_all_zeros_and_its_position_is_not_read() -> None:
    bundle, score = seen_bundle(), np.ones((1, 18))
    score[0, 4] = 0
    other = bundle.copy()
    other[0, 4] = [0.6, 0.0, 0.8]
    first, second = input_of(bundle, score)[0], input_of(other, score)[0]
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first[0, :54].reshape(18, 3)[4], 0)


def test_without_hips_the_pelvis_is_taken_below_the_neck_and_marked() -> None:
    bundle, score = seen_bundle(), np.ones((1, 18))
    whole = look(bundle, score)
    score[0, 8:14] = 0
    desk = look(bundle, score)
    apart_deg = np.degrees(np.arccos(np.clip((whole.anchor * desk.anchor).sum(), -1, 1)))
    assert desk.pelvis[0] == 0
    assert apart_deg < 3


def test_nothing_seen_keeps_the_state() -> None:
    state = Anchor.unknown(1).after(look(seen_bundle(), np.ones((1, 18))))
    after = state.after(look(seen_bundle(), np.zeros((1, 18))))
    np.testing.assert_array_equal(after.direction, state.direction)
    np.testing.assert_array_equal(after.log_extent, state.log_extent)
