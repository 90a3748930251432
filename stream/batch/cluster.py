"""The same work on an existing Ray cluster: Ray gives tasks to free processors, and again where a worker was killed.

Ray is an extra (`cluster`). Its workers have to have the same LiftCam: the same checkout on a
shared file system, or an installed one. Clips are read, and results written, through the shared file system, or travel
through Ray's object store (`upload`).
"""

from __future__ import annotations

import contextlib
import importlib
import socket
from collections.abc import Sequence
from typing import Any

from stream.batch.errands import Errand, Reply, pack, run_errand, unpack
from stream.batch.executor import Event, Failed, Finished, Noticed
from stream.batch.tasks import ProcessTask, Task
from stream.errors import StreamError

RETRIES = 3
"""So many times a task is given to another worker where one was killed in the middle."""
CONNECT_S = 10.0
_LOOK_S = 120.0
"""How long the first task, which only says that a worker can do our work, may take."""


class RayExecutor:
    """An `Executor` on a Ray cluster.

    Parameters
    ----------
    address : str
        HOST:PORT of the cluster's head, `ray://HOST:PORT`, or "auto" for one on this machine.
    opener : str
        Place of the function that opens the work in a worker (`stream.batch.worker`).
    setup : object
        Handed to it.
    version : str
        Of LiftCam, which the workers must have, too.
    cpus : int
        Processors that a task takes.
    limit : int or None
        At most so many tasks at a time; None takes all processors.
    upload : bool
        Whether clips and results travel through Ray instead of a shared file system.

    Raises
    ------
    StreamError
        Where Ray is not installed, no cluster answers, or its workers cannot do our work.
    """

    def __init__(
        self,
        address: str,
        opener: str,
        setup: Any,
        *,
        version: str,
        cpus: int = 1,
        limit: int | None = None,
        upload: bool = False,
    ) -> None:
        self._ray = _ray()
        self._upload = upload
        self._opener = opener
        self._under_way: dict[Any, int] = {}
        self._tasks: dict[int, Task] = {}
        self._clips: dict[str, Any] = {}
        _connect(self._ray, address)
        try:
            self._remote = self._ray.remote(run_errand).options(num_cpus=cpus, max_retries=RETRIES)
            self.slots = self._room(cpus, limit)
            self._check(version)
            self._setup = self._ray.put(setup)
        except BaseException:
            self.close()
            raise

    def submit(self, task: int, payload: Task) -> None:
        """Give a task to the cluster."""
        parcel = None
        if self._upload:
            name = str(payload.clip)
            if name not in self._clips:
                try:
                    self._clips[name] = self._ray.put(pack(payload.clip))
                except OSError as error:
                    reason = f"{payload.clip} cannot be read: {error.strerror or error}"
                    self._clips[name] = self._ray.put(Failed(task, reason))
            parcel = self._clips[name]
        errand = Errand(self._opener, task, payload)
        self._tasks[task] = payload
        self._under_way[self._remote.remote(errand, self._setup, parcel)] = task

    def events(self, timeout_s: float) -> Sequence[Event]:
        """What has happened, waiting for something at most `timeout_s`."""
        if not self._under_way:
            return []
        done, _ = self._ray.wait(list(self._under_way), num_returns=1, timeout=timeout_s)
        happened: list[Event] = []
        for reference in done:
            task = self._under_way.pop(reference)
            happened += self._over(task, reference)
            self._let_go(self._tasks.pop(task))
        return happened

    def close(self) -> None:
        """Cancel what is under way and leave the cluster; may be called twice."""
        for reference in self._under_way:
            with contextlib.suppress(Exception):  # a cluster that is gone needs no cancelling
                self._ray.cancel(reference, force=True)
        self._under_way.clear()
        self._clips.clear()
        self._ray.shutdown()

    def _over(self, task: int, reference: Any) -> list[Event]:
        """What became of a task."""
        errors = self._ray.exceptions
        try:
            reply: Reply = self._ray.get(reference)
        except errors.RayTaskError as error:
            return [Failed(task, f"a worker of the cluster failed: {_last_line(error)}")]
        except errors.RayError as error:
            return [Failed(task, f"its worker was killed {RETRIES + 1} times: {_last_line(error)}")]
        if reply.files is not None and isinstance(reply.event, Finished):
            payload = self._tasks[task]
            try:
                if isinstance(payload, ProcessTask):
                    unpack(reply.files, payload.folder)
            except OSError as error:
                return [Failed(task, f"the results cannot be written: {error.strerror or error}")]
        return [*map(Noticed, reply.notices), reply.event]

    def _let_go(self, payload: Task) -> None:
        """Forget the content of a clip that no task needs any more."""
        if isinstance(payload, ProcessTask):
            self._clips.pop(str(payload.clip), None)

    def _room(self, cpus: int, limit: int | None) -> int:
        """How many tasks the cluster can do at a time."""
        room = sum(
            int(node["Resources"].get("CPU", 0) // cpus) for node in self._ray.nodes() if node.get("Alive", False)
        )
        if room < 1:
            raise StreamError(f"no machine of the cluster has {cpus} processors; ask for fewer --threads")
        return room if limit is None else min(room, limit)

    def _check(self, version: str) -> None:
        """See that a worker can do our work."""
        remedy = f"its workers need LiftCam {version}: the same checkout on a shared disk, or an installation"
        try:
            there = self._ray.get(self._ray.remote(_version_there).remote(), timeout=_LOOK_S)
        except self._ray.exceptions.RayError as error:
            raise StreamError(f"the cluster cannot run LiftCam ({_last_line(error)}); {remedy}") from error
        if there != version:
            raise StreamError(f"the cluster has LiftCam {there}; {remedy}")


def _version_there() -> str:
    """The version of LiftCam on a worker."""
    place = importlib.import_module("commands.version")
    there: str = place.version()
    return there


def _ray() -> Any:
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise StreamError("--cluster needs Ray: in the checkout, pip install -e '.[cluster]'") from error


def _connect(ray: Any, address: str) -> None:
    """Join the cluster; a wrong address is found out quickly, because Ray itself waits for a long time."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), CONNECT_S).close()
        except (OSError, OverflowError) as error:
            raise StreamError(
                f"no Ray cluster answers at {address}: {getattr(error, 'strerror', '') or error}"
            ) from error
    elif address != "auto":
        raise StreamError(f"{address} is no address of a Ray cluster: write HOST:PORT, ray://HOST:PORT or auto")
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", configure_logging=True)
    except Exception as error:
        # Ray raises ConnectionError, ValueError, RuntimeError and errors of its own for what is all the same to a user
        raise StreamError(f"no Ray cluster answers at {address}: {_last_line(error)}") from error


def _last_line(error: Exception) -> str:
    """The part of Ray's report that says what happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
