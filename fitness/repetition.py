"""One repetition, and what was wrong with it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from fitness.exercises import Exercise, Fault, Sides
from fitness.signals import ANGLES, View

BEFORE_S = 0.4
"""The range takes in this much before a repetition: where rest is left is only known when it is over."""

AT_PEAK_S = 0.25
"""What a movement is, is asked within this of its furthest point."""

TREMBLE = 3
"""Extremes are those of the median over as many moments: a joint that jumps for one of them is no fault."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """One whole repetition.

    Attributes
    ----------
    start_s, peak_s, end_s : float
        When rest was left, when the movement was furthest, and when rest was reached again.
    range_deg : float or None
        Range of the angle that counts; None where a height counts, or where the angle was never known.
    left_right : float or None
        Mean difference of right and left in the unit of the signal that counts; None where only one side was seen.
    faults : tuple of str
        Names of the faults that were judged and found.
    side : str
        "right" or "left" where sides are counted apart, else "both".
    """

    start_s: float
    peak_s: float
    end_s: float
    range_deg: float | None = None
    left_right: float | None = None
    faults: tuple[str, ...] = ()
    side: str = "both"

    @property
    def to_work_s(self) -> float:
        """Time from rest to the furthest point."""
        return self.peak_s - self.start_s

    @property
    def to_rest_s(self) -> float:
        """Time from the furthest point back to rest."""
        return self.end_s - self.peak_s

    def as_json(self) -> dict[str, object]:
        """What `reps --json` says of it."""
        return {
            "start_s": round(self.start_s, 3),
            "end_s": round(self.end_s, 3),
            "range_deg": None if self.range_deg is None else round(self.range_deg, 1),
            "faults": list(self.faults),
        }


@dataclass(slots=True)
class History:
    """What the signals were over the last repetitions; keeps no more than `keep_s`."""

    keep_s: float = 60.0
    _times: list[float] = field(default_factory=list)
    _values: list[dict[str, NDArray[np.float64]]] = field(default_factory=list)

    def add(self, time_s: float, values: dict[str, NDArray[np.float64]]) -> None:
        """Keep the signals of one moment, (2,) or (1,) each."""
        self._times.append(time_s)
        self._values.append(values)
        if len(self._times) > 64 and self._times[len(self._times) // 2] < time_s - self.keep_s:
            half = len(self._times) // 2
            del self._times[:half], self._values[:half]

    def course(self, signal: str, start_s: float, end_s: float) -> NDArray[np.float64]:
        """One signal between two times, (N, 2) or (N, 1)."""
        first, last = np.searchsorted(self._times, [start_s, end_s + 1e-9])
        return _course(self._values[int(first) : int(last)], signal)

    def vetoed(self, exercise: Exercise, view: View, peak_s: float) -> int:
        """How much of what the body did round the furthest point of a movement speaks for something else."""
        found = 0
        for veto in exercise.vetoes:
            course = self.course(veto.signal, peak_s - AT_PEAK_S, peak_s + AT_PEAK_S)
            known = course[np.isfinite(course)]
            if view not in veto.views or not len(known):
                continue
            middle = float(np.median(known))
            found += (middle > veto.limit) if veto.above else (middle < veto.limit)
        return found

    def _extreme(self, fault: Fault, rough: Repetition, columns: list[int]) -> float | None:
        """What a fault judges of a repetition; None where it was not seen."""
        if fault.extreme == "peak":
            course = self.course(fault.signal, rough.peak_s - AT_PEAK_S, rough.peak_s + AT_PEAK_S)
            known = _mean(course, columns)
            known = known[np.isfinite(known)]
            return float(np.median(known)) if len(known) else None
        ends = _extremes(_mean(self.course(fault.signal, rough.start_s, rough.end_s), columns))
        return None if ends is None else ends[fault.extreme == "highest"]

    def judged(self, exercise: Exercise, view: View, rough: Repetition, signal: str) -> Repetition:
        """The same repetition with its range, its left and right, and its faults.

        Parameters
        ----------
        exercise : Exercise
        view : View
            Form is only judged in a view that shows it.
        rough : Repetition
            With its times and its side.
        signal : str
            The one that counted.
        """
        first, last = np.searchsorted(self._times, [rough.start_s, rough.end_s + 1e-9])
        moments = self._values[int(first) : int(last)]
        columns = {"right": [0], "left": [1]}.get(rough.side, [0, 1])
        counted = _course(moments, signal)
        angle = signal if signal in ANGLES or not exercise.angle else exercise.angle
        if angle != signal and view is not View.SIDE:
            angle = f"{angle}_3d"
        whole = self.course(angle, rough.start_s - BEFORE_S, rough.end_s) if angle in ANGLES else np.zeros((0, 1))
        spread = _extremes(_mean(whole, columns))
        apart = np.abs(np.diff(counted, axis=1))[:, 0] if counted.shape[1] == 2 else np.zeros(0)
        apart = apart[np.isfinite(apart)]
        faults = []
        for fault in exercise.faults:
            value = self._extreme(fault, rough, columns) if view in fault.views else None
            if value is not None and ((value > fault.limit) if fault.above else (value < fault.limit)):
                faults.append(fault.name)
        both = exercise.sides is Sides.BOTH and len(apart) > 0
        return Repetition(
            rough.start_s,
            rough.peak_s,
            rough.end_s,
            spread[1] - spread[0] if spread is not None else None,
            float(apart.mean()) if both else None,
            tuple(dict.fromkeys(faults)),
            rough.side,
        )


def _course(moments: list[dict[str, NDArray[np.float64]]], signal: str) -> NDArray[np.float64]:
    """One signal over time (N, 2) or (N, 1)."""
    return np.array([moment[signal] for moment in moments]).reshape(len(moments), -1) if moments else np.zeros((0, 1))


def _mean(course: NDArray[np.float64], columns: list[int]) -> NDArray[np.float64]:
    chosen = course[:, columns] if course.shape[1] == 2 else course
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a moment where neither side is known is NaN, as it should be
        return np.asarray(np.nanmean(chosen, axis=1)) if chosen.size else np.zeros(0)


def _extremes(course: NDArray[np.float64]) -> tuple[float, float] | None:
    known = course[np.isfinite(course)]
    if not len(known):
        return None
    steady = median_filter(known, size=TREMBLE, mode="nearest")
    return float(steady.min()), float(steady.max())
