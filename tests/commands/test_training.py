from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from commands.coaching import Coaching, open_coaching
from commands.errors import CommandError
from commands.options import CoachOptions
from commands.training import open_keeper, open_plan, with_plan
from fitness.errors import FitnessError
from fitness.exercises import exercise_named
from fitness.history import HistoryFile
from fitness.plan import PlanView, Stage
from fitness.session import Session
from fitness.workout import Workout
from pose.types import Frame, People
from render.coach_view import CoachCard, CoachView, Tone
from tests.fitness.bodies import course, side_squat

PLAN = '[[exercise]]\nname = "squat"\nreps = 2\nsets = 2\nrest_seconds = 7\n'
NOW = PlanView("Monday", Stage.WORK, "squat", 2, 3, 4, 10, 0.0, None, None, "plank", 1, 4)
VIEW = CoachView("Squat", (CoachCard(1, "4", "Down", 0.5, Tone.GOOD, timer="Set 0:10"),))


@pytest.mark.parametrize(
    ("source", "keep", "kept"),
    [
        ("0", None, True),
        ("rtsp://me:secret@camera/stream", None, True),
        ("clip.mp4", None, False),
        ("actor", None, False),
        ("clip.mp4", True, True),
        ("0", False, False),
    ],
)
def test_cameras_are_kept_and_clips_only_where_asked(
    tmp_path: Path, source: str, keep: bool | None, kept: bool
) -> None:
    path = tmp_path / "h.sqlite"
    options = CoachOptions("squat", history=path, keep=keep, source=source)
    keeper = open_keeper(options, Session(exercise_named("squat")), pytest.fail)
    assert (keeper is not None) == kept == path.exists()
    if keeper is not None:
        keeper.close()
        keeper.close()
    assert not any(b"secret" in one.read_bytes() for one in tmp_path.iterdir())


def test_a_plan_that_cannot_be_used_is_said_at_once(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(PLAN.replace("reps", "rpes"), encoding="utf-8")
    with pytest.raises(FitnessError, match="the nearest known one is 'reps'"):
        open_coaching(CoachOptions(plan=bad), False, pytest.fail)
    with pytest.raises(CommandError, match="--exercise NAME or --plan"):
        open_plan(CoachOptions(history=tmp_path / "h.sqlite", keep=True), pytest.fail)
    assert open_plan(CoachOptions("squat"), pytest.fail) is None


def test_a_plan_says_that_it_does_not_use_the_exercise(tmp_path: Path) -> None:
    path, said = tmp_path / "plan.toml", list[str]()
    path.write_text(PLAN, encoding="utf-8")
    coaching = open_coaching(CoachOptions("curl", plan=path), False, said.append)
    assert coaching is not None
    assert isinstance(coaching.session, Workout)
    assert len(said) == 1
    assert "--exercise curl is not used" in said[0]


def test_what_is_done_under_a_plan_is_shown_and_kept(tmp_path: Path) -> None:
    path, history = tmp_path / "plan.toml", tmp_path / "h.sqlite"
    path.write_text(PLAN, encoding="utf-8")
    coaching = open_coaching(CoachOptions(plan=path, history=history, keep=True), False, pytest.fail)
    assert coaching is not None
    motion = np.asarray(side_squat(175 - 90 * course([1.0] * 3, hz=15)[1]) + np.array([500, 100]), np.float32)
    seen: list[tuple[str, str]] = []
    with coaching:
        assert coaching.lead(back=False)
        at = 0
        for k in range(15 * 30):
            assert isinstance(coaching.session, Workout)
            at = min(at + 1, len(motion) - 1) if coaching.session.view.stage is Stage.WORK else 0
            xy = motion[at][None]
            people = People(np.array([1], np.int32), xy, np.ones((1, 18), np.float32), xy)
            frame = Frame(np.zeros((720, 1280, 3), np.uint8), k, k / 15)
            card = coaching.step(frame, people).cards[0]
            if not seen or seen[-1] != (card.phase, card.title):
                seen.append((card.phase, card.title))
    assert ("Rest", "Next: Squat, set 2 of 2") in seen
    assert seen[-1] == ("Done", "plan")
    with HistoryFile(history, create=False) as file:
        assert [(one.counted, one.target_reps, one.plan) for one in file.sets()] == [(2, 2, "plan"), (2, 2, "plan")]
    assert len(coaching.lines()) == 2


def test_without_a_plan_there_is_nothing_to_go_on_in() -> None:
    assert not Coaching(Session(exercise_named("squat"))).lead(back=True)


def test_the_cards_of_a_plan() -> None:
    card = with_plan(VIEW, NOW).cards[0]
    assert (card.number, card.phase, card.timer, card.note) == ("4", "Down", "Set 0:10", "Then plank")
    timed = replace(NOW, target_reps=None, target_s=30.0, elapsed_s=10.5, left_s=19.5, next_exercise=None)
    card = with_plan(VIEW, timed).cards[0]
    assert (card.timer, card.note) == ("0:20 left", "The last set")
    card = with_plan(VIEW, replace(NOW, stage=Stage.COUNTDOWN, left_s=2.5)).cards[0]
    assert (card.phase, card.tone) == ("Get ready", Tone.PLAIN)
    assert math.isnan(card.reach)
    (card,) = with_plan(VIEW, replace(NOW, stage=Stage.REST, left_s=41.2)).cards
    assert (card.number, card.phase, card.title, card.timer) == (
        "42",
        "Rest",
        "Next: Squat, set 2 of 3",
        "1 of 4 sets",
    )
