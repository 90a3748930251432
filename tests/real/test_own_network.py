"""The detector that ships with the project, on real clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from detection import weights
from detection.choose import open_detector
from detection.detector import Detector
from detection.registry import OURS, check_folder
from detection.training.export import LARGEST_BYTES
from pose.joint_sets import OPENPOSE18
from stream.sources import open_source
from tests.shared import CLIPS

pytestmark = pytest.mark.real


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Detector]:
    """Ours by name, on a fresh checkout: nothing is named elsewhere, and nothing downloaded."""
    monkeypatch.delenv(weights.VARIABLE, raising=False)
    monkeypatch.setattr(weights, "cache_folder", lambda: tmp_path)
    lines: list[str] = []
    found = open_detector(OURS.name, notify=lines.append)
    assert lines == []
    assert found.name == OURS.name
    yield found
    found.close()


def test_the_shipped_files_are_the_registered_ones_and_small() -> None:
    assert check_folder(OURS, weights.PROJECT_FOLDER / OURS.name).is_file()
    assert OURS.size <= LARGEST_BYTES
    assert (weights.PROJECT_FOLDER / f"{OURS.name}.md").is_file()


@pytest.mark.parametrize(("clip", "people"), [("squat_8.mp4", 1), ("jumping_jack_2_pair.mp4", 2)])
def test_everybody_is_found_by_the_shipped_network(detector: Detector, clip: str, people: int) -> None:
    source = open_source(str(CLIPS / clip))
    try:
        frames = [frame.image for frame in source.frames()][::40]
    finally:
        source.close()
    counts = []
    trunk = [OPENPOSE18.index(name) for name in ("neck", "right_hip", "left_hip")]
    for frame in frames:
        found = detector.detect(frame)
        counts.append(int((found.score[:, trunk] > 0).all(axis=1).sum()))
    assert np.mean(np.array(counts) >= people) >= 0.8, counts


def test_a_black_picture_is_empty(detector: Detector) -> None:
    assert len(detector.detect(np.zeros((480, 640, 3), np.uint8))) == 0
