"""Where the shared data lies: beside the checkout."""

from __future__ import annotations

from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"
CLIPS = SHARED / "clips"
PHOTOS = SHARED / "data" / "photos"
MOCAP = SHARED / "data" / "mocap"
WEIGHTS = SHARED / "weights" / "human-pose-estimation-0001"
