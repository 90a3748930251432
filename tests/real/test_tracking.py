"""Ids on real clips, with the real network, at a third of the frame rate: everybody keeps one number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import av
import numpy as np
import pytest

from detection.bottom_up import BottomUpDetector
from detection.choose import open_detector
from detection.tracking import Tracker
from pose.joint_sets import OPENPOSE18
from pose.types import Image, People
from tests.shared import CLIPS, WEIGHTS

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (CLIPS.is_dir() and WEIGHTS.is_dir()), reason="no shared clips or weights beside the checkout"
    ),
]

EVERY = 3
"""One frame of so many is looked at: the tests are faster and the motions harder to follow."""


@pytest.fixture(scope="module")
def detector() -> Iterator[BottomUpDetector]:
    detector = BottomUpDetector(WEIGHTS / f"{WEIGHTS.name}.xml")
    yield detector
    detector.close()


def picture(frame: av.VideoFrame) -> Image:
    """BGR of a decoded frame."""
    return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def detected(detector: BottomUpDetector, clip: str, until_s: float = 60.0) -> list[tuple[float, People]]:
    """Times and people of a clip."""
    frames = []
    with av.open(str(CLIPS / f"{clip}.mp4")) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % EVERY == 0 and frame.time <= until_s:
                frames.append((frame.time, detector.detect(picture(frame))))
    return frames


def sightings(frames: list[tuple[float, People]], hidden: tuple[float, float] = (0.0, 0.0)) -> Counter[int]:
    """How often each id was given; between two times nobody is seen at all."""
    tracker, counts = Tracker(), Counter[int]()
    for time_s, people in frames:
        gone = hidden[0] <= time_s < hidden[1]
        counts.update(tracker.update(People.nobody() if gone else people, time_s).track_id.tolist())
    return counts


def test_somebody_who_squats_has_one_id_all_the_time(detector: BottomUpDetector) -> None:
    frames = detected(detector, "squat_8", until_s=8.0)
    assert sightings(frames) == {1: len(frames)}
    for start in (2.0, 4.5, 6.0):
        assert set(sightings(frames, hidden=(start, start + 1.0))) == {1}


def test_two_side_by_side(detector: BottomUpDetector) -> None:
    frames = detected(detector, "jumping_jack_2_pair")
    counts = sightings(frames)
    assert set(counts) == {1, 2}
    assert min(counts.values()) >= 0.95 * len(frames)
    assert set(sightings(frames, hidden=(1.5, 2.5))) == {1, 2}


def test_three_who_dance_and_overlap(detector: BottomUpDetector) -> None:
    frames = detected(detector, "dance_3people")
    counts = sightings(frames)
    assert [one for one, times in counts.most_common() if times > 0.9 * len(frames)] == [1, 2, 3]
    assert sum(counts.values()) - sum(counts[one] for one in (1, 2, 3)) <= 3


def test_who_walks_from_right_to_left_keeps_one_id_all_the_way(detector: BottomUpDetector) -> None:
    tracker = Tracker()
    path: dict[int, list[float]] = {}
    for time_s, people in detected(detector, "walk_side"):
        tracked = tracker.update(people, time_s)
        for one, xy, score in zip(tracked.track_id.tolist(), tracked.xy_px, tracked.score, strict=True):
            if score[OPENPOSE18.index("neck")] > 0:
                path.setdefault(one, []).append(float(xy[OPENPOSE18.index("neck"), 0]))
    walker = max(path.values(), key=lambda xs: xs[0] - xs[-1])
    assert walker[0] - walker[-1] > 500
    assert len(walker) > 45


def test_a_crowd_that_crosses_has_long_tracks(detector: BottomUpDetector) -> None:
    frames = detected(detector, "street_crossing", until_s=9.0)
    counts = sightings(frames)
    seconds = {one: times * EVERY / 30 for one, times in counts.items()}
    assert sum(one >= 2.5 for one in seconds.values()) >= 5
    # Nearly all who are seen well are given, each in a track.
    assert sum(counts.values()) >= 0.85 * sum(int((people.score.sum(axis=1) > 4).sum()) for _, people in frames)


def test_smoothing_calms_somebody_who_sits_still_and_does_not_trail(detector: BottomUpDetector) -> None:
    tracker = Tracker()
    frames = [tracker.update(people, at) for at, people in detected(detector, "webcam_seated", until_s=5.0)]
    joints = [OPENPOSE18.index(name) for name in ("neck", "right_shoulder", "left_shoulder")]
    raw = np.stack([people.raw_xy_px[0, joints] for people in frames])
    smooth = np.stack([people.xy_px[0, joints] for people in frames])
    assert np.abs(np.diff(smooth, 2, axis=0)).mean() < 0.6 * np.abs(np.diff(raw, 2, axis=0)).mean()
    assert np.abs(smooth - raw).mean() < 3


def test_mediapipe_follows_one_person_as_one_id() -> None:
    pytest.importorskip("mediapipe", reason="the extra is not installed")
    detector = open_detector("mediapipe", notify=pytest.fail)
    tracker = Tracker()
    try:
        with av.open(str(CLIPS / "squat_8.mp4")) as container:
            for frame in container.decode(video=0):
                if frame.time > 2.0:
                    break
                tracked = tracker.update(detector.detect(picture(frame)), frame.time)
                assert tracked.track_id.tolist() == [1]
                nose, hip = (tracked.xy_px[0, OPENPOSE18.index(name)] for name in ("nose", "right_hip"))
                assert (hip - nose)[1] > 50
                left, right = (tracked.xy_px[0, OPENPOSE18.index(f"{side}_shoulder")] for side in ("left", "right"))
                assert left[0] > right[0], "she faces the camera: her left is on the picture's right"
    finally:
        detector.close()
