"""What every source offers, and what a user may ask of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from pose.types import Frame
from stream.edit_options import EditOptions


class SourceState(str, Enum):
    """What a source is doing, in the words of the HUD."""

    LIVE = "live"
    RECONNECTING = "reconnecting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What may be asked of a source; what does not apply to its kind is not looked at.

    Attributes
    ----------
    size : tuple of int or None
        Width and height asked of a camera (which may give the nearest it has) and of the synthetic actor.
    fps : float or None
        Rate asked of a camera and of the actor, and the rate of a folder of images.
    realtime : bool
        A file, a folder or the actor plays at its own speed like a camera, instead of as fast as it can be read.
    edit : EditOptions or None
        Part, turn, crop and thinning of a video file or a folder of images; any other source refuses it.
    """

    size: tuple[int, int] | None = None
    fps: float | None = None
    realtime: bool = False
    edit: EditOptions | None = None


class Source(Protocol):
    """Gives frames, one after the other; read by one thread, closed by any.

    `frames` begins where the source stands: at its beginning, where the last `frames` stopped, or where `seek` put it.
    It raises StreamError where the source breaks; what was given before that is good.
    """

    @property
    def name(self) -> str:
        """For people: a camera's number, a URL without its password, a file's name."""

    @property
    def live(self) -> bool:
        """Whether time goes on without us: frames that nobody takes are lost."""

    @property
    def seekable(self) -> bool:
        """Whether it is recorded: it waits while nobody reads, and `seek` works."""

    @property
    def width(self) -> int:
        """Width of the picture in pixels, upright."""

    @property
    def height(self) -> int:
        """Height of the picture in pixels, upright."""

    @property
    def fps(self) -> float | None:
        """Nominal frames per second; None where the source does not say."""

    @property
    def frame_count(self) -> int | None:
        """How many frames to expect; None where nobody knows. What the source says, not a promise."""

    @property
    def duration_s(self) -> float | None:
        """How long it lasts, in seconds; None where nobody knows."""

    @property
    def state(self) -> SourceState:
        """What it is doing now; may be read from any thread."""

    @property
    def damaged(self) -> int:
        """How many frames could not be decoded and were left out."""

    def frames(self) -> Iterator[Frame]:
        """Frames from where the source stands."""

    def captured_s(self, frame: Frame) -> float:
        """When a frame just given was captured, in seconds of `time.perf_counter` (see `Item.captured_s`)."""

    def seek(self, time_s: float) -> None:
        """Stand at the first frame at or after `time_s`; StreamError where the source cannot."""

    def close(self) -> None:
        """Stop and give back everything, within 2 s, from any thread; may be called twice."""
