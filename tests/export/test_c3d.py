from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export.c3d import content, write_c3d
from export.errors import ExportError
from export.motion import motions
from pose.joint_sets import H36M17
from tests.export.people import actor, walkers

ezc3d = pytest.importorskip("ezc3d", reason="the extra `export` is not installed")


@contextlib.contextmanager
def _py_c3d(path: Path) -> Iterator[Any]:
    """A reader of C3D that has nothing to do with ezc3d."""
    other = pytest.importorskip("c3d", reason="py-c3d reads C3D without ezc3d")
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No analog data found")
        yield other.Reader(file)


def test_another_reader_finds_the_same_points(tmp_path: Path) -> None:
    poses = actor()
    poses.valid[3, 2] = False
    motion = motions(poses)[0]
    path = write_c3d(poses, tmp_path / "demo.c3d")[0]
    with _py_c3d(path) as reader:
        assert reader.point_rate == 25
        assert [one.strip() for one in reader.point_labels] == list(H36M17)
        assert reader.get("POINT:UNITS").string_value.strip() == "mm"
        assert reader.get("POINT:Y_SCREEN").string_value.strip() == "+Y"
        frames = np.array([points for _, points, _ in reader.read_frames()])
    assert len(frames) == len(motion)
    known = np.isfinite(motion.xyz_m).all(axis=2)
    assert (~known).any()
    np.testing.assert_allclose(frames[known][:, :3], 1000 * motion.xyz_m[known], atol=0.01)
    np.testing.assert_array_equal(frames[..., 3] < 0, ~known)


@pytest.mark.parametrize("vertical", ["y", "z"])
def test_up_is_what_the_file_says(vertical: str, tmp_path: Path) -> None:
    poses = walkers([0, 1])
    path = write_c3d(poses, tmp_path / "walk.c3d", vertical=vertical)[0]
    read = ezc3d.c3d(str(path))
    assert read["parameters"]["POINT"]["Y_SCREEN"]["value"] == [f"+{vertical.upper()}"]
    points = read["data"]["points"]
    up = points[:3, H36M17.index("head"), 0] - points[:3, 0, 0]
    np.testing.assert_allclose(up, 780 * np.eye(3)["xyz".index(vertical)], atol=1e-3)
    to_right = points[:3, 0, 1] - points[:3, 0, 0]
    np.testing.assert_allclose(to_right, [4, 0, 0], atol=1e-3)


def test_gaps_have_the_residual_minus_one_and_a_variable_rate_is_evened(tmp_path: Path) -> None:
    poses = walkers([0, 1, 4, 5], [0.0, 0.04, 0.2, 0.33])
    read = ezc3d.c3d(str(write_c3d(poses, tmp_path / "walk.c3d")[0]))
    residuals, points = read["data"]["meta_points"]["residuals"][0], read["data"]["points"]
    time = np.arange(points.shape[2]) / read["parameters"]["POINT"]["RATE"]["value"][0]
    known = residuals[0] >= 0
    assert (residuals[:, ~known] == -1).all()
    assert np.isnan(points[:3, :, ~known]).all()
    assert not known[(time > 0.05) & (time < 0.19)].any()
    np.testing.assert_allclose(points[0, 0, known], 100 * time[known], atol=0.01)


def test_more_frames_than_sixteen_bits_count(tmp_path: Path) -> None:
    count = 66_000
    poses = walkers(list(range(count)))
    path = write_c3d(poses, tmp_path / "long.c3d")[0]
    with _py_c3d(path) as reader:
        assert (reader.first_frame, reader.last_frame) == (1, count)
        pelvis = [points[0, 0] for _, points, _ in reader.read_frames(copy=False)]
    assert len(pelvis) == count
    np.testing.assert_allclose(np.array(pelvis)[[0, 65_535, -1]], np.array([0, 65_535, count - 1]) * 4, rtol=1e-5)


@pytest.mark.parametrize("count", [1, 32, 45])  # 32 frames fill their blocks
@pytest.mark.parametrize("vertical", ["y", "z"])
def test_the_file_is_byte_for_byte_what_ezc3d_writes_itself(count: int, vertical: str, tmp_path: Path) -> None:
    poses = walkers([*range(count - 1), count + 1])  # a gap before the last frame
    poses.valid[0, 3] = False
    motion = motions(poses)[0]
    content(ezc3d, motion, vertical, slice(None)).write(str(tmp_path / "whole.c3d"))
    ours = write_c3d(poses, tmp_path / "ours.c3d", vertical=vertical)[0]
    assert ours.read_bytes() == (tmp_path / "whole.c3d").read_bytes()


def test_a_missing_library_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(ExportError, match=r"C3D needs ezc3d: in the checkout, pip install -e '.\[export\]'"):
        write_c3d(walkers([0]), tmp_path / "a.c3d")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_noticed(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits of a process are a matter of Unix")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for room in (100, 3_000, 30_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            with pytest.raises(ExportError, match=r"cannot write .*walk_person1\.c3d: "):
                write_c3d(walkers(list(range(200))), tmp_path / "walk.c3d")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot write"):
        write_c3d(walkers([0]), tmp_path / "file" / "a.c3d")
    with pytest.raises(ExportError, match="y or z"):
        write_c3d(walkers([0]), tmp_path / "a.c3d", vertical="x")
