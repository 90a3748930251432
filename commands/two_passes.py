"""`file` without a window: find everybody first, then work on whole tracks."""

from __future__ import annotations

import json
import time
from types import TracebackType

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from commands.clip_job import finish_clip, look_at
from commands.engine import opened_engine
from commands.interrupts import Interrupts, deferred
from commands.options import FileOptions
from pose.errors import ExitCode
from stream.item import Item

_WORDS = {
    "find": "1 find everybody",
    "follow": "2 follow",
    "lift": "2 lift to 3D",
    "ground": "2 find the floor",
    "export": "write",
    "draw": "draw the video",
}


def one_pass_because(options: FileOptions, shown: bool) -> str | None:
    """Why a clip is processed frame by frame; None where nothing speaks against two passes."""
    if options.fast:
        return "--fast"
    if options.realtime:
        return "--realtime"
    if shown:
        return "a window shows it"
    if options.coach.exercise is not None:
        return "a coach watches it"
    return None


def run(options: FileOptions, console: Console) -> ExitCode:
    """Process one clip; the last line on the output is one JSON object."""

    def notify(line: str) -> None:
        console.print(line, markup=False)

    notify("two passes: everybody is found first, then whole tracks are worked on (--fast takes one)")
    with opened_engine(options.pose, console) as engine, Bars(console) as bars:
        with deferred() as bars.interrupts:
            looked = look_at(engine, options, bars.step, bars.first_frame)
        # a Ctrl-C that ended the first pass is spent; the next one is for the video
        with deferred() as bars.interrupts:
            result = finish_clip(engine, options, looked, bars.step, notify, bars.began_s)
    if result.problem:
        notify(f"liftcam: {result.problem}")
    typer.echo(json.dumps(result.summary(engine.label)))
    return result.end


class Bars:
    """A bar a step on a terminal, nothing elsewhere; and the ear for Ctrl-C between two frames."""

    def __init__(self, console: Console) -> None:
        self.interrupts = Interrupts()
        self._console = console
        self._first = True
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.began_s = time.perf_counter()
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def step(self, what: str, done: int, of: int | None) -> None:
        """Move the bar of a step; what came before it is done."""
        if what not in self._tasks:
            for task in self._tasks.values():
                self._bar.update(task, visible=False)
            self._tasks[what] = self._bar.add_task(_WORDS[what], total=of)
        self._bar.update(self._tasks[what], completed=done, total=of)
        if what in ("find", "draw"):
            self.interrupts.check()

    def first_frame(self, item: Item) -> None:
        """Say once that it has begun, and with what."""
        if self._first:
            self._first = False
            self._console.print(f"first frame: {item.frame.width}x{item.frame.height}", markup=False)
