from __future__ import annotations

from pathlib import Path

import pytest

from fitness.custom import load_exercise
from fitness.errors import FitnessError
from fitness.exercises import EXERCISES, Sides, exercise_named
from fitness.recount import count_poses
from fitness.signals import SIGNALS, View
from tests.fitness.bodies import course, rows, side_squat

HALF_SQUAT = """
name = "half squat"
shortest_s = 0.4
sides = "both"

[[count]]
views = ["side"]
[[count.travel]]
signal = "knee"
leaves = 165
reaches = 140

[[fault]]
name = "deep"
signal = "knee"
extreme = "lowest"
below = 120
views = ["side"]
cue = "Not so deep"
"""


def test_an_own_exercise_counts(tmp_path: Path) -> None:
    path = tmp_path / "half.toml"
    path.write_text(HALF_SQUAT)
    exercise = load_exercise(path)
    assert (exercise.name, exercise.sides, exercise.counts[0].views) == ("half squat", Sides.BOTH, (View.SIDE,))
    time, depth = course([0.5, 0.5, 1.0])
    result = count_poses(rows(time, side_squat(175 - 90 * depth)), exercise)
    assert [repetition.faults for repetition in result.repetitions] == [(), (), ("deep",)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "half squat"', "", "lacks 'name'"),
        ("shortest_s", "shortest", "unknown key 'shortest'"),
        ("shortest_s = 0.4", "shortest_s = 0", "expected 0.1 to 10"),
        ("shortest_s = 0.4", "shortest_s = nan", "expected a number"),
        ('sides = "both"', 'sides = "all"', "expected one of both, lead, each"),
        ('views = ["side"]', 'views = ["top"]', "expected one of front, 45, side"),
        ('views = ["side"]', "views = []", "expected a list"),
        ('signal = "knee"\nleaves', 'signal = "toe"\nleaves', "no signal 'toe'"),
        ("reaches = 140", "reaches = 165", "nothing would ever move"),
        ("reaches = 140", "reaches = true", "expected a number"),
        ('extreme = "lowest"', 'extreme = "low"', "expected lowest, highest or peak"),
        ("below = 120", "", "needs one of above and below"),
        ("Not so deep", "Please do not go so deep", "more than 4 words"),
        ("[[fault]]", "[fault]", "no list of tables"),
        ("leaves = 165", "leaves = ", "no TOML file"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    assert old in HALF_SQUAT
    path.write_text(HALF_SQUAT.replace(old, new))
    with pytest.raises(FitnessError, match=message) as caught:
        load_exercise(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FitnessError, match="cannot read"):
        load_exercise(tmp_path / "none.toml")


def test_the_table_holds_together() -> None:
    names = (
        "squat push_up lunge deadlift shoulder_press curl lateral_raise jumping_jack sit_up crunch plank glute_bridge "
    )
    assert set(EXERCISES) == set((names + "high_knees pull_up burpee").split())
    for exercise in EXERCISES.values():
        assert set(exercise.signals) <= set(SIGNALS)
        assert 0.25 <= exercise.shortest_s <= 1
        for fault in exercise.faults:
            assert 1 <= len(fault.cue.split()) <= 5
    with pytest.raises(FitnessError, match="nearest known: "):
        exercise_named("moonwalk")
