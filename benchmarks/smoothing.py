"""How much jitter the joint filter removes and how much delay it adds, on analytic motion with noise.

Motions are in torso lengths; the noise is white and has the spread that human-pose-estimation-0001 shows on joints in
plain sight (0.005 to 0.02 in clips of exercises). The lag is the shift in time that fits the filtered path best to the
true one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.smoothing import JointSmoother

Float = NDArray[np.float64]
Path = Callable[[Float], Float]
"""Times (T,) in seconds to places (T, 2) in torso lengths."""

FPS = 30.0
NOISE = 0.01
"""Spread of each coordinate in torso lengths."""

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)

_TORSO_PX = 100.0
_SETTLE_S = 2.0


def _still(time_s: Float) -> Float:
    """A joint at rest."""
    return np.zeros((len(time_s), 2))


def _squat_hip(time_s: Float) -> Float:
    """The hip of somebody who squats every 2.5 s, 0.8 torso lengths deep."""
    return np.stack([np.zeros_like(time_s), 0.4 * (1 - np.cos(2 * np.pi * 0.4 * time_s))], axis=-1)


def _jack_wrist(time_s: Float) -> Float:
    """The wrist in jumping jacks, one a second: an arc of 150 degrees with the radius of an arm."""
    angle = np.radians(15 + 75 * (1 - np.cos(2 * np.pi * time_s)))
    return np.stack([1.1 * np.sin(angle), 1.1 * np.cos(angle)], axis=-1)


def _walk_ankle(time_s: Float) -> Float:
    """The ankle of somebody who walks past: 2.8 torso lengths a second, with a swing on top."""
    phase = 2 * np.pi * 0.9 * time_s
    return np.stack([2.8 * time_s + 0.45 * np.sin(phase), 0.15 * np.cos(phase)], axis=-1)


MOTIONS: dict[str, Path] = {
    "still": _still,
    "squat hip": _squat_hip,
    "jumping jack wrist": _jack_wrist,
    "walking ankle": _walk_ankle,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One motion at one strength.

    Attributes
    ----------
    motion : str
        Key of `MOTIONS`.
    strength : float
        The smoothing.
    lag_ms : float
        Delay of the filtered path behind the true one; 0 for a joint at rest, which has none.
    jitter_removed : float
        Share of the frame-to-frame trembling (second differences of the error) that is gone, 0..1.
    error : float
        Root mean square distance from the truth in torso lengths, lag included.
    raw_error : float
        The same without the filter.
    """

    motion: str
    strength: float
    lag_ms: float
    jitter_removed: float
    error: float
    raw_error: float


def measure(motion: str, strength: float, fps: float = FPS, seconds: float = 20.0, seed: int = 0) -> Case:
    """Filter one motion with noise and compare it with the truth."""
    path = MOTIONS[motion]
    time_s = np.arange(int(seconds * fps)) / fps
    truth = path(time_s)
    raw = truth + np.random.default_rng(seed).normal(0, NOISE, truth.shape)
    smooth = _filtered(raw, time_s, strength)
    settled = time_s > _SETTLE_S
    time_s, truth, raw, smooth = time_s[settled], truth[settled], raw[settled], smooth[settled]
    lag_s = 0.0 if motion == "still" else _lag_s(path, time_s, smooth)
    trembling = _trembling(smooth - path(time_s - lag_s)) / _trembling(raw - truth)
    return Case(
        motion, strength, round(1e3 * lag_s, 1), round(1 - trembling, 3) + 0.0, _rms(smooth - truth), _rms(raw - truth)
    )


def run(strengths: tuple[float, ...] = STRENGTHS) -> dict[str, Any]:
    """Every motion at every strength, at 30 frames a second.

    >>> first = run(strengths=(0.0,))["cases"][1]
    >>> first["motion"], first["jitter_removed"]
    ('squat hip', 0.0)
    """
    cases = [measure(motion, strength) for strength in strengths for motion in MOTIONS]
    return {
        "bench": "smoothing",
        "fps": FPS,
        "noise": NOISE,
        "cases": [asdict(case) for case in cases],
    }


def worst_lag_ms(strength: float) -> float:
    """The longest delay over all motions at 30 frames a second, as the help of `--smoothing` quotes it."""
    return max(measure(motion, strength).lag_ms for motion in MOTIONS)


def _filtered(raw: Float, time_s: Float, strength: float) -> Float:
    smoother = JointSmoother(strength)
    ids, score, torso = np.ones(1, np.int32), np.ones((1, 18), np.float32), np.array([_TORSO_PX])
    joints = np.repeat(raw[:, None, None] * _TORSO_PX, 18, axis=2).astype(np.float32)  # (T, 1, 18, 2)
    smooth = [smoother.update(ids, xy, score, torso, float(at))[0, 0] for xy, at in zip(joints, time_s, strict=True)]
    return np.asarray(smooth, np.float64) / _TORSO_PX


def _lag_s(path: Path, time_s: Float, smooth: Float) -> float:
    """The delay of `path` that lies closest to what was filtered, to a quarter of a millisecond."""
    best = 0.2
    for reach, step in ((0.25, 0.005), (0.005, 0.00025)):
        lags = best + np.arange(-reach, reach + step, step)
        best = float(lags[np.argmin([_rms(smooth - path(time_s - lag)) for lag in lags])])
    return best


def _rms(away: Float) -> float:
    return float(round(np.sqrt((away**2).sum(axis=-1).mean()), 5))


def _trembling(away: Float) -> float:
    return float(np.sqrt((np.diff(away, 2, axis=0) ** 2).sum(axis=-1).mean()))


def main() -> None:
    """Print a table and, as the last line, JSON."""
    result = run()
    print(f"{'motion':20} strength  lag ms  jitter removed  error (raw)")
    for case in result["cases"]:
        print(
            f"{case['motion']:20} {case['strength']:8.2f}  {case['lag_ms']:6.1f}  {case['jitter_removed']:14.0%}  "
            f"{case['error']:.4f} ({case['raw_error']:.4f})"
        )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
