"""CSV for spreadsheets and data frames: a row an observation, units in the names of the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from export.motion import DEFAULTS, ExportOptions, motions_in_turn
from export.poses import Poses
from export.writing import saved
from pose.angles import ANGLE_NAMES, angles_over_time
from pose.blocks import blocks
from pose.joint_sets import H36M17, OPENPOSE18

JOINT_COLUMNS = ("frame_index", "time_s", "track_id", "joint", "x_px", "y_px", "score", "x_m", "y_m", "z_m", "valid")
ANGLE_COLUMNS = ("frame_index", "time_s", "track_id", "angle", "value_deg")
JOINTS = (*OPENPOSE18, *(name for name in H36M17 if name not in OPENPOSE18))
"""All joints of both sets, each once; one that a set lacks has empty cells there."""

WORLD_UP = (0.0, 1.0, 0.0)


def write_csv(poses: Poses, path: Path, options: ExportOptions = DEFAULTS) -> list[Path]:
    """Write joints: a row a frame, person and joint.

    `x_px, y_px` are empty where the joint was not found; `x_m, y_m, z_m` are in camera axes (x right, y down, z
    forward) from the camera; `valid` is 1 where the 3D joint is known, 0 where it is the network's guess.
    """
    del options  # the columns keep to the axes of poses.npz
    with saved(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(JOINT_COLUMNS)
        for rows in blocks(len(poses.track_id)):
            writer.writerows(_joint_rows(poses.rows(rows)))
    return [path]


def write_angles(poses: Poses, path: Path, options: ExportOptions = DEFAULTS) -> list[Path]:
    """Write joint angles: a row a frame, person and angle (docs/export.md); a frame without the person has none."""
    with saved(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ANGLE_COLUMNS)
        for motion in motions_in_turn(poses, options):
            angles = angles_over_time(motion.xyz_m, motion.time_s, up=WORLD_UP)
            for row in np.flatnonzero(motion.seen).tolist():
                head = (int(motion.frame_index[row]), f"{motion.time_s[row]:.6f}", motion.track_id)
                writer.writerows(
                    (*head, name, "" if value != value else value)  # noqa: PLR0124 - a NaN is not itself
                    for name, value in zip(ANGLE_NAMES, angles[row].round(2).tolist(), strict=True)
                )
    return [path]


def _joint_rows(poses: Poses) -> Iterator[tuple[object, ...]]:
    flat = {name: index for index, name in enumerate(OPENPOSE18)}
    solid = {name: index for index, name in enumerate(H36M17)}
    xyz = (poses.xyz_m.astype(np.float64) + poses.root_m[:, None]).round(5)
    xy, score = poses.xy_px.astype(np.float64).round(3), poses.score.astype(np.float64).round(4)
    for row in range(len(poses.track_id)):
        head = (int(poses.frame_index[row]), f"{poses.time_s[row]:.6f}", int(poses.track_id[row]))
        row_xy, row_score, row_xyz = xy[row].tolist(), score[row].tolist(), xyz[row].tolist()
        for name in JOINTS:
            in_2d: tuple[object, ...] = ("", "", "")
            in_3d: tuple[object, ...] = ("", "", "", "")
            if name in flat:
                found = poses.score[row, flat[name]] > 0
                in_2d = (*(row_xy[flat[name]] if found else ("", "")), row_score[flat[name]])
            if name in solid:
                in_3d = (*row_xyz[solid[name]], int(poses.valid[row, solid[name]]))
            yield (*head, name, *in_2d, *in_3d)
