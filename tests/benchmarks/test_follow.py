from __future__ import annotations

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.follow import Sets, evaluate, pairs, reached, summary
from tests.fitness.follow.dancers import raise_arm, squat

SETS: Sets = {
    ("s08", "m07"): [raise_arm(60), raise_arm(48)],
    ("s09", "m07"): [raise_arm(60, degrees=140.0), raise_arm(60)],
    ("s09", "m01"): [squat(60), squat(60)],
}
KINDS = {"same clip": 3, "same, moved": 3, "mirrored": 3, "another body": 2, "another move": 2}


def test_every_set_meets_itself_its_images_and_the_others() -> None:
    found = [pair.kind for pair in pairs(SETS, ("s08", "s09"))]
    assert {kind: found.count(kind) for kind in KINDS} == KINDS
    assert not list(pairs(SETS, ("s01",)))


def test_numbers_are_those_of_the_kinds() -> None:
    kinds = summary(evaluate(SETS, ("s08", "s09")))
    assert kinds["same clip"]["mean"] == pytest.approx(100)
    assert kinds["same, moved"]["mean"] >= 97
    assert kinds["mirrored"]["mirrored"] == pytest.approx(2 / 3, abs=0.01)  # a squat is its own mirror image
    assert kinds["another body"]["mean"] >= 80
    assert kinds["another move"]["mean"] <= 50
    assert reached(kinds)
    kinds["another move"]["mean"] = 50.1
    assert not reached(kinds)


def test_both_sides_of_a_pair_take_as_long() -> None:
    assert all(pair.reference.shape == pair.user.shape for pair in pairs(SETS, ("s08", "s09")))


def test_subjects_who_are_not_there_are_an_error() -> None:
    with pytest.raises(BenchmarkError, match="s01"):
        evaluate(SETS, ("s01",))
