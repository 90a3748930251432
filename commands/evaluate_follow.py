"""`eval follow`: what the similarity to a reference makes of the same and of other moves, held out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import follow
from pose.errors import ExitCode


@dataclass(frozen=True, slots=True)
class FollowEvaluation:
    """What is evaluated.

    Attributes
    ----------
    data : Path
        Folder with `uiprmd.npz`.
    calibrate : bool
        On the training subjects, from whom the curve was made, instead of the held-out ones.
    seen : bool
        Through virtual cameras, the detector's errors and the lifter; with `calibrate`, how far that errs.
    as_json : bool
    """

    data: Path
    calibrate: bool
    seen: bool
    as_json: bool


def run(options: FollowEvaluation) -> ExitCode:
    """Evaluate and print; CHECK_FAILED where held-out subjects do not reach the targets."""
    errors = Console(stderr=True)

    def progress(pairs: Any) -> Any:
        return track(pairs, "following", console=errors, transient=True)

    subjects, sets = follow.TRAINING if options.calibrate else follow.HELD_OUT, follow.read_sets(options.data)
    if options.calibrate and options.seen:
        typer.echo(json.dumps({"eval": "follow", "seen_error": follow.seen_error(sets, subjects, progress=progress)}))
        return ExitCode.DONE
    outcomes = follow.evaluate(sets, subjects, options.seen, options.calibrate, progress)
    kinds = follow.summary(outcomes)
    if options.as_json:
        found = {"eval": "follow", "subjects": subjects, "seen": options.seen, "targets": follow.TARGETS}
        typer.echo(
            json.dumps(found | {"reached": None if options.calibrate else follow.reached(kinds), "kinds": kinds})
        )
    else:
        _print(kinds, outcomes, f"UI-PRMD {', '.join(subjects)}")
    return ExitCode.DONE if options.calibrate or follow.reached(kinds) else ExitCode.CHECK_FAILED


def _print(kinds: dict[str, dict[str, float]], outcomes: list[follow.Outcome], title: str) -> None:
    table = Table("who follows", "pairs", "mean", "median", "p10", "p90", "angle p10..p90", "mirrored", title=title)
    for kind, of in kinds.items():
        angles = f"{of['angle_p10_deg']:.1f}..{of['angle_p90_deg']:.1f} deg"
        numbers = [f"{of[name]:.1f}" for name in ("mean", "median", "p10", "p90")]
        table.add_row(kind, f"{of['pairs']:.0f}", *numbers, angles, f"{100 * of['mirrored']:.0f} %")
    console = Console(soft_wrap=True, highlight=False)
    console.print(table)
    others = sorted((one for one in outcomes if one.kind == "another move"), key=lambda one: -one.mean)[:5]
    console.print("other moves most alike: " + "; ".join(f"{one.name} {one.mean:.0f}" for one in others))
    bodies = sorted((one for one in outcomes if one.kind == "another body"), key=lambda one: one.mean)[:5]
    console.print("same moves least alike: " + "; ".join(f"{one.name} {one.mean:.0f}" for one in bodies))
