from __future__ import annotations

import contextlib
import errno
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pose.errors import ExitCode
from pose.types import Image
from stream.errors import StreamError
from stream.recording import VideoWriter
from tests.stream.clips import index_of, level, quarters


def grey(index: int, width: int = 64, height: int = 48) -> Image:
    return np.full((height, width, 3), level(index), np.uint8)


def read_back(path: Path) -> tuple[list[float], list[Image], float]:
    """Times, pictures and length, by PyAV alone."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert stream.duration is not None
        assert stream.time_base is not None
        images = [frame.to_ndarray(format="bgr24").astype(np.uint8) for frame in frames]
        return [frame.time for frame in frames], images, float(stream.duration * stream.time_base)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.floats(0.002, 3.0), max_size=12), start_s=st.floats(0, 1e4))
def test_times_are_those_given(tmp_path: Path, steps: list[float], start_s: float) -> None:
    path = tmp_path / "out.mp4"
    times = start_s + np.cumsum([0.0, *steps])
    with VideoWriter(path, 64, 48, fps=25) as video:
        for index, time_s in enumerate(times):
            video.write(grey(index), time_s)
    read_times, images, length_s = read_back(path)
    np.testing.assert_allclose(read_times, times - start_s, atol=5e-5)
    assert [index_of(image) for image in images] == [index % 11 for index in range(len(times))]
    assert length_s == pytest.approx(times[-1] - start_s + 1 / 25, abs=1e-4)


def test_a_given_start_keeps_the_offset_of_the_clip(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mp4", 64, 48, fps=30, start_s=0.0) as video:
        for index in range(3):
            video.write(grey(index), 0.5 + index / 30)
    assert read_back(tmp_path / "out.mp4")[0] == pytest.approx([0.5, 0.5 + 1 / 30, 0.5 + 2 / 30], abs=1e-4)


def test_times_that_do_not_grow_keep_their_pictures(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mp4", 64, 48) as video:
        for index, time_s in enumerate([1.0, 1.0, 0.5, 1.1]):
            video.write(grey(index), time_s)
    times, images, _ = read_back(tmp_path / "out.mp4")
    assert [index_of(image) for image in images] == [0, 1, 2, 3]
    assert times == pytest.approx([0, 0, 0, 0.1], abs=1e-3)


@pytest.mark.parametrize("size", [(64, 48), (65, 49), (1, 1), (101, 20), (320, 7)])
def test_colours_and_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    image = quarters(width, height)
    image[:] = np.where(image > 0, 200, 30)
    with VideoWriter(tmp_path / "out.mp4", width, height) as video:
        video.write(image, 0.0)
    _, (read,), _ = read_back(tmp_path / "out.mp4")
    assert read.shape == (height + height % 2, width + width % 2, 3)
    for h, w in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert np.abs(read[h, w].astype(int) - image[h, w]).max() < 12, (h, w)


def test_the_file_is_h264_that_browsers_play_with_its_index_in_front(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mp4", 64, 48) as video:
        video.write(grey(0), 0.0)
    with av.open(str(tmp_path / "out.mp4")) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt) == ("h264", "yuv420p")
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "out.mp4"
    with VideoWriter(path, 64, 48) as video:
        video.write(grey(0), 0.0)
        assert [file.name for file in path.parent.iterdir()] == ["out.mp4.partial"]
    assert [file.name for file in path.parent.iterdir()] == ["out.mp4"]
    video.close()
    assert len(read_back(path)[0]) == 1


def test_nothing_written_leaves_nothing(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mp4", 64, 48):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_before_an_interruption_is_kept(tmp_path: Path) -> None:
    with contextlib.suppress(KeyboardInterrupt), VideoWriter(tmp_path / "out.mp4", 64, 48) as video:
        for index in range(5):
            video.write(grey(index), index / 30)
        raise KeyboardInterrupt
    assert len(read_back(tmp_path / "out.mp4")[0]) == 5


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_text("old")
    with VideoWriter(tmp_path / "out.mp4", 64, 48) as video:
        video.write(grey(0), 0.0)
        assert (tmp_path / "out.mp4").read_text() == "old"
    assert len(read_back(tmp_path / "out.mp4")[0]) == 1


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 x 48"):
        VideoWriter(tmp_path / "out.mp4", 0, 48)
    with VideoWriter(tmp_path / "out.mp4", 64, 48) as video:
        with pytest.raises(ValueError, match="takes pictures of 64 x 48, not 48 x 64"):
            video.write(grey(0, 48, 64), 0.0)
        video.write(grey(0), 0.0)
    with pytest.raises(ValueError, match="is closed"):
        video.write(grey(0), 1.0)


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StreamError, match=r"out\.mp4 cannot be written: .*nothing of it was kept") as caught:
        VideoWriter(tmp_path / "file" / "out.mp4", 64, 48)
    assert caught.value.exit_code is ExitCode.WRONG_USAGE
    (tmp_path / "out.mp4.partial").mkdir()
    with pytest.raises(StreamError, match=r"out\.mp4 cannot be written"):
        VideoWriter(tmp_path / "out.mp4", 64, 48)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_clear_line_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    (tmp_path / "out.mp4.partial").symlink_to("/dev/full")
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3)).astype(np.uint8)

    def record() -> None:
        with VideoWriter(path, 640, 480) as video:
            for index in range(100):
                video.write(noise, index / 30)

    with pytest.raises(StreamError, match=r"cannot be written: No space left") as caught:
        record()
    assert getattr(caught.value.__cause__, "errno", None) == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []
