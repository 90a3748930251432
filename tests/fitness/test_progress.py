from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fitness.history import HistoryFile
from fitness.progress import Measures, fault_counts, history_document, weeks
from tests.fitness.histories import DAY_S, MONDAY_S, filled, repetition


def test_weeks_have_means_over_repetitions_and_the_users_count(tmp_path: Path) -> None:
    with HistoryFile(filled(tmp_path / "h.sqlite")) as history:
        sets = history.sets()
    half, plank, first, second = weeks(sets)
    assert (first.exercise, first.monday, first.sets, first.reps) == ("squat", date(2026, 1, 5), 1, 4)
    assert (second.monday, second.reps) == (date(2026, 1, 12), 2)
    assert first.measures.range_deg == pytest.approx(90)
    assert first.measures.to_work_s == pytest.approx(1)
    assert first.measures.to_rest_s == pytest.approx(0.5)
    assert first.measures.left_right_deg == pytest.approx(6)
    assert first.measures.left_right_part is None
    assert first.measures.with_faults == pytest.approx(1 / 3)
    assert second.measures.range_deg == pytest.approx(105)
    assert (plank.exercise, plank.hold_s, plank.reps, plank.measures) == ("plank", 28.5, 0, Measures.of([]))
    assert half.measures.range_deg is None
    assert half.measures.left_right_part == pytest.approx(0.05)


def test_a_week_is_that_of_the_local_time(tmp_path: Path) -> None:
    """Sunday, 23:30 UTC, is a Monday two hours further east."""
    with HistoryFile(tmp_path / "h.sqlite") as history:
        sunday_s = MONDAY_S + 6 * DAY_S + 11.5 * 3600
        for offset_s in (0, 7200, -7200):
            history.begin_set(history.begin_session(sunday_s, offset_s), 1, "squat", sunday_s)
        assert [(week.monday, week.sets) for week in weeks(history.sets())] == [
            (date(2026, 1, 5), 2),
            (date(2026, 1, 12), 1),
        ]


def test_the_document_says_what_is_kept(tmp_path: Path) -> None:
    with HistoryFile(filled(tmp_path / "h.sqlite")) as history:
        sets = history.sets()
        document = history_document(sets)
    assert fault_counts(sets[0]) == {"shallow": 1}
    found: list[dict[str, object]] = document["sets"]  # type: ignore[assignment]
    assert (found[0]["count"], found[0]["counted"], found[0]["corrected"]) == (4, 3, 4)
    assert found[0]["started"] == "2026-01-05T13:00:00+01:00"
    assert found[2]["duration_s"] is None
    assert found[0]["repetitions"][1] == {  # type: ignore[index]
        "number": 2,
        "start_s": 2.0,
        "end_s": 3.5,
        "side": "both",
        "range_deg": 90.0,
        "to_work_s": 1.0,
        "to_rest_s": 0.5,
        "left_right_deg": 6.0,
        "left_right_part": None,
        "faults": [],
    }


def test_means_leave_out_what_is_not_known() -> None:
    measures = Measures.of([repetition(1, None), repetition(2, 50.0), repetition(3, 70.0)])
    assert measures.range_deg == pytest.approx(60)
    assert measures.with_faults == 0
