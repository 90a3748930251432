"""Which zero-phase filter smooths tracks. Kept apart from the filters, so that a command starts without SciPy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from detection.errors import DetectionError

DEFAULT_CUTOFF_HZ = 6.0
"""What gait laboratories use for walking; fast sport wants 8 to 12."""


class FilterKind(str, Enum):
    """The filters."""

    BUTTERWORTH = "butterworth"
    SAVGOL = "savgol"
    NONE = "none"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Filter:
    """How tracks are smoothed.

    Attributes
    ----------
    kind : FilterKind
    cutoff_hz : float
        Where half of the power is left: slower movement stays, faster is taken for noise.

    Raises
    ------
    DetectionError
        Where the cut-off is no positive number.
    """

    kind: FilterKind = FilterKind.BUTTERWORTH
    cutoff_hz: float = DEFAULT_CUTOFF_HZ

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cutoff_hz) and self.cutoff_hz > 0):
            raise DetectionError(f"a filter's cut-off is a positive number of hertz, such as 6, not {self.cutoff_hz:g}")

    def works_at(self, rate_hz: float) -> bool:
        """Whether samples at this rate are changed at all: nothing is faster than half the rate."""
        return self.kind is not FilterKind.NONE and self.cutoff_hz < 0.45 * rate_hz
