"""Reads the collections of photos in `../shared/data/photos` and rendered pictures into `Photos`.

Never trained on and never chosen by: COCO's `coco_eval`, and Leeds Sports Pose Extended im09001 to im09500.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.errors import DetectionError
from detection.skeleton import JOINTS
from detection.training.labels import ABSENT, KNOWN, UNKNOWN
from detection.training.photos import Photos, PhotosBuilder, box_around, join
from detection.training.rendered import LABELS, as_webp
from pose.joint_sets import COCO17_TO_OPENPOSE18, OPENPOSE18

UNLABELLED = ("stanford40", "yoga5", "plank")
"""Folders of photos without labels, for `detection.training.teachers`."""
_HELD_OUT_LSPET = (9001, 9500)
_PICTURES = (".webp", ".jpg", ".jpeg", ".png")
_NECK, _SHOULDERS = OPENPOSE18.index("neck"), (OPENPOSE18.index("right_shoulder"), OPENPOSE18.index("left_shoulder"))
_HEAD = tuple(OPENPOSE18.index(name) for name in ("nose", "right_eye", "left_eye", "right_ear", "left_ear"))
_LSPET_TO_OPENPOSE18 = (10, 9, 8, 11, 12, 13, 4, 3, 2, 5, 6, 7)
"""Of LSPET's first twelve joints (R ankle, knee, hip, L hip, ..., L wrist)."""
_FAR = 1e5


def is_held_out(name: str) -> bool:
    """Whether an LSPET photo belongs to the test set.

    >>> is_held_out("im09001.webp"), is_held_out("im09501.webp")
    (True, False)
    """
    return _HELD_OUT_LSPET[0] <= int(Path(name).stem.removeprefix("im")) <= _HELD_OUT_LSPET[1]


def read_coco(folder: Path, source: str = "coco") -> Photos:
    """Photos with COCO keypoint labels: `annotations.json` beside `images/`.

    People without joints and crowds are ignored boxes. A joint that COCO does not label (v = 0) is absent, as in the
    training of OpenPose: nearly always it is out of the picture or behind something.
    """
    annotations = _json(folder / "annotations.json")
    by_image: dict[int, list[dict[str, Any]]] = {}
    for one in annotations["annotations"]:
        by_image.setdefault(one["image_id"], []).append(one)
    builder = PhotosBuilder(source)
    for image in annotations["images"]:
        builder.add_picture(image["file_name"], (folder / "images" / image["file_name"]).read_bytes())
        for one in by_image.get(image["id"], ()):
            left, top, width, height = one["bbox"]
            box = np.array((left, top, left + width, top + height), np.float32)
            if one["iscrowd"] or not one["num_keypoints"]:
                builder.add_ignored(box)
                continue
            points = np.array(one["keypoints"], np.float32).reshape(1, 17, 3)
            joints, labelled = COCO17_TO_OPENPOSE18.points(points[:, :, :2], (points[:, :, 2] > 0).astype(np.float32))
            builder.add_person(joints[0], np.where(labelled[0] > 0, KNOWN, ABSENT).astype(np.uint8), box)
    return builder.photos()


def read_lspet(folder: Path, *, held_out: bool = False, source: str = "lspet") -> Photos:
    """Leeds Sports Pose Extended (Johnson and Everingham, 2011) without its test photos, or with `held_out` only them.

    One person a photo is labelled: what lies outside its box is ignored, and so are a head's joints, which LSPET
    does not have. Photos marked as suspect are left out of training.
    """
    try:
        with np.load(folder / "labels.npz", allow_pickle=False) as labels:
            names, points, suspect = labels["names"], labels["joints"], labels["suspect"]
    except (OSError, KeyError, ValueError) as error:
        raise DetectionError(f"{folder / 'labels.npz'} is not LSPET's labels: {error}") from error
    builder = PhotosBuilder(source)
    for name, person, doubtful in zip(names, points, suspect, strict=True):
        if is_held_out(str(name)) != held_out or (doubtful and not held_out):
            continue
        joints = np.zeros((JOINTS, 2), np.float32)
        state = np.full(JOINTS, UNKNOWN, np.uint8)
        labelled = person[:12, 2] > 0
        joints[list(_LSPET_TO_OPENPOSE18)] = person[:12, :2]
        state[list(_LSPET_TO_OPENPOSE18)] = np.where(labelled, KNOWN, UNKNOWN)
        if (state[list(_SHOULDERS)] == KNOWN).all():
            joints[_NECK], state[_NECK] = joints[list(_SHOULDERS)].mean(axis=0), KNOWN
        if labelled.sum() < 4:
            continue
        everything = person[person[:, 2] > 0, :2]  # with the top of the head
        box = box_around(everything)
        builder.add_picture(str(name), (folder / "images" / f"{Path(str(name)).stem}.webp").read_bytes())
        builder.add_person(joints, state, box)
        for outside in boxes_outside(box):
            builder.add_ignored(outside)
    return builder.photos()


def boxes_outside(box: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Four boxes that cover everything but `box` (4,)."""
    left, top, right, bottom = (float(side) for side in box)
    sides = (
        (-_FAR, -_FAR, _FAR, top),
        (-_FAR, bottom, _FAR, _FAR),
        (-_FAR, top, left, bottom),
        (right, top, _FAR, bottom),
    )
    return [np.array(side, np.float32) for side in sides]


def read_empty(folder: Path, source: str = "empty") -> Photos:
    """Photos without anybody."""
    builder = PhotosBuilder(source)
    for path in pictures(folder):
        builder.add_picture(path.name, path.read_bytes())
    return builder.photos()


def read_unlabelled(folders: list[Path], source: str = "unlabelled") -> Photos:
    """Photos of which nothing is known: a training with a teacher learns what it sees in them."""
    builder = PhotosBuilder(source)
    for path in [path for folder in folders for path in pictures(folder)]:
        builder.add_picture(f"{path.parent.name}/{path.name}", path.read_bytes())
        builder.add_ignored(np.array((-_FAR, -_FAR, _FAR, _FAR), np.float32))
    return builder.photos()


def read_rendered(folder: Path, source: str = "actor") -> Photos:
    """Pictures of the synthetic actor with exact truth: `labels.jsonl` beside the pictures.

    A line is a picture: `file`, and `people` with `keypoints` (18 rows of x, y, visibility: 2 seen, 1 hidden, 0 out of
    the picture) and `bbox`. Pictures are kept as WebP: a fifth of their size.
    """
    path = folder / LABELS
    if not path.is_file():
        raise DetectionError(f"no {path}: render pictures of the actor first (docs/detection-training.md)")
    builder = PhotosBuilder(source)
    for line in path.read_text().splitlines():
        row = json.loads(line)
        builder.add_picture(row["file"], _webp_of(folder / row["file"]))
        for person in row["people"]:
            points = np.array(person["keypoints"], np.float32)
            left, top, width, height = person["bbox"]
            state = np.where(points[:, 2] > 0, KNOWN, ABSENT).astype(np.uint8)
            box = np.array((left, top, left + width, top + height), np.float32)
            builder.add_person(points[:, :2], state, box)
    return builder.photos()


@dataclass(frozen=True, slots=True)
class Split:
    """The photos to train on and those to choose by."""

    training: Photos
    validation: Photos


VALIDATION_EVERY = {"coco": 16, "lspet": 40, "actor": 50}
"""One photo in so many is for choosing by; sources that are not named are all trained on."""


def split(photos: Photos) -> Split:
    """Every so manieth photo of a source to choose by, the others to train on; the same ones every time."""
    chosen = np.zeros(len(photos), np.bool_)
    for source, every in VALIDATION_EVERY.items():
        chosen[np.flatnonzero(photos.source == source)[::every]] = True
    return Split(photos.select(~chosen), photos.select(chosen))


def read_all(photos: Path, rendered: Path | None, low: Path | None = None) -> Photos:
    """Every collection that is labelled: COCO, LSPET, empty rooms, and the actor where there is a folder of it.

    `low` is a folder of the actor low and on the floor, a source of its own: there is never enough of that.
    """
    readers: list[tuple[Callable[[Path], Photos], Path]] = [
        (read_coco, photos / "coco_train"),
        (read_lspet, photos / "lspet"),
        (read_empty, photos / "coco_negatives"),
    ]
    if rendered is not None:
        readers.append((read_rendered, rendered))
    if low is not None:
        readers.append((partial(read_rendered, source="low"), low))
    return join([reader(folder) for reader, folder in readers])


def pictures(folder: Path) -> list[Path]:
    """Every picture below a folder; none is an error."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in _PICTURES)
    if not found:
        raise DetectionError(f"no pictures in {folder}")
    return found


def _webp_of(path: Path) -> bytes:
    if path.suffix == ".webp":
        return path.read_bytes()
    image = cv2.imread(str(path))
    if image is None:
        raise DetectionError(f"{path} is no picture")
    return as_webp(np.asarray(image, np.uint8))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise DetectionError(f"{path} cannot be read: {error}") from error
