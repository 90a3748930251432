"""The options of each command as one typed value, passed on in parts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from detection.offline.filter_options import Filter
from lifting.errors import LiftingError
from lifting.scale import check_height
from stream.edit_options import EditOptions

_HEIGHT = re.compile(r"(\d+(?:[.,]\d+)?)\s*(m|cm)?", re.ASCII)


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
    height_m : float or None
        Height of the people in view; None takes everybody for an adult of usual size.
    level : bool
        Whether the 3D view and the exports are level with the floor at y = 0, once it is known.
    """

    detector: str
    weights: Path | None
    net_size: int
    threads: int | None
    smoothing: float
    fov_deg: float
    calibration: Path | None = None
    height_m: float | None = None
    level: bool = False


@dataclass(frozen=True, slots=True)
class CoachOptions:
    """Who counts and coaches.

    Attributes
    ----------
    exercise : str or None
        A name, a TOML file, or "auto"; None for no coach.
    voice : bool
        Whether cues are spoken.
    plan : Path or None
        A plan that leads through a workout.
    history : Path or None
        The history's file; None takes the user's own.
    keep : bool or None
        Whether what is counted goes into the history; None: what comes from a camera or a stream does.
    source : str
        What is looked at.
    """

    exercise: str | None = None
    voice: bool = False
    plan: Path | None = None
    history: Path | None = None
    keep: bool | None = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """Where the poses go, besides the window.

    Attributes
    ----------
    json : str or None
        A file, `-`, `udp://HOST:PORT` or `tcp://HOST:PORT`.
    osc : str or None
        HOST:PORT.
    lsl, virtual_camera : bool
    rerun : Path or None
        A `.rrd` file.
    serve : str or None
        HOST:PORT of the page.
    """

    json: str | None = None
    osc: str | None = None
    lsl: bool = False
    virtual_camera: bool = False
    rerun: Path | None = None
    serve: str | None = None

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return self != OutputOptions()

    @property
    def on_stdout(self) -> bool:
        """Whether the standard output is one, on which nothing else may be written then."""
        return self.json == "-"


@dataclass(frozen=True, slots=True)
class FollowOptions:
    """A motion to follow.

    Attributes
    ----------
    reference : Path
        A poses.npz or a clip.
    track : int or None
        Whom in it; None takes who is seen longest.
    """

    reference: Path
    track: int | None = None


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
    coach : CoachOptions
    outputs : OutputOptions
    follow : FollowOptions or None
        A reference to compare the user with.
    """

    pose: PoseOptions
    source: str
    size: tuple[int, int]
    mirror: bool | None
    out: Path
    seconds: float | None
    display: bool
    coach: CoachOptions = field(default_factory=CoachOptions)
    outputs: OutputOptions = field(default_factory=OutputOptions)
    follow: FollowOptions | None = None


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
    coach : CoachOptions
    fast : bool
        One pass over the frames as they come, instead of two.
    filter : Filter
        How the second pass smooths.
    people : int or None
        Of so many people at most, those who are seen longest.
    outputs : OutputOptions
        With `realtime` alone.
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
    coach: CoachOptions = field(default_factory=CoachOptions)
    fast: bool = False
    filter: Filter = field(default_factory=Filter)
    people: int | None = None
    outputs: OutputOptions = field(default_factory=OutputOptions)


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


def parse_height(text: str) -> float:
    """Metres of "1.78", "1.78 m", "178" or "178 cm".

    Raises
    ------
    ValueError
        Where the text is no height, or no person's.

    >>> parse_height("1.78"), parse_height("178cm")
    (1.78, 1.78)
    """
    words = _HEIGHT.fullmatch(text.strip().lower())
    if words is None:
        raise ValueError(f"{text!r} is no height: write 1.78 (metres) or 178 (centimetres)")
    number = float(words[1].replace(",", "."))
    in_cm = words[2] == "cm" or (not words[2] and number >= 50)
    try:
        return float(check_height(round(number / 100 if in_cm else number, 4)) or 0)
    except LiftingError as error:
        raise ValueError(str(error)) from error


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
