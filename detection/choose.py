"""Which detector the app uses: the multi-person network where its weights can be had, else MediaPipe, said aloud.

Where MediaPipe is missing too, our own small network, which ships with the project, steps in; docs/detection.md says
why in this order.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from detection.detector import Detector
from detection.download import Progress, download
from detection.errors import DetectionError
from detection.registry import HUMAN_POSE, OURS
from detection.weights import find_network, find_weights, is_named

DETECTORS = ("auto", "openpose", HUMAN_POSE.name, OURS.name, "mediapipe")
"""What `--detector` takes; "openpose" is human-pose-estimation-0001, or the network that `--weights` names."""

FALLBACK_NOTICE = "using MediaPipe, one person only; `python main.py weights` gets the multi-person detector"

OURS_NOTICE = f"using {OURS.name}; `python main.py weights` gets a better one"

DEFAULT_NET_SIZE = 256
"""Short side of the network's input in pixels."""


def open_detector(
    name: str = "auto",
    weights: Path | None = None,
    net_size: int = DEFAULT_NET_SIZE,
    threads: int | None = None,
    *,
    notify: Callable[[str], None],
    allow_download: bool = True,
    progress: Progress | None = None,
) -> Detector:
    """Open the detector of that name.

    Parameters
    ----------
    name : str
        One of `DETECTORS`. "auto" takes the network that the user names, else human-pose-estimation-0001 where it is
        found or can be downloaded, else MediaPipe, else ours. Any other name is that detector or an error.
    weights : Path, optional
        `--weights`, also the name of a network; what is wrong there is always an error.
    net_size : int
        Short side of the network's input in pixels.
    threads : int, optional
        Of the inference engine; its own choice where None.
    notify : callable
        Receives every line that the user has to see.
    allow_download : bool
        Whether missing weights may be fetched.
    progress : callable, optional
        Of a download.

    Raises
    ------
    DetectionError
        Where nothing can be opened; the message names the remedies.
    """
    if name not in DETECTORS:
        raise DetectionError(f"no detector is called {name!r}; choose one of {', '.join(DETECTORS)}")
    if name == "mediapipe":
        return _open_mediapipe()
    model = _find(name, weights)
    if model is None:
        try:
            model = _fetch(notify, allow_download, progress)
        except DetectionError as error:
            if name != "auto":
                raise
            try:
                return _fall_back(error, notify)
            except DetectionError:
                model = find_weights(OURS.name)
                if model is None:
                    raise
                notify(OURS_NOTICE)
    # OpenVINO and numba load slowly, and MediaPipe needs neither.
    from detection.bottom_up import BottomUpDetector  # noqa: PLC0415

    return BottomUpDetector(model, net_size, threads)


def _find(name: str, weights: Path | None) -> Path | None:
    """The file of the network that is asked for; None where it is not at hand but can be fetched."""
    if (name == "auto" and is_named(weights)) or (name == "openpose" and weights is not None):
        return find_network(weights)
    if name == OURS.name:
        model = find_weights(OURS.name, weights)
        if model is None:
            raise DetectionError(
                f"{OURS.name} ships with the project in weights/, but is not there: check it out again"
            )
        return model
    return find_weights(HUMAN_POSE.name, weights)


def _fetch(notify: Callable[[str], None], allowed: bool, progress: Progress | None) -> Path:
    if not allowed:
        raise DetectionError(
            f"{HUMAN_POSE.name} was not found; run `python main.py weights`, or name its folder with --weights or "
            "LIFTCAM_WEIGHTS, or use --detector mediapipe (one person only)"
        )
    notify(f"fetching {HUMAN_POSE.name} ({HUMAN_POSE.size / 1e6:.1f} MB, {HUMAN_POSE.licence}) once")
    return download(HUMAN_POSE.name, progress=progress)


def _open_mediapipe() -> Detector:
    from detection.blazepose import BlazePoseDetector  # noqa: PLC0415

    return BlazePoseDetector()


def _fall_back(error: DetectionError, notify: Callable[[str], None]) -> Detector:
    """MediaPipe instead, with one line that says so; where it is missing too, both reasons."""
    try:
        detector = _open_mediapipe()
    except DetectionError as second:
        raise DetectionError(f"no detector can be opened. {error}. And {second}") from second
    notify(FALLBACK_NOTICE)
    return detector
