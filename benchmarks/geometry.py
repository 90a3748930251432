"""How far away the app says somebody is whose height it was told, and whether a clip's frame rate changes its 3D.

The synthetic actor stands and squats at 1.5 to 5 m before the camera and is seen by the real detector. For the frame
rate the bundled clip's detections at 60 Hz (interpolated) are lifted again with every second and every fourth of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from detection.detector import Detector
from detection.tracking import Tracker
from lifting.ground import Grounding, GroundOptions
from lifting.lifter import Lifter
from pose.camera import Intrinsics
from pose.joint_sets import H36M17
from pose.types import People
from synthetic.performance import Performance
from synthetic.truth import load_truth

Float = NDArray[np.float64]

DISTANCES_M = (1.5, 2.0, 3.0, 4.0, 5.0)
SEEDS = (0, 1)
_FPS, _SECONDS, _WARM_UP_S = 8.0, 3.0, 1.0
_SIZE = (640, 480)
_RATES_HZ = (60, 30, 15)


def run(detector: Detector, notify: Callable[[str], None]) -> dict[str, object]:
    """Errors of distances in per cent, and millimetres between frame rates.

    Returns
    -------
    dict
        `distance_error_pct`: by distance, the mean over actors of the median absolute error of the pelvis' distance.
        `rate_mm`: by rate, the mean distance of the joints, pelvis at the origin, from those at 30 Hz.
    """
    errors: dict[str, float] = {}
    for distance in DISTANCES_M:
        found = [_distance_error(detector, seed, distance) for seed in SEEDS]
        errors[f"{distance:g}"] = round(100 * float(np.mean(found)), 1)
        notify(f"{distance:g} m: off by {errors[f'{distance:g}']} %")
    return {"bench": "geometry", "distance_error_pct": errors, "rate_mm": rates_mm()}


def _distance_error(detector: Detector, seed: int, distance_m: float) -> float:
    """Median error of the distance to the pelvis as a share of it, for one actor whose height is given."""
    position = (0.08 * distance_m, 1.25, distance_m)
    stage = Performance("squats", seed, *_SIZE, _FPS, samples=1, camera_m=position)
    intrinsics = stage.camera.intrinsics
    tracker, lifter = Tracker(), Lifter(intrinsics)
    ground = Grounding(intrinsics, GroundOptions(height_m=stage.height_m))
    off = []
    for index in range(min(stage.frame_count, int(_FPS * _SECONDS))):
        image, truth = stage.render(index)
        time_s = stage.time_s(index)
        people = ground.step(lifter.step(tracker.update(detector.detect(image), time_s), time_s), time_s)
        if len(people) and people.valid[0].any() and time_s >= _WARM_UP_S:
            true = float(np.linalg.norm(truth.root_m[0]))
            off.append(abs(float(np.linalg.norm(people.root_m[0])) / true - 1))
    return float(np.median(off)) if off else float("nan")


def rates_mm() -> dict[str, float]:
    """Mean distance of joints in millimetres between the bundled clip at some rate and at 30 Hz."""
    truth = load_truth()
    mine = truth.person == 0
    times = truth.frame_time_s[truth.frame_index[mine]]
    clock = np.arange(times[0], times[-1], 1 / max(_RATES_HZ))
    random = np.random.default_rng(0)
    xy = truth.xy_px[mine] + random.normal(0, 1.5, truth.xy_px[mine].shape)
    seen = (truth.visible[mine] & truth.inside[mine]).astype(np.float64)
    at = np.stack([np.interp(clock, times, one) for one in xy.reshape(len(xy), -1).T], axis=-1).reshape(-1, 18, 2)
    score = np.stack([np.interp(clock, times, one) for one in seen.T], axis=-1)
    score = np.where(score > 0.99, 0.8, 0.0)
    poses = {rate: _lifted(truth.intrinsics, clock, at, score, max(_RATES_HZ) // rate) for rate in _RATES_HZ}
    common = slice(None, None, max(_RATES_HZ) // min(_RATES_HZ))
    middle = poses[30][common]
    late = clock[common] > clock[0] + _WARM_UP_S
    out = {}
    for rate in _RATES_HZ:
        apart = np.linalg.norm(poses[rate][common][late] - middle[late], axis=-1)
        out[str(rate)] = round(1000 * float(np.nanmean(apart)), 1)
    return out


def _lifted(intrinsics: Intrinsics, clock: Float, xy: Float, score: Float, step: int) -> Float:
    """Poses (T, 17, 3) at every `step`-th time of the clock, NaN elsewhere and where nobody is given."""
    tracker, lifter, ground = Tracker(), Lifter(intrinsics), Grounding(intrinsics)
    out = np.full((len(clock), len(H36M17), 3), np.nan)
    for row in range(0, len(clock), step):
        people = People.detected(xy[row : row + 1].astype(np.float32), score[row : row + 1].astype(np.float32))
        time_s = float(clock[row])
        found = ground.step(lifter.step(tracker.update(people, time_s), time_s), time_s)
        if len(found):
            out[row] = np.where(found.valid[0][:, None], found.xyz_m[0], np.nan)
    return out
