"""What travels through the pipeline: a frame, who is in it, and when it passed each stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from pose.types import Frame, GroundPlane, People

CAPTURE = "capture"
"""Name of the first step of every pipeline: the source gave the frame."""


class Passage(NamedTuple):
    """When an item entered and left one stage, in seconds of `time.perf_counter`."""

    stage: str
    entered_s: float
    left_s: float


@dataclass(frozen=True, slots=True)
class Item:
    """A frame on its way through the pipeline.

    Attributes
    ----------
    frame : Frame
        The picture.
    people : People or None
        Everybody in it; None until a stage has looked.
    captured_s : float
        The moment of capture on the clock of `time.perf_counter`: when a camera took the picture, when a file played in
        real time was due to show it, else when it was decoded.
    passed_s : tuple of Passage
        The stages it has passed, oldest first.
    floor : GroundPlane or None
        Where the floor is by now; None until somebody was lifted to 3D.
    """

    frame: Frame
    captured_s: float
    people: People | None = None
    passed_s: tuple[Passage, ...] = ()
    floor: GroundPlane | None = None

    def with_people(self, people: People) -> Item:
        """The same item once somebody has looked who is in it."""
        return replace(self, people=people)

    def with_3d(self, people: People, floor: GroundPlane) -> Item:
        """The same item with its people in 3D, and the floor that they stand on."""
        return replace(self, people=people, floor=floor)

    def with_passage(self, stage: str, entered_s: float, left_s: float) -> Item:
        """The same item after one more stage; the times are those of `time.perf_counter`."""
        return replace(self, passed_s=(*self.passed_s, Passage(stage, entered_s, left_s)))

    def passed(self, stage: str) -> float | None:
        """When the item left a stage, in seconds of `time.perf_counter`; None where it has not passed it.

        >>> import numpy as np
        >>> frame = Frame(np.zeros((2, 2, 3), np.uint8), 0, 0.0)
        >>> Item(frame, 1.0).with_passage("detect", 1.5, 1.75).passed("detect")
        1.75
        """
        for passage in reversed(self.passed_s):
            if passage.stage == stage:
                return passage.left_s
        return None
