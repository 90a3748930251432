from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from fitness.history import HistoryFile
from fitness.history_schema import (
    APPLICATION_ID,
    STEPS,
    VERSION,
    HistoryError,
    SetGoneError,
    open_database,
)
from tests.fitness.histories import MONDAY_S, filled, repetition

ROOT = Path(__file__).resolve().parents[2]


def child(code: str, *arguments: object, errors: int | None = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    with HistoryFile(filled(tmp_path / "deep" / "history.sqlite"), create=False) as history:
        first, plank, cut, second = history.sets()
    assert (first.id, first.session_id, first.person, first.exercise, first.plan) == (1, 1, 1, "squat", "Monday")
    assert (first.counted, first.corrected, first.count, first.partial, first.recounted) == (3, 4, 4, 1, 3)
    assert first.duration_s == pytest.approx(6)
    assert first.started == datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
    assert first.started.hour == 13, "the local time of where it was done"
    assert (first.target_reps, first.target_s) == (3, None)
    assert [one.range_deg for one in first.repetitions] == [80, 90, 100]
    assert first.repetitions[0] == repetition(1, 80.0, left_right_deg=6.0, faults=("shallow",))
    assert first.repetitions[1].to_work_s == pytest.approx(1)
    assert first.repetitions[1].to_rest_s == pytest.approx(0.5)
    assert (plank.hold_s, plank.target_s, plank.repetitions) == (28.5, 30, ())
    assert (cut.exercise, cut.duration_s, cut.counted) == ("half squat", None, 1)
    assert cut.repetitions[0].left_right_part == pytest.approx(0.05)
    assert second.count == second.counted == 2


def test_sets_since_a_day_are_those_of_the_local_time(tmp_path: Path) -> None:
    with HistoryFile(filled(tmp_path / "h.sqlite")) as history:
        assert len(history.sets(datetime(2026, 1, 5, 12, 59))) == 4
        assert [one.id for one in history.sets(datetime(2026, 1, 6))] == [3, 4, 2]
        assert history.sets(datetime(2027, 1, 1)) == []


def test_a_repetition_that_was_measured_anew_replaces_itself(tmp_path: Path) -> None:
    with HistoryFile(filled(tmp_path / "h.sqlite")) as history:
        history.keep(2, 2, 0, 0.0, [repetition(2, 77.0)])
        assert [one.range_deg for one in history.sets()[-1].repetitions] == [100, 77]


def test_corrections_stay_beside_the_counted_value(tmp_path: Path) -> None:
    path = filled(tmp_path / "h.sqlite")
    with HistoryFile(path) as history:
        assert history.correct(2, 9, MONDAY_S).count == 9
        again = history.correct(2, 0, MONDAY_S)
        assert (again.count, again.counted) == (0, 2)
        for bad in (-1, 100_001):
            with pytest.raises(HistoryError, match="0 to 100000"):
                history.correct(2, bad, MONDAY_S)
        with pytest.raises(SetGoneError, match="no set 99"):
            history.correct(99, 1, MONDAY_S)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count FROM corrections WHERE set_id = 2").fetchall() == [(9,), (0,)]
    connection.close()


def test_what_is_deleted_is_gone_from_the_file(tmp_path: Path) -> None:
    path = filled(tmp_path / "h.sqlite")
    with HistoryFile(path) as history:
        history.delete(4)
        assert [one.id for one in history.sets()] == [1, 3, 2]
        with pytest.raises(SetGoneError):
            history.delete(4)
        with pytest.raises(SetGoneError):
            history.keep(4, 2, 0, 0.0)
        assert history.delete_all() == 3
        assert history.sets() == []
    everything = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert b"squat" not in everything
    assert b"shallow" not in everything


def test_numbers_of_deleted_sets_are_not_given_again(tmp_path: Path) -> None:
    with HistoryFile(filled(tmp_path / "h.sqlite")) as history:
        history.delete(4)
        session = history.begin_session(MONDAY_S)
        assert history.begin_set(session, 1, "squat", MONDAY_S) == 5


@pytest.mark.parametrize("version", range(VERSION))
def test_every_earlier_version_is_brought_to_the_present_one(tmp_path: Path, version: int) -> None:
    path = tmp_path / "old.sqlite"
    connection = sqlite3.connect(path)
    for step in STEPS[:version]:
        for statement in step:
            connection.execute(statement)
    if version:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("INSERT INTO sessions (id, started_s) VALUES (1, ?)", (MONDAY_S,))
        connection.execute(
            "INSERT INTO sets (id, session_id, person, exercise, started_s, counted) VALUES (1, 1, 1, 'squat', ?, 1)",
            (MONDAY_S,),
        )
        connection.execute("INSERT INTO repetitions (set_id, number, start_s, peak_s, end_s) VALUES (1, 1, 0, 1, 2)")
    connection.commit()
    connection.close()
    with HistoryFile(path) as history:
        history.verify()
        old = history.sets()
        assert [(one.exercise, one.counted, len(one.repetitions)) for one in old] == [("squat", 1, 1)] * bool(version)
        session = history.begin_session(MONDAY_S, plan="new")
        history.begin_set(session, 1, "squat", MONDAY_S + 1, target_reps=5)
        assert history.sets()[-1].target_reps == 5
    assert _schema(path) == _schema(filled(tmp_path / "new.sqlite"))


def _schema(path: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    found += (
        connection.execute("PRAGMA user_version").fetchall() + connection.execute("PRAGMA application_id").fetchall()
    )
    connection.close()
    return found


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path / "h.sqlite")
    before = _schema(path)
    monkeypatch.setattr("fitness.history_schema.VERSION", VERSION + 1)
    monkeypatch.setattr("fitness.history_schema.STEPS", (*STEPS, ("CREATE TABLE extra (id)", "CREATE TABLE sets (id)")))
    with pytest.raises(HistoryError, match="already exists"):
        HistoryFile(path)
    assert _schema(path) == before


def test_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = filled(tmp_path / "h.sqlite")
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match="newer LiftCam") as caught:
        HistoryFile(path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def _foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url)")
    connection.commit()
    connection.close()


def _damaged(path: Path) -> None:
    with HistoryFile(path) as history:
        session = history.begin_session(MONDAY_S)
        for number in range(200):
            one = history.begin_set(session, 1, "squat", MONDAY_S + number)
            history.keep(one, 20, 0, 0.0, [repetition(k) for k in range(1, 21)])
    content = bytearray(path.read_bytes())
    content[4096:20_480] = b"\x5a" * 16_384
    path.write_bytes(content)


def _read(path: Path) -> None:
    with HistoryFile(path) as history:
        history.verify()
        history.sets()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b"not a database " * 100),
        lambda path: path.write_bytes(b"\x00" * 5000),
        lambda path: path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 4080),
        lambda path: path.mkdir(),
        _foreign,
        _damaged,
    ],
    ids=["text", "zeros", "head", "folder", "foreign", "damaged"],
)
def test_what_is_no_history_is_one_line_and_stays(tmp_path: Path, make: object) -> None:
    path = tmp_path / "other.sqlite"
    make(path)  # type: ignore[operator]
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(HistoryError, match=r"other\.sqlite") as caught:
        _read(path)
    assert "\n" not in str(caught.value)
    assert before is None or path.read_bytes() == before


def test_columns_that_hold_nonsense_are_refused(tmp_path: Path) -> None:
    for column, value in (("started_s", "'soon'"), ("counted", "1e999"), ("started_s", "1e300")):
        path = filled(tmp_path / "h.sqlite")
        connection = sqlite3.connect(path)
        connection.execute(f"UPDATE sets SET {column} = {value}")  # noqa: S608 - of the test itself
        connection.commit()
        connection.close()
        with HistoryFile(path) as history, pytest.raises(HistoryError, match="damaged"):
            history.sets()
        path.unlink()


def test_a_file_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="there is no history"):
        HistoryFile(tmp_path / "none.sqlite", create=False)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError, match="cannot make the folder"):
        HistoryFile(tmp_path / "file" / "h.sqlite")


def test_a_lock_that_stays_is_one_line_and_no_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fitness.history_schema.BUSY_S", 0.05)
    path = filled(tmp_path / "h.sqlite")
    with HistoryFile(path) as history:
        other = open_database(path, create=False)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HistoryError, match="locked"):
            history.keep(2, 3, 0, 0.0)
        assert len(history.sets()) == 4, "who reads does not wait"
        other.execute("ROLLBACK")
        other.close()
        history.keep(2, 3, 0, 0.0)
        assert history.sets()[-1].counted == 3


KILLED = """
import sys
from pathlib import Path
from fitness.history import HistoryFile
from tests.fitness.histories import repetition
history = HistoryFile(Path(sys.argv[1]))
session = history.begin_session(0.0)
one = history.begin_set(session, 1, "squat", 0.0)
number = 0
while True:
    number += 1
    history.keep(one, number, 0, 0.0, [repetition(number)])
    print(number, flush=True)
"""


@pytest.mark.parametrize("lines", [1, 7, 60])
def test_a_kill_in_the_middle_of_a_set_keeps_what_was_counted(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "h.sqlite"
    process = child(KILLED, path, errors=None)
    assert process.stdout is not None
    for _ in range(lines):
        last = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    process.stdout.close()
    assert process.wait(30) == -signal.SIGKILL
    told = int(rest[-1]) if rest else last
    with HistoryFile(path, create=False) as history:
        history.verify()
        (one,) = history.sets()
        assert one.duration_s is None
        assert one.counted == len(one.repetitions), "a repetition and its count are one"
        assert one.counted in (told, told + 1), "no repetition that was told is lost"
        history.keep(one.id, one.counted + 1, 0, 0.0, [repetition(one.counted + 1)])


TWO = """
import sys
from pathlib import Path
from fitness.history import HistoryFile
from tests.fitness.histories import repetition
person = int(sys.argv[2])
for round in range(5):
    with HistoryFile(Path(sys.argv[1])) as history:
        session = history.begin_session(float(round))
        one = history.begin_set(session, person, "squat", float(round))
        for number in range(1, 21):
            history.keep(one, number, 0, 0.0, [repetition(number, float(person))])
        history.end_set(one, round + 40.0, 20)
        history.end_session(session, round + 41.0)
"""


def test_two_windows_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    """From the making of the file on: both find none."""
    path = tmp_path / "h.sqlite"
    processes = [child(TWO, path, person) for person in (1, 2)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    with HistoryFile(path, create=False) as history:
        history.verify()
        sets = history.sets()
    for person in (1, 2):
        own = [one for one in sets if one.person == person]
        assert len(own) == 5
        assert all(one.counted == 20 and len(one.repetitions) == 20 for one in own)
        assert {repetition.range_deg for one in own for repetition in one.repetitions} == {float(person)}


def test_many_windows_may_make_the_file_together(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from fitness.history import HistoryFile; HistoryFile(pathlib.Path(sys.argv[1])).close()"
    )
    processes = [child(code, tmp_path / "h.sqlite") for _ in range(4)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
