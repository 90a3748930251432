"""What a detector does to true 2D joints: errors that last, scores that know a little of them, misses, gaps, swaps.

The model is set by hand after the errors of affinity-field networks on COCO; none of it is measured yet. Arrays are
batches of windows (B, T, J, ...); positions are in any unit, with the length of a metre of the person in that unit
beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import OPENPOSE18, flip_order

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_SPREAD_M = {"nose": 0.012, "neck": 0.018, "shoulder": 0.022, "elbow": 0.025, "wrist": 0.03, "hip": 0.035}
_SPREAD_M |= {"knee": 0.03, "ankle": 0.03, "eye": 0.01, "ear": 0.015}
SPREAD_M = np.array([_SPREAD_M[name.split("_")[-1]] for name in OPENPOSE18])
"""Standard deviation of a joint's position on a person whose picture is good, in metres at the person."""

_FLIP = flip_order(OPENPOSE18)
_INDEX = {name: index for index, name in enumerate(OPENPOSE18)}


def _joints(*parts: str) -> list[int]:
    return [index for name, index in _INDEX.items() if name.split("_")[-1] in parts]


_GROUPS = (
    *([_INDEX[f"{side}_{part}"] for part in ("elbow", "wrist")] for side in ("left", "right")),
    *([_INDEX[f"{side}_{part}"] for part in ("knee", "ankle")] for side in ("left", "right")),
    _joints("knee", "ankle"),
    _joints("hip", "knee", "ankle"),
    _joints("nose", "eye", "ear"),
    _joints("wrist"),
    _joints("ankle"),
    _joints("hip"),
)
"""Joints that go missing together."""

_LEGS, _LOWER_BODY = _joints("knee", "ankle"), _joints("hip", "knee", "ankle")
_SWAPPED = (_joints("shoulder", "elbow", "wrist"), _LOWER_BODY, _LEGS, _joints("wrist"), list(_INDEX.values()))


@dataclass(frozen=True, slots=True)
class NoiseOptions:
    """How much a detector errs.

    Attributes
    ----------
    level : float
        Factor on all spreads; 0 gives true positions and scores near 1.
    level_sd : float
        Spread of the logarithm of that factor from window to window.
    outlier_rate : float
        Chance a joint and frame that a gross error begins.
    miss : (float, float, float)
        Chances of a window with hardly any, some and many single joints missing.
    group_chance, gap_chance, cut_chance, swap_chance : float
        Chance a window: a group of joints missing for a while; the whole person for up to 0.5 s; the lower body cut
        off; left and right exchanged for a while.
    """

    level: float = 1.0
    level_sd: float = 0.45
    outlier_rate: float = 0.003
    miss: tuple[float, float, float] = (0.4, 0.4, 0.2)
    group_chance: float = 0.35
    gap_chance: float = 0.15
    cut_chance: float = 0.12
    swap_chance: float = 0.08


WITHOUT_MISSES = NoiseOptions(miss=(1, 0, 0), group_chance=0, gap_chance=0, cut_chance=0)
"""Errors of position alone: every joint that is in the picture is found."""


def detect(
    at: Float, inside: Bool, metre: Float, facing: Float, options: NoiseOptions, random: np.random.Generator
) -> tuple[Float, Float]:
    """Positions (B, T, 18, 2) and scores (B, T, 18) as a detector would give them.

    Parameters
    ----------
    at : array, shape (B, T, 18, 2)
        True positions in the picture.
    inside : array, bool, shape (B, T, 18)
        Whether they lie in the picture; what does not is not found.
    metre : array, shape (B, T)
        Length of a metre of the person, in the unit of `at`.
    facing : array, shape (B, T, 2)
        How far the head's forward and its left point at the camera, -1 to 1 each: far sides of a face are not found.
    """
    shape = inside.shape
    quality = np.clip(random.beta(5, 2, (shape[0], 1, 1)) + random.normal(0, 0.1, (shape[0], 1, shape[2])), 0.15, 1)
    level = options.level * np.exp(random.normal(0, options.level_sd, (shape[0], 1, 1))) * (1.6 - 0.8 * quality)
    error = _errors(shape, random) * (SPREAD_M * level)[..., None]
    outlier = _bursts(shape, options.outlier_rate * (options.level > 0), 5, random)
    jump = _held(random.normal(0, 1, (*shape, 2)), outlier) * (SPREAD_M * 8 + 0.05)[:, None]
    error += jump * outlier[..., None]
    certainty = np.exp(-np.linalg.norm(error, axis=-1) / (3 * SPREAD_M + 0.05))
    score = np.clip(quality * (0.4 + 0.6 * certainty) + random.normal(0, 0.05, shape), 0.06, 1)
    found = inside & _face_seen(facing, random) & ~_missing(shape, options, random)
    xy = at + error * metre[..., None, None]
    xy, score = _swap_sides(xy, np.where(found, score, 0), options, random)
    return np.where(score[..., None] > 0, xy, 0), score


def _errors(shape: tuple[int, ...], random: np.random.Generator) -> Float:
    """Unit errors (B, T, J, 2): a lasting part, one that changes within a few frames, and a fresh one."""
    batch, frames, joints = shape
    keep = random.uniform(0.3, 0.9, (batch, 1, 1))
    out = np.empty((*shape, 2))
    slow, quick = random.normal(0, 1, (2, batch, joints, 2))
    fresh = random.normal(0, 1, (3, *shape, 2))
    for frame in range(frames):
        slow = 0.985 * slow + np.sqrt(1 - 0.985**2) * fresh[0, :, frame]
        quick = keep * quick + np.sqrt(1 - keep**2) * fresh[1, :, frame]
        out[:, frame] = 0.65 * slow + 0.65 * quick + 0.35 * fresh[2, :, frame]
    return out


def _bursts(shape: tuple[int, ...], rate: float | Float, length: float, random: np.random.Generator) -> Bool:
    """Bool (B, T, J): spells that begin by chance `rate` a frame and last `length` frames on average."""
    begins = random.random(shape) < rate
    goes_on = random.random(shape) < 1 - 1 / length
    out = begins.copy()
    for frame in range(1, shape[1]):
        out[:, frame] |= out[:, frame - 1] & goes_on[:, frame]
    return out


def _held(values: Float, during: Bool) -> Float:
    """Values (B, T, J, 2) that keep the first value of a spell throughout it."""
    out = values.copy()
    for frame in range(1, values.shape[1]):
        goes_on = (during[:, frame] & during[:, frame - 1])[..., None]
        out[:, frame] = np.where(goes_on, out[:, frame - 1], values[:, frame])
    return out


def _face_seen(facing: Float, random: np.random.Generator) -> Bool:
    """Bool (B, T, 18): nose and eyes are hidden from behind, an eye and an ear on the far side of a turned head."""
    batch, frames = facing.shape[:2]
    out = np.ones((batch, frames, len(OPENPOSE18)), np.bool_)
    limit = random.normal(0, 0.15, (batch, 1, 4)) + random.normal(0, 0.08, (batch, frames, 4))
    ahead, left = facing[..., 0], facing[..., 1]
    out[..., _INDEX["nose"]] = ahead > -0.25 + limit[..., 0]
    for name, sign in (("left", 1.0), ("right", -1.0)):
        out[..., _INDEX[f"{name}_eye"]] = (ahead > -0.15 + limit[..., 1]) & (sign * left > -0.85 + limit[..., 1])
        out[..., _INDEX[f"{name}_ear"]] = sign * left > -0.3 + limit[..., 2] + 0.5 * random.random((batch, 1)) - 0.4
    return out


def _missing(shape: tuple[int, ...], options: NoiseOptions, random: np.random.Generator) -> Bool:
    """Bool (B, T, 18): what is missing though it is in the picture."""
    batch, frames, joints = shape
    kind = random.choice(3, batch, p=options.miss)
    rate = np.choose(kind, [np.zeros(batch), random.uniform(0.01, 0.08, batch), random.uniform(0.08, 0.4, batch)])
    length = 6.0
    out = _bursts(shape, (rate / length)[:, None, None] * random.uniform(0, 2, (batch, 1, joints)), length, random)
    for row in np.flatnonzero(random.random(batch) < options.group_chance):
        start, stop = _span(frames, frames, random)
        out[row, start:stop, _GROUPS[random.integers(len(_GROUPS))]] = True
    for row in np.flatnonzero(random.random(batch) < options.gap_chance):
        start, stop = _span(frames, 16, random)
        out[row, start:stop] = True
    for row in np.flatnonzero(random.random(batch) < options.cut_chance):
        out[row][:, _LEGS if random.random() < 0.6 else _LOWER_BODY] = True
    return out


def _span(frames: int, longest: int, random: np.random.Generator) -> tuple[int, int]:
    length = int(random.integers(1, longest + 1))
    start = int(random.integers(0, frames))
    return start, min(start + length, frames)


def _swap_sides(xy: Float, score: Float, options: NoiseOptions, random: np.random.Generator) -> tuple[Float, Float]:
    """Left and right of some joints exchanged for up to half a second in some windows."""
    for row in np.flatnonzero(random.random(len(xy)) < options.swap_chance):
        start, stop = _span(xy.shape[1], 15, random)
        joints = np.array(_SWAPPED[random.integers(len(_SWAPPED))])
        xy[row, start:stop, joints] = xy[row, start:stop, _FLIP[joints]]
        score[row, start:stop, joints] = score[row, start:stop, _FLIP[joints]]
    return xy, score
