"""The command line of `history`: names and options of it and of what belongs to it, nothing else."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.run import run_command

group = typer.Typer(help="What was trained: sets, ranges, tempo, symmetry, and progress over the weeks.")

History = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The history's file; else LIFTCAM_HISTORY, else in the user's data folder."),
]
SetNumber = Annotated[int, typer.Argument(metavar="SET", help="Number of the set, as history shows it.")]


@group.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    history: History = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Only sets from this day on.")
    ] = None,
    exercise: Annotated[str | None, typer.Option(metavar="NAME", help="Only sets of this exercise.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with charts.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a table, a row a repetition.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What was trained: sets, ranges, tempo, symmetry, and progress over the weeks."""
    context.obj = history
    if context.invoked_subcommand is None:
        from commands import history as command

        options = command.HistoryOptions(history, since, exercise, html, csv, as_json)
        run_command(lambda: command.run(options))


@group.command()
def correct(
    context: typer.Context,
    set_id: SetNumber,
    count: Annotated[int, typer.Argument(min=0, help="How many repetitions it really had.")],
    history: History = None,
) -> None:
    """Correct the count of a set; the counted value is kept beside it."""
    from commands import history as command

    run_command(lambda: command.correct(history or context.obj, set_id, count))


@group.command()
def delete(
    context: typer.Context,
    set_id: Annotated[int | None, typer.Argument(metavar="SET", help="Number of the set.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All sets.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    history: History = None,
) -> None:
    """Delete a set, or all of them."""
    from commands import history as command

    run_command(lambda: command.delete(history or context.obj, set_id, everything, yes))
