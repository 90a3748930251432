from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from export.errors import ExportError
from export.motion import ExportOptions
from export.openpose_json import write_openpose
from pose.joint_sets import BODY_25, H36M17, OPENPOSE18
from tests.export.people import actor, joined, nobody, walkers

KEYS = [
    "person_id", "pose_keypoints_2d", "face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d",
    "pose_keypoints_3d", "face_keypoints_3d", "hand_left_keypoints_3d", "hand_right_keypoints_3d",
]  # fmt: skip


def test_every_frame_has_its_file(tmp_path: Path) -> None:
    poses = actor()
    folder = tmp_path / "demo_json"
    assert write_openpose(poses, folder, ExportOptions(frame_count=335)) == [folder]
    names = sorted(one.name for one in folder.iterdir())
    assert names == [f"demo_{frame:012d}_keypoints.json" for frame in range(335)]
    seen = 0
    for frame, name in enumerate(names):
        content = json.loads((folder / name).read_text())
        assert content["version"] == 1.3
        rows = np.flatnonzero(poses.frame_index == frame)
        assert [person["person_id"] for person in content["people"]] == [[one] for one in poses.track_id[rows].tolist()]
        for row, person in zip(rows, content["people"], strict=True):
            assert list(person) == KEYS
            flat = np.reshape(person["pose_keypoints_2d"], (25, 3))
            solid = np.reshape(person["pose_keypoints_3d"], (25, 4))
            for joint, name_25 in enumerate(BODY_25):
                if name_25 in OPENPOSE18:
                    place = OPENPOSE18.index(name_25)
                    expected = [*poses.xy_px[row, place], 0.9] if poses.score[row, place] else [0, 0, 0]
                    np.testing.assert_allclose(flat[joint], expected, atol=1e-3)
                if name_25 in H36M17:
                    place = H36M17.index(name_25)
                    expected = [*(poses.xyz_m[row, place] + poses.root_m[row]), 1]
                    np.testing.assert_allclose(solid[joint], expected, atol=1e-4)
            assert not flat[19:].any()
            assert not solid[15:].any()
            np.testing.assert_allclose(solid[8, :3], poses.root_m[row], atol=1e-4)
            seen += 1
    assert seen == len(poses.track_id)


def test_an_unknown_joint_is_zeros(tmp_path: Path) -> None:
    poses = walkers([0])
    poses.valid[0, H36M17.index("left_wrist")] = False
    poses.score[0, OPENPOSE18.index("right_hip")] = 0
    write_openpose(poses, tmp_path / "one_json")
    (person,) = json.loads((tmp_path / "one_json" / "one_000000000000_keypoints.json").read_text())["people"]
    solid, flat = np.reshape(person["pose_keypoints_3d"], (25, 4)), np.reshape(person["pose_keypoints_2d"], (25, 3))
    assert not solid[BODY_25.index("left_wrist")].any()
    assert not flat[[BODY_25.index("right_hip"), BODY_25.index("mid_hip")]].any()


def test_an_earlier_folder_is_replaced_but_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "clip_json"
    write_openpose(walkers([0, 1, 2]), folder)
    write_openpose(walkers([0]), folder)
    assert [one.name for one in folder.iterdir()] == ["clip_000000000000_keypoints.json"]
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(ExportError, match="holds other files"):
        write_openpose(walkers([0]), folder)
    assert (folder / "thesis.txt").exists()
    assert [one.name for one in tmp_path.iterdir()] == ["clip_json"]


def test_nobody_and_two_people(tmp_path: Path) -> None:
    write_openpose(nobody(), tmp_path / "a_json", ExportOptions(frame_count=2))
    assert json.loads((tmp_path / "a_json" / "a_000000000001_keypoints.json").read_text())["people"] == []
    write_openpose(joined(walkers([0]), walkers([0], track_id=7)), tmp_path / "b_json")
    people = json.loads((tmp_path / "b_json" / "b_000000000000_keypoints.json").read_text())["people"]
    assert [one["person_id"] for one in people] == [[1], [7]]
