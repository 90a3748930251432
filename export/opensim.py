"""TRC (marker positions) and MOT (joint angles) for OpenSim, Pose2Sim and their like: a file a person."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from export.motion import DEFAULTS, ExportOptions, Motion, motions_in_turn
from export.poses import Poses
from export.tables import WORLD_UP
from export.writing import person_path, saved
from pose.angles import ANGLE_NAMES, angles_over_time
from pose.joint_sets import H36M17

# Coordinates of the full-body model of Rajagopal et al. (2016) that mean the same; the others keep their names.
_OPENSIM_NAMES = {
    f"{side}_{ours}": f"{theirs}_{side[0]}"
    for side in ("right", "left")
    for ours, theirs in {
        "hip_flexion": "hip_flexion",
        "hip_adduction": "hip_adduction",
        "knee_flexion": "knee_angle",
        "ankle_flexion": "ankle_angle",
        "elbow_flexion": "elbow_flex",
    }.items()
} | {"trunk_flexion": "lumbar_extension", "trunk_bending": "lumbar_bending", "trunk_rotation": "lumbar_rotation"}

MOT_COLUMNS = tuple(_OPENSIM_NAMES.get(name, name) for name in ANGLE_NAMES)
"""Columns of a MOT file beside the time; lumbar_extension is minus our trunk flexion."""


def write_trc(poses: Poses, path: Path, options: ExportOptions = DEFAULTS) -> list[Path]:
    """Write the 3D joints as markers: millimetres, y up, the source's own times.

    Frames are counted from 1 at the clip's first frame. A joint that is not known, and everything in a gap, is `nan`:
    OpenSim's older readers drop empty cells, and the columns behind them would shift.
    """
    written = []
    for motion in motions_in_turn(poses, options):
        target = person_path(path, motion.track_id)
        with saved(target) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(_trc_header(motion, target.name))
            for frame, time_s, joints in zip(motion.frame_index, motion.time_s, motion.xyz_m, strict=True):
                cells = "\t".join(f"{value:.3f}" for value in (1000 * joints).ravel().tolist())
                file.write(f"{frame + 1}\t{time_s:.6f}\t{cells}\n")
        written.append(target)
    return written


def write_mot(poses: Poses, path: Path, options: ExportOptions = DEFAULTS) -> list[Path]:
    """Write the joint angles in degrees at the source's own times; `nan` where an angle is not known.

    `nColumns` counts the time column. Angles that mean the same as a coordinate of the model of Rajagopal et al. (2016)
    have its name and sign (`MOT_COLUMNS`).
    """
    written = []
    for motion in motions_in_turn(poses, options):
        target = person_path(path, motion.track_id)
        angles = angles_over_time(motion.xyz_m, motion.time_s, up=WORLD_UP)
        angles[:, ANGLE_NAMES.index("trunk_flexion")] *= -1
        with saved(target) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(
                f"{target.stem}\nversion=1\nnRows={len(motion)}\nnColumns={1 + len(MOT_COLUMNS)}\ninDegrees=yes\n"
                f"endheader\n" + "\t".join(("time", *MOT_COLUMNS)) + "\n"
            )
            for time_s, values in zip(motion.time_s, angles, strict=True):
                file.write("\t".join((f"{time_s:.6f}", *(f"{value:.4f}" for value in values.tolist()))) + "\n")
        written.append(target)
    return written


def _trc_header(motion: Motion, name: str) -> str:
    """The five lines above the data and the blank one."""
    rate, frames, first = f"{motion.fps:.6g}", len(motion), int(motion.frame_index[0]) + 1
    keys = "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames"
    places = np.arange(1, len(H36M17) + 1).tolist()
    return (
        f"PathFileType\t4\t(X/Y/Z)\t{name}\n{keys}\n"
        f"{rate}\t{rate}\t{frames}\t{len(H36M17)}\tmm\t{rate}\t{first}\t{frames}\n"
        "Frame#\tTime\t" + "".join(f"{joint}\t\t\t" for joint in H36M17) + "\n"
        "\t\t" + "\t".join(f"{axis}{place}" for place in places for axis in "XYZ") + "\n\n"
    )
