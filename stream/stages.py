"""The stages between capture and display: people in 2D, then in 3D."""

from __future__ import annotations

from collections.abc import Callable

from detection.detector import Detector
from detection.tracking import Tracker
from lifting.lifter import Lifter
from pose.camera import Intrinsics
from pose.types import People
from stream.item import Item


class DetectStage:
    """Finds everybody in the picture, and says who is whom.

    Parameters
    ----------
    detector : Detector
        Stays the caller's, who closes it.
    smoothing : float
        0 to 1.
    """

    name = "detect"

    def __init__(self, detector: Detector, smoothing: float) -> None:
        self._detector = detector
        self._smoothing = smoothing
        self._tracker = Tracker(smoothing)

    def step(self, item: Item) -> Item:
        """Detect and track; the item leaves with its people."""
        people = self._detector.detect(item.frame.image)
        return item.with_people(self._tracker.update(people, item.frame.time_s))

    def reset(self) -> None:
        """Forget everybody: the next frame is from another place of the file."""
        self._tracker = Tracker(self._smoothing)


CameraModel = Callable[[int, int], Intrinsics]
"""The camera that took pictures of a width and height in pixels."""


def assumed_camera(fov_deg: float) -> CameraModel:
    """A camera of which no more is known than the field of view of its longer side, degrees."""
    return lambda width, height: Intrinsics.from_fov(width, height, fov_deg)


class LiftStage:
    """Lifts everybody's 2D to 3D.

    Parameters
    ----------
    camera : function
        Asked again whenever the pictures change their size.
    """

    name = "lift"

    def __init__(self, camera: CameraModel) -> None:
        self._camera = camera
        self._size = (0, 0)
        self._lifter: Lifter | None = None

    def step(self, item: Item) -> Item:
        """Lift; the item leaves with its people in 3D."""
        frame = item.frame
        if self._lifter is None or self._size != (frame.width, frame.height):
            # a stream may come back in another size, which is another camera
            self._size = (frame.width, frame.height)
            self._lifter = Lifter(self._camera(frame.width, frame.height))
        people = item.people if item.people is not None else People.nobody()
        return item.with_people(self._lifter.step(people, frame.time_s))

    def reset(self) -> None:
        """Forget everybody's past."""
        self._lifter = None


def stages_on(detector: Detector, smoothing: float, camera: CameraModel) -> tuple[DetectStage, LiftStage]:
    """Fresh stages on a detector: nobody is known to them."""
    return DetectStage(detector, smoothing), LiftStage(camera)
