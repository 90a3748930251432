"""COCO, JSON lines and the CSV tables, each read back by another reader."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from export.coco import write_coco
from export.json_lines import write_json_lines
from export.missing import place_missing
from export.motion import ExportOptions
from export.poses import Poses
from export.tables import ANGLE_COLUMNS, JOINT_COLUMNS, write_angles, write_csv
from pose.angles import ANGLE_NAMES, angles_over_time
from pose.joint_sets import COCO17, H36M17, OPENPOSE18
from tests.export.people import actor, joined, nobody, walkers


def _average_precision(poses: Poses, results: Path) -> float:
    """OKS AP by pycocotools against the true places of all joints, the hidden ones too."""
    coco = pytest.importorskip("pycocotools.coco")
    evaluator = pytest.importorskip("pycocotools.cocoeval")
    order = [OPENPOSE18.index(name) for name in COCO17]
    person = {"category_id": 1, "iscrowd": 0, "area": 20_000.0, "bbox": [0, 0, 100, 200], "num_keypoints": 17}
    annotations = []
    for row, frame in enumerate(poses.frame_index.tolist()):
        points = np.column_stack([poses.xy_px[row, order], np.full(17, 2)]).ravel().tolist()
        annotations.append({"id": row + 1, "image_id": frame, "keypoints": points, **person})
    truth = coco.COCO()
    truth.dataset = {
        "images": [{"id": int(frame)} for frame in np.unique(poses.frame_index)],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO17)}],
        "annotations": annotations,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        scoring = evaluator.COCOeval(truth, truth.loadRes(str(results)), "keypoints")
        scoring.evaluate()
        scoring.accumulate()
        scoring.summarize()
    return float(scoring.stats[0])


def test_coco_results_of_the_truth_score_full_marks(tmp_path: Path) -> None:
    poses = actor()
    poses.score[:] = 0.9
    write_coco(poses, tmp_path / "coco.json")
    assert _average_precision(poses, tmp_path / "coco.json") == pytest.approx(1)


def test_guesses_score_better_than_the_corner(tmp_path: Path) -> None:
    poses = actor()
    write_coco(poses, tmp_path / "guessed.json")
    entries = json.loads((tmp_path / "guessed.json").read_text())
    for entry in entries:
        points = np.reshape(entry["keypoints"], (17, 3))
        points[points[:, 2] == 0] = 0
        entry["keypoints"] = points.ravel().tolist()
    (tmp_path / "corner.json").write_text(json.dumps(entries))
    guessed, corner = (_average_precision(poses, tmp_path / f"{one}.json") for one in ("guessed", "corner"))
    assert guessed > corner + 0.1


def test_coco_never_guesses_the_corner(tmp_path: Path) -> None:
    poses = walkers([0, 1, 2, 40])
    poses.score[1, OPENPOSE18.index("left_wrist")] = 0
    poses.xy_px[1, OPENPOSE18.index("left_wrist")] = 0
    poses.score[3, :] = 0
    poses.score[3, OPENPOSE18.index("right_elbow")] = 0.4
    write_coco(poses, tmp_path / "coco.json")
    entries = json.loads((tmp_path / "coco.json").read_text())
    keypoints = [np.reshape(entry["keypoints"], (17, 3)) for entry in entries]
    wrist, elbow = COCO17.index("left_wrist"), COCO17.index("right_elbow")
    np.testing.assert_allclose(keypoints[1][wrist], [*keypoints[0][wrist, :2], 0])
    np.testing.assert_allclose(keypoints[3][:, :2], np.tile(keypoints[3][elbow, :2], (17, 1)))
    assert entries[3]["image_id"] == 40
    assert entries[0]["score"] == pytest.approx(0.5)
    write_coco(nobody(), tmp_path / "none.json")
    assert json.loads((tmp_path / "none.json").read_text()) == []


def test_a_missing_joint_is_where_it_was_or_beside_its_neighbour() -> None:
    xy = np.zeros((3, 18, 2), np.float32)
    score = np.zeros((3, 18), np.float32)
    shoulder, elbow = OPENPOSE18.index("left_shoulder"), OPENPOSE18.index("left_elbow")
    xy[:, shoulder], score[:, shoulder] = (50, 50), 1
    xy[0, elbow], xy[2, elbow], score[[0, 2], elbow] = (40, 80), (60, 80), 1
    placed, anywhere = place_missing(xy, score, np.array([0.0, 0.1, 0.2]))
    assert anywhere.all()
    np.testing.assert_allclose(placed[1, elbow], [50, 80])
    np.testing.assert_allclose(placed[1, OPENPOSE18.index("left_wrist")], placed[1, elbow])
    far, _ = place_missing(xy, score, np.array([0.0, 10.0, 20.0]))
    np.testing.assert_allclose(far[1, elbow], [50, 50])


def test_coco_says_nothing_of_somebody_of_whom_nothing_is_known(tmp_path: Path) -> None:
    poses = walkers([0, 1, 2, 60, 61])
    poses.score[3:] = 0
    poses.xy_px[3:] = 0
    write_coco(poses, tmp_path / "coco.json")
    entries = json.loads((tmp_path / "coco.json").read_text())
    assert [entry["image_id"] for entry in entries] == [0, 1, 2]
    assert all(entry["keypoints"][0] > 0 for entry in entries)


def test_json_lines_hold_what_the_archive_holds(tmp_path: Path) -> None:
    poses = actor()
    write_json_lines(poses, tmp_path / "demo.jsonl", ExportOptions(frame_count=340))
    lines = [json.loads(line) for line in (tmp_path / "demo.jsonl").read_text().splitlines()]
    assert [line["frame_index"] for line in lines] == list(range(340))
    row = 0
    for line in lines[:331]:
        for person in line["people"]:
            assert person["track_id"] == poses.track_id[row]
            assert line["time_s"] == pytest.approx(poses.time_s[row], abs=1e-6)
            np.testing.assert_allclose(person["xyz_m"], poses.xyz_m[row], atol=1e-5)
            np.testing.assert_allclose(person["root_m"], poses.root_m[row], atol=1e-5)
            for place, xy, score in zip(person["xy_px"], poses.xy_px[row], poses.score[row], strict=True):
                assert (place is None) == (score == 0)
                assert place is None or place == pytest.approx(xy, abs=1e-3)
            row += 1
    assert row == len(poses.track_id)
    assert all(line["people"] == [] for line in lines[331:])


def test_the_table_of_joints_is_tidy(tmp_path: Path) -> None:
    poses = joined(walkers([0, 1]), walkers([1], track_id=2))
    poses.score[0, OPENPOSE18.index("left_ear")] = 0
    poses.valid[0, H36M17.index("head")] = False
    write_csv(poses, tmp_path / "walk.csv")
    with (tmp_path / "walk.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == JOINT_COLUMNS
    assert len(rows) == 3 * 22
    keys = {(row["frame_index"], row["track_id"], row["joint"]) for row in rows}
    assert len(keys) == len(rows)
    cells = {(row["frame_index"], row["track_id"], row["joint"]): row for row in rows}
    assert cells["0", "1", "left_ear"]["x_px"] == ""
    assert cells["0", "1", "left_ear"]["x_m"] == ""
    assert cells["0", "1", "head"]["valid"] == "0"
    assert cells["0", "1", "head"]["x_px"] == ""
    nose = cells["1", "2", "nose"]
    assert float(nose["time_s"]) == pytest.approx(0.04)
    assert [float(nose[axis]) for axis in ("x_px", "y_px")] == pytest.approx([100, 101])
    expected = poses.xyz_m[2, H36M17.index("nose")] + poses.root_m[2]
    assert [float(nose[axis]) for axis in ("x_m", "y_m", "z_m")] == pytest.approx(expected.tolist(), abs=1e-5)


def test_the_table_of_angles(tmp_path: Path) -> None:
    poses = actor()
    poses.valid[5, H36M17.index("left_knee")] = False
    write_angles(poses, tmp_path / "demo_angles.csv")
    with (tmp_path / "demo_angles.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == ANGLE_COLUMNS
    one = poses.track_id == 1
    expected = angles_over_time(poses.xyz_m[one], poses.time_s[one], poses.valid[one])
    found = [row for row in rows if row["track_id"] == "1"]
    assert [row["angle"] for row in found[: len(ANGLE_NAMES)]] == list(ANGLE_NAMES)
    values = np.array([float(row["value_deg"] or "nan") for row in found]).reshape(-1, len(ANGLE_NAMES))
    np.testing.assert_allclose(values, expected, atol=0.006)
    assert np.isnan(values).any()
