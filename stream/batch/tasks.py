"""What is asked of a worker, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stream.clip import Looked


@dataclass(frozen=True, slots=True)
class ProcessTask:
    """Process one clip into a folder.

    Attributes
    ----------
    clip : Path
    folder : Path
        Empty; everything that is written goes into it.
    looked : Looked or None
        What was found, where the clip was looked at in pieces before.
    """

    clip: Path
    folder: Path
    looked: Looked | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a clip.

    Attributes
    ----------
    frames, people : int
        How many frames, and the most people in one of them.
    seconds : float
        How long it took.
    broken : str
        Where and why the clip broke off; empty where it did not.
    """

    frames: int
    people: int
    seconds: float
    broken: str = ""


@dataclass(frozen=True, slots=True)
class MeasureTask:
    """Look how long a clip is."""

    clip: Path


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a clip lies in time, or the part of it that was asked for.

    Attributes
    ----------
    begin_s : float
        Time of its first frame.
    first_index : int
        Number of that frame in the source.
    duration_s : float or None
        None where the clip does not say.
    """

    begin_s: float
    first_index: int
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class LookTask:
    """Find everybody in a piece of a clip; gives `Looked`.

    Attributes
    ----------
    clip : Path
    begin_s, end_s : float or None
        From `begin_s` on and before `end_s`; None is the part's own beginning or end.
    first_index : int
        Number of the first frame of the whole part, from which every n-th is counted.
    """

    clip: Path
    begin_s: float | None
    end_s: float | None
    first_index: int


Task = ProcessTask | MeasureTask | LookTask
Value = Outcome | Extent | Looked
