"""`live`: a webcam or a stream, everybody in it in 2D and 3D, now."""

from __future__ import annotations

import contextlib
import time

from rich.console import Console

from commands.coaching import Coaching, event_line, open_coaching
from commands.engine import opened_engine
from commands.errors import CommandError
from commands.follow import Following, found_poses, made_poses, open_following
from commands.ground import size_line
from commands.options import LiveOptions
from commands.outputs import chosen_outputs, output_stages
from commands.recorder import Recorder
from commands.screen import Screen, lag_note, stamp
from pose.errors import ExitCode, LiftCamError
from render.view import ViewOptions
from render.window import Action, Window, has_display
from stream.item import Item
from stream.meter import Meter
from stream.pipeline import Pipeline, Stage
from stream.source import SourceOptions, SourceState
from stream.sources import open_source

_WAIT_S = 0.02
_CAMERA_SIZE = (1280, 720)
_REPORT_S = 5.0


def run(options: LiveOptions) -> ExitCode:
    """Run until the window closes, the source ends, the time is over or Ctrl-C."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    if options.display:
        check = has_display()
        if not check.available:
            raise CommandError(
                f"no window can be opened: {check.reason}; use --no-display, or `file CLIP --no-display --out DIR`"
            )

    def say(line: str) -> None:
        console.print(line, markup=False)

    mirror = options.source.isdecimal() if options.mirror is None else options.mirror
    outputs = chosen_outputs(options.outputs, options.source, options.size, mirror, say)
    meter = Meter()
    followed = None if options.follow is None else found_poses(options.follow)
    following: Following | None = None
    with contextlib.ExitStack() as stack:
        coaching = open_coaching(options.coach, options.display, say)
        if coaching is not None:
            stack.enter_context(coaching)
        # the source first: a camera that is not there is said at once, not after the network was compiled
        source = open_source(options.source, SourceOptions(size=_CAMERA_SIZE, realtime=True))
        stack.callback(source.close)
        engine = stack.enter_context(opened_engine(options.pose, console))
        if options.follow is not None:
            followed = followed or made_poses(options.follow, engine, console)
            following = open_following(followed, options.follow, options.source.isdecimal(), engine.camera(source), say)
        window = None
        if options.display:
            window = stack.enter_context(
                Window(
                    "LiftCam",
                    options.size,
                    options=ViewOptions(
                        mirror=mirror, help_notes=(*lag_note(options.pose.smoothing), size_line(options.pose))
                    ),
                )
            )
        stages: list[Stage] = [*engine.stages(source)]
        stages += output_stages(stack, outputs, engine.camera(source), coaching, say)
        pipeline = stack.enter_context(Pipeline(source, stages, live=True))
        console.print(size_line(options.pose), markup=False)
        if window is None:
            _watch(pipeline, meter, options.seconds, console, coaching, following)
        else:
            screen = Screen(window, pipeline, meter, engine.label, options.out, coaching)
            screen.level = options.pose.level
            screen.following = following
            _show(screen, pipeline, options)
    whole = meter.whole()
    for done in (coaching, following):
        for line in done.lines() if done is not None else ():
            console.print(line, markup=False)
    console.print(
        f"{whole.items} frames, {whole.fps:.1f} a second, capture to display p50 {whole.latency.p50_ms:.0f} ms, "
        f"p95 {whole.latency.p95_ms:.0f} ms, {pipeline.dropped} dropped"
    )
    return ExitCode.DONE


def _over(began_s: float, seconds: float | None) -> bool:
    return seconds is not None and time.perf_counter() - began_s >= seconds


def _watch(
    pipeline: Pipeline,
    meter: Meter,
    seconds: float | None,
    console: Console,
    coaching: Coaching | None,
    following: Following | None,
) -> None:
    """Without a window: a line every few seconds, and one a repetition and cue."""
    if coaching is not None:
        coaching.session.subscribe(lambda event: console.print(event_line(event), markup=False))
    began_s = reported_s = time.perf_counter()
    state = SourceState.LIVE
    item: Item | None = None
    while not pipeline.ended and not _over(began_s, seconds):
        new = pipeline.latest(0.1)
        if new is not None:
            item = new
            meter.add(item)
            if coaching is not None and item.people is not None:
                coaching.step(item.frame, item.people)
            if following is not None and item.people is not None:
                following.step(item.frame, item.people, item.floor)
        if pipeline.source.state is not state:
            state = pipeline.source.state
            console.print(f"{pipeline.source.name}: {state.value}", markup=False)
        if item is not None and time.perf_counter() - reported_s >= _REPORT_S:
            reported_s = time.perf_counter()
            reading = meter.recent(reported_s)
            people = len(item.people) if item.people is not None else 0
            console.print(
                f"{people} people, {reading.fps:.1f} frames a second, latency p95 {reading.latency.p95_ms:.0f} ms"
            )


class _Recording:
    """What R starts and stops."""

    def __init__(self, screen: Screen, pipeline: Pipeline, options: LiveOptions) -> None:
        self._screen = screen
        self._pipeline = pipeline
        self._options = options
        self._recorder: Recorder | None = None

    def toggle(self) -> None:
        """Begin a recording, or finish the one that runs."""
        if self._recorder is not None:
            self.finish()
            return
        source = self._pipeline.source
        pixels = self._screen.window.pixels()
        stem = self._options.out / f"liftcam-{stamp()}"
        try:
            self._recorder = Recorder(
                stem.with_suffix(".mp4"),
                stem.with_suffix(".npz"),
                source.name,
                source.fps,
                (pixels.shape[1], pixels.shape[0]),
            )
        except LiftCamError as error:
            self._screen.notice.say(str(error))
        self._screen.recording = self._recorder is not None

    def add(self, item: Item) -> None:
        """Keep a frame that was just shown, while a recording runs."""
        if self._recorder is None or item.people is None:
            return
        try:
            self._recorder.add(item.frame, item.people, self._screen.window.pixels, item.floor)
        except LiftCamError as error:
            self._recorder, self._screen.recording = None, False
            self._screen.notice.say(str(error))

    def finish(self) -> None:
        """Finish the recording that runs, if any; what cannot be written is said and does not end the app."""
        recorder, self._recorder = self._recorder, None
        self._screen.recording = False
        if recorder is None:
            return
        try:
            recorder.close()
        except LiftCamError as error:
            self._screen.notice.say(str(error))
        else:
            self._screen.notice.say(f"saved {recorder.video}")


def _show(screen: Screen, pipeline: Pipeline, options: LiveOptions) -> None:
    began_s = time.perf_counter()
    recording = _Recording(screen, pipeline, options)
    try:
        while not _over(began_s, options.seconds):
            item = pipeline.latest(_WAIT_S)
            for action in screen.window.poll():
                if action is Action.QUIT:
                    return
                if action is Action.RECORD:
                    recording.toggle()
                else:
                    screen.handle(action)
            if item is not None:
                recording.add(screen.show(item))
            elif pipeline.ended:
                return
            else:
                screen.refresh()
    finally:
        recording.finish()
