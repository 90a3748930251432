from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from export.motion import motions
from export.opensim import MOT_COLUMNS, write_mot, write_trc
from pose.angles import ANGLE_NAMES, angles_over_time
from pose.joint_sets import H36M17
from tests.export.people import actor, joined, walkers


def _read_trc(path: Path) -> tuple[dict[str, str], list[str], NDArray[np.float64]]:
    """As OpenSim's TRCFileAdapter reads it: header, marker names, rows of frame, time and coordinates."""
    lines = path.read_text().split("\n")
    assert lines[0] == f"PathFileType\t4\t(X/Y/Z)\t{path.name}"
    keys, values = lines[1].split("\t"), lines[2].split("\t")
    assert keys == ["DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame",
                    "OrigNumFrames"]  # fmt: skip
    header = dict(zip(keys, values, strict=True))
    labels = [one for one in lines[3].split("\t") if one]
    assert labels[:2] == ["Frame#", "Time"]
    axes = [one for one in lines[4].split("\t") if one]
    assert axes == [f"{axis}{marker}" for marker in range(1, len(labels) - 1) for axis in "XYZ"]
    assert lines[3].split("\t")[2::3][: len(labels) - 2] == labels[2:], "each name stands above its X"
    assert lines[4].startswith("\t\tX1\tY1")
    assert lines[5] == ""
    assert lines[-1] == ""
    rows = np.array([[float(cell) for cell in line.split("\t")] for line in lines[6:-1]])
    assert rows.shape == (int(header["NumFrames"]), 2 + 3 * int(header["NumMarkers"]))
    return header, labels[2:], rows


def _read_mot(path: Path) -> tuple[dict[str, str], list[str], NDArray[np.float64]]:
    header, _, body = path.read_text().partition("endheader\n")
    lines = body.rstrip("\n").split("\n")
    facts = dict(line.split("=") for line in header.splitlines() if "=" in line)
    return facts, lines[0].split("\t"), np.array([[float(cell) for cell in line.split("\t")] for line in lines[1:]])


def test_trc_holds_the_markers(tmp_path: Path) -> None:
    poses = actor()
    written = write_trc(poses, tmp_path / "demo.trc")
    assert [one.name for one in written] == ["demo_person1.trc", "demo_person2.trc", "demo_person3.trc"][: len(written)]
    for path, motion in zip(written, motions(poses), strict=True):
        header, labels, rows = _read_trc(path)
        assert header["Units"] == "mm"
        assert float(header["DataRate"]) == 25
        assert labels == list(H36M17)
        np.testing.assert_allclose(rows[:, 0], motion.frame_index + 1)
        np.testing.assert_allclose(rows[:, 1], motion.time_s, atol=1e-6)
        np.testing.assert_allclose(rows[:, 2:].reshape(-1, 17, 3), 1000 * motion.xyz_m, atol=1e-3)


def test_trc_gaps_and_true_times(tmp_path: Path) -> None:
    times = [0.013, 0.046, 0.21, 0.22, 0.3]
    poses = walkers([0, 1, 3, 4, 5], times)
    poses.valid[1, 16] = False
    header, _, rows = _read_trc(write_trc(poses, tmp_path / "walk.trc")[0])
    assert header["NumFrames"] == "6"
    np.testing.assert_allclose(rows[[0, 1, 3, 4, 5], 1], times, atol=1e-6)
    assert np.isnan(rows[2, 2:]).all()
    assert np.isnan(rows[1, -3:]).all()
    assert np.isfinite(rows[1, :-3]).all()
    assert (rows[[0, 3], 2 + 3 * 10 + 1] > 700).all(), "the head is above the camera's height: y points up"


def test_mot_counts_the_time_column(tmp_path: Path) -> None:
    poses = actor()
    for path, motion in zip(write_mot(poses, tmp_path / "demo.mot"), motions(poses), strict=True):
        facts, columns, rows = _read_mot(path)
        assert columns == ["time", *MOT_COLUMNS]
        assert int(facts["nColumns"]) == len(columns) == rows.shape[1]
        assert int(facts["nRows"]) == len(rows) == len(motion)
        assert facts["inDegrees"] == "yes"
        np.testing.assert_allclose(rows[:, 0], motion.time_s, atol=1e-6)
        angles = angles_over_time(motion.xyz_m, motion.time_s, up=(0, 1, 0))
        for column, (name, theirs) in enumerate(zip(ANGLE_NAMES, MOT_COLUMNS, strict=True), start=1):
            sign = -1 if theirs == "lumbar_extension" else 1
            np.testing.assert_allclose(rows[:, column], sign * angles[:, column - 1], atol=1e-4, err_msg=name)


def test_opensim_names_are_one_each() -> None:
    assert len(set(MOT_COLUMNS)) == len(MOT_COLUMNS)
    assert {"hip_flexion_r", "knee_angle_l", "ankle_angle_r", "elbow_flex_l", "lumbar_extension"} <= set(MOT_COLUMNS)


@pytest.mark.parametrize("write", [write_trc, write_mot])
def test_a_file_a_person(write: object, tmp_path: Path) -> None:
    assert callable(write)
    written = write(joined(walkers([0, 1]), walkers([1, 2], track_id=12)), tmp_path / "a.x")
    assert [one.name for one in written] == ["a_person1.x", "a_person12.x"]
