"""Left and right kept apart while frames come: a detector that takes one limb for the other for some frames.

Arms and legs are each compared with where they are expected from the frames before. Where the other naming is clearly
nearer it is taken. That is held on to while it is nearer at all, and given up after half a second:
whoever is named so for so long is named rightly, and it is the memory that errs. `detection.offline.sides` does better
where the whole clip is known.

A limb is swapped as a whole: wrists alone that cross before a body seen from the side are nearer to each other's way
than to their own, and swapping them did more harm than good on real walks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import OPENPOSE18

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Index = NDArray[np.intp]

PATIENCE_S = 0.5
"""For so long the detector is contradicted."""

_MEMORY_S = 0.35
"""Where a joint was longer ago says nothing about where it is."""

_CLEAR = 0.12
"""The other naming must be nearer by so many torso lengths a joint."""

_MOST = 1.0
"""No joint counts for more torso lengths: a misplaced one must not decide."""

_SPEED_S = 0.1
"""Within about so long the speed of a joint is followed."""

LIMBS: Index = np.array(
    [
        [[OPENPOSE18.index(f"{side}_{part}") for side in ("right", "left")] for part in parts]
        for parts in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
    ]
)
"""Arms and legs (2 limbs, 3 parts from the trunk outwards, right and left)."""


@dataclass(slots=True)
class _Memory:
    """What is remembered of one person."""

    xy_px: Float = field(default_factory=lambda: np.zeros((18, 2)))
    velocity_px_s: Float = field(default_factory=lambda: np.zeros((18, 2)))
    seen_s: Float = field(default_factory=lambda: np.full(18, -np.inf))
    swapped: Bool = field(default_factory=lambda: np.zeros(len(LIMBS), np.bool_))
    since_s: Float = field(default_factory=lambda: np.full(len(LIMBS), np.inf))
    last_s: float = -np.inf


class SideGuard:
    """Names left and right of everybody as they were named before.

    Examples
    --------
    >>> guard, ids = SideGuard(), np.zeros(1, np.int32)
    >>> xy, score = np.zeros((1, 18, 2), np.float32), np.ones((1, 18), np.float32)
    >>> xy[0, LIMBS[1, :, 1], 0] = 50
    >>> for frame in range(5):
    ...     _ = guard.update(ids, xy, score, np.full(1, 100.0), frame / 30)
    >>> swapped = xy.copy()
    >>> swapped[0, LIMBS[1]] = xy[0, LIMBS[1][:, ::-1]]
    >>> guard.update(ids, swapped, score, np.full(1, 100.0), 5 / 30)[0][0, LIMBS[1, :, 1], 0]
    array([50., 50., 50.], dtype=float32)
    """

    def __init__(self) -> None:
        self._people: dict[int, _Memory] = {}

    def reset(self) -> None:
        """Forget everybody."""
        self._people.clear()

    def update(
        self, track_id: NDArray[np.int32], xy_px: Float32, score: Float32, torso_px: Float, time_s: float
    ) -> tuple[Float32, Float32]:
        """Joints (K, 18, 2) and scores (K, 18) of a frame with the limbs named as before.

        Parameters
        ----------
        track_id : array, shape (K,)
        xy_px : array, shape (K, 18, 2)
        score : array, shape (K, 18)
            0 where missing.
        torso_px : array, shape (K,)
            Everybody's size.
        time_s : float
        """
        for gone in [one for one, memory in self._people.items() if not 0 <= time_s - memory.last_s <= 2.0]:
            del self._people[gone]
        xy, sure = xy_px.copy(), score.copy()
        for row, one in enumerate(track_id.tolist()):
            memory = self._people.setdefault(one, _Memory())
            order = self._order(memory, xy_px[row], score[row], float(torso_px[row]), time_s)
            if order is not None:
                xy[row], sure[row] = xy_px[row, order], score[row, order]
            self._remember(memory, xy[row], sure[row], time_s)
        return xy, sure

    def _order(self, memory: _Memory, xy: Float32, score: Float32, torso_px: float, time_s: float) -> Index | None:
        """Which joint to take for each of the 18; None where all stay."""
        elapsed_s = time_s - memory.seen_s
        known = elapsed_s <= _MEMORY_S
        if not known.any():
            return None
        expected = memory.xy_px + memory.velocity_px_s * np.minimum(elapsed_s, _MEMORY_S)[:, None]
        twins = LIMBS[..., ::-1]
        usable = (score[LIMBS] > 0) & known[LIMBS] & known[twins]  # (2, 3, 2)
        size = max(torso_px, 1.0)
        stays = np.minimum(np.linalg.norm(xy[LIMBS] - expected[LIMBS], axis=-1) / size, _MOST)
        moves = np.minimum(np.linalg.norm(xy[LIMBS] - expected[twins], axis=-1) / size, _MOST)
        wins = np.where(usable, stays - moves, 0.0).sum(axis=(1, 2))  # what swapping each limb wins
        clear = _CLEAR * np.maximum(usable.sum(axis=(1, 2)), 2)
        order = np.arange(len(OPENPOSE18))
        for limb in range(len(LIMBS)):
            if self._swaps(memory, limb, float(wins[limb]), float(clear[limb]), time_s):
                order[LIMBS[limb]] = twins[limb]
        return order if memory.swapped.any() else None

    @staticmethod
    def _swaps(memory: _Memory, limb: int, wins: float, clear: float, time_s: float) -> bool:
        """Whether a limb is swapped now."""
        before = bool(memory.swapped[limb])
        swap = wins > (0.0 if before else clear)
        if swap and not before:
            memory.since_s[limb] = time_s
        if swap and time_s - memory.since_s[limb] > PATIENCE_S:
            swap = False
            memory.seen_s[LIMBS[limb]] = -np.inf  # the memory errs
        memory.swapped[limb] = swap
        return swap

    @staticmethod
    def _remember(memory: _Memory, xy: Float32, score: Float32, time_s: float) -> None:
        seen = score > 0
        step_s = time_s - memory.seen_s
        again = seen & (step_s <= _MEMORY_S) & (step_s > 0)
        elapsed_s = np.where(again, step_s, 1.0)
        gain = (-np.expm1(-elapsed_s / _SPEED_S))[:, None]
        measured = (xy - memory.xy_px) / elapsed_s[:, None]
        speed = memory.velocity_px_s + gain * (measured - memory.velocity_px_s)
        memory.velocity_px_s = np.where(again[:, None], speed, np.where(seen[:, None], 0.0, memory.velocity_px_s))
        memory.xy_px = np.where(seen[:, None], xy, memory.xy_px)
        memory.seen_s = np.where(seen, time_s, memory.seen_s)
        memory.last_s = time_s
