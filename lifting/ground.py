"""From lifted people to people of their true size who stand on a floor: scale, standing feet, gravity.

The lifter answers person by person and frame by frame, in its own metres. Here every person gets bones of one length
(`lifting.bones`) and one factor (`lifting.scale`), standing feet stay where they are (`lifting.hold`), and what they
stand on becomes the floor (`lifting.floor`). `Grounding` runs frame by frame; `ground_clip` and `ground_track` know the
whole clip. Everything stays in camera axes: `Floor.extrinsics.to_world` makes it level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lifting.bones import Floats, with_bones
from lifting.errors import LiftingError
from lifting.feet import LEGS
from lifting.floor import Floor
from lifting.floor_tracker import FloorTracker, estimate_floor
from lifting.hold import FeetHold, on_rays
from lifting.hold_clip import hold_in_place
from lifting.scale import PersonScale, Scale, bone_lengths, check_height, solve_scale
from pose.blocks import blocks
from pose.camera import Intrinsics
from pose.joint_sets import H36M17_BONES
from pose.types import People

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

FORGET_S = 2.0
"""Somebody who is away for longer is forgotten."""

_SETTLED_S = 0.7
"""How a body stands when it has just come is not believed for so long."""

_EASE_S = 0.8
_SIZE_EASE_S = 1.5
"""Within about these times the floor and a person's size follow what is worked out, so that nothing jumps."""


@dataclass(frozen=True, slots=True)
class GroundOptions:
    """What is done to lifted people.

    Attributes
    ----------
    height_m : float or None
        Height without shoes of the people in view; None takes everybody for an adult of usual size.
    hold : bool
        Whether standing feet are held.
    """

    height_m: float | None = None
    hold: bool = True

    def __post_init__(self) -> None:
        check_height(self.height_m)


@dataclass(slots=True)
class _Person:
    """What is remembered of one person."""

    size: PersonScale
    since_s: float
    seen_s: float
    feet: FeetHold = field(default_factory=FeetHold)
    log_factor: float = 0.0
    log_bones: Float = field(default_factory=lambda: np.full(len(H36M17_BONES), np.nan))


class Grounding:
    """Scales people, holds their standing feet and finds the floor, frame by frame.

    Parameters
    ----------
    intrinsics : Intrinsics
        The ones that the people were lifted with.
    options : GroundOptions, optional
    """

    def __init__(self, intrinsics: Intrinsics, options: GroundOptions | None = None) -> None:
        self._intrinsics = intrinsics
        self._options = options or GroundOptions()
        self.reset()

    def reset(self) -> None:
        """Forget everybody and the floor."""
        self._people: dict[int, _Person] = {}
        self._tracker = FloorTracker()
        self._floor = self._tracker.floor
        self._time_s = -math.inf

    @property
    def floor(self) -> Floor:
        """Where the floor is by now; its `confidence` is 0 as long as nobody stood on it."""
        return self._floor

    @property
    def scales(self) -> Mapping[int, Scale]:
        """Everybody's size by track id, with what it rests on."""
        return {one: person.size.scale for one, person in self._people.items()}

    def step(self, people: People, time_s: float) -> People:
        """The same people with `xyz_m` and `root_m` in their true size and their standing feet held.

        Raises
        ------
        LiftingError
            Where people were not lifted, or the time is not finite.
        """
        if not people.lifted or not math.isfinite(time_s):
            raise LiftingError("only lifted people at a finite time can be put on the floor")
        if time_s < self._time_s:
            self._people.clear()
        elapsed_s = min(1.0, max(0.0, time_s - self._time_s))
        self._time_s = time_s
        for gone in [one for one, person in self._people.items() if time_s - person.seen_s > FORGET_S]:
            del self._people[gone]
        xyz, root = people.xyz_m.astype(np.float64), people.root_m.astype(np.float64)
        finite = np.isfinite(people.xy_px).all(axis=-1) & np.isfinite(people.score)
        score = np.where(finite, np.clip(people.score, 0, 1), 0.0).astype(np.float64)
        rays = self._intrinsics.rays(np.where((score > 0)[..., None], people.xy_px, 0.0))
        score = np.where(np.isfinite(rays).all(axis=-1), score, 0.0)
        settled = np.zeros(len(people), bool)
        for row, one in enumerate(people.track_id.tolist()):
            if not people.valid[row].any():
                continue
            person = self._person(one, time_s)
            settled[row] = time_s - person.since_s >= _SETTLED_S
            factor, bones = self._size(person, xyz[row], people.valid[row], time_s, elapsed_s)
            even = with_bones(xyz[row], bones)
            root[row] += on_rays(xyz[row], even, rays[row], score[row], root[row, 2])
            xyz[row], root[row] = even * factor, root[row] * factor
            if self._options.hold:
                xyz[row], root[row], _ = person.feet.step(
                    xyz[row], root[row], people.valid[row], rays[row], score[row], time_s
                )
        valid = people.valid & settled[:, None]
        self._tracker.step(xyz + root[:, None], valid, people.track_id, time_s)
        self._floor = _eased(self._floor, self._tracker.floor, elapsed_s)
        return people.with_3d(xyz.astype(np.float32), root.astype(np.float32), people.valid)

    def _person(self, track_id: int, time_s: float) -> _Person:
        person = self._people.get(track_id)
        if person is None:
            person = self._people[track_id] = _Person(PersonScale(self._options.height_m), time_s, time_s)
        person.seen_s = time_s
        return person

    @staticmethod
    def _size(person: _Person, xyz_m: Float, valid: Bool, time_s: float, elapsed_s: float) -> tuple[float, Float]:
        """The person's factor and, before it, bones (16,): what is known at first at once, what comes to it slowly."""
        goal = math.log(person.size.step(xyz_m, valid, time_s).factor)
        bones = np.log(np.maximum(person.size.bones_m[: len(H36M17_BONES)], 1e-3))
        share = 1.0 if time_s - person.since_s < _SETTLED_S else -math.expm1(-elapsed_s / _SIZE_EASE_S)
        person.log_factor += share * (goal - person.log_factor)
        followed = person.log_bones + share * (bones - person.log_bones)
        person.log_bones = np.where(np.isnan(followed), bones, followed)
        return math.exp(person.log_factor), np.exp(person.log_bones)


def _eased(now: Floor, goal: Floor, elapsed_s: float) -> Floor:
    """The floor on its way to another one; there at once where nothing was known before."""
    if not now.confidence:
        return goal
    share = -math.expm1(-elapsed_s / _EASE_S)
    up = now.up + share * (goal.up - now.up)
    height_m = now.height_m + share * (goal.height_m - now.height_m)
    return replace(goal, up=up / np.linalg.norm(up), height_m=height_m)


@dataclass(frozen=True, slots=True)
class GroundedTrack:
    """One person of a clip in true size, with standing feet held.

    Attributes
    ----------
    xyz_m : array, shape (T, 17, 3)
        Relative to the pelvis, camera axes; float32 where it was given in that, else float64.
    root_m : array, float64, shape (T, 3)
    planted : array, bool, shape (T, 2)
        Whether the right and the left foot stand.
    scale : Scale
        The factor that is in `xyz_m` and `root_m` already, and what it rests on.
    """

    xyz_m: Floats
    root_m: Float
    planted: Bool
    scale: Scale


def ground_track(
    time_s: Float,
    xyz_m: Floats,
    root_m: Floats,
    valid: Bool,
    rays: Floats,
    score: Floats,
    options: GroundOptions | None = None,
) -> GroundedTrack:
    """One person's whole track in one size, with standing feet held with hindsight.

    Parameters
    ----------
    time_s : array, shape (T,)
        Rising.
    xyz_m : array, shape (T, 17, 3)
        H36M17 joints relative to the pelvis, camera axes, as lifted.
    root_m : array, shape (T, 3)
        The pelvis, camera axes.
    valid : array of bool, shape (T, 17)
    rays : array, shape (T, 18, 3)
        `intrinsics.rays(xy_px)` of the OPENPOSE18 joints, smoothed or not; anything where the score is 0.
    score : array, shape (T, 18)
    options : GroundOptions, optional

    Raises
    ------
    LiftingError
        Where times do not rise, or something that counts is not finite.
    """
    xyz: Floats = np.array(xyz_m, np.float32 if np.asarray(xyz_m).dtype == np.float32 else np.float64)
    root = np.array(root_m, np.float64)
    time = np.asarray(time_s, np.float64)
    planted, scale = _ground(time, xyz, root, valid, rays, score, options or GroundOptions())
    return GroundedTrack(xyz, root, planted, scale)


def _ground(
    time: Float, xyz: Floats, root: Float, valid: Bool, rays: Floats, score: Floats, asked: GroundOptions
) -> tuple[Bool, Scale]:
    """What `ground_track` does, in place, and block by block where nothing has to be known of the whole track."""
    planted = np.zeros((len(xyz), len(LEGS)), bool)
    there = valid.any(axis=1)
    # what follows are views where somebody is there all the time; copies of a long clip would be large
    known: NDArray[np.intp] | slice = slice(None) if there.all() else np.flatnonzero(there)
    scale = solve_scale(xyz[known], valid[known], asked.height_m)
    if not there.any():
        return planted, scale
    bones = bone_lengths(xyz[known], valid[known])[: len(H36M17_BONES)]
    pose, pelvis, sight = xyz[known], root[known], rays[known]
    certain = np.where(np.isfinite(sight).all(axis=-1) & np.isfinite(score[known]), score[known], 0)
    for rows in blocks(len(pose)):
        body = pose[rows].astype(np.float64)
        even = with_bones(body, bones)
        pelvis[rows] += on_rays(body, even, sight[rows], certain[rows], pelvis[rows, 2])
        pose[rows] = even * scale.factor
    pelvis *= scale.factor
    if asked.hold:
        planted[known] = hold_in_place(time[known], pose, pelvis, valid[known], sight, certain)
    if not isinstance(known, slice):
        xyz[~there] *= scale.factor
        root[~there] *= scale.factor
        xyz[known], root[known] = pose, pelvis
    return planted, scale


@dataclass(frozen=True, slots=True)
class GroundedClip:
    """Everybody of a clip as flat rows, one a person and frame, in the order they were given.

    Attributes
    ----------
    xyz_m : array, float32, shape (N, 17, 3)
    root_m : array, float32, shape (N, 3)
    planted : array, bool, shape (N, 2)
        Whether the right and the left foot stand.
    floor : Floor
        From all frames.
    scales : mapping of int to Scale
        Everybody's factor by track id, applied already.
    """

    xyz_m: NDArray[np.float32]
    root_m: NDArray[np.float32]
    planted: Bool
    floor: Floor
    scales: Mapping[int, Scale]


def ground_clip(
    time_s: Float,
    track_id: NDArray[np.int32],
    xyz_m: NDArray[np.float32],
    root_m: NDArray[np.float32],
    valid: Bool,
    xy_px: NDArray[np.float32],
    score: NDArray[np.float32],
    intrinsics: Intrinsics,
    options: GroundOptions | None = None,
    *,
    in_place: bool = False,
) -> GroundedClip:
    """A whole clip on its floor: `ground_track` for everybody, then the floor from all frames.

    Parameters
    ----------
    time_s, track_id, xyz_m, root_m, valid, xy_px, score : arrays, shape (N, ...)
        The rows of a pose file, frames in order; lifted with `intrinsics`.
    intrinsics : Intrinsics
    options : GroundOptions, optional
    in_place : bool
        Whether `xyz_m` and `root_m` become the answer: a long clip need not be there twice.

    Raises
    ------
    LiftingError
        Where one person's times do not rise, or something that counts is not finite.
    """
    out_xyz, out_root = (xyz_m, root_m) if in_place else (xyz_m.copy(), root_m.copy())
    planted, scales = np.zeros((len(xyz_m), len(LEGS)), bool), {}
    asked = options or GroundOptions()
    for one in np.unique(track_id).tolist():
        rows = np.flatnonzero(track_id == one)
        rays = np.empty((len(rows), score.shape[1], 3), np.float32)
        for some in blocks(len(rows)):
            found = (score[rows[some]] > 0)[..., None]
            rays[some] = intrinsics.rays(np.where(found, xy_px[rows[some]], 0.0))
        xyz, root = out_xyz[rows], out_root[rows].astype(np.float64)
        planted[rows], scales[one] = _ground(time_s[rows], xyz, root, valid[rows], rays, score[rows], asked)
        out_xyz[rows], out_root[rows] = xyz, root
        del xyz, rays
    floor = estimate_floor(out_xyz + out_root[:, None], valid, track_id, time_s)
    return GroundedClip(out_xyz, out_root, planted, floor, scales)
