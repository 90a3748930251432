"""Feet that stand, and bodies whose standing feet stay where they are.

World axes: y up, the floor at y = 0, metres. A foot is its ankle joint, which is `ANKLE_M` high when the foot is flat.
Everything is causal and costs the same for every frame; the functions on sequences run the same classes.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lifting.errors import LiftingError
from pose.joint_sets import H36M17

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

ANKLE_M = 0.075
"""Height of the ankle joint over the sole of a flat foot: the median of our motion capture's performers."""

LEGS = tuple(tuple(H36M17.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")) for side in ("right", "left"))
"""Hip, knee and ankle of both legs, right first, as everywhere in H36M17."""

ANKLES = [leg[2] for leg in LEGS]

_CLEARLY_BENT_M = 0.03
"""A knee so far from the line between hip and ankle is bent on purpose."""

_PELVIS = H36M17.index("pelvis")

GAP_S = 0.5
"""After a longer gap, or when time runs backwards, everything starts anew."""

_HORIZONTAL = np.array([0, 2])


@dataclass(frozen=True, slots=True)
class ContactOptions:
    """When a foot stands, with hysteresis: it must be low and slow to begin, and clearly high or fast to end.

    Attributes
    ----------
    begin_height_m, end_height_m : float
        Of the ankle over its height on a flat foot.
    begin_speed_m_s, end_speed_m_s : float
        Of the ankle in space. In a step the heel leaves the floor before the toes, and the ankle moves.
    span_s : float
        Over so long a time the speed is measured: longer is steadier and later.
    body_span_s : float
        Over so long a time the body's own speed is measured, for the second reading (see `FootContact`).
    """

    begin_height_m: float = 0.06
    end_height_m: float = 0.10
    begin_speed_m_s: float = 0.35
    end_speed_m_s: float = 0.60
    span_s: float = 0.14
    body_span_s: float = 0.5


class Speedometer:
    """The velocity of some points: the slope of a straight line through their last positions (least squares).

    Parameters
    ----------
    span_s : float
        How far back the positions are looked at; at least the last two always are.
    """

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._seen: deque[tuple[float, Float]] = deque(maxlen=64)

    def clear(self) -> None:
        """Forget all positions."""
        self._seen.clear()

    def step(self, points_m: Float, time_s: float) -> Float:
        """Velocities (N, 3) once points (N, 3) were seen; NaN for points that are NaN now or were seen only once."""
        if self._seen and time_s <= self._seen[-1][0]:
            self._seen.pop()
        self._seen.append((time_s, points_m))
        while len(self._seen) > 2 and time_s - self._seen[0][0] > self._span_s:
            self._seen.popleft()
        times = np.array([seen_s for seen_s, _ in self._seen])
        places = np.stack([place for _, place in self._seen])  # (T, N, 3)
        known = np.isfinite(places).all(axis=-1)
        count = np.maximum(known.sum(axis=0), 1)
        mean_s = (times[:, None] * known).sum(axis=0) / count
        late = np.where(known, times[:, None] - mean_s, 0)
        spread = (late**2).sum(axis=0)
        slope = (late[..., None] * np.where(known[..., None], places, 0)).sum(axis=0) / np.maximum(spread, 1e-12)[
            :, None
        ]
        return np.where((known[-1] & (spread > 0))[:, None], slope, np.nan)


class FootContact:
    """Which feet of one person stand, frame by frame.

    A body's place trembles more than its pose does. The speed of an ankle is therefore read in two ways, and the slower
    reading holds: the ankle in space; and the ankle against the pelvis, in space once the pelvis moves as evenly as it
    did over half a second. A foot that swings is fast in both.

    Parameters
    ----------
    options : ContactOptions, optional
    """

    def __init__(self, options: ContactOptions | None = None) -> None:
        self._options = options or ContactOptions()
        self._speed = Speedometer(self._options.span_s)
        self._body_speed = Speedometer(self._options.body_span_s)
        self._planted: Bool = np.zeros(len(LEGS), bool)
        self._time_s = -math.inf

    def step(self, ankles_m: Float, known: Bool, time_s: float, pelvis_m: Float | None = None) -> Bool:
        """Whether each foot stands (2,), from ankles (2, 3) in world axes and whether they are known (2,).

        The pelvis (3,) is None where it is not known: the speed is then read in one way only.
        """
        if not 0 <= time_s - self._time_s <= GAP_S:
            self.clear()
        self._time_s = time_s
        places = np.where((known & np.isfinite(ankles_m).all(axis=-1))[:, None], ankles_m, np.nan)
        body = np.full(3, np.nan) if pelvis_m is None else pelvis_m
        fast = self._speed.step(np.concatenate([places, body[None]]), time_s)  # (3, 3): both ankles, pelvis
        even = fast[:-1] - fast[-1] + self._body_speed.step(body[None], time_s)
        speed = np.fmin(np.linalg.norm(fast[:-1], axis=-1), np.linalg.norm(even, axis=-1))
        height = np.abs(places[:, 1] - ANKLE_M)
        begins = (height < self._options.begin_height_m) & (speed < self._options.begin_speed_m_s)
        stays = (height < self._options.end_height_m) & (speed < self._options.end_speed_m_s)
        self._planted = np.where(self._planted, stays, begins)  # NaN compares false: an unknown foot does not stand
        return self._planted.copy()

    def clear(self) -> None:
        """Forget what was seen."""
        self._speed.clear()
        self._body_speed.clear()
        self._planted = np.zeros(len(LEGS), bool)


def planted_feet(joints_m: Float, valid: Bool, time_s: Float, options: ContactOptions | None = None) -> Bool:
    """Whether the feet of one person stand (T, 2), from joints (T, 17, 3) in world axes; `FootContact` frame by frame.

    >>> still = np.full((10, 17, 3), 0.5)
    >>> still[:, ANKLES[0], 1] = ANKLE_M
    >>> planted_feet(still, np.ones((10, 17), bool), np.arange(10) / 30)[-1]
    array([ True, False])
    """
    contact = FootContact(options)
    rows = [_step_contact(contact, *one) for one in zip(joints_m, valid, time_s.tolist(), strict=True)]
    return np.array(rows).reshape(-1, len(LEGS))


def _step_contact(contact: FootContact, joints_m: Float, valid: Bool, time_s: float) -> Bool:
    """One frame of a whole body (17, 3)."""
    return contact.step(joints_m[ANKLES], valid[ANKLES], time_s, joints_m[_PELVIS] if valid[_PELVIS] else None)


@dataclass(frozen=True, slots=True)
class LockOptions:
    """How standing feet are held.

    Attributes
    ----------
    contact : ContactOptions
    creep_s : float
        Within about so long a held foot moves to where it is measured: an anchor set too early comes right.
    release_s : float
        Within about so long a foot that is let go is back where it is measured.
    hold_s : float
        Within so long a foot that is put down takes its part in holding the body.
    break_m : float
        A foot that is measured so far from where it is held was not standing: it is let go.
    """

    contact: ContactOptions = field(default_factory=ContactOptions)
    creep_s: float = 2.0
    release_s: float = 0.12
    hold_s: float = 0.10
    break_m: float = 0.15


class FootLock:
    """Holds the standing feet of one person, frame by frame.

    A foot that is put down is held where it is then. What it would have slid, the whole body is moved by instead, since
    mostly it is the body's place that trembles; what two standing feet disagree in, the legs take up: their knees are
    solved anew, bones keep their lengths. Nothing ever jumps: holding begins with no correction, and fades after.
    Only horizontal sliding is taken away; heights stay as they are.

    Parameters
    ----------
    options : LockOptions, optional
    """

    def __init__(self, options: LockOptions | None = None) -> None:
        self._options = options or LockOptions()
        self._contact = FootContact(self._options.contact)
        self._time_s = -math.inf
        self.clear()

    def clear(self) -> None:
        """Forget where the feet stand."""
        self._contact.clear()
        self._held: Bool = np.zeros(len(LEGS), bool)
        self._anchor: Float = np.zeros((len(LEGS), 2))
        self._moved: Float = np.zeros((len(LEGS), 2))  # by how much each foot is moved, x and z
        self._weight: Float = np.zeros(len(LEGS))

    def step(self, joints_m: Float, valid: Bool, time_s: float) -> tuple[Float, Bool]:
        """The body with its standing feet held (17, 3), and which feet those are (2,).

        Parameters
        ----------
        joints_m : array, shape (17, 3)
            H36M17 joints in world axes.
        valid : array of bool, shape (17,)
            Whether each joint is known; those that are not are moved along with the body.
        time_s : float

        Raises
        ------
        LiftingError
            Where the time or a valid joint is not finite.
        """
        if not (math.isfinite(time_s) and np.isfinite(joints_m[valid]).all()):
            raise LiftingError(f"feet cannot be held: the time or a valid joint at {time_s} s is not finite")
        if not 0 <= time_s - self._time_s <= GAP_S:
            self.clear()
            self._time_s = time_s
        elapsed_s, self._time_s = time_s - self._time_s, time_s
        ankles = joints_m[ANKLES]
        self._hold(ankles[:, _HORIZONTAL], _step_contact(self._contact, joints_m, valid, time_s), elapsed_s)
        shift = (self._weight[:, None] * self._moved).sum(axis=0) / max(1.0, float(self._weight.sum()))
        out = joints_m.copy()
        out[:, _HORIZONTAL] += shift
        for number, leg in enumerate(LEGS):
            rest = self._moved[number] - shift
            if valid[list(leg)].all() and np.abs(rest).max() > 1e-6:
                target = out[leg[2]].copy()
                target[_HORIZONTAL] += rest
                out[leg[1]], out[leg[2]] = bent_leg(out[list(leg)], target, _ahead(joints_m, valid))
        return out, self._held.copy()

    def _hold(self, seen: Float, planted: Bool, elapsed_s: float) -> None:
        """Take hold of feet and let them go, from where the ankles are seen (2, 2) and which feet stand (2,)."""
        options = self._options
        for foot in range(len(LEGS)):
            known = bool(np.isfinite(seen[foot]).all())
            if planted[foot] and known:
                if not self._held[foot]:
                    self._anchor[foot] = seen[foot] + self._moved[foot]
                self._anchor[foot] += (1 - math.exp(-elapsed_s / options.creep_s)) * (seen[foot] - self._anchor[foot])
                moved = self._anchor[foot] - seen[foot]
                self._held[foot] = float(np.linalg.norm(moved)) < options.break_m
            else:
                self._held[foot] = False
            if self._held[foot]:
                self._moved[foot] = moved
        fade = math.exp(-elapsed_s / options.release_s)
        self._moved = np.where(self._held[:, None], self._moved, self._moved * fade)
        rise = np.minimum(1.0, self._weight + elapsed_s / options.hold_s)
        self._weight = np.where(self._held, rise, self._weight * fade)


def lock_feet(joints_m: Float, valid: Bool, time_s: Float, options: LockOptions | None = None) -> tuple[Float, Bool]:
    """One person's sequence with standing feet held (T, 17, 3), and when they are (T, 2); `FootLock` frame by frame.

    Parameters
    ----------
    joints_m : array, shape (T, 17, 3)
        H36M17 joints in world axes.
    valid : array of bool, shape (T, 17)
    time_s : array, shape (T,)
    options : LockOptions, optional
    """
    lock = FootLock(options)
    out, held = joints_m.copy(), np.zeros((len(joints_m), len(LEGS)), bool)
    for row, now_s in enumerate(time_s.tolist()):
        out[row], held[row] = lock.step(joints_m[row], valid[row], now_s)
    return out, held


def _ahead(joints_m: Float, valid: Bool) -> Float:
    """The unit vector to which a body (17, 3) faces, along the floor; zeros where its hips are not known."""
    right, left = LEGS[0][0], LEGS[1][0]
    if not valid[[left, right]].all():
        return np.zeros(3)
    facing = np.cross(joints_m[left] - joints_m[right], [0.0, 1.0, 0.0])
    return np.asarray(facing / max(float(np.linalg.norm(facing)), 1e-9))


def bent_leg(leg_m: Float, target_m: Float, ahead: Float | None = None) -> tuple[Float, Float]:
    """Knee and ankle (3,) of a leg whose ankle goes to `target_m` (3,), as far as it reaches.

    Hip, thigh and shank (their lengths) stay; the knee stays in the plane in which the leg is bent (law of cosines). A
    leg that is nearly straight has no plane worth the name, and is bent forwards the more, the further its ankle goes.

    Parameters
    ----------
    leg_m : array, shape (3, 3)
        Hip, knee and ankle.
    target_m : array, shape (3,)
    ahead : array, shape (3,), optional
        Where the body faces, of unit length; zeros where nobody knows.

    >>> knee, ankle = bent_leg(np.array([[0.0, 1, 0], [0, 0.5, 0.1], [0, 0.1, 0]]), np.array([0.2, 0.1, 0]))
    >>> ankle.round(6)
    array([0.2, 0.1, 0. ])
    """
    hip, knee, ankle = leg_m
    thigh, shank = float(np.linalg.norm(knee - hip)), float(np.linalg.norm(ankle - knee))
    away = target_m - hip
    distance = float(np.linalg.norm(away))
    if distance < 1e-6 or thigh < 1e-6 or shank < 1e-6:
        return knee, ankle
    toward = away / distance
    reach = float(np.clip(distance, abs(thigh - shank) + 1e-6, thigh + shank - 1e-6))
    cosine = (thigh**2 + reach**2 - shank**2) / (2 * thigh * reach)
    sideways = (knee - hip) - toward * float((knee - hip) @ toward)
    if ahead is not None:
        lacking_m = max(0.0, _CLEARLY_BENT_M - float(np.linalg.norm(sideways)))
        part = min(1.0, float(np.linalg.norm(target_m - ankle)) / _CLEARLY_BENT_M)
        sideways = sideways + part * lacking_m * (ahead - toward * float(ahead @ toward))
    size = float(np.linalg.norm(sideways))
    if size < 1e-9:  # a straight leg has no plane: any one will do for the hair's breadth by which it bends
        sideways = np.cross(toward, [1.0, 0.0, 0.0] if abs(toward[0]) < 0.9 else [0.0, 0.0, 1.0])
        size = float(np.linalg.norm(sideways))
    bent = hip + thigh * (cosine * toward + math.sqrt(max(0.0, 1 - cosine**2)) * sideways / size)
    return bent, hip + reach * toward
