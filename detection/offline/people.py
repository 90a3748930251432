"""Whole people in 2D out of the detections of a clip: numbered, joined, sides right, short gaps filled, smooth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.body_size import torso_px
from detection.offline.detections import Detections
from detection.offline.filter_options import Filter
from detection.offline.filters import smoothed_track
from detection.offline.gaps import FILL_S, fill_joints, filled_places
from detection.offline.joining import joined_people
from detection.offline.sides import mend_sides
from detection.offline.tracks import Track, tracked
from pose.types import Bool, Float32

Float = NDArray[np.float64]

_AS_LONG = 0.02
"""Lengths that differ by less than about this share of the clip are alike."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a clip, in M frames: those in which they were found, and those of short gaps between.

    Attributes
    ----------
    track_id : int
        From 1, by how long they are seen; of two who are seen as long, the larger one is first.
    place : array, int64, shape (M,)
        Which of the clip's frames, rising.
    xy_px : array, float32, shape (M, 18, 2)
        OPENPOSE18 joints, sides mended, short gaps filled, smoothed.
    score : array, float32, shape (M, 18)
        0 where a joint is missing.
    raw_xy_px, raw_score : arrays, float32, shapes (M, 18, 2) and (M, 18)
        As the detector gave them; all scores are 0 in a frame of a gap.
    interpolated : array, bool, shape (M, 18)
        Joints that were filled in.
    tracklets : int
        Of how many pieces the tracker had made them.
    swaps_mended : int
        In how many stretches left and right were swapped back, arms and legs counted apart.
    gaps_filled, gaps_left : int
        Gaps between the first frame and the last in which the whole person was missing.
    """

    track_id: int
    place: NDArray[np.int64]
    xy_px: Float32
    score: Float32
    raw_xy_px: Float32
    raw_score: Float32
    interpolated: Bool
    tracklets: int
    swaps_mended: int
    gaps_filled: int
    gaps_left: int

    def __len__(self) -> int:
        return len(self.place)

    @property
    def frames_filled(self) -> int:
        """Frames in which the person was not found."""
        return int((self.raw_score <= 0).all(axis=1).sum())


def whole_people(
    found: Detections,
    how: Filter,
    most: int | None = None,
    on_frame: Callable[[int], None] = lambda _frames: None,
) -> list[Person]:
    """Everybody in a clip, who is seen longest first.

    Parameters
    ----------
    found : Detections
    how : Filter
    most : int or None
        Only so many people.
    on_frame : function
        Is told how many frames have been followed, every now and then.
    """
    tracks, pieces = joined_people(tracked(found, on_frame), found.time_s)
    order = sorted(range(len(tracks)), key=lambda row: _rank(tracks[row], found.frames))[:most]
    left = {row: tracks[row] for row in order}
    tracks.clear()  # a long clip's tracks are let go one by one as people come of them
    return [
        _person(replace(left.pop(row), track_id=number), pieces[row], found, how) for number, row in enumerate(order, 1)
    ]


def _rank(track: Track, frames: int) -> tuple[int, float, int]:
    """Sorts people by how long they are seen; of those seen as long, the larger one, who is nearer, comes first."""
    return -round(len(track) / (_AS_LONG * frames)), -_size(track.xy_px, track.score), track.track_id


def _person(track: Track, tracklets: int, found: Detections, how: Filter) -> Person:
    """One person, mended, filled and smoothed."""
    time_s = found.time_s[track.place]
    raw_xy = np.where(track.score[..., None] > 0, track.xy_px, np.float32(0))
    mended = mend_sides(raw_xy, track.score, time_s, _size(raw_xy, track.score))
    longest_s = max(FILL_S, 2.5 * found.step_s)
    place = filled_places(track.place, found.time_s, longest_s)
    seen = np.isin(place, track.place)
    xy, score, swaps = _spread(mended.xy_px, seen), _spread(mended.score, seen), mended.swaps
    del mended
    time_s = found.time_s[place]
    xy, score, interpolated = fill_joints(xy, score, time_s, longest_s)
    xy = smoothed_track(xy, score > 0, time_s, how, longest_s)
    gaps = np.diff(track.place) > 1
    filled = gaps & (np.diff(found.time_s[track.place]) <= longest_s + 1e-9)
    return Person(
        track.track_id,
        place,
        xy,
        score,
        _spread(raw_xy, seen),
        _spread(track.score, seen),
        interpolated,
        tracklets,
        swaps,
        int(filled.sum()),
        int((gaps & ~filled).sum()),
    )


def _size(xy: Float32, score: Float32) -> float:
    """The person's usual torso in pixels; 1 where no bone is ever seen."""
    size = torso_px(np.where(score[..., None] > 0, xy, 0.0), score)
    return float(np.nanmedian(size)) if np.isfinite(size).any() else 1.0


def _spread(values: NDArray[Any], seen: Bool) -> NDArray[Any]:
    """Values of the frames (S, ...) in which somebody was found, over all frames (M, ...); zeros between."""
    out = np.zeros((len(seen), *values.shape[1:]), values.dtype)
    out[seen] = values
    return out
