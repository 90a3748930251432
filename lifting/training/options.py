"""Everything that a training run can be told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

from lifting.tcn import NetworkOptions
from lifting.training.batches import BatchOptions
from lifting.training.noise import NoiseOptions


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
    minutes : float, optional
        Falls with the time that the run has worked instead, and ends after so long; the same seed then gives the same
        batches, but not the same number of them.
    matrix_rate, learning_rate, weight_decay : float
        Rates of the hidden matrices (`Muon`) and of everything else (AdamW), and the decay of both.
    short_until : float
        Until this part of the training the network's last block sleeps: most of what there is to learn is in one frame
        and those just before, and short windows cost a third. With 1 it never wakes up, and is not saved.
    batch_windows, paired : int
        Windows a step, and how many of them are learnt from at two frames that follow each other.
    pool_chunks, steps_a_chunk : int
        Windows are drawn from a pool of so many chunks (of `batch.windows` each); the oldest is replaced by a new one
        every so many steps.
    short_frames : int
        Frames of a window while the last block sleeps.
    delay_weights : tuple of float
        Weight of the error of the pose at each of the network's delays.
    smoothness : float
        Weight of the error's change between two frames beside the error itself.
    views : Path, optional
        Synchronised views of people without 3D to learn from besides (`lifting.training.multiview`).
    view_weight : float
        Weight of the reprojection error between views beside the error of poses.
    leave_out : str
        Collection that is not trained on, for experiments.
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
    minutes: float | None = None
    warmup: int = 100
    matrix_rate: float = 0.02
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    short_until: float = 0.6
    batch_windows: int = 768
    paired: int = 96
    pool_chunks: int = 160
    steps_a_chunk: int = 1
    short_frames: int = 42
    delay_weights: tuple[float, ...] = (1.0, 0.5, 0.5)
    smoothness: float = 1.0
    views: Path | None = None
    view_weight: float = 0.2
    leave_out: str = ""
    averaging: float = 0.998
    check_every: int = 250
    threads: int = 1
    network: NetworkOptions = field(default_factory=lambda: NetworkOptions(head=384, delays=(0, 3, 12)))
    batch: BatchOptions = field(default_factory=lambda: BatchOptions(windows=64, noise=NoiseOptions(easy_chance=0.5)))
    collections: dict[str, float] = field(
        default_factory=lambda: {"uiprmd": 1.4, "hdm05": 0.9, "cmu_exercises": 0.6, "cmu_8actions": 0.7, "floor": 0.6}
    )

    def as_text(self) -> dict[str, object]:
        """The options as plain values for the run's configuration file."""
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}
