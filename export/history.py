"""A history of workouts as one HTML page and as CSV; both are made of the document that `history --json` prints."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from export.errors import ExportError
from export.writing import needed
from pose.files import written_beside

SET_COLUMNS = (
    "id", "session", "person", "exercise", "started", "duration_s", "count", "counted", "corrected", "recounted",
    "partial", "hold_s", "plan", "target_reps", "target_s",
)  # fmt: skip
REPETITION_COLUMNS = (
    "number", "start_s", "end_s", "side", "range_deg", "to_work_s", "to_rest_s", "left_right_deg", "left_right_part",
    "faults",
)  # fmt: skip

_TEMPLATES = Path(__file__).parent / "templates"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_history_csv(document: dict[str, Any], path: Path) -> None:
    """Write a row a repetition, with the columns of its set; a set without repetitions has one row.

    Columns of a set are prefixed with `set_`; faults are separated by semicolons.

    Raises
    ------
    ExportError
        Where the file cannot be written; nothing half written is left.
    """
    with _saved(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*(f"set_{name}" for name in SET_COLUMNS), *REPETITION_COLUMNS])
        for one in document["sets"]:
            head = [_cell(one[name]) for name in SET_COLUMNS]
            rows = one["repetitions"] or [dict.fromkeys(REPETITION_COLUMNS)]
            writer.writerows([*head, *(_cell(row[name]) for name in REPETITION_COLUMNS)] for row in rows)


def write_history_page(document: dict[str, Any], path: Path, title: str = "Workouts") -> None:
    """Write the page: progress over the weeks in charts, and every set in a table. It opens without a network.

    Raises
    ------
    ExportError
        Where jinja2 or plotly is missing, or the page cannot be written.
    """
    jinja2, plotly = needed("jinja2", "the page"), needed("plotly.offline", "the page")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    sets = document["sets"]
    page = environment.get_template("history.html").render(
        title=title,
        facts=_facts(sets),
        sets=[_row(one) for one in reversed(sets)],
        data=json.dumps(document, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
        plotly=plotly.get_plotlyjs(),
    )
    with _saved(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _facts(sets: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The line below the title."""
    days = sorted({one["started"][:10] for one in sets})
    facts = [
        ("sets", str(len(sets))),
        ("repetitions", str(sum(one["count"] for one in sets))),
        ("training days", str(len(days))),
        ("exercises", str(len({one["exercise"] for one in sets}))),
    ]
    return [*facts, ("from", days[0]), ("to", days[-1])] if days else facts


def _row(one: dict[str, Any]) -> dict[str, str]:
    """A set of the table as text, by column."""
    count = str(one["count"])
    if one["corrected"] is not None:
        count += f" (counted {one['counted']})"
    if one["target_reps"] is not None:
        count += f" of {one['target_reps']}"
    hold = "" if not one["hold_s"] else f"{one['hold_s']:.0f} s"
    if hold and one["target_s"] is not None:
        hold += f" of {one['target_s']:.0f} s"
    faults = ", ".join(f"{name.replace('_', ' ')} {times}" for name, times in one["faults"].items())
    return {
        "id": str(one["id"]),
        "started": one["started"][:16].replace("T", " "),
        "exercise": one["exercise"].replace("_", " "),
        "person": str(one["person"]),
        "reps": count if one["count"] or not hold else "",
        "partial": str(one["partial"]) if one["partial"] else "",
        "hold": hold,
        "range": _with_unit(one["range_deg"], "°", 0),
        "tempo": tempo_text(one),
        "sides": sides_text(one),
        "faults": faults,
        "note": _note(one),
    }


def _note(one: dict[str, Any]) -> str:
    notes = []
    if one["recounted"] is not None and one["recounted"] != one["counted"]:
        notes.append(f"as a whole {one['recounted']}")
    if one["duration_s"] is None:
        notes.append("cut off")
    return ", ".join(notes)


def tempo_text(one: dict[str, Any]) -> str:
    """Seconds out and back, such as "1.2 / 0.9 s"; empty where not known."""
    if one["to_work_s"] is None or one["to_rest_s"] is None:
        return ""
    return f"{one['to_work_s']:.1f} / {one['to_rest_s']:.1f} s"


def sides_text(one: dict[str, Any]) -> str:
    """Difference of right and left in its unit; empty where not known."""
    if one["left_right_deg"] is not None:
        return _with_unit(one["left_right_deg"], "°", 0)
    return "" if one["left_right_part"] is None else f"{100 * one['left_right_part']:.0f} % of trunk"


def _with_unit(value: float | None, unit: str, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}{unit}"


def _cell(value: Any) -> Any:
    """A cell; a text that a spreadsheet would take for a formula is quoted."""
    if isinstance(value, list):
        value = ";".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


@contextlib.contextmanager
def _saved(path: Path) -> Iterator[Path]:
    try:
        with written_beside(path) as partial:
            yield partial
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from error
