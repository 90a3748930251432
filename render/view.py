"""What is drawn, and how: the values that go into the renderer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from pose.types import Frame, People
from render.coach_view import CoachView
from render.follow_view import FollowView

State = Literal["live", "playing", "paused", "reconnecting", "ended"]
"""What the source is doing; "live" is a camera or stream, "playing" a file."""


class Layout(Enum):
    """Which panels are shown; the value is the key that chooses it."""

    BOTH = 1
    PICTURE = 2
    SPACE = 3


@dataclass(frozen=True, slots=True)
class Status:
    """What the line at the bottom tells.

    Attributes
    ----------
    fps : float or None
        Frames shown a second; None while it is not known.
    latency_p95_ms : float or None
        95th percentile of capture to display in milliseconds.
    engine : str
        The detector's name and engine in a word or two.
    state : str
        What the source is doing.
    recording : bool
        Whether what is shown is being written.
    drops : int
        Frames that were dropped so far.
    message : str or None
        A short notice that is shown over the panels while it is set.
    position_s, duration_s : float or None
        Where in the file we are, and its length, in seconds; None for cameras.
    """

    fps: float | None = None
    latency_p95_ms: float | None = None
    engine: str = ""
    state: State = "live"
    recording: bool = False
    drops: int = 0
    message: str | None = None
    position_s: float | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class View:
    """One moment to draw.

    Attributes
    ----------
    frame : Frame
        The picture, never mirrored.
    people : People
        Everybody in it; without 3D the space panel shows only the floor.
    status : Status
        What the line at the bottom tells.
    up : tuple of float
        Which way is up in camera axes (x right, y down, z forward); the camera is taken as level unless told.
    camera_height_m : float or None
        Of the real camera over the floor; None draws the floor under the lowest foot.
    coach : CoachView or None
        Counts and cues, where somebody exercises.
    follow : FollowView or None
        A reference, where somebody follows one.
    """

    frame: Frame
    people: People
    status: Status = field(default_factory=Status)
    up: tuple[float, float, float] = (0.0, -1.0, 0.0)
    camera_height_m: float | None = None
    coach: CoachView | None = None
    follow: FollowView | None = None


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """How to draw; changed by the keys of the window.

    Attributes
    ----------
    mirror : bool
        Show both panels as in a mirror. Only the display: colours stay the person's own sides, text stays readable.
    layout : Layout
        Which panels are shown.
    selected : int or None
        `track_id` of the person who is emphasised and framed; None for nobody.
    show_help : bool
        Whether the keys are shown.
    show_hints : bool
        Whether hints about light, distance and the help's key are shown; not in a film.
    min_score : float
        2D joints that score less are not drawn; joints that score 0 never are.
    help_notes : tuple of str
        Further lines at the end of the help, such as the lag of smoothing.
    """

    mirror: bool = False
    layout: Layout = Layout.BOTH
    selected: int | None = None
    show_help: bool = False
    show_hints: bool = True
    min_score: float = 0.1
    help_notes: tuple[str, ...] = ()
