"""Measures the tables of `detection/body_distances.py`: how far apart two joints of one body lie, in body heights.

    python -m detection.training.distances ../shared/data/photos/coco_train/annotations.json ../shared/tools/paf_maps.py

The photos know real people, but few of them are whole and from afar; the made bodies know every pose and view. Both
count half. Only training photos, and made scenes of seeds that no benchmark uses.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from detection.body_distances import LIMB_LENGTHS
from detection.skeleton import LIMBS
from pose.joint_sets import COCO17_TO_OPENPOSE18, OPENPOSE18, flip_order

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

FIRST_SEED = 500_000
SCENES = 60
CROWDS = (1, 5, 20)
LEAST_JOINTS = 12
LEAST_SPREAD = 0.02


def distances(xy: Float, known: Bool) -> Float:
    """Distances (N, 18, 18) of every two joints of bodies (N, 18, 2), in body heights; NaN where one is not known.

    `known` is (N, 18). A body's height is the most that any of its limbs asks for, because foreshortening only makes
    limbs shorter.
    """
    between = np.linalg.norm(xy[:, :, None] - xy[:, None], axis=-1)
    both = known[:, :, None] & known[:, None]
    height = np.zeros(len(xy))
    for (a, b), length in zip(LIMBS, LIMB_LENGTHS, strict=True):
        if length > 0:
            height = np.maximum(height, np.where(both[:, a, b], between[:, a, b] / length, 0))
    usable = both & (height > 0)[:, None, None]
    return np.where(usable, between / np.where(height > 0, height, 1)[:, None, None], np.nan)


def tables(sources: list[Float]) -> tuple[Float, Float]:
    """Mean and spread (18, 18) over sources of distances, each counting alike, left and right averaged."""
    twin = flip_order(OPENPOSE18)
    mean = np.mean([np.nanmean(one, axis=0) for one in sources], axis=0)
    spread = np.mean([np.nanstd(one, axis=0) for one in sources], axis=0)
    mean, spread = ((one + one[twin][:, twin]) / 2 for one in (mean, spread))
    return mean, np.maximum(spread, LEAST_SPREAD)


def of_photos(annotations: Path) -> Float:
    """Distances of the well labelled people of a COCO keypoint file."""
    people = [
        person["keypoints"]
        for person in json.loads(annotations.read_text(encoding="utf-8"))["annotations"]
        if person.get("num_keypoints", 0) >= LEAST_JOINTS
    ]
    joints = np.array(people, np.float32).reshape(-1, 17, 3)
    xy, score = COCO17_TO_OPENPOSE18.points(joints[:, :, :2], (joints[:, :, 2] > 0).astype(np.float32))
    return distances(xy.astype(np.float64), score > 0)


def of_made_maps(tool: ModuleType) -> Float:
    """Distances of the bodies that `paf_maps.py` draws, from scenes of one to twenty people."""
    bodies = [
        tool.make_maps(46, 82, people=crowd, seed=FIRST_SEED + 1000 * crowd + scene)[2]
        for crowd in CROWDS
        for scene in range(SCENES)
    ]
    truth = np.concatenate(bodies)
    return distances(truth[:, :, :2], truth[:, :, 2] > 0)


def load_tool(path: Path) -> ModuleType:
    """The module `paf_maps.py` from where it lies."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(annotations: Path, tool: Path) -> None:
    """Print both tables as `detection/body_distances.py` holds them: the rows of the lower triangle, in thousandths."""
    for name, table in zip(
        ("means", "spreads"), tables([of_photos(annotations), of_made_maps(load_tool(tool))]), strict=True
    ):
        print(name)  # noqa: T201
        for row in range(1, len(table)):
            print("   ", " ".join(str(round(1000 * value)) for value in table[row, :row]))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
