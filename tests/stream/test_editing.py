from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pose.errors import ExitCode
from pose.types import Frame, Image
from stream.edit_options import EditOptions, parse_crop, parse_time
from stream.editing import EditedSource
from stream.errors import StreamError
from stream.file import FileSource
from stream.pipeline import Pipeline
from stream.realtime import RealTime
from stream.source import SourceOptions, SourceState
from stream.sources import open_source
from tests.stream.clips import even_times, index_of, level, make_clip, quarters, turn_in_header

UNEVEN = [2.0, 2.01, 2.2, 2.21, 2.22, 2.5, 3.4, 3.41, 3.5, 4.0, 4.04, 4.08, 5.0, 5.5, 5.51, 5.52, 6.0, 6.3, 6.31, 7.0]
"""Times of a clip of variable rate that does not begin at 0."""


def edited(path: Path, **asked: object) -> list[Frame]:
    source = open_source(str(path), SourceOptions(edit=EditOptions(**asked)))  # type: ignore[arg-type]
    try:
        return list(source.frames())
    finally:
        source.close()


def whole(path: Path) -> list[Frame]:
    return edited(path)


def same(frames: list[Frame], expected: list[Frame]) -> bool:
    """Whether these are the same frames: number, time and picture."""
    return [(frame.index, frame.time_s) for frame in frames] == [
        (frame.index, frame.time_s) for frame in expected
    ] and (all(np.array_equal(a.image, b.image) for a, b in zip(frames, expected, strict=True)))


def corner_picture(index: int) -> Image:
    """Four quarters and a stripe that moves with the number."""
    image = quarters(64, 48)
    image[:, 5 * index % 64] = 0
    return image


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("uneven") / "clip.mkv", UNEVEN, key_every=6, b_frames=2)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("drawn") / "clip.mkv"
    return make_clip(path, even_times(10), codec="ffv1", pix_fmt="bgr0", images=corner_picture)


# The part


def test_a_part_keeps_numbers_and_times(tmp_path: Path) -> None:
    frames = edited(make_clip(tmp_path / "clip.mp4", even_times(90)), start_s=1.0, end_s=2.0)
    assert [frame.index for frame in frames] == list(range(30, 60))
    assert [index_of(frame.image) for frame in frames] == [index % 11 for index in range(30, 60)]
    np.testing.assert_allclose([frame.time_s for frame in frames], even_times(90)[30:60], atol=1e-4)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.one_of(st.sampled_from(UNEVEN), st.floats(0, 7.0)),
    length=st.floats(0.001, 9.0),
    every=st.integers(1, 5),
)
@example(start=2.0, length=0.01, every=1)
@example(start=7.0, length=0.01, every=3)
def test_the_part_is_exact_to_the_frame(uneven: Path, start: float, length: float, every: int) -> None:
    everything = whole(uneven)
    expected = [frame for frame in everything if start <= frame.time_s < start + length][::every]
    if expected:
        assert same(edited(uneven, start_s=start, end_s=start + length, every=every), expected)
    else:
        with pytest.raises(StreamError, match="has no frame"):
            edited(uneven, start_s=start, end_s=start + length, every=every)


@pytest.mark.parametrize(
    ("name", "codec", "b_frames"),
    [
        ("a.mp4", "libx264", 0),
        ("b.mp4", "libx264", 2),
        ("b.mov", "libx264", 3),
        ("b.mkv", "libx264", 2),
        ("b.ts", "libx264", 2),
        ("b.flv", "libx264", 2),
        ("a.avi", "mpeg4", 0),
        ("a.webm", "libvpx-vp9", 0),
        ("a.mpg", "mpeg2video", 2),
        ("a.ts", "mpeg2video", 2),
        ("b.avi", "mpeg4", 2),
    ],
)
def test_every_container_is_cut_at_the_same_frame(tmp_path: Path, name: str, codec: str, b_frames: int) -> None:
    ticks = 30 if codec.startswith("mpeg") else 90_000
    path = make_clip(tmp_path / name, even_times(50), codec=codec, b_frames=b_frames, ticks_per_s=ticks)
    everything = whole(path)
    assert len(everything) == 50
    for number in (1, 11, 12, 13, 23, 25, 30, 47, 49):
        frames = edited(path, start_s=everything[number].time_s)
        assert same(frames, everything[number:])


def test_a_part_of_a_folder(tmp_path: Path) -> None:
    for index in range(12):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((6, 8, 3), level(index), np.uint8))
    options = SourceOptions(fps=10, edit=EditOptions(start_s=0.26, end_s=0.9, every=2))
    source = open_source(str(tmp_path), options)
    frames = list(source.frames())
    assert [frame.index for frame in frames] == [3, 5, 7]
    assert (source.frame_count, source.fps) == (3, 5.0)
    assert source.duration_s == pytest.approx(0.64)
    source.close()


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 90),
        ({"every": 7}, 13),
        ({"start_s": 1.0}, 60),
        ({"end_s": 1.0}, 30),
        ({"start_s": 0.5, "end_s": 2.51}, 61),
        ({"start_s": 0.5, "end_s": 2.5, "every": 4}, 15),
        ({"start_s": 2.5, "end_s": 99.0}, 15),
    ],
)
def test_what_the_part_says_of_itself(tmp_path: Path, asked: dict[str, float], count: int) -> None:
    path = make_clip(tmp_path / "clip.mp4", even_times(90))
    source = EditedSource(FileSource(path), EditOptions(**asked))  # type: ignore[arg-type]
    assert (source.live, source.seekable, source.state) == (False, True, SourceState.LIVE)
    assert source.frame_count == count == len(list(source.frames()))
    assert source.fps == pytest.approx(30 / asked.get("every", 1))
    span_s = min(3.0, asked.get("end_s", 3.0)) - asked.get("start_s", 0.0)
    assert source.duration_s == pytest.approx(span_s, abs=1e-3)
    assert source.state is SourceState.ENDED
    assert list(source.frames()) == []
    source.close()
    source.close()


@pytest.mark.parametrize("asked", [{}, {"start_s": 2.2, "end_s": 6.0}, {"start_s": 2.01, "end_s": 5.51, "every": 3}])
def test_seek_stays_in_the_part(uneven: Path, asked: dict[str, float]) -> None:
    everything = edited(uneven, **asked)
    source = EditedSource(FileSource(uneven), EditOptions(**asked))  # type: ignore[arg-type]
    for target_s in (2.22, 5.0, -3.0, 4.05, 99.0, 5.505, 2.2, 3.45, 7.0):
        source.seek(target_s)
        assert same(list(source.frames()), [f for f in everything if f.time_s >= target_s] or everything[-1:])
    source.close()


def test_a_pipeline_jumps_in_the_part(uneven: Path) -> None:
    with Pipeline(EditedSource(FileSource(uneven), EditOptions(start_s=2.2, end_s=6.0)), []) as pipeline:
        assert [item.frame.index for item in pipeline] == list(range(2, 16))


def test_a_part_in_real_time(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", even_times(30))
    source = open_source(str(path), SourceOptions(realtime=True, edit=EditOptions(start_s=0.5, end_s=0.7)))
    assert isinstance(source, RealTime)
    assert [frame.index for frame in source.frames()] == list(range(15, 21))
    source.close()


# The picture


def test_pictures_turn_clockwise(drawn: Path) -> None:
    upright = whole(drawn)[3].image
    assert np.array_equal(edited(drawn, rotate_deg=90)[3].image, np.rot90(upright, -1))
    assert np.array_equal(edited(drawn, rotate_deg=180)[3].image, np.rot90(upright, 2))
    assert np.array_equal(edited(drawn, rotate_deg=270)[3].image, np.rot90(upright, 1))


def test_four_quarter_turns_are_none(drawn: Path) -> None:
    source = FileSource(drawn)
    four = source
    for _ in range(4):
        four = EditedSource(four, EditOptions(rotate_deg=90))  # type: ignore[assignment]
    assert (four.width, four.height) == (64, 48)
    assert same(list(four.frames()), whole(drawn))
    four.close()


@pytest.mark.parametrize("rotate_deg", [0, 90, 180, 270])
def test_a_crop_is_of_the_turned_picture(drawn: Path, rotate_deg: int) -> None:
    x, y, w, h = crop = (7, 3, 31, 40)
    turned = edited(drawn, rotate_deg=rotate_deg)
    source = open_source(str(drawn), SourceOptions(edit=EditOptions(rotate_deg=rotate_deg, crop_px=crop)))
    assert (source.width, source.height) == (31, 40)
    for frame, uncut in zip(source.frames(), turned, strict=True):
        assert frame.image.flags.c_contiguous
        assert np.array_equal(frame.image, uncut.image[y : y + h, x : x + w])
    source.close()


def test_the_header_turns_first(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", even_times(2), image=quarters(64, 48))
    turn_in_header(path, 90)
    upright = whole(path)
    assert upright[0].image.shape == (64, 48, 3)
    assert np.array_equal(edited(path, rotate_deg=90)[0].image, np.rot90(upright[0].image, -1))
    assert edited(path, crop_px=(0, 60, 48, 4))[0].image.shape == (4, 48, 3)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"crop_px": (0, 0, 65, 48)}, r"leaves the picture: clip.mkv is 64x48"),
        ({"crop_px": (0, 0, 64, 48), "rotate_deg": 90}, r"leaves the picture: clip.mkv is 48x64"),
        ({"start_s": 0.34}, r"no frame from 0.34 s on: it begins at 0.00 s and ends at 0.33 s"),
        ({"start_s": 99.0, "every": 2}, "no frame from 99 s on"),
        ({"start_s": 0.11, "end_s": 0.12}, "no frame from 0.11 s on and before 0.12 s"),
    ],
)
def test_what_is_not_there_is_one_line(drawn: Path, asked: dict[str, object], says: str) -> None:
    with pytest.raises(StreamError, match=says) as caught:
        edited(drawn, **asked)
    assert caught.value.exit_code is ExitCode.WRONG_USAGE
    assert "\n" not in str(caught.value)


def test_a_clip_that_begins_after_the_part(uneven: Path) -> None:
    with pytest.raises(StreamError, match=r"no frame before 1\.5 s: it begins at 2\.00 s"):
        edited(uneven, end_s=1.5)


def test_an_image_that_is_too_small_for_the_crop(tmp_path: Path) -> None:
    for index, size in enumerate([(40, 30), (40, 30), (20, 30)]):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.zeros((size[1], size[0], 3), np.uint8))
    frames = open_source(str(tmp_path), SourceOptions(edit=EditOptions(crop_px=(10, 0, 20, 30)))).frames()
    assert [next(frames).image.shape, next(frames).image.shape] == [(30, 20, 3)] * 2
    with pytest.raises(StreamError, match=r"picture 2 of .+ is 20x30") as caught:
        next(frames)
    assert caught.value.exit_code is ExitCode.READ_IN_PART


# Files that break


def test_a_break_matters_only_in_the_part(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mkv", even_times(60))
    everything = whole(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert same(edited(path, end_s=0.5), everything[:15])
    source = open_source(str(path), SourceOptions(edit=EditOptions(start_s=0.5)))
    frames: list[Frame] = []
    with pytest.raises(StreamError, match="breaks off") as caught:
        frames.extend(source.frames())
    source.close()
    assert caught.value.exit_code is ExitCode.READ_IN_PART
    assert same(frames, everything[15 : 15 + len(frames)])
    assert len(frames) > 5
    with pytest.raises(StreamError, match="breaks off") as caught:
        edited(path, start_s=1.9)
    assert caught.value.exit_code is ExitCode.WRONG_USAGE


# What a user may write


@pytest.mark.parametrize("spec", ["0", "/dev/video3", "rtsp://user:secret@host/stream", "actor"])
def test_other_sources_refuse(spec: str) -> None:
    with pytest.raises(StreamError, match="for video files and folders of images only") as caught:
        open_source(spec, SourceOptions(edit=EditOptions(every=2)))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "asked",
    [
        {"start_s": -1.0},
        {"start_s": float("nan")},
        {"start_s": 2.0, "end_s": 2.0},
        {"end_s": 0.0},
        {"rotate_deg": 45},
        {"rotate_deg": 360},
        {"every": 0},
        {"crop_px": (-1, 0, 5, 5)},
        {"crop_px": (0, 0, 0, 5)},
    ],
)
def test_options_that_make_no_sense(asked: dict[str, object]) -> None:
    with pytest.raises(StreamError):
        EditOptions(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:10", 10), ("1:02:03.5", 3723.5), ("12.5", 12.5), ("0", 0), ("90", 90), ("75:00", 4500), (" 1:00 ", 60)],
)
def test_times(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@given(st.integers(0, 359_999_999))
def test_every_time_reads_back(milliseconds: int) -> None:
    minutes, rest = divmod(milliseconds, 60_000)
    clock = f"{minutes // 60}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
    assert parse_time(clock) == pytest.approx(milliseconds / 1000, abs=1e-6)


@pytest.mark.parametrize("text", ["", ":", "1:", ":10", "1:60", "1:60:00", "1:2:3:4", "-1", "1e3", "nan", "10s", "1,5"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        parse_time(text)


def test_crops() -> None:
    assert parse_crop("100, 0,640,480") == (100, 0, 640, 480)
    for text in ("", "1,2,3", "1,2,3,4,5", "-1,2,3,4", "1,2,0,4", "a,b,c,d", "1.5,2,3,4", "1,2,3,"):
        with pytest.raises(ValueError, match="is no crop"):
            parse_crop(text)
