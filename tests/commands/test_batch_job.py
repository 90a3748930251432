"""Tasks of a worker on clips of which everything is known, with a detector that reads the pictures' grey."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commands.batch_job import _work
from commands.engine import Engine
from commands.options import FileOptions, PoseOptions
from export.poses import load_poses
from pose.errors import LiftCamError
from pose.types import Image, People
from stream.batch.listing import Clip
from stream.batch.plan import planner
from stream.batch.tasks import Outcome, ProcessTask
from stream.batch.worker import Work, failure
from stream.edit_options import EditOptions
from tests.stream.clips import even_times, make_clip

POSE = PoseOptions("auto", None, 256, 1, 0.3, 60.0)


class GreyDetector:
    """One person who stands further to the right in a lighter picture, and stretches with it."""

    name = engine = "grey"

    def detect(self, image: Image) -> People:
        grey = float(image.mean())
        joints = np.stack([np.linspace(20, 30, 18) + grey / 12, np.linspace(5, 40, 18) * (1 + grey / 2000)], axis=-1)
        return People.detected(joints[None].astype(np.float32), np.full((1, 18), 0.9, np.float32))

    def close(self) -> None: ...


def brightness(index: int) -> Image:
    return np.full((48, 64, 3), round(128 + 100 * np.sin(index / 15)), np.uint8)


def done(options: FileOptions, clip: Path, folder: Path, piece_s: float | None) -> tuple[Outcome, list[str], int]:
    """Process a clip as a batch does: what became of it, what was said, and how many tasks it took."""
    work = partial(_work, Engine(GreyDetector(), "grey", POSE), options, lambda _: None)
    said: list[str] = []
    tasks = 0
    folder.mkdir()
    steps = planner(piece_s)(Clip(clip, clip.name), folder, said.append)
    payloads = next(steps)
    while True:
        tasks += len(payloads)
        try:
            payloads = steps.send([_tried(work, payload) for payload in payloads])
        except StopIteration as end:
            return end.value, said, tasks


def _tried(work: Work, payload: Any) -> Any:
    """As in a worker: what a task gives, or why it failed."""
    try:
        return work(payload, lambda _done, _of: None)
    except LiftCamError as error:
        return failure(0, error, "")


@pytest.mark.parametrize(
    "edit",
    [EditOptions(), EditOptions(every=3), EditOptions(start_s=2.05, end_s=10.0, every=2, crop_px=(2, 2, 60, 44))],
)
@pytest.mark.parametrize("times_s", [even_times(130, 10.0), [0.1 * one + 0.04 * (one % 3) for one in range(130)]])
def test_a_clip_in_pieces_gives_what_it_gives_in_one(edit: EditOptions, times_s: list[float], tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", times_s, images=brightness, b_frames=2)
    options = FileOptions(POSE, "", None, False, False, (320, 240), exports=("npz",), edit=edit)
    whole, _, one_task = done(options, clip, tmp_path / "whole", None)
    pieces, said, many_tasks = done(options, clip, tmp_path / "pieces", 3.0)
    assert (one_task, said) == (1, [])
    assert many_tasks >= 5
    assert replace(pieces, seconds=0.0) == replace(whole, seconds=0.0)
    assert whole.frames > 30
    first, second = (load_poses(tmp_path / name / "poses.npz") for name in ("whole", "pieces"))
    for name in ("frame_index", "time_s", "track_id", "xy_px", "score", "raw_xy_px", "xyz_m", "root_m", "valid"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_a_clip_that_breaks_off_is_done_in_one_piece_and_keeps_what_was_read(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mkv", even_times(130, 10.0), images=brightness)
    content = clip.read_bytes()
    clip.write_bytes(content[: len(content) * 3 // 4])
    options = FileOptions(POSE, "", None, False, False, (320, 240), exports=("npz",))
    whole, _, _ = done(options, clip, tmp_path / "whole", None)
    pieces, said, _ = done(options, clip, tmp_path / "pieces", 3.0)
    assert "breaks off" in whole.broken
    assert replace(pieces, seconds=0.0) == replace(whole, seconds=0.0)
    assert len(said) == 1
    assert "is done in one piece" in said[0]


def test_progress_counts_frames_once_or_twice_where_a_video_is_drawn(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", even_times(12), images=brightness)
    for exports, ends_at in ((("npz",), 12), (("npz", "mp4"), 24)):
        heard: list[tuple[int, int | None]] = []
        options = FileOptions(POSE, "", None, False, False, (320, 240), exports=exports)
        folder = tmp_path / str(ends_at)
        engine = Engine(GreyDetector(), "grey", POSE)
        _work(engine, options, lambda _: None, ProcessTask(clip, folder), lambda *one: heard.append(one))  # noqa: B023
        assert [one for one, _ in heard] == list(range(1, ends_at + 1))
        assert {of for _, of in heard} == {ends_at}
