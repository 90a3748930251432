"""Whether somebody can be judged at all: the joints that are needed, the picture's edges, the distance, the view."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fitness.exercises import Exercise, Kind
from fitness.signals import SIGNALS, Joints, View, hips_and_size
from pose.joint_sets import H36M17, OPENPOSE18

WINDOW_S = 1.5
"""Gates look at so much of the past: a joint that is lost for a moment closes none."""

SEEN_SHARE = 0.4
"""A joint that was seen for less of that time is not seen."""

SMALLEST_PX = 22.0
"""A trunk that is shorter on the picture is too far away."""

NEAR_EDGE = 1.0
"""What is missing is beyond an edge that is nearer to its neighbour than this, in trunk lengths."""

_WORDS = {
    "ankle": "feet",
    "knee": "knees",
    "hip": "hips",
    "shoulder": "shoulders",
    "elbow": "arms",
    "wrist": "hands",
}
_NEIGHBOUR = {"ankle": "knee", "knee": "hip", "hip": "shoulder", "wrist": "elbow", "elbow": "shoulder"}
_MOST_TELLING = ("ankle", "wrist", "knee", "elbow", "hip", "shoulder")
"""Who shows the first of these that is missing shows the others too."""


class GateKind(Enum):
    """What stands in the way; the first first."""

    FAR = "far"
    FRAME = "frame"
    SEEN = "seen"
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class Gate:
    """Something that stands in the way of judging, and what helps."""

    kind: GateKind
    text: str


@lru_cache(maxsize=256)
def parts_of(signal: str) -> tuple[str, ...]:
    """The parts of the body without which a signal is unknown.

    >>> parts_of("knee")
    ('hip', 'knee', 'ankle')
    """
    rng = np.random.default_rng(0)
    xy, xyz = rng.uniform(50, 400, (1, len(OPENPOSE18), 2)), rng.uniform(-1, 1, (1, len(H36M17), 3))
    found = []
    for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
        flat, solid = xy.copy(), xyz.copy()
        flat[:, [index for index, name in enumerate(OPENPOSE18) if name.endswith(part)]] = np.nan
        solid[:, [index for index, name in enumerate(H36M17) if name.endswith(part)]] = np.nan
        if not np.isfinite(SIGNALS[signal](Joints(flat, solid))).any():
            found.append(part)
    return tuple(found)


def form_views(exercise: Exercise) -> frozenset[View]:
    """The views in which something of an exercise's form is judged; all where nothing ever is."""
    views = frozenset(view for fault in exercise.faults for view in fault.views)
    return views or frozenset(View)


def view_gate(exercise: Exercise, view: View | None) -> Gate | None:
    """Where to turn for the form to be judged; None where it can be, or where the view is not known yet.

    >>> from fitness.exercises import exercise_named
    >>> view_gate(exercise_named("deadlift"), View.FRONT).text
    'Turn sideways'
    """
    views = form_views(exercise)
    if view is None or view in views:
        return None
    return Gate(GateKind.VIEW, "Face the camera" if View.FRONT in views else "Turn sideways")


class Gates:
    """Watches one person; see `step`.

    Parameters
    ----------
    exercise : Exercise
    """

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._past: deque[tuple[float, NDArray[np.float64]]] = deque()
        self._began_s: float | None = None
        signals = [travel.signal for rule in exercise.counts for travel in rule.travels]
        if exercise.kind is Kind.PHASES:
            signals = ["lean", "hip", "hand_height"]
        self._parts = {signal: parts_of(signal) for signal in signals}

    def step(self, joints: Joints, time_s: float, size: tuple[int, int], view: View | None) -> Gate | None:
        """What stands in the way now; None where nothing does.

        Parameters
        ----------
        joints : Joints
            One moment.
        time_s : float
        size : (int, int)
            Width and height of the picture in pixels.
        view : View or None
            As the counter has it.
        """
        if self._past and time_s - self._past[-1][0] > WINDOW_S:
            self._past.clear()
            self._began_s = None
        self._began_s = time_s if self._began_s is None else self._began_s
        self._past.append((time_s, joints.xy_px[0]))
        while self._past[0][0] < time_s - WINDOW_S:
            self._past.popleft()
        if time_s - self._began_s < WINDOW_S / 2:
            return None
        recent = np.stack([xy for _, xy in self._past])  # (T, 18, 2)
        share = np.isfinite(recent[:, :, 0]).mean(axis=0)
        missing = self._missing(share, view)
        if missing is not None:
            return self._unseen(missing, recent, share, size)
        _, trunk = hips_and_size(joints)
        if np.isfinite(trunk[0]) and trunk[0] < SMALLEST_PX:
            return Gate(GateKind.FAR, "Come closer")
        return view_gate(self._exercise, view)

    def _missing(self, share: NDArray[np.float64], view: View | None) -> str | None:
        """The most telling part that is needed and seen on neither side."""
        rule = next((rule for rule in self._exercise.counts if view in rule.views), self._exercise.counts[0])
        counting = [travel.signal for travel in rule.travels]
        signals = [signal for signal in self._parts if signal in counting] or list(self._parts)
        needed = {part for signal in signals for part in self._parts[signal]}
        unseen = [part for part in _MOST_TELLING if part in needed and share[_pair(part)].max() < SEEN_SHARE]
        return unseen[0] if unseen else None

    def _unseen(
        self, part: str, recent: NDArray[np.float64], share: NDArray[np.float64], size: tuple[int, int]
    ) -> Gate:
        """What to do about a part that is not seen: beyond an edge, or hidden."""
        word = _WORDS[part]
        neighbour = part
        while share[_pair(neighbour)].max() < SEEN_SHARE and neighbour in _NEIGHBOUR:
            neighbour = _NEIGHBOUR[neighbour]
        near = recent[:, _pair(neighbour)].reshape(-1, 2)
        near = near[np.isfinite(near).all(axis=1)]
        known = recent[np.isfinite(recent).all(axis=2)]
        if not len(near) or not len(known):
            return Gate(GateKind.SEEN, f"I cannot see your {word}")
        x, y = np.median(near, axis=0)
        spread = np.percentile(known[:, 1], 95) - np.percentile(known[:, 1], 5)
        width = np.percentile(known[:, 0], 95) - np.percentile(known[:, 0], 5)
        reach = NEAR_EDGE * 0.4 * max(float(spread), float(width))
        down = part in ("ankle", "knee", "hip")
        if (size[1] - y if down else y) < reach:
            return Gate(GateKind.FRAME, f"Step back until your {word} show")
        if min(x, size[0] - x) < 0.5 * reach:
            return Gate(GateKind.FRAME, "Move to the middle")
        return Gate(GateKind.SEEN, f"I cannot see your {word}")


def _pair(part: str) -> list[int]:
    return [OPENPOSE18.index(f"right_{part}"), OPENPOSE18.index(f"left_{part}")]
