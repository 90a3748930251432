from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lifting import offline
from lifting.errors import LiftingError
from lifting.normalise import Anchor, Sight, directions, follow, look
from lifting.offline import OfflineLifter
from tests.lifting.helpers import CAMERA, STANDING, in_front, joints_2d, weight_file


@pytest.fixture
def lifter(tmp_path: Path) -> OfflineLifter:
    return OfflineLifter(CAMERA, weight_file(tmp_path))


def track(frames: int, fps: float = 30.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, joints and scores of somebody who stands still."""
    xy = np.tile(joints_2d(STANDING, in_front()), (frames, 1, 1))
    return np.arange(frames) / fps, xy, np.full((frames, 18), 0.9)


def test_a_whole_track_is_lifted_and_valid(lifter: OfflineLifter) -> None:
    lifted = lifter.track(*track(50))
    assert lifted.xyz_m.shape == (50, 17, 3)
    assert lifted.root_m.shape == (50, 3)
    assert lifted.valid.all()
    assert np.isfinite(lifted.xyz_m).all()
    assert (lifted.root_m[:, 2] > 0).all()
    np.testing.assert_array_equal(lifted.xyz_m[:, 0], 0)


def test_the_same_motion_at_another_rate_gives_the_same_poses(lifter: OfflineLifter) -> None:
    whole = lifter.track(*track(61, 30.0))
    half = lifter.track(*track(31, 15.0))
    np.testing.assert_allclose(half.xyz_m, whole.xyz_m[::2], atol=1e-5)


def test_frames_without_the_person_are_unknown_and_a_short_gap_is_bridged(lifter: OfflineLifter) -> None:
    time, xy, score = track(120)
    score[30:34] = 0
    score[60:100] = 0
    xy[62] = np.nan
    lifted = lifter.track(time, xy, score)
    assert lifted.valid[30:34].all()
    assert not lifted.valid[80].any()  # two thirds of a second from the nearest sight
    assert not lifted.xyz_m[80].any()
    assert lifted.valid[100:].all()


def test_legs_that_were_never_seen_are_not_valid(lifter: OfflineLifter) -> None:
    time, xy, score = track(40)
    score[:, [9, 10, 12, 13]] = 0
    lifted = lifter.track(time, xy, score)
    assert not lifted.valid[:, [2, 3, 5, 6]].any()
    assert lifted.valid[:, [8, 11, 12, 13]].all()


@pytest.mark.parametrize("frames", [0, 1, 2, 5])
def test_short_tracks(lifter: OfflineLifter, frames: int) -> None:
    lifted = lifter.track(*track(frames))
    assert lifted.xyz_m.shape == (frames, 17, 3)
    assert lifted.valid.all()


def test_nothing_seen_is_nothing_known(lifter: OfflineLifter) -> None:
    time, xy, score = track(10)
    lifted = lifter.track(time, np.full_like(xy, np.nan), score)
    assert not lifted.valid.any()
    assert not lifted.root_m.any()


def test_tracks_that_cannot_be(lifter: OfflineLifter) -> None:
    time, xy, score = track(10)
    with pytest.raises(LiftingError, match="expected"):
        lifter.track(time, xy[:, :17], score)
    with pytest.raises(LiftingError, match="must increase"):
        lifter.track(time[::-1], xy, score)
    with pytest.raises(LiftingError, match="finite"):
        lifter.track(np.where(time > 0.2, np.nan, time), xy, score)


def test_following_a_track_is_following_its_frames() -> None:
    random = np.random.default_rng(0)
    bundle = directions(random.normal(0, 0.1, (60, 18, 3)) + np.array([0.0, 0.0, 1.0]))
    score = random.random((60, 18)) * (random.random((60, 18)) > 0.3)
    score[20:24] = 0
    sight = look(bundle, score)
    whole, one = follow(sight), Anchor.unknown(1)
    for frame in range(60):
        rows = slice(frame, frame + 1)
        one = one.after(Sight(sight.anchor[rows], sight.log_extent[rows], sight.pelvis[rows]))
        np.testing.assert_allclose(one.direction[0], whole.direction[frame], atol=1e-12)
        np.testing.assert_allclose(one.log_extent[0], whole.log_extent[frame], atol=1e-12)
        assert (one.seen[0], one.measured[0]) == (whole.seen[frame], whole.measured[frame])


def test_a_long_track_in_blocks_is_what_it_is_at_once(lifter: OfflineLifter, monkeypatch: pytest.MonkeyPatch) -> None:
    time_s, xy_px, score = track(1800)
    whole = lifter.track(time_s, xy_px, score)
    monkeypatch.setattr(offline, "_BLOCK_S", 20.0)
    blocks = lifter.track(time_s, xy_px, score)
    np.testing.assert_array_equal(blocks.valid, whole.valid)
    np.testing.assert_allclose(blocks.xyz_m, whole.xyz_m, atol=0.001)
    np.testing.assert_allclose(blocks.root_m, whole.root_m, atol=0.01)
