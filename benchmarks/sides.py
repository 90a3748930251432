"""How often left and right come out exchanged in 3D when the detector exchanges them in 2D, with and without the guard.

The bundled clip's true joints are seen with the trembling of a detector; for stretches of one to ten frames arms, legs
or both change their names. A frame counts where a limb of the answer lies nearer to the truth under the other name.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from detection.side_guard import LIMBS
from detection.tracking import Tracker
from lifting.ground import Grounding
from lifting.lifter import Lifter
from pose.metrics import swapped_limbs
from pose.types import People
from synthetic.truth import ClipTruth, load_truth

Float = NDArray[np.float64]

STRETCHES = (1, 3, 10)
EVERY = 30
"""A stretch begins in about every so many frames."""

_NOISE_PX = 1.5
_WARM_UP = 30
_SEED = 4


def run() -> dict[str, object]:
    """Frames in 1,000 with an exchanged limb in 3D, by the length of the detector's exchanges.

    Returns
    -------
    dict
        `exchanged_2d`: limbs exchanged in 1,000 frames of input. `guarded`, `unguarded`: in the answer, by length;
        `none` is without any exchange in the input.
    """
    truth = load_truth()
    injected: dict[str, float] = {}
    answers: dict[str, dict[str, float]] = {"guarded": {}, "unguarded": {}}
    for length in (0, *STRETCHES):
        name = str(length) if length else "none"
        seen, wrong, xyz = _observed(truth, length)
        injected[name] = _per_1000(wrong[_WARM_UP:])
        for guarded, label in ((True, "guarded"), (False, "unguarded")):
            found = _lifted(truth, seen, guarded)
            swapped = swapped_limbs(found, xyz)[_WARM_UP:]
            answers[label][name] = _per_1000(swapped)
    return {"bench": "sides", "frames": len(xyz), "exchanged_2d": injected, **answers}


def _per_1000(exchanged: NDArray[np.bool_]) -> float:
    """Frames in which any limb (T, 2) is exchanged, of 1,000."""
    return round(1000 * float(exchanged.any(axis=1).mean()), 1)


def _observed(truth: ClipTruth, length: int) -> tuple[list[People], NDArray[np.bool_], Float]:
    """What a detector sees of the first person (T), which limbs (T, 2) it exchanges, and the true poses (T, 17, 3)."""
    random = np.random.default_rng(_SEED + length)
    mine = truth.person == 0
    xy = truth.xy_px[mine] + random.normal(0, _NOISE_PX, truth.xy_px[mine].shape)
    score = np.where(truth.visible[mine] & truth.inside[mine], 0.8, 0.0)
    wrong = np.zeros((len(xy), len(LIMBS)), np.bool_)
    if length:
        for start in _starts(len(xy), random):
            limbs = random.random(len(LIMBS)) < 0.6
            limbs[random.integers(len(LIMBS))] = True
            wrong[start : start + length, limbs] = True
    for limb, parts in enumerate(LIMBS):
        rows = np.flatnonzero(wrong[:, limb])
        joints, twins = parts.ravel(), parts[:, ::-1].ravel()
        xy[np.ix_(rows, joints)] = xy[np.ix_(rows, twins)]
        score[np.ix_(rows, joints)] = score[np.ix_(rows, twins)]
    people = [
        People.detected(one.astype(np.float32)[None], sure.astype(np.float32)[None])
        for one, sure in zip(xy, score, strict=True)
    ]
    return people, wrong, truth.xyz_m[mine].astype(np.float64)


def _starts(frames: int, random: np.random.Generator) -> Iterator[int]:
    """Where stretches begin."""
    at = _WARM_UP
    while at < frames:
        yield at
        at += int(random.integers(EVERY // 2, EVERY * 3 // 2)) + max(STRETCHES)


def _lifted(truth: ClipTruth, seen: list[People], guarded: bool) -> Float:
    """Poses (T, 17, 3) of the first person by tracker and lifter; NaN where nobody is given."""
    tracker, lifter = Tracker(guard_sides=guarded), Lifter(truth.intrinsics)
    ground = Grounding(truth.intrinsics)
    times = truth.frame_time_s[truth.frame_index[truth.person == 0]]
    poses = np.full((len(seen), 17, 3), np.nan)
    for row, (people, time_s) in enumerate(zip(seen, times.tolist(), strict=True)):
        found = ground.step(lifter.step(tracker.update(people, time_s), time_s), time_s)
        if len(found):
            poses[row] = np.where(found.valid[0][:, None], found.xyz_m[0], np.nan)
    return poses
