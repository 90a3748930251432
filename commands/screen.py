"""The window of a command: what it shows of the pipeline, and what its keys do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from commands.coaching import Coaching
from commands.follow import Following
from commands.ground import levelled
from detection.smoothing import LAG_MS
from pose.errors import LiftCamError
from pose.types import People
from render.coach_view import CoachView
from render.follow_view import FollowView
from render.png import save_png
from render.view import State, Status, View
from render.window import Action, Window
from stream.item import Item
from stream.meter import Meter
from stream.pipeline import Pipeline

DISPLAY = "display"
"""Name of the last step of every item, the drawing, as the meter has it."""

SEEK_S = 5.0
_NOTICE_S = 3.0


@dataclass(slots=True)
class Notice:
    """A short line over the panels for a few seconds."""

    text: str | None = None
    until_s: float = 0.0

    def say(self, text: str) -> None:
        """Show a line from now on."""
        self.text, self.until_s = text, time.perf_counter() + _NOTICE_S

    @property
    def now(self) -> str | None:
        """The line while it is to be seen."""
        return self.text if time.perf_counter() < self.until_s else None


class Screen:
    """Shows a pipeline's items in a window and handles the keys that all commands share.

    Parameters
    ----------
    window : Window
    pipeline : Pipeline
    meter : Meter
        Is given every item that was shown.
    engine : str
        For the HUD.
    folder : Path
        Where screenshots go.
    coaching : Coaching, optional
        Follows every item that is shown.
    """

    def __init__(
        self,
        window: Window,
        pipeline: Pipeline,
        meter: Meter,
        engine: str,
        folder: Path,
        coaching: Coaching | None = None,
    ) -> None:
        self.window = window
        self.notice = Notice()
        self.recording = False
        self.level = False
        self._pipeline = pipeline
        self._meter = meter
        self._engine = engine
        self._folder = folder
        self._last: Item | None = None
        self._coaching = coaching
        self._coach: CoachView | None = None
        self.following: Following | None = None
        self._follow: FollowView | None = None

    def show(self, item: Item) -> Item:
        """Draw a new item; it comes back with the passage of the display, and the meter has read it."""
        self._last = item
        began_s = time.perf_counter()
        if self._coaching is not None:
            self._coaching.choose(self.window.options.selected)
            self._coach = self._coaching.step(item.frame, _people(item))
        if self.following is not None:
            chosen = self.window.options.selected
            self._follow = self.following.step(item.frame, _people(item), item.floor, chosen)
        self.window.show(self._view(item))
        shown = item.with_passage(DISPLAY, began_s, time.perf_counter())
        self._meter.add(shown)
        return shown

    def refresh(self) -> None:
        """Draw the last item again: it is paused, or the source is away, and the user may turn the view."""
        if self._last is not None:
            self.window.show(self._view(self._last))

    def handle(self, action: Action) -> None:
        """Do what a key asks for, as far as it is the same in all commands."""
        seekable = self._pipeline.source.seekable
        if action is Action.PAUSE:
            if self._pipeline.paused:
                self._pipeline.resume()
            else:
                self._pipeline.pause()
        elif action is Action.SCREENSHOT:
            self._screenshot()
        elif action is Action.MUTE:
            self._mute()
        elif action in (Action.NEXT, Action.BACK):
            self._lead(back=action is Action.BACK)
        elif action in (Action.SEEK_FORWARD, Action.SEEK_BACK) and seekable and self._last is not None:
            step = SEEK_S if action is Action.SEEK_FORWARD else -SEEK_S
            self._pipeline.seek(max(0.0, self._last.frame.time_s + step))

    def _mute(self) -> None:
        sounds = None if self._coaching is None else self._coaching.sounds
        if sounds is None:
            self.notice.say("there is no coach to be heard: --exercise NAME")
            return
        sounds.toggle()
        self.notice.say("sound off" if sounds.muted else "sound on")

    def _lead(self, back: bool) -> None:
        if self._coaching is None or not self._coaching.lead(back):
            self.notice.say("there is no plan to go on in: --plan FILE.toml")

    def _screenshot(self) -> None:
        path = self._folder / f"liftcam-{stamp()}.png"
        try:
            save_png(path, self.window.pixels())
        except LiftCamError as error:
            self.notice.say(str(error))
        else:
            self.notice.say(f"saved {path}")

    def _view(self, item: Item) -> View:
        source = self._pipeline.source
        reading = self._meter.recent(time.perf_counter())
        state: State = "playing" if source.seekable else "live"
        if self._pipeline.paused:
            state = "paused"
        elif source.state.value != "live":
            state = source.state.value
        status = Status(
            fps=reading.fps if reading.items > 1 else None,
            latency_p95_ms=reading.latency.p95_ms if reading.items > 1 and self._pipeline.live else None,
            engine=self._engine,
            state=state,
            recording=self.recording,
            drops=self._pipeline.dropped,
            message=self.notice.now,
            position_s=item.frame.time_s if source.duration_s else None,
            duration_s=source.duration_s,
        )
        view = View(item.frame, _people(item), status, coach=self._coach, follow=self._follow)
        return levelled(view, item.floor, self.level)


def _people(item: Item) -> People:
    return item.people if item.people is not None else People.nobody()


def lag_note(smoothing: float) -> tuple[str, ...]:
    """What the help of the window says of the smoothing, as `bench smoothing` measured it."""
    lag_ms = np.interp(smoothing, list(LAG_MS), list(LAG_MS.values()))
    return (f"Smoothing {smoothing:g}: joints lag by at most {lag_ms:.0f} ms",)


def stamp() -> str:
    """The local time for a file's name."""
    return datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")[:-3]
