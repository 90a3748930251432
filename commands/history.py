"""`history`: what was trained, as a table, a page, CSV or JSON; and its corrections."""

from __future__ import annotations

import difflib
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import platformdirs
import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from commands.errors import CommandError
from export.history import sides_text, tempo_text, write_history_csv, write_history_page
from fitness.history import HistoryFile
from fitness.history_records import SetRecord
from fitness.progress import history_document
from pose.errors import ExitCode

ENVIRONMENT = "LIFTCAM_HISTORY"


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """`history`: which sets, and what becomes of them.

    Attributes
    ----------
    history : Path or None
        The history's file; None takes the environment's or the user's own.
    since : datetime or None
        Sets that began before this local time are left out.
    exercise : str or None
        Only sets of this one.
    html, csv : Path or None
        Files to write.
    as_json : bool
        One JSON object on the output instead of tables.
    """

    history: Path | None
    since: datetime | None = None
    exercise: str | None = None
    html: Path | None = None
    csv: Path | None = None
    as_json: bool = False


def history_path(chosen: Path | None) -> Path:
    """Where the history is: as chosen, as the environment says, or in the user's data folder."""
    if chosen is not None:
        return chosen
    if found := os.environ.get(ENVIRONMENT):
        return Path(found)
    return Path(platformdirs.user_data_dir("liftcam", appauthor=False)) / "history.sqlite"


def run(options: HistoryOptions) -> ExitCode:
    """Show or write the sets."""
    path = history_path(options.history)
    document: dict[str, Any] = history_document([])
    if options.history is not None or path.exists():
        with HistoryFile(path, create=False) as history:
            history.verify()
            document = history_document(_chosen(history.sets(options.since), options.exercise))
    if options.html is not None:
        write_history_page(document, options.html)
        typer.echo(f"wrote {options.html}", err=True)
    if options.csv is not None:
        write_history_csv(document, options.csv)
        typer.echo(f"wrote {options.csv}", err=True)
    if options.as_json:
        typer.echo(json.dumps(document, ensure_ascii=False))
    elif not document["sets"]:
        typer.echo(f"no set is kept in {path}: live --exercise squat keeps what it counts")
    elif options.html is None and options.csv is None:
        _print(document)
    return ExitCode.DONE


def _chosen(sets: list[SetRecord], exercise: str | None) -> list[SetRecord]:
    """The sets of one exercise, or all.

    Raises
    ------
    CommandError
        Where there are sets, but none of this exercise.
    """
    if exercise is None or not sets:
        return sets
    chosen = [one for one in sets if _plain(one.exercise) == _plain(exercise)]
    if not chosen:
        names = sorted({one.exercise for one in sets})
        near = difflib.get_close_matches(_plain(exercise), names, n=1, cutoff=0.0)[0]
        raise CommandError(f"there is no set of {exercise!r}; the nearest exercise in the history is {near!r}")
    return chosen


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def correct(history: Path | None, set_id: int, count: int) -> ExitCode:
    """Keep the user's count beside the counted one."""
    with HistoryFile(history_path(history), create=False) as file:
        one = file.correct(set_id, count, time.time())
    typer.echo(f"set {one.id}, {one.exercise} of {one.started:%Y-%m-%d %H:%M}: {count} (counted {one.counted})")
    return ExitCode.DONE


def delete(history: Path | None, set_id: int | None, everything: bool, yes: bool) -> ExitCode:
    """Forget one set or all of them, after a question.

    Raises
    ------
    CommandError
        Where neither or both are named, or nobody can be asked.
    """
    if (set_id is None) != everything:
        raise CommandError("name the number of one set, or --all")
    path = history_path(history)
    with HistoryFile(path, create=False) as file:
        what = f"all {len(file.sets())} sets in {path}" if set_id is None else f"set {set_id} in {path}"
        if not yes:
            if not sys.stdin.isatty():
                raise CommandError(f"nobody can be asked whether to delete {what}: say --yes")
            if not typer.confirm(f"Delete {what}?"):
                typer.echo("nothing was deleted")
                return ExitCode.DONE
        if set_id is None:
            file.delete_all()
        else:
            file.delete(set_id)
    typer.echo(f"deleted {what}")
    return ExitCode.DONE


def _print(document: dict[str, Any]) -> None:
    console = Console()
    several = len({one["person"] for one in document["sets"]}) > 1
    rows = [_set_row(one, several) for one in document["sets"]]
    columns = [name for name in _SET_COLUMNS if several or name != "person"]
    console.print(_table(f"{len(rows)} sets", columns, rows))
    console.print(_table("by week", _WEEK_COLUMNS, [_week_row(week) for week in document["weeks"]]))
    console.print("out/back: seconds to the furthest point and back; l/r: difference of left and right", style="dim")


_MEASURES = ("range", "out/back", "l/r")
_SET_COLUMNS = ("set", "begun", "exercise", "person", "count", "half", *_MEASURES, "faults")
_WEEK_COLUMNS = ("exercise", "week from", "sets", "count", *_MEASURES, "clean")
_LEFT = ("begun", "exercise", "faults", "week from")


def _table(title: str, columns: Sequence[str], rows: list[tuple[str, ...]]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in columns:
        table.add_column(name, justify="left" if name in _LEFT else "right", no_wrap=name != "faults")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return table


def _set_row(one: dict[str, Any], several: bool) -> tuple[str, ...]:
    count = f"{one['hold_s']:.0f} s" if one["hold_s"] else str(one["count"])
    if one["corrected"] is not None:
        count += f" (was {one['counted']})"
    faults = [f"{name} {times}" for name, times in one["faults"].items()]
    return (
        str(one["id"]),
        one["started"][:16].replace("T", " "),
        one["exercise"],
        *([str(one["person"])] if several else []),
        count,
        str(one["partial"]) if one["partial"] else "",
        *_measured(one),
        ", ".join([*faults, *(["cut off"] if one["duration_s"] is None else [])]),
    )


def _week_row(week: dict[str, Any]) -> tuple[str, ...]:
    count = f"{week['hold_s']:.0f} s" if week["hold_s"] else str(week["reps"])
    clean = "" if week["with_faults"] is None else f"{100 * (1 - week['with_faults']):.0f} %"
    return (week["exercise"], week["monday"], str(week["sets"]), count, *_measured(week), clean)


def _measured(one: dict[str, Any]) -> tuple[str, str, str]:
    reach = "" if one["range_deg"] is None else f"{one['range_deg']:.0f}°"
    return reach, tempo_text(one).removesuffix(" s").replace(" ", ""), sides_text(one).removesuffix(" of trunk")
