"""Trains a network where `main.py` with its cameras is not at hand.

python -m detection.training --data out/packed --run runs/small
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detection.training.command import run as run_command
from detection.training.options import TrainOptions, preset
from detection.training.trainer import train
from detection.training.trunk import TRUNK_FILE


def main(
    data: Annotated[Path, typer.Option(help="Folder of packed archives.")],
    run: Annotated[Path, typer.Option(help="Folder of this training; an unfinished one goes on.")],
    size: Annotated[str, typer.Option(help="nano or small.")] = "small",
    settings: Annotated[str, typer.Option("--preset", help="cpu or gpu: batch, sizes, rates for each.")] = "cpu",
    samples: Annotated[int | None, typer.Option(help="Pictures to see in all.")] = None,
    batch: int | None = None,
    rate: float | None = None,
    validate_every: Annotated[int | None, typer.Option(help="Pictures between validations.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "auto",
    threads: Annotated[int, typer.Option(help="Processor threads.")] = 2,
    seed: int = 1,
    minutes: Annotated[float | None, typer.Option(help="End this stretch after so long.")] = None,
    budget_minutes: Annotated[float | None, typer.Option(help="Train so long in all, whatever the speed.")] = None,
    trunk: Annotated[bool, typer.Option(help="Start from the packed trunk.")] = True,
    teacher: Annotated[
        Path | None,
        typer.Option(help="human-pose-estimation-0001.xml: learn from its maps too, where nobody labelled."),
    ] = None,
    start: Annotated[Path | None, typer.Option(help="Checkpoint whose network a new training starts from.")] = None,
) -> None:
    """Train, or go on with, a network."""
    given = {"samples": samples, "batch": batch, "rate": rate, "validate_every": validate_every}
    options = TrainOptions(
        run=run,
        data=tuple(sorted(path for path in data.glob("*.npz") if path.name != TRUNK_FILE)),
        trunk=data / TRUNK_FILE if trunk else None,
        start=start,
        teacher=teacher,
        size=size,
        device=device,
        threads=threads,
        seed=seed,
        budget_s=None if budget_minutes is None else 60 * budget_minutes,
        stop_after_s=None if minutes is None else 60 * minutes,
        **{**preset(settings), **{name: value for name, value in given.items() if value is not None}},
    )
    result = train(options)
    typer.echo(f"{result.samples} pictures seen, {result.skipped} steps skipped, {result.scores or 'not validated'}")


if __name__ == "__main__":
    run_command(main)
