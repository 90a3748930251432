"""`eval clips`: real clips through the whole app, judged by what is known of them: a table, or a line of JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import real_clips
from commands.engine import opened_engine
from commands.options import PoseOptions
from pose.errors import ExitCode


def run(pose: PoseOptions, folder: Path, as_json: bool) -> ExitCode:
    """Score the clips of a folder; ends with 1 where something that must hold does not.

    Raises
    ------
    BenchmarkError
        Where the clips are not there.
    """
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    real_clips.read_labels(folder)  # what is missing is said before the network is compiled
    with opened_engine(pose, console) as engine:
        result = real_clips.run(engine.detector, folder, lambda name: console.print(name, markup=False))
    if as_json:
        typer.echo(json.dumps(result))
    else:
        for name, variants in result["clips"].items():
            Console().print(_table(name, variants))
    failed = [name for name, variants in result["clips"].items() if variants["clip"].get("reached") is False]
    return ExitCode.CHECK_FAILED if failed else ExitCode.DONE


def _table(name: str, variants: dict[str, dict[str, Any]]) -> Table:
    """A clip's scores, a column a variant."""
    table = Table(title=name)
    table.add_column("")
    for variant in variants:
        table.add_column(variant)
    for score in next(iter(variants.values())):
        table.add_row(score, *(_text(one[score]) for one in variants.values()))
    return table


def _text(value: object) -> str:
    if isinstance(value, list):
        return f"{min(value):.3f} to {max(value):.3f}"
    return str(value)
