"""What the first pass over a clip leaves: everybody found in every frame, and no pictures.

A frame's people depend on that frame alone, so a long clip may be looked at in parts, on several machines, and joined:
the whole is the same as if one had looked at all of it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detection.errors import DetectionError
from detection.offline.appearance import COLOURS
from pose.files import written_beside
from pose.joint_sets import OPENPOSE18
from pose.types import Float32, Frame, Int32, People

_JOINTS = len(OPENPOSE18)
_BLOCK = 1024
"""So many frames are put into one array at a time; small arrays by the thousand would cost more than what they hold."""

_SHAPES: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "xy_px": (np.float32, (_JOINTS, 2)),
    "score": (np.float32, (_JOINTS,)),
    "colours": (np.uint8, (COLOURS,)),
}


@dataclass(frozen=True, slots=True)
class Detections:
    """Everybody in F frames, N rows, a row a person and frame in the order of the frames.

    Attributes
    ----------
    frame_index : array, int32, shape (F,)
        Numbers in the source of the frames that were looked at, rising; also of those without anybody.
    time_s : array, float64, shape (F,)
        Their presentation times.
    first_row : array, int64, shape (F + 1,)
        The people of frame f are the rows from `first_row[f]` to before `first_row[f + 1]`.
    xy_px : array, float32, shape (N, 18, 2)
        OPENPOSE18 joints as the detector gave them.
    score : array, float32, shape (N, 18)
    colours : array, uint8, shape (N, COLOURS)
        See `detection.offline.appearance`.
    width, height : int
        Of the pictures, pixels.
    """

    frame_index: Int32
    time_s: NDArray[np.float64]
    first_row: NDArray[np.int64]
    xy_px: Float32
    score: Float32
    colours: NDArray[np.uint8]
    width: int
    height: int

    @property
    def frames(self) -> int:
        """How many frames were looked at."""
        return len(self.frame_index)

    @property
    def step_s(self) -> float:
        """The usual time from a frame to the next, seconds; 1/30 where there is only one."""
        steps = np.diff(self.time_s)
        steps = steps[steps > 0]
        return float(np.median(steps)) if len(steps) else 1 / 30

    def save(self, path: Path) -> None:
        """Write to `path` (npz), whole or not at all: a part of a clip on its way to who joins the parts.

        Raises
        ------
        DetectionError
            Where it cannot be written.
        """
        try:
            with written_beside(path) as partial, partial.open("wb") as file:
                np.savez(file, **{one.name: np.asarray(getattr(self, one.name)) for one in fields(self)})
        except OSError as error:
            raise DetectionError(f"cannot write {path}: {error.strerror or error}") from error

    @classmethod
    def load(cls, path: Path) -> Detections:
        """Read what `save` wrote; nothing is unpickled, and the shapes are checked.

        Raises
        ------
        DetectionError
            Where the file cannot be read or is none of ours.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                values = {one.name: archive[one.name] for one in fields(cls)}
        except OSError as error:
            raise DetectionError(f"cannot read {path}: {error.strerror or error}") from error
        except (ValueError, TypeError, AttributeError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DetectionError(
                f"{path} holds no detections ({error}); look at this part of the clip again"
            ) from error
        frames, rows = len(values["frame_index"]), len(values["xy_px"])
        expected: dict[str, tuple[int, ...]] = {"time_s": (frames,), "first_row": (frames + 1,)}
        expected |= {name: (rows, *shape) for name, (_, shape) in _SHAPES.items()}
        for name, shape in expected.items():
            if values[name].shape != shape:
                raise DetectionError(f"{path}: {name} has shape {values[name].shape}, expected {shape}")
        return cls(**(values | {"width": int(values["width"]), "height": int(values["height"])}))


def joined(parts: Sequence[Detections]) -> Detections:
    """One clip out of its parts, in whatever order they come; a frame that two parts hold is taken from the first.

    Raises
    ------
    DetectionError
        Where there is no part, or their pictures differ in size.
    """
    parts = sorted((part for part in parts if part.frames), key=lambda part: int(part.frame_index[0]))
    if not parts:
        raise DetectionError("there is no part of a clip to join: none holds a frame")
    if len({(part.width, part.height) for part in parts}) > 1:
        raise DetectionError("the parts have pictures of different sizes: they are not of one clip")
    index, time, count, rows = [], [], [], []
    last = -1
    for part in parts:
        new = part.frame_index > last
        index.append(part.frame_index[new])
        time.append(part.time_s[new])
        people = np.diff(part.first_row)
        count.append(people[new])
        rows.append(np.repeat(new, people))
        last = max(last, int(part.frame_index[-1]))
    kept = {
        name: np.concatenate([getattr(part, name)[which] for part, which in zip(parts, rows, strict=True)])
        for name in _SHAPES
    }
    first_row = np.concatenate([[0], np.cumsum(np.concatenate(count))])
    whole = np.concatenate(index), np.concatenate(time), first_row
    return Detections(*whole, **kept, width=parts[0].width, height=parts[0].height)


@dataclass(slots=True)
class DetectionRecorder:
    """Collects frames one by one; `detections` gives what was collected."""

    _index: list[int] = field(default_factory=list)
    _time: list[float] = field(default_factory=list)
    _count: list[int] = field(default_factory=list)
    _new: dict[str, list[NDArray[np.generic]]] = field(default_factory=lambda: {name: [] for name in _SHAPES})
    _blocks: dict[str, list[NDArray[np.generic]]] = field(default_factory=lambda: {name: [] for name in _SHAPES})
    _size: tuple[int, int] = (0, 0)

    def add(self, frame: Frame, people: People, colours: NDArray[np.uint8]) -> None:
        """Keep everybody in a frame, with `colours` (K, COLOURS)."""
        self._size = (frame.width, frame.height)
        self._index.append(frame.index)
        self._time.append(frame.time_s)
        self._count.append(len(people))
        xy = np.where(people.score[..., None] > 0, people.xy_px, 0.0)  # what a missing joint holds is not to be read
        for name, values in zip(_SHAPES, (xy, people.score, colours), strict=True):
            self._new[name].append(np.array(values, _SHAPES[name][0]))
        if len(self._index) % _BLOCK == 0:
            self._pack()

    def __len__(self) -> int:
        return len(self._index)

    def detections(self) -> Detections:
        """All frames so far."""
        self._pack()
        rows = {
            name: np.concatenate([np.zeros((0, *shape), kind), *self._blocks[name]])
            for name, (kind, shape) in _SHAPES.items()
        }
        first_row = np.concatenate([[0], np.cumsum(np.array(self._count, np.int64))])
        width, height = self._size
        index, time = np.array(self._index, np.int32), np.array(self._time, np.float64)
        return Detections(index, time, first_row, **rows, width=width, height=height)

    def _pack(self) -> None:
        for name, arrays in self._new.items():
            if arrays:
                self._blocks[name].append(np.concatenate(arrays))
                arrays.clear()
