"""Analytic motion: where every part of a body is at any time, with the exact times of every repetition.

A routine is a row of sections that begin and end standing on two feet. Feet that carry weight do not move; all curves
have level ends, so that sections join smoothly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from synthetic.rotations import Float, about_y
from synthetic.skeleton import Arm, Foot, Proportions, Upper

STANDING_REACH = 0.985
"""Distance from hip to ankle of somebody who stands, as a share of the straight leg."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition of an exercise.

    Attributes
    ----------
    exercise : str
        "squat" or "jumping_jack".
    start_s, peak_s, end_s : float
        Leaving the standing position, the lowest or widest point, and standing again.
    """

    exercise: str
    start_s: float
    peak_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Posture:
    """A body at one instant.

    Attributes
    ----------
    pelvis_m : array, shape (3,)
        Middle of the hip joints in the world (y up, floor at 0).
    upper : Upper
    feet : tuple of 2 Foot
        Left and right.
    """

    pelvis_m: Float
    upper: Upper
    feet: tuple[Foot, Foot]


@dataclass(frozen=True, slots=True)
class Stance:
    """Two feet on the floor.

    Attributes
    ----------
    x_m, z_m : float
        The middle between the ankles.
    yaw_deg : float
        Where the person faces, 0 along +z.
    width_m : float
        Between the ankles.
    toes_out_deg : float
        How far each foot points outwards.
    """

    x_m: float
    z_m: float
    yaw_deg: float
    width_m: float = 0.22
    toes_out_deg: float = 8.0

    def feet(self, body: Proportions) -> tuple[Foot, Foot]:
        """Left and right foot, flat on the floor."""
        return self.foot(body, 1.0), self.foot(body, -1.0)

    def foot(self, body: Proportions, sign: float) -> Foot:
        """The left (sign 1) or right (-1) foot, flat on the floor."""
        out = about_y(self.yaw_deg) @ np.array([sign * self.width_m / 2, 0, 0])
        ankle = np.array([self.x_m, body.ankle_height, self.z_m]) + out
        return Foot(ankle, self.yaw_deg + sign * self.toes_out_deg)

    def pelvis(self, body: Proportions, reach: float = STANDING_REACH) -> Float:
        """The pelvis (3,) above the middle, with legs as long as `reach` of a straight one."""
        return np.array([self.x_m, pelvis_height(body, self.width_m, reach), self.z_m])


def pelvis_height(body: Proportions, width_m: float, reach: float) -> float:
    """Height of the hips over feet `width_m` apart when hip and ankle are `reach` of a straight leg apart."""
    hip = float(abs(body.hips[0][0]))
    below = float(-body.hips[:, 1].mean())
    return body.ankle_height + below + float(np.sqrt((reach * body.leg) ** 2 - (width_m / 2 - hip) ** 2))


class Section(Protocol):
    """A stretch of motion that begins and ends standing on two feet."""

    @property
    def duration_s(self) -> float:
        """How long it takes."""
        ...

    @property
    def repetitions(self) -> tuple[Repetition, ...]:
        """Exercise repetitions, times from the section's start."""
        ...

    def posture(self, body: Proportions, time_s: float) -> Posture:
        """The body at a time from the section's start."""
        ...


IDLE_ARM = Arm.swung(4, 9, 14)


def standing(yaw_deg: float) -> Upper:
    """The upper body of somebody who stands and looks ahead."""
    return Upper((yaw_deg, 0, 0), (4, 0, 0), (2, 0, 0), IDLE_ARM, IDLE_ARM)


def wave(phase: float) -> float:
    """A bump: 0 at phase 0 and 1, 1 at a half, with level ends.

    >>> wave(0.0), wave(0.5), wave(1.0)
    (0.0, 1.0, 0.0)
    """
    return float(round((1 - np.cos(2 * np.pi * phase)) / 2, 12))


def ease(share: float) -> float:
    """0 to 1 with minimum jerk (Flash and Hogan 1985): speed and acceleration are zero at both ends."""
    s = float(np.clip(share, 0, 1))
    return s**3 * (10 - 15 * s + 6 * s * s)


def _mix(first: float, second: float, share: float) -> float:
    return first + (second - first) * share


@dataclass(frozen=True, slots=True)
class Hold:
    """Standing still."""

    stance: Stance
    duration_s: float

    @property
    def repetitions(self) -> tuple[Repetition, ...]:
        """None."""
        return ()

    def posture(self, body: Proportions, time_s: float) -> Posture:
        """Standing on the stance."""
        del time_s
        return Posture(self.stance.pelvis(body), standing(self.stance.yaw_deg), self.stance.feet(body))


def _evenly(exercise: str, count: int, period_s: float) -> tuple[Repetition, ...]:
    """Repetitions one after the other, each with its peak in the middle."""
    starts = [index * period_s for index in range(count)]
    return tuple(Repetition(exercise, start, start + period_s / 2, start + period_s) for start in starts)


@dataclass(frozen=True, slots=True)
class Squats:
    """Squats with the arms brought to the front.

    Attributes
    ----------
    stance : Stance
    count : int
    period_s : float
        Of one repetition; the way down and the way up take 45 % each, the rest is spent at the bottom.
    depth : float
        How far the hips sink, as a share of the leg.
    """

    stance: Stance
    count: int
    period_s: float = 1.6
    depth: float = 0.42

    @property
    def duration_s(self) -> float:
        """All repetitions without a pause."""
        return self.count * self.period_s

    @property
    def repetitions(self) -> tuple[Repetition, ...]:
        """Each from standing to standing, its peak in the middle of the bottom."""
        return _evenly("squat", self.count, self.period_s)

    def posture(self, body: Proportions, time_s: float) -> Posture:
        """Hips sink and go back, the trunk leans forward over the feet, the head stays level."""
        phase = (time_s / self.period_s) % 1.0
        down = ease(phase / 0.45) if phase < 0.5 else ease((1 - phase) / 0.45)
        lean, yaw = 38 * down, self.stance.yaw_deg
        pelvis = self.stance.pelvis(body)
        pelvis[1] -= self.depth * body.leg * down
        pelvis += about_y(yaw) @ np.array([0, 0, -0.23 * body.leg * down])
        # Arms come up to level: 90 degrees from the trunk, and what the trunk leans.
        arm = Arm.swung(_mix(4, 84 + 38 + 6, down), _mix(9, 5, down), _mix(14, 8, down))
        upper = Upper((yaw, lean, 0), (_mix(4, 6, down), 0, 0), (_mix(2, -0.75 * 38, down), 0, 0), arm, arm)
        return Posture(pelvis, upper, self.stance.feet(body))


@dataclass(frozen=True, slots=True)
class JumpingJacks:
    """Jumping jacks: a hop with the legs apart and the arms overhead, and a hop back.

    Attributes
    ----------
    stance : Stance
        Where it begins and ends.
    count : int
    period_s : float
        Of one repetition, that is of two hops.
    open_width_m : float
        Between the ankles with the legs apart.
    """

    stance: Stance
    count: int
    period_s: float = 0.95
    open_width_m: float = 0.85

    @property
    def duration_s(self) -> float:
        """All repetitions without a pause."""
        return self.count * self.period_s

    @property
    def repetitions(self) -> tuple[Repetition, ...]:
        """Each from closed to closed, its peak in the middle of the open position."""
        return _evenly("jumping_jack", self.count, self.period_s)

    def posture(self, body: Proportions, time_s: float) -> Posture:
        """Feet move only in the air; knees give on landing and stretch for the hop."""
        phase = (time_s / self.period_s) % 1.0
        half = 2 * phase if phase < 0.5 else 2 * (1 - phase)  # 0 closed, 1 open
        flight = (half - 0.3) / 0.4  # each half is in the air between 30 % and 70 %
        opened = ease(flight)
        hop = np.sin(np.pi * np.clip(flight, 0, 1)) ** 2
        give = wave(half / 0.3) if half < 0.3 else wave((1 - half) / 0.3) if half > 0.7 else 0.0
        width = _mix(self.stance.width_m, self.open_width_m, opened)
        stance = replace(self.stance, width_m=width, toes_out_deg=_mix(self.stance.toes_out_deg, 16, opened))
        lift = 0.045 * hop
        feet = tuple(
            Foot(foot.ankle_m + np.array([0, lift + 0.035 * hop, 0]), foot.yaw_deg, 22 * float(hop))
            for foot in stance.feet(body)
        )
        pelvis = stance.pelvis(body, STANDING_REACH - 0.025 * give)
        pelvis[1] += lift
        arms_up = wave(phase)
        arm = Arm.swung(_mix(4, 12, arms_up), _mix(9, 165, arms_up), _mix(14, 18, arms_up))
        upper = Upper((stance.yaw_deg, 3 * give, 0), (4 + 3 * give, 0, 0), (2 - 3 * give, 0, 0), arm, arm)
        return Posture(pelvis, upper, (feet[0], feet[1]))


class Routine:
    """Sections one after the other, with the small sway of somebody alive.

    Parameters
    ----------
    sections : tuple of Section
        In order; each begins where the one before it ends.
    sway_seed : int
        Phases of the sway of trunk, head and arms.
    """

    def __init__(self, sections: tuple[Section, ...], sway_seed: int = 0) -> None:
        self._sections = sections
        ends = np.cumsum([section.duration_s for section in sections])
        self._starts = np.concatenate([[0.0], ends[:-1]])
        self.duration_s = float(ends[-1])
        self._phases = np.random.default_rng(sway_seed).uniform(0, 2 * np.pi, 6)

    @property
    def repetitions(self) -> tuple[Repetition, ...]:
        """Everybody's repetitions with times from the routine's start."""
        return tuple(
            Repetition(one.exercise, one.start_s + start, one.peak_s + start, one.end_s + start)
            for section, start in zip(self._sections, self._starts, strict=True)
            for one in section.repetitions
        )

    def posture(self, body: Proportions, time_s: float) -> Posture:
        """The body at a time; before the start and after the end it stands still."""
        time_s = float(np.clip(time_s, 0, self.duration_s))
        index = int(np.searchsorted(self._starts, time_s, side="right") - 1)
        section, start = self._sections[index], float(self._starts[index])
        posture = section.posture(body, min(time_s - start, section.duration_s))
        return replace(posture, upper=self._swayed(posture.upper, time_s))

    def _swayed(self, upper: Upper, time_s: float) -> Upper:
        """Slow, small turns of about a degree that no living person is without."""
        sway = np.sin(2 * np.pi * time_s * np.array([0.21, 0.33, 0.27, 0.42, 0.38, 0.31]) + self._phases)
        flex, side, twist = upper.spine
        nod, turn, tilt = upper.head
        left, right = upper.left_arm, upper.right_arm
        return replace(
            upper,
            spine=(flex + 0.6 * sway[0], side + 0.6 * sway[1], twist + sway[2]),
            head=(nod + 1.5 * sway[3], turn + 3 * sway[4], tilt + 1.0 * sway[5]),
            left_arm=replace(left, elbow=left.elbow + 2 * sway[1]),
            right_arm=replace(right, elbow=right.elbow + 2 * sway[3]),
        )
