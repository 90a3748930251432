"""Trains a network of ours: in one go on a GPU, or in stretches on a CPU, each going on where the last one ended."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from torch import nn

from detection.errors import DetectionError
from detection.training.augment import augment
from detection.training.distillation import OpenVinoTeacher, Teacher, taught
from detection.training.feed import Feed
from detection.training.loss import batch_targets, map_loss
from detection.training.network import PafNetwork, network_size
from detection.training.options import TrainOptions
from detection.training.photos import Photos, join
from detection.training.report import History, draw_curves, draw_predictions
from detection.training.sources import split
from detection.training.trunk import load_trunk
from detection.training.validate import Scores, validate
from pose.files import written_beside

CHECKPOINT = "checkpoint.pt"
BEST = "best.pt"
_MOST_SKIPPED = 50
"""Steps in a row with numbers that are not finite before the training gives up."""
_BAR = 1000


@dataclass(frozen=True, slots=True)
class TrainResult:
    """Where a training or a stretch of it ended."""

    samples: int
    finished: bool
    skipped: int
    scores: Scores | None


def train(options: TrainOptions) -> TrainResult:
    """Train until all samples are seen, the stretch ends or Ctrl-C; the run folder then holds the checkpoint.

    Raises
    ------
    DetectionError
        No GPU where one is asked for, unusable data, a checkpoint of another network, or numbers that stay infinite.
    """
    device = choose_device(options)
    if device.type == "cpu":
        torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = True  # sizes repeat; without a GPU it means nothing
    parts = split(join([Photos.load(path) for path in options.data]))
    options.run.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(options, device)
    with Feed(parts.training, options, device) as feed:
        return trainer.run(feed, parts.validation)


def choose_device(options: TrainOptions) -> torch.device:
    """The device asked for, a GPU by itself where there is one."""
    if options.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if options.device == "cuda" and not torch.cuda.is_available():
        raise DetectionError("torch sees no GPU here: train with --device cpu")
    return torch.device(options.device)


class Trainer:
    """The network, its average, its optimiser and how far they are."""

    def __init__(self, options: TrainOptions, device: torch.device) -> None:
        self.options = options
        self.device = device
        torch.manual_seed(options.seed)
        network = PafNetwork(network_size(options.size))
        if options.trunk is not None:
            network.trunk.load(load_trunk(options.trunk))
            network.trunk.freeze(options.frozen_blocks)
        if options.start is not None:
            state = read_checkpoint(options.start)
            if state.get("size") != options.size:
                raise DetectionError(f"{options.start} is of size {state.get('size')}, not {options.size}")
            network.load_state_dict(state.get("averaged", state["network"]))
        self.network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(self.network).eval()
        trunk = [parameter for parameter in self.network.trunk.parameters() if parameter.requires_grad]
        others = [*self.network.context.parameters(), *self.network.stages.parameters()]
        self.optimiser = torch.optim.AdamW(
            [{"params": trunk, "peak": options.trunk_rate}, {"params": others, "peak": options.rate}],
            lr=options.rate,
            weight_decay=options.weight_decay,
            fused=device.type == "cuda",
        )
        self._teacher: Teacher | None = None
        if options.teacher is not None:
            self._teacher = OpenVinoTeacher(options.teacher, options.threads)
        self.step = 0
        self.elapsed_s = 0.0
        self.skipped = 0
        self._skipped_in_a_row = 0
        self.history = History()
        self.best = -math.inf
        self._restore()

    def run(self, feed: Feed, validation: Photos) -> TrainResult:
        """Go on from where the checkpoint is."""
        options, started = self.options, time.monotonic()
        saved, scores, before_s = started, None, self.elapsed_s
        feed.progress_at = self.progress_at
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[state]}"),
        )
        with Progress(*columns) as progress:
            bar = progress.add_task("training", total=_BAR, completed=int(_BAR * self.progress_at(self.step)), state="")
            try:
                while not self.finished:
                    loss = self.train_step(feed)
                    now = time.monotonic()
                    self.elapsed_s = before_s + now - started
                    self.history.add_loss(self.seen, loss, now)
                    progress.update(
                        bar, completed=int(_BAR * self.progress_at(self.step)), state=self.history.state(self.seen)
                    )
                    if self.seen // options.validate_every > (self.seen - options.batch) // options.validate_every:
                        scores = self._look(validation)
                        progress.console.print(f"{self.seen} pictures: {scores}")
                    if now - saved > options.checkpoint_s:
                        self.save()
                        saved = now
                    if options.stop_after_s is not None and now - started > options.stop_after_s:
                        break
            except KeyboardInterrupt:
                progress.console.print("interrupted: the checkpoint is kept, the same command goes on with it")
            self.save()
        if self.finished and len(validation):
            scores = self._look(validation)
        return TrainResult(self.seen, self.finished, self.skipped, scores)

    @property
    def seen(self) -> int:
        """Pictures so far."""
        return self.step * self.options.batch

    @property
    def finished(self) -> bool:
        """Whether all pictures are seen, or the time is used."""
        return self.progress_at(self.step) >= 1

    def progress_at(self, step: int) -> float:
        """How far the training is at a step, 0..1."""
        budget_s = self.options.budget_s
        return min(1.0, step / self.options.steps if budget_s is None else self.elapsed_s / budget_s)

    def train_step(self, feed: Feed) -> float:
        """One batch; its loss. A step whose numbers are not finite changes nothing but the count of them."""
        options = self.options
        progress = self.progress_at(self.step)
        factor = learning_rate_factor(progress, self.seen / options.warm_up)
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * factor
        self.network.train()
        seed = options.seed * 1_000_003 + self.step
        batch = augment(feed.batch(self.step), options.crop_at(progress), options.augmentation, seed)
        pictures = batch.pictures.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=options.reduced):
            predictions = self.network(pictures)
        targets = batch_targets(batch)
        if self._teacher is not None:
            targets = taught(targets, self._teacher(batch.pictures), options.teacher_share)
        loss = map_loss(predictions, targets, options.balance)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), options.clip)
        self.step += 1
        if not bool(torch.isfinite(norm + loss)):
            self._skip()
            return math.nan
        self._skipped_in_a_row = 0
        self.optimiser.step()
        self._average()
        return float(loss.detach())

    def _skip(self) -> None:
        self.skipped += 1
        self._skipped_in_a_row += 1
        if self._skipped_in_a_row >= _MOST_SKIPPED:
            raise DetectionError(
                f"training diverged: {_MOST_SKIPPED} steps in a row gave numbers that are not finite; "
                "lower --rate, or train without bfloat16"
            )

    @torch.no_grad()
    def _average(self) -> None:
        """Move the averaged weights a little towards the present ones, faster at the start."""
        decay = min(self.options.average, (1 + self.step) / (10 + self.step))
        averaged, present = self.averaged.state_dict(), self.network.state_dict()
        floating = [name for name, value in present.items() if value.is_floating_point()]
        torch._foreach_lerp_([averaged[name] for name in floating], [present[name] for name in floating], 1 - decay)

    def _look(self, validation: Photos) -> Scores:
        """Scores on the validation photos; the best network so far is kept beside the checkpoint."""
        scores = validate(self.averaged, validation, self.device)
        self.history.add_scores(self.seen, scores)
        draw_curves(self.history, self.options.run / "curves.png")
        draw_predictions(self.averaged, validation, self.device, self.options.run / "predictions.png")
        if scores.mean > self.best:
            self.best = scores.mean
            _write(self.options.run / BEST, {"size": self.options.size, "network": self.averaged.state_dict()})
        return scores

    def save(self) -> None:
        """Write the checkpoint and the curves."""
        _write(
            self.options.run / CHECKPOINT,
            {
                "size": self.options.size,
                "seed": self.options.seed,
                "batch": self.options.batch,
                "network": self.network.state_dict(),
                "averaged": self.averaged.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "elapsed_s": self.elapsed_s,
                "skipped": self.skipped,
                "best": self.best,
                "history": self.history.to_dict(),
            },
        )
        draw_curves(self.history, self.options.run / "curves.png")

    def _restore(self) -> None:
        path = self.options.run / CHECKPOINT
        if not path.is_file():
            return
        state = read_checkpoint(path, self.device)
        for name, mine in (("size", self.options.size), ("batch", self.options.batch), ("seed", self.options.seed)):
            if state.get(name) != mine:
                raise DetectionError(
                    f"{path} is of a training with {name} {state.get(name)}, not {mine}: choose another --run folder"
                )
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.skipped, self.best = int(state["step"]), int(state["skipped"]), float(state["best"])
        self.elapsed_s = float(state.get("elapsed_s", 0.0))
        self.history = History.from_dict(state["history"])


def learning_rate_factor(progress: float, warm: float) -> float:
    """Half a cosine down to a hundredth over `progress` 0..1, less while `warm`, the share of the warm-up, is below 1.

    >>> learning_rate_factor(0.0, 0.0), learning_rate_factor(0.0, 1.0), round(learning_rate_factor(1.0, 9.0), 4)
    (0.1, 1.0, 0.01)
    """
    cosine = 0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * min(progress, 1.0)))
    return cosine * min(1.0, max(0.1, warm))


def read_checkpoint(path: Path, device: torch.device | None = None) -> dict[str, Any]:
    """A file that a training wrote.

    Raises
    ------
    DetectionError
        It is missing, cut off, or something else.
    """
    try:
        # weights_only: a checkpoint is read as data, never as a program.
        state = torch.load(path, map_location=device or "cpu", weights_only=True)
    except Exception as error:  # torch raises whatever the bytes lead it to
        raise DetectionError(f"{path} is no checkpoint of a training ({type(error).__name__}: {error})") from error
    if not isinstance(state, dict) or "network" not in state:
        raise DetectionError(f"{path} is no checkpoint of a training")
    return state


def _write(path: Path, content: dict[str, Any]) -> None:
    with written_beside(path) as partial:
        torch.save(content, partial)
