"""What an output is, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pose.camera import Intrinsics
from pose.types import Frame, GroundPlane, People
from stream.errors import StreamError


class OutputError(StreamError):
    """An output cannot go on.

    Parameters
    ----------
    message : str
        One line: what, where, what to do.
    retry : bool
        Whether it may work again later (a receiver that went away), or never will (a disk that is full).
    """

    def __init__(self, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.retry = retry


@dataclass(frozen=True, slots=True)
class CoachNote:
    """What the coach says of one person, as an output may show it.

    Attributes
    ----------
    exercise : str
        Name on the command line.
    count : int
        Whole repetitions.
    partial : int
        Repetitions that were not finished.
    phase : str
        "rest", "moving", "work", "return", or "" before anything is known.
    cue : str
        What is said now; "" where nothing is.
    """

    exercise: str
    count: int
    partial: int = 0
    phase: str = ""
    cue: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One frame, finished.

    Attributes
    ----------
    frame : Frame
        The picture; nobody writes into it.
    people : People
        Everybody in it, lifted.
    camera : Intrinsics
        The camera that the lifting assumed.
    captured_s, lifted_s : float
        When the picture was taken and when its people were known, on the clock of `time.perf_counter`.
    coach : dict of int to CoachNote
        By track id; empty without an exercise.
    floor : GroundPlane or None
        Where the floor is; None while nobody was seen.
    """

    frame: Frame
    people: People
    camera: Intrinsics
    captured_s: float
    lifted_s: float
    coach: dict[int, CoachNote]
    floor: GroundPlane | None = None


class Output(Protocol):
    """One way out. A thread of its own alone calls `open`, `send` and `close`, in that order and perhaps again."""

    @property
    def name(self) -> str:
        """The output and where it goes, in a few words, for messages: "OSC to 127.0.0.1:39539"."""

    @property
    def depth(self) -> int:
        """How many results may wait while one is sent: 1 where only the newest is of use."""

    def open(self) -> None:
        """Get ready to send.

        Raises
        ------
        OutputError
            Where that fails.
        """

    def send(self, result: Result) -> None:
        """Send one result.

        Raises
        ------
        OutputError
            Where that fails; with `retry`, `open` is tried again later.
        """

    def close(self) -> None:
        """Let go of everything, also after an error or a failed `open`; may be called twice."""
