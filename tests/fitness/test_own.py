from __future__ import annotations

import math

import pytest

from fitness.own import REMEMBERED_S, Own
from fitness.smoother import Smoother


def test_standing_is_one_and_a_few_wrong_lengths_make_nobody_taller() -> None:
    own = Own()
    for moment in range(300):
        wrong = moment % 40 < 3
        own.step(180.0 if wrong else 100.0, moment / 30)
    assert own.step(100.0, 10.0) == pytest.approx(1.0)
    assert own.step(57.0, 10.03) == pytest.approx(0.57)
    assert math.isnan(own.step(math.nan, 10.1))


def test_a_size_of_long_ago_is_forgotten() -> None:
    own = Own()
    for moment in range(60):
        own.step(100.0, moment / 30)
    for moment in range(40):
        last = own.step(50.0, 3 + REMEMBERED_S + moment / 30)
    assert last == pytest.approx(1.0)


def test_a_jump_is_left_out_and_what_is_unknown_for_long_is_unknown() -> None:
    smoother = Smoother(0.14)
    for moment in range(10):
        smoother.step([5.0, math.nan], moment / 30)
    assert smoother.step([50.0, 2.0], 10 / 30) == [5.0, 2.0]
    later = [smoother.step([math.nan, 2.0], (11 + moment) / 30)[0] for moment in range(15)]
    assert math.isfinite(later[0])
    assert math.isnan(later[-1])
    smoother.clear()
    assert smoother.step([7.0], 5.0) == [7.0]
