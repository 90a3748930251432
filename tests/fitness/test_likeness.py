from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitness.cycle import Excursion
from fitness.errors import FitnessError
from fitness.likeness import BEFORE_S, KEPT_S, NAMES, Likeness, Recent, describe, learnt
from tests.fitness.bodies import Float, course, front, side_squat

ONE = Excursion(1.6, 2.5, 3.3, 3.0, True)


def seen(seat: bool = False) -> tuple[Float, Float]:
    time, depth = course([1.0])
    hang = (np.zeros(len(time)), np.zeros(len(time)))
    return time, front(hang, np.ones(len(time)), bend=85 * depth, seat=seat)


def test_a_mirrored_larger_person_elsewhere_is_described_the_same() -> None:
    time, depth = course([1.0])
    xy = side_squat(175 - 90 * depth)
    said = describe(time, xy, ONE)
    assert said.shape == (len(NAMES),)
    assert np.isfinite(said).all()
    assert describe(time, 300 + 2.5 * xy * [-1, 1], ONE) == pytest.approx(said, abs=1e-6)


def test_sitting_down_is_less_of_a_squat() -> None:
    squat, sit = (float(learnt().odds(describe(*seen(seat), ONE))) for seat in (False, True))
    assert squat > 0 > sit


def test_what_was_not_seen_says_nothing_and_is_no_error() -> None:
    time, xy = seen()
    assert np.isnan(describe(time, np.full_like(xy, np.nan), ONE)).all()
    assert np.isnan(describe(time[:0], xy[:0], ONE)).all()
    assert np.isfinite(learnt().odds(np.full(len(NAMES), np.nan)))


def test_one_doubtful_movement_is_counted_only_of_somebody_who_stood_ready() -> None:
    time, xy = seen(seat=True)
    recent = Recent()
    for at, joints in zip(time.tolist(), xy, strict=True):
        recent.add(at, joints)
    assert Likeness().squats(recent, ONE, ready=True)
    assert not Likeness().squats(recent, ONE, ready=False)


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
