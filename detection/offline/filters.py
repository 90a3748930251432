"""Zero-phase smoothing of tracks: what a filter may do that knows the future.

Butterworth's filter of second order, run forwards and backwards (Winter, Biomechanics and Motor Control of Human
Movement, 2009: his correction keeps the cut-off where it was asked for), or Savitzky and Golay's cubics (1964), with
the window whose gain at the asked cut-off is the right one.

Both want evenly spaced samples. A variable frame rate is brought onto an even clock by cubic splines, smoothed there,
and brought back to its own times.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import butter, savgol_coeffs, savgol_filter, sosfiltfilt

from detection.offline.filter_options import Filter, FilterKind

Float = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]
Bool = NDArray[np.bool_]

_TWICE = (math.sqrt(2) - 1) ** 0.25
"""A second-order Butterworth filter that runs twice has its cut-off at this share of the one it was made with."""

_ORDER, _POLYNOMIAL = 2, 3
_EVEN = 0.1
"""Steps that differ from their mean by less than this share are even, but for rounding."""

_MOST_NUMBERS = 200_000
"""So many numbers are smoothed at a time, whole columns at least: memory does not grow with a clip and its joints."""

_FEWEST = 4
"""Shorter stretches are left as they are."""


def smoothed(values: Float, time_s: Float, how: Filter) -> Float:
    """Values (M, D) without what is faster than the cut-off, at their own times (M,), which rise."""
    if len(values) < _FEWEST:
        return values
    step_s = float(time_s[-1] - time_s[0]) / (len(time_s) - 1)
    if not how.works_at(1 / step_s):
        return values
    if np.abs(np.diff(time_s) - step_s).max() <= _EVEN * step_s:
        return _even(values, 1 / step_s, how)
    # finer than the source, so that its shortest steps are kept
    clock = np.linspace(time_s[0], time_s[-1], 2 * (len(time_s) - 1) + 1)
    even = _even(CubicSpline(time_s, values)(clock), 2 / step_s, how)
    return np.asarray(CubicSpline(clock, even)(time_s))


def _even(values: Float, rate_hz: float, how: Filter) -> Float:
    """The same for evenly spaced values."""
    if how.kind is FilterKind.SAVGOL:
        window = min(_savgol_window(how.cutoff_hz / rate_hz), len(values) - (len(values) + 1) % 2)
        return values if window <= _POLYNOMIAL else np.asarray(savgol_filter(values, window, _POLYNOMIAL, axis=0))
    # The correction belongs to the analogue filter, whose frequencies are the tangents of the digital one's.
    cutoff = math.atan(math.tan(math.pi * how.cutoff_hz / rate_hz) / _TWICE) / math.pi
    sections = butter(_ORDER, 2 * cutoff, output="sos")
    reach = min(len(values) - 1, math.ceil(2 * rate_hz / how.cutoff_hz))
    # Even motion passes any low-pass; taken out, it leaves the ends of a short stretch nothing to ring about.
    line = np.linspace(values[0], values[-1], len(values))
    return np.asarray(line + sosfiltfilt(sections, values - line, axis=0, padtype="odd", padlen=reach))


@lru_cache(maxsize=256)
def _savgol_window(cutoff: float) -> int:
    """The odd number of samples whose cubic leaves nearest to half of the power at a cut-off, a share of the rate."""
    best, nearest = 1, 1 - math.sqrt(0.5)
    for window in range(_POLYNOMIAL + 2, round(3 / cutoff) + _POLYNOMIAL + 3, 2):
        place = np.arange(window) - window // 2
        gain = float(savgol_coeffs(window, _POLYNOMIAL) @ np.cos(2 * np.pi * cutoff * place))
        off = abs(gain - math.sqrt(0.5))
        if off < nearest:
            best, nearest = window, off
        if gain < 0.5:
            break
    return best


def smoothed_track(xy_px: Floats, known: Bool, time_s: Float, how: Filter, longest_step_s: float) -> Floats:
    """Every joint's known stretches smoothed by themselves, in double precision; nothing is smoothed across a gap.

    Parameters
    ----------
    xy_px : array, shape (M, J, D)
    known : array of bool, shape (M, J)
    time_s : array, shape (M,)
        Rising.
    how : Filter
    longest_step_s : float
        A longer step between two frames is a gap.
    """
    out = xy_px.copy()
    if how.kind is FilterKind.NONE or len(xy_px) < _FEWEST:
        return out
    broken = np.diff(time_s) > longest_step_s
    for start, end, joints in _stretches(known, broken):
        at_a_time = max(1, _MOST_NUMBERS // ((end - start) * xy_px.shape[2]))
        for first in range(0, len(joints), at_a_time):
            some = joints[first : first + at_a_time]
            piece = xy_px[start:end, some].astype(np.float64)
            even = smoothed(piece.reshape(end - start, -1), time_s[start:end], how)
            out[start:end, some] = even.reshape(piece.shape)
    return out


def _stretches(known: Bool, broken: Bool) -> list[tuple[int, int, list[int]]]:
    """Stretches [start, end) of known samples with the joints that have exactly them: many share one."""
    found: dict[tuple[int, int], list[int]] = {}
    cuts = np.concatenate([[True], broken])  # a new stretch may begin here
    for joint in range(known.shape[1]):
        one = known[:, joint]
        begins = np.flatnonzero(one & (cuts | ~np.concatenate([[False], one[:-1]])))
        last = one & np.concatenate([~one[1:] | broken, [True]])
        for start, end in zip(begins.tolist(), (np.flatnonzero(last) + 1).tolist(), strict=True):
            found.setdefault((start, end), []).append(joint)
    return [(start, end, joints) for (start, end), joints in found.items()]
