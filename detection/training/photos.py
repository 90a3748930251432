"""A set of labelled pictures: compressed bytes and people in flat rows, one file on disk, any part of it in a batch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from detection.errors import DetectionError
from detection.skeleton import JOINTS
from detection.training.augment import Samples
from detection.training.labels import KNOWN, UNKNOWN, Labels, identity
from pose.files import written_beside
from pose.types import Image

MOST_PEOPLE = 16
"""People a picture that are drawn; the smallest of more are ignored regions."""
MOST_IGNORED = 24


@dataclass(frozen=True, slots=True)
class Photos:
    """N pictures with M people and K ignored boxes; rows of people and boxes name their picture.

    Attributes
    ----------
    encoded : array, uint8, shape (bytes,)
        All pictures as WebP, JPEG or PNG, one after another.
    starts : array, int64, shape (N + 1,)
        Where each begins in `encoded`.
    names : array of str, shape (N,)
    source : array of str, shape (N,)
        Which collection each is from: what the shares of a training name.
    person_photo : array, int32, shape (M,)
        The picture each person is in.
    joints : array, float32, shape (M, 18, 2)
        OPENPOSE18 in pixels of the picture.
    state : array, uint8, shape (M, 18)
        ABSENT, KNOWN or UNKNOWN (`detection.training.labels`).
    boxes : array, float32, shape (M, 4)
        Left, top, right, bottom of each person.
    ignored_photo : array, int32, shape (K,)
    ignored : array, float32, shape (K, 4)
        Boxes in which nothing is known.
    """

    encoded: NDArray[np.uint8]
    starts: NDArray[np.int64]
    names: NDArray[np.str_]
    source: NDArray[np.str_]
    person_photo: NDArray[np.int32]
    joints: NDArray[np.float32]
    state: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    ignored_photo: NDArray[np.int32]
    ignored: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.names)

    def picture(self, index: int) -> Image:
        """A picture, BGR (H, W, 3).

        Raises
        ------
        DetectionError
            Its bytes are no picture.
        """
        image = cv2.imdecode(self.encoded[self.starts[index] : self.starts[index + 1]], cv2.IMREAD_COLOR)
        if image is None:
            raise DetectionError(f"training picture {self.names[index]} cannot be decoded")
        return np.asarray(image, np.uint8)

    def select(self, chosen: NDArray[np.bool_]) -> Photos:
        """The pictures where `chosen` (N,) is true, with their people."""
        index = np.flatnonzero(chosen)
        new_index = np.full(len(self), -1, np.int32)
        new_index[index] = np.arange(len(index), dtype=np.int32)
        lengths = np.diff(self.starts)
        people, boxes = chosen[self.person_photo], chosen[self.ignored_photo]
        return Photos(
            self.encoded[np.repeat(chosen, lengths)],
            np.concatenate(([0], np.cumsum(lengths[index]))).astype(np.int64),
            self.names[index],
            self.source[index],
            new_index[self.person_photo[people]],
            self.joints[people],
            self.state[people],
            self.boxes[people],
            new_index[self.ignored_photo[boxes]],
            self.ignored[boxes],
        )

    def samples(self, indices: NDArray[np.intp], stored: int) -> Samples:
        """These pictures in the upper left of squares of `stored` pixels, shrunk where they are larger."""
        canvas = np.zeros((len(indices), 3, stored, stored), np.uint8)
        sizes = np.zeros((len(indices), 2), np.int64)
        scales = np.zeros(len(indices), np.float32)

        def place(row: int) -> None:
            image = self.picture(int(indices[row]))
            scale = min(1.0, stored / max(image.shape[:2]))
            if scale < 1:
                image = shrink(image, scale)
            height, width = image.shape[:2]
            canvas[row, :, :height, :width] = image.transpose(2, 0, 1)
            sizes[row], scales[row] = (height, width), scale

        if len(indices) > 256:  # all of them for a GPU; a batch is not worth threads
            with ThreadPoolExecutor() as pool:
                list(pool.map(place, range(len(indices))))
        else:
            for row in range(len(indices)):
                place(row)
        return Samples(torch.from_numpy(canvas), torch.from_numpy(sizes), self._labels(indices, scales))

    def _labels(self, indices: NDArray[np.intp], scales: NDArray[np.float32]) -> Labels:
        batch = len(indices)
        joints = np.zeros((batch, MOST_PEOPLE, JOINTS, 2), np.float32)
        state = np.zeros((batch, MOST_PEOPLE, JOINTS), np.uint8)
        boxes = np.zeros((batch, MOST_PEOPLE, 4), np.float32)
        ignored = np.zeros((batch, MOST_IGNORED, 4), np.float32)
        for row, (index, scale) in enumerate(zip(indices, scales, strict=True)):
            people = _rows(self.person_photo, int(index))
            sides = self.boxes[people, 2:] - self.boxes[people, :2]
            people = people[np.argsort(-sides.prod(axis=1), kind="stable")]
            hidden = _rows(self.ignored_photo, int(index))
            unseen = np.concatenate((self.boxes[people[MOST_PEOPLE:]], self.ignored[hidden]))[:MOST_IGNORED]
            people = people[:MOST_PEOPLE]
            # Centres of pixels move when a picture shrinks: (x + 0.5) * scale - 0.5.
            joints[row, : len(people)] = (self.joints[people] + 0.5) * scale - 0.5
            state[row, : len(people)] = self.state[people]
            boxes[row, : len(people)] = self.boxes[people] * scale
            ignored[row, : len(unseen)] = unseen * scale
        return Labels(
            torch.from_numpy(joints),
            torch.from_numpy(state),
            torch.from_numpy(boxes),
            torch.from_numpy(ignored),
            identity(batch, torch.device("cpu")),
        )

    def save(self, path: Path) -> None:
        """Write everything beside `path` and rename it into its place."""
        with written_beside(path) as partial, partial.open("wb") as file:
            np.savez(file, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Photos:
        """A set that `save` wrote.

        Raises
        ------
        DetectionError
            The file is missing or is something else.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                photos = cls(**{field.name: arrays[field.name] for field in fields(cls)})
        except (OSError, KeyError, ValueError) as error:
            raise DetectionError(
                f"{path} is no packed set of training pictures ({error}): make it with "
                "`python -m detection.training.pack`"
            ) from error
        photos.check(path)
        return photos

    def check(self, origin: Path | str) -> None:
        """Raise a DetectionError that names `origin` where the arrays contradict each other."""
        pictures, people = len(self.names), len(self.person_photo)
        right = (
            self.starts.shape == (pictures + 1,)
            and int(self.starts[-1]) == len(self.encoded)
            and self.source.shape == (pictures,)
            and self.joints.shape == (people, JOINTS, 2)
            and self.state.shape == (people, JOINTS)
            and self.boxes.shape == (people, 4)
            and self.ignored.shape == (len(self.ignored_photo), 4)
            and all(
                len(rows) == 0 or (0 <= rows.min() <= rows.max() < pictures and bool(np.all(np.diff(rows) >= 0)))
                for rows in (self.person_photo, self.ignored_photo)
            )
            and bool(np.isfinite(self.joints).all() and (self.state <= UNKNOWN).all())
        )
        if not right:
            raise DetectionError(f"{origin}: pictures, people and boxes do not fit together")


class PhotosBuilder:
    """Collects pictures one by one into a `Photos`."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._encoded: list[bytes] = []
        self._names: list[str] = []
        self._people: list[tuple[int, NDArray[np.float32], NDArray[np.uint8], NDArray[np.float32]]] = []
        self._ignored: list[tuple[int, NDArray[np.float32]]] = []

    def add_picture(self, name: str, encoded: bytes) -> None:
        """The next picture; people and boxes that follow are in it."""
        self._names.append(name)
        self._encoded.append(encoded)

    def add_person(
        self, joints: NDArray[np.float32], state: NDArray[np.uint8], box: NDArray[np.float32] | None = None
    ) -> None:
        """Somebody in the last picture: joints (18, 2), state (18,), box (4,) or the one around the known joints."""
        joints = np.where((state == KNOWN)[:, None], joints, 0).astype(np.float32)
        if box is None:
            box = box_around(joints[state == KNOWN])
        self._people.append((len(self._names) - 1, joints, state.astype(np.uint8), np.asarray(box, np.float32)))

    def add_ignored(self, box: NDArray[np.float32]) -> None:
        """A box (4,) of the last picture in which nothing is known."""
        self._ignored.append((len(self._names) - 1, np.asarray(box, np.float32)))

    def photos(self) -> Photos:
        """Everything so far."""
        return Photos(
            np.frombuffer(b"".join(self._encoded), np.uint8),
            np.concatenate(([0], np.cumsum([len(one) for one in self._encoded]))).astype(np.int64),
            np.array(self._names, np.str_),
            np.full(len(self._names), self._source),
            np.array([row[0] for row in self._people], np.int32),
            np.array([row[1] for row in self._people], np.float32).reshape(-1, JOINTS, 2),
            np.array([row[2] for row in self._people], np.uint8).reshape(-1, JOINTS),
            np.array([row[3] for row in self._people], np.float32).reshape(-1, 4),
            np.array([row[0] for row in self._ignored], np.int32),
            np.array([row[1] for row in self._ignored], np.float32).reshape(-1, 4),
        )


def join(parts: list[Photos]) -> Photos:
    """Several sets as one."""
    shifts = np.cumsum([0] + [len(part) for part in parts[:-1]])
    byte_shifts = np.cumsum([0] + [len(part.encoded) for part in parts[:-1]])
    return Photos(
        np.concatenate([part.encoded for part in parts]),
        np.concatenate(
            [part.starts[:-1] + shift for part, shift in zip(parts, byte_shifts, strict=True)]
            + [np.array([sum(len(part.encoded) for part in parts)])]
        ).astype(np.int64),
        np.concatenate([part.names for part in parts]),
        np.concatenate([part.source for part in parts]),
        np.concatenate([part.person_photo + shift for part, shift in zip(parts, shifts, strict=True)]).astype(np.int32),
        np.concatenate([part.joints for part in parts]),
        np.concatenate([part.state for part in parts]),
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.ignored_photo + shift for part, shift in zip(parts, shifts, strict=True)]).astype(
            np.int32
        ),
        np.concatenate([part.ignored for part in parts]),
    )


def shrink(image: Image, scale: float) -> Image:
    """The picture at `scale` below 1, every pixel the mean of those it stands for."""
    height, width = image.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def box_around(points: NDArray[np.float32], margin: float = 0.15) -> NDArray[np.float32]:
    """The box (4,) around points (n, 2), wider by `margin` of its longer side: bodies reach beyond their joints."""
    low, high = points.min(axis=0), points.max(axis=0)
    beyond = margin * float((high - low).max())
    return np.asarray(np.concatenate((low - beyond, high + beyond)), np.float32)


def _rows(owner: NDArray[np.int32], index: int) -> NDArray[np.intp]:
    """Rows whose owner is `index`; owners are in ascending order."""
    first, last = np.searchsorted(owner, (index, index + 1))
    return np.arange(first, last)
