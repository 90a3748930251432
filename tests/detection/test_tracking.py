from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detection.motion import duplicates
from detection.tracking import JUMP_S, MEMORY_ALONE_S, MEMORY_S, Tracker
from pose.joint_sets import OPENPOSE18
from pose.types import UNTRACKED, People
from tests.detection.test_smoothing import standing

Float = NDArray[np.float64]
Scene = list[tuple[float, list[Float]]]
"""Times, and the joints (18, 2) of everybody who is seen then."""

TORSO = 100.0
WALK = 2.8 * TORSO
"""Pixels a second of somebody who walks past."""

NOISE = 0.03 * TORSO


def at(x: float, y: float = 300.0, size: float = 1.0) -> Float:
    """Somebody who stands at a place."""
    return standing() * size + (x, y)


def walking(x: float, time_s: float, phase: float = 0.0, size: float = 1.0) -> Float:
    """Somebody who walks: legs and arms swing once in 1.1 s."""
    person = standing()
    swing = np.sin(2 * np.pi * time_s / 1.1 + phase)
    for name, reach in (("knee", 22), ("ankle", 42), ("elbow", 14), ("wrist", 32)):
        person[OPENPOSE18.index(f"right_{name}"), 0] += reach * swing * (-1 if name in ("elbow", "wrist") else 1)
        person[OPENPOSE18.index(f"left_{name}"), 0] -= reach * swing * (-1 if name in ("elbow", "wrist") else 1)
    return person * size + (x, 300.0)


def people(joints: list[Float], score: float = 0.8) -> People:
    xy = np.array(joints, np.float32).reshape(-1, 18, 2)
    return People.detected(xy, np.full(xy.shape[:2], score, np.float32))


def track(scene: Scene, tracker: Tracker | None = None, noise: float = NOISE, seed: int = 0) -> Iterator[People]:
    """What the tracker says of every frame of a scene with noise, detections in random order."""
    rng = np.random.default_rng(seed)
    tracker = tracker or Tracker()
    for time_s, joints in scene:
        seen = [one + rng.normal(0, noise, one.shape) for one in joints]
        order = rng.permutation(len(seen))
        yield tracker.update(people([seen[one] for one in order]), time_s)


def id_of(tracked: People, joints: Float) -> int:
    """The id of whom stands where somebody truly is; `UNTRACKED` where nobody does."""
    if not len(tracked):
        return UNTRACKED
    away = np.abs(tracked.raw_xy_px - joints).mean(axis=(1, 2))
    return int(tracked.track_id[away.argmin()]) if away.min() < 0.3 * TORSO else UNTRACKED


class TestIds:
    def test_they_start_at_1_and_are_given_from_the_left_to_equals(self) -> None:
        tracked = Tracker().update(people([at(900), at(100), at(500)]), 0.0)
        assert tracked.track_id.tolist() == [1, 2, 3]
        assert tracked.track_id.dtype == np.int32
        assert np.diff(tracked.xy_px[:, 1, 0]).min() > 0

    @pytest.mark.parametrize("fps", [5, 10, 30, 60])
    @pytest.mark.parametrize("seed", range(3))
    def test_two_who_cross_and_cover_each_other_keep_theirs(self, fps: int, seed: int) -> None:
        scene: Scene = []
        truth = []
        for time_s in np.arange(0, 4, 1 / fps):
            front = walking(100 + WALK * time_s, time_s, size=1.1)
            behind = walking(1220 - WALK * time_s, time_s, phase=1.0)
            covered = abs(front[1, 0] - behind[1, 0]) < 0.7 * TORSO
            scene.append((float(time_s), [front] if covered else [front, behind]))
            truth.append((front, behind, covered))
        ids: list[set[int]] = [set(), set()]
        for tracked, (front, behind, covered) in zip(track(scene, seed=seed), truth, strict=True):
            ids[0].add(id_of(tracked, front))
            if not covered:
                ids[1].add(id_of(tracked, behind))
        assert sorted(map(sorted, ids)) == [[1], [2]]

    @pytest.mark.parametrize("fps", [5, 15, 30, 60])
    @pytest.mark.parametrize("speed", [0.0, 0.5 * WALK, WALK, -WALK])
    def test_one_second_out_of_sight_is_survived(self, fps: int, speed: float) -> None:
        scene: Scene = []
        for time_s in np.arange(0, 4, 1 / fps):
            hidden = 1.5 <= time_s < 2.5
            scene.append((float(time_s), [] if hidden else [walking(800 + speed * time_s, time_s)]))
        ids = [tracked.track_id.tolist() for tracked in track(scene)]
        assert ids == [[1] if joints else [] for _, joints in scene]

    def test_so_is_one_second_behind_somebody_who_passes(self) -> None:
        """Who stands is covered; who walks in front is seen all the time; a third one watches."""
        scene: Scene = []
        truth = []
        for time_s in np.arange(0, 5, 1 / 30):
            passing = walking(0.5 * WALK * time_s, time_s, size=1.2)
            stands, watches = at(400), at(1200)
            covered = abs(passing[1, 0] - 400) < 0.7 * TORSO
            scene.append((float(time_s), [passing, watches] + ([] if covered else [stands])))
            truth.append((passing, stands, watches, covered))
        assert sum(covered for *_, covered in truth) >= 30
        ids: list[set[int]] = [set(), set(), set()]
        for tracked, (*bodies, covered) in zip(track(scene), truth, strict=True):
            for number, body in enumerate(bodies):
                if not (covered and number == 1):
                    ids[number].add(id_of(tracked, body))
        assert sorted(map(sorted, ids)) == [[1], [2], [3]]

    def test_somebody_new_elsewhere_never_gets_the_id_of_who_is_out_of_sight(self) -> None:
        scene: Scene = [(frame / 30, [at(300)] if frame < 30 else [at(1000)]) for frame in range(60)]
        scene += [(frame / 30, [at(300), at(1000)]) for frame in range(60, 90)]
        last = list(track(scene))[-1]
        assert (id_of(last, at(300)), id_of(last, at(1000))) == (1, 2)

    def test_who_comes_back_after_long_is_somebody_new(self) -> None:
        tracker = Tracker()
        list(track([(0.0, [at(300)]), (0.1, [at(300)])], tracker))
        for time_s in np.arange(0.2, MEMORY_S + 0.3, 0.1):
            assert len(tracker.update(People.nobody(), float(time_s))) == 0
        assert tracker.update(people([at(300)]), MEMORY_S + 0.4).track_id.tolist() == [2]

    @pytest.mark.parametrize(("company", "same"), [(False, True), (True, False)])
    def test_who_was_long_alone_is_remembered_longer(self, company: bool, same: bool) -> None:
        gap_s = (MEMORY_S + MEMORY_ALONE_S) / 2
        scene: Scene = []
        for time_s in np.arange(0, 11, 0.1):
            seen = [] if 6 <= time_s < 6 + gap_s else [at(300)]
            scene.append((float(time_s), seen + ([at(1200)] if company else [])))
        last = list(track(scene))[-1]
        assert (id_of(last, at(300)) == 1) == same

    @pytest.mark.parametrize("later_s", [4.9, 5.0 + JUMP_S + 0.1])
    def test_a_jump_in_time_is_a_new_scene(self, later_s: float) -> None:
        tracker = Tracker()
        assert tracker.update(people([at(300)]), 5.0).track_id.tolist() == [1]
        assert tracker.update(people([at(300)]), later_s).track_id.tolist() == [2]

    def test_the_same_time_twice_is_no_jump(self) -> None:
        tracker = Tracker()
        assert [tracker.update(people([at(300)]), 5.0).track_id.tolist() for _ in range(3)] == [[1]] * 3

    def test_reset_forgets_people_and_never_repeats_a_number(self) -> None:
        tracker = Tracker()
        tracker.update(people([at(300), at(900)]), 0.0)
        tracker.reset()
        assert tracker.update(people([at(300)]), 0.1).track_id.tolist() == [3]

    def test_somebody_who_drops_to_the_floor_between_two_slow_frames(self) -> None:
        lying = standing()[:, ::-1] + (260.0, 430.0)
        scene: Scene = [(0.0, [at(300)]), (0.2, [at(300)]), (0.5, [lying])]
        assert [tracked.track_id.tolist() for tracked in track(scene)] == [[1]] * 3


class TestWhoIsShown:
    def test_people_seen_well_are_there_in_the_first_frame(self) -> None:
        assert len(Tracker().update(people([at(300), at(900)]), 0.0)) == 2

    def test_a_weak_detection_of_one_frame_is_never_shown(self) -> None:
        tracker = Tracker()
        for frame in range(20):
            ghost = [people([at(800)], 0.1)] if frame == 7 else []
            seen = people([at(300)])
            for one in ghost:
                seen = People.detected(np.concatenate([seen.xy_px, one.xy_px]), np.concatenate([seen.score, one.score]))
            assert tracker.update(seen, frame / 30).track_id.tolist() == [1]

    def test_neither_is_a_strong_one_once_somebody_is_there(self) -> None:
        scene: Scene = [(frame / 30, [at(300), at(800)] if frame == 7 else [at(300)]) for frame in range(20)]
        assert all(tracked.track_id.tolist() == [1] for tracked in track(scene))

    def test_somebody_who_is_seen_weakly_but_steadily_appears_soon(self) -> None:
        tracker = Tracker()
        counts = [len(tracker.update(people([at(300)], 0.2), frame / 30)) for frame in range(10)]
        assert counts[0] == 0
        assert counts[5:] == [1] * 5

    def test_a_newcomer_appears_in_his_second_frame(self) -> None:
        scene: Scene = [(frame / 30, [at(300)] + ([at(900)] if frame >= 5 else [])) for frame in range(8)]
        assert [len(tracked) for tracked in track(scene)] == [1] * 6 + [2] * 2

    def test_there_are_no_ghosts(self) -> None:
        tracker = Tracker()
        tracker.update(people([at(300)]), 0.0)
        assert len(tracker.update(People.nobody(), 0.03)) == 0

    def test_a_second_skeleton_on_the_same_person_is_dropped(self) -> None:
        rng = np.random.default_rng(1)
        tracker = Tracker()
        for frame in range(10):
            twice = [at(300) + rng.normal(0, NOISE, (18, 2)) for _ in range(2)]
            assert tracker.update(people([*twice, at(700)]), frame / 30).track_id.tolist() == [1, 2]


class TestDuplicates:
    def test_the_better_one_stays(self) -> None:
        xy = np.stack([at(300), at(302), at(700)])
        score = np.full((3, 18), 0.5)
        score[1] = 0.9
        assert duplicates(xy, score, np.full(3, TORSO)).tolist() == [True, False, False]

    def test_a_fragment_of_somebody_is_a_duplicate_and_a_neighbour_is_not(self) -> None:
        xy = np.stack([at(300), at(300), at(300 + 0.5 * TORSO)])
        score = np.full((3, 18), 0.8)
        score[1, 5:] = 0
        assert duplicates(xy, score, np.full(3, TORSO)).tolist() == [False, True, False]

    def test_nobody_and_one(self) -> None:
        for count in (0, 1):
            assert not duplicates(np.zeros((count, 18, 2)), np.ones((count, 18)), np.ones(count)).any()


class TestLaws:
    @settings(max_examples=15)
    @given(st.integers(0, 10_000))
    def test_the_order_of_detections_does_not_matter(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        scenes = _random_scene(rng)
        one, other = Tracker(), Tracker()
        for time_s, seen in scenes:
            a = one.update(seen, time_s)
            order = rng.permutation(len(seen))
            b = other.update(People.detected(seen.xy_px[order], seen.score[order]), time_s)
            assert np.array_equal(a.track_id, b.track_id)
            assert np.array_equal(a.xy_px, b.xy_px)
            assert np.array_equal(a.score, b.score)

    @settings(max_examples=15)
    @given(st.integers(0, 10_000))
    def test_ids_are_distinct_in_a_frame_and_new_ones_count_up(self, seed: int) -> None:
        tracker, highest = Tracker(), 0
        for time_s, seen in _random_scene(np.random.default_rng(seed)):
            ids = tracker.update(seen, time_s).track_id.tolist()
            assert ids == sorted(set(ids))
            new = [one for one in ids if one > highest]
            assert new == list(range(highest + 1, highest + 1 + len(new)))
            highest += len(new)

    @settings(max_examples=15)
    @given(st.integers(0, 10_000), st.sampled_from([0.125, 0.5, 4.0]), st.floats(-2000, 2000))
    def test_a_picture_of_another_size_gives_the_same_ids(self, seed: int, scale: float, shift: float) -> None:
        near, far = Tracker(), Tracker()
        for time_s, seen in _random_scene(np.random.default_rng(seed)):
            a = near.update(seen, time_s)
            b = far.update(People.detected(seen.xy_px * np.float32(scale) + np.float32(shift), seen.score), time_s)
            assert np.array_equal(a.track_id, b.track_id)
            present = a.score > 0
            np.testing.assert_allclose(
                b.xy_px[present], a.xy_px[present] * scale + shift, rtol=1e-3, atol=0.02 * scale + 0.01
            )

    @settings(max_examples=15)
    @given(st.integers(0, 10_000))
    def test_what_missing_joints_hold_is_never_read(self, seed: int) -> None:
        clean, poisoned = Tracker(), Tracker()
        for time_s, seen in _random_scene(np.random.default_rng(seed)):
            missing = seen.score == 0
            nan = seen.xy_px.copy()
            nan[missing] = np.nan
            a, b = clean.update(seen, time_s), poisoned.update(People.detected(nan, seen.score), time_s)
            assert np.array_equal(a.track_id, b.track_id)
            assert np.array_equal(a.xy_px[a.score > 0], b.xy_px[b.score > 0])

    @settings(max_examples=10)
    @given(st.integers(0, 10_000))
    def test_scores_and_raw_joints_are_those_of_a_detection(self, seed: int) -> None:
        tracker = Tracker(smoothing=0.0, guard_sides=False)
        for time_s, seen in _random_scene(np.random.default_rng(seed)):
            tracked = tracker.update(seen, time_s)
            assert np.array_equal(tracked.xy_px, tracked.raw_xy_px)
            for xy, score in zip(tracked.raw_xy_px, tracked.score, strict=True):
                assert any(
                    np.array_equal(xy, a) and np.array_equal(score, b)
                    for a, b in zip(seen.xy_px, seen.score, strict=True)
                )

    def test_a_crowd_of_fifty(self) -> None:
        places = [(200.0 * (one % 10), 500.0 * (one // 10)) for one in range(50)]
        scene: Scene = [
            (frame / 10, [at(x + 15 * frame * (-1) ** number, y) for number, (x, y) in enumerate(places)])
            for frame in range(6)
        ]
        assert all(tracked.track_id.tolist() == list(range(1, 51)) for tracked in track(scene))


def test_smoothing_is_used_and_raw_is_kept() -> None:
    scene: Scene = [(frame / 30, [at(300)]) for frame in range(40)]
    tracked = list(track(scene, noise=0.01 * TORSO))[-1]
    away, raw_away = (np.abs(one[0] - at(300)).mean() for one in (tracked.xy_px, tracked.raw_xy_px))
    assert away < 0.7 * raw_away


def test_one_joint_alone_is_nobody() -> None:
    tracker = Tracker()
    score = np.zeros((1, 18), np.float32)
    score[0, 4] = 0.9
    hand = People.detected(at(300)[None].astype(np.float32), score)
    assert [len(tracker.update(hand, frame / 30)) for frame in range(60)] == [0] * 60


@pytest.mark.parametrize("time_s", [float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(time_s: float) -> None:
    with pytest.raises(ValueError, match="finite number of seconds"):
        Tracker().update(People.nobody(), time_s)


def test_a_joint_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="no finite place"):
        Tracker().update(people([at(float("nan"))]), 0.0)


def _random_scene(rng: np.random.Generator) -> list[tuple[float, People]]:
    """People who wander about, lose joints, vanish and come, at uneven times."""
    count = int(rng.integers(1, 6))
    place = rng.uniform(0, 1000, (count, 1, 2))
    velocity = rng.normal(0, 100, (count, 1, 2))
    size = rng.uniform(0.5, 1.5, (count, 1, 1))
    frames = []
    time_s = 0.0
    for _ in range(25):
        step_s = float(rng.uniform(0.02, 0.2))
        time_s += step_s
        place = place + velocity * step_s
        joints = (standing() * size + place + rng.normal(0, NOISE, (count, 18, 2))).astype(np.float32)
        score = rng.uniform(0.2, 1, (count, 18)).astype(np.float32) * (rng.random((count, 18)) > 0.15)
        seen = rng.random(count) > 0.2
        frames.append((time_s, People.detected(joints[seen], score[seen].astype(np.float32))))
    return frames


def test_pieces_of_a_body_are_no_further_person() -> None:
    """Somebody lying on a side comes apart: the far limbs become a weak skeleton of their own, frame after frame."""
    whole, score = at(400.0), np.full(18, 0.6)
    piece_joints = [5, 6, 7, 8, 11, 12]
    tracker = Tracker(0.0)
    rng = np.random.default_rng(0)
    ids: set[int] = set()
    for frame in range(60):
        xy = np.stack([whole, whole]) + rng.normal(0, [[[4]], [[20]]], (2, 18, 2))
        scores = np.zeros((2, 18))
        scores[0] = score
        scores[1, piece_joints] = 0.5
        found = People.detected(xy.astype(np.float32), scores.astype(np.float32))
        ids |= set(tracker.update(found, frame / 30).track_id.tolist())
    assert ids == {1}
