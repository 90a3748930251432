"""Pose files for the tests: the actor's exact truth, and people who move as a test needs it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from export.poses import Poses
from tests.pose.bodies import standing

DEMO = Path(__file__).resolve().parents[2] / "synthetic" / "data" / "demo.npz"
FPS = 25.0

# From the sticks' axes (x forward, y up, z right) to camera axes, facing the camera.
TO_CAMERA = np.array([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])


def actor() -> Poses:
    """The demo clip's truth: three people, one of them all the time; in camera axes."""
    with np.load(DEMO, allow_pickle=False) as truth:
        frame = truth["frame_index"].astype(np.int32)
        visible = truth["visible"] & truth["inside"]
        return Poses(
            frame_index=frame,
            time_s=truth["frame_time_s"][frame],
            track_id=(truth["person"] + 1).astype(np.int32),
            xy_px=truth["xy_px"],
            score=np.where(visible, 0.9, 0.0).astype(np.float32),
            raw_xy_px=truth["xy_px"],
            xyz_m=truth["xyz_m"],
            root_m=truth["root_m"],
            valid=np.ones(truth["xyz_m"].shape[:2], np.bool_),
            fps=FPS,
            width=640,
            height=480,
            source="demo.mp4",
        )


def camera_up() -> list[float]:
    """Where up is in the demo clip's camera axes."""
    with np.load(DEMO, allow_pickle=False) as truth:
        return [float(one) for one in truth["rotation"][:, 1]]


def walkers(frames: list[int], times_s: list[float] | None = None, *, fps: float = FPS, track_id: int = 1) -> Poses:
    """Somebody upright who goes to the right by 0.1 m a second, seen in some frames."""
    count = len(frames)
    time = np.array(times_s if times_s is not None else np.array(frames) / fps, np.float64)
    body = standing() @ TO_CAMERA.T
    xyz = np.repeat(body[None], count, axis=0).astype(np.float32)
    root = np.stack([0.1 * time, np.zeros(count), np.full(count, 3.0)], axis=1).astype(np.float32)
    xy = np.tile(np.arange(36, dtype=np.float32).reshape(1, 18, 2) + 100, (count, 1, 1))
    return Poses(
        np.array(frames, np.int32), time, np.full(count, track_id, np.int32), xy, np.full((count, 18), 0.5, np.float32),
        xy, xyz, root, np.ones((count, 17), np.bool_), fps, 640, 480, "walk.mp4",
    )  # fmt: skip


def joined(*parts: Poses) -> Poses:
    """Several people in one file, in the order of the frames."""
    rows = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("frame_index", "time_s", "track_id", "xy_px", "score", "raw_xy_px", "xyz_m", "root_m", "valid")
    }
    order = np.argsort(rows["frame_index"], kind="stable")
    return replace(parts[0], **{name: values[order] for name, values in rows.items()})


def nobody() -> Poses:
    """A clip in which nobody is seen."""
    return walkers([])
