"""COCO's keypoint results: one JSON list, an entry a person and frame, as `pycocotools.COCO.loadRes` reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from export.missing import place_missing
from export.motion import DEFAULTS, ExportOptions
from export.poses import Poses
from export.writing import saved
from pose.blocks import blocks
from pose.joint_sets import OPENPOSE18_TO_COCO17
from pose.types import Float32

PERSON = 1
"""`category_id` of a person in COCO."""


def write_coco(poses: Poses, path: Path, options: ExportOptions = DEFAULTS) -> list[Path]:
    """Write one JSON list; `image_id` is the frame's index.

    COCO's evaluator scores every labelled joint, and has no word for a joint that was not found: such a joint gets a
    best guess with confidence 0 (`export/missing.py`), never the picture's corner. `score` is the mean confidence. Of
    somebody of whom no joint is known for half a second there is nothing to guess from, and no entry.
    """
    del options  # pixels know neither up nor frames without people
    xy = np.zeros_like(poses.xy_px)
    anywhere = np.zeros(len(xy), np.bool_)
    for track_id in np.unique(poses.track_id):
        rows = np.flatnonzero(poses.track_id == track_id)
        rows = rows[np.argsort(poses.time_s[rows], kind="stable")]
        xy[rows], anywhere[rows] = place_missing(poses.xy_px[rows], poses.score[rows], poses.time_s[rows])
    poses, xy = (poses, xy) if anywhere.all() else (poses.rows(anywhere), xy[anywhere])
    with saved(path) as partial, partial.open("w", encoding="utf-8") as file:
        before = "["
        for block in blocks(len(xy)):
            for entry in _entries(poses.rows(block), xy[block]):
                file.write(before + json.dumps(entry, separators=(",", ":")))
                before = ","
        file.write("]" if len(xy) else "[]")
    return [path]


def _entries(poses: Poses, xy_px: Float32) -> Iterator[dict[str, Any]]:
    """The list's entries for some rows, with joints (N, 18, 2) of which each has a place."""
    points, score = OPENPOSE18_TO_COCO17.points(xy_px, poses.score)
    flat = np.concatenate([points, score[:, :, None]], axis=2).astype(np.float64).round(4)
    for row in range(len(flat)):
        yield {
            "image_id": int(poses.frame_index[row]),
            "category_id": PERSON,
            "keypoints": flat[row].ravel().tolist(),
            "score": round(float(score[row].mean()), 4),
            "track_id": int(poses.track_id[row]),
        }
