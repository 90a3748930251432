from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from synthetic.errors import SyntheticError
from synthetic.pictures import Order, read_poses, write_pictures


def test_a_folder_of_pictures_and_labels_is_written(tmp_path: Path) -> None:
    write_pictures(Order(tmp_path, 3, 64, 4, (1, 2), ()))
    rows = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    assert len(rows) == 3
    for row in rows:
        assert cv2.imread(str(tmp_path / row["file"])).shape == (64, 64, 3)
        for person in row["people"]:
            points = np.array(person["keypoints"])
            assert points.shape == (18, 3)
            assert set(points[:, 2]) <= {0, 1, 2}
            left, top, width, height = person["bbox"]
            assert -0.5 <= left <= left + width <= 63.5
            assert -0.5 <= top <= top + height <= 63.5
    assert not list(tmp_path.glob(".*"))


def test_held_out_sequences_are_never_read(tmp_path: Path) -> None:
    path = tmp_path / "mocap.npz"
    xyz = np.zeros((60, 17, 3), np.int16)
    xyz[:30, :, 2] = 1000
    xyz[30:, :, 2] = 2000
    arrays = {"xyz": xyz, "starts": np.array([0, 30, 60]), "fps": np.array([30.0, 30.0])}
    np.savez(path, names=np.array(["s07_m01", "s08_m01"]), **arrays)
    poses = read_poses(path)
    assert poses.shape[1:] == (17, 3)
    np.testing.assert_allclose(poses[:, :, 1], 1.0)  # z up has become y up, millimetres metres
    np.savez(path, names=np.array(["mm_walk", "14_20"]), **arrays)
    with pytest.raises(SyntheticError, match="held-out"):
        read_poses(path)
    with pytest.raises(SyntheticError, match="no motion capture"):
        read_poses(tmp_path / "none.npz")
