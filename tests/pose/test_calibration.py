from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pose.calibration import Calibration, CalibrationError, load_calibration, save_calibration
from pose.camera import Distortion, Intrinsics

LENS = Distortion(0.11, -0.21, 0.001, -0.0012345678901234, 0.07)
CAMERA = Intrinsics(931.123456789012, 925.25, 652.3, 350.9, 1280, 720, LENS)
ENDINGS = (".yaml", ".yml", ".xml", ".json", ".toml", ".npz")

MATRIX = "[ 900.5, 0., 640., 0., 901., 360., 0., 0., 1. ]"
OPENCV_SAMPLE = f"""%YAML:1.0
---
calibration_time: "Tue 07 May 2024 10:11:12 AM"
nframes: 13
image_width: 1280
image_height: 720
board_width: 9
flags: 0
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: {MATRIX}
distortion_coefficients: !!opencv-matrix
   rows: 5
   cols: 1
   dt: d
   data: [ -0.1, 0.05, 0.001, -0.002, 0. ]
avg_reprojection_error: 2.5e-01
"""
ROS = """image_width: 1280
image_height: 720
camera_name: narrow_stereo
camera_matrix:
  rows: 3
  cols: 3
  data: [900, 0, 640, 0, 900, 360, 0, 0, 1]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.1, 0.05, 0.001, -0.002, 0]
"""
OLD_TUTORIAL = """<?xml version="1.0"?>
<opencv_storage>
<nr_of_frames>8</nr_of_frames><image_Width>1280</image_Width><image_Height>720</image_Height>
<Camera_Matrix type_id="opencv-matrix"><rows>3</rows><cols>3</cols><dt>d</dt>
<data>900. 0. 640. 0. 900. 360. 0. 0. 1.</data></Camera_Matrix>
<Distortion_Coefficients type_id="opencv-matrix"><rows>5</rows><cols>1</cols><dt>d</dt>
<data>-0.1 0.05 0.001 -0.002 0.</data></Distortion_Coefficients>
<Avg_Reprojection_Error>0.25</Avg_Reprojection_Error>
</opencv_storage>
"""
FOREIGN_LENS = Distortion(-0.1, 0.05, 0.001, -0.002, 0.0)


def _write(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_written_is_read_again_to_the_last_bit(tmp_path: Path, ending: str) -> None:
    for calibration in (Calibration(CAMERA, 0.123456789, 17), Calibration(replace(CAMERA, distortion=Distortion()))):
        path = tmp_path / f"new folder/camera{ending}"
        save_calibration(calibration, path)
        assert load_calibration(path) == calibration
        assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("name", "text", "error_px", "views"),
    [("a.yaml", OPENCV_SAMPLE, 0.25, 13), ("a.yml", ROS, None, None), ("a.xml", OLD_TUTORIAL, 0.25, 8)],
)
def test_files_of_other_programs_are_understood(
    tmp_path: Path, name: str, text: str, error_px: float | None, views: int | None
) -> None:
    calibration = load_calibration(_write(tmp_path, name, text))
    camera = calibration.intrinsics
    assert (camera.cx, camera.cy, camera.width, camera.height) == (640, 360, 1280, 720)
    assert camera.fx == (900.5 if "900.5" in text else 900)
    assert camera.distortion == FOREIGN_LENS
    assert (calibration.error_px, calibration.views) == (error_px, views)


def test_opencv_reads_what_we_write(tmp_path: Path) -> None:
    save_calibration(Calibration(CAMERA, 0.1, 9), tmp_path / "camera.yaml")
    storage = cv2.FileStorage(str(tmp_path / "camera.yaml"), cv2.FILE_STORAGE_READ)
    np.testing.assert_array_equal(storage.getNode("camera_matrix").mat(), CAMERA.matrix)
    np.testing.assert_array_equal(storage.getNode("distortion_coefficients").mat()[:, 0], LENS.coefficients)
    storage.release()


def test_the_arrays_of_the_python_tutorial_need_the_pictures_size(tmp_path: Path) -> None:
    path = tmp_path / "B.npz"
    views = np.random.default_rng(0).normal(size=(4, 3, 1))
    np.savez(path, mtx=CAMERA.matrix, dist=LENS.coefficients[None], rvecs=views, tvecs=views)
    with pytest.raises(CalibrationError, match="does not tell the size"):
        load_calibration(path)
    assert load_calibration(path, (1280, 720)).intrinsics == CAMERA


def _entries(**changes: object) -> str:
    entries: dict[str, object] = {
        "image_width": 1280,
        "image_height": 720,
        "camera_matrix": [[900, 0, 640], [0, 900, 360], [0, 0, 1]],
        "distortion_coefficients": [-0.1, 0.05, 0.001, -0.002, 0],
    }
    return json.dumps({**entries, **changes})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"camera_matrix": None}, "no camera_matrix"),
        ({"camera_matrix": [[900, 0], [0, 900]]}, "has 4 numbers"),
        ({"camera_matrix": "none"}, "not made of numbers"),
        ({"camera_matrix": [[float("nan"), 0, 640], [0, 900, 360], [0, 0, 1]]}, "no finite number"),
        ({"camera_matrix": [[-900, 0, 640], [0, 900, 360], [0, 0, 1]]}, "impossible for a picture"),
        ({"camera_matrix": [[1, 0, 640], [0, 1, 360], [0, 0, 1]]}, "impossible for a picture"),
        ({"camera_matrix": [[900, 5, 640], [0, 900, 360], [0, 0, 1]]}, "not of the form"),
        ({"camera_matrix": [[900, 0, 640], [0, 900, 360], [0, 0, 2]]}, "not of the form"),
        ({"camera_matrix": [[900, 0, 2000], [0, 900, 360], [0, 0, 1]]}, "outside the picture"),
        ({"image_width": None}, "does not tell the size"),
        ({"image_width": 0}, "picture's size"),
        ({"image_width": 1e30}, "picture's size"),
        ({"image_height": 720.5}, "picture's size"),
        ({"distortion_coefficients": [0.1, 0.1]}, "too few"),
        ({"distortion_coefficients": [0.1, 0, 0, 0, 0, 0.3, 0, 0]}, "8 distortion coefficients"),
        ({"distortion_coefficients": [float("inf"), 0, 0, 0]}, "no finite number"),
        ({"distortion_coefficients": [-1.5, 0, 0, 0]}, "folds over"),
        ({"distortion_model": "equidistant"}, "fisheye"),
        ({"fisheye_model": 1}, "fisheye"),
    ],
)
def test_what_is_no_credible_camera_is_refused_in_one_line(
    tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    path = _write(tmp_path, "camera.json", _entries(**changes))
    with pytest.raises(CalibrationError, match=says) as caught:
        load_calibration(path)
    assert "camera.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_eight_coefficients_of_which_the_last_are_zero_are_five(tmp_path: Path) -> None:
    path = _write(tmp_path, "camera.json", _entries(distortion_coefficients=[-0.1, 0.05, 0.001, -0.002, 0, 0, 0, 0]))
    assert load_calibration(path).intrinsics.distortion == FOREIGN_LENS


@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_rubbish_is_an_error_of_one_line(tmp_path: Path, ending: str, content: bytes) -> None:
    path = tmp_path / f"rubbish{ending}"
    path.write_bytes(content)
    with pytest.raises(CalibrationError) as caught:
        load_calibration(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 200_000,
        "a: " + "{a: " * 200_000,
        "a:\n " + "- " * 400_000,
        "<?xml version='1.0'?>" + "<a>" * 200_000,
    ],
)
def test_a_file_so_deep_that_it_would_end_opencv_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CalibrationError, match="opens more than"):
        load_calibration(_write(tmp_path, "deep.yaml", text))


def test_a_large_file_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="larger than 1 MB"):
        load_calibration(_write(tmp_path, "large.yaml", "x" * 1_000_001))
    with pytest.raises(CalibrationError, match="cannot read"):
        load_calibration(tmp_path / "none.yaml")
    with pytest.raises(CalibrationError, match=r"ends in one of \.yaml"):
        load_calibration(tmp_path / "camera.txt")
    with pytest.raises(CalibrationError, match=r"ends in one of \.yaml"):
        save_calibration(Calibration(CAMERA), tmp_path / "camera")
    with pytest.raises(CalibrationError, match="cannot write"):
        save_calibration(Calibration(CAMERA), _write(tmp_path, "file", "") / "camera.yaml")


def test_an_array_that_claims_to_be_huge_takes_no_memory(tmp_path: Path) -> None:
    header, form = io.BytesIO(), cast(Any, np.lib.format)
    form.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
        archive.writestr("mtx.npy", header.getvalue())
    with pytest.raises(CalibrationError, match="no small array"):
        load_calibration(tmp_path / "huge.npz")


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    np.savez(tmp_path / "pickled.npz", mtx=np.array([{}], object))
    with pytest.raises(CalibrationError, match="no small array"):
        load_calibration(tmp_path / "pickled.npz")


def test_other_modes_of_the_camera_of_the_same_shape_are_served() -> None:
    calibration = Calibration(CAMERA)
    assert calibration.for_picture(1280, 720) is CAMERA
    half = calibration.for_picture(640, 360)
    pixel = np.array([100.0, 200.0])
    np.testing.assert_allclose(half.rays((pixel + 0.5) / 2 - 0.5), CAMERA.rays(pixel))
    assert calibration.for_picture(1366, 768).width == 1366
    for width, height in ((640, 480), (720, 1280)):
        with pytest.raises(CalibrationError, match="another shape"):
            calibration.for_picture(width, height)
