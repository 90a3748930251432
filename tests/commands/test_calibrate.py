"""Boards rendered through a known lens become the file of that lens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from commands import calibrate as command
from commands.calibrate import CalibrateOptions, parse_board, run
from commands.errors import CommandError
from pose.calibration import CalibrationError, load_calibration
from pose.camera import Distortion, Intrinsics
from pose.chessboard import Chessboard
from pose.errors import ExitCode
from pose.types import Frame, Image
from render.view import View, ViewOptions
from render.window import Action
from stream.source import SourceState
from tests.pose.boards import Studio, placements

BOARD = Chessboard(7, 5, 0.03)
CAMERA = Intrinsics(466.0, 462.5, 326.1, 175.4, 640, 360, Distortion(k1=-0.2, k2=0.06))


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    random, studio = np.random.default_rng(4), Studio(CAMERA)
    return [studio.picture(BOARD, *one, random) for one in placements(CAMERA, BOARD, 12, random)]


def _folder(tmp_path: Path, images: list[Image]) -> CalibrateOptions:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, image in enumerate(images):
        cv2.imwrite(str(folder / f"{number}.png"), image)
    return CalibrateOptions(str(folder), BOARD.columns, BOARD.rows, 30, tmp_path / "camera.yaml")


def test_a_folder_of_pictures_becomes_a_calibration(
    tmp_path: Path, pictures: list[Image], capsys: pytest.CaptureFixture[str]
) -> None:
    blank, small = np.full((360, 640, 3), 90, np.uint8), np.zeros((48, 64, 3), np.uint8)
    options = _folder(tmp_path, [*pictures, blank, small, pictures[0]])
    assert run(options) is ExitCode.DONE
    out, said = capsys.readouterr()
    result = json.loads(out.splitlines()[-1])
    assert result["error_px"] < 0.15
    assert 10 <= result["views"] <= 12
    assert "15 pictures" in said
    assert "1 were left out because they are not 640x360" in said
    camera = load_calibration(options.out).intrinsics
    assert camera.fx == pytest.approx(CAMERA.fx, rel=0.015)
    assert result["fov_deg"] == pytest.approx(CAMERA.fov_deg, abs=1)
    corner = np.array([[0.0, 0.0]])
    np.testing.assert_allclose(camera.rays(corner), CAMERA.rays(corner), atol=0.02)


def test_too_few_views_write_nothing(tmp_path: Path, pictures: list[Image]) -> None:
    options = _folder(tmp_path, pictures[:5])
    with pytest.raises(CalibrationError, match=r"seen in \d views that differ, 8 are the least"):
        run(options)
    assert not options.out.exists()


def test_another_board_is_not_found(tmp_path: Path, pictures: list[Image]) -> None:
    options = replace(_folder(tmp_path, pictures[:2]), columns=11)
    with pytest.raises(CalibrationError, match="seen in 0 views"):
        run(options)


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"views": 3}, "3 views are too few"), ({"out": Path("camera.txt")}, r"ends in one of \.yaml")],
)
def test_options_that_make_no_sense_are_refused_before_the_camera_opens(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run(replace(CalibrateOptions("nowhere"), **changes))


class _Camera:
    """A camera in front of which somebody moves a board: every picture comes twice, then one in motion."""

    live, seekable, damaged = True, False, 0
    name, fps, frame_count, duration_s = "a camera", 30.0, None, None
    state = SourceState.LIVE

    def __init__(self, images: list[Image], interrupted: bool) -> None:
        self.width, self.height = 640, 360
        self._images, self._interrupted = images, interrupted
        self.closed = False

    def frames(self) -> Iterator[Frame]:
        shown = [image for one in self._images for image in (one, one, np.roll(one, 9, axis=1))]
        for index, image in enumerate(shown):
            yield Frame(image, index, index / 30)
        if self._interrupted:
            raise KeyboardInterrupt

    def captured_s(self, frame: Frame) -> float:
        return frame.time_s

    def seek(self, time_s: float) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_camera_is_watched_until_there_are_enough_views(
    tmp_path: Path,
    pictures: list[Image],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    interrupted: bool,
) -> None:
    camera = _Camera(pictures, interrupted)
    monkeypatch.setattr(command, "open_source", lambda *_: camera)
    wanted = 20 if interrupted else 8
    options = CalibrateOptions("0", BOARD.columns, BOARD.rows, 30, tmp_path / "camera.toml", wanted, display=False)
    assert run(options) is (ExitCode.INTERRUPTED if interrupted else ExitCode.DONE)
    assert camera.closed
    said = capsys.readouterr().err
    assert "view 1 of" in said
    assert "show the whole board" in said
    assert load_calibration(options.out).intrinsics.fx == pytest.approx(CAMERA.fx, rel=0.03)


def test_a_window_shows_the_corners_and_closing_it_ends_the_collecting(
    tmp_path: Path, pictures: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Image] = []

    class _Window:
        options = ViewOptions(mirror=True)

        def __init__(self, *_: object, **__: object) -> None: ...
        def __enter__(self) -> _Window:
            return self

        def __exit__(self, *_: object) -> None: ...
        def show(self, view: View) -> None:
            shown.append(view.frame.image)
            assert "of 20 views" in (view.status.message or "")
            assert "right" in (view.status.message or ""), "what is missing on the left is on the right of a mirror"

        def poll(self) -> list[Action]:
            return [Action.QUIT] if len(shown) == 6 else []

    monkeypatch.setattr(command, "open_source", lambda *_: _Camera(pictures, False))
    monkeypatch.setattr(command, "has_display", _Available)
    monkeypatch.setattr(command, "Window", _Window)
    options = CalibrateOptions("0", BOARD.columns, BOARD.rows, 30, tmp_path / "camera.toml")
    with pytest.raises(CalibrationError, match="seen in"):
        run(options)
    assert len(shown) == 6
    assert not np.array_equal(shown[0], pictures[0]), "the corners are drawn"


class _Available:
    available, reason = True, ""


@pytest.mark.parametrize("text", ["", "9", "x6", "9x", "9x6x2", "axb", "-9x6"])
def test_no_boards(text: str) -> None:
    with pytest.raises(ValueError, match="9x6"):
        parse_board(text)
