"""The coach of a command: what a session knows, turned into what is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from commands.coach_sounds import CoachSounds
from commands.options import CoachOptions
from commands.training import Keeper, open_keeper, open_plan, with_plan
from fitness.coach import Level
from fitness.custom import load_exercise
from fitness.events import CueGiven, Event, RepetitionDone, SetDone
from fitness.exercises import Exercise, Kind, exercise_named
from fitness.guide import RING
from fitness.moment import UNKNOWN, PersonState
from fitness.session import Session
from fitness.workout import Workout
from pose.types import Frame, People
from render.coach_view import Arc, CoachCard, CoachView, Tone
from stream.item import Item
from stream.outputs.output import CoachNote

AUTO = "auto"
"""Instead of an exercise's name: whatever is recognised."""

FLASH_S = 0.8
"""How long the number is lit after a repetition that was counted."""

_TONES = {Level.GOOD: Tone.GOOD, Level.ADJUST: Tone.ADJUST, Level.STOP: Tone.STOP}


def chosen_exercise(text: str) -> Exercise:
    """The exercise of a name, or of a TOML file.

    Raises
    ------
    FitnessError
        Where there is no such exercise, with the nearest names, or the file cannot be used.
    """
    return load_exercise(Path(text)) if text.endswith(".toml") else exercise_named(text)


def open_coaching(options: CoachOptions, heard: bool, notify: Callable[[str], None]) -> Coaching | None:
    """The coach that was asked for; None where there is to be none.

    Parameters
    ----------
    options : CoachOptions
    heard : bool
        Whether there may be tones.
    notify : function
        Is told in one line what cannot be heard.

    Raises
    ------
    FitnessError
        Where the exercise is not known.
    """
    session: Session | Workout | None = open_plan(options, notify)
    if session is None:
        if options.exercise is None:
            return None
        session = Session(None if options.exercise == AUTO else chosen_exercise(options.exercise))
    keeper = open_keeper(options, session, notify)
    return Coaching(session, CoachSounds(options.voice, notify) if heard else None, keeper)


@dataclass(frozen=True, slots=True)
class _Flash:
    """A number that is lit for a moment, and how."""

    since_s: float
    tone: Tone


def _noted(state: PersonState) -> CoachNote:
    """What an output may show of a person."""
    cue = state.cue.text if state.cue is not None else ""
    return CoachNote(state.exercise.name, state.count, state.partial, state.phase, cue)


class Coaching:
    """Follows the people of a command's frames.

    Parameters
    ----------
    session : Session or Workout
    sounds : CoachSounds, optional
        Hears what happens; closed with this.
    keeper : Keeper, optional
        Keeps what is counted; closed with this.
    """

    def __init__(
        self, session: Session | Workout, sounds: CoachSounds | None = None, keeper: Keeper | None = None
    ) -> None:
        self.session = session
        self.sounds = sounds
        self.keeper = keeper
        if sounds is not None:
            session.subscribe(sounds.hear)
        self._flashes: dict[int, _Flash] = {}
        self._time_s = 0.0
        self.notes: dict[int, CoachNote] = {}
        session.subscribe(self._hear)

    def step(self, frame: Frame, people: People) -> CoachView:
        """What to draw with a frame; each frame once, in the order of time."""
        if frame.time_s < self._time_s:
            self._flashes.clear()
        self._time_s = frame.time_s
        states = self.session.step(people, frame.time_s, (frame.width, frame.height))
        self.notes = {state.track_id: _noted(state) for state in states}
        if self.keeper is not None:
            self.keeper.watch(states, frame.time_s)
        cards = [self._card(state) for state in sorted(states, key=lambda one: (not one.active, one.person))]
        view = CoachView(_title(self.session.exercise), tuple(cards), RING)
        return with_plan(view, self.session.view) if isinstance(self.session, Workout) else view

    def noted(self, item: Item) -> dict[int, CoachNote]:
        """What was last said of everybody, for outputs; from any thread, a frame behind."""
        return self.notes

    def choose(self, track_id: int | None) -> None:
        """Let a plan follow somebody; None leaves it the largest person in view."""
        if isinstance(self.session, Workout):
            self.session.chosen = track_id

    def lead(self, back: bool) -> bool:
        """Go on in the plan, or do a set again; whether there is a plan."""
        if not isinstance(self.session, Workout):
            return False
        if back:
            self.session.back()
        else:
            self.session.skip()
        return True

    def close(self) -> None:
        """End the sets that are open, and be quiet; may be called twice."""
        self.session.finish()
        if self.keeper is not None:
            self.keeper.close()
        if self.sounds is not None:
            self.sounds.close()

    def __enter__(self) -> Coaching:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def summary(self) -> dict[str, Any]:
        """What `file` says of it: as `reps --json` of the person in front, then everybody."""
        self.session.finish()
        results = self.session.results()
        if not results:
            return {"exercise": self.session.exercise.name, "reps": 0, "partial": 0, "repetitions": [], "people": []}
        first = {**results[0][1].as_json(), "track_id": results[0][0]}
        return first | {
            "people": [
                {"track_id": number, **result.as_json()}
                for number, result in results
                if result.reps or result.partial or result.hold_s
            ]
        }

    def lines(self) -> list[str]:
        """What everybody who exercised came to, a line each."""
        return [
            f"person {number}: {result.exercise} {result.reps}, {result.partial} half"
            + (f", held {result.hold_s:.0f} s" if result.hold_s else "")
            for number, result in self.session.results()
            if result.reps or result.hold_s
        ]

    def _hear(self, event: Event) -> None:
        if isinstance(event, RepetitionDone):
            tone = Tone.ADJUST if event.repetition.faults else Tone.GOOD
            self._flashes[event.person] = _Flash(self._time_s, tone)

    def _card(self, state: PersonState) -> CoachCard:
        arc = state.angle
        flash = self._flashes.get(state.person)
        lit = flash is not None and self._time_s - flash.since_s < FLASH_S
        tone = flash.tone if flash is not None and lit else Tone.PLAIN
        if not lit and math.isfinite(state.reach) and state.reach >= 1 and state.rest_s == 0:
            tone = Tone.GOOD
        return CoachCard(
            track_id=state.track_id,
            number=_number(state),
            phase=state.phase,
            reach=_ring(state),
            tone=Tone.GOOD if state.countdown == 0 else tone,
            banner=state.cue.text if state.cue else "",
            banner_tone=_TONES[state.cue.level] if state.cue else Tone.PLAIN,
            title=_heading(state),
            timer=_timer(state),
            note=state.note,
            arc=Arc(arc.one, arc.corner, arc.other, arc.degrees) if arc is not None and state.active else None,
            small=not state.active,
        )


def event_line(event: Event) -> str:
    """What happened, in one line to read.

    >>> from fitness.events import Tick
    >>> event_line(Tick(1, 3))
    'person 1: 3'
    """
    if isinstance(event, RepetitionDone):
        faults = f" ({', '.join(event.repetition.faults)})" if event.repetition.faults else ""
        return f"person {event.person}: {event.exercise.name} {event.number}{faults}"
    if isinstance(event, CueGiven):
        return f"person {event.person}: {event.cue.text}"
    if isinstance(event, SetDone):
        return f"person {event.person}: set {event.number} is over"
    return f"person {event.person}: {event.number or 'go'}"


def _title(exercise: Exercise) -> str:
    """The name as it is shown.

    >>> _title(exercise_named("push_up"))
    'Push up'
    """
    return "Begin, I recognise it" if exercise is UNKNOWN else exercise.name.replace("_", " ").capitalize()


def _heading(state: PersonState) -> str:
    goal = f" of {state.goal.reps}" if state.goal.reps else ""
    sure = f", {100 * state.sure:.0f} % sure" if state.sure is not None else ""
    number = f", set {state.set_number}" if state.set_number > 1 else ""
    partial = f", {state.partial} half" if state.partial else ""
    return f"{_title(state.exercise)}{sure}{goal}{number}{partial}"


def _number(state: PersonState) -> str:
    if state.countdown is not None:
        return str(state.countdown) if state.countdown else "Go"
    if state.exercise.kind is Kind.HOLD:
        return str(int(state.hold_s))
    return str(state.count)


def _ring(state: PersonState) -> float:
    if state.exercise.kind is Kind.HOLD:
        return state.hold_s / state.goal.hold_s if state.goal.hold_s else math.fmod(state.hold_s, 60) / 60 * RING
    return state.reach


def _timer(state: PersonState) -> str:
    if state.rest_s > 0:
        return f"Rest {_clock(state.rest_s)}"
    if state.exercise.kind is Kind.HOLD:
        return f"Held {_clock(state.hold_s)}"
    return f"Set {_clock(state.set_s)}" if state.set_s > 0 else ""


def _clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> _clock(75.9)
    '1:15'
    """
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
