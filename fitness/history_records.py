"""What the history keeps of a set and of a repetition, and the rows of the database that hold it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from fitness.repetition import Repetition

SET_COLUMNS = (
    "sets.id, session_id, person, exercise, sets.started_s, utc_offset_s, sets.ended_s, counted, partial, recounted, "
    "hold_s, target_reps, target_s, plan, "
    "(SELECT count FROM corrections WHERE set_id = sets.id ORDER BY corrections.id DESC LIMIT 1)"
)
"""What `set_record` reads, in this order."""


@dataclass(frozen=True, slots=True)
class RepetitionRecord:
    """One repetition as it is kept.

    Attributes
    ----------
    number : int
        From 1 in its set.
    start_s, peak_s, end_s : float
        From the beginning of the set; negative where the repetition began before it was sure that it is one.
    side : str
        "right", "left" or "both".
    range_deg : float or None
        Range of the angle that counts.
    left_right_deg, left_right_part : float or None
        Mean difference of right and left: degrees where an angle counts, else in parts of the body's size.
    faults : tuple of str
    """

    number: int
    start_s: float
    peak_s: float
    end_s: float
    side: str = "both"
    range_deg: float | None = None
    left_right_deg: float | None = None
    left_right_part: float | None = None
    faults: tuple[str, ...] = ()

    @classmethod
    def of(cls, number: int, one: Repetition, began_s: float) -> RepetitionRecord:
        """A counted repetition; `began_s` is the time of the poses at which the set began."""
        angle = one.range_deg is not None
        return cls(
            number,
            one.start_s - began_s,
            one.peak_s - began_s,
            one.end_s - began_s,
            one.side,
            one.range_deg,
            one.left_right if angle else None,
            None if angle else one.left_right,
            one.faults,
        )

    @property
    def to_work_s(self) -> float:
        """Time from rest to the furthest point."""
        return self.peak_s - self.start_s

    @property
    def to_rest_s(self) -> float:
        """Time from the furthest point back to rest."""
        return self.end_s - self.peak_s


@dataclass(frozen=True, slots=True)
class SetRecord:
    """One set of one person as it is kept.

    Attributes
    ----------
    id : int
    session_id : int
    person : int
        Number in the window at that time; not the same person in another session.
    exercise : str
    started : datetime
        In the local time of the place where it was done.
    duration_s : float or None
        None where the program ended in the middle of the set.
    counted, partial : int
        As the program counted.
    corrected : int or None
        The user's last word, beside the counted value.
    recounted : int or None
        The count over the whole set at its end.
    hold_s : float
        For holds.
    target_reps : int or None
    target_s : float or None
        What the plan asked for.
    plan : str or None
        Name of the plan.
    repetitions : tuple of RepetitionRecord
    """

    id: int
    session_id: int
    person: int
    exercise: str
    started: datetime
    duration_s: float | None
    counted: int
    partial: int
    corrected: int | None
    recounted: int | None
    hold_s: float
    target_reps: int | None
    target_s: float | None
    plan: str | None
    repetitions: tuple[RepetitionRecord, ...]

    @property
    def count(self) -> int:
        """The repetitions that hold: the user's word, else the counted ones."""
        return self.counted if self.corrected is None else self.corrected


def set_record(row: tuple[object, ...], repetitions: tuple[RepetitionRecord, ...]) -> SetRecord:
    """A set of a row of `SET_COLUMNS`.

    Raises
    ------
    TypeError, ValueError, OverflowError
        Where a column holds what it cannot.
    """
    numbers = _Row(row)
    started_s, ended_s = numbers.real(4), numbers.real_or_none(6)
    zone = timezone(timedelta(seconds=numbers.whole(5)))
    return SetRecord(
        id=numbers.whole(0),
        session_id=numbers.whole(1),
        person=numbers.whole(2),
        exercise=str(row[3]),
        started=datetime.fromtimestamp(started_s, zone),
        duration_s=None if ended_s is None else ended_s - started_s,
        counted=numbers.whole(7),
        partial=numbers.whole(8),
        corrected=numbers.whole_or_none(14),
        recounted=numbers.whole_or_none(9),
        hold_s=numbers.real(10),
        target_reps=numbers.whole_or_none(11),
        target_s=numbers.real_or_none(12),
        plan=None if row[13] is None else str(row[13]),
        repetitions=repetitions,
    )


def repetition_row(one: RepetitionRecord) -> tuple[object, ...]:
    """The columns of a repetition behind its set's number."""
    times = (one.start_s, one.peak_s, one.end_s)
    apart = (one.left_right_deg, one.left_right_part)
    return (one.number, *times, one.side, one.range_deg, *apart, json.dumps(one.faults, ensure_ascii=False))


def repetition_record(row: tuple[object, ...]) -> RepetitionRecord:
    """A repetition of its columns behind its set's number.

    Raises
    ------
    TypeError, ValueError
        Where a column holds what it cannot.
    """
    numbers = _Row(row)
    return RepetitionRecord(
        number=numbers.whole(0),
        start_s=numbers.real(1),
        peak_s=numbers.real(2),
        end_s=numbers.real(3),
        side=str(row[4]),
        range_deg=numbers.real_or_none(5),
        left_right_deg=numbers.real_or_none(6),
        left_right_part=numbers.real_or_none(7),
        faults=tuple(str(fault) for fault in json.loads(str(row[8]))),
    )


class _Row:
    """A row of the database, whose columns may hold anything: SQLite does not enforce types."""

    def __init__(self, row: tuple[object, ...]) -> None:
        self._row = row

    def real(self, column: int) -> float:
        """A finite number."""
        value = self._row[column]
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{value!r} stands where a number belongs")
        return float(value)

    def whole(self, column: int) -> int:
        """A whole number."""
        value = self._row[column]
        if not isinstance(value, int):
            raise ValueError(f"{value!r} stands where a whole number belongs")
        return value

    def real_or_none(self, column: int) -> float | None:
        """A finite number, or nothing."""
        return None if self._row[column] is None else self.real(column)

    def whole_or_none(self, column: int) -> int | None:
        """A whole number, or nothing."""
        return None if self._row[column] is None else self.whole(column)
