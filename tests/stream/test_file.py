from __future__ import annotations

import contextlib
import os
import wave
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pose.errors import ExitCode
from pose.types import Frame, Image
from stream.errors import StreamError
from stream.file import FileSource
from stream.source import SourceState
from tests.stream.clips import even_times, index_of, make_clip, quarters, turn_in_header

BLUE, GREEN, RED, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def read(path: Path) -> list[Frame]:
    source = FileSource(path)
    try:
        return list(source.frames())
    finally:
        source.close()


Colour = tuple[int, ...]


def corners(image: Image) -> list[Colour]:
    """The corner colours, each channel 0 or 255: top left, top right, bottom left, bottom right."""
    height, width = image.shape[:2]
    places = [(h, w) for h in (height // 5, -height // 5) for w in (width // 5, -width // 5)]
    return [tuple(255 if channel > 127 else 0 for channel in image[place]) for place in places]


def test_every_frame_comes_in_order_with_its_number_and_time(tmp_path: Path) -> None:
    frames = read(make_clip(tmp_path / "clip.mp4", even_times(25)))
    assert [frame.index for frame in frames] == list(range(25))
    assert [index_of(frame.image) for frame in frames] == [index % 11 for index in range(25)]
    np.testing.assert_allclose([frame.time_s for frame in frames], even_times(25), atol=1e-4)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(1, 90_000), min_size=1, max_size=12), first=st.integers(0, 180_000))
def test_presentation_times_are_the_containers(tmp_path: Path, steps: list[int], first: int) -> None:
    times = list(np.cumsum([first, *steps]) / 90_000)
    frames = read(make_clip(tmp_path / "clip.mkv", times))
    np.testing.assert_allclose([frame.time_s for frame in frames], times, atol=1e-3)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "ts"])
def test_a_clip_need_not_begin_at_zero(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"clip.{suffix}", [2.0 + time for time in even_times(5)])
    with av.open(str(path)) as container:
        truth = [frame.time for frame in container.decode(video=0)]
    assert truth[0] >= 2.0
    assert [frame.time_s for frame in read(path)] == pytest.approx(truth, abs=1e-4)


def test_what_the_source_says_of_itself(tmp_path: Path) -> None:
    source = FileSource(make_clip(tmp_path / "clip.mp4", even_times(30), size=(66, 50)))
    assert (source.name, source.width, source.height) == ("clip.mp4", 66, 50)
    assert (source.fps, source.frame_count) == (30.0, 30)
    assert source.duration_s == pytest.approx(1.0, abs=1e-3)
    assert (source.live, source.seekable, source.damaged, source.state) == (False, True, 0, SourceState.LIVE)
    list(source.frames())
    assert source.state is SourceState.ENDED
    source.close()
    source.close()
    assert list(source.frames()) == []


@pytest.mark.parametrize(
    ("clockwise", "upright"),
    [(90, [RED, BLUE, WHITE, GREEN]), (180, [WHITE, RED, GREEN, BLUE]), (270, [GREEN, WHITE, BLUE, RED])],
)
def test_the_picture_is_turned_as_the_header_says(
    tmp_path: Path, clockwise: int, upright: list[tuple[int, int, int]]
) -> None:
    path = make_clip(tmp_path / "clip.mp4", even_times(2), image=quarters(64, 48))
    assert corners(read(path)[0].image) == [BLUE, GREEN, RED, WHITE]
    turn_in_header(path, clockwise)
    source = FileSource(path)
    image = next(source.frames()).image
    source.close()
    assert corners(image) == upright
    assert image.shape[:2] == (source.height, source.width) == ((48, 64) if clockwise == 180 else (64, 48))


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "suffix"),
    [
        ("libx264", "yuv444p", "mp4"),
        ("libx264", "yuv420p10le", "mp4"),
        ("libx264", "yuvj420p", "mp4"),
        ("libx264rgb", "bgr24", "mkv"),
        ("mpeg4", "yuv420p", "avi"),
        ("mjpeg", "yuvj422p", "avi"),
        ("ffv1", "bgra", "mkv"),
        ("libvpx-vp9", "yuv420p", "webm"),
        ("png", "rgb24", "mov"),
        ("gif", "rgb8", "gif"),
    ],
)
def test_any_pixel_format_becomes_bgr(tmp_path: Path, codec: str, pix_fmt: str, suffix: str) -> None:
    path = tmp_path / f"clip.{suffix}"
    ticks = 30 if suffix in ("avi", "gif") else 90_000
    make_clip(path, even_times(3), codec=codec, pix_fmt=pix_fmt, image=quarters(64, 48), ticks_per_s=ticks)
    frames = read(path)
    assert len(frames) == 3
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.shape == (48, 64, 3)
        assert frame.image.flags.c_contiguous
        assert corners(frame.image) == [BLUE, GREEN, RED, WHITE]


def test_grey_keeps_its_levels(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "c.mkv", even_times(3), codec="ffv1", pix_fmt="gray")
    for index, frame in enumerate(read(path)):
        assert np.abs(frame.image.astype(int) - (20 + 20 * index)).max() <= 2


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (101, 77), (2, 300)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    path = make_clip(tmp_path / "c.mkv", even_times(2), size=size, codec="ffv1", pix_fmt="bgr0")
    assert [frame.image.shape for frame in read(path)] == [(size[1], size[0], 3)] * 2


def test_one_frame(tmp_path: Path) -> None:
    assert len(read(make_clip(tmp_path / "clip.mp4", [0.0]))) == 1


def test_seek_stands_at_the_first_frame_at_or_after_the_time(tmp_path: Path) -> None:
    source = FileSource(make_clip(tmp_path / "clip.mp4", even_times(60)))
    for target, expected in ((1.0, 30), (0.51, 16), (0.0, 0), (-5.0, 0), (1.9, 57), (99.0, 59)):
        source.seek(target)
        frame = next(source.frames())
        assert frame.index == expected
        assert frame.time_s == pytest.approx(expected / 30, abs=1e-4)
        assert index_of(frame.image) == expected % 11
    source.close()


def test_frames_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    source = FileSource(make_clip(tmp_path / "clip.mp4", even_times(6)))
    assert next(source.frames()).index == 0
    assert [frame.index for frame in source.frames()] == [1, 2, 3, 4, 5]
    source.close()


# Files that are not as they should be


def noise(index: int) -> Image:
    """A picture that does not compress, so that all packets have about one size."""
    return np.random.default_rng(index).integers(0, 255, (48, 64, 3), np.uint8)


def whole_clip(folder: Path, suffix: str) -> Path:
    """90 pictures; an mp4 has its index in front, so that it can be read though its end is gone."""
    codec, ticks = ("mpeg4", 30) if suffix == "avi" else ("libx264", 90_000)
    whole = make_clip(
        folder / f"made.{suffix}", even_times(90), images=noise, key_every=5, codec=codec, ticks_per_s=ticks
    )
    if suffix != "mp4":
        return whole
    front = folder / "front.mp4"
    with av.open(str(whole)) as source, av.open(str(front), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    return front


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_a_truncated_file_gives_what_is_there_and_says_when_it_broke(tmp_path: Path, suffix: str) -> None:
    whole = whole_clip(tmp_path, suffix)
    with av.open(str(whole)) as container:
        ends = [packet.pos + packet.size for packet in container.demux(video=0) if packet.pos is not None]
    everything = read(whole)
    broken = tmp_path / f"broken.{suffix}"
    for kept in (1, 2, 9, 18, 27, 45, 63, 80, 86, 87):
        broken.write_bytes(whole.read_bytes()[: ends[kept] - 20])  # 20 bytes short of one more picture
        source = FileSource(broken)
        frames: list[Frame] = []
        with pytest.raises(StreamError, match="breaks off") as caught:
            frames.extend(source.frames())
        source.close()
        assert caught.value.exit_code is ExitCode.READ_IN_PART
        assert f"breaks off at {kept / 30:.2f} s after {kept} frames" in str(caught.value)
        assert [frame.time_s for frame in frames] == [frame.time_s for frame in everything[:kept]]
        for frame, good in zip(frames, everything, strict=False):
            np.testing.assert_array_equal(frame.image, good.image)


def test_damaged_pictures_are_left_out_and_counted(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mov", even_times(20), images=noise, codec="png", pix_fmt="rgb24")
    data = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        starts = [packet.pos for packet in container.demux(video=0) if packet.pos is not None]
    for index in (3, 11):
        data[starts[index] + 8 : starts[index] + 40] = bytes(32)
    whole.write_bytes(data)
    source = FileSource(whole)
    frames = list(source.frames())
    source.close()
    assert source.damaged == 2
    assert [round(frame.time_s * 30) for frame in frames] == [i for i in range(20) if i not in (3, 11)]


def test_bytes_that_are_wrong_in_the_middle_do_no_harm(tmp_path: Path) -> None:
    whole = whole_clip(tmp_path, "mp4")
    good = whole.read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(5):
        data = bytearray(good)
        for place in rng.integers(4000, len(data), 40):
            data[place] ^= 0xFF
        whole.write_bytes(data)
        source = FileSource(whole)
        times = []
        with contextlib.suppress(StreamError):
            for frame in source.frames():
                assert frame.image.shape == (48, 64, 3)
                times.append(frame.time_s)
        source.close()
        assert times == sorted(times)
        assert len(times) + source.damaged >= 30


def no_file(folder: Path) -> Path:
    return folder / "none.mp4"


def empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def text(folder: Path) -> Path:
    (folder / "text.mp4").write_text("This is no film.\n" * 200)
    return folder / "text.mp4"


def text_with_its_own_name(folder: Path) -> Path:
    (folder / "notes.txt").write_text("This is no film.\n" * 200)
    return folder / "notes.txt"


def zeros(folder: Path) -> Path:
    (folder / "zeros.mp4").write_bytes(bytes(10_000))
    return folder / "zeros.mp4"


def sound_only(folder: Path) -> Path:
    with wave.open(str(folder / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))
    return folder / "sound.wav"


def index_lost(folder: Path) -> Path:
    whole = make_clip(folder / "lost.mp4", even_times(30), images=noise)
    whole.write_bytes(whole.read_bytes()[:-3000])
    return whole


def no_frames(folder: Path) -> Path:
    with av.open(str(folder / "none.avi"), "w") as container:
        stream = container.add_stream("mjpeg", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        container.start_encoding()
    return folder / "none.avi"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.mp4")
    return folder / "pipe.mp4"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (no_file, "there is no file"),
        (empty, "is empty"),
        (text, "is not a video"),
        (text_with_its_own_name, "is not a video"),
        (zeros, "is not a video"),
        (sound_only, "sound but no video"),
        (index_lost, "is not a video that can be read"),
        (no_frames, "holds no picture"),
        (pipe, "is not a file"),
        (Path, "is not a file"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path, make: Callable[[Path], Path], says: str) -> None:
    path = make(tmp_path)
    with pytest.raises(StreamError, match=says) as caught:
        FileSource(path)
    assert caught.value.exit_code is ExitCode.WRONG_USAGE
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_clip(tmp_path / "clip.mp4", [0.0])

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # whoever runs the tests may be root, whom no mode keeps out
    with pytest.raises(StreamError, match=r"cannot be read: Permission denied"):
        FileSource(path)


def test_nothing_reaches_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = whole_clip(tmp_path, "mp4")
    whole.write_bytes(whole.read_bytes()[:-5000])
    with pytest.raises(StreamError):
        read(whole)
    with pytest.raises(StreamError):
        FileSource(text(tmp_path))
    assert capfd.readouterr() == ("", "")
