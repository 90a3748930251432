"""One person's whole track lifted at once, with what comes after a frame as well as what came before.

For clips that are processed in two passes: find and track everybody first, then lift every track by itself. The shipped
network tells the poses of 100 and 400 ms ago beside that of now; a whole track is the mean of what it tells of a frame.

    lifter = OfflineLifter(intrinsics)
    lifted = lifter.track(time_s, xy_px, score)   # (T,), (T, 18, 2), (T, 18)
    lifted.xyz_m, lifted.root_m, lifted.valid     # (T, 17, 3), (T, 3), (T, 17)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from lifting import evidence
from lifting.errors import LiftingError
from lifting.lifter import CLOCK_HZ, GAP_S
from lifting.mirror import mirrored_features, mirrored_poses
from lifting.normalise import directions, features, follow, look, turned_rays
from lifting.root import are_bodies, are_seen, at_depth, solve_root
from lifting.weights import DEFAULT_WEIGHTS, MAX_DELAY, TAPS, LifterWeights, load
from pose.camera import Intrinsics
from pose.joint_sets import H36M17, OPENPOSE18

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

_BRIDGE_S = 0.25
"""A joint is interpolated over this long between two frames that show it."""

_BLOCK_S, _MARGIN_S = 40.0, 10.0
"""A longer track is lifted in blocks of about this length, so that memory does not grow with it. Each begins and ends
so much earlier and later than what is kept of it: longer than anything here remembers."""

_PAST_TICKS = 9
"""For so many ticks somebody is taken to have looked as in the first frame, as `StreamingNet.begin` has it; here fewer
are better, since what comes after the frame tells more."""

_DEPTH_MEDIAN, _DEPTH_SIGMA = 9, 4.0
"""Frames of the clock over which distances are made robust, and the spread in frames over which they are smoothed."""


@dataclass(frozen=True, slots=True)
class LiftedTrack:
    """One person in T frames.

    Attributes
    ----------
    xyz_m : array, float32, shape (T, 17, 3)
        H36M17 joints in metres relative to the pelvis, camera axes; zeros in frames where nothing is valid.
    root_m : array, float32, shape (T, 3)
        The pelvis in camera axes.
    valid : array, bool, shape (T, 17)
        Whether each joint is known: seen within half a second of the frame, or held by joints that were.
    """

    xyz_m: Float32
    root_m: Float32
    valid: Bool


class OfflineLifter:
    """Lifts whole tracks, one at a time; keeps nothing between them.

    Parameters
    ----------
    intrinsics : Intrinsics
        Of the pictures that the 2D joints are from.
    weights : Path, optional
        The shipped network unless given: it is causal, and told late it is as good as symmetric.

    Raises
    ------
    LiftingError
        Where the weights cannot be read.
    """

    def __init__(self, intrinsics: Intrinsics, weights: Path | None = None) -> None:
        self._intrinsics = intrinsics
        self._weights = load(DEFAULT_WEIGHTS if weights is None else weights)

    def track(self, time_s: ArrayLike, xy_px: ArrayLike, score: ArrayLike) -> LiftedTrack:
        """Lift one person's joints; frames without the person may be left out or have all scores 0.

        Parameters
        ----------
        time_s : array, shape (T,)
            Increasing; frames may be any distance apart.
        xy_px : array, shape (T, 18, 2)
            OPENPOSE18 joints in pixels of the original picture; one that is not finite counts as missing.
        score : array, shape (T, 18)
            0 where missing.

        Raises
        ------
        LiftingError
            Where shapes do not fit together, a time is not finite, or times do not increase.
        """
        time, xy, sure = np.asarray(time_s, np.float64), np.asarray(xy_px), np.asarray(score)
        self._check(time, xy, sure)
        out = LiftedTrack(
            np.zeros((len(time), len(H36M17), 3), np.float32),
            np.zeros((len(time), 3), np.float32),
            np.zeros((len(time), len(H36M17)), np.bool_),
        )
        for around, inside in _blocks(time):
            block = self._block(time[around], xy[around].astype(np.float64), sure[around].astype(np.float64))
            own = slice(inside.start - around.start, inside.stop - around.start)
            for whole, part in ((out.xyz_m, block.xyz_m), (out.root_m, block.root_m), (out.valid, block.valid)):
                whole[inside] = part[own]
        return out

    def _block(self, time: Float, xy: Float, sure: Float) -> LiftedTrack:
        """So much of a track as is lifted at a time."""
        frames = len(time)
        seen = np.isfinite(xy).all(axis=-1) & np.isfinite(sure) & (sure > 0)
        rays = self._intrinsics.rays(np.where(seen[..., None], xy, 0))
        seen &= are_seen(rays)  # beyond what the lens can show there is no ray
        sure = np.where(seen, np.clip(sure, 0, 1), 0)
        bundle = directions(np.where(seen[..., None], rays, (0.0, 0.0, 1.0)))
        xyz, root = np.zeros((frames, len(H36M17), 3)), np.zeros((frames, 3))
        for run in _runs(time, seen.any(axis=1)):
            xyz[run], root[run] = self._lift(time[run], bundle[run], sure[run])
        good = np.isfinite(xyz).all(axis=(1, 2)) & are_bodies(np.where(seen[..., None], rays, 0), sure)
        valid = evidence.known(_lately(time, seen)) & good[:, None]
        unknown = ~valid.any(axis=1)
        xyz[unknown], root[unknown] = 0, 0
        return LiftedTrack(xyz.astype(np.float32), root.astype(np.float32), valid)

    @staticmethod
    def _check(time: Float, xy: Float, score: Float) -> None:
        joints = (len(time), len(OPENPOSE18)) if time.ndim == 1 else (0, 0)
        if time.ndim != 1 or xy.shape != (*joints, 2) or score.shape != joints:
            raise LiftingError(
                f"a track of times {time.shape} has joints {xy.shape} and scores {score.shape}, "
                f"expected (T,), (T, {len(OPENPOSE18)}, 2) and (T, {len(OPENPOSE18)})"
            )
        if not np.isfinite(time).all():
            raise LiftingError("a track's times must all be finite numbers of seconds")
        if (np.diff(time) <= 0).any():
            at = int(np.flatnonzero(np.diff(time) <= 0)[0])
            raise LiftingError(f"a track's times must increase; {time[at + 1]} s comes after {time[at]} s")

    def _lift(self, time: Float, bundle: Float, score: Float) -> tuple[Float, Float]:
        """Poses (T, 17, 3) and roots (T, 3) in camera axes of frames without a long gap."""
        clock = np.arange(time[0], time[-1] + 0.5 / CLOCK_HZ, 1 / CLOCK_HZ)
        at, at_score = _on_clock(clock, time, bundle, score)
        sight = look(at, at_score)
        anchor = follow(sight)
        inputs, rotation = features(at, at_score, anchor, sight.pelvis)
        past = np.repeat(inputs[:1], _PAST_TICKS, axis=0)
        turned = steadied_clip(self._weights, np.concatenate([past, inputs]))[len(past) :].astype(np.float64)
        camera = turned @ rotation  # (N, 17, 3)
        poses = np.stack([_resampled(time, clock, joint) for joint in camera.transpose(1, 0, 2)], axis=1)
        nearest = np.clip(np.rint((time - clock[0]) * CLOCK_HZ).astype(int), 0, len(clock) - 1)
        turn = rotation[nearest]  # (T, 3, 3)
        rays = turned_rays(bundle, turn)
        solved, fits = solve_root(poses @ turn.transpose(0, 2, 1), rays, score)
        depth = _steady_depth(time, solved[:, 2], fits, np.exp(-anchor.log_extent[nearest]))
        root = at_depth(poses @ turn.transpose(0, 2, 1), rays, score, depth)
        return poses, (root[:, None] @ turn)[:, 0]


def steadied_clip(weights: LifterWeights, inputs: Float32) -> Float32:
    """The best poses (T, 17, 3) of a whole clip of features (T, FEATURES): the mean of all that is told of a frame.

    The weights tell every frame's pose once for each of their delays, and as much of its mirror image; the errors of
    these answers are partly independent.
    """
    total = _sum_told(weights, inputs) + mirrored_poses(_sum_told(weights, mirrored_features(inputs)))
    later = len(inputs) - np.arange(len(inputs))  # a delay of d tells frames that have d more after them
    told = 2 * (np.array(weights.delays)[:, None] < later).sum(axis=0)
    return np.asarray(total / np.maximum(told, 1)[:, None, None], np.float32)


def whole_clip(weights: LifterWeights, inputs: Float32, ahead: int = MAX_DELAY) -> Float32:
    """The network over a whole clip: features (T, FEATURES) to poses (T, 17, 3) in turned axes, zeros before the clip.

    The same numbers as `lifting.tcn.TemporalNet`, without torch. Every frame is told with the longest of the weights'
    delays up to `ahead` frames that the clip still reaches.
    """
    out = np.zeros((len(inputs), len(H36M17), 3), np.float32)
    for delay, poses in _told(weights, inputs):
        if delay <= ahead:  # the end of the clip keeps what shorter delays told
            out[: len(poses), 1:] = poses
    return out


def _sum_told(weights: LifterWeights, inputs: Float32) -> Float32:
    """The sum (T, 17, 3) of the poses that every delay tells."""
    out = np.zeros((len(inputs), len(H36M17), 3), np.float32)
    for _, poses in _told(weights, inputs):
        out[: len(poses), 1:] += poses
    return out


def _told(weights: LifterWeights, inputs: Float32) -> Iterator[tuple[int, Float32]]:
    """Every delay that the clip reaches, the shortest first, and the poses (T - delay, 16, 3) told, pelvis left out."""
    weight, bias = weights.weight, weights.bias
    x = np.maximum(_taps(inputs, weights, 1) @ weight[0] + bias[0], 0)
    for block in range(weights.blocks):
        wide, mix = 1 + 2 * block, 2 + 2 * block
        hidden = np.maximum(_taps(x, weights, TAPS ** (block + 1)) @ weight[wide] + bias[wide], 0)
        x = x + np.maximum(hidden @ weight[mix] + bias[mix], 0)
    seen = np.concatenate([np.pad(inputs, ((delay, 0), (0, 0)))[: len(inputs)] for delay in weights.delays], axis=1)
    if weights.head:
        x = np.maximum(np.concatenate([x, seen], axis=1) @ weight[-3] + bias[-3], 0)
        x = x + np.maximum(x @ weight[-2] + bias[-2], 0)
    x = np.concatenate([x, seen], axis=1)
    for delay, (last, last_bias) in sorted(zip(weights.delays, weights.last_layers(), strict=True)):
        if delay < len(inputs):
            yield delay, (x[delay:] @ last + last_bias).reshape(len(inputs) - delay, -1, 3)


def _taps(x: Float32, weights: LifterWeights, dilation: int) -> Float32:
    """(T, C) -> (T, taps * C): what a dilated layer sees, the oldest first."""
    span = (weights.taps - 1) * dilation
    before = span if weights.causal else span // 2
    padded = np.pad(x, ((before, span - before), (0, 0)))
    return np.concatenate([padded[tap * dilation : tap * dilation + len(x)] for tap in range(weights.taps)], axis=1)


def _blocks(time: Float) -> list[tuple[slice, slice]]:
    """Frames that are lifted together, and those among them whose answers are kept: all of a short track.

    >>> _blocks(np.array([0.0, 1.0, 45.0, 80.0]))
    [(slice(0, 2, None), slice(0, 2, None)), (slice(2, 4, None), slice(2, 4, None))]
    """
    if not len(time):
        return []
    count = max(1, round(float(time[-1] - time[0]) / _BLOCK_S))
    seams = np.linspace(time[0], time[-1], count + 1)[1:-1]
    first = np.unique([0, *np.searchsorted(time, seams), len(time)])
    return [
        (
            slice(
                int(np.searchsorted(time, time[begin] - _MARGIN_S)),
                int(np.searchsorted(time, time[end - 1] + _MARGIN_S, side="right")),
            ),
            slice(int(begin), int(end)),
        )
        for begin, end in pairwise(first)
    ]


def _runs(time: Float, present: Bool) -> list[slice]:
    """Stretches from first to last frame with the person in which nobody is away for longer than `GAP_S`."""
    there = np.flatnonzero(present)
    if not there.size:
        return []
    breaks = np.flatnonzero(np.diff(time[there]) > GAP_S)
    first = there[np.concatenate([[0], breaks + 1])]
    last = there[np.concatenate([breaks, [len(there) - 1]])]
    return [slice(int(a), int(b) + 1) for a, b in zip(first, last, strict=True)]


def _on_clock(clock: Float, time: Float, bundle: Float, score: Float) -> tuple[Float, Float]:
    """Bundles (N, 18, 3) and scores (N, 18) at the ticks: between the two frames around that show a joint."""
    out, out_score = np.zeros((len(clock), bundle.shape[1], 3)), np.zeros((len(clock), bundle.shape[1]))
    out[..., 2] = 1
    for joint in range(bundle.shape[1]):
        there = np.flatnonzero(score[:, joint] > 0)
        if not there.size:
            continue
        after = np.clip(np.searchsorted(time[there], clock), 0, len(there) - 1)
        before = np.clip(np.searchsorted(time[there], clock, side="right") - 1, 0, len(there) - 1)
        a, b = there[before], there[after]
        span = time[b] - time[a]
        part = np.where(span > 0, (clock - time[a]) / np.where(span > 0, span, 1), 0)
        near = np.minimum(np.abs(clock - time[a]), np.abs(clock - time[b])) <= 0.5 / CLOCK_HZ
        known = np.where(span > 0, span <= _BRIDGE_S, near) & (clock >= time[there[0]] - 0.5 / CLOCK_HZ)
        mixed = bundle[a, joint] + part[:, None] * (bundle[b, joint] - bundle[a, joint])
        out[known, joint] = directions(mixed[known])
        out_score[known, joint] = (score[a, joint] + part * (score[b, joint] - score[a, joint]))[known]
    return out, out_score


def _resampled(time: Float, clock: Float, values: Float) -> Float:
    """Values (N, D) at ticks as values (T, D) at times."""
    return np.stack([np.interp(time, clock, column) for column in values.T], axis=-1)


def _steady_depth(time: Float, depth: Float, fits: Bool, guess: Float) -> Float:
    """Distances (T,) without jumps; what the person's extent says where none could be solved."""
    if not fits.any():
        return guess
    clock = np.arange(time[0], time[-1] + 0.5 / CLOCK_HZ, 1 / CLOCK_HZ)
    nearness = np.interp(clock, time[fits], 1 / depth[fits])
    nearness = gaussian_filter1d(median_filter(nearness, _DEPTH_MEDIAN, mode="nearest"), _DEPTH_SIGMA, mode="nearest")
    return np.asarray(1 / np.interp(time, clock, nearness))


def _lately(time: Float, seen: Bool) -> Bool:
    """Whether each joint (T, 18) is seen within `evidence.MEMORY_S` of each frame, before or after."""
    out = np.zeros_like(seen)
    for joint in range(seen.shape[1]):
        when = time[seen[:, joint]]
        if when.size:
            after = np.clip(np.searchsorted(when, time), 0, len(when) - 1)
            before = np.maximum(after - 1, 0)
            distance = np.minimum(np.abs(when[after] - time), np.abs(when[before] - time))
            out[:, joint] = distance <= evidence.MEMORY_S
    return out
