"""`poses.npz`: flat rows, one a person and frame. Everything else that is saved derives from this file."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.errors import ExportError
from export.world import World
from pose.files import written_beside
from pose.joint_sets import H36M17, OPENPOSE18
from pose.types import Bool, Float32, Frame, GroundPlane, Int32, People

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
_MORE_ROWS = {
    "raw_score": (np.float32, (_JOINTS_2D,)),
    "interpolated": (np.bool_, (_JOINTS_2D,)),
    "planted": (np.bool_, (2,)),
}
"""Rows that only a clip processed in two passes has."""
_FLOOR = ("up", "camera_height_m")


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
    raw_score : array, float32, shape (N, 18), or None
        Scores as measured, before sides were mended and gaps filled; all 0 in a frame of a gap. None, as all of the
        following, where frames were processed as they came.
    interpolated : array, bool, shape (N, 18), or None
        Joints that were not seen, but filled in between two sightings.
    planted : array, bool, shape (N, 2), or None
        Whether the right and the left foot stand.
    up : array, float64, shape (3,), or None
        Where up is, in camera axes; None where no floor was found.
    camera_height_m : float or None
        Height of the camera over the floor.
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
    raw_score: Float32 | None = None
    interpolated: Bool | None = None
    planted: Bool | None = None
    up: NDArray[np.float64] | None = None
    camera_height_m: float | None = None

    @property
    def world(self) -> World:
        """The axes of files with y up: the floor's, or those of a level camera where no floor is known."""
        if self.up is None:
            return World.from_up()
        return World.from_up(self.up, self.camera_height_m or 0.0)

    def of_track(self, track_id: int) -> Poses:
        """The rows of one person; none where nobody has that number."""
        return self.rows(self.track_id == track_id)

    def rows(self, which: NDArray[Any] | slice | list[int]) -> Poses:
        """Some of the rows: a slice, their places, or a mask of them."""
        if isinstance(which, list):
            which = np.array(which, np.intp)
        names = [name for name in (*_ROW_FIELDS, *_MORE_ROWS) if getattr(self, name) is not None]
        return replace(self, **{name: getattr(self, name)[which] for name in names})


@dataclass(slots=True)
class PoseRecorder:
    """Collects rows frame by frame; `save` writes them as one `poses.npz`.

    Parameters
    ----------
    source : str
        Name of the source, without its folder.
    fps : float or None
        Mean rate of the source; None where it is unknown.
    floor : GroundPlane or None
        Where the floor is; may be set at any time until `save`, and is written where it is more than a guess.
    """

    source: str
    fps: float | None = None
    width: int = 0
    height: int = 0
    floor: GroundPlane | None = None
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
        arrays: dict[str, Any] = {
            name: np.concatenate(rows) if rows else np.zeros((0, *_ROW_FIELDS[name][1]), _ROW_FIELDS[name][0])
            for name, rows in self._rows.items()
        }
        fps = np.nan if self.fps is None else self.fps
        poses = Poses(**arrays, fps=fps, width=self.width, height=self.height, source=self.source)
        if self.floor is not None and self.floor.known:
            up = np.array(self.floor.up)
            poses = replace(poses, up=up, camera_height_m=self.floor.camera_height_m)
        save_poses(poses, path, version)


def save_poses(poses: Poses, path: Path, version: str) -> None:
    """Write a pose file, beside its place first and then renamed into it.

    Raises
    ------
    ExportError
        Where the file cannot be written; nothing half written is left.
    """
    more = {name: getattr(poses, name) for name in (*_MORE_ROWS, *_FLOOR) if getattr(poses, name) is not None}
    try:
        with written_beside(path) as partial, partial.open("wb") as file:
            np.savez_compressed(
                file,
                joint_names_2d=np.array(OPENPOSE18),
                joint_names_3d=np.array(H36M17),
                fps=np.float64(poses.fps),
                width=np.int32(poses.width),
                height=np.int32(poses.height),
                source=np.array(poses.source),
                version=np.array(version),
                format_version=np.int32(FORMAT_VERSION),
                **{name: getattr(poses, name) for name in _ROW_FIELDS},
                **more,
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
            arrays |= {name: archive[name] for name in (*_MORE_ROWS, *_FLOOR) if name in archive}
    except OSError as error:
        raise ExportError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, AttributeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ExportError(
            f"{path} is no pose file of LiftCam ({error}); `python main.py file CLIP` makes one"
        ) from error
    count = len(arrays["frame_index"]) if arrays["frame_index"].ndim == 1 else -1
    expected = {name: kind for name, kind in (_ROW_FIELDS | _MORE_ROWS).items() if name in arrays}
    for name, (dtype, shape) in expected.items():
        if arrays[name].shape != (count, *shape):
            raise ExportError(f"{path}: {name} has shape {arrays[name].shape}, expected {(count, *shape)}")
        if arrays[name].dtype.kind != np.dtype(dtype).kind:
            raise ExportError(f"{path}: {name} holds {arrays[name].dtype}, expected {np.dtype(dtype)}")
    rows = {name: arrays[name].astype(dtype) for name, (dtype, _) in expected.items()}
    if "up" in arrays:
        if arrays["up"].shape != (3,) or not np.isfinite(arrays["up"]).all() or not arrays["up"].any():
            raise ExportError(f"{path}: up is no direction")
        rows["up"] = arrays["up"].astype(np.float64)
    return Poses(
        **rows,
        fps=float(arrays["fps"]),
        width=int(arrays["width"]),
        height=int(arrays["height"]),
        source=str(arrays["source"]),
        camera_height_m=float(arrays["camera_height_m"]) if "camera_height_m" in arrays else None,
    )
