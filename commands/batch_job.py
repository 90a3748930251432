"""What a worker of `batch` does: one clip, or a piece of one, after the other on an engine that is opened once."""

from __future__ import annotations

import contextlib
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rich.console import Console

from commands.clip_job import VIDEO, ClipResult, finish_clip, look_at, run_clip
from commands.engine import Engine, opened_engine
from commands.options import FileOptions
from pose.errors import ExitCode
from stream.batch.errands import Parcel, unpack
from stream.batch.tasks import Extent, LookTask, MeasureTask, Outcome, ProcessTask, Task, Value
from stream.batch.worker import Report, Work
from stream.clip import Looked, Step
from stream.errors import StreamError
from stream.source import SourceOptions
from stream.sources import open_source

OPENER = "commands.batch_job:opened"
CARRIED_OPENER = "commands.batch_job:opened_carried"


@dataclass(frozen=True, slots=True)
class CarriedOptions:
    """Options that travel to a machine without our files.

    Attributes
    ----------
    options : FileOptions
    weights, calibration : Parcel or None
        Content of what the options of the same names say; the file to open comes first.
    """

    options: FileOptions
    weights: Parcel | None
    calibration: Parcel | None


@contextlib.contextmanager
def opened(options: FileOptions, notify: Callable[[str], None]) -> Iterator[Work]:
    """Open the engine; gives what does a task (`stream.batch.worker.Opener`).

    Parameters
    ----------
    options : FileOptions
        Those of every clip; its `clip` and `out` are not looked at.
    notify : function
        Takes lines for the user.
    """
    console = Console(file=_Lines(notify), soft_wrap=True, highlight=False)
    with opened_engine(options.pose, console) as engine:
        yield partial(_work, engine, options, notify)


@contextlib.contextmanager
def opened_carried(carried: CarriedOptions, notify: Callable[[str], None]) -> Iterator[Work]:
    """As `opened`, with weights and calibration that were brought along."""
    pose = carried.options.pose
    if carried.weights is not None:
        pose = replace(pose, weights=_laid_down(carried.weights))
    if carried.calibration is not None:
        pose = replace(pose, calibration=_laid_down(carried.calibration))
    with opened(replace(carried.options, pose=pose), notify) as work:
        yield work


def _laid_down(parcel: Parcel) -> Path:
    """The first of the files, in a folder that is named by their content: written once a machine, it may stay."""
    content = hashlib.sha256()
    for name, data in parcel.items():
        content.update(f"{name} {len(data)} ".encode())
        content.update(data.tobytes())
    folder = Path(tempfile.gettempdir(), f"liftcam-{content.hexdigest()}")
    if not folder.is_dir():
        partial_folder = Path(tempfile.mkdtemp(prefix="liftcam-"))
        unpack(parcel, partial_folder)
        with contextlib.suppress(OSError):  # another worker was faster with the same files
            partial_folder.rename(folder)
    return folder / next(iter(parcel))


class _Lines(io.StringIO):
    """A file that hands on every line that is written to it."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        super().__init__()
        self._notify = notify

    def write(self, text: str) -> int:
        """Hand on the lines of a text."""
        for line in filter(str.strip, text.splitlines()):
            self._notify(line)
        return len(text)


def _work(engine: Engine, options: FileOptions, notify: Callable[[str], None], task: Task, report: Report) -> Value:
    clip = replace(options, clip=str(task.clip))
    if isinstance(task, MeasureTask):
        return _measured(clip)
    step = _steps(report, VIDEO in options.exports)
    if isinstance(task, LookTask):
        return _looked(engine, clip, task, step)
    return _processed(engine, replace(clip, out=task.folder), task, step, notify)


def _processed(
    engine: Engine, clip: FileOptions, task: ProcessTask, step: Step, notify: Callable[[str], None]
) -> Outcome:
    """All of a clip, or what is left to do once it was looked at."""
    result: ClipResult
    if task.looked is None:
        result = run_clip(engine, clip, step, notify)
    else:
        result = finish_clip(engine, clip, task.looked, step, notify)
    if not result.frames:
        raise StreamError(result.problem or f"{task.clip} holds no picture that can be read")
    return Outcome(result.frames, result.people, result.seconds, result.problem)


def _measured(clip: FileOptions) -> Extent:
    source = open_source(clip.clip, SourceOptions(edit=clip.edit))
    with contextlib.closing(source):
        first = next(source.frames())
        return Extent(first.time_s, first.index, source.duration_s)


def _looked(engine: Engine, clip: FileOptions, task: LookTask, step: Step) -> Looked:
    """What is found in a piece; one that breaks off is no piece to build on."""
    edit = replace(
        clip.edit,
        start_s=clip.edit.start_s if task.begin_s is None else task.begin_s,
        end_s=clip.edit.end_s if task.end_s is None else task.end_s,
        count_from=task.first_index,
    )
    looked = look_at(engine, replace(clip, edit=edit), step)
    if looked.end is not ExitCode.DONE:
        raise StreamError(looked.problem)
    return looked


def _steps(report: Report, drawn: bool) -> Step:
    """Tells of a clip's steps as one: to find everybody, and to draw the video, each frame by frame."""
    frames = 0

    def step(what: str, done: int, of: int | None) -> None:
        nonlocal frames
        if what == "find":
            frames = done
            report(done, None if of is None else of * (1 + drawn))
        elif what == "draw":
            report(frames + done, 2 * frames)

    return step
