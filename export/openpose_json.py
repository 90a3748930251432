"""OpenPose JSON 1.3: a folder with a file a frame, as OpenPose's `--write_json` makes it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.motion import DEFAULTS, ExportOptions, Timeline, in_frames
from export.poses import Poses
from export.writing import saved_folder
from pose.blocks import BLOCK
from pose.joint_sets import BODY_25, H36M17, OPENPOSE18_TO_BODY_25

VERSION = 1.3
PATTERN = "*_keypoints.json"
FOLDER_ENDING = "_json"
"""What Pose2Sim looks for."""

_AS_H36M = {"mid_hip": ("pelvis",), "neck": ("left_shoulder", "right_shoulder")}
_SOURCES = tuple(tuple(H36M17.index(one) for one in _AS_H36M.get(name, (name,)) if one in H36M17) for name in BODY_25)


def write_openpose(poses: Poses, path: Path, options: ExportOptions = DEFAULTS) -> list[Path]:
    """Write `NAME_json/NAME_%012d_keypoints.json` for every frame, also for those without anybody.

    2D points are BODY_25 in pixels with their confidence, three numbers a joint; 3D points are BODY_25 in metres in
    camera axes, four numbers a joint, the last 1 where the joint is known. Joints that do not exist here (toes, heels;
    eyes and ears in 3D) or are not known are zeros.

    Returns
    -------
    list of Path
        The folder.
    """
    timeline = Timeline.of(poses, options)
    frames = in_frames(timeline, poses)
    name = path.name.removesuffix(FOLDER_ENDING)
    with saved_folder(path, PATTERN) as folder:
        while some := list(itertools.islice(frames, BLOCK)):
            everybody = _people(poses.rows([row for _, _, rows in some for row in rows]))
            for frame, _, rows in some:
                here = {"version": VERSION, "people": [next(everybody) for _ in rows]}
                text = json.dumps(here, separators=(",", ":"))
                (folder / f"{name}_{frame:012d}_keypoints.json").write_text(text, encoding="utf-8")
    return [path]


def _people(poses: Poses) -> Iterator[dict[str, Any]]:
    """Everybody in some rows, in order."""
    columns = (poses.track_id, _keypoints_2d(poses), _keypoints_3d(poses))
    for track_id, flat_2d, flat_3d in zip(*columns, strict=True):
        yield _person(int(track_id), flat_2d.tolist(), flat_3d.tolist())


def _person(track_id: int, keypoints_2d: list[float], keypoints_3d: list[float]) -> dict[str, Any]:
    """One person, with the keys in OpenPose's order."""
    return {
        "person_id": [track_id],
        "pose_keypoints_2d": keypoints_2d,
        "face_keypoints_2d": [],
        "hand_left_keypoints_2d": [],
        "hand_right_keypoints_2d": [],
        "pose_keypoints_3d": keypoints_3d,
        "face_keypoints_3d": [],
        "hand_left_keypoints_3d": [],
        "hand_right_keypoints_3d": [],
    }


def _keypoints_2d(poses: Poses) -> NDArray[np.float64]:
    """BODY_25 as x, y, confidence: (N, 75)."""
    xy, score = OPENPOSE18_TO_BODY_25.points(poses.xy_px, poses.score)
    out = np.concatenate([xy, score[:, :, None]], axis=2).astype(np.float64)
    out[score == 0] = 0
    return np.asarray(out.round(4).reshape(len(out), 3 * len(BODY_25)))


def _keypoints_3d(poses: Poses) -> NDArray[np.float64]:
    """BODY_25 as x, y, z, known: (N, 100)."""
    xyz = poses.xyz_m.astype(np.float64) + poses.root_m[:, None]
    out = np.zeros((len(xyz), len(BODY_25), 4))
    for joint, sources in enumerate(_SOURCES):
        if sources:
            known = poses.valid[:, sources].all(axis=1)
            out[known, joint, :3] = xyz[known][:, sources].mean(axis=1)
            out[known, joint, 3] = 1
    return np.asarray(out.round(5).reshape(len(out), 4 * len(BODY_25)))
