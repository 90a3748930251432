"""What a history comes to: a set's range, tempo and symmetry, and how they went over the weeks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fitness.history_records import RepetitionRecord, SetRecord


@dataclass(frozen=True, slots=True)
class Measures:
    """Means over repetitions; None where none of them has the value.

    Attributes
    ----------
    range_deg : float or None
        Range of the angle that counts.
    to_work_s, to_rest_s : float or None
        Tempo: time to the furthest point, and back.
    left_right_deg, left_right_part : float or None
        Difference of right and left, in degrees or in parts of the body's size.
    with_faults : float or None
        Share of repetitions with a fault.
    """

    range_deg: float | None
    to_work_s: float | None
    to_rest_s: float | None
    left_right_deg: float | None
    left_right_part: float | None
    with_faults: float | None

    @classmethod
    def of(cls, repetitions: Sequence[RepetitionRecord]) -> Measures:
        """Means over some repetitions."""
        return cls(
            _mean(repetitions, lambda one: one.range_deg),
            _mean(repetitions, lambda one: one.to_work_s),
            _mean(repetitions, lambda one: one.to_rest_s),
            _mean(repetitions, lambda one: one.left_right_deg),
            _mean(repetitions, lambda one: one.left_right_part),
            _mean(repetitions, lambda one: float(bool(one.faults))),
        )

    def as_json(self) -> dict[str, float | None]:
        """Rounded for a document."""
        return {
            "range_deg": _rounded(self.range_deg, 1),
            "to_work_s": _rounded(self.to_work_s, 2),
            "to_rest_s": _rounded(self.to_rest_s, 2),
            "left_right_deg": _rounded(self.left_right_deg, 1),
            "left_right_part": _rounded(self.left_right_part, 3),
            "with_faults": _rounded(self.with_faults, 3),
        }


@dataclass(frozen=True, slots=True)
class Week:
    """One exercise in one week.

    Attributes
    ----------
    monday : date
        The week's first day, in the local time of where it was done.
    exercise : str
    sets, reps : int
        Repetitions by the user's word where there is one.
    hold_s : float
    measures : Measures
        Over all repetitions of the week.
    """

    monday: date
    exercise: str
    sets: int
    reps: int
    hold_s: float
    measures: Measures


def weeks(sets: Iterable[SetRecord]) -> list[Week]:
    """Progress: every week and exercise in which something was done, by exercise and then by time."""
    groups: dict[tuple[str, date], list[SetRecord]] = {}
    for one in sets:
        day = one.started.date()
        groups.setdefault((one.exercise, day - timedelta(days=day.weekday())), []).append(one)
    return [
        Week(
            monday,
            exercise,
            len(group),
            sum(one.count for one in group),
            math.fsum(one.hold_s for one in group),
            Measures.of([repetition for one in group for repetition in one.repetitions]),
        )
        for (exercise, monday), group in sorted(groups.items())
    ]


def fault_counts(one: SetRecord) -> dict[str, int]:
    """How many repetitions of a set have each fault, the most frequent first."""
    return dict(Counter(fault for repetition in one.repetitions for fault in repetition.faults).most_common())


def history_document(sets: Sequence[SetRecord]) -> dict[str, object]:
    """All of it as one JSON object, which the page, the CSV file and `history --json` share (docs/history.md)."""
    return {"sets": [_set_json(one) for one in sets], "weeks": [_week_json(week) for week in weeks(sets)]}


def _set_json(one: SetRecord) -> dict[str, object]:
    return {
        "id": one.id,
        "session": one.session_id,
        "person": one.person,
        "exercise": one.exercise,
        "started": one.started.isoformat(timespec="seconds"),
        "duration_s": _rounded(one.duration_s, 1),
        "count": one.count,
        "counted": one.counted,
        "corrected": one.corrected,
        "recounted": one.recounted,
        "partial": one.partial,
        "hold_s": _rounded(one.hold_s, 1),
        "plan": one.plan,
        "target_reps": one.target_reps,
        "target_s": one.target_s,
        **Measures.of(one.repetitions).as_json(),
        "faults": fault_counts(one),
        "repetitions": [_repetition_json(repetition) for repetition in one.repetitions],
    }


def _repetition_json(one: RepetitionRecord) -> dict[str, object]:
    return {
        "number": one.number,
        "start_s": _rounded(one.start_s, 3),
        "end_s": _rounded(one.end_s, 3),
        "side": one.side,
        "range_deg": _rounded(one.range_deg, 1),
        "to_work_s": _rounded(one.to_work_s, 3),
        "to_rest_s": _rounded(one.to_rest_s, 3),
        "left_right_deg": _rounded(one.left_right_deg, 1),
        "left_right_part": _rounded(one.left_right_part, 3),
        "faults": list(one.faults),
    }


def _week_json(week: Week) -> dict[str, object]:
    return {
        "monday": week.monday.isoformat(),
        "exercise": week.exercise,
        "sets": week.sets,
        "reps": week.reps,
        "hold_s": _rounded(week.hold_s, 1),
        **week.measures.as_json(),
    }


def _mean(repetitions: Sequence[RepetitionRecord], value: Callable[[RepetitionRecord], float | None]) -> float | None:
    known = [found for one in repetitions if (found := value(one)) is not None]
    return math.fsum(known) / len(known) if known else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
