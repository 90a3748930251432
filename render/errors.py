"""The error of this part."""

from __future__ import annotations

from pose.errors import LiftCamError


class RenderError(LiftCamError):
    """A window cannot be opened, or a picture cannot be written."""
