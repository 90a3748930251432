"""Tracklets: who is whom from frame to frame, over all frames of a clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detection.body_size import torso_px
from detection.motion import Predicted, fit
from detection.offline.detections import Detections
from detection.tracking import Tracker
from pose.types import Float32, People

Float = NDArray[np.float64]
Index = NDArray[np.int64]

_LEAST_FIT = 0.3
_LOOK_BACK_S = 0.25
"""A person's beginning is followed back as long as no more than this is missing: the tracker, which cannot know what
comes, lets a newcomer wait until he is believed."""


@dataclass(frozen=True, slots=True)
class Track:
    """One person over time, in M frames.

    Attributes
    ----------
    track_id : int
    place : array, int64, shape (M,)
        In which of the clip's frames, rising; an index into `Detections.frame_index`.
    xy_px : array, float32, shape (M, 18, 2)
        OPENPOSE18 joints in pixels.
    score : array, float32, shape (M, 18)
        0 where a joint is missing.
    colours : array, uint8, shape (M, COLOURS)
        Of the trunk, zeros where it was not seen whole.
    """

    track_id: int
    place: Index
    xy_px: Float32
    score: Float32
    colours: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.place)

    def rows(self, which: slice) -> Track:
        """Some of the frames."""
        arrays = {name: getattr(self, name)[which] for name in ("place", "xy_px", "score", "colours")}
        return replace(self, **arrays)

    def followed_by(self, other: Track) -> Track:
        """The same person, who has `other` as the rest of the way; where both are in a frame, this one counts."""
        new = ~np.isin(other.place, self.place)
        place = np.concatenate([self.place, other.place[new]])
        order = np.argsort(place, kind="stable")
        arrays = {
            name: np.concatenate([getattr(self, name), getattr(other, name)[new]])[order]
            for name in ("xy_px", "score", "colours")
        }
        return replace(self, place=place[order], **arrays)


def tracked(detections: Detections, on_frame: Callable[[int], None] = lambda _frames: None) -> list[Track]:
    """Everybody in a clip as tracklets, by rising number.

    Parameters
    ----------
    detections : Detections
    on_frame : function
        Is told how many frames are done, every now and then.
    """
    rows_of = _followed(detections, on_frame)
    taken = np.zeros(len(detections.xy_px), np.bool_)
    for rows in rows_of.values():
        taken[rows] = True
    frame_of = np.repeat(np.arange(detections.frames), np.diff(detections.first_row))
    tracks = []
    for track_id, rows in sorted(rows_of.items()):
        earlier = _followed_back(detections, rows[0], int(frame_of[rows[0]]), taken)
        taken[earlier] = True
        mine = np.array([*earlier, *rows], np.intp)
        track = (detections.xy_px[mine], detections.score[mine], detections.colours[mine])
        tracks.append(Track(track_id, frame_of[mine].astype(np.int64), *track))
    return tracks


def _followed(detections: Detections, on_frame: Callable[[int], None]) -> dict[int, list[int]]:
    """Rows of `detections` by the number that the tracker gives."""
    tracker = Tracker(smoothing=0.0, guard_sides=False)
    rows_of: dict[int, list[int]] = {}
    for place, time_s in enumerate(detections.time_s.tolist()):
        first, end = detections.first_row[place : place + 2].tolist()
        xy = detections.xy_px[first:end]
        people = tracker.update(People.detected(xy, detections.score[first:end]), time_s)
        for track_id, skeleton in zip(people.track_id.tolist(), people.raw_xy_px, strict=True):
            # the tracker leaves people out and changes their order, but not where they are
            row = first + int(np.flatnonzero((xy == skeleton).all(axis=(1, 2)))[0])
            rows_of.setdefault(track_id, []).append(row)
        if place % 64 == 0:
            on_frame(place)
    return rows_of


def _followed_back(detections: Detections, row: int, place: int, taken: NDArray[np.bool_]) -> list[int]:
    """Rows before a track's first `row` that go on from it backwards in time."""
    xy, score = _person(detections, row)
    size, last_s = torso_px(xy, score), float(detections.time_s[place])
    found: list[int] = []
    while place > 0 and np.isfinite(size).all():
        place -= 1
        age_s = last_s - float(detections.time_s[place])
        if age_s > max(_LOOK_BACK_S, 1.5 * detections.step_s):
            break
        rows = np.arange(*detections.first_row[place : place + 2])
        rows = rows[~taken[rows]]
        if not len(rows):
            continue
        expected = Predicted(xy, np.zeros((1, 2)), score > 0, size, np.array([max(age_s, 1e-3)]))
        others = detections.xy_px[rows].astype(np.float64), detections.score[rows].astype(np.float64)
        likeness = fit(expected, np.where(others[1][..., None] > 0, others[0], 0.0), others[1], torso_px(*others))
        best = int(likeness.similarity[0].argmax())
        if likeness.similarity[0, best] < _LEAST_FIT:
            continue
        found.append(int(rows[best]))
        xy, score = _person(detections, found[-1])
        here = torso_px(xy, score)
        size, last_s = np.where(np.isfinite(here), here, size), float(detections.time_s[place])
    return found[::-1]


def _person(detections: Detections, row: int) -> tuple[Float, Float]:
    """One person's joints (1, 18, 2), zeros where missing, and scores (1, 18)."""
    score = detections.score[row : row + 1].astype(np.float64)
    return np.where(score[..., None] > 0, detections.xy_px[row : row + 1], 0.0).astype(np.float64), score
