"""A batch from beginning to end: what is finished already, what to do, and what became of it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pose.errors import LiftCamError
from stream.batch.executor import Event, Executor, Failed, Finished, Noticed, Progressed
from stream.batch.listing import Clip, Listing
from stream.batch.store import RECORD, Record, Store, input_stamp
from stream.batch.summary import DONE, FAILED, PARTIAL, Row, Summary
from stream.batch.tasks import Outcome

_WAIT_S = 0.1
"""How often the loop looks whether it is to stop."""

Steps = Generator[list[Any], list[Any], Outcome | Failed]
"""The tasks of one clip: gives those that can be done at a time, gets their values (or `Failed`) in the same order."""
Planner = Callable[[Clip, Path, Callable[[str], None]], Steps]
"""`planner(clip, folder, notice)`: how a clip is processed into a folder; `notice` takes a line for the user."""


class Watcher(Protocol):
    """Shows what a batch does."""

    def notice(self, line: str) -> None:
        """A line for the user."""

    def progress(self, clip: Clip, done: int, total: int | None) -> None:
        """A clip is under way; `done` of `total` frames."""

    def over(self, clip: Clip, row: Row) -> None:
        """A clip is over."""


@dataclass(slots=True)
class _Job:
    """A clip under way: the tasks of its present step."""

    number: int
    clip: Clip
    folder: Path
    stamp: str
    steps: Steps
    values: dict[int, Any] = field(default_factory=dict)
    open_tasks: int = 0
    frames: dict[int, tuple[int, int | None]] = field(default_factory=dict)


class Batch:
    """Does what is left to do of a batch.

    Parameters
    ----------
    listing : Listing
    store : Store
    planner : Planner
    watcher : Watcher

    Attributes
    ----------
    summary : Summary
        A row a clip, in the order of the listing.
    resumed : int
        How many clips were finished by an earlier run.
    """

    def __init__(self, listing: Listing, store: Store, planner: Planner, watcher: Watcher) -> None:
        self._store, self._planner, self._watcher = store, planner, watcher
        clips, unusable = listing.clips, listing.unusable
        rows = [Row(clip.name) for clip in clips] + [Row(one.what, FAILED, one.reason) for one in unusable]
        self.summary = Summary(store.root, rows)
        self._left: deque[tuple[int, Clip, str]] = deque()
        self.resumed = 0
        for number, clip in enumerate(clips):
            self._look_at(number, clip)
        self._jobs: list[_Job] = []
        self._tasks: dict[int, tuple[_Job, int]] = {}
        self._ready: deque[tuple[_Job, int, Any]] = deque()
        self._next_task = 0

    @property
    def left(self) -> int:
        """How many clips are still to be done."""
        return len(self._left)

    def run(self, executor: Executor, check: Callable[[], None]) -> None:
        """Do everything; `check` is called again and again, and stops the batch by raising.

        The summary is written at the end, however it comes.

        Raises
        ------
        LiftCamError
            Where no clip can be processed at all; whatever `check` raises.
        """
        try:
            while self._left or self._jobs:
                check()
                self._fill(executor)
                for event in executor.events(_WAIT_S) if self._tasks else ():
                    self._handle(event)
        finally:
            for job in self._jobs:
                self._store.discard(job.folder)
            self.summary.write()

    def count(self) -> Counter[str]:
        """How many clips have which status."""
        return Counter(row.status for row in self.summary.rows)

    def _look_at(self, number: int, clip: Clip) -> None:
        """Note a clip as finished or as left to do."""
        try:
            stamp = input_stamp(clip.path)
            record = self._store.record(clip)
        except OSError as error:
            reason = f"{clip.path} cannot be read: {error.strerror or error}"
            self.summary.rows[number] = Row(clip.name, FAILED, reason)
            return
        except LiftCamError as error:
            self.summary.rows[number] = Row(clip.name, FAILED, str(error))
            return
        if record is None:
            self._left.append((number, clip, stamp))
        elif record.input_stamp != stamp:
            self._watcher.notice(f"{clip.name} has changed since it was processed, and is processed again")
            self._left.append((number, clip, stamp))
        else:
            self.resumed += 1
            self.summary.rows[number] = _row(clip, record)

    def _fill(self, executor: Executor) -> None:
        """Give the executor as many tasks as it can do; clips that are begun come first."""
        while len(self._tasks) < executor.slots and (self._ready or self._left):
            if not self._ready:
                self._begin(*self._left.popleft())
                continue
            job, place, payload = self._ready.popleft()
            task, self._next_task = self._next_task, self._next_task + 1
            self._tasks[task] = (job, place)
            executor.submit(task, payload)

    def _begin(self, number: int, clip: Clip, stamp: str) -> None:
        try:
            folder = self._store.work_folder(number)
        except OSError as error:
            reason = f"cannot write into {self._store.root}: {error.strerror or error}"
            self._end(number, clip, Row(clip.name, FAILED, reason))
            return
        job = _Job(number, clip, folder, stamp, self._planner(clip, folder, self._watcher.notice))
        self._jobs.append(job)
        self._go_on(job, None)

    def _go_on(self, job: _Job, values: list[Any] | None) -> None:
        """Take the next step of a clip, or end it."""
        try:
            payloads = next(job.steps) if values is None else job.steps.send(values)
        except StopIteration as end:
            self._close(job, end.value)
            return
        job.values, job.frames, job.open_tasks = {}, {}, len(payloads)
        self._ready.extend((job, place, payload) for place, payload in enumerate(payloads))

    def _handle(self, event: Event) -> None:
        if isinstance(event, Noticed):
            self._watcher.notice(event.line)
            return
        job, place = self._tasks[event.task]
        if isinstance(event, Progressed):
            job.frames[place] = (event.done, event.total)
            done = sum(one for one, _ in job.frames.values())
            totals = [total for _, total in job.frames.values()]
            known = None if None in totals or len(totals) < job.open_tasks else sum(one for one in totals if one)
            self._watcher.progress(job.clip, done, known)
            return
        del self._tasks[event.task]
        job.values[place] = event.value if isinstance(event, Finished) else event
        if len(job.values) == job.open_tasks:
            self._go_on(job, [job.values[one] for one in range(job.open_tasks)])

    def _close(self, job: _Job, outcome: Outcome | Failed) -> None:
        """Give the results their place, or clear away what a failure left."""
        self._jobs.remove(job)
        if isinstance(outcome, Failed):
            self._store.discard(job.folder)
            self._end(job.number, job.clip, Row(job.clip.name, FAILED, outcome.reason))
            return
        outputs = tuple(sorted(one.name for one in job.folder.iterdir() if one.name != RECORD))
        status = PARTIAL if outcome.broken else DONE
        record = Record(
            status, outcome.broken, outcome.frames, outcome.people, round(outcome.seconds, 3), outputs, job.stamp
        )
        try:
            self._store.commit(job.clip, job.folder, record)
        except LiftCamError as error:
            self._end(job.number, job.clip, Row(job.clip.name, FAILED, str(error)))
        else:
            self._end(job.number, job.clip, _row(job.clip, record))

    def _end(self, number: int, clip: Clip, row: Row) -> None:
        self.summary.put(number, row)
        self._watcher.over(clip, row)


def _row(clip: Clip, record: Record) -> Row:
    outputs = tuple(f"{clip.name}/{name}" for name in record.outputs)
    return Row(clip.name, record.status, record.reason, record.frames, record.people, record.seconds, outputs)
