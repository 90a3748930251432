"""A session that a plan leads, and what of it is kept; figures with known repetitions go through the real counter."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fitness.events import Event, RepetitionDone, SetDone, Tick
from fitness.exercises import exercise_named
from fitness.history import HistoryFile
from fitness.history_recorder import HistoryRecorder, SessionInfo
from fitness.plan import Plan, PlannedExercise, PlanView, Stage
from fitness.session import Session
from fitness.workout import Workout
from pose.types import People
from tests.fitness.bodies import Float, course, side_squat
from tests.fitness.histories import MONDAY_S

HZ = 30.0
SIZE = (1280, 720)


def squatting(depth: Float) -> Float:
    """Somebody seen from the side whose squats go down and up by a course of 0 to 1; joints (N, 18, 2) in pixels."""
    return np.asarray(side_squat(175 - 90 * depth) + np.array([500, 100]))


def stage(workout: Workout) -> Stage:
    return workout.view.stage


def somebody(xy: Float, track_id: int = 1) -> People:
    """One person in view."""
    return everybody({track_id: xy})


def everybody(bodies: dict[int, Float]) -> People:
    xy = np.stack(list(bodies.values())).astype(np.float32)
    score = np.ones(xy.shape[:2], np.float32)
    return People(np.array(list(bodies), np.int32), xy, score, xy)


def plan(*planned: PlannedExercise) -> Plan:
    return Plan("test", planned)


def squats(sets: int, reps: int, rest_s: float = 8.0) -> PlannedExercise:
    return PlannedExercise(exercise_named("squat"), sets, reps, None, rest_s)


class Athlete:
    """Stands until the set starts, then squats on and on: knee angles over time."""

    def __init__(self) -> None:
        self.motion = squatting(course([1.0] * 30, hz=HZ)[1])
        self.at = 0

    def moment(self, works: bool) -> Float:
        self.at = min(self.at + 1, len(self.motion) - 1) if works else 0
        return np.asarray(self.motion[self.at])


def led(workout: Workout, seconds: float, start_s: float = 0.0) -> list[PlanView]:
    """Somebody who does what the plan says."""
    athlete, views = Athlete(), []
    for k in range(int(seconds * HZ)):
        works = workout.view.stage is Stage.WORK
        workout.step(somebody(athlete.moment(works)), start_s + k / HZ, SIZE)
        views.append(workout.view)
        if workout.view.stage is Stage.DONE:
            break
    return views


def test_somebody_is_led_through_a_plan_and_all_of_it_is_kept(tmp_path: Path) -> None:
    events: list[Event] = []
    workout = Workout(plan(squats(2, 3), squats(1, 2)), events.append)
    with HistoryFile(tmp_path / "h.sqlite") as history:
        recorder = HistoryRecorder(
            history, SessionInfo("0", "0.1.0", plan="test"), lambda: MONDAY_S, pytest.fail, workout.target
        )
        workout.subscribe(recorder.hear)
        views = led(workout, 90)
        workout.finish()
        recorder.close()
        sets = history.sets()
    assert views[-1].stage is Stage.DONE
    assert [one.counted for one in sets] == [3, 3, 2]
    assert [one.target_reps for one in sets] == [3, 3, 2]
    assert {one.plan for one in sets} == {"test"}
    assert all(one.duration_s is not None and one.duration_s > 2 for one in sets)
    assert all(70 < (rep.range_deg or 0) < 95 for one in sets for rep in one.repetitions)
    assert [event.number for event in events if isinstance(event, Tick)] == [3, 2, 1, 0] * 3
    assert sum(isinstance(event, RepetitionDone) for event in events) == 8
    assert sum(isinstance(event, SetDone) for event in events) == 3
    stages = [view.stage for before, view in pairwise(views) if before.stage is not view.stage]
    assert stages == [Stage.WORK, Stage.REST, Stage.COUNTDOWN] * 2 + [Stage.WORK, Stage.DONE]


def test_nobody_in_view_waits_and_who_rests_is_not_counted() -> None:
    workout = Workout(plan(squats(2, 2, rest_s=60)))
    for k in range(100):
        assert workout.step(People.nobody(), k / HZ, SIZE) == ()
    assert stage(workout) is Stage.WAITING
    led(workout, 20, 100 / HZ)
    assert stage(workout) is Stage.REST
    athlete = Athlete()
    for k in range(300):
        assert workout.step(somebody(athlete.moment(True)), 30 + k / HZ, SIZE) == (), (
            "squats in a rest are the own matter"
        )
    assert workout.view.sets_done == 1


def test_the_plan_follows_the_largest_or_the_chosen_one() -> None:
    for chosen, reps in ((None, 0), (2, 3)):
        workout = Workout(plan(squats(1, 9)))
        workout.chosen = chosen
        small, large = Athlete(), Athlete()
        for k in range(int(11 * HZ)):
            works = workout.view.stage is Stage.WORK
            bodies = {1: large.moment(False), 2: small.moment(works) * 0.6}
            states = workout.step(everybody(bodies), k / HZ, SIZE)
        assert workout.view.count == reps, "largest" if chosen is None else "chosen"
        assert {state.person for state in states} == {1, 2}, "everybody else is counted beside"


def test_who_comes_back_under_another_number_goes_on() -> None:
    workout = Workout(plan(squats(1, 4)))
    athlete, time_s = Athlete(), 0.0
    while workout.view.count < 2:
        time_s += 1 / HZ
        workout.step(somebody(athlete.moment(workout.view.stage is Stage.WORK)), time_s, SIZE)
    for _ in range(12):  # away for so long that the session takes him for another
        time_s += 1
        workout.step(People.nobody(), time_s, SIZE)
    assert stage(workout) is Stage.WORK
    athlete = Athlete()
    for _ in range(int(15 * HZ)):
        time_s += 1 / HZ
        workout.step(somebody(athlete.moment(True), 7), time_s, SIZE)
    assert stage(workout) is Stage.DONE


def test_a_set_that_is_skipped_is_kept_as_far_as_it_went(tmp_path: Path) -> None:
    workout = Workout(plan(squats(2, 9)))
    with HistoryFile(tmp_path / "h.sqlite") as history:
        recorder = HistoryRecorder(history, SessionInfo(), lambda: MONDAY_S, pytest.fail, workout.target)
        workout.subscribe(recorder.hear)
        led(workout, 9.5)
        done = workout.view.count
        assert done >= 1
        workout.skip()
        assert stage(workout) is Stage.REST
        (one,) = history.sets()
        assert (one.counted, one.target_reps) == (done, 9)
        assert one.duration_s is not None


def test_without_a_plan_sets_are_kept_as_they_end(tmp_path: Path) -> None:
    """Three squats, twenty seconds of standing, two squats."""
    time, depth = course([1.0] * 3, hz=HZ)
    _, again = course([1.0] * 2, hz=HZ)
    depth = np.concatenate([depth, np.zeros(int(20 * HZ)), again])
    motion = squatting(depth)
    session = Session(exercise_named("squat"))
    with HistoryFile(tmp_path / "h.sqlite") as history:
        moments = [0.0]
        recorder = HistoryRecorder(history, SessionInfo(), lambda: MONDAY_S + moments[-1], pytest.fail)
        session.subscribe(recorder.hear)
        for k, xy in enumerate(motion):
            moments.append(k / HZ)
            recorder.watch(session.step(somebody(xy), k / HZ, SIZE), k / HZ)
            if k == len(time) - 1:
                assert [one.counted for one in history.sets()] == [3], "kept before the set is over"
                assert history.sets()[0].duration_s is None
        session.finish()
        recorder.close()
        first, second = history.sets()
        assert [one.counted for one in (first, second)] == [3, 2]
        assert (first.recounted, second.recounted) == (3, 2)
        assert (second.started - first.started).total_seconds() == pytest.approx(len(time) / HZ + 20, abs=1)
        assert first.duration_s == pytest.approx(6, abs=0.8)
        times = [(one.start_s, one.end_s) for one in first.repetitions]
        assert times[0][0] == pytest.approx(0, abs=0.01)
        assert all(start < end for start, end in times)


def test_a_jump_back_in_a_file_begins_another_set(tmp_path: Path) -> None:
    _, depth = course([1.0] * 2, hz=HZ)
    motion = squatting(depth)
    session = Session(exercise_named("squat"))
    with HistoryFile(tmp_path / "h.sqlite") as history:
        recorder = HistoryRecorder(history, SessionInfo(), lambda: MONDAY_S, pytest.fail)
        session.subscribe(recorder.hear)
        for _ in range(2):
            for k, xy in enumerate(motion):
                session.step(somebody(xy), k / HZ, SIZE)
        session.finish()
        assert [one.counted for one in history.sets()] == [2, 2]


def test_what_the_file_does_not_take_is_said_once_and_kept_later(tmp_path: Path) -> None:
    said: list[str] = []
    with HistoryFile(tmp_path / "h.sqlite") as history:
        recorder = HistoryRecorder(history, SessionInfo(), lambda: MONDAY_S, said.append)
        session = Session(exercise_named("squat"), None, recorder.hear)
        motion = squatting(course([1.0] * 4, hz=HZ)[1])
        keep = history.keep

        def refuse(*_: object) -> None:
            from fitness.history_schema import HistoryError  # noqa: PLC0415

            raise HistoryError("disk full")

        for k, xy in enumerate(motion):
            history.keep = refuse if 3 < k / HZ < 7 else keep  # type: ignore[method-assign, assignment]
            session.step(somebody(xy), k / HZ, SIZE)
        assert said == ["disk full"]
        session.finish()
        (one,) = history.sets()
        assert one.counted == len(one.repetitions) == 4


def test_a_set_that_is_deleted_while_it_is_done_stays_deleted(tmp_path: Path) -> None:
    said: list[str] = []
    with HistoryFile(tmp_path / "h.sqlite") as history:
        recorder = HistoryRecorder(history, SessionInfo(), lambda: MONDAY_S, said.append)
        session = Session(exercise_named("squat"), None, recorder.hear)
        motion = squatting(course([1.0] * 3, hz=HZ)[1])
        for k, xy in enumerate(motion):
            if k == int(5 * HZ):
                history.delete_all()
            session.step(somebody(xy), k / HZ, SIZE)
        session.finish()
        assert history.sets() == []
        assert len(said) == 1
        assert "no set 1" in said[0]
        session.begin(exercise_named("squat"))
        for k, xy in enumerate(motion):
            session.step(somebody(xy), 100 + k / HZ, SIZE)
        session.finish()
        assert [one.counted for one in history.sets()] == [3], "the next set is kept again"
