"""`summary.csv`: a line a clip, what became of it and why."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from pose.files import written_beside
from stream.errors import StreamError

SUMMARY = "summary.csv"
DONE, PARTIAL, FAILED, NOT_STARTED = "done", "partial", "failed", "not started"
_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one clip.

    Attributes
    ----------
    file : str
        As it was found or named.
    status : str
        `done`; `partial` where the clip broke off; `failed`; `not started` where the batch was interrupted before.
    reason : str
        One line, where it is not done.
    frames, people : int or None
        How many frames, and the most people in one of them.
    seconds : float or None
        How long the work took.
    outputs : tuple of str
        What was written, relative to the batch's folder.
    """

    file: str
    status: str = NOT_STARTED
    reason: str = ""
    frames: int | None = None
    people: int | None = None
    seconds: float | None = None
    outputs: tuple[str, ...] = ()

    def cells(self) -> list[str]:
        """As text, in the order of the columns."""
        seconds = "" if self.seconds is None else f"{self.seconds:.2f}"
        counts = ["" if count is None else str(count) for count in (self.frames, self.people)]
        return [self.file, self.status, self.reason, *counts, seconds, ";".join(self.outputs)]


COLUMNS = tuple(one.name for one in fields(Row))


class Summary:
    """Keeps `summary.csv` as the batch goes on: always a whole file, at most a second old.

    Parameters
    ----------
    folder : Path
        Where it goes.
    rows : sequence of Row
        All clips, in order.
    """

    def __init__(self, folder: Path, rows: Sequence[Row]) -> None:
        self.path = folder / SUMMARY
        self.rows = list(rows)
        self._written_s = -_PAUSE_S

    def put(self, number: int, row: Row) -> None:
        """What became of one clip."""
        self.rows[number] = row
        if time.monotonic() - self._written_s >= _PAUSE_S:
            self.write()

    def write(self) -> None:
        """Write the file.

        Raises
        ------
        StreamError
            Where it cannot be written; the one before stays.
        """
        try:
            with written_beside(self.path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                writer.writerows(row.cells() for row in self.rows)
        except OSError as error:
            raise StreamError(f"cannot write {self.path}: {error.strerror or error}") from error
        self._written_s = time.monotonic()
