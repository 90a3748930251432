from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitness.errors import FitnessError
from fitness.exercises import exercise_named
from fitness.plan import COUNTDOWN_S, LONGEST_STEP_S, Plan, PlanMachine, PlannedExercise, PlanView, Stage, Work
from fitness.plan_file import MOST_SETS, load_plan, parse_plan

FRAME_S = 1 / 8


def planned(
    name: str = "squat", sets: int = 1, reps: int | None = 5, seconds: float | None = None, rest_s: float = 10
) -> PlannedExercise:
    return PlannedExercise(exercise_named(name), sets, reps if seconds is None else None, seconds, rest_s)


def plan(*exercises: PlannedExercise) -> Plan:
    return Plan("test", exercises)


def until(machine: PlanMachine, stage: Stage, time_s: float, work: Work = Work()) -> tuple[float, PlanView]:  # noqa: B008
    """Step until a stage comes; the time of the step, and what is shown then."""
    for _ in range(100_000):
        time_s += FRAME_S
        view = machine.step(time_s, work)
        if view.stage is stage:
            return time_s, view
    raise AssertionError(f"{stage} does not come")


def test_a_plan_goes_from_three_two_one_to_done() -> None:
    machine = PlanMachine(plan(planned(sets=2, reps=3), planned("plank", seconds=4.0)))
    view = machine.step(0.0, Work(present=False))
    assert (view.stage, view.exercise, view.sets_total) == (Stage.WAITING, "squat", 3)
    assert machine.step(100.0, Work(present=False)).stage is Stage.WAITING
    seen_s = 100.5
    view = machine.step(seen_s, Work())
    assert (view.stage, view.countdown, view.left_s) == (Stage.COUNTDOWN, 3, COUNTDOWN_S)
    shown = [machine.step(seen_s + k * FRAME_S, Work()).countdown for k in range(1, 24)]
    assert shown == [3] * 7 + [2] * 8 + [1] * 8
    now_s, view = until(machine, Stage.WORK, seen_s + 23 * FRAME_S)
    assert now_s == pytest.approx(seen_s + COUNTDOWN_S)
    assert (view.set_number, view.sets, view.count, view.target_reps, view.next_exercise) == (1, 2, 0, 3, "squat")
    assert machine.step(now_s + 1, Work(2)).count == 2
    view = machine.step(now_s + 2, Work(3))
    assert (view.stage, view.left_s, view.set_number, view.sets_done) == (Stage.REST, 10, 2, 1)
    rest_s = now_s + 2
    now_s, view = until(machine, Stage.COUNTDOWN, rest_s)
    assert now_s - rest_s == pytest.approx(10 - COUNTDOWN_S), "the countdown is the end of the rest"
    now_s, view = until(machine, Stage.WORK, now_s)
    assert now_s - rest_s == pytest.approx(10)
    assert view.next_exercise == "plank"
    machine.step(now_s + 1, Work(3))
    now_s, view = until(machine, Stage.WORK, now_s + 1, Work(0, 0.0))
    assert (view.exercise, view.target_s, view.left_s, view.next_exercise) == ("plank", 4, 4, None)
    view = machine.step(now_s + 50, Work(0, 3.0))
    assert (view.stage, view.elapsed_s, view.left_s) == (Stage.WORK, 3, 1), "a hold counts what was held, not the clock"
    view = machine.step(now_s + 51, Work(0, 4.0))
    assert (view.stage, view.exercise, view.sets_done, view.progress, view.left_s) == (Stage.DONE, "", 3, 1.0, None)
    assert machine.step(now_s + 500, Work(99)).stage is Stage.DONE


def test_a_set_with_a_time_runs_by_the_clock() -> None:
    machine = PlanMachine(plan(planned("jumping_jack", seconds=20.0)))
    start_s, _ = until(machine, Stage.WORK, 0.0)
    end_s, _ = until(machine, Stage.DONE, start_s, Work(7))
    assert end_s - start_s == pytest.approx(20)


def test_a_short_rest_is_a_countdown() -> None:
    machine = PlanMachine(plan(planned(sets=2, rest_s=0.0)))
    now_s, _ = until(machine, Stage.WORK, 0.0)
    assert machine.step(now_s + 0.1, Work(5)).stage is Stage.COUNTDOWN


def test_a_picture_that_stands_still_is_no_rest() -> None:
    machine = PlanMachine(plan(planned(sets=2, rest_s=60)))
    now_s, _ = until(machine, Stage.WORK, 0.0)
    machine.step(now_s, Work(5))
    view = machine.step(now_s + 3600, Work())
    assert view.stage is Stage.REST
    assert view.left_s == pytest.approx(60 - LONGEST_STEP_S)
    assert machine.step(5.0, Work()).left_s == view.left_s, "a jump back takes no time"


def test_skip_goes_on_and_back_does_it_again() -> None:
    machine = PlanMachine(plan(planned(sets=2), planned("plank", seconds=9.0)))
    machine.step(0.0, Work(present=False))
    assert machine.back().stage is Stage.WAITING
    stages = [machine.skip() for _ in range(9)]
    assert [(view.stage, view.exercise, view.set_number) for view in stages] == [
        (Stage.COUNTDOWN, "squat", 1),
        (Stage.WORK, "squat", 1),
        (Stage.REST, "squat", 2),
        (Stage.COUNTDOWN, "squat", 2),
        (Stage.WORK, "squat", 2),
        (Stage.REST, "plank", 1),
        (Stage.COUNTDOWN, "plank", 1),
        (Stage.WORK, "plank", 1),
        (Stage.DONE, "", 1),
    ]
    assert machine.skip().stage is Stage.DONE
    again = [machine.back() for _ in range(4)]
    assert [(view.stage, view.exercise, view.set_number) for view in again] == [
        (Stage.COUNTDOWN, "plank", 1),
        (Stage.COUNTDOWN, "squat", 2),
        (Stage.COUNTDOWN, "squat", 1),
        (Stage.COUNTDOWN, "squat", 1),
    ]
    attempt = machine.attempt
    machine.skip()
    machine.step(0.5, Work(4))
    view = machine.back()
    assert (view.stage, view.set_number, view.count) == (Stage.COUNTDOWN, 1, 0), "in a set, it begins anew"
    assert machine.attempt == attempt + 1


exercises = st.builds(
    planned,
    st.sampled_from(["squat", "curl", "jumping_jack"]),
    st.integers(1, 3),
    st.integers(1, 5),
    st.one_of(st.none(), st.floats(1, 20)),
    st.floats(0, 20),
)
moments = st.lists(
    st.one_of(
        st.sampled_from(["skip", "back"]),
        st.tuples(st.floats(-2, 5), st.integers(0, 6), st.floats(0, 25), st.booleans()),
    ),
    max_size=200,
)
ORDER = [Stage.WAITING, Stage.COUNTDOWN, Stage.WORK, Stage.REST, Stage.DONE]
STEPS = {
    Stage.WAITING: {Stage.WAITING, Stage.COUNTDOWN},
    Stage.COUNTDOWN: {Stage.COUNTDOWN, Stage.WORK},
    Stage.WORK: {Stage.WORK, Stage.REST, Stage.COUNTDOWN, Stage.DONE},
    Stage.REST: {Stage.REST, Stage.COUNTDOWN},
    Stage.DONE: {Stage.DONE},
}


@given(st.lists(exercises, min_size=1, max_size=4), moments)
def test_whatever_happens_the_plan_stays_in_order(chosen: list[PlannedExercise], happenings: list[Any]) -> None:
    machine = PlanMachine(plan(*chosen))
    total = sum(one.sets for one in chosen)
    before, time_s = machine.view, 0.0
    for happening in happenings:
        if happening == "skip":
            view = machine.skip()
        elif happening == "back":
            view = machine.back()
        else:
            step_s, reps, hold_s, present = happening
            time_s += step_s
            view = machine.step(time_s, Work(reps, hold_s, present))
        assert view == machine.view
        assert view.sets_total == total
        assert 0 <= view.sets_done <= total
        assert (view.sets_done == total) == (view.stage is Stage.DONE) == (machine.current is None)
        assert 1 <= view.set_number <= view.sets
        assert view.left_s is None or view.left_s >= 0
        assert (view.countdown is not None) == (view.stage is Stage.COUNTDOWN)
        assert view.countdown is None or 1 <= view.countdown <= 3
        if happening != "back":
            assert view.stage in STEPS[before.stage]
            assert view.sets_done - before.sets_done in (0, 1)
            left = before.stage is Stage.WORK and view.stage is not Stage.WORK
            assert (view.sets_done == before.sets_done + 1) == left, "a set is done where its work ends, and only there"
        if happening not in ("skip", "back") and before.stage is Stage.WORK and view.stage is Stage.WORK:
            assert view.target_reps is None or view.count < view.target_reps
        before = view


@given(st.lists(exercises, min_size=1, max_size=4))
def test_who_does_what_is_asked_comes_to_the_end_in_time(chosen: list[PlannedExercise]) -> None:
    machine, time_s = PlanMachine(plan(*chosen)), 0.0
    attempts = set()
    while machine.stage is not Stage.DONE:
        current = machine.current
        assert current is not None
        attempts.add(machine.attempt)
        machine.step(time_s, Work(current.of.reps or 0) if machine.stage is Stage.WORK else Work())
        time_s += FRAME_S
    sets = [(one, k) for one in chosen for k in range(one.sets)]
    asked_s = sum((one.seconds or 0) + max(one.rest_s, COUNTDOWN_S) for one, _ in sets) + COUNTDOWN_S
    asked_s -= max(sets[-1][0].rest_s, COUNTDOWN_S)
    assert asked_s <= time_s <= asked_s + 3 * FRAME_S * (len(sets) + 1)
    assert len(attempts - {0}) == len(sets)


PLAN = """
name = "Monday"
rest_seconds = 45
[[exercise]]
name = "squat"
sets = 3
reps = 10
[[exercise]]
name = "plank"
seconds = 30
rest_seconds = 20
"""


def test_a_plan_is_read_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "monday.toml"
    path.write_text(PLAN, encoding="utf-8")
    found = load_plan(path)
    assert found.name == "Monday"
    squat, plank = found.exercises
    assert (squat.exercise.name, squat.sets, squat.reps, squat.seconds, squat.rest_s) == ("squat", 3, 10, None, 45)
    assert (plank.exercise.name, plank.sets, plank.reps, plank.seconds, plank.rest_s) == ("plank", 1, None, 30, 20)
    path.write_text(PLAN.replace('name = "Monday"', ""), encoding="utf-8")
    assert load_plan(path).name == "monday", "a plan without a name has that of its file"


def test_an_exercise_of_ones_own_lies_beside_the_plan(tmp_path: Path) -> None:
    own = '[[count]]\n[[count.travel]]\nsignal = "knee"\nleaves = 165\nreaches = 140\n'
    (tmp_path / "half.toml").write_text('name = "half squat"\n' + own, encoding="utf-8")
    found = parse_plan({"exercise": [{"name": "half.toml", "reps": 5}]}, tmp_path)
    assert found.exercises[0].label == "half squat"
    with pytest.raises(FitnessError, match=r"none\.toml"):
        parse_plan({"exercise": [{"name": "none.toml", "reps": 5}]}, tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rest_secs = 3" + PLAN, "the plan has the unknown key 'rest_secs'; the nearest known one is 'rest_seconds'"),
        (PLAN.replace("reps =", "repz ="), "exercise 1 has the unknown key 'repz'; the nearest known one is 'reps'"),
        (PLAN.replace("squat", "sqaut"), "there is no exercise 'sqaut'; the nearest known one is 'squat'"),
        (PLAN.replace("sets = 3", "sets = 0"), "exercise 1: sets is 0, expected a whole number from 1 to"),
        (PLAN.replace("sets = 3", "sets = true"), "exercise 1: sets is True"),
        (PLAN.replace("reps = 10", "reps = 2.5"), "exercise 1: reps is 2.5"),
        (PLAN.replace("reps = 10", ""), "exercise 1: say either reps or seconds of squat"),
        (PLAN.replace("reps = 10", "reps = 10\nseconds = 3"), "exercise 1: say either reps or seconds of squat"),
        (PLAN.replace("seconds = 30", "reps = 5"), "exercise 2: reps: plank is held, not repeated; say seconds"),
        (PLAN.replace("= 20", "= -1"), "exercise 2: rest_seconds is -1, expected a number from 0 to 3600"),
        (PLAN.replace("= 45", "= nan"), "rest_seconds is nan"),
        (PLAN.replace('"Monday"', "7"), "name is 7"),
        (PLAN.replace("sets = 3", f"sets = {MOST_SETS}"), f"more than {MOST_SETS}"),
        (PLAN.replace('name = "plank"', ""), "exercise 2: name is None"),
        ("exercise = 3", "at least one"),
        ('name = "empty"', "at least one"),
        ("[[exercise]", "no TOML"),
        ("#" * 200_000, "larger than"),
    ],
)
def test_mistakes_in_a_plan_are_one_line_with_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FitnessError) as caught:
        load_plan(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    if "TOML" not in says:
        assert "\n" not in str(caught.value)


def test_a_plan_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FitnessError, match=r"cannot read .*none\.toml"):
        load_plan(tmp_path / "none.toml")
