"""Motion capture joined into sets, seen by virtual cameras and found by a detector that errs as ours does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from detection.tracking import Tracker
from lifting.lifter import Lifter
from lifting.training import body, noise, views
from lifting.training.mocap import Motion, held_out, read
from pose.camera import Intrinsics
from pose.joint_sets import H36M17, OPENPOSE18, flip_order
from pose.types import People

Float = NDArray[np.float64]

CLOCK_HZ = 30.0
PICTURE_PX = 1280
"""Longer side of the virtual pictures."""

BLEND_S = 0.4
"""From the end of one repetition to the beginning of the next, the body moves straight from one to the other."""

STANDING_S = 1.5
"""How long the first posture is held before a set."""

INSIDE, TRIES = 0.995, 500
"""This share of the joints is in the picture, as the coach asks for; cameras are drawn until one sees so much."""

CAMERAS = views.ViewOptions(height_m=(0.6, 1.8), distance_m=(2.5, 5.0), close_chance=0.0, aim_m=(0.15, 0.1))
"""Where cameras stand."""

NOISE = noise.NoiseOptions(miss=(1, 0, 0), group_chance=0, gap_chance=0, cut_chance=0, few_chance=0, swap_chance=0)
"""The detector's errors, misses and exchanged sides as measured, without what training adds to them."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One person over T moments, as a pose file has it."""

    time_s: Float
    xy_px: NDArray[np.float32]
    score: NDArray[np.float32]
    xyz_m: NDArray[np.float32]
    valid: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Episode:
    """One repetition of UI-PRMD.

    Attributes
    ----------
    subject, movement : str
        Such as "s08" and "m01".
    correct : bool
    xyz_m : array, shape (T, 17, 3)
        H36M17 joints, y up, 30 Hz.
    """

    subject: str
    movement: str
    correct: bool
    xyz_m: Float
    held_out: bool


@dataclass(frozen=True, slots=True)
class MocapSet:
    """Repetitions in a row by one subject.

    Attributes
    ----------
    xyz_m : array, shape (T, 17, 3)
    ends_s : array, shape (N, 2)
        Where each episode starts and ends.
    correct : array, bool, shape (N,)
    """

    subject: str
    movement: str
    xyz_m: Float
    ends_s: Float
    correct: NDArray[np.bool_]


def read_episodes(folder: Path) -> list[Episode]:
    """All repetitions of `uiprmd.npz` in a folder."""
    return [_episode(motion) for motion in read(folder / "uiprmd.npz")]


def _episode(motion: Motion) -> Episode:
    subject, movement, kind, _ = motion.name.split("_")
    return Episode(subject, movement, kind == "correct", motion.xyz_m.astype(np.float64), held_out(motion))


def sets_of(episodes: list[Episode], chosen: Callable[[Episode], bool], count: int = 10) -> list[MocapSet]:
    """The chosen episodes of each subject and movement, right and wrong ones apart, in sets of `count`."""
    groups: defaultdict[tuple[str, str, bool], list[Episode]] = defaultdict(list)
    for episode in episodes:
        if chosen(episode):
            groups[episode.subject, episode.movement, episode.correct].append(episode)
    return [joined(group[at : at + count]) for group in groups.values() for at in range(0, len(group), count)]


def joined(episodes: list[Episode]) -> MocapSet:
    """Episodes one after the other, each moved and turned to where the last one ended."""
    first = episodes[0].xyz_m
    parts = [np.repeat(first[:1], round(STANDING_S * CLOCK_HZ), axis=0)]
    ends: list[tuple[float, float]] = []
    frames = len(parts[0])
    for episode in episodes:
        moved = _in_place(episode.xyz_m, parts[-1][-1])
        if ends:
            share = _ease(round(BLEND_S * CLOCK_HZ))
            parts.append(parts[-1][-1] * (1 - share) + moved[0] * share)
            frames += len(parts[-1])
        ends.append((frames / CLOCK_HZ, (frames + len(moved) - 1) / CLOCK_HZ))
        parts.append(moved)
        frames += len(moved)
    parts.append(np.repeat(parts[-1][-1:], round(CLOCK_HZ), axis=0))
    return MocapSet(
        episodes[0].subject,
        episodes[0].movement,
        np.concatenate(parts),
        np.array(ends),
        np.array([episode.correct for episode in episodes]),
    )


def _ease(frames: int) -> Float:
    """From 0 to 1 (frames, 1, 1) with level ends."""
    steps = (np.arange(frames) + 1) / (frames + 1)
    return np.asarray((3 * steps**2 - 2 * steps**3)[:, None, None])


def _in_place(xyz: Float, last: Float) -> Float:
    """A motion (T, 17, 3), turned about the vertical and moved to begin where the body `last` (17, 3) stands."""
    turn = _heading(last) - _heading(xyz[0])
    cos, sin = np.cos(turn), np.sin(turn)
    rotation = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    turned = xyz @ rotation.T
    shift = _feet(last) - _feet(turned[0])
    return np.asarray(turned + shift * [1, 0, 1])


def _heading(xyz: Float) -> float:
    across = xyz[H36M17.index("left_hip")] - xyz[H36M17.index("right_hip")]
    return float(np.arctan2(-across[2], across[0]))


def _feet(xyz: Float) -> Float:
    return np.asarray(xyz[[H36M17.index("right_ankle"), H36M17.index("left_ankle")]].mean(axis=0))


@dataclass(frozen=True, slots=True)
class Watched:
    """How sets are seen.

    Attributes
    ----------
    cameras : ViewOptions
    noise : NoiseOptions or None
        None finds every joint where it is.
    lift : bool
        Whether the lifter runs on what was found.
    tracked : bool
        Whether the app's tracker comes before it, which smooths and mends exchanged sides.
    """

    cameras: views.ViewOptions = CAMERAS
    noise: noise.NoiseOptions | None = NOISE
    lift: bool = True
    tracked: bool = False
    weights: Path | None = field(default=None)


def watch(xyz_m: Float, options: Watched, random: np.random.Generator) -> Rows:
    """What the app would have of a motion (T, 17, 3) at 30 Hz in front of one camera."""
    camera_views, camera, at, inside = _whole_body(xyz_m[None], options.cameras, random)
    if options.noise is None:
        found, score = at, inside.astype(np.float64)
    else:
        metre = camera_views.focal[:, None] / np.maximum(camera[:, :, 0, 2], 0.2)
        found, score = noise.detect(at, inside, metre, facing(camera), options.noise, random)
    half = PICTURE_PX / 2
    wide, high = camera_views.half[0] * half
    xy = (found[0] * half + [wide, high]).astype(np.float32)
    time_s = np.arange(len(xyz_m)) / CLOCK_HZ
    seen = score[0].astype(np.float32)
    if options.tracked:
        xy, seen = _tracked(time_s, xy, seen)
    if not options.lift:
        empty = np.zeros((len(xy), len(H36M17)))
        return Rows(time_s, xy, seen, np.zeros((*empty.shape, 3), np.float32), empty > 0)
    focal = float(camera_views.assumed_focal[0] * half)
    return lifted(
        time_s, xy, seen, Intrinsics(focal, focal, wide, high, round(2 * wide), round(2 * high)), options.weights
    )


def _whole_body(
    world: Float, options: views.ViewOptions, random: np.random.Generator
) -> tuple[views.Views, Float, Float, NDArray[np.bool_]]:
    """A camera that sees the whole body; joints in its axes (1, T, 17, 3), in its picture, and whether inside."""
    for _ in range(TRIES):
        camera_views = views.draw(world, options, random)
        joints = camera_views.to_camera(body.with_face(world, random))
        at, inside = camera_views.picture(joints)
        if inside.mean() >= INSIDE:
            return camera_views, camera_views.to_camera(world), at, inside
    raise BenchmarkError(f"none of {TRIES} cameras saw the whole body: {options}")


def _tracked(
    time_s: Float, xy: NDArray[np.float32], score: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Joints and scores as the app's tracker gives them on."""
    tracker = Tracker()
    for index, now in enumerate(time_s):
        found = tracker.update(People.detected(xy[index : index + 1], score[index : index + 1]), float(now))
        if len(found):
            xy[index], score[index] = found.xy_px[0], found.score[0]
        else:
            score[index] = 0
    return xy, score


def facing(camera: Float) -> Float:
    """How far the head's forward and left (B, T, 2) point at the camera, of joints (B, T, 17, 3) in camera axes."""
    _, forward, left = body.head_frame(camera)
    head = camera[..., H36M17.index("nose"), :]
    to_lens = -head / np.maximum(np.linalg.norm(head, axis=-1, keepdims=True), 1e-6)
    return np.stack([(forward * to_lens).sum(axis=-1), (left * to_lens).sum(axis=-1)], axis=-1)


def lifted(
    time_s: Float, xy: NDArray[np.float32], score: NDArray[np.float32], lens: Intrinsics, weights: Path | None = None
) -> Rows:
    """The rows with the joints that the app's lifter makes of them."""
    lifter = Lifter(lens, weights)
    xyz, valid = np.zeros((len(xy), len(H36M17), 3), np.float32), np.zeros((len(xy), len(H36M17)), np.bool_)
    one = np.ones(1, np.int32)
    for index, now in enumerate(time_s):
        person = lifter.step(People(one, xy[index : index + 1], score[index : index + 1], xy[index : index + 1]), now)
        if person.xyz_m is not None and person.valid is not None:
            xyz[index], valid[index] = person.xyz_m[0], person.valid[0]
    return Rows(time_s, xy, score, xyz, valid)


def degraded(rows: Rows, dropouts: float, swaps: float, random: np.random.Generator) -> Rows:
    """The same with that share of joints missing, and of frames with left and right exchanged, each by itself."""
    swapped = (random.random(len(rows.time_s)) < swaps)[:, None]
    order = flip_order(OPENPOSE18)
    xy = np.where(swapped[..., None], rows.xy_px[:, order], rows.xy_px)
    score = np.where(swapped, rows.score[:, order], rows.score)
    kept = random.random(score.shape) >= dropouts
    return Rows(rows.time_s, xy, np.where(kept, score, 0).astype(np.float32), rows.xyz_m, rows.valid)
