"""The exact truth of a rendered clip, as a file beside it and in memory.

The file is an npz without pickles; rows are one a person and frame, as in poses.npz, so that the two can be compared.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pose.camera import Extrinsics, Intrinsics
from pose.files import written_beside
from pose.joint_sets import H36M17, OPENPOSE18
from pose.types import Bool, Float32, Int32
from synthetic.errors import SyntheticError
from synthetic.motion import Repetition

DEMO_CLIP = Path(__file__).parent / "data" / "demo.mp4"
DEMO_TRUTH = DEMO_CLIP.with_suffix(".npz")
VERSION = 1


@dataclass(frozen=True, slots=True)
class ClipTruth:
    """Everything that is known of a rendered clip of F frames; N rows, one a person and frame.

    Attributes
    ----------
    frame_time_s : array, float64, shape (F,)
    frame_index, person : array, int32, shape (N,)
        Person 0 is who exercises; others pass by.
    xy_px : array, float32, shape (N, 18, 2)
        OPENPOSE18; exact even outside the picture.
    visible, inside : array, bool, shape (N, 18)
        Whether a joint shows; whether it is inside the picture, hidden or not.
    xyz_m : array, float32, shape (N, 17, 3)
        H36M17 relative to the pelvis, camera axes.
    root_m : array, float32, shape (N, 3)
        The pelvis, camera axes.
    intrinsics : Intrinsics
    extrinsics : Extrinsics
        From the world (y up, the floor at y = 0) to the camera.
    repetitions : tuple of Repetition
        Of person 0.
    motion : str
    seed : int
        What `Performance` makes it of.
    """

    frame_time_s: NDArray[np.float64]
    frame_index: Int32
    person: Int32
    xy_px: Float32
    visible: Bool
    inside: Bool
    xyz_m: Float32
    root_m: Float32
    intrinsics: Intrinsics
    extrinsics: Extrinsics
    repetitions: tuple[Repetition, ...]
    motion: str
    seed: int

    @property
    def counts(self) -> dict[str, int]:
        """How many repetitions of each exercise."""
        return dict(Counter(one.exercise for one in self.repetitions))

    @property
    def floor(self) -> tuple[NDArray[np.float64], float]:
        """The floor in camera axes: its upward unit normal (3,) and distance d, with normal . x = d on it, metres."""
        normal = self.extrinsics.rotation @ np.array([0.0, 1.0, 0.0])
        return normal, float(normal @ self.extrinsics.translation_m)

    def rows_of(self, frame: int) -> NDArray[np.intp]:
        """Which rows are of one frame."""
        return np.flatnonzero(self.frame_index == frame)


def save_truth(truth: ClipTruth, path: Path) -> None:
    """Write the truth as npz, beside its place first and then renamed into it."""
    camera, place = truth.intrinsics, truth.extrinsics
    normal, distance = truth.floor
    arrays: dict[str, Any] = {
        name: getattr(truth, name)
        for name in ("frame_time_s", "frame_index", "person", "xy_px", "visible", "inside", "xyz_m", "root_m")
    }
    arrays |= {
        "intrinsics": np.array([camera.fx, camera.fy, camera.cx, camera.cy, camera.width, camera.height]),
        "rotation": place.rotation,
        "translation_m": place.translation_m,
        "floor_normal": normal,
        "floor_distance_m": distance,
        "repetition_exercise": np.array([one.exercise for one in truth.repetitions], np.str_),
        "repetition_times_s": np.array([(one.start_s, one.peak_s, one.end_s) for one in truth.repetitions]),
        "joint_names_2d": np.array(OPENPOSE18),
        "joint_names_3d": np.array(H36M17),
        "motion": truth.motion,
        "seed": truth.seed,
        "version": VERSION,
    }
    with written_beside(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def load_truth(path: Path = DEMO_TRUTH) -> ClipTruth:
    """Read the truth of a clip; by default that of the bundled one.

    Raises
    ------
    SyntheticError
        Where the file is missing, damaged, of another version or no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        if int(arrays["version"]) != VERSION:
            raise SyntheticError(f"{path} is of version {arrays['version']}, this program reads {VERSION}")
        return _from_arrays(arrays)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise SyntheticError(
            f"{path} is no truth of a clip: {error}; write it with python -m synthetic.clip"
        ) from error


def _from_arrays(arrays: dict[str, NDArray[Any]]) -> ClipTruth:
    count = len(arrays["frame_index"])
    shapes = {"person": (), "xy_px": (18, 2), "visible": (18,), "inside": (18,), "xyz_m": (17, 3), "root_m": (3,)}
    for name, shape in shapes.items():
        if arrays[name].shape != (count, *shape):
            raise ValueError(f"{name} has shape {arrays[name].shape} and not {(count, *shape)}")
    fx, fy, cx, cy, width, height = (float(number) for number in arrays["intrinsics"])
    times = arrays["repetition_times_s"].reshape(-1, 3)
    return ClipTruth(
        frame_time_s=arrays["frame_time_s"],
        frame_index=arrays["frame_index"],
        person=arrays["person"],
        xy_px=arrays["xy_px"],
        visible=arrays["visible"],
        inside=arrays["inside"],
        xyz_m=arrays["xyz_m"],
        root_m=arrays["root_m"],
        intrinsics=Intrinsics(fx, fy, cx, cy, int(width), int(height)),
        extrinsics=Extrinsics(arrays["rotation"], arrays["translation_m"]),
        repetitions=tuple(
            Repetition(str(name), float(start), float(peak), float(end))
            for name, (start, peak, end) in zip(arrays["repetition_exercise"], times, strict=True)
        ),
        motion=str(arrays["motion"]),
        seed=int(arrays["seed"]),
    )
