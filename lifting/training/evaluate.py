"""Score lifting networks on motion that none of them was trained on nor chosen by.

`python main.py eval lifter [--data FILE.npz] [--json]`; `--run FOLDER` adds the references that were trained there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table

from lifting.errors import LiftingError
from lifting.tcn import TemporalNet
from lifting.training.app_evaluation import by_rate
from lifting.training.batches import CLOCK_HZ, BatchOptions, Windows, for_test, make
from lifting.training.mocap import SPLITS, Motion, read, read_folder
from lifting.training.noise import WITHOUT_MISSES, NoiseOptions
from lifting.training.reference_training import load_reference
from lifting.training.scoring import Model, Scores, ours, score, theirs
from lifting.training.views import ViewOptions
from lifting.weights import DEFAULT_WEIGHTS, load

_FAR = ViewOptions(close_chance=0)


@dataclass(frozen=True, slots=True)
class Condition:
    """How the test motion is looked at.

    Attributes
    ----------
    batch : BatchOptions
    visible_only : bool
        Whether only joints that are seen count.
    """

    batch: BatchOptions
    visible_only: bool = False


def _windows(noise: NoiseOptions) -> BatchOptions:
    return for_test(BatchOptions(windows=48, frames=160, noise=noise, view=_FAR))


CONDITIONS: dict[str, Condition] = {
    "all_seen": Condition(_windows(WITHOUT_MISSES)),
    "missing_30": Condition(_windows(replace(WITHOUT_MISSES, drop=0.3)), visible_only=True),
    "legs_out": Condition(_windows(replace(WITHOUT_MISSES, cut_chance=1.0)), visible_only=True),
    "as_trained": Condition(replace(_windows(NoiseOptions()), view=ViewOptions())),
}
"""Detector's noise with every joint in the picture found; 30% of joints missing, for 0.2 s at a time; legs or the whole
lower body out of the picture; everything that training has, close-ups too."""


def evaluate(
    data: Path, models: dict[str, Model], *, batches: int = 2, seed: int = 7
) -> dict[str, dict[str, dict[str, Scores]]]:
    """Errors of models on the test set.

    Parameters
    ----------
    data : Path
        Folder of motion files, of which the held-out sequences are taken, or one file, all of which is taken.
    models : dict of str to Model
        By the names to report.
    batches : int
        Batches of 48 windows of 5 s a split and condition; the same ones for every model.

    Returns
    -------
    dict
        `{"splits": {SPLIT_CONDITION: {MODEL: {"latency_ms", "mpjpe_mm", "pa_mpjpe_mm", ...}}}}` (`scoring.score`).

    Raises
    ------
    LiftingError
        Where the data cannot be read or has nothing to test on.
    """
    splits: dict[str, dict[str, Scores]] = {}
    for split, motions in held_out_motions(data).items():
        windows = Windows(motions)
        for name, condition in CONDITIONS.items():
            drawn = [make(windows, condition.batch, np.random.default_rng([seed, number])) for number in range(batches)]
            splits[f"{split}_{name}"] = {
                model: score(one, drawn, visible_only=condition.visible_only) for model, one in models.items()
            }
    return {"splits": splits}


def evaluate_app(data: Path) -> dict[str, dict[str, Scores]]:
    """The whole stage at several frame rates (`app_evaluation.by_rate`) as splits with one model, liftcam."""
    split, motions = next(iter(held_out_motions(data).items()))
    return {f"{split}_app_{rate}": {"liftcam": scores} for rate, scores in by_rate(motions).items()}


def held_out_motions(data: Path) -> dict[str, list[Motion]]:
    """The test sequences by split."""
    if data.is_file():
        return {data.stem: read(data)}
    motions = read_folder(data)
    found = {split: [motion for motion in motions if belongs(motion)] for split, belongs in SPLITS.items()}
    found = {split: some for split, some in found.items() if some}
    if not found:
        raise LiftingError(f"{data} has none of the test sequences ({', '.join(SPLITS)}); --data takes a file as well")
    return found


def family(path: Path, name: str = "liftcam") -> dict[str, Model]:
    """A weight file's network at each of its delays: NAME, NAME_100ms, ..."""
    network = TemporalNet.from_folded(load(path))
    return {
        name if not delay else f"{name}_{round(1000 * delay / CLOCK_HZ)}ms": ours(network, delay)
        for delay in network.options.delays
    }


def references(run: Path) -> dict[str, Model]:
    """The references that were trained into a folder."""
    return {path.stem: theirs(load_reference(path)) for path in sorted(run.glob("*.pt"))}


def command(
    models: Annotated[list[str] | None, typer.Argument(help="NAME=FILE of further weights to compare.")] = None,
    data: Annotated[
        Path, typer.Option(help="Folder of motion files (.npz, Human3.6M-17 joints), or one file of your own.")
    ] = Path("../shared/data/mocap"),
    run: Annotated[Path, typer.Option(help="Folder of trained references (train references).")] = Path(
        "runs/references"
    ),
    batches: Annotated[int, typer.Option(min=1, help="Batches of 48 windows of 5 s a split and condition.")] = 2,
    threads: Annotated[int, typer.Option(min=1, help="Threads of torch.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Score the shipped lifter, the references and further weights on motion that none was trained on."""
    torch.set_num_threads(threads)
    chosen = family(DEFAULT_WEIGHTS)
    for model in models or []:
        name, _, file = model.partition("=")
        chosen |= family(Path(file), name)
    chosen |= references(run)
    table = evaluate(data, chosen, batches=batches)
    table["splits"] |= evaluate_app(data)
    if as_json:
        typer.echo(json.dumps(table))
    else:
        _print(table["splits"])


def _print(splits: dict[str, dict[str, Scores]]) -> None:
    """The table for people."""
    columns = {
        "latency_ms": "latency ms",
        "mpjpe_mm": "MPJPE mm",
        "pa_mpjpe_mm": "PA-MPJPE mm",
        "n_mpjpe_mm": "N-MPJPE mm",
        "acceleration_mm_s2": "acceleration mm/s²",
        "mpjve_mm_s": "velocity mm/s",
        "bone_sd_mm": "bones mm",
        "auc": "AUC",
        "from_30hz_mm": "from 30 Hz mm",
        "swaps_per_1000": "swaps per 1000",
    }
    for split, rows in splits.items():
        told = [name for name in columns if name in next(iter(rows.values()))]
        table = Table("model", *(columns[name] for name in told), title=split, title_justify="left")
        for model, scores in rows.items():
            table.add_row(model, *(f"{scores[name]:.{3 if name == 'auc' else 1}f}" for name in told))
        Console(width=120).print(table)


if __name__ == "__main__":
    typer.run(command)
