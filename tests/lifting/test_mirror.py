"""Lifting commutes with mirrors, live and over whole clips."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lifting.lifter import Lifter
from lifting.mirror import MirroredNet, mirrored_features, mirrored_poses
from lifting.normalise import FEATURES
from lifting.offline import OfflineLifter, steadied_clip, whole_clip
from lifting.streaming import StreamingNet
from lifting.weights import DEFAULT_WEIGHTS, load
from pose.camera import Intrinsics
from pose.joint_sets import OPENPOSE18, flip_order
from pose.types import People

Floats = NDArray[Any]

WIDTH, FRAMES = 640, 24
FLIP = flip_order(OPENPOSE18)


def somebody(seed: int) -> tuple[Floats, Floats]:
    """Joints (T, 18, 2) and scores (T, 18) of a moving stick figure, some of them missing."""
    random = np.random.default_rng(seed)
    still = random.uniform([220, 80], [420, 420], (1, 18, 2))
    xy = (still + np.cumsum(random.normal(0, 2, (FRAMES, 18, 2)), axis=0)).astype(np.float32)
    return xy, np.where(random.random((FRAMES, 18)) < 0.9, random.uniform(0.2, 1, (FRAMES, 18)), 0).astype(np.float32)


def in_a_mirror(xy: Floats, score: Floats) -> tuple[Floats, Floats]:
    """The same picture mirrored."""
    return ((np.array([WIDTH - 1, 0]) + xy * [-1, 1])[:, FLIP]).astype(np.float32), score[:, FLIP]


def live(xy: Floats, score: Floats) -> Floats:
    """Poses and roots (T, 18, 3) of a person lifted frame by frame."""
    lifter = Lifter(Intrinsics.from_fov(WIDTH, 480))
    out = []
    for frame in range(len(xy)):
        one = People(np.array([3], np.int32), xy[frame][None], score[frame][None], xy[frame][None])
        lifted = lifter.step(one, frame / 30)
        assert lifted.xyz_m is not None
        assert lifted.root_m is not None
        out.append(np.concatenate([lifted.root_m, lifted.xyz_m[0]]))
    return np.stack(out)


@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_the_mirror_image_of_a_person_lifts_to_the_mirror_image_of_the_pose(seed: int) -> None:
    xy, score = somebody(seed)
    straight, mirrored = live(xy, score), live(*in_a_mirror(xy, score))
    np.testing.assert_allclose(mirrored[:, 1:], mirrored_poses(straight[:, 1:]), atol=2e-3)
    np.testing.assert_allclose(mirrored[:, 0], straight[:, 0] * [-1, 1, 1], atol=2e-2)


@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_a_whole_track_commutes_with_mirrors_too(seed: int) -> None:
    xy, score = somebody(seed)
    lifter, time = OfflineLifter(Intrinsics.from_fov(WIDTH, 480)), np.arange(FRAMES) / 30
    straight, mirrored = lifter.track(time, xy, score), lifter.track(time, *in_a_mirror(xy, score))
    np.testing.assert_allclose(mirrored.xyz_m, mirrored_poses(straight.xyz_m), atol=2e-3)


def test_everybody_and_their_mirror_images_have_streams_of_their_own() -> None:
    weights, random = load(DEFAULT_WEIGHTS), np.random.default_rng(0)
    features = random.normal(0, 0.4, (30, 2, FEATURES)).astype(np.float32)
    plain, mirror, both = StreamingNet(weights), StreamingNet(weights), MirroredNet(weights, slots=1)
    both.grow(3)
    slots = np.array([2, 0])
    for frame, seen in enumerate(features):
        if frame == 10:
            for net in (plain, mirror, both):
                net.clear(2)
        expected = plain.step(seen, slots) + mirrored_poses(mirror.step(mirrored_features(seen), slots))
        np.testing.assert_allclose(both.step(seen, slots), expected / 2, atol=1e-4)
    assert both.slots == 3


@pytest.mark.parametrize("frames", [1, 2, 9, 60])
def test_a_whole_clip_is_the_mean_of_all_that_is_told_of_each_frame(frames: int) -> None:
    weights = load(DEFAULT_WEIGHTS)
    features = np.random.default_rng(1).normal(0, 0.4, (frames, FEATURES)).astype(np.float32)
    expected = np.zeros((frames, 17, 3))
    for frame in range(frames):
        reached = [delay for delay in weights.delays if frame + delay < frames]
        told = []
        for delay in reached:
            told.append(whole_clip(weights, features[: frame + delay + 1], ahead=delay)[frame])
            mirrored = whole_clip(weights, mirrored_features(features[: frame + delay + 1]), ahead=delay)[frame]
            told.append(mirrored_poses(mirrored))
        expected[frame] = np.mean(told, axis=0)
    np.testing.assert_allclose(steadied_clip(weights, features), expected, atol=1e-4)
