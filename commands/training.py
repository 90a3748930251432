"""A command's workout: the plan that leads through it, how that is shown, and the history that keeps it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from commands.errors import CommandError
from commands.history import history_path
from commands.options import CoachOptions
from commands.version import version
from fitness.history import HistoryFile
from fitness.history_recorder import HistoryRecorder, SessionInfo
from fitness.plan import PlanView, Stage
from fitness.plan_file import load_plan
from fitness.session import Session
from fitness.workout import Workout
from pose.types import UNTRACKED
from render.coach_view import CoachCard, CoachView, Tone


class Keeper(HistoryRecorder):
    """Keeps a session in the user's history, and closes it."""

    def __init__(
        self, history: HistoryFile, info: SessionInfo, session: Session | Workout, notify: Callable[[str], None]
    ) -> None:
        target = session.target if isinstance(session, Workout) else None
        super().__init__(history, info, time.time, notify, *([target] if target else []))
        self._file = history
        session.subscribe(self.hear)

    def close(self) -> None:
        """Note that the session is over, and close the file; may be called twice."""
        super().close()
        self._file.close()


def open_plan(options: CoachOptions, notify: Callable[[str], None]) -> Workout | None:
    """The session that a plan leads; None where there is no plan.

    Raises
    ------
    FitnessError
        Where the plan cannot be used.
    CommandError
        Where there is nothing that a history could keep.
    """
    if options.plan is None:
        if options.history is not None and options.exercise is None:
            raise CommandError("--history keeps what is counted: name what with --exercise NAME or --plan FILE.toml")
        return None
    if options.exercise is not None:
        notify(f"the plan {options.plan} says which exercises: --exercise {options.exercise} is not used")
    return Workout(load_plan(options.plan))


def open_keeper(options: CoachOptions, session: Session | Workout, notify: Callable[[str], None]) -> Keeper | None:
    """What keeps a session; None where nothing is to be kept.

    What comes from a camera or a stream is kept unless the user forbids it; a clip is only where he names the file.

    Raises
    ------
    HistoryError
        Where the history cannot be used: said at once, and not after the training.
    """
    stream = "://" in options.source
    keep = (options.source.isdecimal() or stream) if options.keep is None else options.keep
    if not keep:
        return None
    # of an address no more than that: it may hold a password
    source = "stream" if stream else Path(options.source).name
    offset = datetime.now().astimezone().utcoffset()
    plan = session.plan.name if isinstance(session, Workout) else None
    info = SessionInfo(source, version(), round(offset.total_seconds()) if offset else 0, plan)
    return Keeper(HistoryFile(history_path(options.history)), info, session, notify)


def with_plan(view: CoachView, plan: PlanView) -> CoachView:
    """The coach's view where a plan leads: its timers, what comes next, and how far it is."""
    if plan.stage in (Stage.REST, Stage.DONE):
        return replace(view, title=_heading(plan), cards=(_pause_card(plan),))
    return replace(view, title=_heading(plan), cards=tuple(_worked(card, plan) for card in view.cards))


def _pause_card(plan: PlanView) -> CoachCard:
    """The card of nobody, while nobody is counted."""
    done = f"{plan.sets_done} of {plan.sets_total} sets"
    if plan.stage is Stage.DONE:
        return CoachCard(UNTRACKED, str(plan.sets_done), "Done", 1.0, Tone.GOOD, title=plan.name, timer=done)
    left = str(math.ceil(plan.left_s or 0.0))
    return CoachCard(UNTRACKED, left, "Rest", math.nan, title=f"Next: {_heading(plan)}", timer=done)


def _worked(card: CoachCard, plan: PlanView) -> CoachCard:
    """A person's card with the plan's time and a quiet word of what comes next."""
    if plan.stage is Stage.COUNTDOWN:
        card = replace(card, phase="Get ready", reach=math.nan, tone=Tone.PLAIN)
    timer = card.timer
    if plan.stage is Stage.WORK and plan.left_s is not None:
        timer = f"{left_text(plan.left_s)} left"
    note = card.note or (f"Then {plan.next_exercise}" if plan.next_exercise else "The last set")
    return replace(card, timer=timer, note=note)


def _heading(plan: PlanView) -> str:
    """What is done now or next, such as "Squat, set 2 of 3"."""
    if plan.stage is Stage.DONE:
        return plan.name
    return f"{plan.exercise.capitalize()}, set {plan.set_number} of {plan.sets}"


def left_text(seconds: float) -> str:
    """Minutes and seconds of a time that runs down.

    >>> left_text(74.2), left_text(0)
    ('1:15', '0:00')
    """
    whole = math.ceil(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
