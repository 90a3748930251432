"""How often a page gets a frame."""

from __future__ import annotations


class Pace:
    """Lets through so many moments a second, evenly, and all of them where they are fewer.

    Parameters
    ----------
    rate_hz : float

    Examples
    --------
    >>> pace = Pace(10)
    >>> [pace.take(now_s) for now_s in (5.0, 5.04, 5.1, 5.12, 5.19)]
    [True, False, True, False, True]
    """

    def __init__(self, rate_hz: float) -> None:
        self._period_s = 1 / rate_hz
        self._due_s = float("-inf")

    def take(self, now_s: float) -> bool:
        """Whether this moment is let through; moments are given in order, those that nobody would use not at all."""
        # half a period of grace: a camera at this very rate is never quite on time
        grace_s = self._period_s / 2
        if now_s < self._due_s - grace_s:
            return False
        self._due_s = (self._due_s if now_s < self._due_s + grace_s else now_s) + self._period_s
        return True
