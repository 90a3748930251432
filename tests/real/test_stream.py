"""The shared clips, read whole, against what is written about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stream.file import FileSource
from stream.pipeline import Pipeline
from stream.recording import VideoWriter
from stream.sources import open_source
from tests.shared import CLIPS

pytestmark = pytest.mark.real


def known_clips() -> list[dict[str, Any]]:
    """What `clips.json` says; nothing where the shared data is not there, so that collecting works everywhere."""
    listing = CLIPS / "clips.json"
    return list(json.loads(listing.read_text())["clips"]) if listing.exists() else []


@pytest.mark.parametrize("known", known_clips(), ids=lambda known: str(known["name"]))
def test_a_clip_is_read_whole(known: dict[str, Any]) -> None:
    source = open_source(str(CLIPS / known["name"]))
    assert (source.width, source.height) == (known["width"], known["height"])
    assert source.fps == pytest.approx(known["fps"], abs=0.01)
    assert source.duration_s == pytest.approx(known["duration_s"], abs=0.002)
    assert source.frame_count == known["frames"]
    times: list[float] = []
    brightness: list[float] = []
    with Pipeline(source, []) as pipeline:
        for item in pipeline:
            assert item.frame.index == len(times)
            assert item.frame.image.shape == (known["height"], known["width"], 3)
            times.append(item.frame.time_s)
            brightness.append(item.frame.image[::16, ::16].mean())
    assert len(times) == known["frames"]
    assert times[0] == pytest.approx(known["first_pts_s"], abs=0.001)
    assert np.all(np.diff(times) > 0)
    assert times[-1] + 0.5 * float(np.median(np.diff(times))) < known["first_pts_s"] + known["duration_s"] + 0.05
    assert source.damaged == 0
    assert 10 < np.mean(brightness) < 245


def test_a_clip_written_again_keeps_its_times_and_pictures(tmp_path: Path) -> None:
    source = FileSource(CLIPS / "dance_3people.mp4")
    with (
        Pipeline(source, []) as pipeline,
        VideoWriter(tmp_path / "again.mp4", source.width, source.height, fps=source.fps, start_s=0.0) as video,
    ):
        first = []
        for item in pipeline:
            video.write(item.frame.image, item.frame.time_s)
            first.append((item.frame.time_s, item.frame.image[::8, ::8].copy()))
    again = FileSource(tmp_path / "again.mp4")
    second = [(frame.time_s, frame.image[::8, ::8]) for frame in again.frames()]
    again.close()
    assert len(second) == len(first)
    for (time_s, image), (time_again_s, image_again) in zip(first, second, strict=True):
        assert time_again_s == pytest.approx(time_s, abs=1e-4)
        assert np.abs(image_again.astype(int) - image.astype(int)).mean() < 6
