"""The test-bed: real detectors on the bundled clip, whose truth is known exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from detection.blazepose import BlazePoseDetector
from detection.bottom_up import BottomUpDetector
from detection.detector import Detector
from pose.joint_sets import OPENPOSE18
from synthetic.truth import DEMO_CLIP, ClipTruth, load_truth
from tests.shared import WEIGHTS

pytestmark = pytest.mark.real

EVERY = 12
"""Every so many frames are looked at."""

NECK, HIPS = OPENPOSE18.index("neck"), [OPENPOSE18.index(f"{side}_hip") for side in ("left", "right")]


@dataclass(frozen=True)
class Score:
    """How well one person is found: shares of frames and joints, and the median error, in torsos."""

    found: float
    pck: float
    median: float


def pictures(step: int = EVERY) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    with av.open(str(DEMO_CLIP)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % step == 0:
                yield index, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def score(detector: Detector, truth: ClipTruth, person: int, step: int = EVERY) -> Score:
    """Errors of the best matching person over all frames in which at least ten joints of the true one show."""
    errors, found = [], []
    for index, image in pictures(step):
        rows = [row for row in truth.rows_of(index) if truth.person[row] == person]
        if not rows or truth.visible[rows[0]].sum() < 10:
            continue
        true, shown = truth.xy_px[rows[0]], truth.visible[rows[0]]
        torso = float(np.linalg.norm(true[NECK] - true[HIPS].mean(axis=0)))
        people = detector.detect(image)
        each = np.linalg.norm(people.xy_px - true, axis=2) / torso
        each = np.where(people.score > 0, each, np.inf)[:, shown]
        best = min(each, key=lambda one: -int((one < 0.2).sum()), default=np.full(int(shown.sum()), np.inf))
        errors.append(best)
        found.append(bool((best < 0.2).mean() >= 0.5))
    joined = np.concatenate(errors)
    return Score(float(np.mean(found)), float((joined < 0.2).mean()), float(np.median(joined[np.isfinite(joined)])))


def test_the_affinity_field_network_finds_the_actor_and_who_passes_by() -> None:
    detector = BottomUpDetector(WEIGHTS / "human-pose-estimation-0001.xml", net_size=256)
    truth = load_truth()
    try:
        main, other = score(detector, truth, 0), score(detector, truth, 1)
    finally:
        detector.close()
    assert main.found >= 0.97
    assert main.pck >= 0.95
    assert main.median < 0.06
    assert other.found >= 0.7


@pytest.mark.skipif(find_spec("mediapipe") is None, reason="mediapipe is an extra")
def test_mediapipe_finds_the_actor() -> None:
    detector = BlazePoseDetector()
    try:
        main = score(detector, load_truth(), 0, step=4)  # it tracks from frame to frame
    finally:
        detector.close()
    assert main.found >= 0.95
    assert main.pck >= 0.9
    assert main.median < 0.06
