from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pose.calibration import CalibrationError
from pose.camera import Distortion, Intrinsics
from pose.chessboard import Chessboard, ChessboardFit, Views, calibrate, find_corners
from tests.pose.boards import Studio, corners_px, placements

BOARD = Chessboard(8, 6, 0.025)
LENS = Distortion(k1=-0.25, k2=0.1, p1=0.001, p2=-0.0007)
CAMERA = Intrinsics(466.0, 462.5, 326.1, 175.4, 640, 360, LENS)
SIZE = (CAMERA.width, CAMERA.height)
Float32 = NDArray[np.float32]


def _views(count: int, noise_px: float = 0.0, seed: int = 0, tilt_deg: float = 35) -> list[Float32]:
    random = np.random.default_rng(seed)
    seen = [corners_px(CAMERA, BOARD, one) for one in placements(CAMERA, BOARD, count, random, tilt_deg)]
    return [(view + random.normal(0, noise_px, view.shape)).astype(np.float32) for view in seen]


def _worst_ray_deg(found: Intrinsics, true: Intrinsics = CAMERA) -> float:
    """The largest angle between what both cameras say of a pixel, over the whole picture."""
    pixels = np.stack(np.meshgrid(np.linspace(0, SIZE[0] - 1, 17), np.linspace(0, SIZE[1] - 1, 11)), axis=-1)
    one, other = (
        rays / np.linalg.norm(rays, axis=-1, keepdims=True) for rays in (found.rays(pixels), true.rays(pixels))
    )
    return float(np.degrees(np.linalg.norm(one - other, axis=-1).max()))


def test_exact_corners_give_the_exact_camera() -> None:
    fit = calibrate(_views(10), BOARD, SIZE)
    camera = fit.calibration.intrinsics
    assert fit.calibration.error_px is not None
    assert fit.calibration.error_px < 1e-3
    assert camera.fx == pytest.approx(CAMERA.fx, rel=1e-4)
    assert camera.fy == pytest.approx(CAMERA.fy, rel=1e-4)
    np.testing.assert_allclose(camera.distortion.coefficients[:4], LENS.coefficients[:4], atol=2e-3)
    assert _worst_ray_deg(camera) < 0.01


def test_the_size_of_the_squares_changes_nothing() -> None:
    views = _views(9, 0.1)
    one = calibrate(views, BOARD, SIZE).calibration.intrinsics
    other = calibrate(views, Chessboard(8, 6, 0.1), SIZE).calibration.intrinsics
    assert one.fx == pytest.approx(other.fx, rel=1e-5)


def test_rendered_boards_give_the_camera_that_rendered_them() -> None:
    random, studio = np.random.default_rng(1), Studio(CAMERA)
    views = []
    for placement in placements(CAMERA, BOARD, 14, random):
        corners = find_corners(studio.picture(BOARD, *placement, random), BOARD, thorough=True)
        if corners is not None:
            true = corners_px(CAMERA, BOARD, placement)
            assert min(np.abs(way - true).mean() for way in (corners, corners[::-1])) < 0.1
            views.append(corners)
    assert len(views) >= 12
    fit: ChessboardFit = calibrate(views, BOARD, SIZE)
    assert fit.calibration.error_px is not None
    assert fit.calibration.error_px < 0.12
    assert fit.calibration.intrinsics.fx == pytest.approx(CAMERA.fx, rel=0.01)
    assert _worst_ray_deg(fit.calibration.intrinsics) < 0.5


def test_a_blurred_view_is_left_out_and_said() -> None:
    views = _views(12, 0.1)
    views[4] = (views[4] + np.random.default_rng(2).normal(0, 6, views[4].shape)).astype(np.float32)
    fit = calibrate(views, BOARD, SIZE)
    assert np.flatnonzero(~fit.used).tolist() == [4]
    assert fit.view_error_px[4] > 3
    assert fit.calibration.views == 11
    assert _worst_ray_deg(fit.calibration.intrinsics) < 0.5


@pytest.mark.parametrize("tilt_deg", [0, 0.5, 2, 5])
def test_boards_that_are_hardly_tilted_are_refused(tilt_deg: float) -> None:
    with pytest.raises(CalibrationError, match="focal length open"):
        calibrate(_views(12, 0.2, tilt_deg=tilt_deg), BOARD, SIZE)


def test_views_that_cannot_tell_are_refused() -> None:
    with pytest.raises(CalibrationError, match="seen in 7 views that differ, 8 are the least"):
        calibrate(_views(7), BOARD, SIZE)
    with pytest.raises(CalibrationError, match="px off, at most"):
        calibrate(_views(12, 2.0), BOARD, SIZE)
    with pytest.raises(CalibrationError, match="48 finite corners"):
        calibrate([view[:9] for view in _views(9)], BOARD, SIZE)


def test_no_board_no_corners() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (120, 160, 3), np.uint8)
    assert find_corners(noise, BOARD) is None
    assert find_corners(np.full((120, 160, 3), 128, np.uint8), BOARD, thorough=True) is None


@pytest.mark.parametrize("arguments", [(2, 6, 0.02), (9, 51, 0.02), (9, 6, 0.0), (9, 6, float("nan")), (9, 6, 25)])
def test_boards_that_are_none_are_refused(arguments: tuple[int, int, float]) -> None:
    with pytest.raises(CalibrationError, match="will do"):
        Chessboard(*arguments)


def test_only_views_that_differ_are_kept() -> None:
    views = Views(BOARD, SIZE)
    first, second = _views(2, seed=5)
    assert views.offer(first)
    assert not views.offer(first + 2)
    assert not views.offer(first[::-1]), "the same board from its other end is no new view"
    assert views.offer(second)
    assert len(views.kept) == 2


def test_hints_lead_to_where_nothing_was_seen_yet() -> None:
    views = Views(BOARD, SIZE, novelty=0.0)
    assert views.covered == 0
    assert views.hint() == "show the whole board at the top left"
    assert views.hint(mirrored=True) == "show the whole board at the top right"
    x, y = np.meshgrid(np.linspace(20, 60, 8), np.linspace(20, 50, 6))
    for left in (0, 200, 400):
        for top in (0, 120, 240):
            if (left, top) != (400, 240):
                views.offer(np.stack([x + left, y + top], axis=-1).reshape(-1, 2).astype(np.float32))
    assert views.hint() == "tilt the board, one side nearer to the camera"
    del views.kept[3:]
    assert views.hint() == "show the whole board at the top middle"
    views.kept = _views(30, seed=6)
    assert views.covered > 0.7
    assert "tilt" not in views.hint()
