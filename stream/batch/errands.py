"""A task of a batch on another machine: what goes there, what comes back, and what a worker does in between."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import traceback
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pose.errors import LiftCamError
from stream.batch.executor import Failed, Finished
from stream.batch.tasks import ProcessTask, Task
from stream.batch.worker import Work, failure, opener_at

Parcel = dict[str, NDArray[np.uint8]]
"""Files by their name, with "/" where they lie in folders; arrays, because Ray hands those on without a copy."""

_opened: dict[str, tuple[contextlib.ExitStack, Work]] = {}
"""What this process has opened, by the opener's place: one task after the other is done on it."""
_notices: list[str] = []


@dataclass(frozen=True, slots=True)
class Errand:
    """A task that is done elsewhere.

    Attributes
    ----------
    opener : str
        Place of the function that opens the work.
    number : int
        Of the task.
    task : Task
    """

    opener: str
    number: int
    task: Task


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes back.

    Attributes
    ----------
    event : Finished or Failed
    notices : tuple of str
        Lines for the user.
    files : Parcel or None
        What was written, where the file system is not shared.
    """

    event: Finished | Failed
    notices: tuple[str, ...] = ()
    files: Parcel | None = None


def pack(path: Path) -> Parcel:
    """A file, or all files below a folder, under the name of the file or the folder.

    Raises
    ------
    OSError
        Where one cannot be read.
    """
    return _read(_files(path) if path.is_dir() else [path], path.parent)


def unpack(parcel: Parcel, folder: Path) -> None:
    """Write files into a folder.

    Raises
    ------
    OSError
        Where that fails.
    """
    for name, content in parcel.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        content.tofile(place)


def run_errand(errand: Errand, setup: Any, parcel: Parcel | Failed | None) -> Reply:
    """Do a task in this process, which keeps what it opens for the next one.

    Parameters
    ----------
    errand : Errand
    setup : object
        Handed to the opener.
    parcel : Parcel or None
        The clip's files, where the file system is not shared.
    """
    if isinstance(parcel, Failed):
        return Reply(replace(parcel, task=errand.number))
    try:
        work = _work(errand.opener, setup)
        with _at_hand(errand.task, parcel) as task:
            value = work(task, lambda _done, _total: None)
            files = None
            if parcel is not None and isinstance(task, ProcessTask):
                files = _read(_files(task.folder), task.folder)
        event: Finished | Failed = Finished(errand.number, value)
    except Exception as error:
        if not isinstance(error, LiftCamError):
            traceback.print_exc()
        event, files = failure(errand.number, error, "the logs of Ray's worker"), None
    said, _notices[:] = tuple(_notices), []
    return Reply(event, said, files)


def _work(opener: str, setup: Any) -> Work:
    if opener not in _opened:
        with contextlib.ExitStack() as stack:
            work = stack.enter_context(opener_at(opener)(setup, _notices.append))
            _opened[opener] = (stack.pop_all(), work)
    return _opened[opener][1]


@contextlib.contextmanager
def _at_hand(task: Task, parcel: Parcel | None) -> Iterator[Task]:
    """The task with the clip where this machine can read it, and a folder that no other attempt at it writes into."""
    if parcel is not None:
        with tempfile.TemporaryDirectory(prefix="liftcam-") as name:
            clip, folder = Path(name, "clip"), Path(name, "results")
            unpack(parcel, clip)
            folder.mkdir()
            here = replace(task, clip=clip / task.clip.name)
            yield replace(here, folder=folder) if isinstance(here, ProcessTask) else here
        return
    if not isinstance(task, ProcessTask):
        yield task
        return
    mine = task.folder.with_name(f"{task.folder.name}-{uuid.uuid4().hex}")
    mine.mkdir()
    try:
        yield replace(task, folder=mine)
        task.folder.rmdir()  # empty, unless another attempt was faster: then this one is too late, which is an error
        mine.rename(task.folder)
    finally:
        shutil.rmtree(mine, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    return [one for one in sorted(folder.rglob("*")) if one.is_file()]


def _read(files: list[Path], root: Path) -> Parcel:
    return {one.relative_to(root).as_posix(): np.fromfile(one, np.uint8) for one in files}
