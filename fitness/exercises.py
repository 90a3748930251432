"""The exercises that we know: what counts a repetition, from where it is seen, and what is wrong with one.

Angles are interior, in degrees; other signals are parts of the body's own size (`fitness.signals`). "Leaves rest at"
and "reaches work at" are the two ends of a hysteresis: a repetition goes from before the first past the second, and
back.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import Enum

from fitness.errors import FitnessError
from fitness.signals import ARMS, View


class Kind(str, Enum):
    """How an exercise is counted."""

    REPETITIONS = "repetitions"
    HOLD = "hold"
    PHASES = "phases"


class Sides(str, Enum):
    """What becomes of the right and the left of a signal."""

    BOTH = "both"
    """The mean of both where both are seen, else the one that is."""
    LEAD = "lead"
    """The side that is further into the movement."""
    EACH = "each"
    """Each side is counted; both at the same time count once."""


@dataclass(frozen=True, slots=True)
class Travel:
    """The way of one signal from rest to work.

    Attributes
    ----------
    signal : str
        A key of `fitness.signals.SIGNALS`.
    leaves, reaches : float
        Where it leaves rest, and where it reaches work; in the signal's unit.
    """

    signal: str
    leaves: float
    reaches: float


@dataclass(frozen=True, slots=True)
class CountRule:
    """What counts in some views: all of `travels` have to reach work."""

    views: tuple[View, ...]
    travels: tuple[Travel, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A repetition has the fault where the extreme of a signal over it is beyond a limit.

    Attributes
    ----------
    name : str
    signal : str
        A key of `fitness.signals.SIGNALS`; the mean of both sides.
    extreme : str
        "lowest" or "highest" value of the repetition, or "peak": the median round its furthest point.
    above : bool
        Whether the fault is above the limit, or below it.
    limit : float
        In the signal's unit.
    views : tuple of View
        Only judged there.
    cue : str
        What helps, in at most four words.
    """

    name: str
    signal: str
    extreme: str
    above: bool
    limit: float
    views: tuple[View, ...]
    cue: str


@dataclass(frozen=True, slots=True)
class Veto:
    """What makes a movement something else: the median of a signal round its furthest point is beyond a limit.

    Attributes
    ----------
    signal : str
        A key of `fitness.signals.SIGNALS`; the mean of both sides.
    above : bool
        Whether it is something else above the limit, or below it.
    limit : float
        In the signal's unit.
    views : tuple of View
        Only asked there.
    """

    signal: str
    above: bool
    limit: float
    views: tuple[View, ...]


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    name : str
        As on the command line.
    counts : tuple of CountRule
        The first whose views hold the present one counts; the first of all where none does.
    shortest_s : float
        Shorter repetitions are none.
    sides : Sides
    kind : Kind
    faults : tuple of Fault
    in_place : bool
        Whether somebody who ends a repetition elsewhere was walking instead.
    vetoes : tuple of Veto
        What makes a movement that would count something else.
    angle : str
        The angle whose range is told of a repetition, where the signal that counts is none; or an empty text.
    watches : tuple of str
        Further signals that are needed.
    likeness : bool
        Whether `fitness.likeness`, which knows squats, is asked too.
    """

    name: str
    counts: tuple[CountRule, ...]
    shortest_s: float = 0.5
    sides: Sides = Sides.BOTH
    kind: Kind = Kind.REPETITIONS
    faults: tuple[Fault, ...] = ()
    in_place: bool = True
    vetoes: tuple[Veto, ...] = ()
    angle: str = ""
    watches: tuple[str, ...] = ()
    likeness: bool = False

    @property
    def arms(self) -> bool:
        """Whether arms count it."""
        return all(travel.signal in ARMS for rule in self.counts for travel in rule.travels)

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of all signals that it needs, each once."""
        counted = [travel.signal for rule in self.counts for travel in rule.travels]
        judged = [fault.signal for fault in self.faults] + [veto.signal for veto in self.vetoes]
        angle = [self.angle, f"{self.angle}_3d"] if self.angle else []
        return tuple(dict.fromkeys([*counted, *judged, *angle, *self.watches]))


_SIDE, _OBLIQUE, _FRONT = (View.SIDE,), (View.OBLIQUE,), (View.FRONT,)
_SLANTED, _TURNED, _ANY = (*_SIDE, *_OBLIQUE), (*_OBLIQUE, *_FRONT), tuple(View)


def _rule(views: tuple[View, ...], *travels: tuple[str, float, float]) -> CountRule:
    return CountRule(views, tuple(Travel(*travel) for travel in travels))


def _too_high(name: str, signal: str, limit: float, views: tuple[View, ...], cue: str, of: str = "highest") -> Fault:
    return Fault(name, signal, of, True, limit, views, cue)


def _too_low(name: str, signal: str, limit: float, views: tuple[View, ...], cue: str, of: str = "highest") -> Fault:
    return Fault(name, signal, of, False, limit, views, cue)


_TABLE = (
    Exercise(
        "squat",
        # seen obliquely or from the front a knee looks straighter than it is, but a thigh's height stays; knees that
        # come towards a camera at chest height look lower than they are, by up to .15 of the trunk
        (_rule(_ANY, ("hip_height", 0.95, 0.83)),),
        vetoes=(
            Veto("shoulder_height", True, 0.95, _ANY),  # hips that sink take the shoulders along
            Veto("thigh_step", True, 0.6, _ANY),  # both thighs: a lunge
            Veto("stance", True, 1.7, _ANY),  # a lunge, forwards or to the side; some squat with feet 1.4 trunks apart
            Veto("lean", True, 70, _ANY),  # on all fours
        ),
        likeness=True,
        angle="knee",
        faults=(
            # hips at the height of parallel thighs on shins that lean as far as ankles let them; all of this moved to
            # where, of people with a detector's errors, one squat in ten that was called right is blamed
            _too_high("shallow", "hip_height", 0.54, _SIDE, "Sit deeper", of="peak"),
            _too_high("shallow", "hip_height", 0.56, _OBLIQUE, "Sit deeper", of="peak"),
            _too_high("shallow", "hip_height", 0.6, _FRONT, "Sit deeper", of="peak"),
            _too_high("lean", "lean", 50, _SIDE, "Chest up", of="peak"),
            # a trunk that bends towards or away from the camera shows as one that is short
            _too_low("lean", "trunk_height", 0.5, _ANY, "Chest up", of="peak"),
            _too_low("knees_in", "knee_width", 0.65, _TURNED, "Knees out", of="peak"),
            # not the difference of the knees' angles, which on thighs that point at the camera mean nothing
            _too_high("uneven", "thigh_step", 0.45, _FRONT, "Even both sides", of="peak"),
        ),
    ),
    Exercise(
        "push_up",
        (_rule(_ANY, ("elbow_drop", 0.8, 0.3)),),
        faults=(
            _too_high("sagging", "hip_line", 0.08, _SIDE, "Hips up"),
            _too_low("pike", "hip_line", -0.2, _SIDE, "Lower hips", of="lowest"),
            _too_high("shallow", "elbow", 90, _SLANTED, "Go lower", of="lowest"),
            _too_low("no_lockout", "elbow", 155, _SLANTED, "Lock out"),
        ),
        # a trunk that points at the camera changes its length on the picture with every repetition
        in_place=False,
    ),
    Exercise(
        "lunge",
        (_rule(_SIDE, ("knee", 155, 115)), _rule(_TURNED, ("thigh_drop", 0.65, 0.5))),
        sides=Sides.LEAD,
        faults=(_too_high("lean", "lean", 25, _SIDE, "Stay tall"),),
        in_place=False,
    ),
    Exercise(
        "deadlift",
        # lifted joints read a straight hip as 165 and flatten the extremes
        (_rule(_SIDE, ("hip", 160, 120)), _rule(_TURNED, ("hip_3d", 150, 120))),
        faults=(
            _too_low("no_lockout", "hip", 165, _SIDE, "Stand tall"),
            _too_low("squatted", "knee", 130, _SIDE, "Push hips back", of="lowest"),
        ),
    ),
    Exercise(
        "shoulder_press",
        (_rule(_ANY, ("elbow", 100, 150), ("wrist_rise", 0.3, 0.6)),),
        faults=(
            _too_low("no_lockout", "elbow", 165, _FRONT, "Lock out"),
            _too_high("swing", "lean", 10, _FRONT, "Brace"),
            _too_high("uneven", "wrist_apart", 0.25, _FRONT, "Press evenly"),
        ),
    ),
    Exercise(
        "curl",
        (_rule(_ANY, ("elbow", 140, 80)),),
        sides=Sides.EACH,
        faults=(
            _too_high("swing", "lean", 15, _SIDE, "No swing"),
            _too_high("elbow_drift", "shoulder", 40, _SIDE, "Pin elbows"),
        ),
    ),
    Exercise(
        "lateral_raise",
        (_rule(_ANY, ("shoulder", 35, 70)),),
        faults=(
            _too_low("low", "shoulder", 80, _FRONT, "Higher"),
            _too_high("high", "shoulder", 115, _FRONT, "Stop at shoulder"),
        ),
    ),
    Exercise(
        "jumping_jack",
        # many bend their arms: hands above the head with the upper arms at 120 are a whole jack
        (_rule(_ANY, ("shoulder", 50, 112), ("ankle_gap", 1.0, 1.4)),),
        shortest_s=0.3,
        faults=(
            _too_low("low_arms", "wrist_rise", 0.5, _FRONT, "Arms all the way up"),
            _too_low("narrow", "ankle_gap", 1.5, _FRONT, "Feet wider"),
        ),
    ),
    Exercise(
        "sit_up",
        # from elsewhere than the side a trunk on the floor has no angle on the picture: the lifted hip has one
        (_rule(_SIDE, ("trunk_rise", 20, 50)), _rule(_TURNED, ("hip_3d", 98, 80))),
        in_place=False,
        faults=(_too_low("low", "trunk_rise", 60, _SIDE, "Curl higher"),),
    ),
    Exercise(
        "crunch",
        (_rule(_SIDE, ("trunk_rise", 10, 25)), _rule(_TURNED, ("hip_3d", 115, 100))),
        in_place=False,
        faults=(_too_low("low", "trunk_rise", 30, _SIDE, "Curl higher"),),
    ),
    Exercise("plank", (_rule(_ANY, ("hip_line", -0.15, 0.03)),), kind=Kind.HOLD, shortest_s=1.0, watches=("lean",)),
    Exercise(
        "glute_bridge",
        (_rule(_ANY, ("hip", 125, 150)),),
        in_place=False,
        faults=(_too_low("low", "hip", 165, _SIDE, "Hips higher"),),
    ),
    Exercise(
        "high_knees",
        (_rule(_ANY, ("thigh_drop", 0.6, 0.2)),),
        shortest_s=0.25,
        sides=Sides.EACH,
        faults=(_too_high("low", "thigh_drop", 0.1, _ANY, "Knees higher", of="lowest"),),
    ),
    Exercise(
        "pull_up",
        (_rule(_ANY, ("head_rise", -0.3, -0.05)),),
        faults=(
            _too_low("low", "head_rise", 0.0, _ANY, "Chin over bar"),
            _too_low("no_hang", "elbow", 150, _FRONT, "Full hang"),
        ),
    ),
    Exercise(
        "burpee",
        (_rule(_ANY, ("hip", 150, 120)),),
        kind=Kind.PHASES,
        shortest_s=1.0,
        watches=("lean", "hip", "hand_height"),
    ),
)

EXERCISES: dict[str, Exercise] = {exercise.name: exercise for exercise in _TABLE}
"""Every exercise by its name on the command line."""


def exercise_named(name: str) -> Exercise:
    """An exercise of the table.

    Raises
    ------
    FitnessError
        Where there is none of this name, with the nearest.

    Examples
    --------
    >>> exercise_named("push-up").name
    'push_up'
    """
    key = name.strip().lower().replace("-", "_").replace(" ", "_")
    if key not in EXERCISES:
        near = difflib.get_close_matches(key, EXERCISES, n=3, cutoff=0.4) or list(EXERCISES)
        raise FitnessError(f"there is no exercise {name!r}; the nearest known: {', '.join(near)}")
    return EXERCISES[key]
