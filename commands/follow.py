"""`live --follow`: the reference out of a file, and what is shown of who follows it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from commands.clip_job import run_clip
from commands.engine import Engine
from commands.errors import CommandError
from commands.options import FileOptions, FollowOptions
from commands.two_passes import Bars
from export.poses import Poses, load_poses
from fitness.follow.body import LIMBS, level
from fitness.follow.follower import ALIKE, Followed, Follower
from fitness.follow.motion import Observed, Reference
from pose.camera import CameraModel
from pose.errors import LiftCamError
from pose.types import Frame, GroundPlane, People
from render.follow_view import FollowView
from render.orbit import scene_rotation

Float = NDArray[np.float64]
Say = Callable[[str], None]

LEVEL_CAMERA = (0.0, -1.0, 0.0)
LEAD_IN_S = 3.0
"""How long a reference waits for somebody before a camera; files begin at once."""
CLOSE = 60.0
NEAREST_M = 0.1
"""What is nearer to the camera is not drawn into its picture."""
LATE_S = 0.35
"""Delays that are larger are said, to who is alike enough."""


def found_poses(options: FollowOptions) -> Poses | None:
    """The reference's poses; None where they are to be made of a clip first.

    Poses that were made of a clip lie beside it, as CLIP.npz or as poses.npz with its name in it.

    Raises
    ------
    LiftCamError
        Where nothing is there, or it is no pose file.
    """
    path = options.reference
    if path.suffix == ".npz":
        return load_poses(path)
    if not path.exists():
        raise CommandError(f"there is no reference {path}; --follow takes a poses.npz or a clip")
    for beside in (path.with_suffix(".npz"), path.with_name("poses.npz")):
        if beside.is_file():
            try:
                poses = load_poses(beside)
            except LiftCamError:
                continue  # a stranger's file of that name; the clip itself is what was asked for
            if poses.source == path.name:
                return poses
    return None


def made_poses(options: FollowOptions, engine: Engine, console: Console) -> Poses:
    """The poses of a clip, found now."""
    clip = options.reference
    console.print(f"finding the poses of {clip} first; `file {clip} --out DIR` keeps them", markup=False)
    job = FileOptions(engine.options, str(clip), None, False, False, (1280, 720))
    with Bars(console) as bars:
        return run_clip(engine, job, bars.step, lambda line: console.print(line, markup=False)).found


def reference_of(poses: Poses, options: FollowOptions, say: Say) -> Reference:
    """The motion of one person of the poses.

    Raises
    ------
    LiftCamError
        Where there is nobody, not the one who was asked for, or too little of him.
    """
    track = _chosen(poses, options, say)
    mine = poses.of_track(track)
    up = LEVEL_CAMERA if poses.up is None else (float(poses.up[0]), float(poses.up[1]), float(poses.up[2]))
    time_s, first = np.unique(mine.time_s, return_index=True)
    observed = Observed(
        time_s,
        level(mine.xyz_m[first], up),
        mine.valid[first],
        mine.xy_px[first].astype(float),
        mine.score[first].astype(float),
    )
    try:
        return Reference.of(observed)
    except LiftCamError as error:
        raise CommandError(f"{options.reference} cannot be followed: {error}") from error


def _chosen(poses: Poses, options: FollowOptions, say: Say) -> int:
    """Whom to follow: who was named, or who is seen longest."""
    ids, counts = np.unique(poses.track_id, return_counts=True)
    if not len(ids):
        raise CommandError(f"there is nobody in {options.reference}; choose another reference")
    seen = ", ".join(str(number) for number in ids[np.argsort(-counts)][:8])
    if options.track is not None:
        if options.track not in ids:
            raise CommandError(f"nobody in {options.reference} has number {options.track}; there are {seen}")
        return options.track
    longest = int(ids[counts.argmax()])
    if len(ids) > 1:
        say(
            f"the reference shows {len(ids)} people ({seen}): {longest} is followed, who is seen longest; "
            "--follow-track N takes another"
        )
    return longest


class Following:
    """Compares somebody in a command's frames with a reference.

    Parameters
    ----------
    reference : Reference
    lead_in_s : float
        How long it waits for the user.
    camera : function
        The camera that takes the user's pictures.
    """

    def __init__(self, reference: Reference, lead_in_s: float, camera: CameraModel) -> None:
        self._camera = lru_cache(maxsize=1)(camera)
        self._follower = Follower(reference, lead_in_s)
        self._duration_s = reference.duration_s
        self._track: int | None = None
        self._mirrored = False
        self._limbs = np.zeros(len(LIMBS))
        self._ticks = np.zeros(len(LIMBS))

    def step(self, frame: Frame, people: People, floor: GroundPlane | None, chosen: int | None = None) -> FollowView:
        """What to draw with a frame; each frame once, in the order of time."""
        up = floor.up if floor is not None and floor.known else LEVEL_CAMERA
        who = self._who(people, chosen)
        state = self._follower.step(_observed(frame, people, who, up))
        limbs = state.similarity.limbs
        self._mirrored |= state.mirrored
        self._limbs += np.nan_to_num(limbs)
        self._ticks += np.isfinite(limbs)
        ghost = state.ghost_m @ scene_rotation(up)
        if who is not None:
            ghost = ghost + people.root_m[who]
        return FollowView(
            state.similarity.whole,
            tuple((name, float(limb)) for name, limb in zip(LIMBS, limbs, strict=True)),
            state.worst,
            _note(state, who is None),
            state.countdown,
            state.position_s / self._duration_s,
            state.reference_m,
            ghost,
            self._in_picture(frame, ghost),
        )

    def _in_picture(self, frame: Frame, ghost: Float) -> Float:
        """Pixels (17, 2) of joints (17, 3) in camera axes; NaN for those behind the camera."""
        with np.errstate(invalid="ignore"):
            seen = np.where(ghost[:, 2:] > NEAREST_M, ghost, np.nan)
        return self._camera(frame.width, frame.height).project(seen)

    def lines(self) -> list[str]:
        """What it came to."""
        whole = self._follower.mean
        if math.isnan(whole):
            return ["follow: nobody was seen well enough to be compared"]
        means = self._limbs / np.maximum(self._ticks, 1)
        parts = ", ".join(f"{name} {means[k]:.0f}" for k, name in enumerate(LIMBS) if self._ticks[k])
        worst = min((k for k in range(len(LIMBS)) if self._ticks[k]), key=lambda k: means[k])
        differs = f"; {LIMBS[worst]} differs most" if means[worst] < ALIKE else ""
        mirrored = "; mirrored" if self._mirrored else ""
        return [f"follow: {whole:.0f} of 100 alike ({parts}){differs}{mirrored}"]

    def _who(self, people: People, chosen: int | None) -> int | None:
        """The row of who is compared: who was chosen, who was compared last, or who is largest."""
        if not len(people) or not people.lifted:
            return None
        for wanted in (chosen, self._track):
            if wanted is not None and wanted in people.track_id:
                self._track = wanted
                return int(np.flatnonzero(people.track_id == wanted)[0])
        high = np.where(people.score > 0, people.xy_px[..., 1], -np.inf).max(axis=1)
        low = np.where(people.score > 0, people.xy_px[..., 1], np.inf).min(axis=1)
        size = np.where(np.isfinite(high), high - low, 0.0)
        row = int(size.argmax())
        self._track = int(people.track_id[row])
        return row


def _observed(frame: Frame, people: People, who: int | None, up: tuple[float, float, float]) -> Observed:
    time_s = np.array([frame.time_s])
    if who is None:
        none = np.zeros((1, 17), np.bool_)
        return Observed(time_s, np.full((1, 17, 3), np.nan), none, np.zeros((1, 18, 2)), np.zeros((1, 18)))
    one = slice(who, who + 1)
    return Observed(
        time_s,
        level(people.xyz_m[one], up),
        people.valid[one],
        people.xy_px[one].astype(float),
        people.score[one].astype(float),
    )


def _note(state: Followed, nobody: bool) -> str:
    if nobody:
        return "step into view"
    if state.mirrored:
        return f"mirrored: {state.mirror.whole:.0f} that way"
    if not state.similarity.whole >= CLOSE:
        return ""  # how late somebody is who does something else cannot be told
    if state.delay_s >= LATE_S:
        return f"{state.delay_s:.1f} s late"
    return f"{-state.delay_s:.1f} s early" if state.delay_s <= -LATE_S else ""


def open_following(poses: Poses, options: FollowOptions, waits: bool, camera: CameraModel, say: Say) -> Following:
    """Follow somebody of the poses.

    Parameters
    ----------
    poses : Poses
    options : FollowOptions
    waits : bool
        Whether there is a camera, before which somebody has to be ready.
    camera : function
        The camera that takes the user's pictures.
    say : function
        Is told in one line who is followed.
    """
    return Following(reference_of(poses, options, say), LEAD_IN_S if waits else 0.0, camera)
