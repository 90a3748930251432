"""Answers without the last jitter: a 1-euro filter over points in metres.

Casiez, Roussel, Vogel: "1-euro filter: a simple speed-based low-pass filter for noisy input in interactive systems"
(CHI 2012). The cutoff rises with a point's speed, taken as the length of its velocity so that turning the axes turns
the result: somebody at rest is steady, somebody who moves is followed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

_SPEED_CUTOFF_HZ = 1.0


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """`rest_hz + hz_per_m_s * speed` is the cutoff of the low-pass."""

    rest_hz: float
    hz_per_m_s: float


JOINTS = Cutoffs(rest_hz=2.5, hz_per_m_s=12.0)
"""The network smooths already: this takes what is left between two frames."""

DISTANCE = Cutoffs(rest_hz=0.5, hz_per_m_s=0.15)
"""One frame tells a distance badly, and people seldom come nearer fast."""


@dataclass(slots=True)
class Steady:
    """The filter of some points of one person.

    Attributes
    ----------
    cutoffs : Cutoffs
    position : array, shape (N, D)
        The last answer in metres; empty before the first one.
    velocity : array, shape (N, D)
        Metres a second.
    time_s : float
    """

    cutoffs: Cutoffs
    position: Float = field(default_factory=lambda: np.zeros((0, 0)))
    velocity: Float = field(default_factory=lambda: np.zeros((0, 0)))
    time_s: float = -math.inf

    def follow(self, position: Float, time_s: float) -> Float:
        """The filtered points for new ones (N, D); times must not decrease."""
        step_s = time_s - self.time_s
        if not self.position.size:
            self.position, self.velocity = position, np.zeros_like(position)
        elif step_s > 0:
            speed_gain = 1 / (1 + 1 / (2 * np.pi * _SPEED_CUTOFF_HZ * step_s))
            self.velocity = self.velocity + speed_gain * ((position - self.position) / step_s - self.velocity)
            speed = np.linalg.norm(self.velocity, axis=-1, keepdims=True)
            cutoff_hz = self.cutoffs.rest_hz + self.cutoffs.hz_per_m_s * speed
            self.position = self.position + (position - self.position) / (1 + 1 / (2 * np.pi * cutoff_hz * step_s))
        self.time_s = time_s
        return self.position
