from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitness import likeness
from fitness.cycle import Excursion
from fitness.errors import FitnessError
from fitness.likeness import BEFORE_S, KEPT_S, NAMES, Likeness, Recent, describe, learnt
from tests.fitness.bodies import Float, course, front, side_squat

ONE = Excursion(1.6, 2.5, 3.3, 3.0, True)


def seen() -> tuple[Float, Float]:
    time, depth = course([1.0])
    hang = (np.zeros(len(time)), np.zeros(len(time)))
    return time, front(hang, np.ones(len(time)), bend=85 * depth)


def test_a_mirrored_larger_person_elsewhere_is_described_the_same() -> None:
    time, depth = course([1.0])
    xy = side_squat(175 - 90 * depth)
    said = describe(time, xy, ONE)
    assert said.shape == (len(NAMES),)
    assert np.isfinite(said).all()
    assert describe(time, 300 + 2.5 * xy * [-1, 1], ONE) == pytest.approx(said, abs=1e-6)


def test_what_was_not_seen_says_nothing_and_is_no_error() -> None:
    time, xy = seen()
    assert np.isnan(describe(time, np.full_like(xy, np.nan), ONE)).all()
    assert np.isnan(describe(time[:0], xy[:0], ONE)).all()
    assert np.isfinite(learnt().odds(np.full(len(NAMES), np.nan)))


class Told:
    """Stands in for the network: says what it was told to, one movement after the other."""

    def __init__(self, odds: list[float]) -> None:
        self._odds = iter(odds)

    def odds(self, _: Float) -> float:
        return next(self._odds)


def judged(
    monkeypatch: pytest.MonkeyPatch, odds: list[float], ready: bool = True, vetoes: int = 0, every_s: float = 3.0
) -> list[list[int]]:
    """Which movements are counted at each one, of one every few seconds."""
    told = Told(odds)
    monkeypatch.setattr(likeness, "learnt", lambda: told)
    judge, out = Likeness(), []
    for index in range(len(odds)):
        start = index * every_s
        one = Excursion(start, start + 1, start + 2, 3.0, True)
        out.append([round(done.start_s / every_s) for done in judge.squats(Recent(), one, ready, vetoes)])
    return out


def test_a_doubtful_movement_counts_once_those_after_it_tell_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(monkeypatch, [-1.0, -1.0, 2.9, 2.0]) == [[], [], [0, 1, 2], [3]]


def test_what_went_before_a_rest_is_not_counted_later(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(monkeypatch, [-1.0, -1.0, 2.9], every_s=9.0) == [[], [], [2]]


def test_one_weak_movement_takes_nothing_from_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(monkeypatch, [2.0, 2.0, -2.5, 2.0]) == [[0], [1], [2], [3]]


def test_a_set_of_sitting_down_counts_nothing_however_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(monkeypatch, [-2.0, -1.0, -0.7, -2.5, 0.5, -1.5] * 3) == [[]] * 18


def test_what_is_near_even_counts_of_somebody_who_stood_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(monkeypatch, [-0.3]) == [[0]]
    assert judged(monkeypatch, [-0.3], ready=False) == [[]]
    assert judged(monkeypatch, [1.5], ready=False) == [[0]]
    assert judged(monkeypatch, [9.0] * 6, vetoes=1) == [[]] * 6  # what is vetoed each time is none, whatever it is like


def test_doubts_are_forgotten_of_who_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told([-1.0, 3.0])
    monkeypatch.setattr(likeness, "learnt", lambda: told)
    judge = Likeness()
    assert judge.squats(Recent(), ONE, True) == ()
    judge.forget_doubts()
    assert judge.squats(Recent(), ONE, True) == (ONE,)


def test_only_the_last_seconds_are_kept() -> None:
    recent = Recent()
    for at in np.arange(0, 2 * KEPT_S, 0.5):
        recent.add(float(at), np.zeros((18, 2)))
    times, joints = recent.since(-BEFORE_S)
    assert times[0] >= KEPT_S - 0.5
    assert len(times) == len(joints)


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"inner": [[1]]}')
    with pytest.raises(FitnessError, match="no network of squats"):
        learnt(other)
