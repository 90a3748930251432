"""Where the shared data lies, beside the checkout, and how tests start the app."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"
CLIPS = SHARED / "clips"
PHOTOS = SHARED / "data" / "photos"
MOCAP = SHARED / "data" / "mocap"
WEIGHTS = SHARED / "weights" / "human-pose-estimation-0001"


def environment(**more: str) -> dict[str, str]:
    """Variables under which the app finds the shared weights and needs no screen."""
    return {**os.environ, "LIFTCAM_WEIGHTS": str(WEIGHTS), "SDL_VIDEODRIVER": "dummy", **more}
