from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.errors import ExportError
from export.motion import ExportOptions, Timeline, motions
from export.world import World
from tests.export.people import actor, camera_up, joined, nobody, walkers


def test_a_gap_stays_a_gap_on_the_clips_clock() -> None:
    (motion,) = motions(walkers([2, 3, 6, 7]))
    assert motion.frame_index.tolist() == [2, 3, 4, 5, 6, 7]
    assert motion.seen.tolist() == [True, True, False, False, True, True]
    np.testing.assert_allclose(motion.time_s, np.arange(2, 8) / 25)
    assert np.isnan(motion.xyz_m[2:4]).all()
    assert motion.even


def test_the_timeline_has_frames_without_people() -> None:
    poses = joined(walkers([3, 4]), walkers([4, 5, 9], track_id=2))
    timeline = Timeline.of(poses, ExportOptions(frame_count=12))
    assert timeline.frame_index.tolist() == list(range(12))
    np.testing.assert_allclose(timeline.time_s, np.arange(12) / 25)
    assert len(Timeline.of(poses, ExportOptions()).frame_index) == 10
    assert len(Timeline.of(nobody(), ExportOptions()).frame_index) == 0
    assert len(Timeline.of(nobody(), ExportOptions(frame_count=5)).frame_index) == 5


@pytest.mark.parametrize("every", [None, 3])
def test_every_third_frame_is_no_gap(every: int | None) -> None:
    (motion,) = motions(walkers([30, 33, 36, 42]), ExportOptions(every=every, first_frame=30))
    assert motion.frame_index.tolist() == [30, 33, 36, 39, 42]
    assert motion.fps == pytest.approx(25 / 3)
    assert motion.even


def test_times_rounded_to_milliseconds_are_even() -> None:
    frames = list(range(100))
    (motion,) = motions(walkers(frames, [round(one / 29.97, 3) for one in frames], fps=29.97))
    assert motion.even
    assert motion.fps == 29.97
    assert motion.evenly() is motion


def test_a_wrong_rate_in_the_container_is_not_believed() -> None:
    (motion,) = motions(walkers(list(range(50)), [one / 20 for one in range(50)], fps=25))
    assert motion.fps == pytest.approx(20)


def test_an_unknown_rate_is_measured() -> None:
    (motion,) = motions(replace(walkers(list(range(50)), [one / 20 for one in range(50)]), fps=float("nan")))
    assert motion.fps == pytest.approx(20)


@given(st.lists(st.floats(0.01, 0.1), min_size=3, max_size=40))
def test_a_variable_rate_is_interpolated_where_it_should_be(steps: list[float]) -> None:
    times = np.concatenate([[0.5], 0.5 + np.cumsum(steps)])
    (motion,) = motions(walkers(list(range(len(times))), times.tolist()))
    even = motion.evenly()
    np.testing.assert_allclose(np.diff(even.time_s), 1 / even.fps, rtol=1e-6 if not motion.even else 0.6)
    # the walker's pelvis says at which time it was taken
    np.testing.assert_allclose(even.xyz_m[:, 0, 0], 0.1 * even.time_s, atol=1e-6)


def test_interpolation_does_not_cross_what_is_unknown() -> None:
    times = [0.0, 0.03, 0.09, 0.1, 0.2, 0.22]
    poses = walkers([0, 1, 2, 3, 4, 5], times)
    poses.valid[2, 3] = False
    even = motions(poses)[0].evenly()
    inside = (even.time_s > 0.031) & (even.time_s < 0.0999)
    assert inside.any()
    assert np.isnan(even.xyz_m[inside, 3]).all()
    assert np.isfinite(even.xyz_m[:, 0]).all()


def test_a_level_camera_is_turned_to_y_up() -> None:
    (motion,) = motions(walkers([0]))
    head, pelvis = motion.xyz_m[0, 10], motion.xyz_m[0, 0]
    np.testing.assert_allclose(head - pelvis, [0, 0.78, 0], atol=1e-6)
    np.testing.assert_allclose(pelvis, [0, 0, -3], atol=1e-6)


def test_a_tilted_camera_is_levelled() -> None:
    poses = actor()
    world = World.from_up(camera_up(), camera_height_m=1.2)
    first = motions(poses, ExportOptions(world=world))[0]
    level = motions(poses)[0]
    tilt = np.degrees(np.arctan2(*np.ptp(first.xyz_m[:, 0], axis=0)[[1, 2]]))
    assert tilt < np.degrees(np.arctan2(*np.ptp(level.xyz_m[:, 0], axis=0)[[1, 2]]))
    np.testing.assert_allclose(world.rotation @ world.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(world.rotation) == pytest.approx(1)
    np.testing.assert_allclose(world.points([0, 0, 0]), [0, 1.2, 0])


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ExportError, match="three numbers"):
        World.from_up([0, 0, 0])
    with pytest.raises(ExportError, match="cannot be right"):
        motions(walkers([0, 2_000_000_000]))
    with pytest.raises(ExportError, match="twice in one frame"):
        motions(joined(walkers([0, 1]), walkers([1])))
