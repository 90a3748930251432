"""Feet that stand stay where they are: what the picture knows of standing feet is put into the body's place.

A camera sees across its line of sight well and along it badly: a lifted body as a whole swims to and fro by decimetres,
the more so where its pose is guessed wrong, as in a squat from the front. A foot that stands does not move in the
picture, which can be seen whatever the 3D says. So while an ankle's ray is still, the ankle is held at one depth, that
of the mean over the contact; the body is set to the depth at which its standing ankles are there, and moved on its
rays; what two feet disagree in, the legs take up (knees solved anew, bones as long as before). No floor is needed.

Camera axes, metres. `FeetHold` runs frame by frame; `lifting.hold_clip` knows a whole track.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifting.errors import LiftingError
from lifting.feet import ANKLES, GAP_S, LEGS, Speedometer, bend_legs, given_way
from lifting.root import at_depth
from pose.joint_sets import OPENPOSE18

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

ANKLES_2D = [OPENPOSE18.index(name) for name in ("right_ankle", "left_ankle")]
_TRUNK_2D = [OPENPOSE18.index(name) for name in ("neck", "right_hip", "left_hip")]
_FEET = len(LEGS)


@dataclass(frozen=True, slots=True)
class HoldOptions:
    """When a foot stands, and how it is held.

    Attributes
    ----------
    begin_m_s, end_m_s : float
        Speed of the ankle across the line of sight below which a foot begins to stand, and above which it ends.
    span_s : float
        Over so long a time the speed is measured.
    unseen_s : float
        A standing foot that is not found for so long still stands.
    place_s : float
        Within about so long a held foot follows where it is seen.
    mean_s, creep_s, creep_m_s : float
        How deep a foot is measured is averaged over `mean_s`; the held foot moves there within about `creep_s`, at
        `creep_m_s` at least.
    settle_s, new_s : float
        A foot that was put down so lately, and any foot of somebody who came so lately and is still, moves there fast,
        within about `settle_s`: what is wrong at first would stay for long.
    calm_m_s : float
        Depths count half while the trunk moves so fast across the line of sight, and little beyond: how deep a foot is
        measured is most wrong where the pose is unusual, and a squat is not to move the feet.
    ramp_s, release_s : float
        Within so long a foot takes its full part in holding the body, and gives it back.
    slip_m : float
        A foot seen so far across from where it is held has moved: it is let go.
    astray_m : float
        An ankle found so far across from where the pose has it is not believed.
    """

    begin_m_s: float = 0.25
    end_m_s: float = 0.5
    span_s: float = 0.15
    unseen_s: float = 0.3
    place_s: float = 1.0
    mean_s: float = 3.0
    creep_s: float = 4.0
    creep_m_s: float = 0.015
    settle_s: float = 0.2
    new_s: float = 1.0
    calm_m_s: float = 0.15
    ramp_s: float = 0.25
    release_s: float = 0.15
    slip_m: float = 0.08
    astray_m: float = 0.25


DEFAULTS = HoldOptions()


class FeetHold:
    """Holds the standing feet of one person, frame by frame.

    Ankles, which the picture shows, are put onto their rays; a foot that begins to stand is held where it is then.
    Nothing jumps: what holding changed fades when it ends.

    Parameters
    ----------
    options : HoldOptions, optional
    """

    def __init__(self, options: HoldOptions = DEFAULTS) -> None:
        self._options = options
        self._speed, self._trunk_speed = Speedometer(options.span_s), Speedometer(options.span_s)
        self._time_s = -math.inf
        self.clear()

    def clear(self) -> None:
        """Forget where the feet stand."""
        self._speed.clear()
        self._trunk_speed.clear()
        self._held: Bool = np.zeros(_FEET, bool)
        self._seen_s: Float = np.full(_FEET, -math.inf)
        self._place: Float = np.zeros((_FEET, 3))  # the ray, z = 1, on which each foot is held
        self._depth: Float = np.zeros(_FEET)  # and how deep
        self._mean: Float = np.zeros(_FEET)  # how deep it was measured while it stood
        self._count: Float = np.zeros(_FEET)
        self._age_s: Float = np.zeros(_FEET)  # for how long each foot has stood
        self._known_s = 0.0
        self._off: Float = np.zeros(_FEET)  # by how much deeper than measured each foot is held
        self._lag: Float = np.zeros((_FEET, 3))  # from where a foot is seen to where it is held
        self._shift_weight: Float = np.zeros(_FEET)
        self._ray_weight: Float = np.zeros(_FEET)
        self._apart: Float = np.zeros((_FEET, 3))

    def step(
        self, xyz_m: Float, root_m: Float, valid: Bool, rays: Float, score: Float, time_s: float
    ) -> tuple[Float, Float, Bool]:
        """The body with its standing feet held: pose (17, 3) and pelvis (3,), and which feet those are (2,).

        Parameters
        ----------
        xyz_m : array, shape (17, 3)
            H36M17 joints relative to the pelvis.
        root_m : array, shape (3,)
        valid : array of bool, shape (17,)
        rays : array, shape (18, 3)
            Rays with z = 1 of the OPENPOSE18 joints; anything where missing.
        score : array, shape (18,)
            0 where missing.
        time_s : float

        Raises
        ------
        LiftingError
            Where the time or a valid joint is not finite.
        """
        if not (math.isfinite(time_s) and np.isfinite(xyz_m[valid]).all() and np.isfinite(root_m).all()):
            raise LiftingError(f"feet cannot be held: the time or a valid joint at {time_s} s is not finite")
        fresh = not 0 <= time_s - self._time_s <= GAP_S
        if fresh:
            self.clear()
            self._time_s = time_s
        elapsed_s, self._time_s = time_s - self._time_s, time_s
        seen = (score[ANKLES_2D] > 0) & valid[ANKLES]
        places = np.where(seen[:, None], rays[ANKLES_2D], np.nan)
        depth = root_m[2] + xyz_m[ANKLES, 2]
        begins = self._find(places, seen, depth, time_s)
        weight = self._shift_weight
        shift = float((weight * self._off).sum() / max(1.0, float(weight.sum())))
        root, pose = moved_in_depth(xyz_m, root_m, rays, score, shift), xyz_m.copy()
        free = self._free(pose[ANKLES] + root, places, elapsed_s, fresh)
        self._lag *= math.exp(-elapsed_s / self._options.release_s)
        calm = self._calm(rays, score, root_m[2], time_s)
        self._anchor(begins, free + self._lag, depth, places, seen, elapsed_s, calm)
        self._lag = np.where(self._held[:, None], self._place * self._depth[:, None] - free, self._lag)
        targets = free + self._lag - root
        given = given_way(pose, valid, targets, weight)
        root, targets = root + given, targets - given
        bend_legs(pose, valid, targets - pose[ANKLES], weight)
        return pose, root, self._held.copy()

    def _find(self, places: Float, seen: Bool, depth: Float, time_s: float) -> Bool:
        """Which feet stand from now on, and (returned) which of them did not before."""
        options = self._options
        across = np.linalg.norm(self._speed.step(places, time_s), axis=-1) * depth
        self._seen_s = np.where(seen, time_s, self._seen_s)
        slip = np.linalg.norm(places - self._place, axis=-1) * depth
        stays = (across < options.end_m_s) & (slip < options.slip_m)  # NaN compares false
        stays |= ~seen & (time_s - self._seen_s <= options.unseen_s)
        before = self._held
        self._held = np.where(before, stays, across < options.begin_m_s)
        return np.asarray(self._held & ~before)

    def _free(self, ankles: Float, places: Float, elapsed_s: float, fresh: bool) -> Float:
        """Where ankles (2, 3) are that nothing holds: on the rays that the picture shows, as far as it is believed."""
        on_ray = np.where(np.isfinite(places), places, 0) * ankles[:, 2:]
        apart = on_ray - ankles
        good = np.isfinite(places[:, 0]) & (np.linalg.norm(apart, axis=-1) < self._options.astray_m)
        gain = 1.0 if fresh else -math.expm1(-elapsed_s / self._options.release_s)
        self._ray_weight = self._ray_weight + gain * (good - self._ray_weight)
        self._apart = np.where(good[:, None], apart, self._apart if not fresh else 0.0)
        return np.asarray(ankles + self._ray_weight[:, None] * self._apart)

    def _calm(self, rays: Float, score: Float, depth_m: float, time_s: float) -> float:
        """1 for somebody whose trunk is still in the picture, 0 for one who moves; 1 where nobody knows."""
        places = np.where(score[_TRUNK_2D, None] > 0, rays[_TRUNK_2D], np.nan)
        speeds = np.linalg.norm(self._trunk_speed.step(places, time_s), axis=-1) * depth_m
        known = speeds[np.isfinite(speeds)]
        return 1 / (1 + float(known.max(initial=0.0)) ** 2 / self._options.calm_m_s**2)

    def _anchor(
        self, begins: Bool, now: Float, depth: Float, places: Float, seen: Bool, elapsed_s: float, calm: float
    ) -> None:
        """Set the anchors of feet that begin to stand where they are now (2, 3); let the others follow slowly."""
        options = self._options
        self._place = np.where(begins[:, None], now / np.maximum(now[:, 2:], 1e-3), self._place)
        self._depth = np.where(begins, now[:, 2], self._depth)
        self._mean, self._count = np.where(begins, depth, self._mean), np.where(begins, 1.0, self._count)
        fed = self._held & seen & ~begins
        self._age_s = np.where(begins, 0.0, self._age_s + elapsed_s)
        self._known_s += elapsed_s
        self._count = self._count + fed * calm
        gain = calm * np.maximum(1 / np.maximum(self._count, 1), -math.expm1(-elapsed_s / options.mean_s))
        self._mean = np.where(fed, self._mean + gain * (depth - self._mean), self._mean)
        share = -math.expm1(-elapsed_s / options.place_s)
        self._place = np.where(fed[:, None], self._place + share * (places - self._place), self._place)
        short: Float = self._mean - self._depth
        within_s = options.settle_s if self._known_s < options.new_s else options.creep_s
        put_down = np.where(self._age_s < options.settle_s, 1 / options.settle_s, 0.0)
        most = np.maximum(np.abs(short) * put_down, calm * np.maximum(options.creep_m_s, np.abs(short) / within_s))
        most = elapsed_s * most
        self._depth = np.where(fed, self._depth + np.clip(short, -most, most), self._depth)
        self._off = np.where(self._held, self._depth - depth, self._off)
        rise = np.minimum(1.0, self._shift_weight + elapsed_s / options.ramp_s)
        fade = math.exp(-elapsed_s / options.release_s)
        self._shift_weight = np.where(self._held, rise, self._shift_weight * fade)


def moved_in_depth(xyz_m: Float, root_m: Float, rays: Float, score: Float, shift_m: float) -> Float:
    """The pelvis (3,) once the body (17, 3) is set deeper by `shift_m` and moved so that it stays on its rays (18, 3).

    >>> body, rays = np.zeros((17, 3)), np.tile([0.5, 0.0, 1.0], (18, 1))
    >>> moved_in_depth(body, np.array([1.0, 0.0, 2.0]), rays, np.ones(18), 1.0)
    array([1.5, 0. , 3. ])
    """
    if not score.any():
        return np.asarray(root_m + np.array([0.0, 0.0, shift_m]))
    body, seen, weight = xyz_m[None], rays[None], score[None]
    before = at_depth(body, seen, weight, root_m[2:])
    after = at_depth(body, seen, weight, root_m[2:] + shift_m)
    return np.asarray(root_m + (after - before)[0])


def on_rays(xyz_m: Float, changed_m: Float, rays: Float, score: Float, depth_m: Float | float) -> Float:
    """By how much (..., 3) a pelvis at a depth (...) moves across, so that a changed body is on its rays as before.

    Parameters
    ----------
    xyz_m, changed_m : array, shape (..., 17, 3)
    rays : array, shape (..., 18, 3)
    score : array, shape (..., 18)
    """
    shape = xyz_m.shape[:-2]
    flat = [one.reshape(-1, *one.shape[len(shape) :]) for one in (xyz_m, changed_m, rays, score)]
    depth = np.asarray(depth_m, np.float64).reshape(-1)
    move = at_depth(flat[1], flat[2], flat[3], depth) - at_depth(flat[0], flat[2], flat[3], depth)
    return np.asarray(np.where(flat[3].any(axis=1)[:, None], move, 0.0).reshape(*shape, 3))
