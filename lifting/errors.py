"""The error of this part."""

from __future__ import annotations

from pose.errors import LiftCamError


class LiftingError(LiftCamError):
    """Lifter weights, motion data or a pose sequence are not what they have to be."""
