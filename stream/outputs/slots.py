"""Places for people where a receiver has a fixed number of them."""

from __future__ import annotations

AWAY_S = 1.0
"""Who is not seen for so long gives their place to somebody else."""


class Slots:
    """Keeps everybody in the place they have; a free place goes to the lowest id that has none.

    Parameters
    ----------
    count : int

    Examples
    --------
    >>> slots = Slots(1)
    >>> slots.rows([4, 5], 0.0), slots.rows([5], 0.5), slots.rows([5], 2.0)
    ([0], [None], [0])
    >>> slots.track_ids
    [5]
    """

    def __init__(self, count: int) -> None:
        self.track_ids: list[int | None] = [None] * count
        self._seen_s = [0.0] * count

    def rows(self, track_ids: list[int], time_s: float) -> list[int | None]:
        """For each place the row of its person among `track_ids`, None where it is empty or they are not seen."""
        for place, holder in enumerate(self.track_ids):
            if holder in track_ids:
                self._seen_s[place] = time_s
            elif holder is not None and not 0 <= time_s - self._seen_s[place] < AWAY_S:
                self.track_ids[place] = None
        waiting = sorted(set(track_ids) - set(self.track_ids))
        for place, holder in enumerate(self.track_ids):
            if holder is None and waiting:
                self.track_ids[place], self._seen_s[place] = waiting.pop(0), time_s
        return [track_ids.index(holder) if holder in track_ids else None for holder in self.track_ids]
