"""Tracked people in 2D, frame by frame, to people in 3D: the stage that the app runs.

The network's clock ticks at 30 Hz; cameras do not. A frame that comes within three quarters of a tick after the last
one is looked at without being remembered, so 60 Hz gives 60 answers. One that comes later stands for as many ticks as
fit, and positions in between are interpolated. A tick thus lasts between 0.75 and 1.5 of 1/30 s, as in training.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lifting import evidence
from lifting.errors import LiftingError
from lifting.mirror import MirroredNet
from lifting.normalise import Anchor, directions, features, look, turned_rays
from lifting.root import are_bodies, are_seen, at_depth, solve_root
from lifting.steady import DISTANCE, JOINTS, Steady
from lifting.weights import DEFAULT_WEIGHTS, load
from pose.camera import Intrinsics
from pose.joint_sets import H36M17, OPENPOSE18
from pose.types import People

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

CLOCK_HZ = 30.0
EARLIEST_TICK = 0.75
GAP_S = 0.5
"""Somebody who is away for longer starts anew, and so does everybody when frames stay away for longer."""

FORGET_S = 2.0
"""Somebody who is away for longer is forgotten altogether, size and all."""


@dataclass(slots=True)
class _Track:
    """What is remembered of one person."""

    slot: int
    anchor: Anchor
    bundle: Float
    """Unit directions (18, 3) of the last frame in which the person was."""
    score: Float
    """Scores (18,) of the last frame; zeros where the person was not in it."""
    present_s: float
    """When the person was last among the people."""
    seen_s: Float
    """When each joint (18,) was last seen."""
    new: bool = True
    """Whether the network has no past of the person yet."""
    depth: Steady = field(default_factory=lambda: Steady(DISTANCE))
    pose: Steady = field(default_factory=lambda: Steady(JOINTS))


class Lifter:
    """Lifts tracked people; keeps one stream per `track_id`.

    Distances and sizes rest on the build of the bodies that the network was trained on (see `lifting.root`).

    Parameters
    ----------
    intrinsics : Intrinsics
        Of the pictures that the 2D joints are from; `Intrinsics.from_fov(width, height)` where nothing is known.
    weights : Path, optional
        The shipped ones unless given.

    Raises
    ------
    LiftingError
        Where the weights cannot be read or are not causal.
    """

    def __init__(self, intrinsics: Intrinsics, weights: Path | None = None) -> None:
        path = DEFAULT_WEIGHTS if weights is None else weights
        network = load(path)
        if not network.causal:
            raise LiftingError(f"{path} holds a symmetric network, which cannot run live")
        self._intrinsics = intrinsics
        self._net = MirroredNet(network)
        self._tracks: dict[int, _Track] = {}
        self._tick_s = -math.inf
        self._time_s = -math.inf

    @property
    def slots(self) -> int:
        """Streams there is room for; those of people who left are used again."""
        return self._net.slots

    def reset(self) -> None:
        """Forget everybody and the time."""
        self._tracks.clear()
        self._tick_s = self._time_s = -math.inf

    def step(self, people: People, time_s: float) -> People:
        """The same people with `xyz_m`, `root_m` and `valid`.

        A joint whose position or score is not finite counts as missing. Of somebody without a seen joint nothing is
        valid, and the numbers are zeros. Time that runs backwards (a file was rewound) or stands still for more than
        half a second starts everybody anew.

        Raises
        ------
        LiftingError
            Where people have no ids, one id is there twice, arrays have other shapes, or the time is not finite.
        """
        self._check(people, time_s)
        if time_s < self._time_s:
            self.reset()
        if time_s - self._tick_s > GAP_S:
            for track in self._tracks.values():
                self._start_anew(track)
        finite = np.isfinite(people.xy_px).all(axis=-1) & np.isfinite(people.score)
        score = np.where(finite, np.clip(people.score, 0, 1), 0).astype(np.float64)
        rays = self._intrinsics.rays(np.where((score > 0)[..., None], people.xy_px, 0))
        # a joint beyond what the lens can show has no ray
        shown = are_seen(rays)
        score, rays = np.where(shown, score, 0.0), np.where(shown[..., None], rays, (0.0, 0.0, 1.0))
        bundle = directions(rays)
        ids = [int(one) for one in people.track_id]
        self._welcome(ids, time_s)
        pose, rotation = self._run_clock(ids, bundle, score, time_s)
        self._remember(ids, bundle, score, time_s)
        xyz, root, valid = self._answer(ids, pose, turned_rays(bundle, rotation), score, time_s)
        root = (root[:, None] @ rotation)[:, 0]
        xyz = self._steadied(ids, xyz @ rotation, valid, time_s)
        return people.with_3d(xyz.astype(np.float32), root.astype(np.float32), valid)

    def _check(self, people: People, time_s: float) -> None:
        ids = people.track_id
        if not math.isfinite(time_s):
            raise LiftingError(f"a frame's time is {time_s}, not a number of seconds")
        joints = (len(ids), len(OPENPOSE18))
        if people.xy_px.shape != (*joints, 2) or people.score.shape != joints:
            raise LiftingError(
                f"{len(ids)} people have joints of shape {people.xy_px.shape} and {people.score.shape}, "
                f"expected {(*joints, 2)} and {joints}"
            )
        if (ids < 0).any() or len(np.unique(ids)) != len(ids):
            raise LiftingError(f"lifting needs a steady number for everybody, none twice; the ids are {ids.tolist()}")

    def _welcome(self, ids: list[int], time_s: float) -> None:
        """Forget who has been away for long; give newcomers a slot and returners a fresh start."""
        for gone in [one for one, track in self._tracks.items() if time_s - track.present_s > FORGET_S]:
            del self._tracks[gone]
        taken = {track.slot for track in self._tracks.values()}
        for one in ids:
            if one in self._tracks:
                if time_s - self._tracks[one].present_s > GAP_S:
                    self._start_anew(self._tracks[one])
                continue
            slot = next(number for number in range(len(taken) + 1) if number not in taken)
            taken.add(slot)
            self._net.grow(slot + 1)
            self._net.clear(slot)
            joints = len(OPENPOSE18)
            never = np.full(joints, -math.inf)
            self._tracks[one] = _Track(slot, Anchor.unknown(1), np.zeros((joints, 3)), np.zeros(joints), time_s, never)

    def _start_anew(self, track: _Track) -> None:
        """Forget a person's motion, but not how large the person looks."""
        self._net.clear(track.slot)
        anchor = track.anchor
        track.anchor = Anchor(anchor.direction, anchor.log_extent, np.zeros(1), np.minimum(anchor.measured, 1))
        track.score = np.zeros_like(track.score)
        track.depth, track.pose, track.new = Steady(DISTANCE), Steady(JOINTS), True

    def _run_clock(self, ids: list[int], bundle: Float, score: Float, time_s: float) -> tuple[Float, Float]:
        """Feed the ticks up to this frame; the poses (K, 17, 3) of `ids` in turned axes, and the turns (K, 3, 3)."""
        elapsed = (time_s - self._tick_s) * CLOCK_HZ
        commit = elapsed >= EARLIEST_TICK
        ticks = 1 if elapsed > GAP_S * CLOCK_HZ else max(1, round(elapsed))
        active = [one for one, track in self._tracks.items() if one in ids or time_s - track.present_s <= GAP_S]
        away = [one for one in active if one not in ids]
        order = ids + away
        now = np.concatenate([bundle, np.tile([0.0, 0.0, 1.0], (len(away), bundle.shape[1], 1))])
        now_score = np.concatenate([score, np.zeros((len(away), score.shape[1]))])
        pose, rotation = np.zeros((len(order), len(H36M17), 3)), np.zeros((len(order), 3, 3))
        for tick in range(1, ticks + 1):
            at, at_score = self._between(order, now, now_score, tick / ticks)
            pose, rotation = self._tick(order, at, at_score, commit=commit)
        if commit:
            self._tick_s = time_s
        return pose[: len(ids)], rotation[: len(ids)]

    def _between(self, order: list[int], now: Float, score: Float, part: float) -> tuple[Float, Float]:
        """The bundles and scores at a part of the way from the last frame to this one."""
        if part == 1:
            return now, score
        last = np.stack([self._tracks[one].bundle for one in order]) if order else now
        last_score = np.stack([self._tracks[one].score for one in order]) if order else score
        both = (score > 0) & (last_score > 0)
        mixed = np.where(both[..., None], (1 - part) * last + part * now, [0.0, 0.0, 1.0])
        return directions(mixed), np.where(both, (1 - part) * last_score + part * score, 0)

    def _tick(self, order: list[int], bundle: Float, score: Float, *, commit: bool) -> tuple[Float, Float]:
        """One step of the network for everybody in `order`: poses (K, 17, 3), and the turns (K, 3, 3) of their axes."""
        if not order:
            return np.zeros((0, len(H36M17), 3)), np.zeros((0, 3, 3))
        tracks = [self._tracks[one] for one in order]
        sight = look(bundle, score)
        anchor = Anchor.stacked([track.anchor for track in tracks]).after(sight)
        inputs, rotation = features(bundle, score, anchor, sight.pelvis)
        slots = np.array([track.slot for track in tracks], np.intp)
        new = [row for row, track in enumerate(tracks) if track.new and score[row].any()]
        if new:
            self._net.begin(inputs[new], slots[new])
        pose = self._net.step(inputs, slots, commit=commit)
        if commit:
            for row, track in enumerate(tracks):
                track.anchor = anchor.take(np.array([row]))
                track.new = track.new and row not in new
        return pose.astype(np.float64), rotation

    def _remember(self, ids: list[int], bundle: Float, score: Float, time_s: float) -> None:
        for one, track in self._tracks.items():
            if one not in ids:
                track.score = np.zeros_like(track.score)
        for row, one in enumerate(ids):
            track = self._tracks[one]
            track.bundle, track.score, track.present_s = bundle[row], score[row], time_s
            track.seen_s = np.where(score[row] > 0, time_s, track.seen_s)
        self._time_s = time_s

    def _answer(
        self, ids: list[int], poses: Float, rays: Float, score: Float, time_s: float
    ) -> tuple[Float, Float, NDArray[np.bool_]]:
        """Poses (K, 17, 3), roots (K, 3) and valid (K, 17): zeros and nothing valid where no joint is seen."""
        valid = np.zeros((len(ids), len(H36M17)), np.bool_)
        root = np.zeros((len(ids), 3))
        if not ids:
            return poses, root, valid
        solved, fits = solve_root(poses, rays, score)
        for row, one in enumerate(ids):
            track = self._tracks[one]
            if fits[row]:
                track.depth.follow(solved[row : row + 1, 2:], time_s)
            lately = time_s - track.seen_s <= evidence.MEMORY_S
            if score[row].any() and np.isfinite(poses[row]).all():
                valid[row] = evidence.known(lately)
        root = at_depth(poses, rays, score, np.array([self._distance(self._tracks[one]) for one in ids]))
        valid &= are_bodies(rays, score)[:, None]
        nothing = ~valid.any(axis=1)
        return np.where(nothing[:, None, None], 0, poses), np.where(nothing[:, None], 0, root), valid

    def _steadied(self, ids: list[int], xyz: Float, valid: NDArray[np.bool_], time_s: float) -> Float:
        """Poses (K, 17, 3) in camera axes without jitter; those of whom nothing is known stay zeros."""
        out = xyz.copy()
        for row, one in enumerate(ids):
            if valid[row].any():
                out[row] = self._tracks[one].pose.follow(xyz[row], time_s)
        return out

    @staticmethod
    def _distance(track: _Track) -> float:
        """The smoothed distance along the turned axis; until one was solved, what the extent says."""
        if track.depth.position.size:
            return float(track.depth.position[0, 0])
        return float(np.exp(-track.anchor.log_extent[0]))
