"""Everything that a training run can be told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

from lifting.tcn import NetworkOptions
from lifting.training.batches import BatchOptions


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """One training run.

    Attributes
    ----------
    data : Path
        Folder of motion files (`lifting.training.mocap`).
    run : Path
        Where the configuration, the curve, checkpoints and weights go; a run that is there already is continued.
    weights : Path, optional
        Where the finished weights are copied to.
    seed, steps, warmup : int
        Steps are batches; the rate of learning rises for `warmup` steps and falls by a cosine to nearly nothing.
    learning_rate, weight_decay : float
    batch_windows, paired : int
        Windows a step, and how many of them are learnt from at two frames that follow each other.
    pool_chunks, steps_a_chunk : int
        Windows are drawn from a pool of so many chunks (of `batch.windows` each); the oldest is replaced by a new one
        every so many steps.
    smoothness : float
        Weight of the error's change between two frames beside the error itself.
    averaging : float
        Decay of the moving average over the weights, which is what is validated and shipped.
    check_every : int
        Steps between validations and checkpoints.
    threads : int
    network, batch
        The network's shape and what batches are like.
    collections : dict of str to float
        How often windows are drawn from each collection, relative to each other; 1 where not named.
    """

    data: Path
    run: Path
    weights: Path | None = None
    seed: int = 1
    steps: int = 14_000
    warmup: int = 300
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    batch_windows: int = 256
    paired: int = 64
    pool_chunks: int = 160
    steps_a_chunk: int = 3
    smoothness: float = 1.0
    averaging: float = 0.999
    check_every: int = 250
    threads: int = 1
    network: NetworkOptions = field(default_factory=NetworkOptions)
    batch: BatchOptions = field(default_factory=lambda: BatchOptions(windows=64))
    collections: dict[str, float] = field(
        default_factory=lambda: {"uiprmd": 1.4, "hdm05": 0.9, "cmu_exercises": 0.6, "cmu_8actions": 0.7, "floor": 0.6}
    )

    def as_text(self) -> dict[str, object]:
        """The options as plain values for the run's configuration file."""
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}
