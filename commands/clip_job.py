"""One clip into one folder, in two passes: what `file`, `batch` and the library share.

    result = run_clip(engine, options, on_step=..., notify=...)      # all of it

or, where the first pass is done in parts, elsewhere:

    looked = look_at(engine, options)                                # as often as there are parts
    result = finish_clip(engine, options, looked)                    # once, on the joined ones

Nothing is printed here; what a user has to know goes to `notify`, a line each.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from commands.clip_video import draw_clip
from commands.engine import Engine
from commands.options import FileOptions
from commands.version import version
from detection.choose import open_detector
from detection.detector import Detector
from export.formats import FORMATS, export_poses
from export.poses import Poses, save_poses
from pose.errors import ExitCode, LiftCamError
from stream.clip import Looked, Refined, RefineOptions, Step, look, nobody_listens, refine
from stream.item import Item
from stream.source import Source, SourceOptions
from stream.sources import open_source

_WORTH_FRAMES = 150
"""Opening more detectors takes about a second, which a shorter clip does not bring in."""

_MOST_FINDERS = 8

VIDEO, POSES = "mp4", "npz"
"""What `--export` takes beside the formats of `export.formats`; the poses are always written."""


@dataclass(frozen=True, slots=True)
class ClipResult:
    """What became of a clip.

    Attributes
    ----------
    clip : str
        Its name, without the folder.
    frames : int
        That were looked at.
    damaged : int
        That could not be decoded.
    people : int
        The most in one frame.
    tracks : int
    seconds : float
        How long it took.
    poses, video : Path or None
        What was written; None where nothing was asked for, or no frame was read.
    exports : tuple of Path
        Further files and folders.
    quality : dict
        `ClipQuality.summary`.
    end : ExitCode
        DONE; READ_IN_PART where the clip breaks off; INTERRUPTED. What was finished is written in all three cases.
    problem : str
        Why it did not end well, in one line.
    found : Poses
        Everybody in 3D, as in the pose file.
    """

    clip: str
    frames: int
    damaged: int
    people: int
    tracks: int
    seconds: float
    poses: Path | None
    video: Path | None
    exports: tuple[Path, ...]
    quality: dict[str, float]
    end: ExitCode
    problem: str
    found: Poses

    def summary(self, engine: str) -> dict[str, Any]:
        """The last line of `file`."""
        written = {name: str(path) for name, path in (("video", self.video), ("poses", self.poses)) if path}
        return {
            "clip": self.clip,
            "passes": 2,
            "frames": self.frames,
            "damaged": self.damaged,
            "seconds": round(self.seconds, 3),
            "fps": round(self.frames / self.seconds, 2) if self.seconds > 0 else 0.0,
            "people": self.people,
            "tracks": self.tracks,
            "quality": self.quality,
            "detector": engine,
            "complete": self.end is ExitCode.DONE,
            **written,
            "exports": [str(path) for path in self.exports],
        }


def run_clip(
    engine: Engine,
    options: FileOptions,
    on_step: Step = nobody_listens,
    notify: Callable[[str], None] = lambda _line: None,
    on_item: Callable[[Item], None] = lambda _item: None,
) -> ClipResult:
    """Process one clip: `options.clip` into the folder `options.out`.

    Every file appears whole or not at all; the folder is made. Safe to call again and again on one engine.

    Parameters
    ----------
    engine : Engine
        Open; stays the caller's.
    options : FileOptions
        `clip, out, exports, edit, size, video_name, filter, people` are looked at.
    on_step : Step
        `on_step(what, done, of)` with "find" and "follow" (frames), "lift" (people), "ground", "export" (formats) and
        "draw" (frames). In "find" and "draw" it may raise KeyboardInterrupt: what was finished is kept.
    notify : function
        Takes lines for the user.
    on_item : function
        Is given every frame of the first pass, for meters.

    Raises
    ------
    LiftCamError
        Where nothing can be read, or a file cannot be written.
    """
    began_s = time.perf_counter()
    looked = look_at(engine, options, on_step, on_item)
    return finish_clip(engine, options, looked, on_step, notify, began_s)


def look_at(
    engine: Engine,
    options: FileOptions,
    on_step: Step = nobody_listens,
    on_item: Callable[[Item], None] = lambda _item: None,
) -> Looked:
    """The first pass over `options.clip`, or the part of it that `options.edit` names."""
    source = _opened(options)
    with contextlib.ExitStack() as stack:
        stack.callback(source.close)
        detectors = stack.enter_context(finders(engine, source.frame_count))
        return look(source, detectors, on_step, on_item)


@contextlib.contextmanager
def finders(engine: Engine, frames: int | None) -> Iterator[Sequence[Detector]]:
    """Detectors for a first pass: one a core, with a thread each, where that is worth opening them.

    It is not for a short clip, nor where somebody has said how many threads there are to be.
    """
    cores = min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, _MOST_FINDERS
    )
    pose = engine.options
    short = frames is not None and frames < _WORTH_FRAMES
    # MediaPipe follows its person from frame to frame, so that it has to see them all
    if cores < 2 or short or pose.threads is not None or not engine.detector.engine.startswith("OpenVINO"):
        yield (engine.detector,)
        return
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(cores):
            one = open_detector(
                pose.detector, pose.weights, pose.net_size, 1, notify=lambda _line: None, allow_download=False
            )
            stack.callback(one.close)
            opened.append(one)
        yield opened


def finish_clip(
    engine: Engine,
    options: FileOptions,
    looked: Looked,
    on_step: Step = nobody_listens,
    notify: Callable[[str], None] = lambda _line: None,
    began_s: float | None = None,
) -> ClipResult:
    """The second pass, and everything that is written: see `run_clip`.

    Parameters
    ----------
    looked : Looked
        Of the whole clip; the detections of parts are put together by `detection.offline.detections.joined`.
    began_s : float or None
        When the work began, by `time.perf_counter`; now, where it is None.
    """
    began_s = time.perf_counter() if began_s is None else began_s
    source = _opened(options)
    try:
        camera = engine.camera(source)
    finally:
        source.close()
    refined = refine(looked, RefineOptions(camera, options.filter, options.people, engine.ground), on_step)
    if not options.filter.works_at(1 / looked.detections.step_s) and options.filter.cutoff_hz:
        _say_unfiltered(options, looked, notify)
    end, problem = looked.end, looked.problem
    poses = video = None
    exports: tuple[Path, ...] = ()
    if options.out is not None and looked.detections.frames:
        poses, video = options.out / "poses.npz", video_path(options)
        save_poses(refined.poses, poses, version())
        exports = _exported(options, refined, on_step)
        if video is not None:
            try:
                draw_clip(_opened(options), options.clip, refined, video, options.size, on_step, notify)
            except KeyboardInterrupt:
                end, problem = ExitCode.INTERRUPTED, "interrupted; what was finished is kept"
            except LiftCamError as error:
                if error.exit_code is not ExitCode.READ_IN_PART:
                    raise
            video = video if video.exists() else None
    rows = refined.poses
    return ClipResult(
        looked.source,
        looked.detections.frames,
        looked.damaged,
        _most_at_once(rows),
        len(np.unique(rows.track_id)),
        time.perf_counter() - began_s,
        poses,
        video,
        exports,
        refined.quality.summary(),
        end,
        problem,
        rows,
    )


def video_path(options: FileOptions) -> Path | None:
    """Where the annotated video goes, under a name that cannot be the clip's own; None where none is asked for."""
    if options.out is None or VIDEO not in options.exports:
        return None
    return options.out / (options.video_name or f"{stem(options.clip)}_annotated.mp4")


def stem(clip: str) -> str:
    """What the files of a clip are called."""
    return Path(clip).stem or "clip"


def _opened(options: FileOptions) -> Source:
    return open_source(options.clip, SourceOptions(edit=options.edit))


def _exported(options: FileOptions, refined: Refined, on_step: Step) -> tuple[Path, ...]:
    """Write the further formats that were asked for."""
    assert options.out is not None  # noqa: S101
    names = [name for name in options.exports if name in FORMATS]
    written: list[Path] = []
    asked = refined.export_options(options.edit.every, level=options.pose.level)
    for number, name in enumerate(names):
        on_step("export", number, len(names))
        written += export_poses(refined.poses, options.out, stem(options.clip), [name], asked)
    return tuple(written)


def _most_at_once(poses: Poses) -> int:
    """The most people in one frame."""
    return int(np.unique(poses.frame_index, return_counts=True)[1].max(initial=0))


def _say_unfiltered(options: FileOptions, looked: Looked, notify: Callable[[str], None]) -> None:
    """A filter that was asked for and cannot do anything is said."""
    if options.filter.kind.value != "none" and looked.detections.frames > 1:
        notify(
            f"not smoothed: at {1 / looked.detections.step_s:.3g} frames a second there is nothing above the filter's "
            f"{options.filter.cutoff_hz:g} Hz"
        )
