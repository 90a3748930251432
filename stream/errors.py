"""The error of this part."""

from __future__ import annotations

from pose.errors import LiftCamError


class StreamError(LiftCamError):
    """A source cannot be read, or a file cannot be written."""
