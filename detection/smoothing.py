"""Jitter out, motion in: the 1-euro filter of Casiez, Roussel and Vogel (CHI 2012), one for every joint of everybody.

A first-order low-pass whose cut-off rises with the joint's speed: slow joints are held still, fast ones follow at once.
Speeds are measured in torso lengths a second, so that a person is smoothed alike near and far, and time steps are the
true ones, so that 5 and 60 frames a second and dropped frames are all right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pose.types import Float32, Int32

Float = NDArray[np.float64]

DEFAULT_STRENGTH = 0.5
"""Four fifths of the trembling of a joint at rest are gone, and nothing lags by a frame at 30 a second."""

LAG_MS = {0.0: 0.0, 0.25: 8.8, 0.5: 20.8, 0.75: 46.5, 1.0: 97.0}
"""Longest delay in ms of a moving joint at 30 frames a second, by strength, as `benchmarks/smoothing.py` measures it.

It is that of slow motion, the hip in squats; fast hands and feet lag by a quarter of it.
"""

LAG_MS_AT_DEFAULT = LAG_MS[DEFAULT_STRENGTH]
"""What the help of `--smoothing` quotes."""

HOLD_S = 0.25
"""A joint that comes back within this time goes on where it was; later it starts anew."""

SPEED_CUTOFF_HZ = 1.0
"""Cut-off of the speed's own low-pass, as in the paper."""

_STILL_HZ = (10.0, 0.1)  # cut-off of a joint at rest, from the weakest to the strongest smoothing
_HZ_PER_SPEED = (50.0, 2.0)  # rise of the cut-off a torso length a second, likewise


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """The two constants of the filter: `cutoff = still_hz + hz_per_speed * speed`, speed in torso lengths a second."""

    still_hz: float
    hz_per_speed: float

    @classmethod
    def of_strength(cls, strength: float) -> Cutoffs:
        """From the one setting, above 0 and up to 1; more is smoother and later.

        >>> Cutoffs.of_strength(1.0)
        Cutoffs(still_hz=0.1, hz_per_speed=2.0)
        """
        return cls(
            *(float(round(weak * (strong / weak) ** strength, 9)) for weak, strong in (_STILL_HZ, _HZ_PER_SPEED))
        )


def one_euro_step(
    filtered: Float, speed: Float, before: Float, now: Float, dt_s: Float, cutoffs: Cutoffs
) -> tuple[Float, Float]:
    """One step of the filter for any number of points.

    Parameters
    ----------
    filtered, speed : array, shape (..., 2)
        The filtered position and speed a moment ago, in lengths and lengths a second.
    before, now : array, shape (..., 2)
        The position as measured a moment ago and now.
    dt_s : array, shape (...)
        Time between them, above 0.
    cutoffs : Cutoffs
        The filter's constants.

    Returns
    -------
    (position, speed) : arrays, shape (..., 2)
        Filtered. The cut-off is one for both coordinates, so that a turned picture is filtered alike. Behind a steady
        motion the filter lags by `1 / (2 pi cutoff)`, whatever the frame rate: speeds are differences of measured
        positions, as in the authors' program, and not from the filtered to the measured one, as in their paper.
    """
    step = np.asarray(dt_s, np.float64)[..., None]
    raw_speed = (now - before) / step
    new_speed = speed + _weight(step, SPEED_CUTOFF_HZ) * (raw_speed - speed)
    magnitude = np.sqrt((new_speed**2).sum(axis=-1, keepdims=True))
    weight = _weight(step, cutoffs.still_hz + cutoffs.hz_per_speed * magnitude)
    return filtered + weight * (now - filtered), new_speed


def _weight(dt_s: Float, cutoff_hz: Float | float) -> Float:
    """Weight of the new sample in an exponential low-pass with that cut-off."""
    turn = 2 * np.pi * cutoff_hz * dt_s
    return np.asarray(turn / (turn + 1))


class JointSmoother:
    """The filter's memory of everybody, by track id.

    Parameters
    ----------
    strength : float
        0 gives back exactly what came in, 1 is the smoothest.
    """

    def __init__(self, strength: float = DEFAULT_STRENGTH) -> None:
        if not 0 <= strength <= 1:
            raise ValueError(f"smoothing lies between 0 and 1, not {strength}")
        self._cutoffs = Cutoffs.of_strength(strength) if strength > 0 else None
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self._rows: dict[int, int] = {}
        self._xy = np.zeros((0, 18, 2))
        self._raw = np.zeros((0, 18, 2))
        self._speed = np.zeros((0, 18, 2))
        self._seen_s = np.zeros((0, 18))

    def update(self, track_id: Int32, xy_px: Float32, score: Float32, torso_px: Float, time_s: float) -> Float32:
        """Filtered joints (K, 18, 2) of the people of one frame.

        Parameters
        ----------
        track_id : array, int32, shape (K,)
            Each at most once.
        xy_px, score : arrays, shapes (K, 18, 2) and (K, 18)
            As measured; a joint with score 0 is given back as it came.
        torso_px : array, shape (K,)
            Size of each person, steady over time.
        time_s : float
            Not before the time of the last update.
        """
        if self._cutoffs is None or not len(track_id):
            return xy_px
        rows = self._rows_of(track_id, time_s)
        seen = np.asarray(score) > 0
        scale = np.asarray(torso_px, np.float64)[:, None, None]
        age_s = time_s - self._seen_s[rows]  # (K, 18)
        known = seen & (age_s <= HOLD_S)
        # Two frames with one time stamp are taken as a millisecond apart.
        dt_s = np.where(known, np.maximum(age_s, 1e-3), 1.0)
        held = np.where(known[..., None], self._xy[rows], xy_px)
        before = np.where(known[..., None], self._raw[rows], xy_px)
        # Torso lengths from where the joint was held, so that a changing size moves nothing.
        moved, speed = one_euro_step(
            np.zeros_like(held),
            self._speed[rows],
            (before - held) / scale,
            (xy_px - held) / scale,
            dt_s,
            self._cutoffs,
        )
        smooth = np.where(seen[..., None], held + moved * scale, xy_px)
        self._raw[rows] = np.where(seen[..., None], xy_px, self._raw[rows])
        self._xy[rows] = np.where(seen[..., None], smooth, self._xy[rows])
        self._speed[rows] = np.where(known[..., None], speed, np.where(seen[..., None], 0.0, self._speed[rows]))
        self._seen_s[rows] = np.where(seen, time_s, self._seen_s[rows])
        return smooth.astype(np.float32)

    def _rows_of(self, track_id: Int32, time_s: float) -> NDArray[np.intp]:
        """Rows of the memory for these people; newcomers get one, people not seen for `HOLD_S` lose theirs."""
        ids = [int(one) for one in track_id]
        new = [one for one in ids if one not in self._rows]
        if new:
            kept = [
                (one, row)
                for one, row in self._rows.items()
                if one in ids or time_s - self._seen_s[row].max() <= HOLD_S
            ]
            old = np.array([row for _, row in kept], np.intp)
            add = len(new)
            self._rows = {one: row for row, one in enumerate([one for one, _ in kept] + new)}
            self._xy = np.concatenate([self._xy[old], np.zeros((add, 18, 2))])
            self._raw = np.concatenate([self._raw[old], np.zeros((add, 18, 2))])
            self._speed = np.concatenate([self._speed[old], np.zeros((add, 18, 2))])
            self._seen_s = np.concatenate([self._seen_s[old], np.full((add, 18), -np.inf)])
        return np.array([self._rows[one] for one in ids], np.intp)
