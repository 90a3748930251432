"""JSON lines: an object a frame, with the names, axes and units of `poses.npz`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from export.motion import DEFAULTS, ExportOptions, Timeline, rows_by_frame
from export.poses import Poses
from export.writing import saved


def write_json_lines(poses: Poses, path: Path, options: ExportOptions = DEFAULTS) -> list[Path]:
    """Write a line for every frame, also for those without anybody.

    `{"frame_index": int, "time_s": float, "people": [{"track_id": int, "xy_px": 18 x [x, y] or null where the joint was
    not found, "score": 18 numbers, "xyz_m": 17 x [x, y, z] relative to the pelvis, "root_m": [x, y, z], "valid": 17
    booleans}]}`, joints in the order of OPENPOSE18 and H36M17, camera axes.
    """
    timeline = Timeline.of(poses, options)
    rows = rows_by_frame(poses)
    with saved(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        for frame, time_s in zip(timeline.frame_index.tolist(), timeline.time_s.tolist(), strict=True):
            people = [_person(poses, row) for row in rows.get(frame, ())]
            line = {"frame_index": frame, "time_s": round(time_s, 6), "people": people}
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
    return [path]


def _person(poses: Poses, row: int) -> dict[str, Any]:
    found = (poses.score[row] > 0).tolist()
    xy = poses.xy_px[row].astype(np.float64).round(3).tolist()
    return {
        "track_id": int(poses.track_id[row]),
        "xy_px": [place if seen else None for place, seen in zip(xy, found, strict=True)],
        "score": poses.score[row].astype(np.float64).round(4).tolist(),
        "xyz_m": poses.xyz_m[row].astype(np.float64).round(5).tolist(),
        "root_m": poses.root_m[row].astype(np.float64).round(5).tolist(),
        "valid": poses.valid[row].tolist(),
    }
