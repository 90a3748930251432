"""The history: sessions, sets, repetitions and the user's corrections in one SQLite file (docs/history.md).

Times of day come from the caller; every change is one short transaction, so that a process may be killed at any moment
and two windows may write at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType

from fitness.history_records import (
    SET_COLUMNS,
    RepetitionRecord,
    SetRecord,
    repetition_record,
    repetition_row,
    set_record,
)
from fitness.history_schema import HistoryError, SetGoneError, database_errors, open_database, transaction

_SETS = f"""
SELECT {SET_COLUMNS} FROM sets JOIN sessions ON sessions.id = session_id
ORDER BY sets.started_s, sets.id
"""  # noqa: S608 - columns of our own

MOST_COUNT = 100_000
"""A corrected count beyond this is a typing error."""


class HistoryFile:
    """A history that is open; close it, or use it in a `with`.

    Parameters
    ----------
    path : Path
    create : bool
        Whether to make the file where there is none.

    Raises
    ------
    HistoryError
        Here and in every method: in one line, with the file. An open file that fails once can be tried again.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self._connection = open_database(path, create=create)

    def __enter__(self) -> HistoryFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        self._connection.close()

    # ---- writing

    def begin_session(
        self, now_s: float, utc_offset_s: int = 0, source: str = "", version: str = "", plan: str | None = None
    ) -> int:
        """Note that a session began at a time of day (seconds since 1970, UTC); its number comes back."""
        columns = "started_s, utc_offset_s, source, version, plan"
        return self._insert("sessions", columns, (now_s, utc_offset_s, source, version, plan))

    def has_session(self, session_id: int) -> bool:
        """Whether a session is still there: somebody may have deleted it meanwhile."""
        with database_errors(self.path):
            found = self._connection.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)).fetchone()
        return found is not None

    def end_session(self, session_id: int, now_s: float) -> None:
        """Note that a session is over."""
        with database_errors(self.path), transaction(self._connection):
            self._connection.execute("UPDATE sessions SET ended_s = ? WHERE id = ?", (now_s, session_id))

    def begin_set(
        self,
        session_id: int,
        person: int,
        exercise: str,
        now_s: float,
        target_reps: int | None = None,
        target_s: float | None = None,
    ) -> int:
        """Note that somebody began a set; its number comes back."""
        columns = "session_id, person, exercise, started_s, target_reps, target_s"
        return self._insert("sets", columns, (session_id, person, exercise, now_s, target_reps, target_s))

    def keep(
        self, set_id: int, counted: int, partial: int, hold_s: float, repetitions: Sequence[RepetitionRecord] = ()
    ) -> None:
        """Keep what is known of a set now, and those of its repetitions that are new or were measured anew.

        Raises
        ------
        HistoryError
            Among others where the set was deleted meanwhile.
        """
        values = [(set_id, *repetition_row(one)) for one in repetitions]
        with database_errors(self.path), transaction(self._connection):
            changed = self._connection.execute(
                "UPDATE sets SET counted = ?, partial = ?, hold_s = ? WHERE id = ?", (counted, partial, hold_s, set_id)
            )
            if not changed.rowcount:
                raise _no_set(self.path, set_id)
            self._connection.executemany("INSERT OR REPLACE INTO repetitions VALUES (?,?,?,?,?,?,?,?,?,?)", values)

    def end_set(self, set_id: int, now_s: float, recounted: int | None = None) -> None:
        """Note that a set is over, and what counting it again as a whole gave."""
        with database_errors(self.path), transaction(self._connection):
            self._connection.execute(
                "UPDATE sets SET ended_s = ?, recounted = ? WHERE id = ?", (now_s, recounted, set_id)
            )

    def correct(self, set_id: int, count: int, now_s: float) -> SetRecord:
        """Keep the user's count beside the counted one; the set as it is now comes back."""
        if not 0 <= count <= MOST_COUNT:
            raise HistoryError(f"a set has 0 to {MOST_COUNT} repetitions, not {count}")
        with database_errors(self.path), transaction(self._connection):
            if not self._connection.execute("SELECT 1 FROM sets WHERE id = ?", (set_id,)).fetchone():
                raise _no_set(self.path, set_id)
            self._connection.execute(
                "INSERT INTO corrections (set_id, count, made_s) VALUES (?, ?, ?)", (set_id, count, now_s)
            )
        return next(one for one in self.sets() if one.id == set_id)

    def delete(self, set_id: int) -> None:
        """Forget a set, and its session where it was the only one."""
        with database_errors(self.path), transaction(self._connection):
            if not self._connection.execute("DELETE FROM sets WHERE id = ?", (set_id,)).rowcount:
                raise _no_set(self.path, set_id)
            self._connection.execute("DELETE FROM sessions WHERE id NOT IN (SELECT session_id FROM sets)")

    def delete_all(self) -> int:
        """Forget everything; how many sets that were."""
        with database_errors(self.path):
            with transaction(self._connection):
                count = int(self._connection.execute("SELECT count(*) FROM sets").fetchone()[0])
                self._connection.execute("DELETE FROM sessions")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log would still hold what was deleted
        return count

    # ---- reading

    def sets(self, since: datetime | None = None) -> list[SetRecord]:
        """Sets in the order in which they began.

        Parameters
        ----------
        since : datetime, optional
            Local time without a zone: earlier sets are left out.
        """
        return [one for one in self._read() if since is None or one.started.replace(tzinfo=None) >= since]

    def verify(self) -> None:
        """Read the whole file.

        Raises
        ------
        HistoryError
            Where a part of it is damaged.
        """
        with database_errors(self.path):
            found = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            first = str(found).strip().splitlines()[-1]
            raise HistoryError(f"the history {self.path} is damaged: {first}; it is left as it is")

    def _read(self) -> list[SetRecord]:
        found: dict[int, list[RepetitionRecord]] = {}
        with database_errors(self.path):
            self._connection.execute("BEGIN")  # all rows of one moment, while another window writes
            try:
                repetitions = self._connection.execute("SELECT * FROM repetitions ORDER BY set_id, number").fetchall()
                rows = self._connection.execute(_SETS).fetchall()
            finally:
                self._connection.execute("COMMIT")
        try:
            for row in repetitions:
                found.setdefault(row[0], []).append(repetition_record(row[1:]))
            return [set_record(row, tuple(found.get(row[0], ()))) for row in rows]
        except (TypeError, ValueError, OverflowError) as error:
            raise HistoryError(f"the history {self.path} is damaged: {error}; it is left as it is") from error

    def _insert(self, table: str, columns: str, values: tuple[object, ...]) -> int:
        marks = ", ".join("?" * len(values))
        with database_errors(self.path), transaction(self._connection):
            statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - names of our own
            number = self._connection.execute(statement, values).lastrowid
        assert number is not None  # noqa: S101 - it is, after an INSERT
        return number


def _no_set(path: Path, set_id: int) -> SetGoneError:
    return SetGoneError(f"there is no set {set_id} in the history {path}")
