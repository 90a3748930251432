"""What surfaces are made of: one record a material, read by the shader, and random colours of cloth, skin and hair.

Colours that are passed in are sRGB 0..1 in the order red, green, blue; records hold them linear.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthetic.rotations import Float

Rng = np.random.Generator
Materials = NDArray[np.void]
"""Records of `MATERIAL`."""

GAMMA = 2.2


class Kind(IntEnum):
    """How a surface takes light."""

    SKIN = 0
    CLOTH = 1
    HAIR = 2
    EYE = 3
    PLAIN = 4
    ROOM = 5
    PHOTO_FLOOR = 6
    """A floor that is in the backdrop already and only takes shadows."""


class Pattern(IntEnum):
    """How the three colours of a material are laid out."""

    SOLID = 0
    RINGS = 1
    STRIPES = 2
    PLAID = 3
    DOTS = 4
    CAMOUFLAGE = 5
    GRADIENT = 6
    BLOCK = 7
    LOGO = 8
    HEATHER = 9
    DENIM = 10
    OPEN_JACKET = 11
    PRINT = 12
    CHECKER = 13
    WOOD = 14
    BRICK = 15
    CARPET = 16
    PLASTER = 17
    PICTURE = 18


MATERIAL = np.dtype(
    [
        ("kind", "i8"),
        ("pattern", "i8"),
        ("seed", "i8"),
        ("base", "f4", (3,)),  # linear RGB
        ("second", "f4", (3,)),
        ("third", "f4", (3,)),
        ("scale", "f4"),  # of the pattern, repeats a metre
        ("share", "f4"),  # of the pattern's colours; a height in metres for BLOCK
        ("bump", "f4"),  # strength of folds
        ("gloss", "f4"),
        ("neck_y", "f4"),  # where on the resting body a garment's parts are, metres
        ("hip_y", "f4"),
        ("chest_z", "f4"),
        ("eye_x", "f4", (2,)),  # landmarks of the resting face: left and right eye; an eyeball's centre in the first
        ("eye_y", "f4"),
        ("eye_z", "f4"),
        ("eye_radius", "f4"),
        ("nose_y", "f4"),
        ("nose_z", "f4"),
        ("head_size", "f4"),  # 1 for an average adult
        ("brows", "f4"),  # strengths 0..1
        ("brow_raise", "f4"),  # metres
        ("lips", "f4"),
        ("beard", "f4"),
        ("scalp_hair", "f4"),
    ]
)


class Material(Protocol):
    """One record of `MATERIAL` as compiled code sees it."""

    kind: int
    pattern: int
    seed: int
    base: Any
    second: Any
    third: Any
    scale: float
    share: float
    bump: float
    gloss: float
    neck_y: float
    hip_y: float
    chest_z: float
    eye_x: Any
    eye_y: float
    eye_z: float
    eye_radius: float
    nose_y: float
    nose_z: float
    head_size: float
    brows: float
    brow_raise: float
    lips: float
    beard: float
    scalp_hair: float


SKIN_TONES = (
    np.array(
        [
            (255, 224, 200),
            (245, 208, 180),
            (234, 190, 160),
            (225, 172, 138),
            (208, 152, 112),
            (190, 128, 90),
            (160, 104, 70),
            (130, 82, 55),
            (104, 64, 44),
            (80, 50, 36),
            (62, 40, 30),
        ]
    )
    / 255
)
"""From lightest to darkest."""

HAIR_TONES = (
    np.array(
        [
            (20, 16, 14),
            (32, 24, 20),
            (52, 36, 26),
            (82, 54, 34),
            (118, 78, 46),
            (160, 116, 70),
            (200, 160, 104),
            (222, 190, 140),
            (130, 60, 30),
            (130, 128, 126),
            (200, 198, 194),
            (90, 88, 86),
        ]
    )
    / 255
)
"""Black to fair, red, and three greys."""

_HAIR_SHARES = (0.26, 0.2, 0.14, 0.1, 0.07, 0.05, 0.03, 0.03, 0.03, 0.04, 0.03, 0.02)
_GREYS = (9, 10, 11)
_DARK_HAIR = (0, 0, 0, 1, 1, 9)


def linear(colour: ArrayLike) -> Float:
    """Linear light of an sRGB colour, both 0..1."""
    return np.asarray(np.clip(np.asarray(colour, np.float64), 0, 1) ** GAMMA)


def from_hsv(hue: float, saturation: float, value: float) -> Float:
    """The RGB colour of hue, saturation and value, all 0..1.

    >>> from_hsv(0.0, 1.0, 1.0)
    array([1., 0., 0.])
    """
    offsets = np.array([0.0, 2 / 3, 1 / 3])
    ramp = np.clip(np.abs(((hue + offsets) % 1) * 6 - 3) - 1, 0, 1)
    return np.asarray(value * (1 - saturation * (1 - ramp)) + 0.0)


def material(
    kind: Kind,
    base: ArrayLike,
    second: ArrayLike | None = None,
    third: ArrayLike | None = None,
    *,
    pattern: Pattern = Pattern.SOLID,
    scale: float = 1.0,
    share: float = 0.5,
    bump: float = 0.0,
    gloss: float = 0.1,
    seed: int = 0,
) -> Materials:
    """One material record, shape (); colours in sRGB, missing ones like the first."""
    record = np.zeros((), MATERIAL)
    record["kind"], record["pattern"], record["seed"] = int(kind), int(pattern), seed
    record["base"] = linear(base)
    record["second"] = linear(base if second is None else second)
    record["third"] = linear(base if third is None else third)
    record["scale"], record["share"], record["bump"], record["gloss"] = scale, share, bump, gloss
    return record


def cloth_colour(rng: Rng) -> Float:
    """A colour that clothes have: black, white, grey, blue or any."""
    kind = rng.random()
    if kind < 0.16:
        return np.asarray(rng.uniform(0.02, 0.12) * rng.uniform(0.8, 1.2, 3))
    if kind < 0.30:
        return np.full(3, rng.uniform(0.75, 0.95))
    if kind < 0.45:
        return np.asarray(rng.uniform(0.2, 0.7) * rng.uniform(0.93, 1.07, 3))
    if kind < 0.60:
        return from_hsv(rng.uniform(0.56, 0.68), rng.uniform(0.3, 0.9), rng.uniform(0.1, 0.7))
    return from_hsv(rng.random(), rng.uniform(0.15, 0.95), rng.uniform(0.15, 0.95))


def skin_tone(rng: Rng, ancestry: tuple[float, float, float]) -> tuple[Float, float]:
    """A skin colour for shares of ancestry, and its place 0..10 in `SKIN_TONES`."""
    african, asian, caucasian = ancestry
    place = african * rng.uniform(6, 10) + asian * rng.uniform(1, 4.5) + caucasian * rng.uniform(0, 4)
    below = min(int(place), len(SKIN_TONES) - 2)
    tone = SKIN_TONES[below] + (SKIN_TONES[below + 1] - SKIN_TONES[below]) * (place - below)
    return np.clip(tone * rng.uniform(0.93, 1.05, 3), 0, 1), float(place)


def hair_colour(rng: Rng, skin_place: float, age: float) -> Float:
    """A hair colour that goes with the skin (its place in `SKIN_TONES`) and the age (0..1); a few are dyed."""
    tone = int(rng.choice(len(HAIR_TONES), p=_HAIR_SHARES) if skin_place < 5 else rng.choice(_DARK_HAIR))
    if age > 0.8 and rng.random() < 0.7:
        tone = int(rng.choice(_GREYS))
    colour = np.clip(HAIR_TONES[tone] * rng.uniform(0.8, 1.25), 0, 1)
    return from_hsv(rng.random(), 0.7, 0.7) if rng.random() < 0.03 else colour
