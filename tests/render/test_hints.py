from __future__ import annotations

import numpy as np
import pytest

from pose.joint_sets import OPENPOSE18
from pose.types import People
from render.hints import BRIGHT_LUMA, DARK_LUMA, Hint, HintFilter, Statistics, hint_for, measure
from tests.render.somebody import people_at

FINE = Statistics(luma=110, burnt=0.01, people=1, heads=1, feet=1, whole=1)


def without(people: People, *parts: str) -> People:
    score = people.score.copy()
    score[:, [i for i, name in enumerate(OPENPOSE18) if name.endswith(parts)]] = 0
    return People.detected(people.xy_px, score)


def stats(people: People, grey: int = 120) -> Statistics:
    return measure(np.full((240, 320, 3), grey, np.uint8), people, 0.1)


@pytest.mark.parametrize(
    ("statistics", "hint"),
    [
        (FINE, None),
        (stats(people_at([(0, 0, 3)]), grey=5), Hint.DARK),
        (stats(people_at([(0, 0, 3)]), grey=250), Hint.BRIGHT),
        (stats(People.nobody()), Hint.NOBODY),
        (stats(people_at([(0, 0, 3)])), None),
        (stats(without(people_at([(0, 0, 3)]), "ankle")), Hint.FEET),
        (stats(without(people_at([(0, 0, 3)]), "left_ankle")), Hint.FEET),
        (stats(without(people_at([(0, 0, 3)]), "nose", "eye", "ear")), Hint.HEAD),
        (Statistics(110, 0.6, 1, 1, 1, 1), Hint.BRIGHT),
        (Statistics(10, 0, 0, 0, 0, 0), Hint.DARK),
    ],
)
def test_the_hint_that_helps(statistics: Statistics, hint: Hint | None) -> None:
    assert hint_for(statistics) is hint


def test_low_scores_do_not_count_as_seen() -> None:
    people = people_at([(0, 0, 3)])
    faint = People.detected(people.xy_px, np.full_like(people.score, 0.05))
    assert stats(faint).whole == 0
    assert stats(faint).people == 1


def test_light_has_to_get_clearly_better_before_its_hint_goes() -> None:
    nearly = Statistics(DARK_LUMA + 1, 0, 1, 1, 1, 1)
    assert hint_for(nearly) is None
    assert hint_for(nearly, Hint.DARK) is Hint.DARK
    hardly = Statistics(BRIGHT_LUMA - 1, 0, 1, 1, 1, 1)
    assert hint_for(hardly) is None
    assert hint_for(hardly, Hint.BRIGHT) is Hint.BRIGHT


def test_a_hint_comes_after_a_second_and_goes_after_a_second() -> None:
    hints, empty = HintFilter(), stats(People.nobody())
    shown = [hints.step(empty if 1 <= t < 4 else FINE, t) for t in np.arange(0, 7, 0.1).round(1)]
    assert shown[:20] == [None] * 20
    assert shown[21:49] == [Hint.NOBODY] * 28
    assert shown[51:] == [None] * 19


def test_what_flickers_is_not_shown() -> None:
    hints, empty = HintFilter(), stats(People.nobody())
    assert {hints.step(empty if index % 3 else FINE, index / 10) for index in range(100)} == {None}


def test_seeking_back_does_not_show_a_hint_at_once() -> None:
    hints, empty = HintFilter(), stats(People.nobody())
    hints.step(empty, 100.0)
    assert hints.step(empty, 3.0) is None
