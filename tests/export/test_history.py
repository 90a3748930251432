from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from export.errors import ExportError
from export.history import write_history_csv, write_history_page
from fitness.history import HistoryFile
from fitness.progress import history_document
from tests.export.browser import CHROMIUM, browser
from tests.fitness.histories import MONDAY_S, filled

in_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


def document(tmp_path: Path) -> dict[str, Any]:
    with HistoryFile(filled(tmp_path / "h.sqlite")) as history:
        return history_document(history.sets())


def test_csv_has_a_row_a_repetition_with_its_set(tmp_path: Path) -> None:
    path = tmp_path / "out" / "sets.csv"
    write_history_csv(document(tmp_path), path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["set_id"], row["number"]) for row in rows] == [
        ("1", "1"), ("1", "2"), ("1", "3"), ("3", ""), ("4", "1"), ("2", "1"), ("2", "2"),
    ]  # fmt: skip
    assert (rows[0]["set_count"], rows[0]["set_counted"], rows[0]["set_corrected"]) == ("4", "3", "4")
    assert (rows[0]["range_deg"], rows[0]["to_work_s"], rows[0]["to_rest_s"]) == ("80.0", "1.0", "0.5")
    assert (rows[0]["faults"], rows[1]["faults"]) == ("shallow", "")
    assert (rows[3]["set_exercise"], rows[3]["set_hold_s"]) == ("plank", "28.5")


def test_a_name_cannot_become_a_formula_or_break_out_of_the_page(tmp_path: Path) -> None:
    with HistoryFile(tmp_path / "h.sqlite") as history:
        one = history.begin_set(history.begin_session(MONDAY_S), 1, "=1+1</script><script>alert(1)</script>", MONDAY_S)
        history.keep(one, 1, 0, 0.0)
        found = history_document(history.sets())
    write_history_csv(found, tmp_path / "sets.csv")
    assert "'=1+1" in (tmp_path / "sets.csv").read_text(encoding="utf-8")
    pytest.importorskip("plotly", reason="the extra `export` is not installed")
    write_history_page(found, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_page_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match=r"cannot write .*sets\.csv"):
        write_history_csv(document(tmp_path), tmp_path / "file" / "sets.csv")


@in_browser
def test_the_page_shows_the_numbers_in_a_browser(tmp_path: Path) -> None:
    pytest.importorskip("plotly", reason="the extra `export` is not installed")
    path = tmp_path / "page.html"
    write_history_page(document(tmp_path), path)
    with browser() as page:
        page.open(path)
        facts = page.run(
            "Object.fromEntries([...document.querySelectorAll('[data-fact]')]"
            ".map(e => [e.dataset.fact, e.textContent]))"
        )
        assert facts == {
            "sets": "4",
            "repetitions": "7",
            "training days": "3",
            "exercises": "3",
            "from": "2026-01-05",
            "to": "2026-01-12",
        }
        rows = page.run(
            "[...document.querySelectorAll('#sets tbody tr')]"
            ".map(r => Object.fromEntries([...r.cells].map(c => [c.dataset.name, c.textContent])))"
        )
        assert [row["id"] for row in rows] == ["2", "4", "3", "1"], "the newest first"
        last = rows[-1]
        assert (last["started"], last["reps"], last["range"]) == ("2026-01-05 13:00", "4 (counted 3) of 3", "90°")
        assert (last["tempo"], last["sides"], last["faults"]) == ("1.0 / 0.5 s", "6°", "shallow 1")
        assert (rows[2]["hold"], rows[2]["reps"]) == ("28 s of 30 s", "")
        assert (rows[1]["note"], rows[1]["sides"]) == ("cut off", "5 % of trunk")
        curve = "['amount', 'range', 'tempo', 'sides'].map(id => document.getElementById(id).data.map(t => [...t.y]))"
        assert page.run("document.getElementById('exercise').value") == "squat"
        assert page.run("[...document.getElementById('amount').data[0].x]") == ["2026-01-05", "2026-01-12"]
        assert page.run(curve) == [[[4, 2]], [[90, 105]], [[1, 1], [0.5, 0.5]], [[6, 6]]]
        page.run(
            "{const s = document.getElementById('exercise'); s.value = 'plank'; s.dispatchEvent(new Event('change'));}"
        )
        page.run("report.ready.then(() => true)")
        assert page.run("[...document.getElementById('amount').data[0].y]") == [28.5]
        assert page.run("document.getElementById('amount-title').textContent") == "Seconds held a week"
        assert page.complaints == []
        assert page.requests == [path.resolve().as_uri()], "nothing is fetched"


@in_browser
def test_a_page_about_nothing_opens(tmp_path: Path) -> None:
    pytest.importorskip("plotly", reason="the extra `export` is not installed")
    write_history_page({"sets": [], "weeks": []}, tmp_path / "none.html")
    with browser() as page:
        page.open(tmp_path / "none.html")
        assert "No set is kept yet" in page.run("document.body.textContent")
        assert page.complaints == []
