from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.smoothing import MOTIONS, measure, worst_lag_ms
from detection.body_size import torso_px
from detection.smoothing import (
    DEFAULT_STRENGTH,
    HOLD_S,
    LAG_MS,
    LAG_MS_AT_DEFAULT,
    Cutoffs,
    JointSmoother,
    one_euro_step,
)
from pose.types import Float32

Float = NDArray[np.float64]

strengths = st.floats(0.01, 1.0)


def _walk(seed: int, frames: int = 20, people: int = 2) -> tuple[Float32, Float]:
    """Random joints (T, K, 18, 2) that tremble and drift, and uneven times (T,)."""
    rng = np.random.default_rng(seed)
    joints = rng.uniform(0, 400, (people, 18, 2)) + rng.normal(0, 5, (frames, people, 18, 2)).cumsum(axis=0)
    return joints.astype(np.float32), rng.uniform(0.01, 0.15, frames).cumsum()


def _run(joints: Float32, time_s: Float, strength: float, torso: float = 80.0, score: Float32 | None = None) -> Float32:
    smoother = JointSmoother(strength)
    people = joints.shape[1]
    ids = np.arange(1, people + 1, dtype=np.int32)
    score = np.ones(joints.shape[:3], np.float32) if score is None else score
    sizes = np.full(people, torso)
    return np.stack(
        [smoother.update(ids, xy, one, sizes, float(at)) for xy, one, at in zip(joints, score, time_s, strict=True)]
    )


def test_strength_0_gives_back_the_very_same_numbers() -> None:
    joints, time_s = _walk(0)
    assert np.array_equal(_run(joints, time_s, 0.0), joints)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_out_of_range_is_refused(strength: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        JointSmoother(strength)


def test_one_step_by_hand() -> None:
    """Cut-off (1 + 0) / 2 pi Hz at a step of 1 s: half of the way."""
    cutoffs = Cutoffs(still_hz=1 / (2 * np.pi), hz_per_speed=0.0)
    place, speed = one_euro_step(
        np.zeros(2), np.zeros(2), np.array([0.5, 0.0]), np.array([2.0, 0.0]), np.asarray(1.0), cutoffs
    )
    assert place == pytest.approx([1.0, 0.0])
    assert speed == pytest.approx([1.5 * (2 * np.pi) / (2 * np.pi + 1), 0.0])


@given(strengths)
def test_a_joint_at_rest_stays_where_it_is(strength: float) -> None:
    joints = np.full((10, 1, 18, 2), 123.25, np.float32)
    assert np.array_equal(_run(joints, np.arange(10) / 30, strength), joints)


@given(strengths)
def test_a_step_is_approached_from_one_side_and_never_overshot(strength: float) -> None:
    joints = np.zeros((60, 1, 18, 2), np.float32)
    joints[5:] = 50
    path = _run(joints, np.arange(60) / 30, strength)[5:, 0, 0, 0]
    assert np.all(np.diff(path) >= 0)
    assert path[0] > 0
    assert path[-1] <= 50


@settings(max_examples=20)
@given(st.integers(0, 1000), strengths, st.floats(0.05, 20))
def test_a_person_of_another_size_is_smoothed_alike(seed: int, strength: float, scale: float) -> None:
    joints, time_s = _walk(seed)
    near = _run(joints * np.float32(scale), time_s, strength, torso=80.0 * scale)
    np.testing.assert_allclose(near, _run(joints, time_s, strength) * scale, rtol=2e-4, atol=2e-3 * scale)


@settings(max_examples=20)
@given(st.integers(0, 1000), strengths, st.floats(0, 2 * np.pi), st.floats(-300, 300))
def test_a_turned_and_moved_picture_is_smoothed_alike(seed: int, strength: float, angle: float, shift: float) -> None:
    joints, time_s = _walk(seed)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    turned = _run(joints @ turn + np.float32(shift), time_s, strength)
    np.testing.assert_allclose(turned, _run(joints, time_s, strength) @ turn + shift, atol=0.02)


@settings(max_examples=20)
@given(st.integers(0, 1000), strengths)
def test_the_company_of_others_does_not_matter(seed: int, strength: float) -> None:
    joints, time_s = _walk(seed, people=3)
    together = _run(joints, time_s, strength)
    for person in range(3):
        assert np.array_equal(_run(joints[:, [person]], time_s, strength)[:, 0], together[:, person])


def test_people_who_come_and_go_keep_their_own_state() -> None:
    joints, time_s = _walk(3, people=3)
    alone = _run(joints[:, [1]], time_s, 0.7)[:, 0]
    smoother = JointSmoother(0.7)
    for frame, at in enumerate(time_s):
        others = [2, 1, 0] if frame % 3 else [1, 0]
        ids = np.array([7 + one for one in others], np.int32)
        out = smoother.update(
            ids, joints[frame][others], np.ones((len(others), 18), np.float32), np.full(len(others), 80.0), at
        )
        assert np.array_equal(out[others.index(1)], alone[frame])


def test_a_joint_that_is_missing_briefly_goes_on_and_later_starts_anew() -> None:
    for gap_s, restarts in ((HOLD_S - 0.05, False), (HOLD_S + 0.05, True)):
        smoother = JointSmoother(0.8)
        ids, sizes, seen = np.ones(1, np.int32), np.array([80.0]), np.ones((1, 18), np.float32)
        first = np.zeros((1, 18, 2), np.float32)
        smoother.update(ids, first, seen, sizes, 0.0)
        smoother.update(ids, first, seen, sizes, 0.1)
        lost = seen.copy()
        lost[0, 4] = 0
        smoother.update(ids, first + 5, lost, sizes, 0.1 + gap_s / 2)
        back = smoother.update(ids, first + 5, seen, sizes, 0.1 + gap_s)
        assert (back[0, 4, 0] == 5) == restarts
        assert 0 < back[0, 3, 0] < 5


def test_the_place_of_a_missing_joint_never_leaks_into_the_filter() -> None:
    joints, time_s = _walk(5, people=1)
    score = np.ones(joints.shape[:3], np.float32)
    score[8:10, 0, 6] = 0
    poisoned = joints.copy()
    poisoned[8:10, 0, 6] = np.nan
    filtered, clean = _run(poisoned, time_s, 0.6, score=score), _run(joints, time_s, 0.6, score=score)
    assert np.array_equal(np.delete(filtered, (8, 9), axis=0), np.delete(clean, (8, 9), axis=0))


@pytest.mark.parametrize("steps_s", [(1 / 60,), (1 / 30,), (1 / 5,), (0.02, 0.07, 0.04)])
def test_the_lag_behind_a_steady_motion_is_the_theory_s_at_every_frame_rate(steps_s: tuple[float, ...]) -> None:
    """Half a torso length a second: 1 / (2 pi cutoff)."""
    time_s = np.cumsum(np.resize(steps_s, 200))
    joints = np.zeros((200, 1, 18, 2), np.float32)
    joints[..., 0] = (40 * time_s)[:, None, None]
    lag_s = (joints - _run(joints, time_s, 0.5, torso=80.0))[-len(steps_s) :, 0, 0, 0].mean() / 40
    cutoffs = Cutoffs.of_strength(0.5)
    assert lag_s == pytest.approx(1 / (2 * np.pi * (cutoffs.still_hz + cutoffs.hz_per_speed * 0.5)), rel=0.02)


def test_two_frames_with_one_time_stamp_are_taken() -> None:
    joints, _ = _walk(1, frames=2)
    assert np.isfinite(_run(joints, np.zeros(2), 0.5)).all()


def test_more_strength_is_smoother_and_later() -> None:
    cases = [[measure(motion, one, seconds=8) for one in (0.0, 0.25, 0.5, 0.75, 1.0)] for motion in MOTIONS]
    for motion in cases:
        if motion[0].motion == "still":
            assert all(a.jitter_removed < b.jitter_removed for a, b in itertools.pairwise(motion))
        else:
            assert all(a.lag_ms <= b.lag_ms for a, b in itertools.pairwise(motion))


def test_the_default_cuts_jitter_clearly_at_little_delay() -> None:
    assert measure("still", DEFAULT_STRENGTH).jitter_removed > 0.7
    assert LAG_MS_AT_DEFAULT < 30


@pytest.mark.parametrize("strength", sorted(LAG_MS))
def test_the_documented_lag_is_what_is_measured(strength: float) -> None:
    assert worst_lag_ms(strength) == pytest.approx(LAG_MS[strength], abs=1.0)


class TestBodySize:
    def test_nobody_and_one_joint_have_no_size(self) -> None:
        assert torso_px(np.zeros((0, 18, 2)), np.zeros((0, 18))).shape == (0,)
        one = np.zeros((1, 18))
        one[0, 3] = 1
        assert np.isnan(torso_px(np.zeros((1, 18, 2)), one)).all()

    def test_one_misplaced_joint_changes_little(self) -> None:
        xy = standing()[None]
        seen = np.ones((1, 18))
        good = torso_px(xy, seen)[0]
        assert good == pytest.approx(100, rel=0.1)
        for joint in range(18):
            bad = xy.copy()
            bad[0, joint] += 1000
            assert torso_px(bad, seen)[0] == pytest.approx(good, rel=0.35), joint

    @given(st.floats(0.01, 100), st.floats(-1e3, 1e3))
    def test_it_scales_and_does_not_move(self, scale: float, shift: float) -> None:
        xy = standing()[None]
        seen = np.ones((1, 18))
        assert torso_px(xy * scale + shift, seen)[0] == pytest.approx(torso_px(xy, seen)[0] * scale, rel=1e-6)


def standing() -> Float:
    """Somebody who stands and faces the camera with arms hanging, (18, 2), a torso of 100 pixels."""
    # fmt: off
    return np.array([
        (0, -42), (0, 0), (-36, 0), (-42, 62), (-45, 112), (36, 0), (42, 62), (45, 112),
        (-20, 100), (-21, 184), (-22, 268), (20, 100), (21, 184), (22, 268),
        (-7, -50), (7, -50), (-15, -45), (15, -45),
    ], np.float64)
    # fmt: on
