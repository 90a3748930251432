from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.errors import DetectionError
from detection.offline.filter_options import Filter, FilterKind
from detection.offline.filters import smoothed, smoothed_track

KINDS = [FilterKind.BUTTERWORTH, FilterKind.SAVGOL]


def wave(hz: float, time_s: np.ndarray) -> np.ndarray:
    return np.sin(2 * np.pi * hz * time_s)[:, None]


def response(kind: FilterKind, hz: float, time_s: np.ndarray, cutoff_hz: float = 6.0) -> tuple[float, float]:
    """Gain, and lag in seconds, of a wave, away from the ends."""
    out = smoothed(wave(hz, time_s), time_s, Filter(kind, cutoff_hz))[:, 0]
    inner = (time_s > time_s[0] + 1) & (time_s < time_s[-1] - 1)
    basis = np.stack([np.sin(2 * np.pi * hz * time_s), np.cos(2 * np.pi * hz * time_s)], axis=1)[inner]
    a, b = np.linalg.lstsq(basis, out[inner], rcond=None)[0]
    return float(np.hypot(a, b)), float(-np.arctan2(b, a) / (2 * np.pi * hz))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fps", [25.0, 30.0, 60.0, 120.0])
def test_half_of_the_power_is_left_at_the_cutoff_and_nothing_lags(kind: FilterKind, fps: float) -> None:
    time_s = np.arange(round(8 * fps)) / fps
    gain, lag_s = response(kind, 6.0, time_s)
    # a window of whole samples can only come near; the fewer, the less
    assert gain == pytest.approx(np.sqrt(0.5), abs=0.01 if kind is FilterKind.BUTTERWORTH else 5 / fps)
    assert abs(lag_s) < 1e-4
    assert response(kind, 1.0, time_s)[0] == pytest.approx(1, abs=0.01)
    assert response(kind, 11.0, time_s)[0] < 0.3


@pytest.mark.parametrize("kind", KINDS)
def test_a_variable_rate_is_smoothed_at_its_own_times(kind: FilterKind) -> None:
    rng = np.random.default_rng(0)
    time_s = np.cumsum(rng.choice([1 / 30, 1 / 30, 2 / 30, 1 / 60], 400))
    gain, lag_s = response(kind, 1.0, time_s)
    assert gain == pytest.approx(1, abs=0.02)
    assert abs(lag_s) < 2e-3
    noisy = wave(1.0, time_s) + rng.normal(0, 0.1, (400, 1))
    left = smoothed(noisy, time_s, Filter(kind, 4.0)) - wave(1.0, time_s)
    assert left[30:-30].std() < 0.07


@settings(max_examples=30)
@given(
    kind=st.sampled_from(list(FilterKind)),
    frames=st.integers(1, 60),
    slope=st.floats(-50, 50),
    cutoff_hz=st.floats(0.5, 20),
)
def test_standing_still_and_even_motion_pass_unchanged(
    kind: FilterKind, frames: int, slope: float, cutoff_hz: float
) -> None:
    time_s = np.arange(frames) / 30
    line = 7.0 + slope * time_s[:, None]
    np.testing.assert_allclose(smoothed(line, time_s, Filter(kind, cutoff_hz)), line, atol=1e-6 * (1 + abs(slope)))


def test_nothing_is_smoothed_across_a_gap() -> None:
    time_s = np.concatenate([np.arange(30), np.arange(60, 90)]) / 30
    xy = np.where(time_s < 1.5, 0.0, 500.0)[:, None, None].repeat(2, axis=2)
    known = np.ones((60, 1), np.bool_)
    np.testing.assert_allclose(smoothed_track(xy, known, time_s, Filter(), 0.3), xy, atol=1e-9)
    known[10:20] = False  # what is unknown is not read, and not changed
    xy[10:20] = 1e9
    np.testing.assert_allclose(smoothed_track(xy, known, time_s, Filter(), 0.3), xy, atol=1e-9)


def test_a_cutoff_above_what_the_rate_holds_changes_nothing() -> None:
    time_s = np.arange(40) / 10
    noise = np.random.default_rng(0).normal(size=(40, 3))
    assert not Filter(cutoff_hz=6).works_at(10)
    np.testing.assert_array_equal(smoothed(noise, time_s, Filter(cutoff_hz=6)), noise)


@pytest.mark.parametrize("cutoff_hz", [0.0, -1.0, float("nan"), float("inf")])
def test_no_cutoff_is_refused(cutoff_hz: float) -> None:
    with pytest.raises(DetectionError, match="positive number of hertz"):
        Filter(cutoff_hz=cutoff_hz)
