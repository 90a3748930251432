from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lifting.errors import LiftingError
from lifting.training.mocap import (
    FILE_JOINTS,
    SPLITS,
    Motion,
    for_training,
    for_validation,
    held_out,
    read,
    read_folder,
)


def write(path: Path, **changes: object) -> Path:
    arrays: dict[str, object] = {
        "xyz": np.arange(10 * 17 * 3).reshape(10, 17, 3).astype(np.int16),
        "starts": np.array([0, 4, 10], np.int32),
        "names": np.array(["s01_m01", "s08_m01"]),
        "fps": np.array([30, 60], np.float32),
        "joint_names": np.array(FILE_JOINTS),
    }
    np.savez(path, **(arrays | changes))  # type: ignore[arg-type]
    return path


def test_sequences_come_in_metres_with_y_up(tmp_path: Path) -> None:
    first, second = read(write(tmp_path / "uiprmd.npz"))
    assert (first.source, first.name, first.fps, len(first.xyz_m)) == ("uiprmd", "s01_m01", 30, 4)
    assert (second.name, second.fps, len(second.xyz_m)) == ("s08_m01", 60, 6)
    np.testing.assert_allclose(first.xyz_m[0, 0], [0, 0.002, -0.001])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"joint_names": np.array(["hip", *FILE_JOINTS[1:]])}, "hip.*pelvis"),
        ({"joint_names": np.array(FILE_JOINTS[::-1])}, "their order"),
        ({"xyz": np.zeros((10, 16, 3))}, "expected \\(frames, 17, 3\\)"),
        ({"starts": np.array([0, 4, 12])}, "do not fit together"),
        ({"starts": np.array([0, 4, 4])}, "empty sequence"),
        ({"fps": np.array([30, 0])}, "without a rate"),
    ],
)
def test_wrong_files_say_what_is_wrong(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(LiftingError, match=message):
        read(write(tmp_path / "bad.npz", **changes))


def test_missing_and_damaged_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LiftingError, match=r"no \.npz file"):
        read_folder(tmp_path)
    (tmp_path / "junk.npz").write_bytes(b"junk")
    with pytest.raises(LiftingError, match="cannot read motion"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("source", "name", "split"),
    [
        ("uiprmd", "s08_m01_correct_e01", "uiprmd_s08_s09"),
        ("uiprmd", "s09_m10_incorrect_e02", "uiprmd_s08_s09"),
        ("hdm05", "mm_squat1Reps_037", "hdm05_mm"),
        ("cmu_exercises", "14_20_exercises", "cmu_14_20"),
    ],
)
def test_the_test_set_is_held_out(source: str, name: str, split: str) -> None:
    motion = Motion(source, name, 30.0, np.zeros((1, 17, 3), np.float32))
    assert held_out(motion)
    assert not for_training(motion)
    assert not for_validation(motion)
    assert [key for key, belongs in SPLITS.items() if belongs(motion)] == [split]


def test_the_rest_is_trained_on_or_chosen_by_never_both() -> None:
    for source, name in (("uiprmd", "s07_m01"), ("uiprmd", "s01_m01"), ("cmu_exercises", "14_14_exercises")):
        motion = Motion(source, name, 30.0, np.zeros((1, 17, 3), np.float32))
        assert not held_out(motion)
        assert for_training(motion) != for_validation(motion)
