from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from pose.errors import ExitCode
from stream.errors import StreamError
from stream.file import FileSource
from stream.folder import FolderSource
from stream.item import Item
from stream.pipeline import Pipeline
from stream.realtime import RealTime
from stream.source import SourceOptions, SourceState
from stream.sources import open_source
from tests.stream.clips import even_times, index_of, level, make_clip
from tests.stream.fakes import FunctionStage, MadeSource


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Eleven numbered images, of which one is damaged, and something else."""
    folder = tmp_path / "images"
    folder.mkdir()
    for index in range(11):
        suffix = (".png", ".jpg", ".bmp", ".webp")[index % 4]
        cv2.imwrite(str(folder / f"shot{index}{suffix}"), np.full((12, 16, 3), level(index), np.uint8))
    (folder / "shot4.png").write_bytes(b"no image")
    (folder / "notes.txt").write_text("not an image")
    return folder


# A folder of images


def test_images_come_as_people_number_them(images: Path) -> None:
    source = open_source(str(images), SourceOptions(fps=10))
    assert isinstance(source, FolderSource)
    assert (source.name, source.width, source.height, source.fps) == ("images", 16, 12, 10)
    assert (source.frame_count, source.duration_s) == (11, 1.1)
    frames = list(source.frames())
    assert [index_of(frame.image) for frame in frames] == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]
    assert [frame.time_s for frame in frames] == [frame.index / 10 for frame in frames]
    assert source.damaged == 1
    assert source.state is SourceState.ENDED
    source.close()


def test_seek_in_a_folder(images: Path) -> None:
    source = FolderSource(images, fps=10)
    for target_s, index in ((0.7, 7), (-1.0, 0), (50.0, 10)):
        source.seek(target_s)
        assert next(source.frames()).index == index
    source.close()
    assert list(source.frames()) == []


def test_images_keep_their_sizes(tmp_path: Path) -> None:
    for index, size in enumerate([(5, 3), (40, 30), (1, 1)]):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.zeros((size[1], size[0], 3), np.uint8))
    assert [frame.image.shape for frame in FolderSource(tmp_path).frames()] == [(3, 5, 3), (30, 40, 3), (1, 1, 3)]


def test_grey_and_transparent_images(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), np.full((6, 6), 77, np.uint8))
    cv2.imwrite(str(tmp_path / "2.png"), np.full((6, 6, 4), 77, np.uint8))
    for frame in FolderSource(tmp_path).frames():
        assert frame.image.shape == (6, 6, 3)
        assert np.abs(frame.image.astype(int) - 77).max() <= 1


def test_a_folder_without_images(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="holds no images"):
        FolderSource(tmp_path)
    (tmp_path / "a.png").write_text("no image")
    with pytest.raises(StreamError, match=r"none of the 1 images in .+ can be read"):
        FolderSource(tmp_path)


# Real time


def test_a_file_plays_at_its_own_speed(tmp_path: Path) -> None:
    times = [1.0, 1.05, 1.2, 1.25, 1.4]
    source = open_source(str(make_clip(tmp_path / "clip.mkv", times)), SourceOptions(realtime=True))
    assert source.live
    start = time.perf_counter()
    for frame in source.frames():
        now = time.perf_counter()
        assert now - start >= frame.time_s - 1.0 - 0.01
        assert 0 <= now - source.captured_s(frame) < 1.0
    assert time.perf_counter() - start >= 0.39
    assert source.state is SourceState.ENDED
    source.close()


def test_a_file_in_real_time_drops_what_a_slow_stage_cannot_take(tmp_path: Path) -> None:
    source = open_source(str(make_clip(tmp_path / "clip.mp4", even_times(30, 60))), SourceOptions(realtime=True))

    def wait(item: Item) -> Item:
        time.sleep(0.06)
        return item

    with Pipeline(source, [FunctionStage("slow", wait)]) as pipeline:
        items = list(pipeline)
    assert pipeline.dropped > 5
    assert len(items) + pipeline.dropped == 30


def test_the_clock_starts_anew_after_a_pause() -> None:
    made = MadeSource(60)
    source = RealTime(made)
    frames = source.frames()
    next(frames)
    time.sleep(0.6)  # 18 frames late
    start = time.perf_counter()
    for _ in range(6):
        next(frames)
    assert time.perf_counter() - start > 0.1


def test_a_jump_is_shown_at_once_and_close_ends_the_wait() -> None:
    source = RealTime(MadeSource(None))
    next(source.frames())
    source.seek(1000.0)
    start = time.perf_counter()
    frames = source.frames()
    assert next(frames).index == 30_000
    assert time.perf_counter() - start < 5
    source.close()
    assert list(frames) == []


# By name


def test_a_video_file_opens_by_its_path(tmp_path: Path) -> None:
    source = open_source(str(make_clip(tmp_path / "a b.mp4", even_times(2))))
    assert isinstance(source, FileSource)
    source.close()


@pytest.mark.parametrize("spec", ["", "nothing.mp4", "rtps://typo", "webcam"])
def test_an_unknown_name_says_what_a_source_is(spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StreamError) as caught:
        open_source(spec)
    assert caught.value.exit_code is ExitCode.WRONG_USAGE
