"""Who does a batch's work: given tasks, tells what happens to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pose.errors import ExitCode


@dataclass(frozen=True, slots=True)
class Noticed:
    """A line for the user."""

    line: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a task has come, in frames; `total` is None where nobody knows."""

    task: int
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A task is done; `value` is what it gave."""

    task: int
    value: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """A task is over without a result, for one clear reason."""

    task: int
    reason: str
    code: ExitCode = ExitCode.WRONG_USAGE


Event = Noticed | Progressed | Finished | Failed


class Executor(Protocol):
    """Does tasks, several at a time; asked by one thread alone."""

    @property
    def slots(self) -> int:
        """How many tasks it can do at a time."""

    def submit(self, task: int, payload: Any) -> None:
        """Begin a task; its number comes back in the events."""

    def events(self, timeout_s: float) -> Sequence[Event]:
        """What has happened, waiting for something at most `timeout_s`.

        Raises
        ------
        LiftCamError
            Where no task can be done at all.
        """

    def close(self) -> None:
        """End what is under way; may be called twice."""
