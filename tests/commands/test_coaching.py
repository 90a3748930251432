"""The coach of a command: what is drawn, said and printed of a session."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from commands.coach_sounds import CoachSounds, sound_of
from commands.coaching import Coaching, chosen_exercise, open_coaching
from commands.options import CoachOptions
from commands.voice import MISSING, Voice
from fitness.coach import Cue, Level
from fitness.errors import FitnessError
from fitness.events import CueGiven, Event, RepetitionDone, Tick
from fitness.exercises import exercise_named
from fitness.recount import count_poses
from fitness.repetition import Repetition
from fitness.session import Session
from pose.types import Frame, People
from render.coach_view import CoachView, Tone
from render.sounds import Sound
from tests.fitness.bodies import course, rows, side_squat
from tests.fitness.knee_bend import KNEE_BEND

ROOT = Path(__file__).resolve().parents[2]
IMAGE = np.zeros((600, 900, 3), np.uint8)


def squatting(depths: list[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    time_s, depth = course(depths)
    return time_s, side_squat(175 - 95 * depth) + np.array([250, 100])


def follow(coaching: Coaching, depths: list[float]) -> list[CoachView]:
    time_s, xy = squatting(depths)
    views = []
    for index, at in enumerate(time_s):
        joints, score = xy[None, index].astype(np.float32), np.ones((1, 18), np.float32)
        people = People.detected(joints, score).with_tracks(np.ones(1, np.int32), joints, score, joints)
        views.append(coaching.step(Frame(IMAGE, index, float(at)), people))
    return views


def test_what_is_drawn_of_a_set() -> None:
    views = follow(Coaching(Session(KNEE_BEND)), [1, 1, 0.72, 0.72])
    cards = [view.cards[0] for view in views]
    assert [card.number for card in cards if card.number.isdigit()][-1] == "4"
    assert {card.phase for card in cards} >= {"Ready", "Down", "Now up", "Up"}
    assert cards[-1].banner == "Sit deeper"
    assert cards[-1].banner_tone is Tone.ADJUST
    assert {card.tone for card in cards} == {Tone.PLAIN, Tone.GOOD, Tone.ADJUST}
    assert cards[-1].title == "Squat"
    assert cards[-1].timer.startswith("Set 0:0")
    assert any(card.arc is not None for card in cards)


def test_the_summary_is_what_reps_says() -> None:
    coaching = Coaching(Session(KNEE_BEND))
    follow(coaching, [1, 1, 0.72])
    time_s, xy = squatting([1, 1, 0.72])
    alone = count_poses(rows(time_s, xy), KNEE_BEND).as_json()
    summary = coaching.summary()
    assert {name: summary[name] for name in alone} == alone
    assert summary["track_id"] == 1
    assert [person["track_id"] for person in summary["people"]] == [1]


def test_a_summary_of_nobody() -> None:
    summary = Coaching(Session(KNEE_BEND)).summary()
    assert (summary["exercise"], summary["reps"], summary["people"]) == ("squat", 0, [])


def test_exercises_are_found_by_name_and_file(tmp_path: Path) -> None:
    assert chosen_exercise("Push-up").name == "push_up"
    own = tmp_path / "half.toml"
    own.write_text('name = "half"\n[[count]]\n[[count.travel]]\nsignal = "knee"\nleaves = 165\nreaches = 140\n')
    assert chosen_exercise(str(own)).name == "half"
    with pytest.raises(FitnessError, match="squat"):
        chosen_exercise("sqat")
    assert open_coaching(CoachOptions(), heard=False, notify=print) is None


@pytest.mark.parametrize(
    "command", [["live", "--no-display"], ["file", "x.mp4", "--no-display", "--out", "x"], ["demo"]]
)
def test_an_unknown_exercise_is_one_line_with_the_nearest(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *command, "--exercise", "sqat"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert "'sqat'" in done.stderr
    assert "squat" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("event", "sound"),
    [
        (RepetitionDone(1, exercise_named("squat"), Repetition(0, 1, 2), 1, 1), Sound.COUNT),
        (CueGiven(1, Cue("Chest up", Level.STOP)), Sound.CUE),
        (CueGiven(1, Cue("Good form", Level.GOOD)), Sound.GOOD),
        (Tick(1, 2), Sound.TICK),
        (Tick(1, 0), Sound.GO),
    ],
)
def test_every_event_has_its_tone(event: Event, sound: Sound) -> None:
    assert sound_of(event) is sound


def test_a_missing_voice_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    monkeypatch.setattr("commands.coach_sounds.has_voice", lambda: False)
    lines: list[str] = []
    sounds = CoachSounds(speak=True, notify=lines.append)
    sounds.hear(CueGiven(1, Cue("Chest up", Level.STOP)))
    sounds.close()
    sounds.close()
    assert lines == [MISSING]
    assert "pip install" in MISSING


class Engine:
    """A speech engine that remembers."""

    def __init__(self, said: list[str], gate: threading.Event) -> None:
        self._said, self._gate = said, gate

    def say(self, text: str) -> None:
        self._said.append(text)

    def runAndWait(self) -> None:  # noqa: N802 (the library's name)
        self._gate.wait(5)


def test_the_voice_says_the_newest_and_muting_silences_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    speaking, gate = ModuleType("pyttsx3"), threading.Event()
    monkeypatch.setattr(speaking, "init", lambda: Engine(said, gate), raising=False)
    monkeypatch.setitem(sys.modules, "pyttsx3", speaking)
    voice = Voice(print)
    voice.say("first")
    while not said:
        threading.Event().wait(0.01)
    voice.say("second")
    voice.say("third")
    gate.set()
    while len(said) < 2:
        threading.Event().wait(0.01)
    voice.close()
    voice.close()
    assert said == ["first", "third"]
    assert not [thread for thread in threading.enumerate() if thread.name == "liftcam-voice"]


def test_a_voice_that_breaks_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("no espeak")

    speaking = ModuleType("pyttsx3")
    monkeypatch.setattr(speaking, "init", broken, raising=False)
    monkeypatch.setitem(sys.modules, "pyttsx3", speaking)
    lines: list[str] = []
    voice = Voice(lines.append)
    voice.say("Chest up")
    voice.close()
    voice.say("Chest up")
    assert lines == ["cues are not spoken: no espeak"]


def test_muting_silences_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    coaching = open_coaching(CoachOptions("squat"), heard=True, notify=print)
    assert coaching is not None
    sounds = coaching.sounds
    assert sounds is not None
    muted = []
    with coaching:
        for _ in range(3):
            muted.append(sounds.muted)
            sounds.toggle()
    assert muted == [False, True, False]
