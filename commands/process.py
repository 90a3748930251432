"""`file` and `demo`: every frame of a clip, in order; shown, written, or both."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from commands import two_passes
from commands.clip_job import POSES, VIDEO, stem, video_path
from commands.clip_video import clip_sound
from commands.coaching import Coaching, open_coaching
from commands.engine import opened_engine
from commands.errors import CommandError
from commands.ground import levelled, size_line
from commands.interrupts import Interrupts, deferred
from commands.options import FileOptions
from commands.outputs import chosen_outputs, output_stages
from commands.recorder import Recorder
from commands.screen import Screen
from commands.two_passes import one_pass_because
from export.formats import FORMATS, export_poses, parse_formats
from export.motion import ExportOptions
from export.poses import load_poses
from export.world import World
from pose.errors import ExitCode, LiftCamError
from pose.files import why_not_writable
from pose.types import Image, People
from render.orbit import OrbitCamera
from render.renderer import Renderer
from render.view import Status, View, ViewOptions
from render.window import Action, Window, has_display
from stream.item import Item
from stream.meter import Meter
from stream.pipeline import Pipeline, Stage
from stream.source import Source, SourceOptions
from stream.sources import open_source


@dataclass(slots=True)
class Tally:
    """What was seen so far, and how it ended."""

    frames: int = 0
    most_people: int = 0
    tracks: set[int] = field(default_factory=set)
    end: ExitCode = ExitCode.DONE
    problem: str = ""

    def add(self, people: People) -> None:
        """Count one frame."""
        self.frames += 1
        self.most_people = max(self.most_people, len(people))
        self.tracks.update(people.track_id.tolist())


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a clip's results go; both None where nothing is written."""

    video: Path | None
    poses: Path | None

    @classmethod
    def of(cls, options: FileOptions) -> Outputs:
        """Files of a clip: poses.npz, and the annotated video under a name that cannot be the clip's own."""
        if options.out is None:
            return cls(None, None)
        return cls(video_path(options), options.out / "poses.npz")


def run(options: FileOptions) -> ExitCode:
    """Process one clip; the last line on the output is one JSON object.

    Raises
    ------
    CommandError
        Where the clip would be neither shown, written nor sent, or a window is wanted and there is no display.
    """
    _check(options)
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    shown = options.display and _display_or_say(options, console)
    why = one_pass_because(options, shown)
    if why is None:
        return two_passes.run(options, console)
    console.print(f"one pass, frame by frame: {why}", markup=False)
    outputs, meter, tally = Outputs.of(options), Meter(), Tally()

    def say(line: str) -> None:
        console.print(line, markup=False)

    sent = chosen_outputs(options.outputs, Path(options.clip).name, options.size, mirror=False, tell=say)
    with contextlib.ExitStack() as stack:
        coaching = open_coaching(options.coach, shown, say)
        if coaching is not None:
            stack.enter_context(coaching)
        source = open_source(options.clip, SourceOptions(edit=options.edit))
        stack.callback(source.close)
        engine = stack.enter_context(opened_engine(options.pose, console))
        recorder = None
        if outputs.poses is not None:
            sound = clip_sound(options.clip, say) if outputs.video else None
            recorder = Recorder(outputs.video, outputs.poses, source.name, source.fps, options.size, sound)
            stack.enter_context(recorder)
        stages: list[Stage] = [*engine.stages(source)]
        stages += output_stages(stack, sent, engine.camera(source), coaching, say)
        pipeline = stack.enter_context(Pipeline(source, stages, live=False))
        console.print(size_line(options.pose), markup=False)
        began_s = time.perf_counter()
        if shown:
            window = stack.enter_context(Window(f"LiftCam - {source.name}", options.size))
            screen = Screen(window, pipeline, meter, engine.label, options.out or Path(), coaching)
            screen.level = options.pose.level
            _guarded(partial(_show, screen, pipeline, recorder, tally, options.realtime), tally)
        else:
            _guarded(partial(_work, pipeline, meter, recorder, tally, options, console, coaching), tally)
        seconds = time.perf_counter() - began_s
    if tally.problem:
        console.print(f"liftcam: {tally.problem}", markup=False)
    summary = _summary(source, engine.label, meter, tally, outputs, seconds)
    if outputs.poses is not None and tally.frames:
        summary["exports"] = [str(path) for path in _export(options, outputs.poses, tally.frames)]
    if coaching is not None:
        summary["fitness"] = coaching.summary()
    typer.echo(json.dumps(summary), err=options.outputs.on_stdout)
    return tally.end


def _check(options: FileOptions) -> None:
    """Refuse what cannot come to anything, before any work is done."""
    sending = options.outputs.any
    if sending and not options.realtime:
        raise CommandError("--serve, --json, --osc, --lsl, --virtual-camera and --rerun go live: add --realtime")
    if not options.display and options.out is None and not sending:
        raise CommandError("nothing to do: with --no-display, name a folder for the results with --out DIR")
    problem = None if options.out is None else why_not_writable(options.out)
    if problem is not None:
        raise CommandError(f"cannot write into {options.out}: {problem}; choose another folder with --out")


def with_exports(options: FileOptions, names: str) -> FileOptions:
    """The options with the formats that a user named, checked before any work is done.

    Raises
    ------
    ExportError
        For an unknown format, or one whose library is missing.
    """
    return replace(options, exports=parse_formats(names, others=(POSES, VIDEO)))


def _export(options: FileOptions, poses: Path, frames: int) -> list[Path]:
    """Write the further formats that were asked for, from the pose file."""
    names = [name for name in options.exports if name in FORMATS]
    if not names:
        return []
    found = load_poses(poses)
    world = found.world if options.pose.level else World.from_up()
    asked = ExportOptions(world=world, frame_count=frames, every=options.edit.every)
    return export_poses(found, poses.parent, stem(options.clip), names, asked)


def _display_or_say(options: FileOptions, console: Console) -> bool:
    """Whether there is a display; without one a clip that is also written goes on, which is said."""
    check = has_display()
    if check.available:
        return True
    if options.out is None:
        raise CommandError(
            f"no window can be opened: {check.reason}; name a folder for the results with --no-display --out DIR"
        )
    console.print(f"no window: {check.reason}; writing to {options.out}", markup=False)
    return False


def _guarded(body: Callable[[Interrupts], None], tally: Tally) -> None:
    """Run the loop; what was finished is kept when it is interrupted or its input breaks in the middle."""
    try:
        with deferred() as interrupts:
            body(interrupts)
    except KeyboardInterrupt:
        tally.end, tally.problem = ExitCode.INTERRUPTED, "interrupted; what was finished is kept"
    except LiftCamError as error:
        if error.exit_code is not ExitCode.READ_IN_PART:
            raise
        tally.end, tally.problem = error.exit_code, str(error)


def _work(
    pipeline: Pipeline,
    meter: Meter,
    recorder: Recorder | None,
    tally: Tally,
    options: FileOptions,
    console: Console,
    coaching: Coaching | None,
    interrupts: Interrupts,
) -> None:
    """Every frame as fast as it goes, with a progress bar on a terminal."""
    renderer = Renderer(*options.size) if recorder is not None else None
    clock = _Clock()
    with _progress(console) as bar:
        task = bar.add_task(pipeline.source.name, total=pipeline.source.frame_count, rate="")
        for item in pipeline:
            people = _people(item)
            coach = coaching.step(item.frame, people) if coaching is not None else None
            if recorder is not None and renderer is not None:
                view = View(item.frame, people, _status(pipeline.source, item), coach=coach)
                view = levelled(view, item.floor, options.pose.level)
                recorder.add(item.frame, people, partial(_drawn, renderer, view), item.floor)
            meter.add(item)
            tally.add(people)
            if tally.frames == 1:
                console.print(
                    f"first frame: {pipeline.source.name}, {item.frame.width}x{item.frame.height}", markup=False
                )
            bar.update(task, advance=1, rate=f"{meter.whole().fps:.0f} frames/s")
            interrupts.check()
            if options.realtime:
                clock.wait(item.frame.time_s)


def _drawn(renderer: Renderer, view: View) -> Image:
    """The annotated picture of one frame."""
    renderer.draw(view, ViewOptions(show_hints=False), OrbitCamera())
    return renderer.pixels()


def _show(
    screen: Screen,
    pipeline: Pipeline,
    recorder: Recorder | None,
    tally: Tally,
    realtime: bool,
    interrupts: Interrupts,
) -> None:
    """Every frame in a window, until the end or until the user closes it."""
    clock = _Clock()
    while not pipeline.ended:
        interrupts.check()
        for action in screen.window.poll():
            if action is Action.QUIT:
                return
            if action in (Action.SEEK_FORWARD, Action.SEEK_BACK) and recorder is not None:
                screen.notice.say("no seeking while every frame is written")
            elif action is Action.RECORD:
                screen.notice.say(
                    "recording is for live; --out DIR writes this clip" if recorder is None else "it is being written"
                )
            else:
                screen.handle(action)
                clock.restart()
        item = pipeline.latest(0.02)
        if item is None:
            screen.refresh()
            continue
        if realtime:
            clock.wait(item.frame.time_s)
        screen.show(item)
        tally.add(_people(item))
        if recorder is not None:
            recorder.add(item.frame, _people(item), screen.window.pixels, item.floor)
    pipeline.latest(0.0)  # raises what ended the pipeline, if anything did


class _Clock:
    """Lets frames be shown at their own times, never late ones later."""

    def __init__(self) -> None:
        self._offset_s: float | None = None

    def restart(self) -> None:
        """Begin anew with the next frame: after a pause or a jump."""
        self._offset_s = None

    def wait(self, time_s: float) -> None:
        """Sleep until a frame of that time is due; a late one sets the clock back, so that none is rushed after it."""
        now_s = time.perf_counter()
        if self._offset_s is None or now_s > time_s + self._offset_s:
            self._offset_s = now_s - time_s
        time.sleep(max(0.0, time_s + self._offset_s - now_s))


def _progress(console: Console) -> Progress:
    """A bar with rate and remaining time; nothing where the output is no terminal."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _people(item: Item) -> People:
    return item.people if item.people is not None else People.nobody()


def _status(source: Source, item: Item) -> Status:
    """The line at the bottom of a written video: where in the clip, not how fast this machine was."""
    return Status(state="playing", position_s=item.frame.time_s, duration_s=source.duration_s)


def _summary(
    source: Source, engine: str, meter: Meter, tally: Tally, outputs: Outputs, seconds: float
) -> dict[str, Any]:
    """The last line: what was done, how fast, and where the results are."""
    latency = meter.whole().latency
    written = {
        name: str(path) for name, path in (("video", outputs.video), ("poses", outputs.poses)) if path and path.exists()
    }
    return {
        "clip": source.name,
        "passes": 1,
        "frames": tally.frames,
        "damaged": source.damaged,
        "seconds": round(seconds, 3),
        "fps": round(tally.frames / seconds, 2) if seconds > 0 else 0.0,
        "people": tally.most_people,
        "tracks": len(tally.tracks),
        "latency_ms": {"p50": round(latency.p50_ms, 2), "p95": round(latency.p95_ms, 2)},
        "detector": engine,
        "complete": tally.end is ExitCode.DONE,
        **written,
    }
