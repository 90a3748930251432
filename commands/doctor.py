"""`doctor`: what is installed and really in use, a line each, with the remedy."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Literal

import numpy as np
import platformdirs
from rich.console import Console
from rich.text import Text

from commands.version import version
from detection.choose import open_detector
from detection.errors import DetectionError
from detection.weights import status
from pose.errors import ExitCode, LiftCamError

State = Literal["ok", "warning", "fail"]
_COLOURS: dict[State, str] = {"ok": "green", "warning": "yellow", "fail": "red"}
_PACKAGES = ("numpy", "numba", "scipy", "opencv-python", "openvino", "av", "pygame", "typer", "rich", "platformdirs")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report.

    Attributes
    ----------
    name : str
    state : str
        "ok", "warning" (something is missed, the app runs) or "fail".
    detail : str
        What was found and, unless all is well, what to do.
    """

    name: str
    state: State
    detail: str


def run() -> ExitCode:
    """Print every check as it is made; a fail ends with exit code 1."""
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"LiftCam {version()}")
    failed = False
    for make in (
        _python,
        _packages,
        _optional,
        _processor,
        _weights,
        _detector,
        _lifter,
        _encoder,
        _cameras,
        _display,
        _folders,
    ):
        for check in _guarded(make):
            failed |= check.state == "fail"
            line = Text(f"{check.state:8}", style=_COLOURS[check.state])
            console.print(line.append(f"{check.name}: {check.detail}", style="default"))
    return ExitCode.CHECK_FAILED if failed else ExitCode.DONE


def _guarded(make: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The checks of one maker; a package that does not load is a failed check, not the end of the report."""
    name = make.__name__.lstrip("_")
    try:
        yield from make()
    except LiftCamError as error:
        yield Check(name, "fail", str(error))
    except (ImportError, OSError) as error:
        yield Check(name, "fail", f"{error}; install again with: pip install -r requirements/core.txt")


def _python() -> Iterator[Check]:
    yield Check("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _packages() -> Iterator[Check]:
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Check("packages", "fail", f"missing {', '.join(missing)}; pip install -r requirements/core.txt")
    yield Check("packages", "ok", ", ".join(found))


def _optional() -> Iterator[Check]:
    if util.find_spec("mediapipe"):
        yield Check("mediapipe", "ok", f"{metadata.version('mediapipe')}, the detector that needs no download")
    elif sys.version_info >= (3, 13):
        yield Check(
            "mediapipe", "warning", "not installed: it needs Python 3.10 to 3.12; the multi-person detector does not"
        )
    else:
        yield Check(
            "mediapipe",
            "warning",
            "not installed: without the weights to fetch, only the weaker liftcam-paf-small is left; "
            "pip install -r requirements/demo.txt",
        )


def _processor() -> Iterator[Check]:
    import openvino as ov

    core = ov.Core()
    able = [str(one) for one in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")]
    precisions = ", ".join(one for one in ("INT8", "BF16", "FP16", "FP32") if one in able)
    vectors = ", ".join(_instruction_sets()) or "unknown vector instructions"
    name = str(core.get_property("CPU", "FULL_DEVICE_NAME"))
    yield Check(
        "processor",
        "ok",
        f"{name}, {os.cpu_count()} cores, {vectors}; OpenVINO {ov.__version__.split('-')[0]}: {precisions}",
    )


def _instruction_sets() -> list[str]:
    """The vector instructions of this processor that numpy sees, widest last."""
    names = ("SSE42", "AVX2", "AVX512F", "AVX512_SKX", "AVX512_ICL", "AVX512_SPR", "NEON", "ASIMD", "SVE")
    umath = getattr(np, "_core", None) or np.core
    features: dict[str, bool] = getattr(umath._multiarray_umath, "__cpu_features__", {})
    return [name for name in names if features.get(name)]


def _weights() -> Iterator[Check]:
    for one in status():
        if one.path is None:
            yield Check(f"weights {one.network.name}", "fail" if one.place else "warning", one.problem)
            continue
        sums = ", ".join(f"sha256 {file.sha256[:12]}… {file.name}" for file in one.network.files)
        yield Check(f"weights {one.network.name}", "ok", f"{one.path.parent} ({one.place}); {sums}")


def _detector() -> Iterator[Check]:
    notes: list[str] = []
    detector = open_detector(notify=notes.append, allow_download=False)
    try:
        people = detector.detect(np.zeros((256, 256, 3), np.uint8))
    finally:
        detector.close()
    if len(people):
        raise DetectionError(f"{detector.name} sees {len(people)} people in a black picture; its weights are broken")
    yield Check("detector", "warning" if notes else "ok", "; ".join([f"{detector.name}, {detector.engine}", *notes]))


def _lifter() -> Iterator[Check]:
    from lifting.weights import DEFAULT_WEIGHTS, load

    weights = load()
    yield Check(
        "lifter", "ok", f"{DEFAULT_WEIGHTS.name}, {weights.receptive_field} frames, {weights.channels} channels"
    )


def _encoder() -> Iterator[Check]:
    import av

    if "libx264" in av.codecs_available:
        yield Check("video", "ok", f"PyAV {av.__version__} reads and writes H.264")
    else:
        yield Check(
            "video", "fail", f"PyAV {av.__version__} has no H.264 encoder; pip install -r requirements/core.txt"
        )


def _cameras() -> Iterator[Check]:
    from stream.cameras import camera_modes, list_cameras

    found = list_cameras()
    if not found:
        yield Check("camera", "warning", "none found; plug one in, or work with clips")
    for camera in found:
        modes = ", ".join(str(mode) for mode in camera_modes(camera.index))
        if modes:
            yield Check(f"camera {camera.index}", "ok", f"{camera.name}: {modes}")
        else:
            yield Check(
                f"camera {camera.index}", "warning", f"{camera.name} does not open; does another program use it?"
            )


def _display() -> Iterator[Check]:
    from render.window import has_display

    display = has_display()
    if display.available:
        yield Check("display", "ok", "a window can be opened")
    else:
        yield Check("display", "warning", f"{display.reason}; demo and file write videos all the same")


def _folders() -> Iterator[Check]:
    cache = Path(platformdirs.user_cache_dir("liftcam", appauthor=False))
    nearest = next(folder for folder in (cache, *cache.parents) if folder.exists())
    if os.access(nearest, os.W_OK):
        yield Check("cache", "ok", str(cache))
    else:
        yield Check(
            "cache", "warning", f"{nearest} cannot be written; point LIFTCAM_WEIGHTS at a folder with the weights"
        )
