from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pose.camera import Intrinsics
from render.layout import Rect
from render.orbit import ELEVATION_RANGE_DEG, FIELD_OF_VIEW_DEG, NEAR_M, OrbitCamera, Projection, scene_rotation

PANEL = Rect(100, 50, 500, 350)
LEVEL = scene_rotation((0.0, -1.0, 0.0))
ANGLES = {"azimuth": st.floats(-180, 180), "elevation": st.floats(*ELEVATION_RANGE_DEG)}
FROM_THE_FRONT = OrbitCamera(0.0, 0.0)


def test_from_the_front_the_scene_looks_as_the_camera_sees_it() -> None:
    points = np.random.default_rng(0).uniform((-1, -1, 2), (1, 1, 5), (20, 3))  # camera axes
    projection = Projection.looking(FROM_THE_FRONT, [0, 0, -3], 3.0, PANEL)
    found = projection.to_window(projection.to_camera(points @ LEVEL.T))
    expected = Intrinsics.from_fov(400, 300, FIELD_OF_VIEW_DEG).project(points) + np.array((100, 50))
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_from_the_right_what_is_nearer_the_camera_lies_left() -> None:
    projection = Projection.looking(OrbitCamera(90.0, 0.0), [0, 0, -3], 4.0, PANEL)
    nearer = projection.to_window(projection.to_camera([0, 0, -2.5]))
    farther = projection.to_window(projection.to_camera([0, 0, -3.5]))
    assert nearer[0] < farther[0]


@given(**ANGLES, zoom=st.floats(0.2, 6), mirror=st.booleans())
def test_the_target_is_in_the_middle_and_up_is_up(azimuth: float, elevation: float, zoom: float, mirror: bool) -> None:
    projection = Projection.looking(OrbitCamera(azimuth, elevation, zoom), [1, 2, 3], 5.0, PANEL, mirror)
    target, above = projection.to_camera([[1.0, 2.0, 3.0], [1.0, 2.1, 3.0]])
    assert target[2] == pytest.approx(5 / zoom)
    np.testing.assert_allclose(projection.to_window(target), (299.5, 199.5), atol=1e-6)
    assert projection.to_window(above)[1] < 199.5


@given(**ANGLES)
def test_mirror_swaps_left_and_right_of_the_panel(azimuth: float, elevation: float) -> None:
    plain = Projection.looking(OrbitCamera(azimuth, elevation), [0, 0, 0], 5.0, PANEL)
    mirrored = Projection.looking(OrbitCamera(azimuth, elevation), [0, 0, 0], 5.0, PANEL, mirror=True)
    seen = plain.to_camera([0.3, 0.4, 0.5])
    here, there = plain.to_window(seen), mirrored.to_window(seen)
    assert here[1] == there[1]
    assert here[0] + there[0] == pytest.approx(PANEL.x0 + PANEL.x1 - 1)


def test_segments_are_cut_before_the_camera() -> None:
    projection = Projection.looking(FROM_THE_FRONT, [0, 0, 0], 1.0, PANEL)  # stands at z = 1
    ends = projection.segments([[0.1, 0, 0], [0.1, 0, 5]], [[0.1, 0, 5], [0.1, 0, 6]])
    focal = projection.intrinsics.fx
    np.testing.assert_allclose(ends[0, [0, 2]], [299.5 + 0.1 * focal, 299.5 + 0.1 * focal / NEAR_M])
    assert np.isnan(ends[1]).all()


@given(up=st.tuples(*[st.floats(-1, 1)] * 3))
def test_scene_rotation_sets_up_upright(up: tuple[float, float, float]) -> None:
    length = float(np.linalg.norm(up))
    assume(length > 0.1)
    assume(np.hypot(up[0], up[1]) / length > 0.05)
    rotation = scene_rotation(up)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1)
    np.testing.assert_allclose(rotation @ (np.array(up) / length), (0, 1, 0), atol=1e-9)
    ahead = rotation @ [0, 0, 1]
    assert ahead[2] < 0
    assert ahead[0] == pytest.approx(0, abs=1e-9)


def test_a_camera_that_looks_straight_down_is_refused() -> None:
    with pytest.raises(ValueError, match="straight"):
        scene_rotation((0.0, 0.0, 1.0))


def test_drag_and_wheel_stay_in_range() -> None:
    camera = OrbitCamera()
    for _ in range(50):
        camera = camera.dragged(90, -90).zoomed(3)
    assert camera.elevation_deg == ELEVATION_RANGE_DEG[0]
    assert -180 <= camera.azimuth_deg < 180
    assert camera.zoom == 6.0
    assert OrbitCamera().zoomed(2).zoomed(-2).zoom == pytest.approx(1)
