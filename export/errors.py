"""The error of this part."""

from __future__ import annotations

from pose.errors import LiftCamError


class ExportError(LiftCamError):
    """A pose file cannot be written or read."""
