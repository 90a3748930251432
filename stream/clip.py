"""A clip in two passes: find everybody in every frame first, then work on whole tracks, which know the future.

`look` keeps what was found and no picture, a few hundred bytes a person and frame. `refine` needs nothing else: it
numbers people, joins their tracklets, mends sides, fills short gaps, smooths without lag, lifts and puts everybody on
the floor. As a frame's people depend on that frame alone, parts of a clip may be looked at anywhere and joined
(`detection.offline.detections.joined`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.detector import Detector
from detection.offline.detections import DetectionRecorder, Detections
from detection.offline.filter_options import Filter
from detection.offline.filters import smoothed_track
from detection.offline.people import Person, whole_people
from export.motion import ExportOptions, Repairs
from export.poses import Poses
from export.world import World
from lifting.floor import Floor
from lifting.ground import GroundOptions, ground_clip
from lifting.lifter import GAP_S
from lifting.offline import LiftedTrack, OfflineLifter
from pose.camera import CameraModel
from pose.errors import ExitCode, LiftCamError
from pose.types import People
from stream.finding import FIND, found_in
from stream.item import Item
from stream.pipeline import Pipeline
from stream.source import Source

Float = NDArray[np.float64]

_OF_2D: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "xy_px": (np.float32, (18, 2)),
    "score": (np.float32, (18,)),
    "raw_xy_px": (np.float32, (18, 2)),
    "raw_score": (np.float32, (18,)),
    "interpolated": (np.bool_, (18,)),
}
_OF_3D: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "xyz_m": (np.float32, (17, 3)),
    "root_m": (np.float32, (3,)),
    "valid": (np.bool_, (17,)),
}
"""What a `Person` and a `LiftedTrack` hold a frame, as rows of a pose file have it."""

Step = Callable[[str, int, int | None], None]
"""Is told what is being done ("find", "follow", "lift", "ground"), how much of it is done, and how much there is, where
that is known. It may raise KeyboardInterrupt."""


def nobody_listens(_what: str, _done: int, _of: int | None) -> None:
    """A `Step` that does nothing."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What the first pass found, and how it ended.

    Attributes
    ----------
    detections : Detections
    source : str
        Name of the source, without its folder.
    fps : float or None
        Mean rate of what was looked at.
    damaged : int
        Frames that could not be decoded.
    end : ExitCode
        DONE, READ_IN_PART where the clip breaks off, INTERRUPTED.
    problem : str
        One line; empty where all went well.
    """

    detections: Detections
    source: str
    fps: float | None
    damaged: int = 0
    end: ExitCode = ExitCode.DONE
    problem: str = ""


def look(
    source: Source,
    detectors: Sequence[Detector],
    on_step: Step = nobody_listens,
    on_item: Callable[[Item], None] = lambda _item: None,
) -> Looked:
    """The first pass: everybody in every frame of a recorded source, which is closed at the end.

    Parameters
    ----------
    source : Source
    detectors : sequence of Detector
        Each looks at one frame at a time; they stay the caller's.
    on_step : Step
        Called once a frame with "find".
    on_item : function
        Is given every frame with its people; for meters.

    Raises
    ------
    LiftCamError
        Where nothing can be read. What was read before a clip broke off, or before KeyboardInterrupt came out of
        `on_step`, is given.
    """
    recorder = DetectionRecorder()
    end, problem = ExitCode.DONE, ""
    with Pipeline(source, (), live=False) as pipeline, contextlib.closing(found_in(pipeline, detectors)) as found:
        try:
            for item, colours in found:
                recorder.add(item.frame, item.people or People.nobody(), colours)
                on_item(item)
                on_step(FIND, len(recorder), source.frame_count)
        except KeyboardInterrupt:
            end, problem = ExitCode.INTERRUPTED, "interrupted; what was finished is kept"
        except LiftCamError as error:
            if error.exit_code is not ExitCode.READ_IN_PART:
                raise
            end, problem = error.exit_code, str(error)
    return Looked(recorder.detections(), source.name, source.fps, source.damaged, end, problem)


@dataclass(frozen=True, slots=True)
class RefineOptions:
    """How the second pass works.

    Attributes
    ----------
    camera : CameraModel
        The camera that took the pictures.
    filter : Filter
        How joints are smoothed.
    people : int or None
        Only so many, those who are seen longest; None keeps everybody.
    ground : GroundOptions
    """

    camera: CameraModel
    filter: Filter = field(default_factory=Filter)
    people: int | None = None
    ground: GroundOptions = field(default_factory=GroundOptions)


@dataclass(frozen=True, slots=True)
class ClipQuality:
    """How much of a clip was seen, and what was put right.

    Attributes
    ----------
    frames : int
        Frames that were looked at.
    share_with_somebody : float
        Share of them in which somebody was found.
    tracklets : int
        That the tracker made of the people that are kept.
    repairs : mapping of int to Repairs
        By track id.
    gaps_left : int
        Gaps of people that were too long to be filled.
    """

    frames: int
    share_with_somebody: float
    tracklets: int
    repairs: Mapping[int, Repairs]
    gaps_left: int

    def summary(self) -> dict[str, float]:
        """The figures in one flat object, for the last line of `file`."""
        each = self.repairs.values()
        return {
            "frames_with_somebody": round(self.share_with_somebody, 4),
            "tracklets_joined": self.tracklets - len(self.repairs),
            "swaps_mended": sum(one.swaps_mended for one in each),
            "gaps_filled": sum(one.gaps_filled for one in each),
            "frames_filled": sum(one.frames_filled for one in each),
            "gaps_left": self.gaps_left,
        }


@dataclass(frozen=True, slots=True)
class Refined:
    """A whole clip, done.

    Attributes
    ----------
    poses : Poses
        With everything that only two passes give.
    floor : Floor
    quality : ClipQuality
    first_frame, last_frame : int
        Numbers of the frames that were looked at; 0 and -1 where there was none.
    """

    poses: Poses
    floor: Floor
    quality: ClipQuality
    first_frame: int
    last_frame: int

    def export_options(self, every: int = 1, *, level: bool = True) -> ExportOptions:
        """What the writers need to know beside the poses.

        Parameters
        ----------
        every : int
            That only every n-th frame was looked at.
        level : bool
            Whether files with y up stand on the floor, once it is known; otherwise the camera is taken as level.
        """
        return ExportOptions(
            world=self.poses.world if level else World.from_up(),
            frame_count=self.last_frame + 1,
            first_frame=self.first_frame,
            every=every,
            repairs=self.quality.repairs,
        )


def refine(looked: Looked, options: RefineOptions, on_step: Step = nobody_listens) -> Refined:
    """The second pass, over what the first one found.

    People are numbered from 1 by how long they are seen.
    """
    found = looked.detections
    people = whole_people(found, options.filter, options.people, lambda done: on_step("follow", done, found.frames))
    repairs = {
        one.track_id: Repairs(one.tracklets, one.swaps_mended, one.frames_filled, one.gaps_filled) for one in people
    }
    quality = ClipQuality(
        found.frames,
        float((np.diff(found.first_row) > 0).mean()) if found.frames else 0.0,
        sum(one.tracklets for one in people),
        repairs,
        sum(one.gaps_left for one in people),
    )
    poses, floor = _lifted(looked, people, options, on_step)
    first, last = (int(found.frame_index[0]), int(found.frame_index[-1])) if found.frames else (0, -1)
    return Refined(poses, floor, quality, first, last)


def rising(time_s: Float) -> Float:
    """Times that never decrease, with equal ones a microsecond apart.

    >>> rising(np.array([0.0, 0.5, 0.5, 1.0]))
    array([0.      , 0.5     , 0.500001, 1.      ])
    """
    first = np.concatenate([[True], np.diff(time_s) > 0])
    place = np.arange(len(time_s))
    return np.asarray(time_s + 1e-6 * (place - np.maximum.accumulate(np.where(first, place, 0))))


def _lifted(looked: Looked, people: list[Person], options: RefineOptions, on_step: Step) -> tuple[Poses, Floor]:
    """Everybody in 3D as rows in the order of the frames, and the floor. `people` is emptied on the way.

    A long clip's joints are in memory once: who has become rows is let go.
    """
    found = looked.detections
    intrinsics = options.camera(max(found.width, 1), max(found.height, 1))
    lifter = OfflineLifter(intrinsics)
    time_s = rising(found.time_s)
    place = np.concatenate([np.zeros(0, np.int64), *(one.place for one in people)])
    track_id = np.concatenate([np.zeros(0, np.int32), *(np.full(len(one), one.track_id, np.int32) for one in people)])
    order = np.lexsort((track_id, place))
    row_of = np.empty(len(order), np.intp)  # where each person's frames go, one person after the other
    row_of[order] = np.arange(len(order))
    place = place[order]
    rows: dict[str, NDArray[Any]] = {"track_id": track_id[order]}
    rows |= {name: np.zeros((len(order), *shape), kind) for name, (kind, shape) in (_OF_2D | _OF_3D).items()}
    done, count = 0, len(people)
    for number in range(count):
        on_step("lift", number, count)
        one = people.pop(0)
        when, mine = time_s[one.place], row_of[done : done + len(one)]
        done += len(one)
        for name in _OF_2D:
            rows[name][mine] = getattr(one, name)
        xy_px, score = one.xy_px, one.score
        del one
        lifted = _without_jitter(lifter.track(when, xy_px, score), when, options.filter)
        for name in _OF_3D:
            rows[name][mine] = getattr(lifted, name)
        del lifted
    on_step("ground", 0, None)
    grounded = ground_clip(
        time_s[place],
        rows["track_id"],
        rows["xyz_m"],
        rows["root_m"],
        rows["valid"],
        rows["xy_px"],
        rows["score"],
        intrinsics,
        options.ground,
        in_place=True,
    )
    floor = grounded.floor
    seen = floor.confidence > 0
    poses = Poses(
        frame_index=found.frame_index[place],
        time_s=found.time_s[place],
        **(rows | {"xyz_m": grounded.xyz_m, "root_m": grounded.root_m}),
        planted=grounded.planted,
        fps=float("nan") if looked.fps is None else looked.fps,
        width=found.width,
        height=found.height,
        source=looked.source,
        up=floor.up if seen else None,
        camera_height_m=floor.height_m if seen else None,
    )
    return poses, floor


def _without_jitter(lifted: LiftedTrack, time_s: Float, how: Filter) -> LiftedTrack:
    """A lifted track smoothed as its 2D was: what the network makes of it has some jitter of its own."""
    xyz = smoothed_track(lifted.xyz_m, lifted.valid, time_s, how, GAP_S)
    known = lifted.valid.any(axis=1)
    root = smoothed_track(lifted.root_m[:, None], known[:, None], time_s, how, GAP_S)[:, 0]
    return LiftedTrack(xyz, root, lifted.valid)
