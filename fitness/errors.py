"""What can go wrong with exercises in a way that is the user's matter."""

from __future__ import annotations

from pose.errors import LiftCamError


class FitnessError(LiftCamError):
    """An exercise that does not exist, or a file of one that cannot be used: what, where and what to do."""
