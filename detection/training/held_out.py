"""PCK on pictures that no training of ours saw: to report how one went, never to choose by.

python -m detection.training.held_out --network runs/small/best.pt --photos ../shared/data/photos
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from detection.decoder import Decoder
from detection.training.command import run
from detection.training.distillation import OpenVinoTeacher
from detection.training.export import load_network
from detection.training.labels import KNOWN
from detection.training.photos import Photos
from detection.training.sources import read_lspet, read_rendered
from detection.training.validate import Predictor, close_joints, find_people, validate

_CPU = torch.device("cpu")


def main(
    network: Annotated[
        list[Path], typer.Option(help="`best.pt` or `checkpoint.pt` of a training, or an OpenVINO network; repeatable.")
    ],
    photos: Annotated[Path, typer.Option(help="Folder with lspet.")],
    rendered: Annotated[Path | None, typer.Option(help="Folder of rendered pictures that nobody trained on.")] = None,
) -> None:
    """Print the PCK of networks on LSPET im09001 to im09500, and on the rendered actor."""
    lspet = read_lspet(photos / "lspet", held_out=True)
    actor = None if rendered is None else read_rendered(rendered)
    for path in network:
        predictor = open_predictor(path)
        typer.echo(f"{path.name}: PCK at 0.2 of the torso on {len(lspet)} held-out photos of LSPET")
        typer.echo(f"  {validate(predictor, lspet, _CPU).pck:.3f}")
        if actor is not None:
            scores = validate(predictor, actor, _CPU)
            pck = pck_of_everybody(predictor, actor)
            typer.echo(f"  on {len(actor)} rendered pictures: {pck:.3f}, people's recall {scores.recall:.3f}, ")
            typer.echo(f"  precision {scores.precision:.3f}")


def open_predictor(path: Path) -> Predictor:
    """A network of a training or of OpenVINO, to look at."""
    if path.suffix == ".pt":
        return load_network(path)
    served = OpenVinoTeacher(path)
    return lambda pictures: [served(pictures)]


def pck_of_everybody(predictor: Predictor, photos: Photos) -> float:
    """The share of known joints within 0.2 of the torso, of everybody with five joints or more."""
    decoder, close = Decoder(), []
    for index in range(len(photos)):
        people = find_people(predictor, decoder, photos.picture(index), _CPU)
        for row in np.flatnonzero(photos.person_photo == index):
            known = photos.state[row] == KNOWN
            if known.sum() >= 5:
                close.extend(close_joints(people, photos.joints[row], known))
    return float(np.mean(close)) if close else 0.0


if __name__ == "__main__":
    run(main)
