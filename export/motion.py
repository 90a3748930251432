"""Flat rows -> one person's motion on the clip's clock, which is what most formats hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from export.errors import ExportError
from export.poses import Poses
from export.world import World
from pose.blocks import blocks

Float = NDArray[np.float64]
Index = NDArray[np.int64]
Bool = NDArray[np.bool_]

MOST_FRAMES = 20_000_000
"""Nearly four days at 60 frames a second; a file that claims more is not believed."""

UNKNOWN_FPS = 30.0
"""Rate of a single frame of which nothing is known."""

EVEN = 0.25
"""Times that stray from an even clock by less than this share of a frame are rounding, not a variable frame rate."""


@dataclass(frozen=True, slots=True)
class Repairs:
    """What work on a whole clip put right of one person; the report tells it.

    Attributes
    ----------
    tracklets : int
        Of how many pieces the tracker had made the person.
    swaps_mended : int
        In how many stretches left and right were swapped back.
    frames_filled, gaps_filled : int
        Frames in which the person was not found and that were filled in, and how many gaps they made up.
    """

    tracklets: int = 1
    swaps_mended: int = 0
    frames_filled: int = 0
    gaps_filled: int = 0


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What the writers share.

    Attributes
    ----------
    world : World
        Where up is, for the formats with y up.
    frame_count : int or None
        Frames that the clip has. Rows exist only for frames with somebody in them: without it the files that have an
        entry a frame end with the last person.
    first_frame : int
        The first frame that was looked at, where a clip was trimmed.
    every : int or None
        That only every n-th frame was looked at; None finds it out from the frames with somebody in them.
    repairs : mapping of int to Repairs, or None
        What was put right, by `track_id`; None where nobody counted.
    """

    world: World = field(default_factory=World.from_up)
    frame_count: int | None = None
    first_frame: int = 0
    every: int | None = None
    repairs: Mapping[int, Repairs] | None = None


DEFAULTS = ExportOptions()


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every frame that was looked at, with or without people.

    Attributes
    ----------
    frame_index : array, int64, shape (F,)
        Evenly spaced: every frame of the source, or every n-th where only those were looked at.
    time_s : array, shape (F,)
        The source's own times; between them, where nobody was seen, interpolated.
    fps : float
        Frames of this timeline a second.
    """

    frame_index: Index
    time_s: Float
    fps: float

    @classmethod
    def of(cls, poses: Poses, options: ExportOptions) -> Timeline:
        """The frames of a pose file from the clip's first to its last."""
        known, rows = np.unique(poses.frame_index.astype(np.int64), return_index=True)
        seen_at = poses.time_s[rows]
        count = max(options.frame_count or 0, int(known[-1]) + 1 if len(known) else 0)
        if count > MOST_FRAMES or (len(known) and known[0] < 0):
            raise ExportError(f"{poses.source}: frame numbers from {known[0]} to {known[-1]} cannot be right")
        step = options.every or (int(np.gcd.reduce(np.diff(known))) if len(known) > 2 else 1)
        start = options.first_frame
        if len(known):
            start = min(start, int(known[0]))
            start += (int(known[0]) - start) % step
        index = np.arange(start, count, step, dtype=np.int64)
        fps, time_0 = _clock(poses, known, seen_at)
        time = time_0 + index / fps
        if len(known):
            inside = (index >= known[0]) & (index <= known[-1])
            time[inside] = np.interp(index[inside], known, seen_at)
        return cls(index, time, fps / step)

    @property
    def even(self) -> bool:
        """Whether the frames follow each other evenly, but for rounding."""
        if len(self.time_s) < 2:
            return True
        clock = self.time_s[0] + np.arange(len(self.time_s)) / self.fps
        return bool(np.abs(self.time_s - clock).max() < EVEN / self.fps)


def _clock(poses: Poses, known: Index, time_s: Float) -> tuple[float, float]:
    """Source frames a second, the container's if the times bear it out, else their mean; and the time of frame 0."""
    stated = poses.fps if np.isfinite(poses.fps) and poses.fps > 0 else 0.0
    if len(known) < 2 or time_s[-1] <= time_s[0]:
        fps = stated or UNKNOWN_FPS
    else:
        fps = float((known[-1] - known[0]) / (time_s[-1] - time_s[0]))
        if stated and abs((known[-1] - known[0]) / stated - (time_s[-1] - time_s[0])) < EVEN / stated:
            fps = stated
    return fps, float(time_s[0] - known[0] / fps) if len(known) else 0.0


@dataclass(frozen=True, slots=True)
class Motion:
    """One person from the first to the last frame in which they are seen.

    Attributes
    ----------
    track_id : int
    frame_index : array, int64, shape (M,)
        Frames of the timeline; -1 for a moment between frames.
    time_s : array, shape (M,)
    seen : array, bool, shape (M,)
        False in a gap.
    xyz_m : array, shape (M, 17, 3)
        H36M17 joints in world axes, y up, metres; NaN where a joint is not known.
    fps : float
        Frames a second.
    even : bool
        Whether `time_s` is an even clock but for rounding.
    """

    track_id: int
    frame_index: Index
    time_s: Float
    seen: Bool
    xyz_m: Float
    fps: float
    even: bool

    def __len__(self) -> int:
        return len(self.time_s)

    def evenly(self) -> Motion:
        """The same motion on an even clock, for formats that know nothing but a rate.

        Frames of a constant rate stay as they are. A variable rate is interpolated between neighbouring frames.
        """
        if self.even:
            return self
        count = int(np.floor((self.time_s[-1] - self.time_s[0]) * self.fps + 1e-6)) + 1
        if count > MOST_FRAMES:
            raise ExportError(f"person {self.track_id}: {count} frames at {self.fps:g} a second are too many")
        time = self.time_s[0] + np.arange(count) / self.fps
        before = np.clip(np.searchsorted(self.time_s, time + 1e-9, side="right") - 1, 0, len(self) - 2)
        part = (time - self.time_s[before]) / np.maximum(self.time_s[before + 1] - self.time_s[before], 1e-9)
        part = np.clip(np.where(np.abs(part - part.round()) < 1e-4, part.round(), part), 0, 1)
        one, other = self.xyz_m[before], self.xyz_m[before + 1]
        share = part[:, None, None]
        between = np.where(share == 0, one, np.where(share == 1, other, one + share * (other - one)))
        near = before + (part > 0.5)
        exact = np.where((part == 0) | (part == 1), self.frame_index[near], -1)
        return replace(self, frame_index=exact, time_s=time, seen=self.seen[near], xyz_m=between, even=True)


def motions(poses: Poses, options: ExportOptions = DEFAULTS) -> list[Motion]:
    """Everybody's motion, in the order of their numbers."""
    return list(motions_in_turn(poses, options))


def motions_in_turn(poses: Poses, options: ExportOptions = DEFAULTS) -> Iterator[Motion]:
    """The same one by one, for writers that need nobody twice: of a long clip one person is large enough.

    Raises
    ------
    ExportError
        Before the first one, where frame numbers cannot be right or somebody is twice in one frame.
    """
    timeline = Timeline.of(poses, options)
    start = timeline.frame_index[0] if len(timeline.frame_index) else 0
    step = int(timeline.frame_index[1] - start) if len(timeline.frame_index) > 1 else 1
    even = timeline.even
    everybody = np.unique(poses.track_id)
    places = (poses.frame_index.astype(np.int64) - start) // step
    for track_id in everybody:
        mine = places[poses.track_id == track_id]
        if len(np.unique(mine)) != len(mine):
            raise ExportError(f"{poses.source}: person {track_id} is twice in one frame")
    for track_id in everybody:
        rows = np.flatnonzero(poses.track_id == track_id)
        mine = places[rows]
        first, last = int(mine.min()), int(mine.max())
        seen = np.zeros(last - first + 1, np.bool_)
        seen[mine - first] = True
        joints = np.full((len(seen), *poses.xyz_m.shape[1:]), np.nan)
        for block in blocks(len(rows)):
            some = rows[block]
            xyz = options.world.points(poses.xyz_m[some].astype(np.float64) + poses.root_m[some, None])
            xyz[~poses.valid[some]] = np.nan
            joints[mine[block] - first] = xyz
        inside = slice(first, last + 1)
        yield Motion(
            int(track_id), timeline.frame_index[inside], timeline.time_s[inside], seen, joints, timeline.fps, even
        )


def in_frames(timeline: Timeline, poses: Poses) -> Iterator[tuple[int, float, list[int]]]:
    """Every frame of a timeline with its time and the rows of everybody in it."""
    order = np.argsort(poses.frame_index, kind="stable")
    frame_of = poses.frame_index[order]
    first = np.searchsorted(frame_of, timeline.frame_index)
    after = np.searchsorted(frame_of, timeline.frame_index, side="right")
    for frame, time_s, begin, end in zip(timeline.frame_index, timeline.time_s, first, after, strict=True):
        yield int(frame), float(time_s), order[begin:end].tolist()
