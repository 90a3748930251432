from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from benchmarks.detector import evaluate
from detection.bottom_up import BottomUpDetector
from detection.network import PafNetwork
from pose.joint_sets import OPENPOSE18
from tests.shared import CLIPS, PHOTOS, WEIGHTS

pytestmark = pytest.mark.real

XML = WEIGHTS / "human-pose-estimation-0001.xml"


@pytest.fixture(scope="module")
def detector() -> BottomUpDetector:
    return BottomUpDetector(XML)


def frames(clip: str, every: int) -> list[np.ndarray]:  # type: ignore[type-arg]
    with av.open(str(CLIPS / clip)) as container:
        return [frame.to_ndarray(format="bgr24") for n, frame in enumerate(container.decode(video=0)) if n % every == 0]


@pytest.mark.parametrize(
    ("clip", "people"), [("jumping_jack_2_pair.mp4", 2), ("dance_3people.mp4", 3), ("deadlift_3.mp4", 1)]
)
def test_everybody_in_a_clip_is_found(detector: BottomUpDetector, clip: str, people: int) -> None:
    counts = [len(detector.detect(frame)) for frame in frames(clip, 40)[:6]]
    assert np.mean(np.array(counts) == people) >= 0.8, counts


def test_left_and_right_are_the_persons_own(detector: BottomUpDetector) -> None:
    for frame in frames("lateral_raise_4.mp4", 40)[:4]:  # faces the camera: the right arm is on the picture's left
        people = detector.detect(frame)
        joints = dict(zip(OPENPOSE18, people.xy_px[0], strict=True))
        assert joints["right_shoulder"][0] < joints["left_shoulder"][0]
        assert joints["right_hip"][0] < joints["left_hip"][0]
        assert joints["nose"][1] < joints["neck"][1] < joints["left_knee"][1]


def test_the_engine_names_its_precision(detector: BottomUpDetector) -> None:
    assert "INT8" in detector.engine


def test_photos_without_people_have_hardly_any(detector: BottomUpDetector) -> None:
    photos = sorted((PHOTOS / "coco_negatives").rglob("*.webp"))[:25]
    found = []
    for photo in photos:
        picture = cv2.imread(str(photo))
        found.append(len(detector.detect(np.asarray(cv2.resize(picture, (456, 256)), np.uint8))))
    assert len(photos) == 25
    assert sum(found) <= 5


def test_accuracy_on_labelled_photos(tmp_path: Path) -> None:
    labels = json.loads((PHOTOS / "coco_train" / "annotations.json").read_text())
    # Photos of one size, so that the network is compiled once; the full figure on coco_eval is the benchmark's.
    photos = [photo for photo in labels["images"] if (photo["width"], photo["height"]) == (384, 288)][:40]
    kept = {photo["id"] for photo in photos}
    labels["images"] = photos
    labels["annotations"] = [entry for entry in labels["annotations"] if entry["image_id"] in kept]
    subset = tmp_path / "annotations.json"
    subset.write_text(json.dumps(labels))
    figures = evaluate(PafNetwork(XML), PHOTOS / "coco_train" / "images", subset)
    assert figures["photos"] == len(photos) == 40
    assert figures["ap"] > 0.25
    assert figures["ap_interval"][0] < figures["ap"] < figures["ap_interval"][1]
