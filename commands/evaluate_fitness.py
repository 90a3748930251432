"""`eval fitness`: the counter measured on clips, motion capture and known motion."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.fitness import evaluate
from pose.errors import ExitCode


def run(options: evaluate.FitnessOptions, as_json: bool) -> ExitCode:
    """Measure, and print a table or one line of JSON."""
    result: dict[str, Any] = evaluate.run(options)
    if as_json:
        typer.echo(json.dumps(result))
        return ExitCode.DONE
    console = Console(highlight=False, soft_wrap=True)
    if "clips" in result:
        console.print(_clip_table(result["clips"]["counted"]))
    for part, figures in result.items():
        if isinstance(figures, dict):
            for name, value in figures.items():
                if name != "counted":
                    console.print(f"{part}: {name} {value}", markup=False)
    return ExitCode.DONE


def _clip_table(rows: list[dict[str, object]]) -> Table:
    names = ("clip", "exercise", "truth", "reps", "again", "start_error_s", "end_error_s", "auto")
    table = Table(*names)
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in names))
    return table
