from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import joints2d
from detection.errors import DetectionError
from detection.network import Transform
from pose.joint_sets import COCO17, OPENPOSE18, OPENPOSE18_TO_COCO17
from pose.types import Image
from tests.detection.maps import STANDING, draw_maps

pytest.importorskip("pycocotools")

SIDE = 320
FIRST, SECOND = STANDING * 240 + (90, 40), STANDING * 240 + (230, 40)
WRIST = OPENPOSE18.index("left_wrist")
MS = 1.5


class Drawn:
    """A network that sees some bodies (18, 2), in pixels of the photo, and of the first all but some joints."""

    def __init__(self, *bodies: NDArray[np.float64], hidden: tuple[int, ...] = ()) -> None:
        seen = np.ones((len(bodies), len(OPENPOSE18)), bool)
        seen[0, list(hidden)] = False
        cells = [(body - 3.5) / 8 for body in bodies]
        self._maps = draw_maps(cells, (SIDE // 8, SIDE // 8), seen)

    def maps(self, image: Image) -> tuple[Any, Any, Transform]:
        return *self._maps, Transform.between((SIDE, SIDE), (SIDE, SIDE))


def label_of(number: int, body: NDArray[np.float64]) -> dict[str, Any]:
    points, _ = OPENPOSE18_TO_COCO17.points(body[None].astype(np.float32), np.ones((1, 18), np.float32))
    low, high = points[0].min(axis=0), points[0].max(axis=0)
    keypoints = np.concatenate((points[0], np.full((17, 1), 2)), axis=1)
    box = [*low.tolist(), *(high - low).tolist()]
    return {
        "id": number, "image_id": 1, "category_id": 1, "bbox": box, "area": 0.5 * box[2] * box[3],
        "iscrowd": 0, "num_keypoints": 17, "keypoints": keypoints.ravel().tolist(),
    }  # fmt: skip


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((SIDE, SIDE, 3), np.uint8))
    write(tmp_path, annotations=[label_of(1, FIRST), label_of(2, SECOND)])
    return tmp_path


def write(folder: Path, **change: Any) -> Path:
    content = {
        "images": [{"id": 1, "file_name": "one.png", "width": SIDE, "height": SIDE}],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO17), "skeleton": []}],
    }
    path = folder / "labels.json"
    path.write_text(json.dumps({**content, **change}))
    return path


def evaluate(photos: Path, network: Drawn) -> joints2d.JointScores:
    return joints2d.evaluate(network, photos, photos / "labels.json", MS)


def test_a_network_that_sees_everybody_scores_one(photos: Path) -> None:
    scores = evaluate(photos, Drawn(FIRST, SECOND))
    assert scores.to_json("drawn", 320) == {
        "weights": "drawn", "net_size": 320, "oks_ap": pytest.approx(1, abs=0.15), "oks_ar": pytest.approx(1, abs=0.15),
        "pck": 1.0, "pckh": 1.0, "pcp": 1.0, "pdj": 1.0, "network_ms": MS,
    }  # fmt: skip
    assert scores.by_joint()[-1] == ("mean", ["100.0"] * 3)
    assert scores.by_limb()[-1] == ("mean", "100.0")


def test_somebody_missed_and_a_joint_missed_are_counted_by_hand(photos: Path) -> None:
    scores = evaluate(photos, Drawn(FIRST, hidden=(WRIST,)))
    # One of two people; of that one all but one of two wrists.
    assert scores.pck.share[COCO17.index("nose")] == 0.5
    assert scores.pck.share[COCO17.index("left_wrist")] == 0
    assert scores.pck.mean == pytest.approx((16 * 0.5 + 0) / 17)
    assert dict(scores.by_joint())["wrist"][0] == "25.0"
    assert dict(scores.by_limb())["forearm"] == "25.0"
    assert scores.pcp.mean == pytest.approx((9 * 0.5 + 0) / 10)


def test_nobody_found_is_nought(photos: Path) -> None:
    scores = evaluate(photos, Drawn(FIRST, hidden=tuple(range(18))))
    assert (scores.oks_ap, scores.pck.mean, scores.pcp.mean) == (0, 0, 0)


def test_labels_that_allow_no_figure_give_null(photos: Path) -> None:
    body = label_of(1, FIRST)
    keypoints = np.array(body["keypoints"]).reshape(17, 3)
    keypoints[5:] = 0  # the head alone: no torso, no limb, no shoulders
    write(photos, annotations=[{**body, "keypoints": keypoints.ravel().tolist(), "num_keypoints": 5}])
    found = evaluate(photos, Drawn(FIRST)).to_json("drawn", 256)
    assert (found["pckh"], found["pcp"], found["pdj"]) == (None, None, None)
    assert found["pck"] == 1


def test_people_are_matched_one_to_one_the_most_similar_first() -> None:
    truth = np.zeros((2, 17, 2))
    truth[1] += 5
    found = np.stack((truth[0] + 1, truth[0] + 0.1, truth[0] + 900)).astype(np.float32)
    everything = np.ones((2, 17), bool)
    pairs = joints2d.match_people(found, np.ones((3, 17), bool), truth, everything, [400.0, 400.0])
    assert pairs == [(0, 1), (1, 0)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"annotations": None}, "no lists"),
        ({"annotations": [], "images": [{"id": 1}]}, "id and file_name"),
        ({"annotations": [{"id": 1}]}, "image_id, category_id and bbox"),
        ({"annotations": [{**label_of(1, FIRST), "keypoints": [1, 2, 3]}]}, "not COCO's 17"),
        ({"annotations": []}, "nobody in it has keypoints"),
    ],
)
def test_labels_that_are_none_are_refused(photos: Path, change: dict[str, Any], message: str) -> None:
    write(photos, **change)
    with pytest.raises(DetectionError, match=message):
        evaluate(photos, Drawn(FIRST))


def test_missing_files_are_said(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DetectionError, match="is not a folder of photos"):
        joints2d.evaluate(Drawn(FIRST), tmp_path / "gone", photos / "labels.json", MS)
    (photos / "labels.json").write_text("{")
    with pytest.raises(DetectionError, match="cannot be read as COCO"):
        evaluate(photos, Drawn(FIRST))
    write(photos, annotations=[label_of(1, FIRST)])
    (photos / "one.png").unlink()
    with pytest.raises(DetectionError, match="not a picture that can be read"):
        evaluate(photos, Drawn(FIRST))
