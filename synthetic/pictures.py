"""Write a folder of random training pictures: `python -m synthetic.pictures OUT 1000 --size 256 --seed 1`.

`labels.jsonl` has a line a picture: `file` and `people`, each with `keypoints` (OPENPOSE18 rows of x, y in pixels and 2
where a joint shows, 1 hidden, 0 outside the picture), `bbox` (left, top, width, height), `area`, and `xyz_m`, `root_m`
(H36M17, camera axes).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.progress import track

from pose.files import written_beside
from synthetic.dataset import Wardrobe, sample
from synthetic.errors import SyntheticError
from synthetic.labels import FrameTruth

HELD_OUT = ("s08_", "s09_", "mm_", "14_20")
"""Beginnings of the names of sequences that are for testing only: they never get into a training picture."""

_BLOCK = 32
_JPEG_QUALITY = 95
_LEAST_APART_S = 0.25


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be drawn."""

    folder: Path
    count: int
    size: int
    seed: int
    people: tuple[int, int]
    mocap: tuple[Path, ...]


def read_poses(path: Path) -> NDArray[np.float32]:
    """Poses (N, 17, 3) in metres, y up, of a motion capture file, four a second, without held-out sequences.

    The file has `xyz` (frames, 17, 3) in mm with z up, and `starts`, `names` and `fps` of its sequences.

    Raises
    ------
    SyntheticError
        Where it is no such file or everything in it is held out.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            xyz, starts, names, fps = (file[name] for name in ("xyz", "starts", "names", "fps"))
    except (OSError, ValueError, KeyError) as error:
        raise SyntheticError(f"{path} is no motion capture file: {error}") from error
    kept = [
        xyz[start : end : max(1, round(float(rate) * _LEAST_APART_S))]
        for name, rate, start, end in zip(names, fps, starts[:-1], starts[1:], strict=True)
        if not str(name).startswith(HELD_OUT)
    ]
    if not kept:
        raise SyntheticError(f"{path} has nothing but held-out sequences")
    poses = np.concatenate(kept).astype(np.float32) / np.float32(1000)
    return np.stack([poses[..., 0], poses[..., 2], -poses[..., 1]], axis=-1)


def people_of(truth: FrameTruth) -> list[dict[str, Any]]:
    """Everybody's labels as they are written."""
    people = []
    for one in range(len(truth)):
        state = truth.inside[one].astype(np.int64) + truth.visible[one]
        joints = np.nan_to_num(truth.xy_px[one].astype(np.float64), nan=-1.0)
        people.append(
            {
                "keypoints": [[round(x, 2), round(y, 2), int(s)] for (x, y), s in zip(joints, state, strict=True)],
                "bbox": np.round(truth.box_px[one].astype(np.float64), 1).tolist(),
                "area": round(float(truth.area_px[one]), 1),
                "xyz_m": np.round(truth.xyz_m[one].astype(np.float64), 4).tolist(),
                "root_m": np.round(truth.root_m[one].astype(np.float64), 4).tolist(),
            }
        )
    return people


def draw_block(order: Order, first: int) -> list[str]:
    """Draw the pictures from `first` on, a block at most; lines for `labels.jsonl`.

    A block has its own people, so that it does not matter which process draws it.
    """
    cv2.setNumThreads(1)
    poses = np.concatenate([read_poses(path) for path in order.mocap]) if order.mocap else None
    wardrobe, lines = Wardrobe(), []
    for index in range(first, min(first + _BLOCK, order.count)):
        rng = np.random.default_rng([order.seed, index])
        image, truth = sample(rng, order.size, order.people, poses, wardrobe=wardrobe)
        name = f"{order.seed}_{index:06d}.jpg"
        if not cv2.imwrite(str(order.folder / name), image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]):
            raise SyntheticError(f"cannot write {order.folder / name}")
        lines.append(json.dumps({"file": name, "people": people_of(truth)}))
    return lines


def write_pictures(order: Order, jobs: int = 1) -> None:
    """Draw everything with `jobs` processes, and write the labels when all pictures are there."""
    order.folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    blocks = range(0, order.count, _BLOCK)
    for block in track(_drawn(order, blocks, jobs), "drawing", len(blocks)):
        lines += block
    with written_beside(order.folder / "labels.jsonl") as labels:
        labels.write_text("\n".join(lines) + "\n")


def _drawn(order: Order, blocks: range, jobs: int) -> Iterator[list[str]]:
    draw = partial(draw_block, order)
    if jobs == 1:
        yield from map(draw, blocks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(draw, blocks)


def main(
    out: Annotated[Path, typer.Argument(help="folder of the pictures and labels.jsonl")],
    count: Annotated[int, typer.Argument(min=1, help="how many pictures")],
    size: Annotated[int, typer.Option(min=16, help="width and height in pixels")] = 256,
    seed: Annotated[int, typer.Option(help="everything follows from it")] = 0,
    least: Annotated[int, typer.Option(min=0, help="least people in a picture")] = 1,
    most: Annotated[int, typer.Option(min=0, help="most people in a picture")] = 3,
    mocap: Annotated[list[Path] | None, typer.Option(help="motion capture to take half of the poses from")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes")] = 1,
) -> None:
    """Draw random training pictures of the synthetic actor with exact labels."""
    try:
        write_pictures(Order(out, count, size, seed, (least, most), tuple(mocap or ())), jobs)
    except SyntheticError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(int(error.exit_code)) from error
    typer.echo(f"{out}: {count} pictures")


if __name__ == "__main__":
    typer.run(main)
