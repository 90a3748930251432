"""The colours, all BGR 0..255: sides that colour-blind people can tell apart (Okabe and Ito 2008) on dark grey."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from pose.joint_sets import H36M17, H36M17_BONES, OPENPOSE18, OPENPOSE18_BONES, side
from pose.types import UNTRACKED

Colour = tuple[int, int, int]

LEFT: Final[Colour] = (0, 159, 230)
"""Okabe and Ito's orange, #E69F00: the person's own left, in every view."""
RIGHT: Final[Colour] = (233, 180, 86)
"""Okabe and Ito's sky blue, #56B4E9: the person's own right."""
MIDDLE: Final[Colour] = (232, 228, 224)
SIDES: Final[dict[str, Colour]] = {"left": LEFT, "right": RIGHT, "middle": MIDDLE}

TINTS: Final[tuple[Colour, ...]] = (
    (115, 158, 0),
    (167, 121, 204),
    (66, 228, 240),
    (178, 114, 0),
    (0, 94, 213),
    (190, 190, 190),
)
"""One a person, for head and label: Okabe and Ito's green, purple, yellow, blue, vermilion, and grey."""

WINDOW: Final[Colour] = (21, 18, 16)
PICTURE_BACK: Final[Colour] = (28, 24, 21)
PANEL: Final[Colour] = (31, 27, 24)
PANEL_TOP: Final[Colour] = (46, 40, 35)
PANEL_BOTTOM: Final[Colour] = (27, 23, 20)
GRID: Final[Colour] = (150, 138, 126)
TEXT: Final[Colour] = (240, 236, 232)
TEXT_DIM: Final[Colour] = (166, 156, 146)
ACCENT: Final[Colour] = (255, 255, 255)
GOOD: Final[Colour] = (128, 190, 64)
WARN: Final[Colour] = (60, 176, 240)
NOTICE: Final[Colour] = (70, 196, 245)
BAD: Final[Colour] = (80, 80, 235)


def tint(track_id: int) -> Colour:
    """The colour of a person's head and label; who is not tracked is neutral.

    >>> tint(0) == tint(len(TINTS)), tint(UNTRACKED) == MIDDLE
    (True, True)
    """
    return MIDDLE if track_id == UNTRACKED else TINTS[track_id % len(TINTS)]


def luminance(colour: Colour) -> float:
    """Relative luminance 0..1 of an sRGB colour, as WCAG 2 defines it.

    >>> luminance((255, 255, 255)), luminance((0, 0, 0))
    (1.0, 0.0)
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (one / 255 for one in colour)]
    return 0.0722 * linear[0] + 0.7152 * linear[1] + 0.2126 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    """Contrast of two colours, 1 to 21, as WCAG 2 defines it; small text needs 4.5.

    >>> round(contrast((255, 255, 255), (0, 0, 0)), 3)
    21.0
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


INKS: Final[tuple[Colour, Colour]] = ((20, 18, 16), (255, 255, 255))


@lru_cache(maxsize=256)
def ink_on(colour: Colour) -> Colour:
    """Black or white, whichever is read better on `colour`.

    >>> ink_on((255, 255, 255)), ink_on((0, 0, 0))
    ((20, 18, 16), (255, 255, 255))
    """
    return max(INKS, key=lambda ink: contrast(ink, colour))


def _bone_side(names: tuple[str, ...], bone: tuple[int, int]) -> str:
    """A bone has the side of its outer end, so that hips and shoulders count to their limb."""
    return next((s for s in (side(names[bone[1]]), side(names[bone[0]])) if s != "middle"), "middle")


BONE_SIDES_2D: Final[tuple[str, ...]] = tuple(_bone_side(OPENPOSE18, bone) for bone in OPENPOSE18_BONES)
"""Side of each of OPENPOSE18_BONES."""
BONE_SIDES_3D: Final[tuple[str, ...]] = tuple(_bone_side(H36M17, bone) for bone in H36M17_BONES)
"""Side of each of H36M17_BONES."""
