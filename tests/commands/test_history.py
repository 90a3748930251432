from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands.history import history_path
from main import app
from tests.fitness.histories import filled

runner = CliRunner()


def run(*arguments: object, path: Path | None = None) -> tuple[int, str, str]:
    result = runner.invoke(app, ["history", *map(str, arguments)], env={"LIFTCAM_HISTORY": str(path), "COLUMNS": "180"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_tables_show_sets_and_weeks(tmp_path: Path) -> None:
    code, out, _ = run(path=filled(tmp_path / "h.sqlite"))
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "1 2026-01-05 13:00 squat 1 4 (was 3) 1 90° 1.0/0.5 6° shallow 1" in lines
    assert "3 2026-01-06 12:00 plank 2 28 s" in lines
    assert "squat 2026-01-12 1 2 105° 1.0/0.5 6° 100 %" in lines
    assert any("cut off" in line for line in lines)


def test_sets_are_chosen_by_day_and_exercise(tmp_path: Path) -> None:
    path = filled(tmp_path / "h.sqlite")
    for arguments, ids in (
        ([], [1, 3, 4, 2]),
        (["--since", "2026-01-06"], [3, 4, 2]),
        (["--exercise", "squat"], [1, 2]),
        (["--exercise", "Half-Squat"], [4]),
        (["--exercise", "squat", "--since", "2026-01-12"], [2]),
    ):
        code, out, _ = run("--json", *arguments, path=path)
        assert code == 0
        assert [one["id"] for one in json.loads(out)["sets"]] == ids
    code, _, error = run("--exercise", "sqat", path=path)
    assert code == 2
    assert "nearest exercise in the history is 'squat'" in error
    assert run("--since", "soon", path=path)[0] == 2


def test_a_correction_is_shown_and_the_counted_value_stays(tmp_path: Path) -> None:
    path = filled(tmp_path / "h.sqlite")
    code, out, _ = run("correct", 2, 5, path=path)
    assert code == 0
    assert "set 2, squat" in out
    assert "5 (counted 2)" in out
    one = json.loads(run("--json", path=path)[1])["sets"][-1]
    assert (one["count"], one["counted"], one["corrected"]) == (5, 2, 5)
    code, _, error = run("correct", 77, 5, path=path)
    assert (code, error.count("\n")) == (2, 1)
    assert "no set 77" in error
    assert run("correct", 2, -1, path=path)[0] == 2


def test_deleting_asks_or_wants_a_yes(tmp_path: Path) -> None:
    path = filled(tmp_path / "h.sqlite")
    assert "say --yes" in run("delete", 1, path=path)[2]
    assert "or --all" in run("delete", "--yes", path=path)[2]
    assert "or --all" in run("delete", 1, "--all", "--yes", path=path)[2]
    assert run("delete", 1, "--yes", path=path)[0] == 0
    assert [one["id"] for one in json.loads(run("--json", path=path)[1])["sets"]] == [3, 4, 2]
    assert "all 3 sets" in run("delete", "--all", "--yes", path=path)[1]
    assert json.loads(run("--json", path=path)[1]) == {"sets": [], "weeks": []}


def test_the_file_may_be_named_before_and_after(tmp_path: Path) -> None:
    path = filled(tmp_path / "h.sqlite")
    assert run("--history", path, "correct", 2, 6, path=tmp_path / "no")[0] == 0
    assert run("correct", 2, 7, "--history", path, path=tmp_path / "no")[0] == 0
    assert json.loads(run("--history", path, "--json", path=tmp_path / "no")[1])["sets"][-1]["count"] == 7


def test_looking_makes_no_file(tmp_path: Path) -> None:
    code, out, _ = run(path=tmp_path / "none.sqlite")
    assert code == 0
    assert "no set is kept" in out
    assert run("--history", tmp_path / "none.sqlite")[0] == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["text", "foreign"])
def test_a_file_that_is_no_history_is_one_line_and_stays(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "other.sqlite"
    if kind == "text":
        path.write_bytes(b"my diary " * 1000)
    else:
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE bookmarks (url)")
        connection.close()
    before = path.read_bytes()
    for arguments in ([], ["--json"], ["correct", "1", "2"], ["delete", "--all", "--yes"]):
        code, _, error = run(*arguments, path=path)
        assert code == 2
        assert str(path) in error
        assert error.count("\n") == 1
    assert path.read_bytes() == before


def test_the_page_and_the_table_are_written(tmp_path: Path) -> None:
    pytest.importorskip("plotly", reason="the extra `export` is not installed")
    path, page, table = filled(tmp_path / "h.sqlite"), tmp_path / "page.html", tmp_path / "sets.csv"
    code, out, error = run("--html", page, "--csv", table, path=path)
    assert (code, out) == (0, "")
    assert f"wrote {page}" in error
    assert page.stat().st_size > 100_000
    assert table.read_text(encoding="utf-8").count("\n") == 8


def test_where_the_history_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIFTCAM_HISTORY", "here.sqlite")
    assert history_path(None) == Path("here.sqlite")
    assert history_path(Path("there")) == Path("there")
    monkeypatch.delenv("LIFTCAM_HISTORY")
    assert history_path(None).name == "history.sqlite"
    assert "liftcam" in str(history_path(None))
