"""A reference: one person's motion on an even clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fitness.errors import FitnessError
from fitness.follow.body import directions, picture_directions, turned, yaw
from fitness.follow.warp import CELLS, TICK_HZ

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

SHORTEST_S = 1.0
LONGEST_GAP_S = 0.5
"""Longer ones are not filled: nothing is known of them."""
LEAST_SCORE = 0.3
"""Of 2D joints that are compared in the picture."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One person at N moments, the earliest first.

    Attributes
    ----------
    time_s : array, shape (N,)
    xyz_m : array, shape (N, 17, 3)
        H36M17 joints, y up (`fitness.follow.body.level`), relative to anything.
    valid : array, bool, shape (N, 17)
    xy_px : array, shape (N, 18, 2)
    score : array, shape (N, 18)
    exact : bool
        Whether the joints were measured, as by motion capture; otherwise they were lifted from a picture, and err.
    """

    time_s: Float
    xyz_m: Float
    valid: Bool
    xy_px: Float
    score: Float
    exact: bool = False

    @classmethod
    def in_3d(cls, time_s: ArrayLike, xyz_m: ArrayLike, valid: ArrayLike | None = None) -> Observed:
        """Somebody whose picture there is none of, as from motion capture."""
        joints = np.asarray(xyz_m, np.float64)
        known = np.isfinite(joints).all(axis=-1) if valid is None else np.asarray(valid, np.bool_)
        none = np.zeros((len(joints), 18))
        return cls(np.asarray(time_s, np.float64), joints, known, np.zeros((*none.shape, 2)), none, exact=True)

    def at(self, k: int) -> Observed:
        """The person at one moment."""
        one = slice(k, k + 1)
        return Observed(
            self.time_s[one], self.xyz_m[one], self.valid[one], self.xy_px[one], self.score[one], self.exact
        )


@dataclass(frozen=True, slots=True)
class Moments:
    """What is compared, at T moments.

    Attributes
    ----------
    body : array, shape (T, 14, 3)
        `directions`: of the body that faces +z; NaN where unknown.
    picture : array, shape (T, 14, 3)
        `picture_directions`.
    yaw : array, shape (T,)
        Radians to the camera's right; NaN where unknown.
    """

    body: Float
    picture: Float
    yaw: Float

    @classmethod
    def of(cls, observed: Observed) -> Moments:
        """What is compared of somebody."""
        return cls(
            directions(observed.xyz_m, observed.valid),
            picture_directions(observed.xy_px, observed.score, LEAST_SCORE),
            yaw(observed.xyz_m, observed.valid),
        )


@dataclass(frozen=True, slots=True)
class Reference:
    """A motion to follow, at `TICK_HZ`.

    Attributes
    ----------
    moments : Moments
    joints_m : array, shape (T, 17, 3)
        H36M17 from the pelvis, y up, turned to face +z; NaN where unknown.
    exact : bool
        As `Observed.exact`.
    """

    moments: Moments
    joints_m: Float
    exact: bool = False

    @property
    def ticks(self) -> int:
        """How many moments it has."""
        return len(self.joints_m)

    @property
    def duration_s(self) -> float:
        """How long it takes."""
        return self.ticks / TICK_HZ

    @classmethod
    def of(cls, observed: Observed) -> Reference:
        """The reference that somebody's motion makes.

        Raises
        ------
        FitnessError
            Where it is too short, or nothing is known of the body.
        """
        time = observed.time_s
        if len(time) < 2 or time[-1] - time[0] < SHORTEST_S:
            length = time[-1] - time[0] if len(time) else 0.0
            raise FitnessError(f"the reference shows somebody for {length:.1f} s only; at least {SHORTEST_S:g} s")
        clock = time[0] + np.arange(int((time[-1] - time[0]) * TICK_HZ + 1e-6) + 1) / TICK_HZ
        facing = Moments.of(observed)
        moments = Moments(
            unit(at_times(time, facing.body, clock)),
            unit(at_times(time, facing.picture, clock)),
            _angles(time, facing.yaw, clock),
        )
        if not (np.isfinite(moments.body).any() or np.isfinite(moments.picture).any()):
            raise FitnessError("nothing is known of the reference's body; choose a clip that shows somebody whole")
        joints = np.where(observed.valid[..., None], observed.xyz_m, np.nan)
        joints = turned(joints - joints[:, :1], -facing.yaw)
        return cls(moments, at_times(time, joints, clock), observed.exact)

    def around(self, tick: int) -> NDArray[np.intp]:
        """Indices (CELLS,) of the moments around one.

        Before the first there is the first; after the last it begins anew.
        """
        index = tick + np.arange(CELLS) - CELLS // 2
        return np.where(index < 0, 0, index % self.ticks)


def at_times(time_s: Float, values: Float, wanted_s: Float) -> Float:
    """Values (N, ...) at other times (T, ...), evenly between two moments; NaN in gaps, and where either is NaN."""
    after = np.clip(np.searchsorted(time_s, wanted_s, side="left"), 1, len(time_s) - 1)
    before = after - 1
    gap = time_s[after] - time_s[before]
    share = np.clip((wanted_s - time_s[before]) / np.where(gap > 0, gap, 1.0), 0.0, 1.0)
    share = np.where(gap > LONGEST_GAP_S, np.where(share < 1, np.where(share > 0, np.nan, 0.0), 1.0), share)
    share = share.reshape(-1, *(1,) * (values.ndim - 1))
    # where a moment is met exactly, it does not matter whether the other is known
    return np.asarray(
        np.where(
            share == 0,
            values[before],
            np.where(share == 1, values[after], values[before] * (1 - share) + values[after] * share),
        )
    )


def unit(vectors: Float) -> Float:
    """Vectors (..., 3) of length 1; NaN where they have none."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(length > 1e-9, length, np.nan))


def _angles(time_s: Float, angles: Float, wanted_s: Float) -> Float:
    turn = at_times(time_s, np.stack([np.cos(angles), np.sin(angles)], axis=-1), wanted_s)
    return np.asarray(np.arctan2(turn[:, 1], turn[:, 0]))
