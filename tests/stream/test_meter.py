from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.item import Item
from stream.meter import Histogram, Meter
from tests.stream.fakes import picture


def item(captured_s: float, *passages: tuple[str, float, float]) -> Item:
    made = Item(picture(0), captured_s)
    for stage, entered_s, left_s in passages:
        made = made.with_passage(stage, entered_s, left_s)
    return made


def run(meter: Meter, count: int, every_s: float, detect_s: float, latency_s: float) -> float:
    finished_s = 0.0
    for index in range(count):
        finished_s = 100 + index * every_s
        captured_s = finished_s - latency_s
        detected = ("detect", finished_s - 0.002 - detect_s, finished_s - 0.002)
        meter.add(item(captured_s, detected, ("draw", finished_s - 0.001, finished_s)))
    return finished_s


def test_rate_latency_and_steps() -> None:
    meter = Meter()
    run(meter, 100, every_s=0.04, detect_s=0.012, latency_s=0.05)
    for reading in (meter.recent(), meter.whole()):
        assert reading.fps == pytest.approx(25, rel=0.01)
        assert reading.latency.p50_ms == pytest.approx(50, rel=0.02)
        assert reading.latency.p95_ms == pytest.approx(50, rel=0.02)
        assert list(reading.stages) == ["detect", "draw"]
        assert reading.stages["detect"].p50_ms == pytest.approx(12, rel=0.02)
        assert reading.stages["draw"].p95_ms == pytest.approx(1, rel=0.02)
    assert meter.whole().items == 100
    assert meter.whole().seconds == pytest.approx(99 * 0.04)


def test_only_the_last_seconds_are_recent() -> None:
    meter = Meter(window_s=1.0)
    run(meter, 50, every_s=0.1, detect_s=0.05, latency_s=0.2)
    for index in range(100):
        finished_s = 105 + index * 0.02
        meter.add(item(finished_s - 0.01, ("detect", finished_s - 0.005, finished_s)))
    recent = meter.recent()
    assert recent.fps == pytest.approx(50, rel=0.03)
    assert recent.latency.p95_ms == pytest.approx(10)
    assert list(recent.stages) == ["detect"]
    assert meter.whole().latency.p95_ms == pytest.approx(200, rel=0.02)


def test_the_rate_sinks_while_nothing_arrives() -> None:
    meter = Meter(window_s=3.0)
    last_s = run(meter, 100, every_s=0.04, detect_s=0.01, latency_s=0.05)
    assert meter.recent(last_s + 0.05).fps == pytest.approx(25, rel=0.05)
    assert meter.recent(last_s + 2).fps < 12
    assert meter.recent(last_s + 10).fps == 0


def test_nothing_and_one_item() -> None:
    meter = Meter()
    assert (meter.recent().items, meter.recent().fps, meter.whole().items) == (0, 0.0, 0)
    meter.add(item(1.0, ("detect", 1.0, 1.5)))
    assert (meter.recent().fps, meter.whole().fps) == (0.0, 0.0)
    assert meter.recent().latency.p50_ms == 500.0


@given(st.lists(st.floats(1e-5, 100.0), min_size=1, max_size=200), st.sampled_from([0.5, 0.95]))
def test_the_histogram_agrees_with_sorting(times: list[float], share: float) -> None:
    histogram = Histogram()
    for seconds in times:
        histogram.add(seconds)
    exact = np.quantile(times, share, method="inverted_cdf")
    assert histogram.quantile_s(share) == pytest.approx(exact, rel=0.0101)


def test_times_out_of_range_are_counted_at_the_ends() -> None:
    histogram = Histogram()
    for seconds in (-1.0, 0.0, 1e9):
        histogram.add(seconds)
    assert len(histogram) == 3
    assert histogram.quantile_s(0.5) < 2e-6
    assert histogram.quantile_s(1.0) > 900


def test_memory_is_bounded() -> None:
    meter = Meter()
    run(meter, 5000, every_s=0.0001, detect_s=0.01, latency_s=0.05)
    assert len(meter._recent) <= 1000
    assert sys.getsizeof(meter._latency._counts) < 20_000
    assert meter.whole().items == 5000
