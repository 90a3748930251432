"""The stages between capture and display: people in 2D, then in 3D."""

from __future__ import annotations

from detection.detector import Detector
from detection.tracking import Tracker
from lifting.ground import Grounding, GroundOptions
from lifting.lifter import Lifter
from pose.camera import CameraModel, Intrinsics
from pose.types import People
from stream.editing import EditedSource
from stream.item import Item
from stream.source import Source


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


def assumed_camera(fov_deg: float) -> CameraModel:
    """A camera of which no more is known than the field of view of its longer side, degrees."""
    return lambda width, height: Intrinsics.from_fov(width, height, fov_deg)


def camera_behind(source: Source, camera: CameraModel) -> CameraModel:
    """The camera of a source's pictures, where `camera` tells it for pictures that were neither cropped nor turned."""
    if not isinstance(source, EditedSource):
        return camera
    return lambda width, height: source.camera(width, height, camera)


class LiftStage:
    """Lifts everybody's 2D to 3D, in true size and on the floor.

    Parameters
    ----------
    camera : function
        Asked again whenever the pictures change their size.
    ground : GroundOptions, optional
        How tall people are, and whether standing feet are held.
    """

    name = "lift"

    def __init__(self, camera: CameraModel, ground: GroundOptions | None = None) -> None:
        self._camera = camera
        self._options = ground or GroundOptions()
        self._size = (0, 0)
        self._parts: tuple[Lifter, Grounding] | None = None

    def step(self, item: Item) -> Item:
        """Lift; the item leaves with its people in 3D."""
        frame = item.frame
        if self._parts is None or self._size != (frame.width, frame.height):
            # a stream may come back in another size, which is another camera
            self._size = (frame.width, frame.height)
            camera = self._camera(frame.width, frame.height)
            self._parts = Lifter(camera), Grounding(camera, self._options)
        lifter, ground = self._parts
        people = item.people if item.people is not None else People.nobody()
        people = ground.step(lifter.step(people, frame.time_s), frame.time_s)
        return item.with_3d(people, ground.floor.plane)

    def reset(self) -> None:
        """Forget everybody's past, and the floor."""
        self._parts = None


def stages_on(
    detector: Detector, smoothing: float, camera: CameraModel, ground: GroundOptions | None = None
) -> tuple[DetectStage, LiftStage]:
    """Fresh stages on a detector: nobody is known to them."""
    return DetectStage(detector, smoothing), LiftStage(camera, ground)
