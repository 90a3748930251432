"""Histories for tests: sets with known numbers."""

from __future__ import annotations

from pathlib import Path

from fitness.history import HistoryFile
from fitness.history_records import RepetitionRecord

MONDAY_S = 1_767_614_400.0
"""2026-01-05 12:00 UTC, a Monday."""

DAY_S = 86_400.0


def repetition(number: int, range_deg: float | None = 90.0, **others: object) -> RepetitionRecord:
    """A repetition of a second to the furthest point and half a second back."""
    start_s = 2.0 * (number - 1)
    return RepetitionRecord(number, start_s, start_s + 1.0, start_s + 1.5, range_deg=range_deg, **others)  # type: ignore[arg-type]


def filled(path: Path) -> Path:
    """Two weeks of squats, a plank and a set that was cut off; set 1 is corrected from 3 to 4."""
    with HistoryFile(path) as history:
        for day, ranges in ((0, (80.0, 90.0, 100.0)), (7, (100.0, 110.0))):
            now_s = MONDAY_S + day * DAY_S
            session = history.begin_session(now_s, 3600, "0", "0.1.0", "Monday")
            one = history.begin_set(session, 1, "squat", now_s, target_reps=3)
            rows = [
                repetition(number, reach, left_right_deg=6.0, faults=("shallow",) if reach < 85 else ())
                for number, reach in enumerate(ranges, start=1)
            ]
            history.keep(one, len(rows), 1, 0.0, rows)
            history.end_set(one, now_s + 6, recounted=len(rows))
            history.end_session(session, now_s + 60)
        session = history.begin_session(MONDAY_S + DAY_S)
        plank = history.begin_set(session, 2, "plank", MONDAY_S + DAY_S, target_s=30.0)
        history.keep(plank, 0, 0, 28.5)
        history.end_set(plank, MONDAY_S + DAY_S + 28.5)
        cut = history.begin_set(session, 2, "half squat", MONDAY_S + DAY_S + 100)
        history.keep(cut, 1, 0, 0.0, [repetition(1, None, left_right_part=0.05)])
        history.correct(1, 4, MONDAY_S + DAY_S)
    return path
