"""Opening what a command works with: the detector, compiled and warm, and the stages on it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from commands.options import PoseOptions
from detection.choose import open_detector
from detection.detector import Detector
from lifting.ground import GroundOptions
from pose.calibration import load_calibration
from pose.camera import CameraModel
from pose.types import Frame
from render.renderer import prepare
from stream.item import Item
from stream.source import Source
from stream.stages import DetectStage, LiftStage, assumed_camera, camera_behind, stages_on

_COMPILED_PARTS = ("detection", "lifting", "render")


@dataclass(frozen=True, slots=True)
class Engine:
    """A detector that is ready, and what it is called.

    Attributes
    ----------
    detector : Detector
    label : str
        Network and engine, for the window's HUD and for reports.
    options : PoseOptions
    """

    detector: Detector
    label: str
    options: PoseOptions

    def stages(self, source: Source) -> tuple[DetectStage, LiftStage]:
        """Fresh stages for the pictures of a source: nobody is known to them."""
        return stages_on(self.detector, self.options.smoothing, self.camera(source), self.ground)

    def camera(self, source: Source) -> CameraModel:
        """The camera of the pictures of a source, cropped and turned as they are."""
        return camera_behind(source, _camera(self.options))

    @property
    def ground(self) -> GroundOptions:
        """How tall people are taken for."""
        return GroundOptions(height_m=self.options.height_m)


def _camera(options: PoseOptions) -> CameraModel:
    """The calibrated camera where a file was named, else one of the field of view."""
    path = options.calibration
    if path is None:
        return assumed_camera(options.fov_deg)
    return lambda width, height: load_calibration(path, (width, height)).for_picture(width, height)


@contextlib.contextmanager
def opened_engine(options: PoseOptions, console: Console) -> Iterator[Engine]:
    """An engine that has seen a first, empty picture; the detector is closed at the end.

    What a user has to know (a download, a fallback, the first compilation) is a line on `console`.
    """
    detector = open_detector(
        options.detector,
        options.weights,
        options.net_size,
        options.threads,
        notify=lambda line: console.print(line, markup=False),
    )
    try:
        if not compiled_before():
            console.print("compiling for this processor, once (about half a minute)")
        engine = Engine(detector, f"{detector.name}, {detector.engine}", options)
        warm_up(engine)
        yield engine
    finally:
        detector.close()


def warm_up(engine: Engine) -> None:
    """Send one empty picture through all stages, so that the first real one does not wait for compilers."""
    item = Item(Frame(np.zeros((480, 640, 3), np.uint8), 0, 0.0), captured_s=0.0)
    camera = assumed_camera(engine.options.fov_deg)  # a calibration may hold for other pictures than this one
    for stage in stages_on(engine.detector, engine.options.smoothing, camera):
        item = stage.step(item)
    prepare()


def compiled_before() -> bool:
    """Whether numba's cache holds the app's functions, from an earlier start."""
    root = Path(__file__).resolve().parents[1]
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    return all(any((root / part / "__pycache__").glob(f"*{python}.nbi")) for part in _COMPILED_PARTS)
