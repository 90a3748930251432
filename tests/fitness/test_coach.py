from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitness.coach import HOLD_S, LONGEST_S, PRAISE_EVERY_S, SAFETY, Coach, Cue, Level
from fitness.exercises import EXERCISES, exercise_named
from fitness.gates import Gate, GateKind
from fitness.signals import View
from tests.fitness.knee_bend import KNEE_BEND

FEET = Gate(GateKind.FRAME, "Step back until your feet show")
TURN = Gate(GateKind.VIEW, "Turn sideways")


def texts(coach: Coach, start_s: float, end_s: float, gate: Gate | None = None) -> list[str]:
    """What is on the screen ten times a second."""
    said = [coach.step(start_s + index / 10, gate) for index in range(round((end_s - start_s) * 10))]
    return ["" if cue is None else cue.text for cue in said]


def test_one_bad_repetition_is_not_spoken_of_and_two_in_a_row_are() -> None:
    coach = Coach(KNEE_BEND)
    coach.repetition(("shallow",), View.SIDE, 2.0)
    assert set(texts(coach, 2, 4)) == {""}
    coach.repetition((), View.SIDE, 4.0)
    coach.repetition(("shallow",), View.SIDE, 6.0)
    assert set(texts(coach, 6, 8)) == {""}
    coach.repetition(("shallow",), View.SIDE, 8.0)
    cue = coach.step(8.0, None)
    assert cue is not None
    assert (cue.text, cue.level) == ("Sit deeper", Level.ADJUST)


def test_a_cue_stays_three_seconds_even_if_all_is_well_again() -> None:
    coach = Coach(KNEE_BEND)
    for at in (1.0, 2.0):
        coach.repetition(("shallow",), View.SIDE, at)
    shown = texts(coach, 2.0, 2.5)
    coach.repetition((), View.SIDE, 2.5)
    shown += texts(coach, 2.5, 9)
    assert shown[: round(HOLD_S * 10)] == ["Sit deeper"] * round(HOLD_S * 10)
    assert "Sit deeper" not in shown[round(HOLD_S * 10) + 1 :]


def test_a_cue_that_nobody_follows_goes_in_the_end() -> None:
    coach = Coach(KNEE_BEND)
    for at in (1.0, 2.0):
        coach.repetition(("shallow",), View.SIDE, at)
    shown = texts(coach, 2.0, 12.0)
    assert shown.count("Sit deeper") == pytest.approx(LONGEST_S * 10, abs=1)


def test_what_can_hurt_comes_first_and_what_was_there_both_times() -> None:
    coach = Coach(KNEE_BEND)
    for at in (1.0, 2.0):
        coach.repetition(("shallow", "lean"), View.SIDE, at)
    cue = coach.step(2.0, None)
    assert cue is not None
    assert (cue.text, cue.level) == ("Chest up", Level.STOP)

    coach = Coach(KNEE_BEND)
    coach.repetition(("shallow",), View.SIDE, 1.0)
    coach.repetition(("shallow", "lean"), View.SIDE, 2.0)
    assert texts(coach, 2.0, 2.1) == ["Sit deeper"]


def test_form_is_not_judged_in_a_view_that_does_not_show_it() -> None:
    coach = Coach(exercise_named("deadlift"))
    for at in range(6):
        coach.repetition(("squatted", "no_lockout"), View.FRONT, float(at))
        assert texts(coach, at, at + 1) == [""] * 10
    squat = Coach(KNEE_BEND)
    for at in range(4):
        squat.repetition(("lean",), View.FRONT, float(at))
    assert texts(squat, 4, 5) == [""] * 10


def test_nothing_is_said_of_the_form_of_somebody_who_is_not_wholly_seen() -> None:
    coach = Coach(KNEE_BEND)
    assert set(texts(coach, 0, 1, FEET)) == {FEET.text}
    for at in (1.0, 2.0, 3.0):
        coach.repetition(("shallow",), View.SIDE, at)
    assert set(texts(coach, 3, 8, FEET)) == {FEET.text}
    assert set(texts(coach, 8, 12)) == {""}


def test_a_gate_that_closes_for_a_moment_is_shown_for_three_seconds() -> None:
    coach = Coach(KNEE_BEND)
    shown = texts(coach, 0, 0.2, FEET) + texts(coach, 0.2, 5)
    assert shown.count(FEET.text) == pytest.approx(HOLD_S * 10, abs=1)


def test_where_to_turn_is_said_and_then_left_alone() -> None:
    shown = texts(Coach(exercise_named("deadlift")), 0, 20, TURN)
    assert shown[0] == TURN.text
    assert shown.count(TURN.text) == pytest.approx(LONGEST_S * 10, abs=2)


def test_praise_is_rare_and_for_what_was_put_right() -> None:
    coach = Coach(KNEE_BEND)
    for at in (1.0, 2.0):
        coach.repetition(("shallow",), View.SIDE, at)
    said = texts(coach, 2.0, 6.0)
    coach.repetition((), View.SIDE, 6.0)
    cue = coach.step(6.0, None)
    assert cue is not None
    assert cue.level is Level.GOOD
    for index in range(60):
        said += texts(coach, 6.0 + index, 7.0 + index)
        coach.repetition((), View.SIDE, 7.0 + index)
    praises = [text in ("Better, like that", "Good form") for text in said]
    praised = sum(now and not before for before, now in itertools.pairwise([False, *praises]))
    assert praised <= 60 / PRAISE_EVERY_S + 1


def test_nobody_is_praised_for_a_form_that_was_not_seen() -> None:
    coach = Coach(exercise_named("deadlift"))
    for at in range(30):
        coach.repetition((), View.FRONT, float(at))
        assert texts(coach, at, at + 1) == [""] * 10


def test_half_repetitions_are_a_matter_of_range() -> None:
    coach = Coach(KNEE_BEND)
    coach.partial(1.0, View.SIDE)
    assert texts(coach, 1, 2) == [""] * 10
    coach.partial(2.0, View.SIDE)
    assert texts(coach, 2, 2.1) == ["Sit deeper"]
    burpee = Coach(exercise_named("burpee"))
    burpee.partial(1.0, None, "plank")
    burpee.partial(4.0, None, "plank")
    assert texts(burpee, 4, 4.1) == ["Do the plank too"]
    far_apart = Coach(KNEE_BEND)
    far_apart.partial(1.0, View.SIDE)
    far_apart.partial(40.0, View.SIDE)
    assert texts(far_apart, 40, 41) == [""] * 10


def test_cues_have_at_most_four_words_and_dangers_are_faults_of_the_table() -> None:
    faults = [fault for exercise in EXERCISES.values() for fault in exercise.faults]
    cues = {fault.cue for fault in faults} - {"Arms all the way up"}  # which people say in one breath
    assert all(len(cue.split()) <= 4 for cue in cues)
    assert {fault.name for fault in faults} >= set(SAFETY)


@given(
    st.lists(st.tuples(st.sampled_from(["shallow", "lean", ""]), st.booleans(), st.floats(0.2, 4)), max_size=30),
)
def test_no_cue_is_ever_shown_for_less_than_three_seconds(events: list[tuple[str, bool, float]]) -> None:
    coach, now = Coach(KNEE_BEND), 0.0
    shown: list[tuple[float, Cue | None]] = []
    for fault, gated, wait_s in events:
        coach.repetition((fault,) if fault else (), View.SIDE, now)
        for _ in range(round(wait_s * 10)):
            shown.append((now, coach.step(now, FEET if gated else None)))
            now += 0.1
    changes = [at for (_, before), (at, after) in itertools.pairwise(shown) if before is not after]
    began = dict(itertools.pairwise(changes))
    for at, cue in shown:
        if cue is not None and at in began:
            assert began[at] - at >= HOLD_S - 0.11
