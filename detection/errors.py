"""The error of this part."""

from __future__ import annotations

from pose.errors import LiftCamError


class DetectionError(LiftCamError):
    """Weights, a network, its maps or a detector's packages are not what they have to be."""
