"""C3D, the format of motion capture laboratories, through ezc3d: a file a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from export.errors import ExportError
from export.motion import DEFAULTS, ExportOptions, Motion, motions
from export.poses import Poses
from export.writing import needed, person_path, saved
from pose.joint_sets import H36M17

BLOCK = 512
"""Bytes of a block: C3D counts in them."""

MISSING = -1.0
"""Residual of a point that is not known."""


def write_c3d(poses: Poses, path: Path, options: ExportOptions = DEFAULTS, vertical: str = "y") -> list[Path]:
    """Write the 3D joints as points: millimetres, on an even clock.

    Parameters
    ----------
    vertical : {"y", "z"}
        The axis that points up. `POINT:X_SCREEN` and `POINT:Y_SCREEN` say which it is.

    Raises
    ------
    ExportError
        Where ezc3d is missing or the file cannot be written.
    """
    if vertical not in ("y", "z"):
        raise ExportError(f"the vertical axis of a C3D file is y or z, not {vertical}")
    ezc3d = needed("ezc3d", "C3D")
    written = []
    for motion in motions(poses, options):
        target = person_path(path, motion.track_id)
        content = _content(ezc3d, motion.evenly(), vertical)
        with saved(target) as partial:
            try:
                content.write(str(partial))
            except RuntimeError as error:  # ezc3d has no other
                raise ExportError(f"cannot write {target}: {error}; choose another folder with --out") from error
            if not _whole(partial, content["data"]["points"].shape[2]):
                raise ExportError(f"cannot write {target}: no room for all of it; choose another folder with --out")
        written.append(target)
    return written


def _whole(path: Path, frames: int) -> bool:
    """Whether a file holds all its frames: ezc3d does not say when the disk was full."""
    if not path.exists() or path.stat().st_size < BLOCK:
        return False
    with path.open("rb") as file:
        first_block = int.from_bytes(file.read(BLOCK)[16:18], "little")
    return path.stat().st_size >= BLOCK * (first_block - 1) + 16 * len(H36M17) * frames


def _content(ezc3d: Any, motion: Motion, vertical: str) -> Any:
    """What ezc3d writes."""
    xyz = 1000 * motion.xyz_m.transpose(2, 1, 0)  # (3, 17, M)
    if vertical == "z":
        xyz = np.stack([xyz[0], -xyz[2], xyz[1]])
    known = np.isfinite(xyz).all(axis=0)
    points = np.ones((4, *known.shape))
    points[:3] = np.where(known, xyz, np.nan)
    c3d = ezc3d.c3d()
    c3d["parameters"]["POINT"]["RATE"]["value"] = [motion.fps]
    c3d["parameters"]["POINT"]["LABELS"]["value"] = list(H36M17)
    c3d["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    c3d.add_parameter("POINT", "X_SCREEN", ["+X"])
    c3d.add_parameter("POINT", "Y_SCREEN", [f"+{vertical.upper()}"])
    c3d.add_parameter("LIFTCAM", "TRACK_ID", [motion.track_id])
    c3d.add_parameter("LIFTCAM", "START_TIME_S", [float(motion.time_s[0])])
    # The header counts frames in 16 bits. Words of 16 bits, the low one first, and a float say it for longer motions.
    last = known.shape[1]
    for name, words in (("ACTUAL_START_FIELD", (1, 0)), ("ACTUAL_END_FIELD", (last & 0xFFFF, last >> 16))):
        c3d.add_parameter("TRIAL", name, [0, 0])
        c3d["parameters"]["TRIAL"][name] |= {"type": ezc3d.ezc3d.INT, "value": np.array(words)}
    c3d.add_parameter("POINT", "LONG_FRAMES", [float(last)])
    c3d["data"]["points"] = points
    c3d["data"]["meta_points"]["residuals"] = np.where(known, 0.0, MISSING)[None]
    c3d["data"]["meta_points"]["camera_masks"] = np.zeros((7, *known.shape), bool)
    return c3d
