"""Batches of pictures for the trainer, from memory, or all from the memory of the GPU."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import numpy as np
import torch
from numpy.typing import NDArray

from detection.errors import DetectionError
from detection.training.augment import Samples
from detection.training.options import TrainOptions
from detection.training.photos import Photos


class Feed:
    """Chooses pictures by source and hands them over; on a GPU all of them lie in its memory as uint8.

    `progress_at` says how far the training is, 0..1, at a step; a trainer that follows the clock puts its own there.
    On the CPU the next batch is decoded in a thread while the network works on this one; `close` ends it.
    """

    def __init__(
        self, photos: Photos, options: TrainOptions, device: torch.device, *, resident: bool | None = None
    ) -> None:
        self.progress_at: Callable[[int], float] = lambda step: step / options.steps
        self._photos = photos
        self._options = options
        self._by_source = {str(name): np.flatnonzero(photos.source == name) for name in np.unique(photos.source)}
        if not set(self._by_source) & set(options.shares):
            raise DetectionError(f"none of the sources {sorted(self._by_source)} has a share in {options.shares}")
        self._resident: Samples | None = None
        if resident if resident is not None else device.type != "cpu":
            everything = photos.samples(np.arange(len(photos)), options.stored)
            labels = everything.labels.to(device)
            self._resident = Samples(everything.pictures.to(device), everything.sizes.to(device), labels)
        self._device = device
        self._pool = ThreadPoolExecutor(1)
        self._ahead: tuple[int, Future[Samples]] | None = None

    def indices(self, step: int) -> NDArray[np.intp]:
        """Which pictures the batch of `step` holds; the same for the same seed."""
        options = self._options
        random = np.random.default_rng((options.seed, step))
        shares = options.shares_at(self.progress_at(step))
        sources = [name for name in sorted(self._by_source) if shares.get(name, 0) > 0]
        weights = np.array([shares[name] for name in sources])
        chosen = random.choice(len(sources), options.batch, p=weights / weights.sum())
        return np.array([random.choice(self._by_source[sources[one]]) for one in chosen], np.intp)

    def batch(self, step: int) -> Samples:
        """The pictures of a step, on the device of the training."""
        if self._resident is not None:
            order = torch.from_numpy(self.indices(step)).to(self._device)
            resident = self._resident
            return Samples(resident.pictures[order], resident.sizes[order], resident.labels.take(order))
        if self._ahead is not None and self._ahead[0] == step:
            samples = self._ahead[1].result()
        else:
            samples = self._photos.samples(self.indices(step), self._options.stored)
        following = self.indices(step + 1)
        self._ahead = (step + 1, self._pool.submit(self._photos.samples, following, self._options.stored))
        return samples

    def close(self) -> None:
        """End the thread that decodes; may be called twice."""
        self._pool.shutdown(cancel_futures=True)

    def __enter__(self) -> Feed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
