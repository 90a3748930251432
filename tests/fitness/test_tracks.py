from __future__ import annotations

import numpy as np

from fitness.tracks import NOBODY, Joiner, by_prominence, joined
from tests.fitness.bodies import Float, front

STILL = np.zeros(1)
WHOLE, HALF = np.ones((1, 18), np.float32), np.r_[np.ones(8), np.zeros(10)].astype(np.float32)[None]


def _body(x: float, size: float = 1.0) -> Float:
    return front((STILL, STILL), np.ones(1)) * size + [x, 0]


def test_the_largest_for_longest_comes_first() -> None:
    xy = np.concatenate([_body(0), _body(0), _body(500, 0.3), _body(500, 0.3), _body(500, 0.3)])
    track = np.array([7, 7, 3, 3, 3], np.int32)
    assert by_prominence(track, xy.astype(np.float32), np.ones((5, 18), np.float32)) == [7, 3]


def test_a_near_person_of_whom_little_is_seen_comes_after_a_whole_one() -> None:
    xy = np.concatenate([_body(0), _body(500, 1.5)]).astype(np.float32)
    few = np.where(np.isin(np.arange(18), [1, 4, 8, 10, 13]), 1, 0)
    score = np.stack([np.ones(18), few]).astype(np.float32)
    assert by_prominence(np.array([1, 2], np.int32), xy, score) == [1, 2]
    assert by_prominence(np.array([1, 2], np.int32), xy, np.ones((2, 18), np.float32)) == [2, 1]


def test_a_number_that_takes_over_at_the_same_place_is_the_same_person() -> None:
    track = np.array([1, 1, 2, 2, 1], np.int32)
    xy = np.concatenate([_body(x) for x in (0, 1, 2, 3, 4)]).astype(np.float32)
    who = joined(np.arange(5, dtype=np.int32), np.arange(5) / 30, track, xy, np.ones((5, 18), np.float32))
    assert who.tolist() == [1, 1, 1, 1, 1]


def test_somebody_elsewhere_or_much_later_or_of_another_size_is_somebody_else() -> None:
    for other, at_s in ((_body(900), 0.1), (_body(0), 2.0), (_body(0, 3.0), 0.1)):
        joiner = Joiner()
        assert joiner.step([1], _body(0).astype(np.float32), WHOLE, 0.0) == [1]
        assert joiner.step([2], other.astype(np.float32), WHOLE, at_s) == [2]


def test_a_part_of_a_body_is_nobody_and_two_whole_bodies_are_two() -> None:
    both = np.concatenate([_body(0), _body(10)]).astype(np.float32)
    joiner = Joiner()
    joiner.step([1], both[:1], WHOLE, 0.0)
    assert joiner.step([1, 2], both, np.concatenate([WHOLE, HALF]), 0.1) == [1, NOBODY]
    assert joiner.step([2], both[1:], WHOLE, 0.2) == [1]
    joiner = Joiner()
    joiner.step([1], both[:1], WHOLE, 0.0)
    assert joiner.step([1, 2], both, np.concatenate([WHOLE, WHOLE]), 0.1) == [1, 2]


def test_no_rows_are_nobody() -> None:
    empty = np.zeros((0, 18), np.float32)
    none = np.zeros(0, np.int32)
    assert joined(none, np.zeros(0), none, np.zeros((0, 18, 2), np.float32), empty).shape == (0,)
