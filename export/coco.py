"""COCO's keypoint results: one JSON list, an entry a person and frame, as `pycocotools.COCO.loadRes` reads it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from export.missing import place_missing
from export.motion import DEFAULTS, ExportOptions
from export.poses import Poses
from export.writing import saved
from pose.joint_sets import OPENPOSE18_TO_COCO17

PERSON = 1
"""`category_id` of a person in COCO."""


def write_coco(poses: Poses, path: Path, options: ExportOptions = DEFAULTS) -> list[Path]:
    """Write one JSON list; `image_id` is the frame's index.

    COCO's evaluator scores every labelled joint, and has no word for a joint that was not found: such a joint gets a
    best guess with confidence 0 (`export/missing.py`), never the picture's corner. `score` is the mean confidence.
    """
    del options  # pixels know neither up nor frames without people
    xy = np.zeros((len(poses.track_id), poses.xy_px.shape[1], 2))
    for track_id in np.unique(poses.track_id):
        rows = np.flatnonzero(poses.track_id == track_id)
        rows = rows[np.argsort(poses.time_s[rows], kind="stable")]
        xy[rows] = place_missing(poses.xy_px[rows], poses.score[rows], poses.time_s[rows])
    points, score = OPENPOSE18_TO_COCO17.points(xy.astype(np.float32), poses.score)
    flat = np.concatenate([points, score[:, :, None]], axis=2).astype(np.float64).round(4)
    entries = [
        {
            "image_id": int(poses.frame_index[row]),
            "category_id": PERSON,
            "keypoints": flat[row].ravel().tolist(),
            "score": round(float(score[row].mean()), 4),
            "track_id": int(poses.track_id[row]),
        }
        for row in range(len(flat))
    ]
    with saved(path) as partial:
        partial.write_text(json.dumps(entries, separators=(",", ":")), encoding="utf-8")
    return [path]
