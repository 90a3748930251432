"""The error of this part."""

from __future__ import annotations

from pose.errors import LiftCamError


class CommandError(LiftCamError):
    """Options do not go together, or this machine lacks what they ask for."""
