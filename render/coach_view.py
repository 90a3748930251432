"""What the coach's panel shows; whoever counts fills it in. This part knows nothing of exercises."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Tone(Enum):
    """How something is meant, which is its colour and its sign."""

    PLAIN = "plain"
    GOOD = "good"
    ADJUST = "adjust"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Arc:
    """An angle at a joint.

    Attributes
    ----------
    one, corner, other : int
        OPENPOSE18 joints; the angle is at the corner.
    degrees : float
        NaN where it is not known.
    """

    one: int
    corner: int
    other: int
    degrees: float


@dataclass(frozen=True, slots=True)
class CoachCard:
    """One person's card.

    Attributes
    ----------
    track_id : int
    number : str
        The large figure: repetitions, the time of a hold, or a countdown.
    phase : str
        Where in a repetition, in a word.
    reach : float
        How far round the ring goes: 1 is at the target's tick; NaN where it is not known.
    tone : Tone
        Colour behind the number.
    banner : str
        A few words, or nothing.
    banner_tone : Tone
    title : str
        What is being done.
    timer : str
        Of the set or the rest.
    note : str
        A quiet line where there is no banner.
    arc : Arc or None
        Drawn on the person.
    small : bool
        Whether there is only a figure beside the person's number, and no card.
    """

    track_id: int
    number: str
    phase: str
    reach: float
    tone: Tone = Tone.PLAIN
    banner: str = ""
    banner_tone: Tone = Tone.PLAIN
    title: str = ""
    timer: str = ""
    note: str = ""
    arc: Arc | None = None
    small: bool = False


@dataclass(frozen=True, slots=True)
class CoachView:
    """Everything of the coach at one moment.

    Attributes
    ----------
    title : str
        What is being done, for as long as nobody is there.
    cards : tuple of CoachCard
        In a steady order; the first few have a card, all of several people a figure beside their number.
    full_ring : float
        The `CoachCard.reach` at which the ring is full.
    """

    title: str
    cards: tuple[CoachCard, ...] = ()
    full_ring: float = 1.25
