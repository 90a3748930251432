from __future__ import annotations

import numpy as np
import pytest

from fitness.recognise import SURE_FROM, Recogniser, recognised
from tests.fitness.bodies import Rows, course, front, rows, side_squat


def _squats(count: int) -> Rows:
    time, depth = course([1.0] * count)
    return rows(time, side_squat(175 - 100 * depth))


def _jacks(count: int) -> Rows:
    time, depth = course([1.0] * count, rep_s=1.0)
    arm = 15 + 145 * depth
    return rows(time, front((arm, arm), 0.7 + 1.3 * depth))


def _raises(count: int) -> Rows:
    time, depth = course([1.0] * count)
    arm = 10 + 80 * depth
    return rows(time, front((arm, arm), np.ones(len(time))))


def _curls(count: int) -> Rows:
    time, depth = course([1.0] * count)
    hang, elbow = np.full(len(time), 8.0), 165 - 115 * depth
    return rows(time, front((hang, hang), np.ones(len(time)), (elbow, elbow)))


def _presses(count: int) -> Rows:
    time, depth = course([1.0] * count)
    arm, elbow = 70 + 95 * depth, 75 + 95 * depth
    return rows(time, front((arm, arm), np.ones(len(time)), (elbow, elbow)))


@pytest.mark.parametrize(
    ("name", "motion"),
    [
        ("squat", _squats(3)),
        ("jumping_jack", _jacks(3)),
        ("lateral_raise", _raises(3)),
        ("curl", _curls(3)),
        ("shoulder_press", _presses(3)),
    ],
)
def test_an_exercise_is_named_after_two_repetitions_and_counted_from_the_first(name: str, motion: Rows) -> None:
    recogniser, said = recognised(motion)
    last = said[-1][1]
    assert last is not None
    assert last.exercise == name
    assert SURE_FROM <= last.sure < 1
    assert len(recogniser.counters[name].repetitions) == 3
    assert {guess.exercise for _, guess in said if guess is not None} == {name}
    assert all(guess is None for time, guess in said if time < 2.0)


def test_who_stands_or_waves_does_nothing_known() -> None:
    time = np.arange(0, 8, 1 / 30)
    still = np.full(len(time), 10.0)
    wave = 120 + 25 * np.sin(2 * np.pi * time * 1.5)
    for motion in (
        rows(time, front((still, still), np.ones(len(time)))),
        rows(time, front((still, still), np.ones(len(time)), (wave, np.full(len(time), 175.0)))),
    ):
        assert all(guess is None for _, guess in recognised(motion)[1])


def test_moment_by_moment_is_the_same_as_all_at_once() -> None:
    motion = _jacks(3)
    recogniser = Recogniser()
    said = [
        recogniser.step(motion.xy_px[index], motion.score[index], float(now), motion.xyz_m[index], motion.valid[index])
        for index, now in enumerate(motion.time_s)
    ]
    assert said == [guess for _, guess in recognised(motion)[1]]


def test_nobody_is_doing_nothing() -> None:
    assert recognised(rows(np.zeros(0), np.zeros((0, 18, 2))))[1] == []
