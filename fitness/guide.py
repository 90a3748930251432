"""What is shown of a movement: its phase in a word, how far it goes against its target, and the joint that works."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fitness.counter import CounterState
from fitness.cycle import Phase
from fitness.exercises import CountRule, Exercise, Fault, Kind, Sides
from fitness.gates import parts_of
from fitness.signals import ANGLES, OWN, SIGNALS, Joints, View
from pose.joint_sets import OPENPOSE18

RING = 1.25
"""The ring is full so much beyond the target."""

RANGE_FAULTS = ("shallow", "low", "low_arms")
"""Names of the faults of a repetition that is too small."""

REST_FOLLOWS = 0.1
"""Share of the way by which the remembered rest follows each moment at rest."""

_DOWN_UP = ("Down", "Up")
_WAYS = {
    "shoulder_press": ("Up", "Down"),
    "curl": ("Up", "Down"),
    "lateral_raise": ("Up", "Down"),
    "jumping_jack": ("Out", "In"),
    "sit_up": ("Up", "Down"),
    "crunch": ("Up", "Down"),
    "glute_bridge": ("Up", "Down"),
    "high_knees": ("Up", "Down"),
    "pull_up": ("Up", "Down"),
    **dict.fromkeys(("squat", "push_up", "lunge", "deadlift", "burpee"), _DOWN_UP),
}
"""The ways to work and back, in a word each; exercises of users' own go and come back."""

_SHOWN = {
    "thigh_drop": "knee",
    "hip_height": "knee",
    "knee_step": "knee",
    "elbow_drop": "elbow",
    "head_rise": "elbow",
    "wrist_rise": "elbow",
    "trunk_rise": "hip",
    "hip_line": "hip",
    "lean": "hip",
    "hand_height": "hip",
    "ankle_gap": "hip",
}
"""The joint that is shown where a height or a gap counts."""

_LIMBS = {
    "knee": ("hip", "knee", "ankle"),
    "hip": ("shoulder", "hip", "knee"),
    "elbow": ("shoulder", "elbow", "wrist"),
    "shoulder": ("hip", "shoulder", "elbow"),
}


@dataclass(frozen=True, slots=True)
class JointAngle:
    """The angle that is drawn on somebody.

    Attributes
    ----------
    one, corner, other : int
        OPENPOSE18 joints; the angle is at the corner.
    degrees : float
        Interior angle; NaN where it is not known, such as where it is turned towards the camera.
    """

    one: int
    corner: int
    other: int
    degrees: float


def rule_in(exercise: Exercise, view: View | None) -> CountRule:
    """The rule that counts in a view."""
    return next((rule for rule in exercise.counts if view in rule.views), exercise.counts[0])


def phase_word(exercise: Exercise, state: CounterState) -> str:
    """Where in a repetition somebody is.

    >>> from fitness.exercises import exercise_named
    >>> phase_word(exercise_named("curl"), CounterState(0, 0, Phase.MOVING, 0.5, True, None))
    'Up'
    """
    if exercise.kind is Kind.HOLD:
        return "Hold" if state.phase is Phase.WORK else "Get set"
    if not exercise.counts[0].travels:
        return "Begin"  # whatever is begun is recognised
    there, back = _WAYS.get(exercise.name, ("Go", "Back"))
    work = "Plank" if exercise.kind is Kind.PHASES else "Now " + back.lower()
    words = {Phase.UNKNOWN: "Get set", Phase.REST: "Ready", Phase.MOVING: there, Phase.WORK: work, Phase.RETURN: back}
    return words[state.phase]


class RangeOfMotion:
    """How far one person goes against the target of an exercise.

    The target is the limit of the fault that says that a repetition was too small. Where that is of another signal than
    the one that counts, the way to it begins where the person rests. Where no such fault is judged in the present view,
    the target is where work begins.

    Parameters
    ----------
    exercise : Exercise
    """

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._rest: tuple[Fault, float] | None = None

    def step(self, state: CounterState, joints: Joints) -> float:
        """One moment: 0 at rest, 1 at the target, at most `RING`; NaN where unknown."""
        if self._exercise.kind is Kind.PHASES:
            steps = {Phase.REST: 0.0, Phase.MOVING: 0.5, Phase.WORK: 1.0, Phase.RETURN: 0.5}
            return steps.get(state.phase, math.nan)
        fault = next((one for one in range_faults(self._exercise, state.view)), None)
        way = rule_in(self._exercise, state.view).travels
        if fault is not None and len(way) == 1 and way[0].signal == fault.signal:
            target = (fault.limit - way[0].leaves) / (way[0].reaches - way[0].leaves)
            return float(np.clip(state.progress / max(target, 1.0), 0, RING))
        value = math.nan if fault is None or fault.signal in OWN else self._value(fault, joints)
        if fault is None or math.isnan(value):
            return float(np.clip(state.progress, 0, RING))
        if state.phase is Phase.REST:
            before = self._rest[1] if self._rest is not None and self._rest[0] is fault else value
            self._rest = (fault, before + REST_FOLLOWS * (value - before))
        if self._rest is None or self._rest[0] is not fault or abs(fault.limit - self._rest[1]) < 1e-6:
            return float(np.clip(state.progress, 0, RING))
        rest = self._rest[1]
        if (rest > fault.limit) is not fault.above:  # somebody rests beyond the target
            return 1.0 if state.phase is not Phase.REST else 0.0
        return float(np.clip((value - rest) / (fault.limit - rest), 0, RING))

    def _value(self, fault: Fault, joints: Joints) -> float:
        """The signal of a fault now: the mean of both sides, or the side that is further into the movement."""
        sides = SIGNALS[fault.signal](joints)[0]
        known = sides[np.isfinite(sides)]
        if not len(known):
            return math.nan
        if self._exercise.sides is Sides.BOTH:
            return float(known.mean())
        return float(known.min() if fault.extreme == "lowest" else known.max())


def range_faults(exercise: Exercise, view: View | None) -> tuple[Fault, ...]:
    """The faults of a repetition that is too small, as far as they are judged in a view."""
    return tuple(fault for fault in exercise.faults if fault.name in RANGE_FAULTS and view in fault.views)


def shown_angle(exercise: Exercise, state: CounterState, joints: Joints) -> JointAngle | None:
    """The angle of the joint that works, of the side that is further into the movement; None where it is not seen.

    Where a height counts, because the angle is foreshortened, its figure is that of the lifted joints.
    """
    travels = rule_in(exercise, state.view).travels
    if not travels:
        return None
    signal = travels[0].signal
    flat = signal.removesuffix("_3d")
    part = exercise.angle or (flat if flat in _LIMBS else _SHOWN.get(signal, ""))
    if part not in _LIMBS:
        part = next((one for one in parts_of(signal) if one in _LIMBS), "hip")
    from_picture = state.view is View.SIDE or (signal in ANGLES and not signal.endswith("_3d"))
    drawn = SIGNALS[part](joints)[0]
    degrees = drawn if from_picture else SIGNALS[f"{part}_3d"](joints)[0]
    known = np.isfinite(drawn)
    if not known.any():
        return None
    side = int(np.argmax(np.where(known, np.abs(_rest_of(part) - drawn), -1)))
    one, corner, other = (OPENPOSE18.index(f"{('right', 'left')[side]}_{name}") for name in _LIMBS[part])
    return JointAngle(one, corner, other, float(degrees[side]))


def _rest_of(part: str) -> float:
    """The angle of somebody who stands."""
    return 0.0 if part == "shoulder" else 180.0
