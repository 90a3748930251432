"""Hints for setting up: whether there is light, and whether somebody is whole in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2

from pose.joint_sets import OPENPOSE18
from pose.types import Image, People

SMALL = (64, 36)
"""Size to which pictures are sampled down before they are measured."""
DARK_LUMA, BRIGHT_LUMA = 38.0, 242.0
BURNT_LUMA, BURNT_SHARE = 250, 0.5
"""A white studio has a mean of 235 with hardly a burnt pixel and is fine; a picture half of which is burnt is not."""
HYSTERESIS = 0.12
"""A shown hint goes only once the picture is better than its threshold by so much of it."""
HOLD_S = 1.0
_AT = {name: index for index, name in enumerate(OPENPOSE18)}
_HEAD = [_AT[n] for n in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")]
_ANKLES = [_AT[n] for n in ("left_ankle", "right_ankle")]


class Hint(Enum):
    """What would help; the value is what is shown."""

    DARK = "Too dark: turn on a light"
    BRIGHT = "Too bright: turn the camera away from the light"
    NOBODY = "Nobody in view"
    FEET = "Step back until your feet show"
    HEAD = "Step back until your head shows"


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the hints are judged by.

    Attributes
    ----------
    luma : float
        Mean brightness of the picture, 0..255.
    burnt : float
        Share of the picture that is white.
    people, heads, feet, whole : int
        People, and of those the ones with a head, with both ankles, and with both.
    """

    luma: float
    burnt: float
    people: int
    heads: int
    feet: int
    whole: int


def measure(image: Image, people: People, min_score: float) -> Statistics:
    """Statistics of a picture (H, W, 3) and its people; a joint counts from `min_score`.

    >>> import numpy as np
    >>> measure(np.full((90, 160, 3), 7, np.uint8), People.nobody(), 0.1)
    Statistics(luma=7.0, burnt=0.0, people=0, heads=0, feet=0, whole=0)
    """
    small = cv2.resize(image, SMALL, interpolation=cv2.INTER_NEAREST)
    luma = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    known = (people.score > 0) & (people.score >= min_score)
    heads, feet = known[:, _HEAD].any(axis=1), known[:, _ANKLES].all(axis=1)
    return Statistics(
        float(luma.mean()),
        float((luma >= BURNT_LUMA).mean()),
        len(people),
        int(heads.sum()),
        int(feet.sum()),
        int((heads & feet).sum()),
    )


def hint_for(statistics: Statistics, shown: Hint | None = None) -> Hint | None:
    """The most useful hint, or None where all is well; light comes before people.

    `shown` is the hint on the screen: light has to be a little better than its threshold before that hint goes.

    >>> hint_for(Statistics(luma=10, burnt=0, people=1, heads=1, feet=1, whole=1))
    <Hint.DARK: 'Too dark: turn on a light'>
    >>> hint_for(Statistics(luma=110, burnt=0, people=3, heads=3, feet=1, whole=1)) is None
    True
    """
    darkest = DARK_LUMA * (1 + HYSTERESIS if shown is Hint.DARK else 1)
    ease = 1 - HYSTERESIS if shown is Hint.BRIGHT else 1
    if statistics.luma < darkest:
        return Hint.DARK
    if statistics.luma > BRIGHT_LUMA * ease or statistics.burnt > BURNT_SHARE * ease:
        return Hint.BRIGHT
    if statistics.people == 0:
        return Hint.NOBODY
    if statistics.whole > 0:
        return None
    return Hint.FEET if statistics.feet == 0 else Hint.HEAD


class HintFilter:
    """Shows a hint once it has held for a second, and takes it away a second after it stopped to hold."""

    def __init__(self, hold_s: float = HOLD_S) -> None:
        self._hold_s = hold_s
        self._shown: Hint | None = None
        self._next: Hint | None = None
        self._since_s = 0.0

    def step(self, statistics: Statistics, time_s: float) -> Hint | None:
        """The hint to show at `time_s`, the frame's time."""
        wanted = hint_for(statistics, self._shown)
        if wanted is not self._next or time_s < self._since_s:
            self._next, self._since_s = wanted, time_s
        if time_s - self._since_s >= self._hold_s:
            self._shown = self._next
        return self._shown
