from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose.camera import Extrinsics, Intrinsics

_lengths = st.floats(-5, 5)
_points = st.tuples(_lengths, _lengths, st.floats(0.2, 9))
_positions = st.tuples(_lengths, _lengths, _lengths)


@given(_points, st.floats(20, 150), st.integers(2, 4000), st.integers(2, 4000))
def test_projection_and_back_projection_are_a_round_trip(point: tuple[float, ...], fov: float, w: int, h: int) -> None:
    camera = Intrinsics.from_fov(w, h, fov)
    np.testing.assert_allclose(camera.back_project(camera.project(point), point[2]), point, atol=1e-6)


def test_the_borders_of_the_picture_see_the_field_of_view() -> None:
    camera = Intrinsics.from_fov(640, 480, 60)
    left, right = camera.rays([[-0.5, 239.5], [639.5, 239.5]])
    assert np.degrees(np.arctan2(right[0], right[2]) - np.arctan2(left[0], left[2])) == pytest.approx(60)
    upright = Intrinsics.from_fov(480, 640, 60)
    assert upright.fx == camera.fx


def test_what_is_not_in_front_of_the_camera_has_no_pixel() -> None:
    camera = Intrinsics.from_fov(640, 480)
    assert np.isnan(camera.project([[0, 0, 0], [0, 0, -1]])).all()


@pytest.mark.parametrize("fov", [0, -5, 180])
def test_impossible_fields_of_view_are_refused(fov: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 180"):
        Intrinsics.from_fov(640, 480, fov)


@given(_positions, _positions, st.floats(-180, 180), _positions)
def test_extrinsics_are_rigid_and_have_an_inverse(
    position: tuple[float, ...], target: tuple[float, ...], roll: float, point: tuple[float, ...]
) -> None:
    if np.linalg.norm(np.subtract(position, target)) < 1e-3:
        return
    camera = Extrinsics.looking_at(position, target, roll)
    np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(camera.rotation) == pytest.approx(1)
    np.testing.assert_allclose(camera.to_world(camera.to_camera(point)), point, atol=1e-9)
    np.testing.assert_allclose(camera.to_camera(position), 0, atol=1e-9)
    seen = camera.to_camera(target)
    np.testing.assert_allclose(seen[:2], 0, atol=1e-9)
    assert seen[2] > 0


def test_a_level_camera_sees_up_as_minus_y_and_its_right_as_plus_x() -> None:
    camera = Extrinsics.looking_at([0, 1, 3], [0, 1, 0])
    np.testing.assert_allclose(camera.to_camera([0, 2, 0]), [0, -1, 3], atol=1e-12)
    np.testing.assert_allclose(camera.to_camera([1, 1, 0]), [1, 0, 3], atol=1e-12)


def test_a_camera_rolled_clockwise_sees_up_on_its_left() -> None:
    camera = Extrinsics.looking_at([0, 0, 3], [0, 0, 0], roll_deg=90)
    np.testing.assert_allclose(camera.to_camera([0, 1, 0]), [-1, 0, 3], atol=1e-12)


def test_a_camera_cannot_look_at_itself() -> None:
    with pytest.raises(ValueError, match="own position"):
        Extrinsics.looking_at([1, 1, 1], [1, 1, 1])
