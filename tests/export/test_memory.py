"""Writers need little memory beside the poses: half an hour of somebody must not take half a gigabyte more."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from export.formats import FORMATS, export_poses
from tests.export.people import walkers

SHORT, LONG = 2_500, 6_500
"""Frames: more than are worked on at a time."""

MOST_A_FRAME = 1_600
"""Bytes; one person's motion in double precision is 408 of them. Text of a frame as Python objects takes 3,000 up."""


def _peak_bytes(name: str, frames: int, folder: Path) -> int:
    poses = walkers(list(range(frames)))
    export_poses(poses, folder, "warm", [name])  # what is loaded once does not count
    tracemalloc.start()
    try:
        export_poses(poses, folder, "clip", [name])
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("html", "json", "csv")])
def test_what_a_writer_needs_hardly_grows_with_a_clip(name: str, tmp_path: Path) -> None:
    for module in FORMATS[name].needs:
        pytest.importorskip(module)
    few, many = (_peak_bytes(name, frames, tmp_path) for frames in (SHORT, LONG))
    assert (many - few) / (LONG - SHORT) < MOST_A_FRAME
