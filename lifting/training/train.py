"""Train a lifting network: `python -m lifting.training.train --data FOLDER --run runs/lifter`.

The same seed gives the same batches, whether or not the run was interrupted. A killed run goes on from its last
checkpoint when it is started again with the same folder.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from lifting.errors import LiftingError
from lifting.tcn import NetworkOptions, TemporalNet
from lifting.training.batches import Batch, BatchOptions, Windows, make
from lifting.training.curves import draw_curves
from lifting.training.floor import floor_motions
from lifting.training.mocap import for_training, for_validation, read_folder
from lifting.training.multiview import ViewPairs, read_views, reprojection_loss
from lifting.training.muon import Muon
from lifting.training.options import TrainOptions
from lifting.training.pool import Sample, samples
from lifting.training.scoring import ours, score
from lifting.weights import LifterWeights, load, receptive_field, save
from pose.files import written_beside

VALIDATION_WINDOWS, VALIDATION_FRAMES = 192, 96
_PAIRS = 192
"""Moments seen by two cameras that a step learns from."""

_MAY_CHANGE = ("steps", "minutes", "threads", "weights", "data", "run", "short_until", "views")


@dataclass(slots=True)
class _State:
    """What a checkpoint holds."""

    model: TemporalNet
    average: AveragedModel
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer]
    step: int = 0
    worked_s: float = 0.0
    best_mm: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)
    pairs: ViewPairs | None = None


def train(options: TrainOptions) -> LifterWeights:
    """Train, or go on training, and return the best weights by the validation motions.

    Raises
    ------
    LiftingError
        Where the motion data cannot be read, or the run's folder holds a run with other options.
    """
    torch.set_num_threads(options.threads)
    motions = read_folder(options.data)
    moving = [motion for motion in motions if for_training(motion) and motion.source != options.leave_out]
    moving += floor_motions(options.seed)
    windows = Windows(moving, options.collections)
    check = [motion for motion in motions if for_validation(motion)]
    validation = make(Windows(check), _validation_batch(options), np.random.default_rng(options.seed))
    state = _start(options)
    if options.views is not None:
        state.pairs = ViewPairs(read_views(options.views))
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )
    with progress:
        task = progress.add_task(options.run.name, total=1000)

        def told(loss: float) -> None:
            done, text = round(1000 * done_part(state, options)), f"{options.run.name} {state.step} loss {loss:.4f}"
            progress.update(task, completed=done, description=text)

        if options.network.blocks > 1:
            _stage(state, windows, validation, _short(options), min(options.short_until, 1.0), told, asleep=1)
        _stage(state, windows, validation, options, 1.0, told)
    return _best(options)


def averaged(state: _State) -> TemporalNet:
    """The moving average over the weights."""
    model = state.average.module
    if not isinstance(model, TemporalNet):
        raise TypeError(f"the average is over a {type(model).__name__}")
    return model


def device_of(model: TemporalNet) -> torch.device:
    """Where a network is: on a GPU where one is at hand."""
    return next(model.parameters()).device


def _short(options: TrainOptions) -> TrainOptions:
    """The options of the time when the last block sleeps."""
    return replace(options, batch=replace(options.batch, frames=min(options.short_frames, options.batch.frames)))


def _stage(
    state: _State,
    windows: Windows,
    validation: Batch,
    options: TrainOptions,
    until: float,
    told: Callable[[float], None],
    asleep: int = 0,
) -> None:
    """Learn until a part of the training is done, with some of the network's last blocks asleep."""
    if done_part(state, options) >= until:
        return
    awake = options.network.blocks - asleep
    for model in (state.model, averaged(state)):
        model.awake = awake
    field = receptive_field(options.network.taps, awake)
    losses: list[float] = []
    started = time.monotonic()
    for sample in samples(windows, options, state.step, field):
        losses.append(_step(state, sample, options))
        now = time.monotonic()
        state.worked_s, started = state.worked_s + now - started, now
        ended = done_part(state, options) >= until
        told(losses[-1])
        if state.step % options.check_every == 0 or ended:
            _check(state, validation, float(np.mean(losses)), options)
            losses.clear()
        if ended:
            return


def done_part(state: _State, options: TrainOptions) -> float:
    """How much of the training is done, 0 to 1: by the time that it has worked, or by its steps."""
    if options.minutes is not None:
        return min(1.0, state.worked_s / (60 * options.minutes))
    return min(1.0, state.step / options.steps)


def rate_factor(step: int, done: float, options: TrainOptions) -> float:
    """What the rates of learning are multiplied with: a linear rise, then half a cosine to nothing."""
    rise = min(1.0, (step + 1) / max(options.warmup, 1))
    return rise * max(0.5 * (1 + float(np.cos(np.pi * done))), 0.003)


def loss_of(found: Tensor, truth: Tensor, seen: Tensor, options: TrainOptions) -> Tensor:
    """Mean distance in metres of joints (B, D, 17, 3) where `seen` (B, D), and of its change between paired rows.

    Every delay counts as its weight says. The last `paired` rows are the frames before those of the first ones.
    """
    error = found - truth
    weight = seen.float() * torch.tensor(options.delay_weights[: seen.shape[1]], device=seen.device)
    joints = found.shape[2]
    loss: Tensor = (error.norm(dim=-1) * weight[..., None]).sum() / (weight.sum() * joints).clamp(min=1e-6)
    paired = options.paired
    if paired:
        both = weight[:paired] * weight[-paired:]
        change = (error[:paired] - error[-paired:]).norm(dim=-1)
        loss = loss + options.smoothness * (change * both[..., None]).sum() / (both.sum() * joints).clamp(min=1e-6)
    return loss


def _validation_batch(options: TrainOptions) -> BatchOptions:
    return BatchOptions(
        windows=VALIDATION_WINDOWS,
        frames=max(options.batch.frames, VALIDATION_FRAMES),
        body=options.batch.body,
        noise=options.batch.noise,
    )


def _step(state: _State, sample: Sample, options: TrainOptions) -> float:
    """Learn from one batch and return its loss."""
    factor = rate_factor(state.step, done_part(state, options), options)
    for optimizer, rate in zip(state.optimizers, (options.matrix_rate, options.learning_rate), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate * factor
    state.model.train()
    device = device_of(state.model)
    arrays = (sample.window, sample.begun, sample.xyz_m, sample.seen)
    window, begun, truth, seen = (torch.from_numpy(one).to(device) for one in arrays)
    pair = None
    if state.pairs is not None:  # in one batch: two would have two sets of statistics
        pair = state.pairs.draw(_PAIRS, window.shape[1], np.random.default_rng([state.step, 2])).to(device)
        window, begun = torch.cat([window, pair.window]), torch.cat([begun, pair.begun])
    with torch.autocast(device.type, torch.bfloat16):
        found = state.model.one_frame(window, begun)
    found = found.float()
    loss = loss_of(found[: len(truth)], truth, seen, options)
    if pair is not None:
        loss = loss + options.view_weight * reprojection_loss(found[len(truth) :, 0], pair)
    state.model.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    for optimizer in state.optimizers:
        optimizer.step()
    state.average.update_parameters(state.model)
    state.step += 1
    return float(loss.detach())


def _check(state: _State, validation: Batch, loss: float, options: TrainOptions) -> None:
    """Validate, keep the best weights, draw the curve and write a checkpoint."""
    scores = score(ours(TemporalNet.from_folded(averaged(state).folded())), [validation])
    state.history.append({"step": state.step, "loss": loss, **scores})
    if scores["mpjpe_mm"] < state.best_mm:
        state.best_mm = scores["mpjpe_mm"]
        folded = averaged(state).folded()
        notes = {"seed": str(options.seed), "step": str(state.step), "validation": json.dumps(scores)}
        save(replace(folded, notes=notes), _best_path(options))
    checkpoint: dict[str, Any] = {
        "model": state.model.state_dict(),
        "average": state.average.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in state.optimizers],
        "step": state.step,
        "worked_s": state.worked_s,
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
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = TemporalNet(options.network).to(device)
    decay = get_ema_multi_avg_fn(options.averaging)  # type: ignore[no-untyped-call]
    average = AveragedModel(model, multi_avg_fn=decay, use_buffers=True)
    state = _State(model, average, _optimizers(model, options))
    config, checkpoint = options.run / "config.json", options.run / "checkpoint.pt"
    text = json.dumps(options.as_text(), indent=1)
    if checkpoint.exists():
        if _essence(json.loads(config.read_text())) != _essence(json.loads(text)):
            raise LiftingError(f"{options.run} holds a run with other options; choose another --run or delete it")
        kept = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(kept["model"])
        average.load_state_dict(kept["average"])
        for optimizer, its in zip(state.optimizers, kept["optimizers"], strict=True):
            optimizer.load_state_dict(its)
        state.worked_s = kept["worked_s"]
        state.step, state.best_mm, state.history = kept["step"], kept["best_mm"], kept["history"]
    with written_beside(config) as partial:
        partial.write_text(text)
    return state


def _optimizers(model: TemporalNet, options: TrainOptions) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    """One for the hidden matrices, one for everything else."""
    hidden: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        (hidden if parameter.ndim == 2 and not name.startswith("shrink") else others).append(parameter)
    decay = options.weight_decay
    return (
        Muon(hidden, options.matrix_rate, weight_decay=decay),
        torch.optim.AdamW(others, lr=options.learning_rate, weight_decay=decay, fused=True),
    )


def _essence(config: dict[str, Any]) -> dict[str, Any]:
    """The options that a run must keep when it is continued: how long and where to it runs may change."""
    return {name: value for name, value in config.items() if name not in _MAY_CHANGE}


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
    minutes: Annotated[float | None, typer.Option(help="Learn for so long instead.")] = None,
    short_until: Annotated[float, typer.Option(help="Part of the time in which windows are short.")] = 0.6,
    channels: Annotated[int, typer.Option(help="Width of the network.")] = 256,
    blocks: Annotated[int, typer.Option(help="Residual blocks: 3 see 81 frames, 4 see 243.")] = 3,
    views: Annotated[Path | None, typer.Option(help="Synchronised 2D views to learn from besides (.npz).")] = None,
    single_frame: Annotated[bool, typer.Option(help="The same network seeing one frame only.")] = False,
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 1,
) -> None:
    """Train a lifting network, or go on with a run."""
    network = NetworkOptions(channels, blocks, taps=1 if single_frame else 3, head=384, delays=(0, 3, 12))
    started = time.monotonic()
    options = TrainOptions(data, run, weights, seed, steps, minutes, threads=threads, network=network)
    train(replace(options, short_until=short_until, views=views))
    typer.echo(f"trained in {time.monotonic() - started:.0f} s: {run / 'best.safetensors'}")


if __name__ == "__main__":
    typer.run(command)
