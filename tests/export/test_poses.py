from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from export.errors import ExportError
from export.poses import PoseRecorder, load_poses
from pose.types import Frame, People


def _lifted(count: int, rng: np.random.Generator) -> People:
    xy = rng.normal(size=(count, 18, 2)).astype(np.float32)
    people = People(np.arange(count, dtype=np.int32), xy, rng.random((count, 18)).astype(np.float32), xy + 1)
    return people.with_3d(
        rng.normal(size=(count, 17, 3)).astype(np.float32),
        rng.normal(size=(count, 3)).astype(np.float32),
        rng.random((count, 17)) > 0.5,
    )


def _frame(index: int) -> Frame:
    return Frame(np.zeros((48, 64, 3), np.uint8), index, index / 25 + 0.1)


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    recorder = PoseRecorder("clip.mp4", 25.0)
    frames = [_lifted(count, rng) for count in (2, 0, 3)]
    for index, people in enumerate(frames):
        recorder.add(_frame(index), people)
    path = tmp_path / "new" / "poses.npz"
    recorder.save(path, "1.2.3")

    poses = load_poses(path)
    assert poses.frame_index.tolist() == [0, 0, 2, 2, 2]
    np.testing.assert_allclose(poses.time_s, [0.1, 0.1, 0.18, 0.18, 0.18])
    for name in ("track_id", "xy_px", "score", "raw_xy_px", "xyz_m", "root_m", "valid"):
        np.testing.assert_array_equal(getattr(poses, name), np.concatenate([getattr(one, name) for one in frames]))
    assert (poses.fps, poses.width, poses.height, poses.source) == (25.0, 64, 48, "clip.mp4")
    assert [one.name for one in path.parent.iterdir()] == ["poses.npz"]


def test_a_clip_with_nobody_is_saved(tmp_path: Path) -> None:
    recorder = PoseRecorder("empty.mp4")
    recorder.add(_frame(0), People.nobody())
    recorder.save(tmp_path / "poses.npz", "1")
    poses = load_poses(tmp_path / "poses.npz")
    assert len(poses.frame_index) == 0
    assert poses.xyz_m.shape == (0, 17, 3)
    assert np.isnan(poses.fps)


def test_people_who_were_not_lifted_are_refused() -> None:
    people = People.detected(np.zeros((1, 18, 2), np.float32), np.ones((1, 18), np.float32))
    with pytest.raises(ExportError, match="was not lifted"):
        PoseRecorder("clip.mp4").add(_frame(0), people)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_files_that_hold_no_poses_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "poses.npz"
    path.write_bytes(content)
    with pytest.raises(ExportError) as caught:
        load_poses(path)
    assert "\n" not in str(caught.value)


def test_pickles_and_wrong_shapes_are_refused(tmp_path: Path) -> None:
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, frame_index=np.array([{"evil": 1}], dtype=object))
    with pytest.raises(ExportError, match="is no pose file"):
        load_poses(pickled)
    single = tmp_path / "single.npz"
    with single.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ExportError, match="is no pose file"):
        load_poses(single)

    good = tmp_path / "good.npz"
    recorder = PoseRecorder("clip.mp4", 25.0)
    recorder.add(_frame(0), _lifted(2, np.random.default_rng(1)))
    recorder.save(good, "1")
    with np.load(good) as archive:
        arrays = dict(archive)
    arrays["score"] = arrays["score"][:1]
    np.savez(tmp_path / "wrong.npz", **arrays)
    with pytest.raises(ExportError, match=r"score has shape \(1, 18\), expected \(2, 18\)"):
        load_poses(tmp_path / "wrong.npz")


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    with pytest.raises(ExportError, match="choose another folder"):
        PoseRecorder("clip.mp4").save(blocker / "poses.npz", "1")


def test_the_archive_holds_the_documented_names(tmp_path: Path) -> None:
    path = tmp_path / "poses.npz"
    PoseRecorder("clip.mp4").save(path, "1")
    rows = {"frame_index", "time_s", "track_id", "xy_px", "score", "xyz_m", "root_m", "valid"}
    about = {"joint_names_2d", "joint_names_3d", "fps", "width", "height", "source", "version"}
    documented = rows | about
    assert {f"{name}.npy" for name in documented} <= set(zipfile.ZipFile(path).namelist())


def test_the_rows_of_one_person(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    recorder = PoseRecorder("clip.mp4", 25.0)
    for index, count in enumerate((2, 1, 3)):
        recorder.add(_frame(index), _lifted(count, rng))
    recorder.save(tmp_path / "poses.npz", "1")
    poses = load_poses(tmp_path / "poses.npz")
    second = poses.of_track(1)
    assert second.frame_index.tolist() == [0, 2]
    np.testing.assert_array_equal(second.xyz_m, poses.xyz_m[poses.track_id == 1])
    assert len(poses.of_track(9).time_s) == 0
