"""Follows somebody who follows a reference: one call a frame, and what is known then."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fitness.follow.body import LIMB_OF, LIMBS, mirrored
from fitness.follow.ghost import Bones
from fitness.follow.motion import Moments, Observed, Reference, at_times, unit
from fitness.follow.similarity import UNKNOWN, Similarity, similarity
from fitness.follow.warp import CELLS, TICK_HZ, Warp

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

NEW_START_S = 5.0
"""After so long without anybody, or a step back in time, the reference begins anew."""
SEEN_S = 1.0
"""A limb that was not seen for so long is not judged."""
SAME_FACING_DEG = 25.0
"""Pictures are compared with each other only where both people are turned alike."""
MIRROR_MARGIN, MIRROR_LEAST, MIRROR_S = 10.0, 60.0, 1.0
"""Somebody mirrors the reference who is more alike to its mirror image by so much, and to so much, for so long."""
ALIKE = 90.0
"""Of limbs that are more alike than this, none is said to differ."""
WORST_MARGIN = 4.0
"""The limb that is named changes when another is worse by so much."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What is known at one moment.

    Attributes
    ----------
    similarity : Similarity
    worst : str
        The limb that differs most, of `LIMBS`; empty where none differs much.
    mirror : Similarity
        As if left and right were exchanged.
    mirrored : bool
        Whether the user does the mirror image.
    delay_s : float
        How late the user is; negative where he is early, NaN where it is not known.
    countdown : int or None
        Seconds until the reference begins.
    position_s : float
        Where in the reference it is now.
    reference_m : array, shape (17, 3)
        The reference now, with the user's bones, from the pelvis: y up, as it was turned; NaN where unknown.
    ghost_m : array, shape (17, 3)
        The reference where the user is in it, with his bones, at his place and turned as he is, in his axes.
    """

    similarity: Similarity
    worst: str
    mirror: Similarity
    mirrored: bool
    delay_s: float
    countdown: int | None
    position_s: float
    reference_m: Float
    ghost_m: Float


class Follower:
    """Compares one user with a reference, from the first frame in which he is seen.

    Parameters
    ----------
    reference : Reference
    lead_in_s : float
        How long the reference waits for the user to be ready.
    """

    def __init__(self, reference: Reference, lead_in_s: float = 0.0) -> None:
        self.reference = reference
        self._lead_in_s = lead_in_s
        self._bones = Bones()
        self._sum = self._moments = 0.0
        self._before: tuple[float, Moments] | None = None
        self._last_s = math.nan
        self._begin(math.nan)

    @property
    def mean(self) -> float:
        """Mean of the similarity over all ticks since the beginning; NaN where there was none."""
        return self._sum / self._moments if self._moments else math.nan

    def step(self, person: Observed) -> Followed:
        """Go on to one more frame.

        Parameters
        ----------
        person : Observed
            The user at one moment, the joints y up and in place.
        """
        now_s = float(person.time_s[0])
        if math.isnan(self._began_s) or not 0 <= now_s - self._last_s <= NEW_START_S:
            self._begin(now_s)
        self._bones.add(person.xyz_m[0], person.valid[0])
        self._lifted = (not person.exact) + (not self.reference.exact)
        moments = Moments.of(person)
        since_s = now_s - self._began_s - self._lead_in_s
        before, self._before, self._last_s = self._before, (now_s, moments), now_s
        while self._tick / TICK_HZ <= since_s + 1e-9:
            self._compare(self._began_s + self._lead_in_s + self._tick / TICK_HZ, before, (now_s, moments))
        return self._followed(person, moments, since_s)

    def _begin(self, now_s: float) -> None:
        self._began_s: float = now_s
        self._last_s = now_s
        self._tick: int = 0
        self._before = None
        self._straight, self._mirror = Warp(), Warp()
        self._seen = np.full(len(LIMBS), -math.inf)
        self._now, self._now_mirror, self._delay_s = UNKNOWN, UNKNOWN, math.nan
        self._mirrored_ticks = 0
        self._lifted = 2
        self._worst: int | None = None

    def _compare(self, time_s: float, before: tuple[float, Moments] | None, now: tuple[float, Moments]) -> None:
        """One tick, with the user between two frames."""
        user = _between(before or now, now, time_s)
        around = self.reference.around(self._tick)
        theirs = self.reference.moments
        known = np.isfinite(user.body[0, :, 0]) | np.isfinite(user.picture[0, :, 0])
        if known.any():
            self._seen[np.unique(LIMB_OF[known])] = time_s
        self._straight.step(*_both(user, theirs, around))
        flipped = Moments(mirrored(user.body), mirrored(user.picture), -user.yaw)
        self._mirror.step(*_both(flipped, theirs, around))
        seen = time_s - self._seen <= SEEN_S
        best = self._straight.best()
        self._now = similarity(best, seen, self._lifted)
        self._now_mirror = similarity(self._mirror.best(), seen, self._lifted)
        self._delay_s = best.delay_s
        self._judge()
        self._tick += 1

    def _judge(self) -> None:
        """Who is mirrored, and which limb is to be named."""
        if math.isfinite(self._now.whole):
            self._sum += self._now.whole
            self._moments += 1
        clear = self._now_mirror.whole >= max(self._now.whole + MIRROR_MARGIN, MIRROR_LEAST)
        self._mirrored_ticks = self._mirrored_ticks + 1 if clear else 0
        limbs, worst = self._now.limbs, self._now.worst
        if worst is None or limbs[worst] >= ALIKE:
            self._worst = None
        elif self._worst is None or not limbs[self._worst] <= limbs[worst] + WORST_MARGIN:
            self._worst = worst

    def _followed(self, person: Observed, moments: Moments, since_s: float) -> Followed:
        waiting = since_s < 0
        tick = max(self._tick - 1, 0)
        reference = self.reference
        shown = tick % reference.ticks
        late = 0 if math.isnan(self._delay_s) else round(self._delay_s * TICK_HZ)
        matched = reference.around(tick)[min(max(CELLS // 2 - late, 0), CELLS - 1)]
        return Followed(
            UNKNOWN if waiting else self._now,
            "" if waiting or self._worst is None else LIMBS[self._worst],
            UNKNOWN if waiting else self._now_mirror,
            self._mirrored_ticks >= MIRROR_S * TICK_HZ,
            self._delay_s if math.isfinite(self._now.whole) else math.nan,
            math.ceil(-since_s) if waiting else None,
            shown / TICK_HZ,
            self._bones.posed(reference.joints_m[shown], float(reference.moments.yaw[shown])),
            self._bones.over(reference.joints_m[matched], person.xyz_m[0], person.valid[0], float(moments.yaw[0])),
        )


def _between(before: tuple[float, Moments], now: tuple[float, Moments], time_s: float) -> Moments:
    """The user at a time between two frames; unknown where they are too far apart."""
    if before[0] >= now[0]:
        return now[1]
    times, at = np.array([before[0], now[0]]), np.array([time_s])
    body, picture = (
        unit(at_times(times, np.concatenate([getattr(before[1], name), getattr(now[1], name)]), at))
        for name in ("body", "picture")
    )
    return Moments(body, picture, now[1].yaw)


def _both(user: Moments, reference: Moments, around: NDArray[np.intp]) -> tuple[Float, Float]:
    """Directions (CELLS, 14, 3) to compare: in space where both are known there, else in the picture.

    Pictures tell the same only of people who are turned alike, or of whom one is not known how.
    """
    mine, theirs = np.broadcast_to(user.body[0], (CELLS, *user.body.shape[1:])), reference.body[around]
    turn = np.abs(np.angle(np.exp(1j * (user.yaw[0] - reference.yaw[around]))))
    alike = ~(turn > math.radians(SAME_FACING_DEG))
    missing = np.isnan(mine[..., 0]) | np.isnan(theirs[..., 0])
    flat = missing & np.isfinite(user.picture[0, :, 0]) & np.isfinite(reference.picture[around][..., 0])
    flat &= alike[:, None]
    if not flat.any():
        return mine, theirs
    where = flat[..., None]
    return np.where(where, user.picture[0], mine), np.where(where, reference.picture[around], theirs)
