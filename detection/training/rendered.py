"""Writes rendered pictures with exact truth where `sources.read_rendered` finds them.

This part does not know the part that renders: whoever puts them together hands pictures over, one by one.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.errors import DetectionError
from pose.types import Bool, Float32, Image

QUALITY = 80
LABELS = "labels.jsonl"
SEEN, HIDDEN, OUTSIDE = 2, 1, 0
"""Visibility of a joint in the labels."""


def as_webp(image: Image) -> bytes:
    """A picture as WebP, a fifth of its size as PNG."""
    encoded, data = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    if not encoded:
        raise DetectionError("a picture cannot be written as WebP: this OpenCV was built without it")
    return bytes(np.asarray(data, np.uint8))


class RenderedWriter:
    """A folder of pictures and their labels, a line a picture; an existing folder is added to.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, RenderedWriter(Path(folder)) as writer:
    ...     joints, there = np.ones((1, 18, 2), np.float32), np.ones((1, 18), np.bool_)
    ...     writer.add(np.zeros((32, 32, 3), np.uint8), joints, there, there, np.ones((1, 4), np.float32))
    ...     writer.count
    1
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.count = len(list(folder.glob("*.webp")))
        self._labels = (folder / LABELS).open("a")

    def add(self, image: Image, xy_px: Float32, visible: Bool, inside: Bool, box_px: Float32) -> None:
        """A picture and its K people.

        Parameters
        ----------
        image : array, uint8, shape (H, W, 3)
            BGR.
        xy_px : array, float32, shape (K, 18, 2)
            OPENPOSE18 joints; not read where they are not inside.
        visible, inside : arrays, bool, shape (K, 18)
            Whether a joint is seen, and whether it is inside the picture, hidden or not.
        box_px : array, float32, shape (K, 4)
            Left, top, width and height of what shows of each.
        """
        name = f"{self.count:06d}.webp"
        (self._folder / name).write_bytes(as_webp(image))
        state = np.where(visible, SEEN, np.where(inside, HIDDEN, OUTSIDE))
        people = [
            {"keypoints": _keypoints(points, seen), "bbox": np.round(box.astype(float), 1).tolist()}
            for points, seen, box in zip(xy_px, state, box_px, strict=True)
        ]
        self._labels.write(json.dumps({"file": name, "people": people}) + "\n")
        self.count += 1

    def close(self) -> None:
        """Finish the labels; may be called twice."""
        self._labels.close()

    def __enter__(self) -> RenderedWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _keypoints(points: Float32, state: NDArray[np.int64]) -> list[list[float]]:
    places = np.where((state > OUTSIDE)[:, None], np.nan_to_num(points), -1).round(2)
    return [[float(x), float(y), int(seen)] for (x, y), seen in zip(places, state, strict=True)]
