"""What every detector offers."""

from __future__ import annotations

from typing import Protocol

from pose.types import Image, People


class Detector(Protocol):
    """Finds people in one picture at a time; not shared between threads."""

    @property
    def name(self) -> str:
        """The network in a word or two, for the HUD and `doctor`."""

    @property
    def engine(self) -> str:
        """The inference engine and the precision and threads that are really in use."""

    def detect(self, image: Image) -> People:
        """Everybody in a BGR picture (H, W, 3) uint8, without ids; nobody is an empty `People`."""

    def close(self) -> None:
        """Give back what the detector holds; may be called twice."""
