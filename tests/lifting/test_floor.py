from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from lifting.errors import LiftingError
from lifting.feet import ANKLE_M, ANKLES
from lifting.floor import Floor, FloorSource, fit_floor
from lifting.floor_tracker import FloorTracker, estimate_floor, upright_axis
from pose.camera import Extrinsics
from pose.joint_sets import H36M17, flip_order
from tests.lifting.walker import standing, walking

Float = NDArray[np.float64]
NOBODY = np.zeros((0, 3))


def _camera(pitch_deg: float = 0.0, roll_deg: float = 0.0, height_m: float = 1.3) -> Extrinsics:
    """A camera 4 m in front of the origin that looks down by `pitch_deg`."""
    position = np.array([0.0, height_m, 4.0])
    return Extrinsics.looking_at(position, position + np.array([0, -np.tan(np.radians(pitch_deg)), -1]), roll_deg)


def _up(camera: Extrinsics) -> Float:
    return np.asarray(camera.rotation @ np.array([0.0, 1.0, 0.0]))


def _off_deg(floor: Floor, camera: Extrinsics) -> float:
    return float(np.degrees(np.arccos(np.clip(floor.up @ _up(camera), -1, 1))))


def _places(count: int, noise_m: float = 0.0, seed: int = 0) -> Float:
    """Ankles of flat feet here and there on the floor of the world (N, 3)."""
    random = np.random.default_rng(seed)
    places = np.stack([random.uniform(-2, 2, count), np.full(count, ANKLE_M), random.uniform(-3, 2, count)], axis=-1)
    return np.asarray(places + random.normal(0, noise_m, places.shape))


def _seen(camera: Extrinsics, joints: Float, fps: float = 30.0, level_sd_deg: float | None = 15.0) -> Floor:
    """The floor under one person's sequence (T, 17, 3) in the world."""
    count = len(joints)
    times, valid = np.arange(count) / fps, np.ones((count, 17), bool)
    return estimate_floor(camera.to_camera(joints), valid, np.zeros(count, np.int32), times, level_sd_deg=level_sd_deg)


@pytest.mark.parametrize(("pitch_deg", "roll_deg"), [(0, 0), (20, 0), (-10, 5), (35, -12)])
def test_exact_feet_give_the_exact_floor(pitch_deg: float, roll_deg: float) -> None:
    camera = _camera(pitch_deg, roll_deg)
    floor = fit_floor(camera.to_camera(_places(30)), NOBODY, level_sd_deg=None)
    assert _off_deg(floor, camera) < 1e-4
    assert floor.height_m == pytest.approx(1.3, abs=1e-6)
    assert floor.source is FloorSource.FEET
    assert floor.confidence > 0.9


def test_the_world_is_level_and_the_camera_stands_over_its_origin() -> None:
    camera = _camera(25, 10)
    floor = fit_floor(camera.to_camera(_places(40)), NOBODY, level_sd_deg=None)
    world = floor.extrinsics
    np.testing.assert_allclose(world.rotation @ world.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(world.rotation) == pytest.approx(1)
    np.testing.assert_allclose(world.to_world([0, 0, 0]), [0, 1.3, 0], atol=1e-5)
    ahead = world.to_world([0.0, 0.0, 3.0])
    assert ahead[2] < 0
    assert ahead[0] == pytest.approx(0, abs=1e-6)
    body = camera.to_camera(standing())
    np.testing.assert_allclose(world.to_world(body)[:, 1], standing()[:, 1], atol=1e-5)
    np.testing.assert_allclose(floor.heights(body), standing()[:, 1], atol=1e-5)


@pytest.mark.parametrize("up", [(0, 0, -1), (0, 0, 1), (1, 0, 0), (0, -1, 0)])
def test_every_camera_has_a_world(up: tuple[float, float, float]) -> None:
    floor = Floor(np.array(up, float), 2.0, 1.0, FloorSource.FEET, 9)
    world = floor.extrinsics
    np.testing.assert_allclose(world.rotation.T @ world.rotation, np.eye(3), atol=1e-12)
    assert np.linalg.det(world.rotation) == pytest.approx(1)
    np.testing.assert_allclose(world.to_world([0, 0, 0]), [0, 2, 0], atol=1e-12)
    np.testing.assert_allclose(world.to_world(-2 * floor.up), 0, atol=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.floats(0.5, 2))
def test_without_the_level_prior_the_floor_turns_and_grows_with_the_scene(seed: int, size: float) -> None:
    camera, turn = _camera(10), Rotation.random(random_state=seed).as_matrix()
    feet = camera.to_camera(_places(25, 0.02, seed))
    bodies = np.tile(_up(camera), (6, 1)) + np.random.default_rng(seed).normal(0, 0.05, (6, 3))
    bodies /= np.linalg.norm(bodies, axis=-1, keepdims=True)
    one = fit_floor(feet, bodies, level_sd_deg=None)
    other = fit_floor(feet @ turn.T, bodies @ turn.T, level_sd_deg=None)
    np.testing.assert_allclose(other.up, turn @ one.up, atol=1e-6)
    assert other.height_m == pytest.approx(one.height_m, abs=1e-6)
    assert other.spread_deg == pytest.approx(one.spread_deg, rel=1e-3)
    exact = camera.to_camera(_places(25))
    grown = fit_floor(size * exact, bodies, level_sd_deg=None)
    assert grown.height_m - ANKLE_M == pytest.approx(size * (1.3 - ANKLE_M), rel=0.15)


@given(st.integers(0, 2**31))
@settings(max_examples=30)
def test_a_mirrored_picture_has_the_mirrored_floor(seed: int) -> None:
    camera = _camera(12, 7)
    feet = camera.to_camera(_places(20, 0.02, seed))
    one, other = fit_floor(feet, NOBODY), fit_floor(feet * [-1, 1, 1], NOBODY)
    np.testing.assert_allclose(other.up, one.up * [-1, 1, 1], atol=1e-6)


def test_feet_in_the_air_do_not_lift_the_floor() -> None:
    camera, feet = _camera(15), _places(40, 0.01)
    feet[:10, 1] += np.random.default_rng(1).uniform(0.2, 0.6, 10)
    floor = fit_floor(camera.to_camera(feet), np.tile(_up(camera), (4, 1)))
    assert _off_deg(floor, camera) < 1.5
    assert np.median(np.abs(floor.heights(camera.to_camera(feet[10:])) - ANKLE_M)) < 0.015


def test_somebody_on_one_spot_tells_up_by_standing_upright() -> None:
    camera = _camera(20, 5)
    floor = _seen(camera, np.repeat(standing()[None], 90, axis=0))
    assert floor.source is FloorSource.BODIES
    assert _off_deg(floor, camera) < 3
    assert 0 < floor.confidence < 0.8
    assert np.abs(floor.heights(camera.to_camera(standing()))[ANKLES] - ANKLE_M).max() < 0.03


def test_walking_to_and_fro_tells_the_floor() -> None:
    camera = _camera(20, -6)
    joints, _ = walking(4.0, 30.0)
    aside = joints @ Rotation.from_euler("y", 80, degrees=True).as_matrix().T
    floor = _seen(camera, np.concatenate([joints - [0, 0, 2], aside]))
    assert floor.source is FloorSource.FEET
    assert _off_deg(floor, camera) < 1
    assert floor.seen_feet > 8
    heights = floor.heights(camera.to_camera(_places(20)))
    assert np.abs(heights - ANKLE_M).max() < 0.06


@pytest.mark.parametrize("turn_deg", [0, 90, 180, 200])
def test_whoever_lies_is_not_taken_for_standing(turn_deg: float) -> None:
    lying = standing() @ Rotation.from_euler("xy", [-90, turn_deg], degrees=True).as_matrix().T + [0, 0.1, 0]
    floor = _seen(_camera(), np.repeat(lying[None], 60, axis=0))
    assert floor.source is FloorSource.LYING
    assert floor.seen_feet == 0
    np.testing.assert_array_equal(floor.up, [0, -1, 0])
    assert 0 < floor.confidence < 0.3
    assert floor.height_m == pytest.approx(1.3, abs=0.15)


def test_who_lies_tells_nothing_once_somebody_stands() -> None:
    lying = standing() @ Rotation.from_euler("x", -90, degrees=True).as_matrix().T + [0, 0.8, 0]  # on a bench
    joints = np.concatenate([np.repeat(lying[None], 60, axis=0), np.repeat(standing()[None], 60, axis=0)])
    floor = _seen(_camera(), joints)
    assert floor.source is FloorSource.BODIES
    assert floor.height_m == pytest.approx(1.3, abs=0.05)


@pytest.mark.parametrize("nearer", [1.5, 2.0, 3.0])
def test_feet_that_hang_do_not_tilt_the_floor(nearer: float) -> None:
    """Slow pull-ups: feet move up and down, and to and fro as they are lifted, where there is no floor."""
    up_m = 0.25 * (1 - np.cos(2 * np.pi * np.arange(900) / 30 / 14))
    floor = _seen(_camera(), standing()[None] + up_m[:, None, None] * [0.0, 1.0, nearer])
    assert floor.source is FloorSource.BODIES
    assert _off_deg(floor, _camera()) < 6


def test_nobody_means_a_level_camera_and_that_is_said() -> None:
    floor = fit_floor(NOBODY, NOBODY)
    np.testing.assert_array_equal(floor.up, [0, -1, 0])
    assert floor.source.value == "a camera taken as level"
    assert floor.confidence == 0
    tracker = FloorTracker()
    tracker.step(np.zeros((0, 17, 3)), np.zeros((0, 17), bool), np.zeros(0, np.int32), 0.0)
    assert tracker.floor.source is FloorSource.LEVEL


def test_two_feet_alone_keep_the_camera_level_but_give_its_height() -> None:
    camera = _camera()
    joints = np.repeat(standing()[None], 60, axis=0)
    valid = np.ones((60, 17), bool)
    valid[:, [H36M17.index("left_knee"), H36M17.index("right_knee")]] = False  # upright or not, nobody can tell
    floor = estimate_floor(camera.to_camera(joints), valid, np.zeros(60, np.int32), np.arange(60) / 30)
    assert floor.source is FloorSource.LEVEL
    assert floor.height_m == pytest.approx(1.3, abs=0.02)
    assert floor.confidence < 0.4


def test_the_axis_of_a_standing_body_is_up_and_that_of_others_is_none() -> None:
    axis = upright_axis(standing())
    assert axis is not None
    assert np.degrees(np.arccos(axis[1])) < 2
    mirrored = upright_axis(standing()[flip_order(H36M17)] * [-1, 1, 1])
    assert mirrored is not None
    np.testing.assert_allclose(mirrored, axis * [-1, 1, 1], atol=1e-12)
    bent = standing()
    bent[H36M17.index("left_knee"), 2] += 0.25
    assert upright_axis(bent) is None
    bowed = standing()
    bowed[H36M17.index("thorax"), 2] += 0.4
    assert upright_axis(bowed) is None
    assert upright_axis(np.full((17, 3), np.nan)) is None
    assert upright_axis(np.zeros((17, 3))) is None


def test_the_stream_follows_the_sequence_and_its_memory_is_bounded() -> None:
    camera = _camera(10)
    joints, _ = walking(40.0, 10.0)
    seen, tracker = camera.to_camera(joints * [1, 1, 0.2]), FloorTracker()
    for row, body in enumerate(seen):
        tracker.step(body[None], np.ones((1, 17), bool), np.zeros(1, np.int32), row / 10)
    whole = estimate_floor(seen, np.ones((400, 17), bool), np.zeros(400, np.int32), np.arange(400) / 10)
    np.testing.assert_allclose(tracker.fit().up, whole.up)
    assert len(tracker._cells) <= 256


def test_somebody_new_and_somebody_gone_do_not_make_feet_fast() -> None:
    """Two people who take turns in one row each: speeds are read a person, not a row."""
    camera = _camera()
    one, other = standing() - [1, 0, 0], standing() - [-1, 0, 0]
    tracker = FloorTracker()
    for frame in range(40):
        bodies = np.stack([one, other] if frame % 2 else [other, one])
        ids = np.array([1, 2] if frame % 2 else [2, 1], np.int32)
        tracker.step(camera.to_camera(bodies), np.ones((2, 17), bool), ids, frame / 30)
    assert tracker.fit().seen_feet >= 4


def test_bad_input_is_refused_or_unknown() -> None:
    with pytest.raises(LiftingError, match="not finite"):
        fit_floor(np.full((3, 3), np.nan), NOBODY)
    with pytest.raises(LiftingError, match="not a number of seconds"):
        FloorTracker().step(np.zeros((1, 17, 3)), np.ones((1, 17), bool), np.zeros(1, np.int32), float("nan"))
    floor = _seen(_camera(), np.full((30, 17, 3), np.nan))
    assert floor.confidence == 0


def test_going_back_in_time_is_no_speed() -> None:
    camera, tracker = _camera(), FloorTracker()
    body, valid, ids = camera.to_camera(standing())[None], np.ones((1, 17), bool), np.zeros(1, np.int32)
    for time_s in (5.0, 5.03, 5.06, 1.0, 1.03, 1.06):
        tracker.step(body, valid, ids, time_s)
    assert tracker.fit().seen_feet >= 2
