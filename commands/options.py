"""The options of each command as one typed value, passed on in parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from stream.edit_options import EditOptions


@dataclass(frozen=True, slots=True)
class PoseOptions:
    """How people are found and lifted.

    Attributes
    ----------
    detector : str
        "auto", "openpose" or "mediapipe".
    weights : Path or None
        A weights file or its folder, looked at first.
    net_size : int
        Short side of the network's input in pixels.
    threads : int or None
        Threads of the inference engine; None leaves it the choice.
    smoothing : float
        0 (none) to 1 (strong).
    fov_deg : float
        Field of view of the camera's longer side, degrees, where there is no calibration.
    calibration : Path or None
        A calibration file of the camera.
    """

    detector: str
    weights: Path | None
    net_size: int
    threads: int | None
    smoothing: float
    fov_deg: float
    calibration: Path | None = None


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """`live`: a webcam, a stream, or a file played as if it were one.

    Attributes
    ----------
    source : str
        Index of a camera, an address, a file, or "actor".
    size : (int, int)
        Width and height of the window in pixels.
    mirror : bool or None
        None: cameras are shown as in a mirror, everything else is not.
    out : Path
        Folder of recordings and screenshots.
    seconds : float or None
        End after so many seconds.
    display : bool
        Whether a window opens.
    """

    pose: PoseOptions
    source: str
    size: tuple[int, int]
    mirror: bool | None
    out: Path
    seconds: float | None
    display: bool


@dataclass(frozen=True, slots=True)
class FileOptions:
    """`file` and `demo`: every frame of a clip, in order.

    Attributes
    ----------
    clip : str
        A video file or a folder of pictures.
    out : Path or None
        Folder of what is written; None writes nothing.
    display : bool
        Whether a window opens.
    realtime : bool
        Whether the clip plays at its own speed at most.
    size : (int, int)
        Width and height of the window and of the annotated video in pixels.
    video_name : str or None
        Name of the annotated video; None makes one out of the clip's.
    exports : tuple of str
        Formats to write; poses.npz is always written.
    edit : EditOptions
        Which part of the clip, turned and cropped how.
    """

    pose: PoseOptions
    clip: str
    out: Path | None
    display: bool
    realtime: bool
    size: tuple[int, int]
    video_name: str | None = None
    exports: tuple[str, ...] = ("npz", "mp4")
    edit: EditOptions = field(default_factory=EditOptions)


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """`bench`: which one, and on what.

    Attributes
    ----------
    name : str
        Of the benchmark.
    source : str
        For `camera`: a camera's index or an address.
    clip : Path or None
        A clip instead of the bundled one.
    seconds : float or None
        How long, for those that run for a time.
    shared : Path
        The folder of labelled photos and made maps that `decode` and `detector` measure on.
    """

    pose: PoseOptions
    name: str
    source: str
    clip: Path | None
    seconds: float | None
    shared: Path


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of "1280x720".

    Raises
    ------
    ValueError
        Where the text is no size between 160x120 and 7680x4320.

    >>> parse_size("1280x720")
    (1280, 720)
    """
    width, found, height = text.lower().partition("x")
    if not (found and width.isdecimal() and height.isdecimal()):
        raise ValueError(f"{text!r} is no size: write it as 1280x720")
    size = int(width), int(height)
    if not (160 <= size[0] <= 7680 and 120 <= size[1] <= 4320):
        raise ValueError(f"{text!r} is out of range: from 160x120 to 7680x4320")
    return size
