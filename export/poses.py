"""`poses.npz`: flat rows, one a person and frame. Everything else that is saved derives from this file."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.errors import ExportError
from pose.files import written_beside
from pose.joint_sets import H36M17, OPENPOSE18
from pose.types import Bool, Float32, Frame, Int32, People

FORMAT_VERSION = 1
_JOINTS_2D, _JOINTS_3D = len(OPENPOSE18), len(H36M17)
_ROW_FIELDS = {
    "frame_index": (np.int32, ()),
    "time_s": (np.float64, ()),
    "track_id": (np.int32, ()),
    "xy_px": (np.float32, (_JOINTS_2D, 2)),
    "score": (np.float32, (_JOINTS_2D,)),
    "raw_xy_px": (np.float32, (_JOINTS_2D, 2)),
    "xyz_m": (np.float32, (_JOINTS_3D, 3)),
    "root_m": (np.float32, (3,)),
    "valid": (np.bool_, (_JOINTS_3D,)),
}


@dataclass(frozen=True, slots=True)
class Poses:
    """What a pose file holds: N rows, one a person and frame, in the order of the frames.

    Attributes
    ----------
    frame_index : array, int32, shape (N,)
        Index of the frame in the source, from 0.
    time_s : array, float64, shape (N,)
        Presentation time of a file, capture time of a camera.
    track_id : array, int32, shape (N,)
    xy_px, raw_xy_px : array, float32, shape (N, 18, 2)
        Smoothed and measured OPENPOSE18 joints in pixels; not to be read where the score is 0.
    score : array, float32, shape (N, 18)
    xyz_m : array, float32, shape (N, 17, 3)
        H36M17 joints relative to the pelvis, camera axes, metres.
    root_m : array, float32, shape (N, 3)
        The pelvis in camera axes, metres.
    valid : array, bool, shape (N, 17)
    fps : float
        Mean rate of the source; NaN where it is unknown.
    width, height : int
        Size of the source's pictures in pixels.
    source : str
        Name of the source, without its folder.
    """

    frame_index: Int32
    time_s: NDArray[np.float64]
    track_id: Int32
    xy_px: Float32
    score: Float32
    raw_xy_px: Float32
    xyz_m: Float32
    root_m: Float32
    valid: Bool
    fps: float
    width: int
    height: int
    source: str

    def of_track(self, track_id: int) -> Poses:
        """The rows of one person; none where nobody has that number."""
        mine = self.track_id == track_id
        return replace(self, **{name: getattr(self, name)[mine] for name in _ROW_FIELDS})


@dataclass(slots=True)
class PoseRecorder:
    """Collects rows frame by frame; `save` writes them as one `poses.npz`.

    Parameters
    ----------
    source : str
        Name of the source, without its folder.
    fps : float or None
        Mean rate of the source; None where it is unknown.
    """

    source: str
    fps: float | None = None
    width: int = 0
    height: int = 0
    _rows: dict[str, list[NDArray[np.generic]]] = field(default_factory=lambda: {name: [] for name in _ROW_FIELDS})

    def add(self, frame: Frame, people: People) -> None:
        """Keep everybody in one frame; people must have been lifted."""
        self.width, self.height = frame.width, frame.height
        count = len(people)
        if not count:
            return
        if not people.lifted:
            raise ExportError(
                f"frame {frame.index} of {self.source} was not lifted to 3D: pose files hold lifted people"
            )
        values = {
            "frame_index": np.full(count, frame.index, np.int32),
            "time_s": np.full(count, frame.time_s, np.float64),
            "track_id": people.track_id,
            "xy_px": people.xy_px,
            "score": people.score,
            "raw_xy_px": people.raw_xy_px,
            "xyz_m": people.xyz_m,
            "root_m": people.root_m,
            "valid": people.valid,
        }
        for name, rows in self._rows.items():
            rows.append(np.array(values[name], _ROW_FIELDS[name][0]))

    def save(self, path: Path, version: str) -> None:
        """Write the rows to `path`, beside its place first and then renamed into it.

        Raises
        ------
        ExportError
            Where the file cannot be written; nothing half written is left.
        """
        arrays = {
            name: np.concatenate(rows) if rows else np.zeros((0, *_ROW_FIELDS[name][1]), _ROW_FIELDS[name][0])
            for name, rows in self._rows.items()
        }
        try:
            with written_beside(path) as partial, partial.open("wb") as file:
                np.savez_compressed(
                    file,
                    joint_names_2d=np.array(OPENPOSE18),
                    joint_names_3d=np.array(H36M17),
                    fps=np.float64(np.nan if self.fps is None else self.fps),
                    width=np.int32(self.width),
                    height=np.int32(self.height),
                    source=np.array(self.source),
                    version=np.array(version),
                    format_version=np.int32(FORMAT_VERSION),
                    **arrays,
                )
        except OSError as error:
            reason = error.strerror or str(error)
            raise ExportError(f"cannot write {path}: {reason}; choose another folder with --out") from error


def load_poses(path: Path) -> Poses:
    """Read a `poses.npz`; files from outside are never unpickled, and their shapes are checked.

    Raises
    ------
    ExportError
        In one line, where the file is missing, is no pose file, or its arrays do not fit together.
    """
    try:
        # opened here, because numpy forgets to close a file that turns out to be no archive
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in (*_ROW_FIELDS, "fps", "width", "height", "source")}
    except OSError as error:
        raise ExportError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, AttributeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ExportError(
            f"{path} is no pose file of LiftCam ({error}); `python main.py file CLIP` makes one"
        ) from error
    count = len(arrays["frame_index"]) if arrays["frame_index"].ndim == 1 else -1
    for name, (dtype, shape) in _ROW_FIELDS.items():
        if arrays[name].shape != (count, *shape):
            raise ExportError(f"{path}: {name} has shape {arrays[name].shape}, expected {(count, *shape)}")
        if arrays[name].dtype.kind != np.dtype(dtype).kind:
            raise ExportError(f"{path}: {name} holds {arrays[name].dtype}, expected {np.dtype(dtype)}")
    rows = {name: arrays[name].astype(dtype) for name, (dtype, _) in _ROW_FIELDS.items()}
    return Poses(
        **rows,
        fps=float(arrays["fps"]),
        width=int(arrays["width"]),
        height=int(arrays["height"]),
        source=str(arrays["source"]),
    )
