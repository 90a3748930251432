"""The streaming twin of `lifting.tcn`: one frame in, one pose out, no torch, the same numbers.

Every dilated layer keeps its own past inputs in a ring as long as its dilation asks for, so a step computes each layer
once, whatever the receptive field. All people share one clock and one product a layer. One thread, without Python's
lock.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from lifting.normalise import FEATURES
from lifting.weights import TAPS, LifterWeights
from pose.joint_sets import H36M17

Float32 = NDArray[np.float32]
Index = NDArray[np.intp]


PAST_TICKS = 27
"""For so many ticks somebody who has just come is taken to have looked as in the first frame."""


class StreamingNet:
    """A causal lifting network that is fed frame by frame.

    People live in slots. Whoever is fed must be fed at every tick, with a frame in which nothing is seen if need be, so
    that time stays even; a slot that is given to somebody else is cleared first.

    Parameters
    ----------
    weights : LifterWeights
        Of a causal network.
    slots : int
        People at first; more are made when needed.
    """

    def __init__(self, weights: LifterWeights, slots: int = 4) -> None:
        if not weights.causal:
            raise ValueError("a symmetric network looks ahead: it cannot stream")
        self._weights = weights
        self._dilation = [TAPS**i for i in range(weights.blocks + 1)]
        self._tick = 0
        self._last = weights.last_layers()
        spans = [(weights.taps - 1) * dilation for dilation in self._dilation]
        widths = [FEATURES] + [weights.channels] * weights.blocks
        shapes = zip(spans, widths, strict=True)
        self._rings = [np.zeros((span, slots, width), np.float32) for span, width in shapes]  # (age, person, channel)
        self._seen = np.zeros((max(weights.delays), slots, FEATURES), np.float32)

    @property
    def slots(self) -> int:
        """People there is room for."""
        return int(self._rings[0].shape[1])

    def grow(self, slots: int) -> None:
        """Make room for at least `slots` people; those who are there keep their past."""
        more = slots - self.slots
        if more > 0:
            self._rings = [np.pad(ring, ((0, 0), (0, more), (0, 0))) for ring in self._rings]
            self._seen = np.pad(self._seen, ((0, 0), (0, more), (0, 0)))

    def clear(self, slot: int) -> None:
        """Forget the past of one slot."""
        for ring in (*self._rings, self._seen):
            ring[:, slot] = 0

    def begin(self, features: Float32, slots: Index) -> None:
        """Give slots (K,) a past: these features (K, FEATURES), seen for `PAST_TICKS` and nothing before.

        What a network tells of somebody's first frames then is what it tells of somebody who has stood still, and not
        of somebody who came out of nothing.
        """
        past = StreamingNet(self._weights, len(slots))
        past._tick = self._tick - PAST_TICKS
        for _ in range(PAST_TICKS):
            past.step(features, np.arange(len(slots)))
        for ring, other in zip((*self._rings, self._seen), (*past._rings, past._seen), strict=True):
            ring[:, slots] = other

    def step(self, features: Float32, slots: Index, *, commit: bool = True, delay: int = 0) -> Float32:
        """Feed one frame of K people and return their poses.

        Parameters
        ----------
        features : array, float32, shape (K, FEATURES)
        slots : array, shape (K,)
            Everybody's slot, all different.
        commit : bool
            Whether this frame is a tick of the clock and becomes part of the past. Without, the answer is the same and
            nothing is remembered.
        delay : int
            Which of the weights' `delays` to answer for: the pose so many frames ago, told with what came since.

        Returns
        -------
        array, float32, shape (K, 17, 3)
            Metres relative to the pelvis, in the axes of the features of the frame that is told.
        """
        output = self._weights.delays.index(delay)
        weight, bias = self._weights.weight, self._weights.bias
        x = dense(self._with_past(0, features, slots, commit), weight[0], bias[0], True)
        for block in range(self._weights.blocks):
            wide, mix = 1 + 2 * block, 2 + 2 * block
            hidden = dense(self._with_past(block + 1, x, slots, commit), weight[wide], bias[wide], True)
            x = x + dense(hidden, weight[mix], bias[mix], True)
        seen = self._recent(features, slots, commit)
        if self._weights.head:
            x = dense(np.concatenate([x, seen], axis=1), weight[-3], bias[-3], True)
            x = x + dense(x, weight[-2], bias[-2], True)
        if commit:
            self._tick += 1
        out = np.zeros((len(features), len(H36M17), 3), np.float32)
        last, last_bias = self._last[output]
        out[:, 1:] = dense(np.concatenate([x, seen], axis=1), last, last_bias, False).reshape(len(features), -1, 3)
        return out

    def _recent(self, now: Float32, slots: Index, commit: bool) -> Float32:
        """The features (K, D * FEATURES) of the frames that the last layers look at: `delays` frames ago."""
        delays, length = self._weights.delays, len(self._seen)
        if delays == (0,):
            return now
        ago = [now if not delay else self._seen[(self._tick - delay) % length, slots] for delay in delays]
        recent: Float32 = np.concatenate(ago, axis=1)
        if commit:
            self._seen[self._tick % length, slots] = now
        return recent

    def _with_past(self, layer: int, now: Float32, slots: Index, commit: bool) -> Float32:
        """The taps (K, taps * C) of a layer, the oldest first; its ring takes what is new."""
        ring, dilation = self._rings[layer], self._dilation[layer]
        span = len(ring)
        if span == 0:
            return now
        oldest = self._tick % span
        middle = (self._tick + dilation) % span
        taps: Float32 = np.concatenate([ring[oldest, slots], ring[middle, slots], now], axis=1)
        if commit:
            ring[oldest, slots] = now
        return taps


_FAST = {"contract", "reassoc", "nsz"}
_TOGETHER = 4
"""People whose sums are computed at once: each weight that is read then serves four of them."""


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def dense(x: Float32, weight: Float32, bias: Float32, relu: bool) -> Float32:
    """`x @ weight + bias`, optionally with ReLU, for few rows: (K, N) by (N, M) to (K, M).

    Reading the weights is what takes the time. Four rows of them are used at once, so that the sums are touched a
    quarter as often, and for four people at once where there are so many.
    """
    people = x.shape[0]
    out = np.empty((people, weight.shape[1]), np.float32)
    for k in range(people):
        out[k] = bias
    alone = people - people % _TOGETHER
    for k in range(0, alone, _TOGETHER):
        _add_four(x[k : k + _TOGETHER], weight, out[k : k + _TOGETHER])
    for k in range(alone, people):
        _add_one(x[k], weight, out[k])
    if relu:
        for k in range(people):
            for j in range(out.shape[1]):
                out[k, j] = max(out[k, j], np.float32(0))
    return out


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _add_one(x: Float32, weight: Float32, out: Float32) -> None:
    """`out += x @ weight` for one person, (N,) by (N, M) to (M,); rows that meet zeros only are not read at all."""
    inputs, outputs = weight.shape
    for i in range(0, inputs - inputs % 4, 4):
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        if x0 == 0 and x1 == 0 and x2 == 0 and x3 == 0:
            continue
        w0, w1, w2, w3 = weight[i], weight[i + 1], weight[i + 2], weight[i + 3]
        for j in range(outputs):
            out[j] += x0 * w0[j] + x1 * w1[j] + x2 * w2[j] + x3 * w3[j]
    for i in range(inputs - inputs % 4, inputs):
        for j in range(outputs):
            out[j] += x[i] * weight[i, j]


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _add_four(x: Float32, weight: Float32, out: Float32) -> None:
    """`out += x @ weight` for four people, (4, N) by (N, M) to (4, M)."""
    inputs, outputs = weight.shape
    a, b, c, d = x[0], x[1], x[2], x[3]
    to_a, to_b, to_c, to_d = out[0], out[1], out[2], out[3]
    for i in range(0, inputs - inputs % 4, 4):
        a0, a1, a2, a3 = a[i], a[i + 1], a[i + 2], a[i + 3]
        b0, b1, b2, b3 = b[i], b[i + 1], b[i + 2], b[i + 3]
        c0, c1, c2, c3 = c[i], c[i + 1], c[i + 2], c[i + 3]
        d0, d1, d2, d3 = d[i], d[i + 1], d[i + 2], d[i + 3]
        w0, w1, w2, w3 = weight[i], weight[i + 1], weight[i + 2], weight[i + 3]
        for j in range(outputs):
            v0, v1, v2, v3 = w0[j], w1[j], w2[j], w3[j]
            to_a[j] += a0 * v0 + a1 * v1 + a2 * v2 + a3 * v3
            to_b[j] += b0 * v0 + b1 * v1 + b2 * v2 + b3 * v3
            to_c[j] += c0 * v0 + c1 * v1 + c2 * v2 + c3 * v3
            to_d[j] += d0 * v0 + d1 * v1 + d2 * v2 + d3 * v3
    for i in range(inputs - inputs % 4, inputs):
        for j in range(outputs):
            v = weight[i, j]
            to_a[j] += a[i] * v
            to_b[j] += b[i] * v
            to_c[j] += c[i] * v
            to_d[j] += d[i] * v
