"""Batches of windows that have nothing to do with each other, out of a pool that is renewed all the time.

Making a window costs more than learning from one frame of it, and neighbouring frames teach nearly the same. So windows
are made in chunks, kept for a while, and every step learns from one frame of many of them. Chunk and choice are pure
functions of seed and number: a training that was killed refills its pool and goes on alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from lifting.training.batches import Batch, Windows, make
from lifting.training.options import TrainOptions

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_FIRST_CHUNKS = 16
_EARLY = 0.15
"""How often a frame near the beginning of a stream is learnt from, when the past is not full yet."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one step learns from.

    Attributes
    ----------
    window : array, float32, shape (B, receptive_field, FEATURES)
        What led to each frame, and the frame itself as the last; zeros before the stream began.
    begun : array, bool, shape (B, receptive_field)
    xyz_m : array, float32, shape (B, D, 17, 3)
        The truth of the last frame, and of those the network's delays before it.
    seen : array, bool, shape (B, D)
    """

    window: Float32
    begun: Bool
    xyz_m: Float32
    seen: Bool


class Pool:
    """The last chunks, side by side; chunk n lies in place n modulo their number."""

    def __init__(self, chunks: int, chunk: Batch) -> None:
        self._chunks, self._windows = chunks, len(chunk.features)
        self.features = np.empty((chunks * self._windows, *chunk.features.shape[1:]), np.float32)
        self.xyz_m = np.empty((chunks * self._windows, *chunk.xyz_m.shape[1:]), np.float32)
        self.seen = np.empty((chunks * self._windows, *chunk.seen.shape[1:]), np.bool_)
        self.count = 0

    def put(self, number: int, chunk: Batch) -> None:
        """Chunk `number` in the place of the oldest one."""
        first = number % self._chunks * self._windows
        rows = slice(first, first + self._windows)
        self.features[rows], self.xyz_m[rows], self.seen[rows] = chunk.features, chunk.xyz_m, chunk.seen
        self.count = min(number + 1, self._chunks)

    @property
    def rows(self) -> int:
        """Windows to choose from."""
        return self.count * self._windows


def samples(windows: Windows, options: TrainOptions, first_step: int, field: int) -> Iterator[Sample]:
    """The samples of every step from `first_step` on, without end.

    Parameters
    ----------
    field : int
        Frames of a sample's window.
    """

    def chunk(number: int) -> Batch:
        return make(windows, options.batch, np.random.default_rng([options.seed, number]))

    def newest(step: int) -> int:
        return _FIRST_CHUNKS + step // options.steps_a_chunk

    with ThreadPoolExecutor(1) as maker:
        until = newest(first_step)
        first = max(0, until - options.pool_chunks)
        pool = Pool(options.pool_chunks, chunk(first))
        for number in range(first, until):
            pool.put(number, chunk(number))
        ahead: Future[Batch] = maker.submit(chunk, until)
        for step in count(first_step):
            if newest(step) > until:
                pool.put(until, ahead.result())
                until += 1
                ahead = maker.submit(chunk, until)
            yield _draw(pool, options, field, np.random.default_rng([options.seed, step, 1]))


def _draw(pool: Pool, options: TrainOptions, field: int, random: np.random.Generator) -> Sample:
    """One frame each of windows of the pool; the last `paired` rows are the frames before the first rows' frames."""
    rows = options.batch_windows
    frames = pool.features.shape[1]
    row = random.integers(pool.rows, size=rows)
    end = random.integers(min(field, frames - 1), frames, size=rows)
    end = np.where(random.random(rows) < _EARLY, random.integers(1, frames, size=rows), end)
    paired = slice(0, options.paired)
    row, end = np.concatenate([row, row[paired]])[:, None], np.concatenate([end, end[paired] - 1])[:, None]
    at = end + np.arange(1 - field, 1)  # (B, receptive_field)
    begun, at = at >= 0, np.maximum(at, 0)
    window = pool.features[row, at]
    window *= begun[..., None]
    told = end - np.array(options.network.delays)  # (B, D)
    there, told = told >= 0, np.maximum(told, 0)
    return Sample(window, begun, pool.xyz_m[row, told], pool.seen[row, told] & there)
