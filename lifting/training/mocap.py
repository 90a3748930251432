"""Motion capture as sequences of H36M17 joints, and which of them may be trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lifting.errors import LiftingError
from pose.joint_sets import H36M17

Float32 = NDArray[np.float32]

# fmt: off
FILE_JOINTS = [
    "pelvis", "r_hip", "r_knee", "r_ankle", "l_hip", "l_knee", "l_ankle", "spine", "thorax", "nose", "head_top",
    "l_shoulder", "l_elbow", "l_wrist", "r_shoulder", "r_elbow", "r_wrist",
]
# fmt: on
"""H36M17 under the names that the files use."""

MAX_FRAMES = 5_000_000


@dataclass(frozen=True, slots=True)
class Motion:
    """One sequence of one performer.

    Attributes
    ----------
    source : str
        Which collection it is from, as the file is called.
    name : str
        Its name there; the performer is the first part in most collections.
    fps : float
    xyz_m : array, float32, shape (N, 17, 3)
        H36M17 joints, world axes: y up, metres.
    """

    source: str
    name: str
    fps: float
    xyz_m: Float32


def held_out(motion: Motion) -> bool:
    """Whether a sequence belongs to the test set, which is never trained on nor chosen by."""
    performer = motion.name.split("_", maxsplit=1)[0]
    return (
        (motion.source == "uiprmd" and performer in ("s08", "s09"))
        or (motion.source == "hdm05" and performer == "mm")
        or (motion.source == "cmu_exercises" and motion.name.startswith("14_20"))
    )


def for_validation(motion: Motion) -> bool:
    """Whether a sequence that is not held out chooses the best weights instead of training them."""
    performer = motion.name.split("_", maxsplit=1)[0]
    return not held_out(motion) and (
        (motion.source == "uiprmd" and performer == "s07")
        or (motion.source == "hdm05" and motion.name.startswith("dg") and motion.name.endswith(("0", "5")))
        or (motion.source == "cmu_exercises" and motion.name.startswith("13_29"))
    )


def for_training(motion: Motion) -> bool:
    """Whether a sequence may be trained on."""
    return not held_out(motion) and not for_validation(motion)


SPLITS: dict[str, Callable[[Motion], bool]] = {
    "uiprmd_s08_s09": lambda motion: held_out(motion) and motion.source == "uiprmd",
    "hdm05_mm": lambda motion: held_out(motion) and motion.source == "hdm05",
    "cmu_14_20": lambda motion: held_out(motion) and motion.source == "cmu_exercises",
}
"""The test set, by the names that `evaluate` reports."""


def read(path: Path) -> list[Motion]:
    """The sequences of one file.

    Raises
    ------
    LiftingError
        Where the file is missing, damaged or has other joints; the message says which.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            names, starts, fps = file["names"], file["starts"], file["fps"]
            joints, xyz = [str(name) for name in file["joint_names"]], file["xyz"]
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise LiftingError(f"cannot read motion from {path}: {error}") from error
    if joints != FILE_JOINTS:
        wrong = sorted(set(FILE_JOINTS) ^ set(joints)) or "their order"
        raise LiftingError(f"{path} has other joints than Human3.6M-17; what differs: {wrong}")
    if xyz.ndim != 3 or xyz.shape[1:] != (len(H36M17), 3) or len(xyz) > MAX_FRAMES:
        raise LiftingError(f"{path}: xyz has shape {xyz.shape}, expected (frames, 17, 3)")
    if len(starts) != len(names) + 1 or len(fps) != len(names) or starts[0] < 0 or starts[-1] > len(xyz):
        raise LiftingError(f"{path}: starts, names and fps do not fit together")
    if (np.diff(starts) <= 0).any() or not (fps > 0).all():
        raise LiftingError(f"{path} has an empty sequence or one without a rate")
    up = y_up(xyz.astype(np.float32) / 1000)
    ends = list(pairwise(starts))
    return [Motion(path.stem, str(names[i]), float(fps[i]), up[a:b]) for i, (a, b) in enumerate(ends)]


def read_folder(folder: Path) -> list[Motion]:
    """The sequences of every .npz file of a folder, in the order of the files' names."""
    files = sorted(folder.glob("*.npz"))
    if not files:
        raise LiftingError(f"no .npz file with motion in {folder}; give the folder of the motion data with --data")
    return [motion for file in files for motion in read(file)]


def y_up(xyz: Float32) -> Float32:
    """Points (..., 3) with z up as points with y up: a turn about x, so that left stays left.

    >>> y_up(np.array([[1.0, 2.0, 3.0]], np.float32))
    array([[ 1.,  3., -2.]], dtype=float32)
    """
    return np.stack([xyz[..., 0], xyz[..., 2], -xyz[..., 1]], axis=-1)
