"""Sound beside the pictures: a click at a known time stays at that time, whatever is cut."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from stream.recording import VideoWriter
from stream.sound import open_sound

RATE, FPS = 44_100, 25
CLICKS_S = (0.5, 1.5, 2.5)


def clip_with_clicks(path: Path, *, rate: int = RATE, layout: str = "stereo", audio_from_s: float = 0.0) -> Path:
    """Three seconds of grey with a click of 10 ms at each of `CLICKS_S`."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac", rate=rate, layout=layout)
        for number in range(3 * FPS):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        time_s = audio_from_s + np.arange(round((3 - audio_from_s) * rate)) / rate
        sound = np.zeros(len(time_s), np.float32)
        for click_s in CLICKS_S:
            near = (time_s >= click_s) & (time_s < click_s + 0.01)
            sound[near] = np.sin(2 * np.pi * 1000 * time_s[near])
        for start in range(0, len(sound), 1024):
            block = np.tile(sound[None, start : start + 1024], (2 if layout == "stereo" else 1, 1))
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = start + round(audio_from_s * rate)
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return path


def clicks_s(path: Path) -> list[float]:
    """When the sound of a clip becomes loud, seconds."""
    found: list[float] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.3)
            times = float(frame.pts * frame.time_base) + loud / frame.sample_rate
            for time_s in times.tolist():
                if not found or time_s - found[-1] > 0.2:
                    found.append(time_s)
    return found


def written(clip: Path, path: Path, first: int, end: int) -> Path:
    """The frames from `first` to before `end`, with the clip's sound."""
    with VideoWriter(path, 64, 48, fps=FPS, sound=open_sound(clip)) as writer:
        for number in range(first, end):
            writer.write(np.zeros((48, 64, 3), np.uint8), number / FPS)
    return path


@pytest.mark.parametrize("layout", ["stereo", "mono"])
@pytest.mark.parametrize("rate", [44_100, 48_000, 11_025])
def test_clicks_stay_at_their_times(tmp_path: Path, rate: int, layout: str) -> None:
    clip = clip_with_clicks(tmp_path / "in.mp4", rate=rate, layout=layout)
    out = written(clip, tmp_path / "out.mp4", 0, 3 * FPS)
    assert clicks_s(out) == pytest.approx(CLICKS_S, abs=0.01)
    with av.open(str(out)) as container:
        assert float(container.duration) / av.time_base == pytest.approx(3.0, abs=1 / FPS)


def test_a_part_has_its_own_sound_and_no_more(tmp_path: Path) -> None:
    clip = clip_with_clicks(tmp_path / "in.mp4")
    out = written(clip, tmp_path / "out.mp4", 25, 50)  # from 1 s to 2 s
    assert clicks_s(out) == pytest.approx([0.5], abs=0.01)
    with av.open(str(out)) as container:
        assert float(container.duration) / av.time_base == pytest.approx(1.0, abs=1 / FPS)


def test_sound_that_begins_late_stays_late(tmp_path: Path) -> None:
    clip = clip_with_clicks(tmp_path / "in.mkv", audio_from_s=1.2)
    assert clicks_s(written(clip, tmp_path / "out.mp4", 0, 3 * FPS)) == pytest.approx([1.5, 2.5], abs=0.01)


def test_no_sound_is_no_error(tmp_path: Path) -> None:
    silent = written(clip_with_clicks(tmp_path / "in.mp4"), tmp_path / "a.mp4", 0, 3)
    with VideoWriter(tmp_path / "silent.mp4", 64, 48, fps=FPS) as writer:
        writer.write(np.zeros((48, 64, 3), np.uint8), 0.0)
    assert silent.exists()
    assert open_sound(tmp_path / "silent.mp4") is None
    assert open_sound(tmp_path) is None
