"""How fast the pipeline really is, read off the times that the items carry."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from stream.item import Item

WINDOW_S = 3.0
_WINDOW_ITEMS = 1000


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 95th percentile of a time, in milliseconds; 0 where nothing was measured."""

    p50_ms: float = 0.0
    p95_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter shows.

    Attributes
    ----------
    fps : float
        Items a second.
    latency : Spread
        From capture to the last stage that the item passed.
    stages : dict of str to Spread
        The work of each stage, without the waiting before it, in the order of passing.
    items : int
        How many items were measured.
    seconds : float
        From the first item to the last.
    """

    fps: float
    latency: Spread
    stages: dict[str, Spread]
    items: int
    seconds: float


class Histogram:
    """Times in bins a fixed ratio apart: percentiles within 1 % of a run of any length, in 10 kB.

    >>> times = Histogram()
    >>> for ms in range(1, 101):
    ...     times.add(ms / 1000)
    >>> round(times.quantile_s(0.5) * 1000, 1), len(times)
    (50.1, 100)
    """

    _SHORTEST_S, _LONGEST_S, _RATIO = 1e-6, 1e3, 1.02

    def __init__(self) -> None:
        bins = int(np.ceil(np.log(self._LONGEST_S / self._SHORTEST_S) / np.log(self._RATIO))) + 1
        self._counts = np.zeros(bins, np.int64)

    def __len__(self) -> int:
        return int(self._counts.sum())

    def add(self, seconds: float) -> None:
        """Count one time; shorter than 1 us and longer than 1000 s count as those."""
        at = np.log(max(seconds, self._SHORTEST_S) / self._SHORTEST_S) / np.log(self._RATIO)
        self._counts[min(int(at), len(self._counts) - 1)] += 1

    def quantile_s(self, share: float) -> float:
        """The time that `share` (0..1) of all do not exceed; 0 where there are none."""
        total = len(self)
        if total == 0:
            return 0.0
        at = int(np.searchsorted(self._counts.cumsum(), max(1, np.ceil(share * total))))
        return float(self._SHORTEST_S * self._RATIO ** (at + 0.5))


@dataclass(frozen=True, slots=True)
class _Sample:
    """What one item told: when it was finished, how old it was then, and the work of each stage."""

    finished_s: float
    latency_s: float
    stages: tuple[tuple[str, float], ...]


class Meter:
    """Reads finished items; answers for the last seconds and for the whole run. Its memory does not grow.

    Used by one thread: that which takes the items from the pipeline. A last step outside the pipeline, such as drawing,
    is measured by giving the item its passage (`Item.with_passage`) before `add`.
    """

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._recent: deque[_Sample] = deque(maxlen=_WINDOW_ITEMS)
        self._latency = Histogram()
        self._stages: dict[str, Histogram] = {}
        self._first_s: float | None = None
        self._last_s = 0.0

    def add(self, item: Item) -> None:
        """Read the times of one item that has passed its last stage."""
        stages = tuple((passage.stage, passage.left_s - passage.entered_s) for passage in item.passed_s)
        finished_s = item.passed_s[-1].left_s if item.passed_s else item.captured_s
        sample = _Sample(finished_s, finished_s - item.captured_s, stages)
        self._recent.append(sample)
        while self._recent[0].finished_s < finished_s - self._window_s:
            self._recent.popleft()
        self._latency.add(sample.latency_s)
        for stage, seconds in stages:
            self._stages.setdefault(stage, Histogram()).add(seconds)
        self._first_s = finished_s if self._first_s is None else self._first_s
        self._last_s = finished_s

    def recent(self, now_s: float | None = None) -> Reading:
        """The last seconds; with `now_s` (of `time.perf_counter`) the rate sinks while nothing arrives."""
        samples = [one for one in self._recent if now_s is None or one.finished_s >= now_s - self._window_s]
        if not samples:
            return Reading(0.0, Spread(), {}, 0, 0.0)
        first_s, last_s = samples[0].finished_s, samples[-1].finished_s
        until_s = last_s if now_s is None or now_s - last_s < 1.0 else now_s
        times: dict[str, list[float]] = {}
        for sample in samples:
            for stage, seconds in sample.stages:
                times.setdefault(stage, []).append(seconds)
        return Reading(
            _rate(len(samples), until_s - first_s),
            _spread([sample.latency_s for sample in samples]),
            {stage: _spread(seconds) for stage, seconds in times.items()},
            len(samples),
            last_s - first_s,
        )

    def whole(self) -> Reading:
        """The whole run."""
        items = len(self._latency)
        seconds = self._last_s - (self._first_s or 0.0) if items else 0.0
        stages = {stage: _spread_of(times) for stage, times in self._stages.items()}
        return Reading(_rate(items, seconds), _spread_of(self._latency), stages, items, seconds)


def _rate(items: int, seconds: float) -> float:
    """Items a second: between n items lie n - 1 times."""
    return (items - 1) / seconds if items > 1 and seconds > 0 else 0.0


def _spread(seconds: list[float]) -> Spread:
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return Spread(float(p50), float(p95))


def _spread_of(times: Histogram) -> Spread:
    return Spread(times.quantile_s(0.5) * 1000, times.quantile_s(0.95) * 1000)
