from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detection import blazepose, bottom_up, choose
from detection.choose import DETECTORS, FALLBACK_NOTICE, OURS_NOTICE, open_detector
from detection.errors import DetectionError
from detection.registry import OURS


class Opened:
    """Stands for a detector and notes how it was opened."""

    def __init__(self, *args: Any) -> None:
        self.args = args


class BottomUp(Opened):
    pass


class BlazePose(Opened):
    pass


class NoBlazePose:
    def __init__(self) -> None:
        raise DetectionError("mediapipe is not installed: run ...")


FOUND = Path("found.xml")
FETCHED = Path("fetched.xml")


class World:
    """What is installed, found and reachable."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: list[str] = []
        self.downloads = 0
        self.shipped: Path | None = None
        self.patch = monkeypatch
        monkeypatch.setattr(bottom_up, "BottomUpDetector", BottomUp)
        monkeypatch.setattr(blazepose, "BlazePoseDetector", BlazePose)
        self.has(weights=None, online=False)

    def has(self, weights: Path | DetectionError | None, online: bool) -> None:
        def find(name: str, explicit: Path | None = None) -> Path | None:
            if isinstance(weights, DetectionError):
                raise weights
            return self.shipped if weights is None and name == OURS.name else weights

        def download(name: str, **options: Any) -> Path:
            self.downloads += 1
            if not online:
                raise DetectionError("cannot be downloaded")
            return FETCHED

        self.patch.setattr(choose, "find_weights", find)
        self.patch.setattr(choose, "find_network", lambda explicit: find("", explicit))
        self.patch.setattr(choose, "download", download)

    def open(self, name: str = "auto", **options: Any) -> Any:
        return open_detector(name, notify=self.lines.append, **options)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.mark.parametrize("name", ["auto", "openpose", "human-pose-estimation-0001"])
def test_weights_that_are_found_are_used_in_silence(world: World, name: str) -> None:
    world.has(weights=FOUND, online=True)
    detector = world.open(name, net_size=320, threads=2)
    assert isinstance(detector, BottomUp)
    assert detector.args == (FOUND, 320, 2)
    assert (world.lines, world.downloads) == ([], 0)


def test_missing_weights_are_fetched_with_a_line(world: World) -> None:
    world.has(weights=None, online=True)
    detector = world.open()
    assert detector.args[0] == FETCHED
    assert len(world.lines) == 1
    assert "4.6 MB" in world.lines[0]


def test_offline_auto_falls_back_with_one_visible_line(world: World) -> None:
    assert isinstance(world.open(), BlazePose)
    assert world.lines[-1] == FALLBACK_NOTICE
    assert "one person only; `python main.py weights` gets the multi-person detector" in FALLBACK_NOTICE
    assert world.lines.count(FALLBACK_NOTICE) == 1


def test_without_leave_to_download_nothing_is_asked(world: World) -> None:
    world.has(weights=None, online=True)
    assert isinstance(world.open(allow_download=False), BlazePose)
    assert (world.downloads, world.lines) == (0, [FALLBACK_NOTICE])


@pytest.mark.parametrize("name", ["openpose", "human-pose-estimation-0001"])
def test_a_detector_asked_for_by_name_never_falls_back(world: World, name: str) -> None:
    with pytest.raises(DetectionError, match="cannot be downloaded"):
        world.open(name)
    with pytest.raises(DetectionError, match="was not found; run"):
        world.open(name, allow_download=False)


def test_mediapipe_by_name_looks_for_no_weights(world: World) -> None:
    world.has(weights=DetectionError("wrong"), online=True)
    assert isinstance(world.open("mediapipe"), BlazePose)
    assert (world.lines, world.downloads) == ([], 0)


def test_wrong_weights_are_an_error_and_no_reason_to_fall_back(world: World) -> None:
    world.has(weights=DetectionError("sha256 differs"), online=True)
    with pytest.raises(DetectionError, match="sha256 differs"):
        world.open(weights=Path("mine"))


def test_with_neither_both_reasons_are_given(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blazepose, "BlazePoseDetector", NoBlazePose)
    with pytest.raises(DetectionError, match=r"cannot be downloaded.*mediapipe is not installed"):
        world.open()
    assert FALLBACK_NOTICE not in world.lines


def test_unknown_names_are_refused_with_the_known_ones(world: World) -> None:
    with pytest.raises(DetectionError, match=", ".join(DETECTORS)):
        world.open("yolo")


def test_ours_by_name_is_opened_or_an_error_and_never_fetched(world: World) -> None:
    world.has(weights=FOUND, online=True)
    assert world.open("liftcam-paf-small").args[0] == FOUND
    world.has(weights=None, online=True)
    with pytest.raises(DetectionError, match="ships with the project"):
        world.open("liftcam-paf-small")
    assert (world.lines, world.downloads) == ([], 0)


def test_openpose_takes_any_network_that_is_named(world: World) -> None:
    world.has(weights=FOUND, online=False)
    assert world.open("openpose", weights=Path("mine.xml")).args[0] == FOUND


def test_where_mediapipe_is_missing_too_ours_steps_in_with_a_line(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.shipped = FOUND
    assert isinstance(world.open(), BlazePose)  # MediaPipe comes first
    monkeypatch.setattr(blazepose, "BlazePoseDetector", NoBlazePose)
    assert world.open().args[0] == FOUND
    assert world.lines[-1] == OURS_NOTICE
