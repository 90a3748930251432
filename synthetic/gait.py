"""Walking along any path: footsteps follow from where the body goes, and a foot that carries weight stays where it is.

The phases of a step follow the usual figures of normal gait (Perry, Gait Analysis, 1992): a foot is on the floor for
62 % of its cycle, lands on the heel, and leaves over the ball of the foot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthetic.motion import STANDING_REACH, Posture, Repetition, Stance, ease, pelvis_height
from synthetic.rotations import Float, about_y
from synthetic.skeleton import Arm, Foot, Proportions, Upper

_STANCE_STEPS = 1.24
"""How long a foot stays on the floor, in steps (62 % of the two steps of its cycle)."""

_LAND_DEG, _LEAVE_DEG = -16.0, 42.0
"""Pitch of the foot at heel strike and at toe-off of a full stride."""

_FULL_STEP_M = 0.6
_LIFT_M = 0.05


@dataclass(frozen=True, slots=True)
class Walk:
    """Steps from one stance to another, on a smooth path through way points.

    Attributes
    ----------
    start, end : Stance
        Where the feet stand before and after.
    way : sequence of (x_m, z_m)
        Points to pass between the two, none for a straight line.
    steps : int
        Footfalls, at least 2; the left foot goes first.
    step_s : float
        Time between footfalls.
    """

    start: Stance
    end: Stance
    steps: int
    way: Sequence[tuple[float, float]] = ()
    step_s: float = 0.55

    @property
    def duration_s(self) -> float:
        """From the first heel's rise until the body rests over both feet."""
        return (self.steps + 0.5) * self.step_s

    @property
    def repetitions(self) -> tuple[Repetition, ...]:
        """None: walking is not counted."""
        return ()

    def posture(self, body: Proportions, time_s: float) -> Posture:
        """The body on its way: pelvis from the path, feet from the footsteps, arms against the legs."""
        feet = (self._foot(body, 1.0, time_s), self._foot(body, -1.0, time_s))
        here, pace = self._place(time_s), self._pace(time_s)
        stride = np.pi * time_s / self.step_s
        left_ahead = -float(np.cos(stride)) * pace  # 1 when the left foot lands, -1 when the right one does
        over_left = -float(np.sin(stride)) * pace  # 1 when the left foot alone carries the body
        # The body is lowest when both feet are on the floor, half a step before and behind it.
        high = pelvis_height(body, here.width_m, STANDING_REACH - 0.01 * pace)
        low = high - _sag(body, pace)
        height = low + (high - low) * (1 - float(np.cos(2 * stride))) / 2
        pelvis = np.array([here.x_m, height, here.z_m]) + about_y(here.yaw_deg) @ np.array([0.022 * over_left, 0, 0])
        turn, roll, swing = -5 * left_ahead, 2.5 * over_left, 24 * left_ahead
        upper = Upper(
            (here.yaw_deg + turn, 3 * pace, roll),
            (4, -roll, -2.2 * turn),
            (2, 1.2 * turn, 0),
            Arm.swung(4 - swing, 9, 14 + 9 * pace - 0.3 * swing),
            Arm.swung(4 + swing, 9, 14 + 9 * pace + 0.3 * swing),
        )
        return Posture(_within_reach(body, pelvis, upper, feet), upper, feet)

    def _share(self, time_s: float) -> float:
        """How much of the way is done: smooth start and stop, constant speed between."""
        ramp = min(2 * self.step_s, self.duration_s / 2)
        top = 1 / (self.duration_s - ramp)
        t = float(np.clip(time_s, 0, self.duration_s))
        if t > self.duration_s / 2:
            return 1 - self._share(self.duration_s - t) if t < self.duration_s else 1.0
        if t >= ramp:
            return top * (t - ramp / 2)
        s = t / ramp
        return top * ramp * (s**3 - s**4 / 2)  # the integral of a smoothstep

    def _pace(self, time_s: float) -> float:
        """Speed as a share of full strides, 0 standing, 1 for steps of 0.6 m."""
        delta = 1e-3
        first, second = self._place(time_s - delta), self._place(time_s + delta)
        speed = float(np.hypot(second.x_m - first.x_m, second.z_m - first.z_m)) / (2 * delta)
        return min(1.0, speed * self.step_s / _FULL_STEP_M)

    def _place(self, time_s: float) -> Stance:
        """The stance over which the body is: a Bezier curve through the way points, turning and widening evenly."""
        share = self._share(time_s)
        points = np.array([(self.start.x_m, self.start.z_m), *self.way, (self.end.x_m, self.end.z_m)])
        while len(points) > 1:  # de Casteljau
            points = points[:-1] * (1 - share) + points[1:] * share
        x, z = points[0]
        yaw = self._yaw(share)
        width = self._walking_width(share)
        toes = self.start.toes_out_deg * (1 - share) + self.end.toes_out_deg * share
        return Stance(float(x), float(z), yaw, width, toes)

    def _yaw(self, share: float) -> float:
        """Facing along the path while on the way, and as the stances say at both ends."""
        if not self.way and np.hypot(self.end.x_m - self.start.x_m, self.end.z_m - self.start.z_m) < 0.5:
            return self.start.yaw_deg + (self.end.yaw_deg - self.start.yaw_deg) * ease(share)
        points = np.array([(self.start.x_m, self.start.z_m), *self.way, (self.end.x_m, self.end.z_m)])
        while len(points) > 2:
            points = points[:-1] * (1 - share) + points[1:] * share
        x, z = points[1] - points[0]
        along = float(np.degrees(np.arctan2(x, z)))
        yaw = self.start.yaw_deg + _turn(self.start.yaw_deg, along) * ease(share / 0.25)
        return yaw + _turn(yaw, self.end.yaw_deg) * ease((share - 0.75) / 0.25)

    def _walking_width(self, share: float) -> float:
        """Narrow on the way, as people walk, and as the stances say at both ends."""
        narrow = 0.14
        start = narrow + (self.start.width_m - narrow) * (1 - ease(share / 0.2))
        return start + (self.end.width_m - start) * ease((share - 0.8) / 0.2)

    def _foot(self, body: Proportions, sign: float, time_s: float) -> Foot:
        """A foot at a time: on the floor between landing and toe-off, and on a low arc between."""
        landings = [(step + 1) * self.step_s for step in range(0 if sign > 0 else 1, self.steps, 2)]
        index = int(np.searchsorted(landings, time_s, side="right"))
        flat = self._footfall(body, sign, landings, index)
        since_landing = (time_s - landings[index - 1]) / self.step_s if index else np.inf
        if index == len(landings):
            return rolled(body, flat, self._landing_pitch(landings[index - 1]) * (1 - ease(since_landing / 0.22)))
        leave_s = landings[index] - (2 - _STANCE_STEPS) * self.step_s
        leave_pitch = self._leaving_pitch(leave_s)
        if time_s <= leave_s:
            rise_s = max(leave_s - 0.69 * self.step_s, 0.0)
            rising = 2 * ease((time_s - rise_s) / (leave_s - rise_s) / 2)  # still fast when the toes leave
            landing = self._landing_pitch(landings[index - 1]) * (1 - ease(since_landing / 0.22)) if index else 0.0
            return rolled(body, flat, landing + leave_pitch * rising)
        target = self._footfall(body, sign, landings, index + 1)
        share = (time_s - leave_s) / (landings[index] - leave_s)
        end = rolled(body, target, self._landing_pitch(landings[index]))
        return _swing(rolled(body, flat, leave_pitch), end, share)

    def _landing_pitch(self, time_s: float) -> float:
        return _LAND_DEG * self._pace(time_s)

    def _leaving_pitch(self, time_s: float) -> float:
        return _LEAVE_DEG * (0.35 + 0.65 * self._pace(time_s))

    def _footfall(self, body: Proportions, sign: float, landings: list[float], index: int) -> Foot:
        """Where a foot stands after its landing `index` (0 before the first): half a step ahead of the body."""
        if index == 0:
            return self.start.foot(body, sign)
        if index == len(landings):
            return self.end.foot(body, sign)
        return self._place(landings[index - 1] + 0.5 * self.step_s).foot(body, sign)


def _sag(body: Proportions, pace: float) -> float:
    """How much lower the hips are at double support than over one foot."""
    reach = STANDING_REACH * body.leg
    return reach - 0.01 * pace * body.leg - float(np.sqrt(reach**2 - (pace * _FULL_STEP_M / 2) ** 2))


def _within_reach(body: Proportions, pelvis: Float, upper: Upper, feet: tuple[Foot, Foot]) -> Float:
    """The pelvis, lowered where a leg would have to be longer than it is."""
    lowered = pelvis.copy()
    for hip_offset, foot in zip(body.hips, feet, strict=True):
        hip = upper.pelvis_rotation @ hip_offset
        aside = np.hypot(*(pelvis + hip - foot.ankle_m)[[0, 2]])
        highest = foot.ankle_m[1] + np.sqrt(max((0.995 * body.leg) ** 2 - aside**2, 0.0)) - hip[1]
        lowered[1] = min(lowered[1], highest)
    return lowered


def rolled(body: Proportions, flat: Foot, pitch_deg: float) -> Foot:
    """A foot that stood flat, turned about its ball (heel up) or its heel (toes up)."""
    ahead = body.ball if pitch_deg > 0 else -body.heel
    pivot = np.array([0.0, -body.ankle_height, ahead])
    turned = Foot(flat.ankle_m, flat.yaw_deg, pitch_deg)
    ankle: Float = flat.ankle_m + about_y(flat.yaw_deg) @ pivot - turned.rotation @ pivot
    return Foot(ankle, flat.yaw_deg, pitch_deg)


def _swing(start: Foot, end: Foot, share: float) -> Foot:
    """A foot in the air: straight on with minimum jerk, lifted by a bump."""
    along = ease(share)
    ankle = start.ankle_m * (1 - along) + end.ankle_m * along
    ankle = ankle + np.array([0, _LIFT_M * np.sin(np.pi * np.clip(share, 0, 1)) ** 2, 0])
    pitch = start.pitch_deg + (end.pitch_deg - start.pitch_deg) * ease(share)
    return Foot(ankle, start.yaw_deg + _turn(start.yaw_deg, end.yaw_deg) * along, pitch)


def _turn(from_deg: float, to_deg: float) -> float:
    """The shorter way round, -180..180."""
    return (to_deg - from_deg + 180) % 360 - 180
