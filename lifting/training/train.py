"""Train a lifting network: `python -m lifting.training.train --data FOLDER --run runs/lifter`.

The same seed gives the same batches, whether or not the run was interrupted. A killed run goes on from its last
checkpoint when it is started again with the same folder.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from lifting.errors import LiftingError
from lifting.tcn import NetworkOptions, TemporalNet
from lifting.training.batches import Batch, BatchOptions, Windows, make
from lifting.training.curves import draw_curves
from lifting.training.evaluate import score_network
from lifting.training.floor import floor_motions
from lifting.training.mocap import for_training, for_validation, read_folder
from lifting.training.options import TrainOptions
from lifting.training.pool import Sample, samples
from lifting.weights import LifterWeights, load, save
from pose.files import written_beside

VALIDATION_WINDOWS = 384


@dataclass(slots=True)
class _State:
    """What a checkpoint holds."""

    model: TemporalNet
    average: AveragedModel
    optimizer: torch.optim.Optimizer
    step: int = 0
    best_mm: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)


def train(options: TrainOptions) -> LifterWeights:
    """Train, or go on training, and return the best weights by the validation motions.

    Raises
    ------
    LiftingError
        Where the motion data cannot be read, or the run's folder holds a run with other options.
    """
    torch.set_num_threads(options.threads)
    motions = read_folder(options.data)
    moving = [motion for motion in motions if for_training(motion)] + floor_motions(options.seed)
    windows = Windows(moving, options.collections)
    check = [motion for motion in motions if for_validation(motion)]
    validation = make(Windows(check), _validation_batch(options), np.random.default_rng(options.seed))
    state = _start(options)
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )
    with progress:
        task = progress.add_task(options.run.name, total=options.steps, completed=state.step)
        losses: list[float] = []
        for sample in samples(windows, options, state.step):
            losses.append(_step(state, sample, options))
            progress.update(task, completed=state.step, description=f"{options.run.name}  loss {losses[-1]:.4f}")
            if state.step % options.check_every == 0 or state.step == options.steps:
                _check(state, validation, float(np.mean(losses)), options)
                losses.clear()
    return _best(options)


def learning_rate(step: int, options: TrainOptions) -> float:
    """The rate at a step: a linear rise, then half a cosine."""
    rise = min(1.0, (step + 1) / max(options.warmup, 1))
    fall = 0.5 * (1 + np.cos(np.pi * min(1.0, step / options.steps)))
    return options.learning_rate * rise * max(float(fall), 0.003)


def loss_of(found: Tensor, truth: Tensor, seen: Tensor, paired: int, smoothness: float) -> Tensor:
    """Mean distance in metres of joints (B, 17, 3) where `seen` (B,), and of its change between paired rows.

    The last `paired` rows are the frames before those of the first `paired` rows.
    """
    error = found - truth
    weight = seen.float()[:, None]
    loss: Tensor = (error.norm(dim=-1) * weight).sum() / (weight.sum() * found.shape[1]).clamp(min=1)
    if paired:
        both = weight[:paired] * weight[-paired:]
        change = (error[:paired] - error[-paired:]).norm(dim=-1)
        loss = loss + smoothness * (change * both).sum() / (both.sum() * found.shape[1]).clamp(min=1)
    return loss


def _validation_batch(options: TrainOptions) -> BatchOptions:
    return BatchOptions(
        windows=VALIDATION_WINDOWS, frames=options.batch.frames, body=options.batch.body, noise=options.batch.noise
    )


def _step(state: _State, sample: Sample, options: TrainOptions) -> float:
    """Learn from one batch and return its loss."""
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate(state.step, options)
    state.model.train()
    with torch.autocast("cpu", torch.bfloat16):
        found = state.model.one_frame(torch.from_numpy(sample.window), torch.from_numpy(sample.begun))
    truth, seen = torch.from_numpy(sample.xyz_m), torch.from_numpy(sample.seen)
    loss = loss_of(found.float(), truth, seen, options.paired, options.smoothness)
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(state.model.parameters(), 1.0)
    state.optimizer.step()
    state.average.update_parameters(state.model)
    state.step += 1
    return float(loss.detach())


def _check(state: _State, validation: Batch, loss: float, options: TrainOptions) -> None:
    """Validate, keep the best weights, draw the curve and write a checkpoint."""
    averaged = state.average.module
    if not isinstance(averaged, TemporalNet):
        raise TypeError(f"the average is over a {type(averaged).__name__}")
    scores = score_network(averaged, [validation])
    state.history.append({"step": state.step, "loss": loss, **scores})
    if scores["mpjpe_mm"] < state.best_mm:
        state.best_mm = scores["mpjpe_mm"]
        folded = averaged.folded()
        notes = {"seed": str(options.seed), "step": str(state.step), "validation": json.dumps(scores)}
        save(LifterWeights(folded.weight, folded.bias, folded.taps, folded.causal, notes), _best_path(options))
    checkpoint: dict[str, Any] = {
        "model": state.model.state_dict(),
        "average": state.average.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "step": state.step,
        "best_mm": state.best_mm,
        "history": state.history,
    }
    with written_beside(options.run / "checkpoint.pt") as partial:
        torch.save(checkpoint, partial)
    with written_beside(options.run / "history.json") as partial:
        partial.write_text(json.dumps(state.history, indent=1))
    draw_curves(state.history, options.run / "curves.png")


def _start(options: TrainOptions) -> _State:
    """A fresh state, or that of the run's last checkpoint."""
    torch.manual_seed(options.seed)
    model = TemporalNet(options.network)
    decay = get_ema_multi_avg_fn(options.averaging)  # type: ignore[no-untyped-call]
    average = AveragedModel(model, multi_avg_fn=decay, use_buffers=True)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay, fused=True
    )
    state = _State(model, average, optimizer)
    config, checkpoint = options.run / "config.json", options.run / "checkpoint.pt"
    text = json.dumps(options.as_text(), indent=1)
    if checkpoint.exists():
        if _essence(json.loads(config.read_text())) != _essence(json.loads(text)):
            raise LiftingError(f"{options.run} holds a run with other options; choose another --run or delete it")
        kept = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(kept["model"])
        average.load_state_dict(kept["average"])
        optimizer.load_state_dict(kept["optimizer"])
        state.step, state.best_mm, state.history = kept["step"], kept["best_mm"], kept["history"]
    with written_beside(config) as partial:
        partial.write_text(text)
    return state


def _essence(config: dict[str, Any]) -> dict[str, Any]:
    """The options that a run must keep when it is continued: how long and where to it runs may change."""
    return {name: value for name, value in config.items() if name not in ("steps", "threads", "weights", "data")}


def _best_path(options: TrainOptions) -> Path:
    return options.run / "best.safetensors"


def _best(options: TrainOptions) -> LifterWeights:
    """The best weights of the run, copied to where they are wanted."""
    weights = load(_best_path(options))
    if options.weights is not None:
        save(weights, options.weights)
    return weights


def command(
    data: Annotated[Path, typer.Option(help="Folder of motion files (.npz, Human3.6M-17 joints).")],
    run: Annotated[Path, typer.Option(help="Folder of the run; a run that is there is continued.")],
    weights: Annotated[Path | None, typer.Option(help="Where the finished weights go.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same batches.")] = 1,
    steps: Annotated[int, typer.Option(help="Batches to learn from.")] = 14_000,
    channels: Annotated[int, typer.Option(help="Width of the network.")] = 256,
    blocks: Annotated[int, typer.Option(help="Residual blocks: 3 see 81 frames, 4 see 243.")] = 3,
    single_frame: Annotated[bool, typer.Option(help="The same network seeing one frame only.")] = False,
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 1,
) -> None:
    """Train a lifting network, or go on with a run."""
    network = NetworkOptions(channels, blocks, taps=1 if single_frame else 3)
    started = time.monotonic()
    train(TrainOptions(data, run, weights, seed, steps, threads=threads, network=network))
    typer.echo(f"trained in {time.monotonic() - started:.0f} s: {run / 'best.safetensors'}")


if __name__ == "__main__":
    typer.run(command)
