from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pose.camera import Distortion, Extrinsics, Intrinsics

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


# Coefficients of lenses as people calibrate them: webcams, an action camera, a cushion, a decentred lens.
LENSES = [
    Distortion(k1=0.08, k2=-0.21, p1=0.0007, p2=-0.0012, k3=0.11),
    Distortion(k1=-0.31, k2=0.12, p1=0.001, p2=-0.0005, k3=-0.02),
    Distortion(k1=0.25, k2=0.05),
    Distortion(k1=-0.05, p1=0.01, p2=-0.008),
]
CAMERA = Intrinsics(931.0, 925.0, 652.3, 350.9, 1280, 720)


@pytest.mark.parametrize("lens", LENSES)
def test_a_lens_there_and_back_is_less_than_a_millionth_of_a_pixel(lens: Distortion) -> None:
    camera = replace(CAMERA, distortion=lens)
    pixels = np.stack(np.meshgrid(np.linspace(-0.5, 1279.5, 41), np.linspace(-0.5, 719.5, 31)), axis=-1)
    assert camera.covers_picture
    np.testing.assert_allclose(camera.project(3 * camera.rays(pixels)), pixels, atol=1e-6)


@pytest.mark.parametrize("lens", LENSES)
def test_a_lens_is_that_of_opencv(lens: Distortion) -> None:
    camera = replace(CAMERA, distortion=lens)
    points = np.random.default_rng(0).uniform([-1, -0.6, 2], [1, 0.6, 3], (200, 3))
    theirs = cv2.projectPoints(points, np.zeros(3), np.zeros(3), camera.matrix, lens.coefficients)[0][:, 0]
    np.testing.assert_allclose(camera.project(points), theirs, atol=1e-8)
    exact = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 100, 1e-14)
    undone = cv2.undistortPointsIter(theirs, camera.matrix, lens.coefficients, np.eye(3), np.eye(3), exact)[:, 0]
    np.testing.assert_allclose(camera.rays(theirs)[:, :2], undone, atol=1e-9)


@given(st.integers(0, 3), st.tuples(st.floats(0, 1279), st.floats(0, 719)), st.floats(0.2, 9))
def test_back_projection_through_a_lens_is_undone_by_projection(
    lens: int, pixel: tuple[float, float], depth: float
) -> None:
    camera = replace(CAMERA, distortion=LENSES[lens])
    np.testing.assert_allclose(camera.project(camera.back_project(pixel, depth)), pixel, atol=1e-6)


def test_a_lens_of_zeros_changes_nothing_to_the_last_bit() -> None:
    points = np.random.default_rng(1).uniform([-1, -1, 1], [1, 1, 4], (50, 3))
    same = replace(CAMERA, distortion=Distortion(0, 0, 0, 0, 0))
    np.testing.assert_array_equal(same.project(points), CAMERA.project(points))
    assert hash(same) == hash(CAMERA)


def test_beyond_the_fold_a_lens_says_nothing_instead_of_something_wrong() -> None:
    barrel = Distortion(k1=-0.3)  # turns round at r = sqrt(1 / 0.9) = 1.054, where it shows 0.703
    camera = replace(CAMERA, distortion=barrel)
    far_aside = np.array([1.5, 0.0, 1.0])
    theirs = cv2.projectPoints(far_aside[None], np.zeros(3), np.zeros(3), camera.matrix, barrel.coefficients)[0][0, 0]
    assert 0 < theirs[0] < 1280, "OpenCV shows a point inside the picture that cannot be there"
    assert np.isnan(camera.project(far_aside)).all()
    assert np.isnan(barrel.undistort([[0.8, 0.0], [3.0, 4.0]])).all()
    assert np.isfinite(barrel.undistort([0.70, 0.0])).all()
    assert np.isnan(barrel.undistort([np.nan, 0.0])).all()


def test_a_lens_that_folds_inside_the_picture_does_not_cover_it() -> None:
    assert not replace(CAMERA, distortion=Distortion(k1=-1.5)).covers_picture


@pytest.mark.parametrize("lens", LENSES)
def test_resizing_and_cropping_a_picture_keep_the_rays(lens: Distortion) -> None:
    camera = replace(CAMERA, distortion=lens)
    pixels = np.array([[100.0, 50.0], [640.0, 360.0], [1200.0, 700.0]])
    half = camera.resized(640, 360)
    np.testing.assert_allclose(half.rays((pixels + 0.5) / 2 - 0.5), camera.rays(pixels), atol=1e-12)
    part = camera.cropped(80, 40, 1150, 670)
    np.testing.assert_allclose(part.rays(pixels - [80, 40]), camera.rays(pixels), atol=1e-12)
    assert (part.width, part.height) == (1150, 670)


def test_rays_and_pixels_keep_the_batch_shape() -> None:
    camera = replace(CAMERA, distortion=LENSES[0])
    assert camera.rays(np.zeros((2, 5, 18, 2), np.float32)).shape == (2, 5, 18, 3)
    assert camera.rays(np.zeros((0, 18, 2))).shape == (0, 18, 3)
    assert camera.project(np.ones((4, 3))).shape == (4, 2)


@pytest.mark.parametrize("deg", [0, 90, 180, 270])
def test_a_turned_camera_shows_the_turned_picture(deg: int) -> None:
    camera = Intrinsics(700.0, 650.0, 300.0, 250.0, 640, 480, Distortion(-0.1, 0.02, 0.003, -0.004, 0.001))
    turn = Rotation.from_euler("z", deg, degrees=True).as_matrix()  # clockwise with y down
    points = np.random.default_rng(0).uniform([-0.4, -0.3, 2], [0.4, 0.3, 4], (20, 3))
    seen = camera.project(points)
    x, y = seen.T
    expected = {0: (x, y), 90: (479 - y, x), 180: (639 - x, 479 - y), 270: (y, 639 - x)}[deg]
    turned = camera.turned(deg)
    np.testing.assert_allclose(turned.project(points @ turn.T), np.stack(expected, axis=-1), atol=1e-6)
    assert (turned.width, turned.height) == ((640, 480) if deg % 180 == 0 else (480, 640))
