"""The history's file: an SQLite database with a version, its migrations, and how it is opened.

Nothing is written into a file before it is known to be ours, and of a version that we know.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from fitness.errors import FitnessError

APPLICATION_ID = 0x4C694361
"""SQLite's mark in the head of a file that says whose it is: "LiCa"."""

BUSY_S = 2.0
"""How long to wait for another window that is writing; its transactions take milliseconds."""

STEPS: tuple[tuple[str, ...], ...] = (
    (  # 1: what was counted
        """
        CREATE TABLE sessions (
            id INTEGER PRIMARY KEY,
            started_s REAL NOT NULL,
            utc_offset_s INTEGER NOT NULL DEFAULT 0,
            ended_s REAL,
            source TEXT NOT NULL DEFAULT '',
            version TEXT NOT NULL DEFAULT ''
        )
        """,
        """
        CREATE TABLE sets (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
            person INTEGER NOT NULL,
            exercise TEXT NOT NULL,
            started_s REAL NOT NULL,
            ended_s REAL,
            counted INTEGER NOT NULL DEFAULT 0 CHECK (counted >= 0),
            partial INTEGER NOT NULL DEFAULT 0 CHECK (partial >= 0),
            hold_s REAL NOT NULL DEFAULT 0 CHECK (hold_s >= 0),
            recounted INTEGER
        )
        """,
        "CREATE INDEX sets_by_session ON sets (session_id)",
        """
        CREATE TABLE repetitions (
            set_id INTEGER NOT NULL REFERENCES sets (id) ON DELETE CASCADE,
            number INTEGER NOT NULL CHECK (number >= 1),
            start_s REAL NOT NULL,
            peak_s REAL NOT NULL,
            end_s REAL NOT NULL,
            side TEXT NOT NULL DEFAULT 'both',
            range_deg REAL,
            left_right_deg REAL,
            left_right_part REAL,
            faults TEXT NOT NULL DEFAULT '[]',
            PRIMARY KEY (set_id, number)
        ) WITHOUT ROWID
        """,
    ),
    (  # 2: what the user says, and what a plan asked for
        """
        CREATE TABLE corrections (
            id INTEGER PRIMARY KEY,
            set_id INTEGER NOT NULL REFERENCES sets (id) ON DELETE CASCADE,
            count INTEGER NOT NULL CHECK (count >= 0),
            made_s REAL NOT NULL
        )
        """,
        "CREATE INDEX corrections_by_set ON corrections (set_id)",
        "ALTER TABLE sessions ADD COLUMN plan TEXT",
        "ALTER TABLE sets ADD COLUMN target_reps INTEGER",
        "ALTER TABLE sets ADD COLUMN target_s REAL",
    ),
)
"""Statements that lead from each version of the file to the next; version 0 is an empty file. Only ever append."""

VERSION = len(STEPS)
"""The version that this program reads and writes."""


class HistoryError(FitnessError):
    """The history cannot be opened, read or written: which file, why, and what to do."""


class SetGoneError(HistoryError):
    """There is no such set, or no longer."""


@contextlib.contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn the database's errors into one line about the file.

    Raises
    ------
    HistoryError
    """
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise HistoryError(f"the history {path} does not take it: {error}") from error
    except sqlite3.OperationalError as error:
        raise HistoryError(f"cannot use the history {path}: {error}") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise HistoryError(
            f"{path} is no history of LiftCam, or is damaged ({error}); it is left as it is: move it away, or choose "
            "another file with --history"
        ) from error


def open_database(path: Path, *, create: bool) -> sqlite3.Connection:
    """Open a history, brought to the present version.

    The connection commits every statement by itself; group them with `transaction`.

    Parameters
    ----------
    path : Path
    create : bool
        Whether to make the file, and the folders on the way, where there is none.

    Raises
    ------
    HistoryError
        Where there is no file, it cannot be opened, is not ours, is damaged, or is of a newer version. It is not
        touched then.
    """
    if path.is_dir():
        raise HistoryError(f"{path} is a folder; the history is one file")
    if not create and not path.exists():
        raise HistoryError(f"there is no history {path}")
    try:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HistoryError(f"cannot make the folder of the history {path}: {error.strerror or error}") from error
    with database_errors(path):
        address = f"{path.resolve().as_uri()}?mode={'rwc' if create else 'rw'}"
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None)
        try:
            if _checked_version(connection, path) < VERSION:
                _migrate(connection, path)
            _use_wal(connection)
            # what is committed outlives the process; a power cut may take the last moments and leaves the file whole
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # what somebody deletes about his body is gone
        except BaseException:
            connection.close()
            raise
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All statements of the block, or none of them; other processes wait meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    """The file's version; refuses a file that is not ours or newer."""
    mark = int(connection.execute("PRAGMA application_id").fetchone()[0])
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if mark != APPLICATION_ID and (mark or version or tables):
        raise HistoryError(
            f"{path} is a database of another program; it is left as it is: choose another file with --history"
        )
    if version > VERSION:
        raise HistoryError(
            f"{path} was written by a newer LiftCam (version {version} of the file, this one knows {VERSION}); "
            "update LiftCam, or choose another file with --history"
        )
    return version


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    with transaction(connection):
        version = _checked_version(connection, path)  # another window may have been faster
        for step in STEPS[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Readers and a writer at once; where the disk has no shared memory, the plain journal stays, as safe and slower.

    The change itself does not wait for others by the connection's time limit, so it is tried again.
    """
    until_s = time.monotonic() + BUSY_S
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.02)
        else:
            return
