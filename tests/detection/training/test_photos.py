import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from detection.errors import DetectionError
from detection.skeleton import JOINTS
from detection.training.labels import ABSENT, KNOWN, UNKNOWN
from detection.training.pack import pack
from detection.training.photos import MOST_PEOPLE, Photos, PhotosBuilder, join
from detection.training.rendered import RenderedWriter
from detection.training.sources import (
    boxes_outside,
    is_held_out,
    read_coco,
    read_empty,
    read_lspet,
    read_rendered,
    split,
)
from pose.joint_sets import COCO17, OPENPOSE18
from tests.detection.training.actors import stick_photos


def write_picture(path: Path, height: int = 40, width: int = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((height, width, 3), 100, np.uint8))


def test_a_set_is_saved_joined_and_cut_up_again(tmp_path: Path) -> None:
    first, second = stick_photos(3), stick_photos(2, source="other")
    both = join([first, second])
    both.check("joined")
    both.save(tmp_path / "set.npz")
    again = Photos.load(tmp_path / "set.npz").select(both.source == "other")
    again.check("cut")
    assert list(again.names) == list(second.names)
    np.testing.assert_array_equal(again.joints, second.joints)
    np.testing.assert_array_equal(again.person_photo, second.person_photo)
    np.testing.assert_array_equal(again.picture(1), second.picture(1))


def test_a_file_that_is_no_set_is_said(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    with pytest.raises(DetectionError, match="packed"):
        Photos.load(path)
    np.savez(path, something=1)
    with pytest.raises(DetectionError, match="packed"):
        Photos.load(path)


def test_large_pictures_shrink_with_their_labels() -> None:
    builder = PhotosBuilder("coco")
    image = np.zeros((100, 200, 3), np.uint8)
    image[41:60, 121:140] = 255  # its middle is at (130, 50)
    builder.add_picture("large.png", bytes(cv2.imencode(".png", image)[1]))
    state = np.full(JOINTS, ABSENT, np.uint8)
    state[0] = KNOWN
    builder.add_person(np.full((JOINTS, 2), (130, 50), np.float32), state, np.array([120, 40, 140, 60], np.float32))
    samples = builder.photos().samples(np.array([0]), 100)
    assert samples.sizes.tolist() == [[50, 100]]
    bright = np.argwhere(samples.pictures[0, 0].numpy() > 128)
    np.testing.assert_allclose(bright.mean(axis=0)[::-1], samples.labels.joints[0, 0, 0].numpy(), atol=0.3)
    np.testing.assert_allclose(samples.labels.boxes[0, 0].numpy(), [60, 20, 70, 30])


def test_the_smallest_of_too_many_people_are_ignored() -> None:
    builder = PhotosBuilder("coco")
    builder.add_picture("crowd.png", bytes(cv2.imencode(".png", np.zeros((50, 50, 3), np.uint8))[1]))
    for index in range(MOST_PEOPLE + 2):
        box = np.array([0, 0, 5 + index, 5 + index], np.float32)
        builder.add_person(np.zeros((JOINTS, 2), np.float32), np.full(JOINTS, KNOWN, np.uint8), box)
    labels = builder.photos().samples(np.array([0]), 50).labels
    assert (labels.state[0] == KNOWN).all()
    assert labels.ignored[0, :2, 2].tolist() == [6, 5]
    assert labels.ignored[0, 2:].abs().max() == 0


def test_coco_is_read(tmp_path: Path) -> None:
    write_picture(tmp_path / "images" / "1.webp")
    keypoints = [[0, 0, 0]] * 17
    for name, x in (("left_shoulder", 30.0), ("right_shoulder", 20.0), ("nose", 25.0)):
        keypoints[COCO17.index(name)] = [x, 10.0, 2]  # type: ignore[list-item]
    flat = [value for row in keypoints for value in row]
    person = {"image_id": 1, "bbox": [10, 5, 30, 30], "iscrowd": 0, "num_keypoints": 3, "keypoints": flat}
    crowd = {"image_id": 1, "bbox": [40, 0, 20, 40], "iscrowd": 1, "num_keypoints": 0, "keypoints": [0] * 51}
    images = [{"id": 1, "file_name": "1.webp"}]
    (tmp_path / "annotations.json").write_text(json.dumps({"images": images, "annotations": [crowd, person]}))
    photos = read_coco(tmp_path)
    photos.check("coco")
    left, neck = OPENPOSE18.index("left_shoulder"), OPENPOSE18.index("neck")
    assert photos.joints[0, left].tolist() == [30, 10]
    assert photos.joints[0, neck].tolist() == [25, 10]
    assert (photos.state[0] == KNOWN).sum() == 4
    assert photos.boxes.tolist() == [[10, 5, 40, 35]]
    assert photos.ignored.tolist() == [[40, 0, 60, 40]]


def test_lspet_is_read_without_what_is_held_out_or_suspect(tmp_path: Path) -> None:
    names = ["im00001.jpg", "im00002.jpg", "im09001.jpg", "im09500.jpg", "im09501.jpg"]
    joints = np.zeros((5, 14, 3), np.float32)
    joints[:, :, 0] = np.arange(14) * 3 + 5
    joints[:, :, 1] = 20
    joints[:, :, 2] = 1
    joints[0, 6] = 0  # its right wrist is hidden
    np.savez(tmp_path / "labels.npz", names=names, joints=joints, suspect=[False, True, False, False, False])
    for name in names:
        write_picture(tmp_path / "images" / f"{Path(name).stem}.webp")
    photos = read_lspet(tmp_path)
    assert list(photos.names) == ["im00001.jpg", "im09501.jpg"]
    assert list(read_lspet(tmp_path, held_out=True).names) == ["im09001.jpg", "im09500.jpg"]
    right_ankle, right_wrist = OPENPOSE18.index("right_ankle"), OPENPOSE18.index("right_wrist")
    assert photos.joints[0, right_ankle].tolist() == [5, 20]
    assert photos.state[0, right_wrist] == UNKNOWN
    assert photos.joints[1, right_wrist].tolist() == [6 * 3 + 5, 20]
    assert photos.state[0, OPENPOSE18.index("left_ear")] == UNKNOWN
    assert len(photos.ignored) == 8


def test_held_out_names() -> None:
    assert [is_held_out(f"im{number:05d}") for number in (9000, 9001, 9500, 9501)] == [False, True, True, False]


def test_the_outside_of_a_box_is_everything_else() -> None:
    outside = boxes_outside(np.array([10, 20, 30, 50], np.float32))
    for x in range(0, 60, 3):
        for y in range(1, 60, 3):
            covered = any(left < x < right and top < y < bottom for left, top, right, bottom in outside)
            assert covered != (10 <= x <= 30 and 20 <= y <= 50)


def test_empty_and_rendered_pictures_are_read(tmp_path: Path) -> None:
    write_picture(tmp_path / "rooms" / "a.png")
    rooms = read_empty(tmp_path / "rooms")
    assert len(rooms) == 1
    assert len(rooms.person_photo) == 0
    write_picture(tmp_path / "actor" / "0.png")
    keypoints = [[3.0, 4.0, 2], [5.0, 6.0, 1], *[[-1, -1, 0]] * 16]
    row = {"file": "0.png", "people": [{"keypoints": keypoints, "bbox": [1, 2, 10, 20]}]}
    (tmp_path / "actor" / "labels.jsonl").write_text(json.dumps(row) + "\n")
    actor = read_rendered(tmp_path / "actor")
    assert actor.state[0, :3].tolist() == [KNOWN, KNOWN, ABSENT]
    assert actor.joints[0, 0].tolist() == [3, 4]
    with pytest.raises(DetectionError, match="no pictures"):
        read_empty(tmp_path / "nothing")


def test_rendered_pictures_are_read_as_they_were_written(tmp_path: Path) -> None:
    joints = np.random.default_rng(0).uniform(0, 60, (2, JOINTS, 2)).astype(np.float32)
    inside, visible = np.ones((2, JOINTS), np.bool_), np.zeros((2, JOINTS), np.bool_)
    inside[0, 4], joints[0, 4] = False, np.nan
    visible[1, 2] = True
    boxes = np.array([[1, 2, 30, 40], [5, 6, 7, 8]], np.float32)
    image = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    for _ in range(2):  # a second run adds to the first
        with RenderedWriter(tmp_path) as writer:
            writer.add(image, joints, visible, inside, boxes)
    photos = read_rendered(tmp_path)
    photos.check("rendered")
    assert list(photos.names) == ["000000.webp", "000001.webp"]
    assert photos.state[0].tolist() == [ABSENT if joint == 4 else KNOWN for joint in range(JOINTS)]
    np.testing.assert_allclose(photos.joints[1], joints[1], atol=0.006)
    np.testing.assert_allclose(photos.boxes[0], [1, 2, 31, 42])


def test_the_split_keeps_training_and_validation_apart() -> None:
    parts = split(join([stick_photos(40), stick_photos(5, source="empty")]))
    assert not set(parts.training.names[:37]) & set(parts.validation.names)
    assert len(parts.validation) == 3
    assert (parts.training.source == "empty").sum() == 5


def test_archives_stay_below_their_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = stick_photos(6)
    monkeypatch.setattr("detection.training.pack.LARGEST_BYTES", len(photos.encoded) // 2)
    paths = pack(photos, tmp_path, "photos")
    assert len(paths) >= 2
    again = join([Photos.load(path) for path in paths])
    assert list(again.names) == list(photos.names)
    np.testing.assert_array_equal(again.joints, photos.joints)
