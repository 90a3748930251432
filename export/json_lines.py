"""JSON lines: an object a frame, with the names, axes and units of `poses.npz`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.motion import DEFAULTS, ExportOptions, Timeline, in_frames
from export.poses import Poses
from export.writing import saved
from pose.types import People

Float32 = NDArray[np.float32]


def write_json_lines(poses: Poses, path: Path, options: ExportOptions = DEFAULTS) -> list[Path]:
    """Write a line for every frame, also for those without anybody.

    `{"frame_index": int, "time_s": float, "people": [{"track_id": int, "xy_px": 18 x [x, y] or null where the joint was
    not found, "score": 18 numbers, "xyz_m": 17 x [x, y, z] relative to the pelvis, "root_m": [x, y, z], "valid": 17
    booleans}]}`, joints in the order of OPENPOSE18 and H36M17, camera axes.
    """
    timeline = Timeline.of(poses, options)
    with saved(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        for frame, time_s, rows in in_frames(timeline, poses):
            file.write(frame_line(frame, time_s, [_person(poses, row) for row in rows]))
    return [path]


def frame_line(frame_index: int, time_s: float, people: list[dict[str, Any]], **more: Any) -> str:
    """One frame as a line, its end included; `more` are further keys of the object.

    >>> frame_line(3, 0.1, []).rstrip()
    '{"frame_index":3,"time_s":0.1,"people":[]}'
    """
    line = {"frame_index": frame_index, "time_s": round(time_s, 6), "people": people, **more}
    return json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n"


def person_object(
    track_id: int, xy_px: Float32, score: Float32, xyz_m: Float32, root_m: Float32, valid: NDArray[np.bool_]
) -> dict[str, Any]:
    """One person of one frame: xy_px (18, 2), score (18,), xyz_m (17, 3), root_m (3,), valid (17,)."""
    xy = _numbers(xy_px, 3)
    return {
        "track_id": track_id,
        "xy_px": [place if seen else None for place, seen in zip(xy, (score > 0).tolist(), strict=True)],
        "score": _numbers(score, 4),
        "xyz_m": _numbers(xyz_m, 5),
        "root_m": _numbers(root_m, 5),
        "valid": valid.tolist(),
    }


def people_objects(people: People) -> list[dict[str, Any]]:
    """Everybody in one lifted frame."""
    return [
        person_object(
            int(people.track_id[row]),
            people.xy_px[row],
            people.score[row],
            people.xyz_m[row],
            people.root_m[row],
            people.valid[row],
        )
        for row in range(len(people))
    ]


def _numbers(array: Float32, digits: int) -> Any:
    """Nested lists; what is no number is null, because JSON has no NaN."""
    rounded = array.astype(np.float64).round(digits)
    if np.isfinite(rounded).all():
        return rounded.tolist()
    numbers = rounded.astype(object)
    numbers[~np.isfinite(rounded)] = None
    return numbers.tolist()


def _person(poses: Poses, row: int) -> dict[str, Any]:
    return person_object(
        int(poses.track_id[row]),
        poses.xy_px[row],
        poses.score[row],
        poses.xyz_m[row],
        poses.root_m[row],
        poses.valid[row],
    )
