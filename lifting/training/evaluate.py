"""Score lifting networks on motion that none of them was trained on nor chosen by.

`python -m lifting.training.evaluate --data FOLDER liftcam=weights/lifter.safetensors other=FILE`
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from lifting.tcn import TemporalNet
from lifting.training.batches import Batch, BatchOptions, Windows, for_test, make
from lifting.training.mocap import SPLITS, read_folder
from lifting.training.noise import WITHOUT_MISSES, NoiseOptions
from lifting.training.views import ViewOptions
from lifting.weights import load
from pose.metrics import procrustes_align

Scores = dict[str, float]

WARM_UP_FRAMES = 40
"""Frames at a window's start that are not scored: a stream has only one start."""

_MILLIMETRES = 1000.0

CONDITIONS: dict[str, BatchOptions] = {
    "all_seen": for_test(BatchOptions(windows=96, frames=160, noise=WITHOUT_MISSES, view=ViewOptions(close_chance=0))),
    "as_trained": for_test(BatchOptions(windows=96, frames=160, noise=NoiseOptions())),
}
"""Noise on and every joint in the picture found; noise and missing joints as in training."""


def evaluate(
    data: Path, models: dict[str, Path], *, batches: int = 4, seed: int = 7
) -> dict[str, dict[str, dict[str, Scores]]]:
    """Errors of weight files on the test set.

    Parameters
    ----------
    data : Path
        Folder of motion files.
    models : dict of str to Path
        Weight files by the names to report.
    batches : int
        Batches of 96 windows a split and condition; the same ones for every model.

    Returns
    -------
    dict
        `{"splits": {SPLIT_CONDITION: {MODEL: {"mpjpe_mm", "pa_mpjpe_mm", "acceleration_mm_s2"}}}}`.
    """
    motions = read_folder(data)
    networks = {name: TemporalNet.from_folded(load(path)) for name, path in models.items()}
    splits: dict[str, dict[str, Scores]] = {}
    for split, belongs in SPLITS.items():
        windows = Windows([motion for motion in motions if belongs(motion)])
        for condition, options in CONDITIONS.items():
            drawn = [make(windows, options, np.random.default_rng([seed, number])) for number in range(batches)]
            splits[f"{split}_{condition}"] = {name: score_network(net, drawn) for name, net in networks.items()}
    return {"splits": splits}


@torch.no_grad()
def score_network(network: TemporalNet, batches: list[Batch]) -> Scores:
    """Mean errors over batches: MPJPE, PA-MPJPE in mm, and the error of the acceleration in mm/s^2.

    Frames before `WARM_UP_FRAMES`, and those where nothing of the person was found for half a second, do not count.
    """
    network.eval()
    distance, aligned, acceleration = [], [], []
    for batch in batches:
        found = network(torch.from_numpy(batch.features)).float().numpy()
        counts = batch.seen.copy()
        counts[:, :WARM_UP_FRAMES] = False
        error = found - batch.xyz_m
        distance.append(np.linalg.norm(error[counts], axis=-1).ravel())
        fitted = procrustes_align(found[counts], batch.xyz_m[counts])
        aligned.append(np.linalg.norm(fitted - batch.xyz_m[counts], axis=-1).ravel())
        jerky = np.diff(error, 2, axis=1) * 30.0**2
        acceleration.append(np.linalg.norm(jerky[counts[:, 2:]], axis=-1).ravel())
    return {
        "mpjpe_mm": _MILLIMETRES * float(np.concatenate(distance).mean()),
        "pa_mpjpe_mm": _MILLIMETRES * float(np.concatenate(aligned).mean()),
        "acceleration_mm_s2": _MILLIMETRES * float(np.concatenate(acceleration).mean()),
    }


def command(
    data: Annotated[Path, typer.Option(help="Folder of motion files (.npz, Human3.6M-17 joints).")],
    models: Annotated[list[str], typer.Argument(help="NAME=FILE for every weight file to compare.")],
    batches: Annotated[int, typer.Option(help="Batches of 96 windows a split and condition.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Compare weight files on the test set."""
    table = evaluate(
        data, {name: Path(file) for name, _, file in (model.partition("=") for model in models)}, batches=batches
    )
    if as_json:
        typer.echo(json.dumps(table))
        return
    for split, row in table["splits"].items():
        for model, scores in row.items():
            figures = "  ".join(f"{name} {value:8.1f}" for name, value in scores.items())
            typer.echo(f"{split:28} {model:16} {figures}")


if __name__ == "__main__":
    typer.run(command)
