"""The last stage of the pipeline: what was just finished goes to the outputs."""

from __future__ import annotations

import time
from collections.abc import Callable

from pose.camera import CameraModel, Intrinsics
from pose.types import People
from stream.item import Item
from stream.outputs.output import CoachNote, Result
from stream.outputs.runner import Outputs


def no_coach(item: Item) -> dict[int, CoachNote]:
    """Nothing is said of anybody."""
    return {}


class OutputStage:
    """Offers every item to the outputs, and passes it on as it is.

    Parameters
    ----------
    outputs : Outputs
        Closed with the stage.
    camera : function
        The camera that took pictures of a size.
    coach : function
        What the coach says of the people of an item.
    """

    name = "outputs"

    def __init__(
        self, outputs: Outputs, camera: CameraModel, coach: Callable[[Item], dict[int, CoachNote]] = no_coach
    ) -> None:
        self._outputs = outputs
        self._camera = camera
        self._coach = coach
        self._known: Intrinsics | None = None

    def step(self, item: Item) -> Item:
        """Give the item to all outputs; never waits."""
        frame = item.frame
        people = item.people if item.people is not None else People.nobody()
        if self._known is None or (self._known.width, self._known.height) != (frame.width, frame.height):
            self._known = self._camera(frame.width, frame.height)
        lifted_s = item.passed("lift") or time.perf_counter()
        self._outputs.offer(
            Result(frame, people, self._known, item.captured_s, lifted_s, self._coach(item), item.floor)
        )
        return item

    def close(self) -> None:
        """End all outputs."""
        self._outputs.close()
