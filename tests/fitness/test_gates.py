from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fitness.exercises import EXERCISES, exercise_named
from fitness.gates import Gate, GateKind, Gates, form_views, parts_of, view_gate
from fitness.signals import SIGNALS, Joints, View
from tests.fitness.bodies import J, front, side_squat

SIZE = (640, 480)


def gate_of(exercise: str, xy: NDArray[np.float64], view: View, missing: tuple[str, ...] = ()) -> Gate | None:
    """The gate after two seconds of somebody who stands there, without some parts."""
    score = np.ones((1, 18))
    score[0, [index for name, index in J.items() if name.endswith(missing)]] = 0 if missing else 1
    gates, gate = Gates(exercise_named(exercise)), None
    for index in range(60):
        gate = gates.step(Joints.of(xy, score), index / 30, SIZE, view)
    return gate


def standing() -> NDArray[np.float64]:
    return front((np.full(1, 10.0), np.full(1, 10.0)), np.ones(1))


def test_whoever_is_wholly_seen_in_the_right_view_passes() -> None:
    assert gate_of("squat", standing(), View.FRONT) is None
    assert gate_of("squat", side_squat(np.array([175.0])) + 200, View.SIDE) is None


def test_feet_beyond_the_lower_edge() -> None:
    low = standing() + np.array([0, 480 - 400])
    gate = gate_of("squat", low, View.FRONT, ("ankle",))
    assert gate == Gate(GateKind.FRAME, "Step back until your feet show")


def test_hands_beyond_the_upper_edge() -> None:
    high = standing() - [0, standing()[0, :, 1].min() - 5]
    gate = gate_of("shoulder_press", high, View.FRONT, ("wrist",))
    assert gate == Gate(GateKind.FRAME, "Step back until your hands show")


def test_hidden_in_the_middle_of_the_picture() -> None:
    gate = gate_of("curl", standing(), View.SIDE, ("wrist",))
    assert gate == Gate(GateKind.SEEN, "I cannot see your hands")


def test_one_side_is_enough() -> None:
    assert gate_of("deadlift", side_squat(np.array([175.0])) + 200, View.SIDE, ("left_ankle", "left_knee")) is None


def test_what_the_exercise_does_not_need_may_be_missing() -> None:
    assert gate_of("curl", standing(), View.SIDE, ("ankle", "knee")) is None


@pytest.mark.parametrize(
    ("exercise", "view", "says"),
    [
        ("deadlift", View.FRONT, "Turn sideways"),
        ("push_up", View.FRONT, "Turn sideways"),
        ("lateral_raise", View.SIDE, "Face the camera"),
        ("squat", View.FRONT, None),
        ("squat", View.SIDE, None),
        ("plank", View.FRONT, None),
        ("deadlift", None, None),
    ],
)
def test_the_view_has_to_fit(exercise: str, view: View | None, says: str | None) -> None:
    gate = view_gate(exercise_named(exercise), view)
    assert (None if gate is None else gate.text) == says


def test_too_far_away() -> None:
    gate = gate_of("squat", standing() / 8 + 200, View.FRONT)
    assert gate == Gate(GateKind.FAR, "Come closer")


def test_a_joint_that_is_lost_for_a_moment_closes_no_gate() -> None:
    gates, xy, score = Gates(exercise_named("squat")), standing(), np.ones((1, 18))
    lost = score.copy()
    lost[0, [J["right_ankle"], J["left_ankle"], J["right_knee"], J["left_knee"]]] = 0
    for index in range(90):
        known = lost if 40 <= index < 55 else score
        assert gates.step(Joints.of(xy, known), index / 30, SIZE, View.FRONT) is None


@pytest.mark.parametrize("signal", sorted(SIGNALS))
def test_every_signal_says_which_parts_it_needs(signal: str) -> None:
    assert parts_of(signal)


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_every_exercise_has_views_for_its_form(name: str) -> None:
    assert form_views(EXERCISES[name])
