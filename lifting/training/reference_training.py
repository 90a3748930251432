"""Train the references of `references`: clean joints, the picture's coordinates, Adam, as their authors do.

`python -m lifting.training.reference_training --data FOLDER --run runs/references --minutes 6`
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import nn

from lifting.errors import LiftingError
from lifting.training.batches import Batch, BatchOptions, Windows, make
from lifting.training.floor import floor_motions
from lifting.training.mocap import for_training, read_folder
from lifting.training.noise import PERFECT
from lifting.training.options import TrainOptions
from lifting.training.references import Reference, ReferenceOptions, last_seen
from pose.files import written_beside

FORMS: dict[str, ReferenceOptions] = {
    "martinez_single_frame": ReferenceOptions("single_frame", 1024, 2),
    "videopose3d_causal": ReferenceOptions("videopose3d", 1024, 4, causal=True),
    "videopose3d_symmetric": ReferenceOptions("videopose3d", 1024, 4, causal=False),
    "videopose3d_256_causal": ReferenceOptions("videopose3d", 256, 4, causal=True),
    "videopose3d_256_symmetric": ReferenceOptions("videopose3d", 256, 4, causal=False),
}

_SETTLING = 6
"""Batches over which the statistics are taken at the end."""

_RATE = 1e-3
"""Theirs, both."""


def train_reference(
    options: ReferenceOptions, training: TrainOptions, minutes: float, *, windows_a_batch: int = 24
) -> tuple[Reference, int]:
    """A reference after so many minutes, and the frames that it has learnt from.

    Adam at 0.001, falling by a cosine to nothing in the time that there is, and no dropout: in few minutes it would
    only cost. The loss is theirs, the mean distance of joints. The network learns from every frame of a window.
    """
    torch.manual_seed(training.seed)
    motions = [motion for motion in read_folder(training.data) if for_training(motion)] + floor_motions(training.seed)
    windows = Windows(motions, training.collections)
    batch = replace(training.batch, windows=windows_a_batch, noise=PERFECT)
    network = Reference(options)
    optimizer = torch.optim.Adam(network.parameters(), lr=_RATE, amsgrad=True)
    frames, step, started = 0, 0, time.monotonic()

    def chunk(number: int) -> Batch:
        return make(windows, batch, np.random.default_rng([training.seed, number, 9]))

    with ThreadPoolExecutor(1) as maker:
        ahead = maker.submit(chunk, 0)
        while (done := (time.monotonic() - started) / (60 * minutes)) < 1:
            drawn, step = ahead.result(), step + 1
            ahead = maker.submit(chunk, step)
            for group in optimizer.param_groups:
                group["lr"] = _RATE * max(0.5 * (1 + np.cos(np.pi * done)), 0.003)
            _learn(network, optimizer, drawn)
            frames += drawn.score.shape[0] * drawn.score.shape[1]
    settle(network, [chunk(step + 1 + number) for number in range(_SETTLING)])
    return network, frames


@torch.no_grad()
def settle(network: Reference, batches: list[Batch]) -> None:
    """Take the statistics of batch normalisation anew: after few steps their moving averages are still at the start."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.reset_running_stats()
            module.momentum = None  # the plain mean over all batches
    network.train()
    for batch in batches:
        network(torch.from_numpy(last_seen(batch.at, batch.score)))


def _learn(network: Reference, optimizer: torch.optim.Optimizer, batch: Batch) -> None:
    """One step on every frame of a batch of windows."""
    network.train()
    truth = torch.from_numpy(batch.xyz_m @ batch.rotation)
    with torch.autocast("cpu", torch.bfloat16):
        found = network(torch.from_numpy(last_seen(batch.at, batch.score)))
    seen = torch.from_numpy(batch.seen).float()[..., None]
    error = (found.float() - truth).norm(dim=-1) * seen
    loss = error.sum() / (seen.sum() * error.shape[-1]).clamp(min=1)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def save_reference(network: Reference, frames: int, path: Path) -> None:
    """Write a reference; only this project's comparison reads it."""
    with written_beside(path) as partial:
        torch.save({"options": asdict(network.options), "frames": frames, "state": network.state_dict()}, partial)


def load_reference(path: Path) -> Reference:
    """Read a reference.

    Raises
    ------
    LiftingError
        Where the file is none.
    """
    try:
        kept = torch.load(path, weights_only=True)
        network = Reference(ReferenceOptions(**kept["options"]))
        network.load_state_dict(kept["state"])
    except (OSError, RuntimeError, KeyError, TypeError) as error:
        raise LiftingError(f"{path} holds no reference network: {error}") from error
    return network.eval()


def command(
    data: Annotated[Path, typer.Option(help="Folder of motion files (.npz, Human3.6M-17 joints).")],
    run: Annotated[Path, typer.Option(help="Where the networks go.")] = Path("runs/references"),
    minutes: Annotated[float, typer.Option(help="For each.")] = 6.0,
    only: Annotated[str | None, typer.Option(help=f"One of {', '.join(FORMS)}.")] = None,
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 1,
) -> None:
    """Train the networks that the lifter is compared with."""
    torch.set_num_threads(threads)
    run.mkdir(parents=True, exist_ok=True)
    training = TrainOptions(data, run, batch=BatchOptions(frames=96))
    for name, form in FORMS.items():
        if only in (None, name):
            started = time.process_time()
            network, frames = train_reference(form, training, minutes)
            save_reference(network, frames, run / f"{name}.pt")
            typer.echo(f"{name}: {frames} frames, {time.process_time() - started:.0f} s of processor time")


if __name__ == "__main__":
    typer.run(command)
