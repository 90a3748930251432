"""The error of this part."""

from __future__ import annotations

from pose.errors import LiftCamError


class BenchmarkError(LiftCamError):
    """A benchmark is unknown, or lacks what it needs here."""
