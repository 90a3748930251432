"""Worker processes of this machine: each does one task at a time, and one that dies costs only its task."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from stream.batch.executor import Event, Failed, Finished, Noticed, Progressed
from stream.batch.worker import Ready, Refused, serve
from stream.errors import StreamError

END_S = 2.0
"""How long a worker has to end by itself before it is killed."""
_DEATHS = 3
"""So many workers that die before they are ready, one after the other, and there is no use in starting more."""


@dataclass(slots=True)
class _Worker:
    """A process with its pipes; `task` is the number of what it does."""

    number: int
    process: SpawnProcess
    tasks: Connection
    events: Connection
    lifeline: Connection
    task: int | None = None
    ready: bool = False


class WorkerPool:
    """An `Executor` of processes on this machine.

    Parameters
    ----------
    workers : int
        How many.
    opener : str
        Place of the function that opens the work in a worker ("package.module:function", `stream.batch.worker`).
    setup : object
        Handed to it; has to be picklable.
    logs : Path or None
        Folder for what the workers print.
    """

    def __init__(self, workers: int, opener: str, setup: Any, logs: Path | None = None) -> None:
        self.slots = workers
        self._opener, self._setup, self._logs = opener, setup, logs
        self._context = multiprocessing.get_context("spawn")
        self._waiting: deque[tuple[int, Any]] = deque()
        self._deaths = 0
        self._started = 0
        self._workers: list[_Worker] = []

    @property
    def process_ids(self) -> list[int]:
        """Of all workers."""
        return [worker.process.pid for worker in self._workers if worker.process.pid is not None]

    def submit(self, task: int, payload: Any) -> None:
        """Begin a task as soon as a worker is free."""
        self._waiting.append((task, payload))
        if len(self._workers) < self.slots:
            self._workers.append(self._start())
        self._hand_out()

    def events(self, timeout_s: float) -> Sequence[Event]:
        """What has happened, waiting for something at most `timeout_s`.

        Raises
        ------
        LiftCamError
            Where a worker cannot be opened, or several die at once.
        """
        workers = {worker.events: worker for worker in self._workers}
        happened: list[Event] = []
        for ready in wait(list(workers), timeout_s):
            worker = workers[ready]  # type: ignore[index] # only our own connections are waited for
            try:
                message = worker.events.recv()
            except (EOFError, OSError):
                happened += self._replaced(worker)
                continue
            happened += self._heard(worker, message)
        self._hand_out()
        return happened

    def close(self) -> None:
        """End all workers; may be called twice."""
        workers, self._workers = self._workers, []
        self._waiting.clear()
        for worker in workers:
            if worker.task is None and worker.ready:
                with contextlib.suppress(OSError):
                    worker.tasks.send(None)
            else:
                worker.process.terminate()
        for worker in workers:
            worker.process.join(END_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            self._forget(worker)

    def _start(self) -> _Worker:
        self._started += 1
        tasks_out, tasks_in = self._context.Pipe(duplex=False)
        events_out, events_in = self._context.Pipe(duplex=False)
        lifeline_out, lifeline_in = self._context.Pipe(duplex=False)
        log = None if self._logs is None else self._logs / f"worker-{self._started}.log"
        arguments = (tasks_out, events_in, lifeline_out, self._opener, self._setup, log)
        process = self._context.Process(target=serve, args=arguments, daemon=True)
        process.start()
        for theirs in (tasks_out, events_in, lifeline_out):
            theirs.close()
        return _Worker(self._started, process, tasks_in, events_out, lifeline_in)

    def _hand_out(self) -> None:
        """Give waiting tasks to free workers."""
        for worker in self._workers:
            if self._waiting and worker.ready and worker.task is None:
                number, payload = self._waiting[0]
                try:
                    worker.tasks.send((number, payload))
                except OSError:
                    continue  # it has just died; the next `events` sees that
                self._waiting.popleft()
                worker.task = number

    def _heard(self, worker: _Worker, message: Event | Ready | Refused) -> list[Event]:
        if isinstance(message, Refused):
            raise StreamError(message.reason, message.code)
        if isinstance(message, Ready):
            worker.ready, self._deaths = True, 0
            return []
        if isinstance(message, Finished | Failed):
            worker.task = None
        return [message] if isinstance(message, Noticed | Progressed | Finished | Failed) else []

    def _replaced(self, worker: _Worker) -> list[Event]:
        """Put a new worker in the place of one that died; its task has failed."""
        worker.process.join()
        how = _how(worker.process.exitcode)
        log = "" if self._logs is None else f"; see {self._logs / f'worker-{worker.number}.log'}"
        self._workers.remove(worker)
        self._forget(worker)
        if not worker.ready:
            self._deaths += 1
            if self._deaths >= _DEATHS:
                raise StreamError(f"{_DEATHS} workers ended at their start ({how}){log}")
        self._workers.append(self._start())
        return [] if worker.task is None else [Failed(worker.task, f"its worker {how}{log}")]

    def _forget(self, worker: _Worker) -> None:
        for pipe in (worker.tasks, worker.events, worker.lifeline):
            pipe.close()
        worker.process.close()


def _how(exit_code: int | None) -> str:
    """How a process ended.

    >>> _how(-9)
    'was killed by SIGKILL, as the system does where memory runs out'
    >>> _how(3)
    'ended with exit code 3'
    """
    if exit_code is None or exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    return f"was killed by {name}" + (", as the system does where memory runs out" if name == "SIGKILL" else "")
