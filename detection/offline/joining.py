"""Tracklets joined to people: a body that was found in two pieces, and somebody who was lost and came back.

The tracker decides frame by frame. Whoever has the whole clip knows more: where a tracklet began, whether another one
ended nearby with the same size and the same clothes, and that two numbers which take turns in one place are one body.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from detection.body_size import torso_px
from detection.motion import fit, predict, trunk_shift
from detection.offline.appearance import colour_distance, mean_colours
from detection.offline.tracks import Track

Float = NDArray[np.float64]
Counted = tuple[Track, int]
"""A track, and of how many tracklets it was made."""

JOIN_S = 10.0
"""Somebody who is away for longer gets a new number: where he went, nobody can tell."""

_END_S = 0.5
"""So much of a tracklet's end tells where it goes and how large the person is."""

_LOOK_S = 0.2
"""So long is somebody looked at who was away for a moment, before and after it."""

_NO_COLOUR_S = 2.0
"""Without having seen the clothes, somebody is known again only so soon."""

_UNLIKE_SOON, _UNLIKE_LATE, _SOON_S = 0.55, 0.40, 1.0
"""Colour distances from which on two tracklets are two people: within a second, and later."""

_STRAY_PAUSE_S, _STRAY_FRAMES = 0.3, 3
"""A tracklet that is lost for so long, and then found in so few frames, for the last time, may have caught at a piece
of somebody else."""

_TURNS_AT_MOST = 0.5
"""Two pieces of one body take turns: of the shorter one's frames, so many may hold both."""

_TURN_S, _TURN_SHARE = 0.5, 0.8
_SAME_PLACE, _SAME_PLACE_SHARE, _NEAR, _NEAR_SHARE = 0.5, 0.5, 1.0, 0.9
"""Distances of trunks in torso lengths, and in what share of the shorter one's frames they hold."""

_SAME_SIZE = 0.5
"""Logarithm of the ratio of two sizes."""


def joined_people(tracks: Sequence[Track], time_s: Float) -> tuple[list[Track], list[int]]:
    """The people behind tracklets, each with the number of one of them, and of how many tracklets each was made.

    Parameters
    ----------
    tracks : sequence of Track
    time_s : array, shape (F,)
        Times of the clip's frames.
    """
    whole = _without_pieces(_without_strays(tracks, time_s), time_s)
    people = _chained(whole, time_s)
    return [person for person, _ in people], [count for _, count in people]


def _without_strays(tracks: Sequence[Track], time_s: Float) -> list[Track]:
    """Tracklets without loose ends: frames after (or before) a pause in which they are on somebody else's body.

    Who falls out of the tracker's sight and is found again as a new tracklet leaves the old one without anybody, and a
    leg that the detector sees apart is near enough for it. Such an end hides that the one tracklet follows the other.
    """
    out = []
    for one in tracks:
        others = [other for other in tracks if other is not one]
        pauses = np.flatnonzero(np.diff(time_s[one.place]) > _STRAY_PAUSE_S) + 1
        first, end = 0, len(one)
        if len(pauses) and pauses[0] <= _STRAY_FRAMES and _on_somebody(one.rows(slice(0, pauses[0])), others):
            first = int(pauses[0])
        if len(pauses) and end - pauses[-1] <= _STRAY_FRAMES and _on_somebody(one.rows(slice(pauses[-1], end)), others):
            end = int(pauses[-1])
        out.append(one.rows(slice(first, end)) if first < end else one)
    return out


def _on_somebody(end: Track, others: Sequence[Track]) -> bool:
    """Whether in each of a few frames there is somebody else, seen better, with the trunk in the same place."""
    for row, place in enumerate(end.place.tolist()):
        seen, near = end.score[row] > 0, False
        for other in others:
            at = int(np.searchsorted(other.place, place))
            if at == len(other) or other.place[at] != place or other.score[at].sum() <= end.score[row].sum():
                continue
            both = seen & (other.score[at] > 0)
            away = np.where(both[:, None], end.xy_px[row].astype(np.float64) - other.xy_px[at], 0.0)
            size = _sizes(other.rows(slice(at, at + 1)))[0]
            near |= bool(both.any() and np.hypot(*trunk_shift(away, both)) < _NEAR * size)
        if not near:
            return False
    return True


def _without_pieces(tracks: Sequence[Track], time_s: Float) -> list[Counted]:
    """Tracklets that take turns in one place made one, the longest first."""
    left = sorted(tracks, key=len, reverse=True)
    done: list[Counted] = []
    while left:
        whole, count = left.pop(0), 1
        while (piece := next((one for one in left if _pieces(whole, one, time_s)), None)) is not None:
            left.remove(piece)
            whole, count = _both(whole, piece), count + 1
        done.append((whole, count))
    return sorted(done, key=lambda one: one[0].track_id)


def _pieces(whole: Track, other: Track, time_s: Float) -> bool:
    """Whether the shorter of two tracklets is a piece of the other's body."""
    long, short = (whole, other) if len(whole) >= len(other) else (other, whole)
    if short.place[0] > long.place[-1] or short.place[-1] < long.place[0]:
        return False
    if np.isin(short.place, long.place).mean() > _TURNS_AT_MOST:
        return False
    after = np.searchsorted(long.place, short.place).clip(1, len(long) - 1) if len(long) > 1 else np.zeros(1, np.intp)
    before_s, after_s = time_s[long.place[after - 1]], time_s[long.place[after]]
    now_s = time_s[short.place]
    near = np.where(np.abs(now_s - before_s) <= np.abs(after_s - now_s), after - 1, after)
    soon = np.abs(now_s - time_s[long.place[near]]) <= _TURN_S
    if soon.mean() < _TURN_SHARE:
        return False
    size, other_size = _sizes(long)[near][soon], _sizes(short)[soon]
    both = (long.score[near] > 0) & (short.score > 0)
    away = np.where(both[..., None], short.xy_px.astype(np.float64) - long.xy_px[near], 0.0)
    apart = np.where(both.any(axis=1), np.hypot(*trunk_shift(away, both).T), np.nan)[soon] / size
    with np.errstate(invalid="ignore"):
        same_place = np.mean(apart < _SAME_PLACE) >= _SAME_PLACE_SHARE and np.mean(apart < _NEAR) >= _NEAR_SHARE
    growth = np.log(other_size / size)
    same_size = abs(float(np.nanmedian(growth))) < _SAME_SIZE if np.isfinite(growth).any() else False
    return bool(same_place and same_size and not _unlike(long, short, _UNLIKE_SOON))


def _both(one: Track, other: Track) -> Track:
    """One body out of two pieces: where both are seen, the better one, with the joints that it lacks from the other."""
    merged = one.followed_by(other)
    shared, here, there = np.intersect1d(one.place, other.place, assume_unique=True, return_indices=True)
    better = other.score[there].sum(axis=1) > one.score[here].sum(axis=1)
    rows = np.searchsorted(merged.place, shared)
    # joint by joint: the better one's, if it has the joint
    score, other_score = one.score[here], other.score[there]
    take = np.where(better[:, None], other_score > 0, score <= 0)  # (S, 18)
    merged.xy_px[rows] = np.where(take[..., None], other.xy_px[there], one.xy_px[here])
    merged.score[rows] = np.where(take, other_score, score)
    merged.colours[rows] = np.where(better[:, None], other.colours[there], one.colours[here])
    return merged


def _chained(tracks: list[Counted], time_s: Float) -> list[Counted]:
    """Tracklets that follow one another made one, the cheapest pairs over the whole clip (Hungarian method)."""
    if len(tracks) < 2:
        return tracks
    costs = np.full((len(tracks), len(tracks)), np.inf)
    for (row, (one, _)), (column, (other, _)) in itertools.permutations(enumerate(tracks), 2):
        pause_s = time_s[other.place[0]] - time_s[one.place[-1]]
        if 0 < pause_s <= JOIN_S:
            costs[row, column] = follow_cost(one, other, time_s)
    ends, begins = linear_sum_assignment(np.minimum(costs, 1e3))
    next_of = {int(end): int(begin) for end, begin in zip(ends, begins, strict=True) if costs[end, begin] <= 1}
    people = []
    for start in sorted(set(range(len(tracks))) - set(next_of.values())):
        (person, count), at = tracks[start], start
        while at in next_of:
            at = next_of[at]
            person, count = person.followed_by(tracks[at][0]), count + tracks[at][1]
        people.append((person, count))
    return people


def follow_cost(one: Track, other: Track, time_s: Float) -> float:
    """How ill `other` goes on from where `one` ended: 0 to 1, or infinite where it is somebody else.

    The trunk must be within reach of the way that it was on, the sizes alike, and the clothes of like colours. Who is
    back within a second may also be known by how he was last and is first, because he has hardly come into other light;
    later the whole of both tracklets counts.
    """
    end_s, begin_s = float(time_s[one.place[-1]]), float(time_s[other.place[0]])
    pause_s = begin_s - end_s
    last, last_score, velocity, size = _end(one, time_s, backwards=False)
    first, first_score, _, first_size = _end(other, time_s, backwards=True)
    if not (np.isfinite(size) and np.isfinite(first_size)):
        return float("inf")
    expected = predict(
        last[None],
        seen_s=np.where(last_score > 0, end_s, -np.inf)[None],
        velocity_px_s=velocity[None],
        torso_px=np.array([size]),
        last_s=np.array([end_s]),
        time_s=begin_s,
    )
    leap = float(fit(expected, first[None], first_score[None], np.array([first_size])).leap[0, 0])
    unlike = colour_distance(mean_colours(one.colours), mean_colours(other.colours))
    if pause_s <= _SOON_S:
        last_look = one.colours[time_s[one.place] >= end_s - _LOOK_S]
        first_look = other.colours[time_s[other.place] <= begin_s + _LOOK_S]
        unlike = float(np.fmin(unlike, colour_distance(mean_colours(last_look), mean_colours(first_look))))
    if not np.isfinite(unlike):
        return leap if pause_s <= _NO_COLOUR_S else float("inf")
    worst = _UNLIKE_SOON if pause_s <= _SOON_S else _UNLIKE_LATE
    return (leap + unlike / worst) / 2 if unlike < worst and leap <= 1 else float("inf")


def _end(track: Track, time_s: Float, *, backwards: bool) -> tuple[Float, Float, Float, float]:
    """The skeleton (18, 2) with scores (18,) at a tracklet's end, its trunk's velocity (2,), and its size.

    Joints that are missing in the last frame are taken from shortly before.
    """
    order = slice(None) if backwards else slice(None, None, -1)
    times = time_s[track.place][order]
    near = np.abs(times - times[0]) <= _END_S
    xy, score, times = track.xy_px[order][near].astype(np.float64), track.score[order][near], times[near]
    seen = score > 0
    newest = seen.argmax(axis=0)
    joints = np.arange(xy.shape[1])
    known = seen.any(axis=0)
    skeleton = np.where(known[:, None], xy[newest, joints], 0.0)
    size = torso_px(np.where(seen[..., None], xy, 0.0), score)
    velocity = np.zeros(2)
    both = seen[0] & seen[-1]
    if len(times) > 1 and both.any():
        moved = np.where(both[:, None], xy[0] - xy[-1], 0.0)
        velocity = trunk_shift(moved, both) / (times[0] - times[-1])
    middle = float(np.nanmedian(size)) if np.isfinite(size).any() else float("nan")
    return skeleton, np.where(known, score[newest, joints], 0.0).astype(np.float64), velocity, middle


def _sizes(track: Track) -> Float:
    return torso_px(np.where(track.score[..., None] > 0, track.xy_px, 0.0).astype(np.float64), track.score)


def _unlike(one: Track, other: Track, worst: float) -> bool:
    """Whether the clothes say that these are two people."""
    return colour_distance(mean_colours(one.colours), mean_colours(other.colours)) > worst
