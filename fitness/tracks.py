"""Who of several people is meant where nobody says so, and who is the same under two numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fitness.signals import LOWEST_SCORE, Float


def by_prominence(track_id: NDArray[np.int32], xy_px: NDArray[np.float32], score: NDArray[np.float32]) -> list[int]:
    """Everybody's number, whoever is largest for longest first: people in the background are small.

    Parameters
    ----------
    track_id : array, shape (N,)
        Rows of everybody, as in a pose file.
    xy_px : array, shape (N, 18, 2)
    score : array, shape (N, 18)

    Returns
    -------
    list of int
        Ordered by the sum over time of the diagonal of the box round the seen joints, times the share of them that is
        seen: of somebody near the camera there are often only a few joints.
    """
    low, high = _boxes(xy_px, score)
    diagonal = np.linalg.norm(high - low, axis=1) * (np.asarray(score) >= LOWEST_SCORE).mean(axis=1)
    tracks, row = np.unique(track_id, return_inverse=True)
    diagonal = np.where(np.asarray(track_id) == NOBODY, 0, diagonal)
    total = np.bincount(row, weights=diagonal, minlength=len(tracks))
    return [int(track) for track in tracks[np.argsort(-total, kind="stable")] if track != NOBODY]


BACK_S = 1.0
"""A number that nobody had may be somebody who was lost within this."""

SAME_PLACE = 0.6
"""If the middle of the seen joints is no further from where he was than this part of the larger diagonal,"""

SAME_SIZE = 1.6
"""and no diagonal is longer than the other by more than this factor."""

PART_OF = 10
"""A body that shows no more joints than this at the place of another one is a part of it."""

NOBODY = -1


class Joiner:
    """Gives each row the number of the person it is of, frame by frame.

    A number that appears where somebody was seen a moment ago, who is not in this frame, is he from then on. Where both
    are there at once, the one with few joints is a part of the other, and nobody; two whole bodies are two people.
    """

    def __init__(self) -> None:
        self._owner: dict[int, int] = {}
        self._last: dict[int, tuple[float, Float, float]] = {}

    def step(
        self, track_id: list[int], xy_px: NDArray[np.float32], score: NDArray[np.float32], time_s: float
    ) -> list[int]:
        """The person of each row of one frame, or NOBODY.

        Parameters
        ----------
        track_id : list of int
            K of them.
        xy_px : array, shape (K, 18, 2)
        score : array, shape (K, 18)
        time_s : float
        """
        low, high = _boxes(xy_px, score)
        middle, diagonal = (low + high) / 2, np.linalg.norm(high - low, axis=1)
        joints = (np.asarray(score) >= LOWEST_SCORE).sum(axis=1)
        out = [NOBODY] * len(track_id)
        taken: set[int] = set()
        known = np.array([track in self._owner for track in track_id], np.bool_)
        for row in np.lexsort((-joints, ~known)).tolist():
            track = track_id[row]
            person = self._owner.get(track)
            if person in taken:
                if joints[row] <= PART_OF:
                    continue
                person = track if track not in taken else NOBODY
            if person is None and joints[row] <= PART_OF:
                person = self._beside(taken, middle[row], float(diagonal[row]))
                if person is not None:
                    self._owner[track] = person
                    continue
            if person is None:
                person = self._lost(track_id, taken, time_s, middle[row], float(diagonal[row]))
            if person is None:
                person = track
            if person == NOBODY:
                continue
            self._owner[track] = person
            self._last[person] = (time_s, middle[row], float(diagonal[row]))
            taken.add(person)
            out[row] = person
        return out

    def _beside(self, taken: set[int], middle: Float, diagonal: float) -> int | None:
        """Of whom in this frame a part may be."""
        for person in taken:
            _, place, size = self._last[person]
            if diagonal <= size and np.linalg.norm(middle - place) <= SAME_PLACE * size:
                return person
        return None

    def _lost(self, here: list[int], taken: set[int], time_s: float, middle: Float, diagonal: float) -> int | None:
        """Who was lost at this place; None where nobody was, or more than one."""
        near = []
        for person, (at_s, place, size) in self._last.items():
            away = person not in taken and person not in here and time_s - at_s <= BACK_S
            close = np.linalg.norm(middle - place) <= SAME_PLACE * max(diagonal, size)
            if away and close and max(diagonal, size) <= SAME_SIZE * min(diagonal, size):
                near.append(person)
        return near[0] if len(near) == 1 else None


def joined(
    frame_index: NDArray[np.int32],
    time_s: NDArray[np.float64],
    track_id: NDArray[np.int32],
    xy_px: NDArray[np.float32],
    score: NDArray[np.float32],
) -> NDArray[np.int32]:
    """The person (N,) of each row of a pose file, as `Joiner` has it; NOBODY for parts of bodies."""
    joiner, out = Joiner(), np.array(track_id, np.int32)
    starts = np.flatnonzero(np.diff(frame_index, prepend=-1)).tolist()
    for first, stop in pairwise([*starts, len(frame_index)]):
        rows = slice(first, stop)
        out[rows] = joiner.step(track_id[rows].tolist(), xy_px[rows], score[rows], float(time_s[first]))
    return out


def _boxes(xy_px: NDArray[np.float32], score: NDArray[np.float32]) -> tuple[Float, Float]:
    """Corners (N, 2) of the boxes round the seen joints; without any, both are 0."""
    seen = (np.asarray(score) >= LOWEST_SCORE)[..., None]
    low = np.where(seen, xy_px, np.inf).min(axis=1)
    high = np.where(seen, xy_px, -np.inf).max(axis=1)
    some = seen.any(axis=1)
    return np.where(some, low, 0.0), np.where(some, high, 0.0)
