from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.bottom_up import BottomUpDetector
from detection.training.labels import KNOWN, UNKNOWN
from detection.training.photos import PhotosBuilder, join
from detection.training.teachers import LandmarkTeacher, Region, add_heads, label_unlabelled, region_of
from pose.joint_sets import OPENPOSE18, flip_order
from pose.types import Image, People
from tests.detection.training.actors import stick_person, stick_photos

SURE = np.ones(18, np.bool_)
HEAD = [OPENPOSE18.index(name) for name in ("nose", "right_eye", "left_eye", "right_ear", "left_ear")]


class Landmarks:
    """A landmark teacher that always sees the same body."""

    def __init__(self, joints: NDArray[np.float32] | None, sure: NDArray[np.bool_] = SURE) -> None:
        self.seen = None if joints is None else (joints, sure)

    def agreed(self, _image: Image, _region: Region) -> tuple[NDArray[np.float32], NDArray[np.bool_]] | None:
        return self.seen


class Finder:
    """A detector that always finds the same people."""

    def __init__(self, people: list[NDArray[np.float32]]) -> None:
        xy = np.array(people, np.float32).reshape(-1, 18, 2)
        self.people = People.detected(xy, np.ones(xy.shape[:2], np.float32))

    def detect(self, _image: Image) -> People:
        return self.people


def teachers(
    joints: NDArray[np.float32] | None, found: list[NDArray[np.float32]]
) -> tuple[LandmarkTeacher, BottomUpDetector]:
    return cast(LandmarkTeacher, Landmarks(joints)), cast(BottomUpDetector, Finder(found))


def picture(folder: Path) -> list[Path]:
    path = folder / "one.png"
    cv2.imwrite(str(path), np.zeros((100, 100, 3), np.uint8))
    return [path]


def test_a_region_maps_its_middle_and_its_upright_direction() -> None:
    region = Region(np.array((50, 40), np.float32), 128.0, np.pi / 2)  # the body's head points to the right
    matrix = region.matrix()
    middle, above = np.array((127.5, 127.5, 1)), np.array((127.5, 27.5, 1))
    np.testing.assert_allclose(matrix @ middle, (50, 40), atol=1e-6)
    np.testing.assert_allclose(matrix @ above, (100, 40), atol=1e-6)
    beside = np.array((227.5, 127.5, 1))
    np.testing.assert_allclose(
        region.matrix(mirrored=True) @ beside, 2 * np.array((50, 40)) - matrix @ beside, atol=1e-6
    )


def test_a_region_turns_with_the_trunk_and_holds_everything() -> None:
    standing = stick_person(100, 20, 150)
    region = region_of(standing, SURE)
    assert abs(region.angle) < 1e-3
    lying = standing[:, ::-1] * [-1, 1]
    turned = region_of(np.asarray(lying, np.float32), SURE)
    assert abs(abs(turned.angle) - np.pi / 2) < 1e-3
    assert region.side / 2 > np.linalg.norm(standing - region.centre, axis=1).max()


def test_joints_that_both_teachers_see_are_known_and_disputed_ones_masked(tmp_path: Path) -> None:
    body = stick_person(50, 5, 90)
    other = body.copy()
    wrist = OPENPOSE18.index("left_wrist")
    other[wrist] += 40
    photos = label_unlabelled(picture(tmp_path), *teachers(body, [other]))
    assert photos.state[0, wrist] == UNKNOWN
    assert (photos.state[0] == KNOWN).sum() == 17
    np.testing.assert_array_equal(photos.joints[0, 0], body[0])


def test_somebody_only_one_teacher_sees_is_ignored_or_the_photo_left_out(tmp_path: Path) -> None:
    body = stick_person(50, 5, 90)
    assert len(label_unlabelled(picture(tmp_path), *teachers(None, [body]))) == 0
    both = label_unlabelled(picture(tmp_path), *teachers(body, [body, body + 200]))
    assert len(both.person_photo) == 1
    assert len(both.ignored) == 1


def test_heads_are_filled_in_where_the_bodies_agree_and_swapped_photos_go() -> None:
    body = stick_person(48, 6, 80)
    state = np.full(18, KNOWN, np.uint8)
    state[HEAD] = UNKNOWN
    builder = PhotosBuilder("lspet")
    encoded = bytes(cv2.imencode(".png", np.zeros((96, 96, 3), np.uint8))[1])
    for name, joints in (("right", body), ("swapped", body[flip_order(OPENPOSE18)]), ("elsewhere", body + 60)):
        builder.add_picture(name, encoded)
        builder.add_person(joints, state)
    photos, left_out = add_heads(join([builder.photos(), stick_photos(1)]), cast(LandmarkTeacher, Landmarks(body)))
    assert left_out == 1
    assert list(photos.names) == ["right", "elsewhere", "stick0.png"]
    assert (photos.state[0, HEAD] == KNOWN).all()
    np.testing.assert_array_equal(photos.joints[0, HEAD], body[HEAD])
    assert (photos.state[1, HEAD] == UNKNOWN).all()
