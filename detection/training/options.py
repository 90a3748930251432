"""What a training is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detection.errors import DetectionError
from detection.training.augment import AugmentOptions
from detection.training.loss import Balance

DEFAULT_SHARES = {
    "coco": 0.40,
    "actor": 0.22,
    "low": 0.16,
    "lspet": 0.15,
    "unlabelled": 0.15,
    "pseudo": 0.12,
    "empty": 0.05,
}
TAUGHT_ONLY = "unlabelled"
"""The source that says nothing without a teacher."""


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """Everything a training depends on; two with equal options and seed on one device are equal.

    Attributes
    ----------
    run : Path
        Folder of checkpoint, curves and predictions; a training that finds its checkpoint there goes on with it.
    data : tuple of Path
        Packed sets of pictures (`python -m detection.training pack`).
    trunk : Path, optional
        The trunk's packed weights; None starts from random ones.
    start : Path, optional
        A checkpoint of the same size whose network a new training starts from.
    teacher : Path, optional
        human-pose-estimation-0001.xml: its maps are targets where nothing is labelled (`distillation.py`).
    teacher_share : float
        How much of the target is the teacher's, 0..1, where something is labelled.
    size : str
        Name of the network's size (`detection.training.network.SIZES`).
    samples : int
        Pictures to see in all.
    budget_s : float, optional
        Seconds to train in all, instead of `samples`, for a machine that is lent for a time: schedules follow it.
    batch : int
    crops : tuple of (float, int)
        From which share of the training on crops have which side in pixels (multiples of 32): small ones first.
    stored : int
        Pictures are kept with at most this many pixels on their longer side.
    shares : dict
        How much of each batch comes from each source; sources without pictures give theirs to the others.
    late : dict
        Sources that join gradually, fully at this share of the training: the hardest come last.
    trunk_rate, rate : float
        Highest learning rates of the trunk and of everything else.
    frozen_blocks : int
        Blocks of the trunk, from the picture on, that keep their first weights: it makes a CPU twice as fast.
    weight_decay : float
    warm_up : int
        Pictures over which the learning rate rises.
    average : float
        Decay of the exponential average of the weights, a step.
    clip : float
        Largest norm of the gradient.
    seed : int
    device : str
        "cpu", "cuda", or "auto".
    threads : int
        Processor threads of torch on the CPU.
    reduced : bool
        Run convolutions in bfloat16.
    checkpoint_s : float
        Seconds between checkpoints.
    validate_every : int
        Pictures between looks at the validation photos.
    stop_after_s : float, optional
        End this stretch after so many seconds, with a checkpoint.
    """

    run: Path
    data: tuple[Path, ...]
    trunk: Path | None = None
    start: Path | None = None
    teacher: Path | None = None
    teacher_share: float = 0.4
    size: str = "small"
    samples: int = 1_000_000
    budget_s: float | None = None
    batch: int = 16
    crops: tuple[tuple[float, int], ...] = ((0.0, 192), (0.5, 256))
    stored: int = 320
    shares: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_SHARES))
    late: dict[str, float] = field(default_factory=lambda: {"lspet": 0.15})
    trunk_rate: float = 3e-4
    rate: float = 1.5e-3
    frozen_blocks: int = 0
    weight_decay: float = 1e-4
    warm_up: int = 4_000
    average: float = 0.999
    clip: float = 5.0
    seed: int = 1
    device: str = "auto"
    threads: int = 2
    reduced: bool = True
    checkpoint_s: float = 180.0
    validate_every: int = 20_000
    stop_after_s: float | None = None
    augmentation: AugmentOptions = field(default_factory=AugmentOptions)
    balance: Balance = field(default_factory=Balance)

    def __post_init__(self) -> None:
        if self.samples < 1 or self.batch < 1:
            raise DetectionError(
                f"a training needs at least one picture and a batch of one, not {self.samples}, {self.batch}"
            )
        if not self.crops or self.crops[0][0] != 0 or any(side % 32 for _, side in self.crops):
            raise DetectionError(f"crops start at 0 and have sides that are multiples of 32, not {self.crops}")
        if not self.data:
            raise DetectionError("a training needs at least one packed set of pictures")

    @property
    def steps(self) -> int:
        """Batches in all."""
        return -(-self.samples // self.batch)

    def crop_at(self, progress: float) -> int:
        """Side of the crops at `progress` 0..1.

        >>> TrainOptions(Path("run"), (Path("a.npz"),)).crop_at(0.6)
        256
        """
        return [side for start, side in self.crops if start <= progress][-1]

    def shares_at(self, progress: float) -> dict[str, float]:
        """Share of every source at `progress` 0..1, before sources without pictures are left out."""
        return {
            source: share * min(1.0, progress / self.late[source] if self.late.get(source) else 1.0)
            for source, share in self.shares.items()
            if self.teacher is not None or source != TAUGHT_ONLY
        }


PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {
        "samples": 150_000,
        "batch": 16,
        "crops": ((0.0, 192), (0.95, 256)),
        "frozen_blocks": 3,
        "validate_every": 8_000,
    },
    "gpu": {
        "samples": 4_000_000,
        "batch": 256,
        "stored": 384,
        "crops": ((0.0, 192), (0.3, 256), (0.8, 320)),
        "rate": 2.5e-3,
        "trunk_rate": 5e-4,
        "warm_up": 60_000,
        "validate_every": 400_000,
    },
}
"""Settings of `TrainOptions` for two cores in many stretches, and for one GPU in half an hour."""


def preset(name: str) -> dict[str, Any]:
    """The settings of that name.

    Raises
    ------
    DetectionError
        There are none.
    """
    if name not in PRESETS:
        raise DetectionError(f"no preset '{name}': choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
