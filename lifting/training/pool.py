"""Batches of windows that have nothing to do with each other, out of a pool that is renewed all the time.

Making a window costs more than learning from one frame of it, and neighbouring frames teach nearly the same. So windows
are made in chunks, kept for a while, and every step learns from one frame of many of them. Chunk and choice are pure
functions of seed and number: a training that was killed refills its pool and goes on alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

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
    xyz_m : array, float32, shape (B, 17, 3)
        The truth of the last frame.
    seen : array, bool, shape (B,)
    """

    window: Float32
    begun: Bool
    xyz_m: Float32
    seen: Bool


def samples(windows: Windows, options: TrainOptions, first_step: int) -> Iterator[Sample]:
    """The samples of every step from `first_step` on."""

    def chunk(number: int) -> Batch:
        return make(windows, options.batch, np.random.default_rng([options.seed, number]))

    def newest(step: int) -> int:
        return _FIRST_CHUNKS + step // options.steps_a_chunk

    with ThreadPoolExecutor(1) as maker:
        until = newest(first_step)
        pool = [chunk(number) for number in range(max(0, until - options.pool_chunks), until)]
        ahead: Future[Batch] = maker.submit(chunk, until)
        for step in range(first_step, options.steps):
            if newest(step) > until:
                pool.append(ahead.result())
                until += 1
                del pool[: -options.pool_chunks]
                ahead = maker.submit(chunk, until)
            yield _draw(pool, options, np.random.default_rng([options.seed, step, 1]))


def _draw(pool: list[Batch], options: TrainOptions, random: np.random.Generator) -> Sample:
    """One frame each of windows of the pool; the last `paired` rows are the frames before the first rows' frames."""
    count, field = options.batch_windows, options.network.receptive_field
    windows, frames = pool[0].features.shape[:2]
    of_chunk, row = random.integers(len(pool), size=count), random.integers(windows, size=count)
    end = random.integers(min(field, frames - 1), frames, size=count)
    end = np.where(random.random(count) < _EARLY, random.integers(1, frames, size=count), end)
    paired = slice(0, options.paired)
    of_chunk, row = np.concatenate([of_chunk, of_chunk[paired]]), np.concatenate([row, row[paired]])
    end = np.concatenate([end, end[paired] - 1])
    at = end[:, None] + np.arange(1 - field, 1)  # (B, receptive_field)
    begun, at = at >= 0, np.maximum(at, 0)
    window = np.stack([pool[c].features[r, a] for c, r, a in zip(of_chunk, row, at, strict=True)])
    window *= begun[..., None]
    chosen = list(zip(of_chunk, row, end, strict=True))
    xyz = np.stack([pool[c].xyz_m[r, e] for c, r, e in chosen])
    seen = np.array([pool[c].seen[r, e] for c, r, e in chosen])
    return Sample(window, begun, xyz, seen)
