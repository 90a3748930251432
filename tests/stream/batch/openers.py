"""What worker processes of the tests do instead of looking at clips."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from stream.batch.listing import STATE_FOLDER
from stream.batch.tasks import Outcome, ProcessTask
from stream.batch.worker import Report, Work
from stream.errors import StreamError

HERE = "tests.stream.batch.openers"


@contextlib.contextmanager
def answers(setup: str, notify: Callable[[str], None]) -> Iterator[Work]:
    """A task is a word: what to do."""

    def work(word: str, report: Report) -> str:
        if word == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "refuse":
            raise StreamError("no such clip")
        if word == "break":
            raise ZeroDivisionError("a mistake of ours")
        if word == "fill memory":
            raise MemoryError
        if word == "sleep":
            time.sleep(60)
        report(1, 2)
        return f"{setup} {word}"

    notify("opened")
    yield work


@contextlib.contextmanager
def refuses(setup: str, notify: Callable[[str], None]) -> Iterator[Work]:
    if setup:
        raise StreamError(f"there are no weights in {setup}")
    yield lambda payload, report: payload


@contextlib.contextmanager
def dies(setup: str, notify: Callable[[str], None]) -> Iterator[Work]:
    if setup:
        os._exit(7)
    yield lambda payload, report: payload


@contextlib.contextmanager
def writes(setup: float, notify: Callable[[str], None]) -> Iterator[Work]:
    """Writes what the clip holds, slowly: a second file comes `setup` seconds after the first."""

    def work(task: ProcessTask, report: Report) -> Outcome:
        text = task.clip.read_text(encoding="utf-8")
        if task.folder.parents[1].name == STATE_FOLDER:  # not where results travel through Ray
            with (task.folder.parents[2] / "begun.txt").open("a", encoding="utf-8") as begun:
                begun.write(f"{task.clip.name} {os.getpid()}\n")
        (task.folder / "first.txt").write_text(text, encoding="utf-8")
        time.sleep(setup)
        if "fail" in text:
            raise StreamError(f"{task.clip} is not a video")
        (task.folder / "second.txt").write_text(text.upper(), encoding="utf-8")
        return Outcome(len(text), 1, 0.5, "it breaks off at 3.00 s" if "broken" in text else "")

    yield work


def clips_in(folder: Path, texts: dict[str, str]) -> Path:
    """A folder of such clips."""
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
