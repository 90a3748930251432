"""C3D, the format of motion capture laboratories, through ezc3d: a file a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from export.errors import ExportError
from export.motion import DEFAULTS, ExportOptions, Motion, motions_in_turn
from export.poses import Poses
from export.writing import needed, person_path, saved
from pose.blocks import blocks
from pose.joint_sets import H36M17

BLOCK = 512
"""Bytes of a block: C3D counts in them."""

MOST_SAID = 0xFFFF
"""Frames that the header can count to."""

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
    for motion in motions_in_turn(poses, options):
        target = person_path(path, motion.track_id)
        even = motion.evenly()
        with saved(target) as partial:
            try:
                content(ezc3d, even, vertical, slice(0, 1)).write(str(partial))
            except RuntimeError as error:  # ezc3d has no other
                raise ExportError(f"cannot write {target}: {error}; choose another folder with --out") from error
            head = partial.read_bytes() if partial.exists() else b""
            if len(head) < 2 * BLOCK:  # ezc3d does not say when the disk was full
                raise ExportError(f"cannot write {target}: no room for all of it; choose another folder with --out")
            with partial.open("wb") as file:
                _write_frames(file, head, even, vertical)
        written.append(target)
    return written


def content(ezc3d: Any, motion: Motion, vertical: str, frames: slice) -> Any:
    """What ezc3d writes: everything that the file says of a motion, and some of its frames."""
    points = np.ascontiguousarray(_points(motion, vertical, frames).transpose(2, 1, 0), np.float64)  # (4, 17, M)
    c3d = ezc3d.c3d()
    c3d["parameters"]["POINT"]["RATE"]["value"] = [motion.fps]
    c3d["parameters"]["POINT"]["LABELS"]["value"] = list(H36M17)
    c3d["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    c3d.add_parameter("POINT", "X_SCREEN", ["+X"])
    c3d.add_parameter("POINT", "Y_SCREEN", [f"+{vertical.upper()}"])
    c3d.add_parameter("LIFTCAM", "TRACK_ID", [motion.track_id])
    c3d.add_parameter("LIFTCAM", "START_TIME_S", [float(motion.time_s[0])])
    # The header counts frames in 16 bits. Words of 16 bits, the low one first, and a float say it for longer motions.
    last = len(motion)
    for name, words in (("ACTUAL_START_FIELD", (1, 0)), ("ACTUAL_END_FIELD", (last & 0xFFFF, last >> 16))):
        c3d.add_parameter("TRIAL", name, [0, 0])
        c3d["parameters"]["TRIAL"][name] |= {"type": ezc3d.ezc3d.INT, "value": np.array(words)}
    c3d.add_parameter("POINT", "LONG_FRAMES", [float(last)])
    c3d["data"]["meta_points"]["residuals"] = points[3:].copy()
    c3d["data"]["meta_points"]["camera_masks"] = np.zeros((7, *points.shape[1:]), bool)
    points[3] = 1
    c3d["data"]["points"] = points
    return c3d


def _points(motion: Motion, vertical: str, frames: slice) -> NDArray[np.float32]:
    """Frames as the file has them (M, 17, 4): millimetres and residual, which is 0 where a point is known."""
    xyz = 1000 * motion.xyz_m[frames]
    if vertical == "z":
        xyz = np.stack([xyz[..., 0], -xyz[..., 2], xyz[..., 1]], axis=-1)
    known = np.isfinite(xyz).all(axis=-1)
    out = np.zeros((*known.shape, 4), "<f4")  # coordinates of a point that is not known are 0, as C3D has it
    out[known, :3] = xyz[known]
    out[..., 3] = np.where(known, 0.0, MISSING)
    return out


def _write_frames(file: BinaryIO, head: bytes, motion: Motion, vertical: str) -> None:
    """A whole file out of one with a single frame: ezc3d takes a kilobyte and more a frame to write 272 bytes."""
    first_block = int.from_bytes(head[16:18], "little")
    start, end = BLOCK * (first_block - 1), 16 * len(H36M17) * len(motion)
    data_blocks = -(-end // BLOCK)
    places = _parameter_places(head)
    said = bytearray(head[:start])
    counts = {8: len(motion), places["POINT", "FRAMES"]: len(motion)}
    for place, value in counts.items():
        said[place : place + 2] = min(value, MOST_SAID).to_bytes(2, "little")
    rotations = places.get(("ROTATION", "DATA_START"))  # ezc3d says where they would be: behind the points
    if rotations is not None:
        said[rotations : rotations + 2] = ((first_block + data_blocks) & 0xFFFF).to_bytes(2, "little")
    file.write(said)
    for rows in blocks(len(motion)):
        file.write(_points(motion, vertical, rows).tobytes())
    file.write(bytes(BLOCK * data_blocks - end))


def _parameter_places(head: bytes) -> dict[tuple[str, str], int]:
    """Where the values of the file's parameters stand, by group and name.

    Every group and parameter begins with the length of its name, the group's number (negative where it is the group
    itself), the name, and how far it is from there to the next one; a parameter goes on with its type and dimensions.
    """
    groups: dict[int, str] = {}
    found: list[tuple[int, str, int]] = []
    at = BLOCK * (head[0] - 1) + 4
    while head[at]:
        length, group = abs(int.from_bytes(head[at : at + 1], "little", signed=True)), head[at + 1]
        name = head[at + 2 : at + 2 + length].decode("ascii")
        at += 2 + length
        if group > 127:
            groups[256 - group] = name
        else:
            found.append((group, name, at + 4 + head[at + 3]))
        step = int.from_bytes(head[at : at + 2], "little")
        if not step:
            break
        at += step
    return {(groups[group], name): place for group, name, place in found}
