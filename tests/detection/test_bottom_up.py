from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detection.bottom_up import BottomUpDetector
from detection.detector import Detector
from detection.network import Transform
from tests.detection.maps import STANDING, draw_maps
from tests.detection.networks import save_network


@pytest.fixture
def detector(tmp_path: Path) -> BottomUpDetector:
    return BottomUpDetector(save_network(tmp_path / "tiny.xml"), net_size=64, threads=1)


def test_nobody_in_an_empty_picture(detector: BottomUpDetector) -> None:
    one: Detector = detector
    people = one.detect(np.zeros((48, 64, 3), np.uint8))
    assert len(people) == 0
    assert one.name == "tiny"
    assert "OpenVINO" in one.engine


def test_people_come_best_first_in_pixels(detector: BottomUpDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = [STANDING * 30 + [15.2, 6.0], STANDING * 30 + [60.2, 6.0]]
    heatmaps, pafs = draw_maps(bodies, (46, 82))
    heatmaps[:, :, :40] *= np.float32(0.5)
    transform = Transform(16.0, 16.0, 7.5, 7.5)
    monkeypatch.setattr(detector._network, "maps", lambda _: (heatmaps, pafs, transform))
    people = detector.detect(np.zeros((46, 82, 3), np.uint8))
    assert people.score[0].mean() > people.score[1].mean()
    assert people.xy_px.dtype == people.score.dtype == np.float32
    np.testing.assert_allclose(people.xy_px[0], bodies[1] * 16 + 7.5, atol=0.5)
    np.testing.assert_allclose(people.xy_px[1], bodies[0] * 16 + 7.5, atol=0.5)


def test_close_may_be_called_twice(detector: BottomUpDetector) -> None:
    detector.close()
    detector.close()
