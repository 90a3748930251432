"""What can go wrong with the synthetic actor in a way that is the user's matter."""

from __future__ import annotations

from pose.errors import LiftCamError


class SyntheticError(LiftCamError):
    """A motion, a body file or a truth file that cannot be used: what, where and what to do."""
