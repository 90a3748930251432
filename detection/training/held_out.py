"""PCK on the held-out photos of Leeds Sports Pose Extended: to report how a training went, never to choose by.

python -m detection.training.held_out --checkpoint runs/small/best.pt --photos ../shared/data/photos
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer

from detection.training.command import run
from detection.training.export import load_network
from detection.training.sources import read_lspet
from detection.training.validate import validate


def main(
    checkpoint: Annotated[Path, typer.Option(help="`best.pt` or `checkpoint.pt` of a training.")],
    photos: Annotated[Path, typer.Option(help="Folder with lspet.")],
) -> None:
    """Print the PCK of a network on LSPET im09001 to im09500."""
    held_out = read_lspet(photos / "lspet", held_out=True)
    scores = validate(load_network(checkpoint), held_out, torch.device("cpu"))
    typer.echo(f"PCK at 0.2 of the torso on {len(held_out)} held-out photos: {scores.pck:.3f}")


if __name__ == "__main__":
    run(main)
