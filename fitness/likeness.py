"""Whether hips that went down and up again were a squat: a small network on how trunk and legs moved.

Sitting down, lunging and squatting lower the hips alike. What tells them apart is small: where the weight is over the
feet, how upright the trunk is while the hips are lowest, how long they stay there, how far feet and knees are apart.
None of it is sure by itself from every side and on joints that err, so that a network of one hidden layer weighs all of
it. It has learnt from motion capture through virtual cameras (`benchmarks/fitness/learn_likeness.py`).
"""

from __future__ import annotations

import json
import math
import warnings
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from fitness.cycle import Excursion
from fitness.errors import FitnessError
from pose.joint_sets import OPENPOSE18

Float = NDArray[np.float64]

WEIGHTS = Path(__file__).with_name("likeness.json")

BEFORE_S = 0.7
"""How the body stands at rest is seen within this before a movement."""

STEADY_S = 0.2
"""The course of the hips is the median over this."""

AROUND_S = 0.12
"""Where somebody is at a moment is the median within this of it."""

LEVELS = (0.4, 0.75)
"""Postures are compared where the hips have gone down through these parts of their way, and up again,"""

BOTTOM = 0.85
"""and while they are lower than this."""

KEPT_S = 20.0
"""Movements that last longer are seen in part."""

KEPT_SHARE, MOST = 0.85, 3.0
"""The part of former evidence that is kept at each movement, and the most that one movement weighs."""

DOUBT, UNREADY, VETO = -0.5, 1.0, 4.0
"""Mean evidence above which movements are taken for what was named, of who stood ready and of others; and what a veto
weighs against it, more than one movement can say for it."""

GOES_ON_S = 6.0
"""Movements that follow each other within this belong together: what comes after tells what they were."""

_SIDES = {
    part: [OPENPOSE18.index(f"right_{part}"), OPENPOSE18.index(f"left_{part}")]
    for part in ("ankle", "knee", "hip", "shoulder")
}
_PLACES = ("hip", "shoulder", "knee")


def describe(time_s: Float, xy_px: Float, excursion: Excursion) -> Float:
    """How trunk and legs moved, in parts of the height of the shoulders above the feet at rest.

    Parameters
    ----------
    time_s : array, shape (N,)
    xy_px : array, shape (N, 18, 2)
        OPENPOSE18 joints, y down; NaN where unknown.
    excursion : Excursion
        When the hips went down and came up.

    Returns
    -------
    array, shape (58,)
        The same for a mirrored person, at any size, place and rate; NaN where joints were not seen.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # joints that were never seen stay NaN
        return _describe(time_s, xy_px, excursion)


def _describe(time_s: Float, xy_px: Float, excursion: Excursion) -> Float:
    rest = _between(time_s, xy_px, excursion.start_s - BEFORE_S, excursion.start_s)
    height = float((_middle(rest, "ankle") - _middle(rest, "shoulder"))[1])
    height = height if height > 0 else math.nan
    inside = np.flatnonzero((time_s >= excursion.start_s - AROUND_S) & (time_s <= excursion.end_s))
    hips = np.nanmean(xy_px[inside][:, _SIDES["hip"], 1], axis=1)
    trunk = hips - np.nanmean(xy_px[inside][:, _SIDES["shoulder"], 1], axis=1)
    seen = np.isfinite(hips)
    now, way = time_s[inside][seen], _steady(hips[seen], time_s[inside][seen])
    standing = float(_middle(rest, "hip")[1])
    if not (len(way) and way.max() > standing and math.isfinite(height)):
        return np.full(len(NAMES), np.nan)
    way = (way - standing) / (way.max() - standing)
    crossings = [now[np.argmax(way >= level)] for level in LEVELS]
    crossings += [now[len(way) - 1 - np.argmax(way[::-1] >= level)] for level in reversed(LEVELS)]
    low = now[way >= BOTTOM]
    bottom = _between(time_s, xy_px, low[0] - 1e-6, low[-1] + 1e-6)
    moments = [_between(time_s, xy_px, at - AROUND_S, at + AROUND_S) for at in crossings]
    side = np.sign(np.nan_to_num((_middle(bottom, "knee") - _middle(bottom, "hip"))[0])) or 1.0
    out: list[float] = []
    for posture in (rest, *moments, bottom):
        for part in _PLACES:
            across, up = _middle(posture, part) - _middle(rest, "ankle")
            out += [side * across / height, -up / height]
    for posture in (rest, bottom):
        for part in _SIDES:
            out += (np.abs(posture[part][0] - posture[part][1]) / height).tolist()
    hang = bottom["knee"][:, 1] - bottom["hip"][:, 1]
    deep = trunk[seen][way >= LEVELS[1]] / height
    out += [abs(hang[0] - hang[1]) / height, *np.nanpercentile(deep, [15, 85]).tolist()]
    out += [math.log(0.1 + crossings[2] - crossings[1]), math.log(0.1 + crossings[1] - crossings[0])]
    return np.array([*out, math.log(0.1 + crossings[3] - crossings[0])])


_WHEN = ("at rest", *(f"{level} down" for level in LEVELS), *(f"{level} up" for level in LEVELS[::-1]), "lowest")

NAMES = (
    *(f"{part} {axis} {when}" for when in _WHEN for part in _PLACES for axis in ("across", "up")),
    *(f"{part}s apart {axis} {when}" for when in ("at rest", "lowest") for part in _SIDES for axis in ("across", "up")),
    *("thighs uneven", "trunk low", "trunk high", "time lowest", "time down", "time"),
)
"""What `describe` gives."""


def _between(time_s: Float, xy_px: Float, start_s: float, end_s: float) -> dict[str, Float]:
    """Where the right and the left of each part were (2, 2): medians from one time to another."""
    some = xy_px[(time_s >= start_s) & (time_s <= end_s)]
    middle = np.nanmedian(some, axis=0) if len(some) else np.full((len(OPENPOSE18), 2), np.nan)
    return {part: middle[sides] for part, sides in _SIDES.items()}


def _middle(posture: dict[str, Float], part: str) -> Float:
    return np.asarray(np.nanmean(posture[part], axis=0))


def _steady(course: Float, time_s: Float) -> Float:
    step = float(np.median(np.diff(time_s))) if len(time_s) > 1 else STEADY_S
    return np.asarray(median_filter(course, size=max(3, round(STEADY_S / max(step, 1e-3))), mode="nearest"))


@dataclass(frozen=True, slots=True)
class Network:
    """One hidden layer: tanh, then one number, above 0 for a squat.

    Attributes
    ----------
    low, high : array, shape (F,)
        Inputs are kept within what was learnt from.
    mean, spread : array, shape (F,)
        They are brought to mean 0 and spread 1; unknown ones are 0.
    inner, inner_bias : array, shape (H, F) and (H,)
    outer : array, shape (H,)
    bias : float
    """

    low: Float
    high: Float
    mean: Float
    spread: Float
    inner: Float
    inner_bias: Float
    outer: Float
    bias: float

    def scaled(self, inputs: Float) -> Float:
        """Inputs (..., F) as the hidden layer reads them."""
        return np.nan_to_num((np.clip(inputs, self.low, self.high) - self.mean) / self.spread)

    def odds(self, inputs: Float) -> Float:
        """Logarithms of the odds (...,) of descriptions (..., F)."""
        hidden = np.tanh(self.scaled(inputs) @ self.inner.T + self.inner_bias)
        return np.asarray(hidden @ self.outer + self.bias)


@lru_cache
def learnt(path: Path = WEIGHTS) -> Network:
    """The network in a file.

    Raises
    ------
    FitnessError
        Where there is none that fits.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        arrays = {name: np.array(said[name], np.float64) for name in Network.__slots__ if name != "bias"}
        network = Network(**arrays, bias=float(said["bias"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FitnessError(f"{path} is no network of squats: {error}") from error
    if network.inner.shape != (len(network.outer), len(NAMES)):
        raise FitnessError(f"{path} fits other descriptions: {network.inner.shape}, not {len(NAMES)} inputs")
    return network


class Recent:
    """The joints of one person over the last `KEPT_S`."""

    def __init__(self) -> None:
        self._moments: deque[tuple[float, Float]] = deque()

    def add(self, time_s: float, joints_px: Float) -> None:
        """Keep the joints (18, 2) of one moment, NaN where unknown."""
        self._moments.append((time_s, joints_px))
        while self._moments[0][0] < time_s - KEPT_S:
            self._moments.popleft()

    def since(self, time_s: float) -> tuple[Float, Float]:
        """Times (N,) and joints (N, 18, 2) from a time on."""
        some = [moment for moment in self._moments if moment[0] >= time_s]
        if not some:
            return np.zeros(0), np.zeros((0, len(OPENPOSE18), 2))
        times, joints = zip(*some, strict=True)
        return np.array(times), np.stack(joints)


class Likeness:
    """What the movements of one person have said so far of whether he squats."""

    def __init__(self) -> None:
        self._evidence = self._weight = 0.0
        self._doubtful: list[Excursion] = []

    def squats(self, recent: Recent, excursion: Excursion, ready: bool, vetoes: int = 0) -> tuple[Excursion, ...]:
        """The movements that this one makes squats, in the light of those before.

        Somebody's squats are all alike, and so are his ways of sitting down: what decides is the mean of a set, in
        which later movements weigh more. A movement that is not taken for a squat counts after all when those that
        follow it without a rest tell that it was one.

        Parameters
        ----------
        recent : Recent
            Joints up to now.
        excursion : Excursion
            A whole movement that has just ended.
        ready : bool
            Whether he stood ready. Who never did, as who walks by, gets no credit for what was named.
        vetoes : int
            How much else speaks against this movement.

        Returns
        -------
        tuple of Excursion
            None where this one is no squat; else this one, after earlier ones that were left in doubt.
        """
        odds = float(learnt().odds(describe(*recent.since(excursion.start_s - BEFORE_S), excursion)))
        self._evidence = KEPT_SHARE * self._evidence + float(np.clip(odds, -MOST, MOST)) - VETO * vetoes
        self._weight = KEPT_SHARE * self._weight + 1
        mean = self._evidence / self._weight
        if self._doubtful and excursion.start_s - self._doubtful[-1].end_s > GOES_ON_S:
            self._doubtful.clear()
        if mean <= (DOUBT if ready else UNREADY):
            self._doubtful.append(excursion)
            return ()
        before = tuple(self._doubtful) if mean > 0 else ()
        if before:
            self._doubtful.clear()
        return (*before, excursion)

    def forget_doubts(self) -> None:
        """What was left in doubt was something else: he walked."""
        self._doubtful.clear()
