from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitness.counter import Counter
from fitness.cycle import Cycle, Phase
from fitness.exercises import EXERCISES, exercise_named
from fitness.recount import count_poses
from pose.joint_sets import OPENPOSE18, flip_order
from tests.fitness.bodies import Float, Rows, course, front, rows, side_squat


def squats(depths: list[float], **timing: float) -> Rows:
    time, depth = course(depths, **timing)
    return rows(time, side_squat(175 - 90 * depth))


@pytest.mark.parametrize("hz", [15, 24, 30, 60])
@pytest.mark.parametrize("pause_s", [0.0, 0.7, 3.0])
def test_squats_are_counted_exactly(hz: float, pause_s: float) -> None:
    result = count_poses(squats([1.0] * 5, hz=hz, pause_s=pause_s), EXERCISES["squat"])
    assert (result.reps, result.partial, result.recount) == (5, 0, 5)
    for index, repetition in enumerate(result.repetitions):
        start = 1.5 + index * (2 + pause_s)
        assert repetition.start_s == pytest.approx(start, abs=0.4)
        assert repetition.peak_s == pytest.approx(start + 1, abs=0.25)
        assert repetition.end_s == pytest.approx(start + 2, abs=0.4)
        assert repetition.range_deg == pytest.approx(90, abs=12)


@settings(max_examples=25)
@given(st.integers(0, 8), st.floats(1.0, 4.0), st.floats(0.0, 2.0), st.integers(15, 60), st.floats(0.8, 1.2))
def test_any_set_of_squats_is_counted_exactly(count: int, rep_s: float, pause_s: float, hz: int, depth: float) -> None:
    motion = squats([depth] * count, rep_s=rep_s, pause_s=pause_s, hz=hz)
    assert count_poses(motion, EXERCISES["squat"]).reps == count


def test_half_repetitions_are_counted_apart() -> None:
    result = count_poses(squats([1, 0.5, 1, 1, 0.5, 1]), EXERCISES["squat"])
    assert (result.reps, result.partial) == (4, 2)


def test_a_shallow_repetition_is_counted_and_judged() -> None:
    result = count_poses(squats([0.78, 1.3]), EXERCISES["squat"])
    assert [repetition.faults for repetition in result.repetitions] == [("shallow",), ()]


def test_somebody_already_moving_is_counted_from_the_first_whole_repetition() -> None:
    motion = squats([1.0] * 4, rest_s=0)
    assert count_poses(motion, EXERCISES["squat"]).reps == 4
    late = rows(motion.time_s[30:], motion.xy_px[30:])  # from the bottom of the first
    assert count_poses(late, EXERCISES["squat"]).reps == 3


def test_walking_in_counts_nothing() -> None:
    time = np.arange(0, 6, 1 / 30)
    stride = 175 - 75 * np.clip(np.sin(2 * np.pi * time / 1.1), 0, None)  # deep, bouncing steps
    in_xy = side_squat(stride, place=time * 120)
    set_time, depth = course([1.0] * 3)
    set_xy = side_squat(175 - 90 * depth, place=np.full(len(depth), 720.0))
    motion = rows(np.concatenate([time, set_time + 6]), np.concatenate([in_xy, set_xy]))
    assert count_poses(rows(time, in_xy), EXERCISES["squat"]).reps == 0
    assert count_poses(motion, EXERCISES["squat"]).reps == 3


def test_front_squats_count_by_the_height_of_the_thighs() -> None:
    time, depth = course([1.0] * 4)
    hang = (np.zeros(len(time)), np.zeros(len(time)))
    motion = rows(time, front(hang, np.ones(len(time)), bend=85 * depth))
    assert count_poses(motion, EXERCISES["squat"]).reps == 4


def jacks(count: int) -> Rows:
    time, depth = course([1.0] * count, rep_s=1.0)
    arm = 15 + 145 * depth
    return rows(time, front((arm, arm), 0.7 + 1.3 * depth))


def test_jumping_jacks_need_arms_and_feet() -> None:
    assert count_poses(jacks(6), EXERCISES["jumping_jack"]).reps == 6
    time, depth = course([1.0] * 6, rep_s=1.0)
    arm, still = 15 + 145 * depth, np.full(len(time), 0.7)
    assert count_poses(rows(time, front((arm, arm), still)), EXERCISES["jumping_jack"]).reps == 0


def curls(right: Float, left: Float, time: Float) -> Rows:
    hang = np.full(len(time), 8.0)
    return rows(time, front((hang, hang), np.ones(len(time)), (165 - 115 * right, 165 - 115 * left)))


def test_alternating_curls_count_each_arm_and_both_arms_once() -> None:
    time, depth = course([1.0] * 4, pause_s=2.0)
    shifted = np.interp(time - 2.0, time, depth)
    assert count_poses(curls(depth, shifted, time), EXERCISES["curl"]).reps == 8
    assert count_poses(curls(depth, depth, time), EXERCISES["curl"]).reps == 4
    sides = [repetition.side for repetition in count_poses(curls(depth, shifted, time), EXERCISES["curl"]).repetitions]
    assert sides == ["right", "left"] * 4


@pytest.mark.parametrize("seed", range(5))
def test_dropouts_and_swaps_do_little_harm(seed: int) -> None:
    random = np.random.default_rng(seed)
    for motion, name, count in ((squats([1.0] * 10), "squat", 10), (jacks(10), "jumping_jack", 10)):
        swapped = np.where(
            (random.random(len(motion.time_s)) < 0.02)[:, None, None],
            motion.xy_px[:, flip_order(OPENPOSE18)],
            motion.xy_px,
        )
        score = (random.random((len(motion.time_s), 18)) >= 0.2).astype(float)
        result = count_poses(rows(motion.time_s, swapped, score), exercise_named(name))
        assert result.reps == count


def test_unknown_joints_hold_and_a_long_gap_cancels() -> None:
    motion = squats([1.0] * 3)
    short, long = motion.score.copy(), motion.score.copy()
    short[(motion.time_s > 2.3) & (motion.time_s < 2.8)] = 0
    long[(motion.time_s > 2.3) & (motion.time_s < 3.6)] = 0
    assert count_poses(rows(motion.time_s, motion.xy_px, short), EXERCISES["squat"]).reps == 3
    assert count_poses(rows(motion.time_s, motion.xy_px, long), EXERCISES["squat"]).reps == 2


def test_the_count_comes_within_200_ms_of_the_end() -> None:
    motion, counter = squats([1.0] * 3, pause_s=1.0), Counter(EXERCISES["squat"])
    shown = [
        float(time)
        for time, xy, score in zip(motion.time_s, motion.xy_px, motion.score, strict=True)
        if counter.step(xy, score, float(time)).finished
    ]
    assert shown == [pytest.approx(at, abs=0.45) for at in (3.5, 6.5, 9.5)]  # most of the way back is enough
    assert all(time <= end + 0.2 for time, end in zip(shown, (3.5, 6.5, 9.5), strict=True))


def test_smaller_repetitions_count_once_the_range_is_known_but_never_halves() -> None:
    reaches = 65 / 90  # of a depth of one
    assert count_poses(squats([1.0, 1.0, reaches * 0.9]), EXERCISES["squat"]).reps == 2
    just = (175 - 112) / 90  # everybody's threshold, missed by two degrees
    assert count_poses(squats([just + 0.06, just + 0.06, just - 0.02]), EXERCISES["squat"]).reps == 3


def test_time_never_goes_back() -> None:
    counter, motion = Counter(EXERCISES["squat"]), squats([1.0])
    counter.step(motion.xy_px[0], motion.score[0], 1.0)
    with pytest.raises(ValueError, match="time goes back"):
        counter.step(motion.xy_px[0], motion.score[0], 0.9)


def test_nobody_seen_is_no_count() -> None:
    counter = Counter(EXERCISES["squat"])
    state = counter.step(np.zeros((18, 2)), np.zeros(18), 0.0)
    assert (state.reps, state.phase, state.armed, state.view) == (0, Phase.UNKNOWN, False, None)
    assert count_poses(rows(np.zeros(0), np.zeros((0, 18, 2))), EXERCISES["squat"]).reps == 0


@settings(max_examples=15)
@given(st.floats(0, 500), st.floats(0.3, 3), st.floats(-2000, 2000), st.booleans(), st.sampled_from([15, 24, 30, 60]))
def test_counts_depend_on_nobodys_clock_size_place_side_or_rate(
    late_s: float, scale: float, shift: float, mirrored: bool, hz: int
) -> None:
    motion = squats([1.0, 0.5, 1.0, 1.0], hz=hz, pause_s=0.3)
    xy = motion.xy_px * [-1, 1] if mirrored else motion.xy_px
    xy = xy[:, flip_order(OPENPOSE18)] if mirrored else xy
    other = count_poses(rows(motion.time_s + late_s, xy * scale + shift), EXERCISES["squat"])
    assert (other.reps, other.partial) == (3, 1)
    one = count_poses(motion, EXERCISES["squat"])
    starts = [repetition.start_s + late_s for repetition in one.repetitions]
    assert [repetition.start_s for repetition in other.repetitions] == pytest.approx(starts, abs=2 / hz)


def test_a_lunge_is_no_squat() -> None:
    time, depth = course([1.0] * 4)
    both, still = side_squat(175 - 110 * depth), side_squat(np.full(len(time), 175.0))
    split = both.copy()
    thigh = [OPENPOSE18.index(f"left_{part}") for part in ("knee", "ankle")]
    split[:, thigh] = (
        both[:, [OPENPOSE18.index("left_hip")]] + still[:, thigh] - still[:, [OPENPOSE18.index("left_hip")]]
    )
    assert count_poses(rows(time, both), EXERCISES["squat"]).reps == 4
    assert count_poses(rows(time, split), EXERCISES["squat"]).reps == 0


def test_a_hidden_arm_that_is_found_at_the_other_counts_nothing() -> None:
    time, depth = course([1.0] * 4, pause_s=0.5)
    motion = curls(depth, np.zeros(len(time)), time)
    xy = motion.xy_px.copy()
    for part in ("elbow", "wrist"):
        xy[:, OPENPOSE18.index(f"left_{part}")] = xy[:, OPENPOSE18.index(f"right_{part}")]
    assert count_poses(rows(time, xy), EXERCISES["curl"]).reps == 4


@pytest.mark.parametrize(("every", "count"), [(1, 1), (2, 1), (4, 0)])
def test_a_joint_that_flickers_makes_no_repetition(every: int, count: int) -> None:
    cycle, found = Cycle(0.5), []
    for moment in range(120):
        known = moment < 40 or moment > 100 or moment % every == 0
        progress = 1.5 if 45 <= moment <= 95 else -0.5
        found.append(cycle.step(progress if known else math.nan, moment / 30))
    assert sum(excursion is not None and excursion.whole for excursion in found) == count


def excursions(course: list[float], hz: float = 30) -> list[bool]:
    """Whether each excursion of a progress is whole."""
    cycle, found = Cycle(0.5), []
    for moment, progress in enumerate(course):
        excursion = cycle.step(progress, moment / hz)
        if excursion is not None:
            found.append(excursion.whole)
            if excursion.whole:
                cycle.accept(excursion)
    return found


def bend(rest: float, peak: float, moments: int = 60) -> list[float]:
    return [rest + (peak - rest) * (1 - math.cos(2 * math.pi * at / moments)) / 2 for at in range(moments)]


def test_joints_that_jump_before_a_repetition_do_not_join_it_to_the_next() -> None:
    jump = [0.0] * 45 + [-3.0] * 5 + [0.0] * 10
    assert excursions([0.0] * 40 + (jump + bend(0.0, 4.0)) * 3 + [0.0] * 30) == [True] * 3


def test_after_a_gap_a_repetition_may_begin_from_a_rest_that_drifted() -> None:
    gone = [math.nan] * 40
    assert excursions([0.0] * 40 + bend(0.0, 4.0) + gone + [0.8] * 20 + bend(0.8, 4.5) + [0.8] * 20) == [True] * 2
    assert excursions(gone + [0.8] * 20 + bend(0.8, 4.5) + [0.8] * 20) == []  # nobody who was ready


def test_a_set_that_begins_in_doubt_is_counted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    odds = iter([-2.0, -1.0, 2.9, 2.9, 2.9])

    class Told:
        def odds(self, _: Float) -> float:
            return next(odds)

    monkeypatch.setattr("fitness.likeness.learnt", Told)
    counter, motion, shown = Counter(EXERCISES["squat"]), squats([1.0] * 5), []
    for time, xy, score in zip(motion.time_s, motion.xy_px, motion.score, strict=True):
        state = counter.step(xy, score, float(time))
        if state.finished:
            shown.append(state.reps)
    assert shown == [3, 4, 5]
    starts = [repetition.start_s for repetition in counter.repetitions]
    assert starts == pytest.approx([1.5, 3.5, 5.5, 7.5, 9.5], abs=0.4)
