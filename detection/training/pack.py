"""Packs everything a training needs into a few files that travel, each below the limit of what a machine accepts.

python -m detection.training.pack --photos ../shared/data/photos --rendered out/actor --out out/packed
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from detection.bottom_up import BottomUpDetector
from detection.training.command import run
from detection.training.photos import Photos
from detection.training.sources import UNLABELLED, pictures, read_all, read_unlabelled
from detection.training.teachers import LandmarkTeacher, add_heads, label_unlabelled
from detection.training.tflite import read_trunk
from detection.training.trunk import TRUNK_FILE, save_trunk

LARGEST_BYTES = 48_000_000
"""Pictures in an archive: an upload of 60 MB takes it with labels and some code beside."""
_TEACHER_SIZE = 320


def pack(photos: Photos, folder: Path, name: str) -> list[Path]:
    """Write a set as `name-1.npz`, `name-2.npz`, ... of at most `LARGEST_BYTES` each."""
    sizes = np.diff(photos.starts)
    part = np.cumsum(sizes) // LARGEST_BYTES
    paths = []
    for number, value in enumerate(np.unique(part), start=1):
        path = folder / f"{name}-{number}.npz"
        photos.select(part == value).save(path)
        paths.append(path)
    return paths


def main(
    photos: Annotated[Path, typer.Option(help="Folder with coco_train, lspet, coco_negatives and the others.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    rendered: Annotated[Path | None, typer.Option(help="Folder of rendered pictures with labels.jsonl.")] = None,
    low: Annotated[
        Path | None, typer.Option(help="Another such folder, of people who are low or on the floor.")
    ] = None,
    teacher: Annotated[
        Path | None, typer.Option(help="human-pose-estimation-0001.xml: also label the unlabelled photos; takes long.")
    ] = None,
) -> None:
    """Write photos with labels and the trunk's first weights as a few archives."""
    save_trunk(read_trunk(), out / TRUNK_FILE)
    paths = [out / TRUNK_FILE]
    labelled = read_all(photos, rendered, low)
    if teacher is not None:
        landmarks = LandmarkTeacher()
        unlabelled = [path for name in UNLABELLED for path in pictures(photos / name)]
        finder = BottomUpDetector(teacher, net_size=_TEACHER_SIZE, threads=1)
        paths += pack(label_unlabelled(unlabelled, landmarks, finder), out, "pseudo")
        labelled, swapped = add_heads(labelled, landmarks)
        typer.echo(f"{swapped} photos with swapped sides left out")
    # Without the landmark teacher's labels too, for a training that distils: it sees what is in them by itself.
    paths += pack(read_unlabelled([photos / name for name in UNLABELLED]), out, "unlabelled")
    for path in paths + pack(labelled, out, "photos"):
        typer.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
