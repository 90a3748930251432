"""The whole lifting stage, as the app runs it, on the test motion: at several frame rates, and its sides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lifting.lifter import Lifter
from lifting.training import body, views
from lifting.training.batches import facing
from lifting.training.mocap import Motion
from lifting.training.noise import WITHOUT_MISSES, detect
from lifting.training.scoring import Scores
from pose import metrics
from pose.camera import Intrinsics
from pose.joint_sets import H36M17, flip_order
from pose.types import People

Float = NDArray[np.float64]

RATES_HZ = (60, 30, 15, 10)
_SECONDS, _SETTLED_S = 5.0, 1.0
_HALF_PX = 640
_COMMON_S = 0.2
"""At multiples of this all rates have a frame."""

_FLIP = flip_order(H36M17)


def by_rate(motions: list[Motion], weights: Path | None = None, *, clips: int = 24, seed: int = 7) -> dict[str, Scores]:
    """Errors of `lifting.lifter.Lifter` on the same clips at several frame rates.

    Clips are motions at 60 Hz, detected with measured noise; a lower rate leaves frames out.

    Returns
    -------
    dict
        By "60hz", "30hz", ...: `mpjpe_mm`, `pa_mpjpe_mm`, `from_30hz_mm`, the mean distance to the answers at 30 Hz,
        and `swaps_per_1000`, frames of a thousand in which the pose with left and right exchanged is nearer to the
        truth.
    """
    random = np.random.default_rng(seed)
    answers: dict[int, list[Float]] = {rate: [] for rate in RATES_HZ}
    truths: list[Float] = []
    swaps = {rate: [0, 0] for rate in RATES_HZ}
    for _ in range(clips):
        time, xy, score, truth = _clip(motions[int(random.integers(len(motions)))], random)
        common = np.flatnonzero((np.arange(len(time)) % round(60 * _COMMON_S) == 0) & (time >= _SETTLED_S))
        truths.append(truth[common])
        for rate in RATES_HZ:
            frames = np.arange(0, len(time), 60 // rate)
            told = _lifted(time[frames], xy[frames], score[frames], weights)
            answers[rate].append(told[np.searchsorted(frames, common)])
            late = frames[time[frames] >= _SETTLED_S]
            straight, crossed = (
                np.linalg.norm(told[len(frames) - len(late) :][:, order] - truth[late], axis=-1).mean(axis=1)
                for order in (np.arange(len(H36M17)), _FLIP)
            )
            swaps[rate][0] += int((crossed < straight).sum())
            swaps[rate][1] += len(late)
    true, base = np.concatenate(truths), np.concatenate(answers[30])
    return {
        f"{rate}hz": {
            "latency_ms": 0.0,
            "mpjpe_mm": 1000 * metrics.mpjpe(np.concatenate(told), true),
            "pa_mpjpe_mm": 1000 * metrics.pa_mpjpe(np.concatenate(told), true),
            "from_30hz_mm": 1000 * metrics.mpjpe(np.concatenate(told), base),
            "swaps_per_1000": 1000 * swaps[rate][0] / swaps[rate][1],
        }
        for rate, told in answers.items()
    }


def _clip(motion: Motion, random: np.random.Generator) -> tuple[Float, Float, Float, Float]:
    """Times (T,), pixels (T, 18, 2), scores (T, 18) and the truth (T, 17, 3) in camera axes of a motion at 60 Hz."""
    time = np.arange(0, min(_SECONDS, (len(motion.xyz_m) - 1) / motion.fps), 1 / 60)
    at = time * motion.fps
    low = at.astype(int)
    part = (at - low)[:, None, None]
    world = (1 - part) * motion.xyz_m[low] + part * motion.xyz_m[np.minimum(low + 1, len(motion.xyz_m) - 1)]
    world = world[None].astype(np.float64)
    camera_views = views.draw(world, views.ViewOptions(close_chance=0, unknown_chance=1), random)
    camera = camera_views.to_camera(world)
    where, inside = camera_views.picture(camera_views.to_camera(body.with_face(world, random)))
    metre = camera_views.focal[:, None] / np.maximum(camera[:, :, 0, 2], 0.2)
    found, score = detect(where, inside, metre, facing(camera), WITHOUT_MISSES, random)
    return time, found[0] * _HALF_PX + _HALF_PX - 0.5, score[0], (camera - camera[:, :, :1])[0]


def _lifted(time: Float, xy: Float, score: Float, weights: Path | None) -> Float:
    """The lifter's answers (T, 17, 3)."""
    lifter, out = Lifter(Intrinsics.from_fov(2 * _HALF_PX, 2 * _HALF_PX), weights), []
    for when, joints, sure in zip(time, xy, score, strict=True):
        joints32 = joints[None].astype(np.float32)
        people = People(np.array([1], np.int32), joints32, sure[None].astype(np.float32), joints32)
        out.append(lifter.step(people, float(when)).xyz_m[0])
    return np.asarray(out, np.float64)
