from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from detection import blazepose
from detection.blazepose import LEAST_VISIBILITY, BlazePoseDetector, people_of
from detection.errors import DetectionError
from pose.joint_sets import BLAZEPOSE33, OPENPOSE18

WIDTH, HEIGHT = 640, 480


def _landmarks() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Landmark i at (i, 2i) / 100 of the picture, all visible."""
    index = np.arange(33, dtype=np.float32)
    return np.stack([index / 100, index / 50, np.ones(33, np.float32)], axis=-1)


class TestLandmarks:
    def test_every_joint_comes_from_its_namesake_in_pixels(self) -> None:
        people = people_of(_landmarks(), WIDTH, HEIGHT)
        assert len(people) == 1
        for joint, name in enumerate(OPENPOSE18):
            if name == "neck":
                continue
            source = BLAZEPOSE33.index(name)
            assert people.xy_px[0, joint] == pytest.approx((source / 100 * WIDTH - 0.5, source / 50 * HEIGHT - 0.5))

    def test_the_neck_is_the_middle_of_the_shoulders(self) -> None:
        people = people_of(_landmarks(), WIDTH, HEIGHT)
        shoulders = [OPENPOSE18.index("left_shoulder"), OPENPOSE18.index("right_shoulder")]
        assert people.xy_px[0, OPENPOSE18.index("neck")] == pytest.approx(people.xy_px[0, shoulders].mean(axis=0))

    def test_the_corners_of_the_picture(self) -> None:
        landmarks = _landmarks()
        landmarks[0, :2], landmarks[2, :2] = (0, 0), (1, 1)
        people = people_of(landmarks, WIDTH, HEIGHT)
        assert people.xy_px[0, OPENPOSE18.index("nose")].tolist() == [-0.5, -0.5]
        assert people.xy_px[0, OPENPOSE18.index("left_eye")].tolist() == [WIDTH - 0.5, HEIGHT - 0.5]
        assert people.score[0, [OPENPOSE18.index("nose"), OPENPOSE18.index("left_eye")]].tolist() == [1, 1]

    @pytest.mark.parametrize("outside", [(-0.01, 0.5), (1.01, 0.5), (0.5, -0.01), (0.5, 1.01)])
    def test_a_landmark_outside_the_picture_is_missing(self, outside: tuple[float, float]) -> None:
        landmarks = _landmarks()
        landmarks[0, :2] = outside
        assert people_of(landmarks, WIDTH, HEIGHT).score[0].tolist() == [0.0] + [1.0] * 17

    def test_visibility_is_the_score_and_a_hidden_landmark_is_missing(self) -> None:
        landmarks = _landmarks()
        landmarks[BLAZEPOSE33.index("left_wrist"), 2] = 0.7
        landmarks[BLAZEPOSE33.index("right_wrist"), 2] = LEAST_VISIBILITY - 0.01
        score = people_of(landmarks, WIDTH, HEIGHT).score[0]
        assert score[OPENPOSE18.index("left_wrist")] == pytest.approx(0.7)
        assert score[OPENPOSE18.index("right_wrist")] == 0

    def test_a_hidden_shoulder_takes_the_neck_along(self) -> None:
        landmarks = _landmarks()
        landmarks[BLAZEPOSE33.index("left_shoulder"), 2] = 0
        assert people_of(landmarks, WIDTH, HEIGHT).score[0, OPENPOSE18.index("neck")] == 0

    def test_nobody_visible_is_nobody(self) -> None:
        landmarks = _landmarks()
        landmarks[:, 2] = 0
        assert len(people_of(landmarks, WIDTH, HEIGHT)) == 0


class TestWithoutMediapipe:
    def test_its_absence_is_one_line_with_the_command(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in sys.modules if name.split(".")[0] == "mediapipe"]:
            monkeypatch.delitem(sys.modules, name)
        real = builtins.__import__

        def without(name: str, *args: Any) -> Any:
            if name.split(".", maxsplit=1)[0] == "mediapipe":
                raise ModuleNotFoundError("No module named 'mediapipe'", name="mediapipe")
            return real(name, *args)

        monkeypatch.setattr(builtins, "__import__", without)
        with pytest.raises(DetectionError) as caught:
            BlazePoseDetector()
        message = str(caught.value)
        assert message.startswith("mediapipe is not installed")
        assert "pip install 'liftcam[mediapipe]'" in message
        assert "pip install -e '.[mediapipe]'" in message
        assert "Python below 3.13 and numpy below 2" in message
        assert "\n" not in message


@pytest.fixture
def detector() -> Iterator[BlazePoseDetector]:
    pytest.importorskip("mediapipe", reason="the extra is not installed")
    detector = BlazePoseDetector()
    yield detector
    detector.close()


class TestDetector:
    def test_an_empty_room_holds_nobody(self, detector: BlazePoseDetector) -> None:
        room = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        room[300:] = 140
        assert len(detector.detect(room)) == 0

    @pytest.mark.parametrize("shape", [(1, 1, 3), (3, 2000, 3), (2000, 3, 3)])
    def test_strange_sizes_are_taken(self, detector: BlazePoseDetector, shape: tuple[int, int, int]) -> None:
        assert len(detector.detect(np.zeros(shape, np.uint8))) == 0

    @pytest.mark.parametrize(
        "picture",
        [
            np.zeros((10, 10), np.uint8),
            np.zeros((10, 10, 4), np.uint8),
            np.zeros((10, 10, 3)),
            np.zeros((0, 9, 3), np.uint8),
        ],
    )
    def test_what_is_no_picture_is_refused(self, detector: BlazePoseDetector, picture: Any) -> None:
        with pytest.raises(DetectionError, match="a picture is uint8"):
            detector.detect(picture)

    def test_it_says_what_it_is(self, detector: BlazePoseDetector) -> None:
        assert "one person" in detector.name
        assert "TensorFlow Lite" in detector.engine

    def test_closing_twice_is_harmless_and_detecting_then_is_not(self, detector: BlazePoseDetector) -> None:
        detector.close()
        detector.close()
        with pytest.raises(DetectionError, match="closed"):
            detector.detect(np.zeros((10, 10, 3), np.uint8))

    def test_a_new_scene_starts_anew_and_a_moving_one_does_not(
        self, detector: BlazePoseDetector, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        restarts: list[int] = []
        monkeypatch.setattr(detector, "_restart", lambda: restarts.append(1))
        dark, bright = np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
        moving = dark.copy()
        moving[100:300, 100:200] = 255
        for picture in (dark, dark, moving):
            detector.detect(picture)
        assert restarts == []
        detector.detect(bright)
        detector.detect(bright)
        assert restarts == [1]
        detector.detect(bright[:240])
        assert restarts == [1, 1]

    def test_nothing_is_printed(self, capfd: pytest.CaptureFixture[str]) -> None:
        pytest.importorskip("mediapipe", reason="the extra is not installed")
        with blazepose._quiet():
            os.write(2, b"I0000 gl_context.cc] chatter\n")
        BlazePoseDetector().close()
        assert capfd.readouterr() == ("", "")


def test_what_is_no_chatter_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    with blazepose._quiet():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nout of memory\n")
    assert capfd.readouterr().err == "out of memory\n"
