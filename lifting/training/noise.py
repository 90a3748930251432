"""What a detector does to true 2D joints: errors that last, scores that know a little of them, misses, gaps, swaps.

The figures are measured (`benchmarks/detector_noise.py` on rendered people, see detector_noise.md); what goes beyond
them, cut-off legs and long spells without some joints, is added by chance so that the network knows it. Arrays are
batches of windows (B, T, J, ...); positions are in any unit, with the length of a metre of the person in that unit
beside them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lifting.errors import LiftingError
from pose.joint_sets import OPENPOSE18, flip_order

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

MEASURED = Path(__file__).with_name("detector_noise.json")
TICK_S = 1 / 30
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
_FACE = _joints("nose", "eye", "ear")
_ARMS = _joints("shoulder", "elbow", "wrist")
_EASY = 0.3
"""What is left of errors, hidden joints and exchanged sides in an easy window."""

_SWAPPED = (_ARMS, _LOWER_BODY, _LEGS, _joints("wrist"), list(_INDEX.values()))


@dataclass(frozen=True, slots=True)
class DetectorNoise:
    """One detector's errors, arrays of 18 joints where not said otherwise; lengths in metres at the person.

    Attributes
    ----------
    lasting_m, changing_m : array
        Standard deviation, each axis, of the part of the error that a performance keeps and of the one that changes.
    keeps : array
        What a tick keeps of the changing part.
    hidden, hidden_s, hidden_factor : array
        How much of the time a joint is hidden by the body itself, how long at a time, and how much larger errors are.
    missed_shown, missed_hidden, missed_s : array
        Chances that a joint in the picture is not found, and how long that lasts.
    gross_shown, gross_hidden, gross_s, gross_m : array
        Chances of a gross error, its length in time and in space.
    score, score_between, score_within, score_fall, score_hidden, score_gross : array
        Mean score, its spread from window to window and within one, its fall with the error's metres, and what hidden
        joints and gross errors score.
    swap, swap_s : array, shape (2,)
        How much of the time the sides of arms and of legs are exchanged, and how long at a time.
    gone, gone_s : float
        The same of the whole person not being found.
    """

    lasting_m: Float
    changing_m: Float
    keeps: Float
    hidden: Float
    hidden_s: Float
    hidden_factor: Float
    missed_shown: Float
    missed_hidden: Float
    missed_s: Float
    gross_shown: Float
    gross_hidden: Float
    gross_s: Float
    gross_m: Float
    score: Float
    score_between: Float
    score_within: Float
    score_fall: Float
    score_hidden: Float
    score_gross: Float
    swap: Float
    swap_s: Float
    gone: float
    gone_s: float


@lru_cache
def measured(path: Path = MEASURED) -> DetectorNoise:
    """The noise model in a file of `benchmarks.detector_noise`; what left and right joints have in common is averaged.

    Raises
    ------
    LiftingError
        Where the file cannot be read or is no noise model.
    """
    try:
        model = json.loads(path.read_text())
        joints = [model["joints"][name] for name in OPENPOSE18]

        def each(key: str, part: str | None = None) -> Float:
            values = np.array([one[key] if part is None else one[key][part] for one in joints], np.float64)
            return np.asarray((values + values[_FLIP]) / 2)

        sides = [model["swap"][name] for name in ("arms", "legs")]
        plain: tuple[str, ...] = (
            "lasting_m",
            "changing_m",
            "hidden_factor",
            "missed_shown",
            "missed_hidden",
            "gross_shown",
        )
        plain += ("gross_hidden", "gross_m", "score", "score_between", "score_within", "score_fall")
        return DetectorNoise(
            **{name: each(name) for name in (*plain, "score_hidden", "score_gross")},
            keeps=each("kept") ** (TICK_S * float(model["fps"])),
            hidden=each("hidden", "share"),
            hidden_s=each("hidden", "lasts_s"),
            missed_s=each("missed", "lasts_s"),
            gross_s=each("gross", "lasts_s"),
            swap=np.array([one["share"] for one in sides]),
            swap_s=np.array([one["lasts_s"] for one in sides]),
            gone=float(model["gone"]["share"]),
            gone_s=float(model["gone"]["lasts_s"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LiftingError(f"{path} is no noise model of a detector: {error}") from error


@dataclass(frozen=True, slots=True)
class NoiseOptions:
    """How much a detector errs, and what is missing besides.

    Attributes
    ----------
    level : float
        Factor on the measured spreads; 0 gives true positions and the scores of shown joints.
    level_sd : float
        Spread of the logarithm of that factor from window to window: small and large pictures of people.
    gross, misses, swaps : float
        Factors on how often the measured gross errors, misses and exchanged sides occur.
    miss : (float, float, float)
        Chances of a window with hardly any, some and many single joints missing besides.
    drop : float
        Share of the time that every joint is missing besides, for 0.2 s at a time.
    group_chance, gap_chance, cut_chance, few_chance, swap_chance : float
        Chance a window: a group of joints missing for a while; the whole person for up to 0.5 s; the lower body cut
        off; nothing but head and arms; left and right exchanged for a while.
    easy_chance : float
        Share of windows with hardly any error: one person near the camera in good light is found three times as exactly
        as the people of all sizes, in all poses and rooms, of whom errors were measured.
    """

    level: float = 1.0
    level_sd: float = 0.35
    gross: float = 1.0
    misses: float = 1.0
    swaps: float = 1.0
    miss: tuple[float, float, float] = (0.55, 0.3, 0.15)
    drop: float = 0.0
    group_chance: float = 0.3
    gap_chance: float = 0.1
    cut_chance: float = 0.12
    few_chance: float = 0.03
    swap_chance: float = 0.04
    easy_chance: float = 0.0


WITHOUT_MISSES = NoiseOptions(misses=0, miss=(1, 0, 0), group_chance=0, gap_chance=0, cut_chance=0, few_chance=0)
"""Errors as measured, with every joint that is in the picture found."""

PERFECT = NoiseOptions(0, 0, 0, 0, 0, (1, 0, 0), 0, 0, 0, 0, 0, 0)
"""No errors at all."""


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
    model, shape = measured(), inside.shape
    quality = random.normal(0, 1, (shape[0], 1, 1))  # of the whole window: small errors and high scores go together
    level = options.level * np.exp(options.level_sd * (random.normal(0, 0.7, (shape[0], 1, 1)) - 0.7 * quality))
    part = np.ones(level.shape)  # of what goes wrong, for each window
    if options.easy_chance:
        part = np.where(random.random(level.shape) < options.easy_chance, _EASY, 1.0)
        level = level * part
    hidden = _state(shape, part * model.hidden, model.hidden_s, random) & (options.level > 0)
    hidden[..., _FACE] = False  # the head's direction decides there
    size = np.where(hidden, model.hidden_factor, 1.0) * level
    error = _errors(shape, model, random) * size[..., None]
    gross = _state(
        shape, part * options.gross * np.where(hidden, model.gross_hidden, model.gross_shown), model.gross_s, random
    )
    jump = _held(random.normal(0, 1, (*shape, 2)), gross) * (model.gross_m / 1.18)[:, None]
    error = np.where(gross[..., None], jump, error)
    score = _scores(np.linalg.norm(error, axis=-1), hidden, gross, quality, random)
    found = inside & _face_seen(facing, random) & ~_missing(hidden, options, random)
    xy = at + error * metre[..., None, None]
    xy, score = _swap_sides(xy, np.where(found, score, 0), part * options.swaps, options.swap_chance, random)
    return np.where(score[..., None] > 0, xy, 0), score


def _errors(shape: tuple[int, ...], model: DetectorNoise, random: np.random.Generator) -> Float:
    """Errors (B, T, J, 2) in metres: a part that drifts over seconds, and one that changes as measured."""
    batch, frames, joints = shape
    out = np.empty((*shape, 2))
    slow, quick = random.normal(0, 1, (2, batch, joints, 2))
    fresh = random.normal(0, 1, (2, frames, batch, joints, 2))
    keep = model.keeps[:, None]
    lasting, changing = model.lasting_m[:, None], model.changing_m[:, None]
    for frame in range(frames):
        slow = 0.99 * slow + np.sqrt(1 - 0.99**2) * fresh[0, frame]
        quick = keep * quick + np.sqrt(1 - keep**2) * fresh[1, frame]
        out[:, frame] = lasting * slow + changing * quick
    return out


def _scores(size: Float, hidden: Bool, gross: Bool, quality: Float, random: np.random.Generator) -> Float:
    """Scores (B, T, J) of errors of a length (B, T, J) in metres."""
    model, (batch, _, joints) = measured(), size.shape
    between = 0.7 * quality + 0.7 * random.normal(0, 1, (batch, 1, joints))
    mean_error = np.hypot(model.lasting_m, model.changing_m) * 1.25
    score = model.score - model.score_fall * (np.minimum(size, 0.2) - mean_error)
    score = np.where(hidden, model.score_hidden, score)
    score = np.where(gross, model.score_gross, score)
    noise = model.score_between * between + model.score_within * random.normal(0, 1, size.shape)
    return np.asarray(np.clip(score + noise, 0.05, 1))


def _state(shape: tuple[int, ...], share: Float, lasts_s: Float, random: np.random.Generator) -> Bool:
    """Bool (B, T, J): spells of a mean length that hold for a share of the time, from the first frame on."""
    ticks = np.maximum(lasts_s / TICK_S, 1.0)
    share = np.clip(np.broadcast_to(share, shape), 0, 0.9)
    begin, stay = share / (1 - share) / ticks, 1 - 1 / ticks
    drawn = random.random(shape)
    out = np.empty(shape, np.bool_)
    out[:, 0] = drawn[:, 0] < share[:, 0]
    for frame in range(1, shape[1]):
        out[:, frame] = drawn[:, frame] < np.where(out[:, frame - 1], stay, begin[:, frame])
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


def _missing(hidden: Bool, options: NoiseOptions, random: np.random.Generator) -> Bool:
    """Bool (B, T, 18): what is missing though it is in the picture."""
    model, shape = measured(), hidden.shape
    batch, frames, joints = shape
    chance = options.misses * np.where(hidden, model.missed_hidden, model.missed_shown)
    out = _state(shape, chance, model.missed_s, random)
    out |= _state((batch, frames, 1), np.array([options.misses * model.gone]), np.array([model.gone_s]), random)
    if options.drop:
        out |= _state(shape, np.array(options.drop), np.array(0.2), random)
    kind = random.choice(3, batch, p=options.miss)
    rate = np.choose(kind, [np.zeros(batch), random.uniform(0.01, 0.08, batch), random.uniform(0.08, 0.4, batch)])
    length = 6.0
    out |= _bursts(shape, (rate / length)[:, None, None] * random.uniform(0, 2, (batch, 1, joints)), length, random)
    for row in np.flatnonzero(random.random(batch) < options.group_chance):
        start, stop = _span(frames, frames, random)
        out[row, start:stop, _GROUPS[random.integers(len(_GROUPS))]] = True
    for row in np.flatnonzero(random.random(batch) < options.gap_chance):
        start, stop = _span(frames, 16, random)
        out[row, start:stop] = True
    for row in np.flatnonzero(random.random(batch) < options.cut_chance):
        out[row][:, _LEGS if random.random() < 0.6 else _LOWER_BODY] = True
    few = random.random(batch) < options.few_chance
    out[:, :, _LOWER_BODY] |= few[:, None, None]
    return out


def _span(frames: int, longest: int, random: np.random.Generator) -> tuple[int, int]:
    length = int(random.integers(1, longest + 1))
    start = int(random.integers(0, frames))
    return start, min(start + length, frames)


def _swap_sides(
    xy: Float, score: Float, swaps: Float, chance: float, random: np.random.Generator
) -> tuple[Float, Float]:
    """Sides exchanged for some joints: `swaps` times as often as measured, and besides for up to half a second."""
    model = measured()
    sides = _state((*xy.shape[:2], 2), swaps * model.swap, model.swap_s, random)
    for column, joints in enumerate((_ARMS, _LOWER_BODY)):
        which = sides[..., column, None]
        xy[..., joints, :] = np.where(which[..., None], xy[..., _FLIP[joints], :], xy[..., joints, :])
        score[..., joints] = np.where(which, score[..., _FLIP[joints]], score[..., joints])
    for row in np.flatnonzero(random.random(len(xy)) < chance):
        start, stop = _span(xy.shape[1], 15, random)
        joints = _SWAPPED[random.integers(len(_SWAPPED))]
        xy[row, start:stop, joints] = xy[row, start:stop, _FLIP[joints]]
        score[row, start:stop, joints] = score[row, start:stop, _FLIP[joints]]
    return xy, score
