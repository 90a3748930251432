from __future__ import annotations

import numpy as np

from pose.camera import Intrinsics
from pose.types import Frame, Image, People
from stream.item import Item
from stream.stages import LiftStage, assumed_camera, stages_on


class _Somebody:
    """A detector that sees the same person in every picture, in its middle."""

    name, engine = "somebody", "none"

    def detect(self, image: Image) -> People:
        height, width = image.shape[:2]
        xy = np.random.default_rng(0).uniform(0.3, 0.7, (1, 18, 2)) * (width, height)
        return People.detected(xy.astype(np.float32), np.full((1, 18), 0.9, np.float32))

    def close(self) -> None:
        pass


def _item(index: int, width: int = 64, height: int = 48) -> Item:
    return Item(Frame(np.zeros((height, width, 3), np.uint8), index, index / 30), 0.0)


def test_an_item_leaves_the_stages_with_tracked_and_lifted_people() -> None:
    item = _item(0)
    for stage in stages_on(_Somebody(), 0.5, assumed_camera(60)):
        item = stage.step(item)
    assert item.people is not None
    assert item.people.track_id.tolist() == [1]
    assert item.people.lifted


def test_after_a_jump_everybody_is_somebody_new_to_the_tracker() -> None:
    detect, _ = stages_on(_Somebody(), 0.5, assumed_camera(60))
    first = detect.step(_item(0)).people
    detect.reset()
    again = detect.step(_item(1)).people
    assert first is not None
    assert again is not None
    assert (len(first), len(again)) == (1, 1)


def test_the_camera_is_asked_once_a_size() -> None:
    asked: list[tuple[int, int]] = []

    def camera(width: int, height: int) -> Intrinsics:
        asked.append((width, height))
        return Intrinsics.from_fov(width, height, 60)

    stage = LiftStage(camera)
    for index, size in enumerate([(64, 48), (64, 48), (32, 24), (64, 48)]):
        stage.step(_item(index, *size))
    assert asked == [(64, 48), (32, 24), (64, 48)]
