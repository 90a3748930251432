from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from fitness.coach import Level
from fitness.events import CueGiven, Event, RepetitionDone, SetDone, Tick
from fitness.exercises import exercise_named
from fitness.moment import Goal, PersonState
from fitness.session import RESUME_S, Session
from pose.joint_sets import OPENPOSE18
from pose.types import People
from tests.fitness.bodies import course, front, side_squat
from tests.fitness.knee_bend import KNEE_BEND

Float = NDArray[np.float64]
SIZE = (900, 600)


def people(bodies: dict[int, Float]) -> People:
    """Everybody at one moment, joints (18, 2) by id."""
    xy = np.array(list(bodies.values()), np.float32).reshape(-1, 18, 2)
    score = np.ones(xy.shape[:2], np.float32)
    ids = np.array(list(bodies), np.int32)
    none = np.zeros((len(xy), 17), np.bool_)
    lifted = People.detected(xy, score).with_tracks(ids, xy, score, xy)
    return lifted.with_3d(np.zeros((len(xy), 17, 3), np.float32), np.zeros((len(xy), 3), np.float32), none)


def squats(depths: list[float], at: tuple[float, float] = (250, 100), **how: float) -> tuple[Float, Float]:
    """Times (N,) and joints (N, 18, 2) of squats seen from the side; depth 1 is a knee at 80 degrees."""
    time_s, depth = course(depths, **how)
    return time_s, side_squat(175 - 95 * depth) + np.array(at)


def run(
    session: Session, time_s: Float, *bodies: tuple[int, Float], start_s: float = 0.0
) -> list[tuple[PersonState, ...]]:
    return [
        session.step(people({number: xy[index] for number, xy in bodies}), start_s + float(now), SIZE)
        for index, now in enumerate(time_s)
    ]


def test_a_set_is_counted_told_and_shown() -> None:
    told: list[Event] = []
    session = Session(KNEE_BEND, None, told.append)
    time_s, xy = squats([1, 1, 1])
    states = [row[0] for row in run(session, time_s, (7, xy))]
    session.finish()
    assert [one.number for one in told if isinstance(one, RepetitionDone)] == [1, 2, 3]
    assert states[-1].count == 3
    assert states[-1].track_id == 7
    (done,) = [one for one in told if isinstance(one, SetDone)]
    assert len(done.repetitions) == 3
    assert done.recount == 3
    assert done.start_s == pytest.approx(1.5, abs=0.4)
    assert {state.phase for state in states} >= {"Ready", "Down", "Up"}
    reach = np.array([state.reach for state in states])
    assert np.nanmax(reach) == 1.25
    assert np.nanmin(reach) == 0.0
    angles = [state.angle.degrees for state in states if state.angle is not None]
    assert min(angles) == pytest.approx(80, abs=3)
    assert [number for number, _ in session.results()] == [7]
    assert session.results()[0][1].reps == 3


def test_two_people_have_a_count_and_a_cue_of_their_own() -> None:
    told: list[Event] = []
    session = Session(KNEE_BEND, None, told.append)
    time_s, deep = squats([1, 1, 1, 1], at=(150, 100))
    _, shallow = squats([0.72, 0.72, 0, 0], at=(650, 100))
    run(session, time_s, (1, deep), (2, shallow))
    assert [result.reps for _, result in sorted(session.results())] == [4, 2]
    cues = {event.person: event.cue.text for event in told if isinstance(event, CueGiven)}
    assert cues == {2: "Sit deeper"}


def test_the_cue_comes_within_200_ms_of_the_second_bad_repetition() -> None:
    told: list[tuple[float, Event]] = []
    session = Session(KNEE_BEND)
    now = [0.0]
    session.subscribe(lambda event: told.append((now[0], event)))
    time_s, xy = squats([0.72, 0.72, 0.72])
    for index, at in enumerate(time_s):
        now[0] = float(at)
        session.step(people({1: xy[index]}), float(at), SIZE)
    counted = [at for at, event in told if isinstance(event, RepetitionDone)]
    cued = [at for at, event in told if isinstance(event, CueGiven) and event.cue.level is Level.ADJUST]
    assert cued[0] == pytest.approx(counted[1], abs=0.05)
    assert counted[1] <= 1.5 + 2 * 2.0 + 0.2


@pytest.mark.parametrize(("away_s", "count"), [(1.5, 4), (RESUME_S - 1, 4), (RESUME_S + 1, 2)])
def test_an_id_that_comes_back_within_ten_seconds_goes_on(away_s: float, count: int) -> None:
    session = Session(KNEE_BEND)
    time_s, xy = squats([1, 1])
    run(session, time_s, (3, xy))
    left_s = float(time_s[-1])
    for at in np.arange(left_s, left_s + away_s, 0.1):
        assert session.step(People.nobody(), float(at), SIZE) == ()
    last = run(session, time_s, (3, xy), start_s=left_s + away_s)[-1]
    assert last[0].count == count


def test_a_repetition_is_not_put_together_across_an_absence() -> None:
    session = Session(KNEE_BEND)
    time_s, xy = squats([1])
    bottom = int(np.argmax(course([1])[1]))
    run(session, time_s[:bottom], (3, xy[:bottom]))
    states = run(session, time_s[bottom:], (3, xy[bottom:]), start_s=3.0)
    assert states[-1][0].count == 0


def test_who_comes_back_under_another_number_at_the_same_place_goes_on() -> None:
    session = Session(KNEE_BEND)
    time_s, xy = squats([1, 1])
    run(session, time_s, (3, xy))
    state = run(session, time_s, (9, xy + 10), start_s=float(time_s[-1]) + 3)[-1][0]
    assert (state.person, state.track_id, state.count) == (3, 9, 4)


def test_somebody_else_elsewhere_begins_at_nothing() -> None:
    session = Session(KNEE_BEND)
    time_s, xy = squats([1, 1])
    run(session, time_s, (3, xy))
    elsewhere = run(session, time_s, (9, xy + np.array([300, 0])), start_s=float(time_s[-1]) + 3)[-1][0]
    assert (elsewhere.person, elsewhere.count) == (9, 2)


def test_of_two_who_are_lost_nobody_is_taken_for_the_other() -> None:
    session = Session(KNEE_BEND)
    time_s, xy = squats([1, 1])
    run(session, time_s, (3, xy), (4, xy + np.array([30, 0])))
    state = run(session, time_s, (9, xy + np.array([15, 0])), start_s=float(time_s[-1]) + 3)[-1][0]
    assert (state.person, state.count) == (9, 2)


def test_a_long_rest_ends_the_set_and_the_next_begins_at_one() -> None:
    told: list[Event] = []
    session = Session(KNEE_BEND, None, told.append)
    time_s, xy = squats([1, 1])
    run(session, time_s, (1, xy))
    pause_s = np.arange(0, 20, 0.1)
    states = run(session, pause_s, (1, np.repeat(xy[:1], len(pause_s), axis=0)), start_s=float(time_s[-1]) + 0.1)
    assert states[-1][0].rest_s == pytest.approx(20.5, abs=1.0)
    assert states[-1][0].phase == "Rest"
    assert states[-1][0].count == 2
    last = run(session, time_s, (1, xy), start_s=float(time_s[-1]) + 20.2)[-1][0]
    session.finish()
    assert (last.count, last.set_number) == (2, 2)
    assert [len(one.repetitions) for one in told if isinstance(one, SetDone)] == [2, 2]


def test_a_goal_ends_the_set_at_once() -> None:
    told: list[Event] = []
    session = Session(KNEE_BEND, Goal(reps=2), told.append)
    time_s, xy = squats([1, 1, 1])
    run(session, time_s, (1, xy))
    kinds = [type(one) for one in told if isinstance(one, RepetitionDone | SetDone)]
    assert kinds == [RepetitionDone, RepetitionDone, SetDone, RepetitionDone]


def test_the_countdown_is_for_who_stands_ready_and_the_start_breaks_it_off() -> None:
    told: list[Event] = []
    session = Session(KNEE_BEND, None, told.append)
    time_s, xy = squats([1], rest_s=7.0)
    states = run(session, time_s, (1, xy))
    assert [one.number for one in told if isinstance(one, Tick)] == [3, 2, 1, 0]
    assert {row[0].countdown for row in states} == {None, 3, 2, 1, 0}

    told.clear()
    early = Session(KNEE_BEND, None, told.append)
    time_s, xy = squats([1, 1], rest_s=2.0)
    states = run(early, time_s, (1, xy))
    assert 0 not in [one.number for one in told if isinstance(one, Tick)]
    assert states[-1][0].count == 2


def test_who_passes_behind_is_left_alone() -> None:
    told: list[Event] = []
    session = Session(KNEE_BEND, None, told.append)
    time_s, xy = squats([1, 1, 1])
    small = front((np.full(len(time_s), 8.0), np.full(len(time_s), 8.0)), np.ones(len(time_s)))
    states = run(session, time_s, (1, xy), (2, small * 0.2 + [700, 100]))
    behind = [state for row in states for state in row if state.person == 2]
    assert not any(state.active or state.cue or state.countdown for state in behind)
    assert all(not isinstance(one, CueGiven) or one.person == 1 for one in told)


def test_a_jump_back_in_a_file_begins_anew() -> None:
    session = Session(KNEE_BEND)
    time_s, xy = squats([1, 1])
    run(session, time_s, (1, xy))
    assert run(session, time_s, (1, xy))[-1][0].count == 2


def test_the_next_exercise_of_a_plan() -> None:
    told: list[Event] = []
    session = Session(KNEE_BEND, None, told.append)
    time_s, xy = squats([1, 1])
    run(session, time_s, (1, xy))
    session.begin(exercise_named("lunge"), Goal(reps=5))
    assert isinstance(told[-1], SetDone)
    state = session.step(people({1: xy[-1]}), float(time_s[-1]) + 1, SIZE)[0]
    assert (state.exercise.name, state.goal.reps, state.count) == ("lunge", 5, 0)


def test_a_plank_is_timed_and_its_hips_are_spoken_of_while_they_hang() -> None:
    told: list[Event] = []
    session = Session(exercise_named("plank"), None, told.append)
    xy = np.zeros((18, 2))
    body = {"shoulder": (200, 300), "elbow": (200, 360), "wrist": (240, 360), "hip": (400, 312), "knee": (500, 318)}
    for name, place in {**body, "ankle": (600, 324)}.items():
        for index in (0, 1):
            xy[_index(name, index)] = np.add(place, index)
    xy[[0, 1, 14, 15, 16, 17]] = (180, 290)
    for at in np.arange(0, 5, 1 / 30):
        state = session.step(people({1: xy}), float(at), SIZE)[0]
    assert state.hold_s == pytest.approx(5, abs=0.3)
    assert not [one for one in told if isinstance(one, CueGiven)]
    hanging = xy.copy()
    for index in (0, 1):
        hanging[_index("hip", index), 1] += 40
    for at in np.arange(5, 9, 1 / 30):
        session.step(people({1: hanging}), float(at), SIZE)
    session.finish()
    assert [one.hold_s for one in told if isinstance(one, SetDone)] == [pytest.approx(6, abs=0.4)]


def test_what_nobody_named_is_recognised_with_its_first_repetitions() -> None:
    told: list[Event] = []
    session = Session(None, None, told.append)
    time_s, depth = course([1] * 6, rep_s=1.4)
    arms, feet = 10 + 150 * depth, 0.7 + 1.3 * depth
    xy = front((arms, arms), feet)
    states = run(session, time_s, (1, xy))
    session.finish()
    assert (states[0][0].exercise.name, states[0][0].phase) == ("unknown", "Begin")
    assert states[-1][0].exercise.name == "jumping_jack"
    assert states[-1][0].count == 6
    assert [one.number for one in told if isinstance(one, RepetitionDone)] == [1, 2, 3, 4, 5, 6]
    sure = states[-1][0].sure
    assert sure is not None
    assert 0.5 < sure <= 1
    assert session.results()[0][1].exercise == "jumping_jack"


def test_people_without_a_number_are_not_followed() -> None:
    session = Session(KNEE_BEND)
    _, xy = squats([1])
    somebody = people({1: xy[0]})
    assert session.step(replace(somebody, track_id=np.array([-1], np.int32)), 0.0, SIZE) == ()


def _index(part: str, side: int) -> int:
    return OPENPOSE18.index(f"{('right', 'left')[side]}_{part}")
