"""What a worker process does: opens what the work needs, once, and does one task after the other.

It ignores Ctrl-C, which is its parent's matter, and ends when its parent is gone, however that ended.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pose.errors import ExitCode, LiftCamError
from stream.batch.executor import Failed, Finished, Noticed, Progressed

Report = Callable[[int, int | None], None]
"""Called by the work with the frames that are done, and how many are expected."""
Work = Callable[[Any, Report], Any]
"""A task's payload in, its value out; raises LiftCamError for what is a user's matter."""
Opener = Callable[[Any, Callable[[str], None]], AbstractContextManager[Work]]
"""`opener(setup, notify)`: opens what the work needs; `notify` takes lines for the user."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker can take tasks."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The worker cannot be opened, for a reason that holds for every other one too."""

    reason: str
    code: ExitCode


def opener_at(place: str) -> Opener:
    """The function at "package.module:function"."""
    module, _, function = place.partition(":")
    opener: Opener = getattr(importlib.import_module(module), function)
    return opener


def failure(task: int, error: Exception, log: str) -> Failed:
    """An error of a task in one line: a user's matter as it is, anything else with the place of its traceback."""
    if isinstance(error, LiftCamError):
        return Failed(task, str(error), error.exit_code)
    if isinstance(error, MemoryError):
        return Failed(task, "there is not enough memory for this clip; try a smaller part of it, or fewer --jobs")
    return Failed(task, f"unexpected {type(error).__name__}: {error}; the details are in {log}")


def serve(
    tasks: Connection, events: Connection, lifeline: Connection, opener: str, setup: Any, log: Path | None
) -> None:
    """Do tasks until None comes; the body of a worker process.

    Parameters
    ----------
    tasks, events : Connection
        Where tasks come from, as (number, payload), and where events go.
    lifeline : Connection
        Its other end is held by the parent alone and never written to.
    opener : str
        Place of the `Opener`.
    setup : object
        Handed to it.
    log : Path or None
        What is printed goes there.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if log is not None:
        _print_into(log)
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    try:
        with opener_at(opener)(setup, lambda line: events.send(Noticed(line))) as work:
            events.send(Ready())
            while (task := tasks.recv()) is not None:
                number, payload = task
                events.send(_done(work, number, payload, events, log))
    except LiftCamError as error:
        events.send(Refused(str(error), error.exit_code))
    except (EOFError, OSError):
        traceback.print_exc()  # the parent has closed; nobody is left to be told


def _done(work: Work, number: int, payload: Any, events: Connection, log: Path | None) -> Finished | Failed:
    """Do one task."""
    try:
        return Finished(number, work(payload, lambda done, total: events.send(Progressed(number, done, total))))
    except Exception as error:
        if not isinstance(error, LiftCamError):
            traceback.print_exc()
        return failure(number, error, str(log))


def _print_into(log: Path) -> None:
    """Let what this process and its libraries print go into a file."""
    with log.open("ab", buffering=0) as file:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def _end_with_parent(lifeline: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os._exit(0)
