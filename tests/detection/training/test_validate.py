import numpy as np
import torch
from torch import nn

from detection.decoder import Decoder
from detection.training.labels import KNOWN
from detection.training.network import Maps
from detection.training.photos import Photos
from detection.training.targets import draw_targets
from detection.training.validate import close_joints, find_people, network_input, validate
from pose.joint_sets import OPENPOSE18
from tests.detection.training.actors import stick_person, stick_photos


class Oracle(nn.Module):
    """A network that knows the labels of the photos it is shown, in their order."""

    def __init__(self, photos: Photos, wrong: int = -1) -> None:
        super().__init__()
        self.photos, self.next, self.wrong = photos, 0, wrong

    def forward(self, pictures: torch.Tensor) -> list[Maps]:
        samples = self.photos.samples(np.array([self.next]), 320)
        if self.next == self.wrong:
            samples.labels.state.zero_()
        self.next += 1
        return [draw_targets(samples.labels, *pictures.shape[2:]).maps]


def test_a_network_that_knows_everything_scores_one() -> None:
    photos = stick_photos(3, side=192)
    scores = validate(Oracle(photos), photos, torch.device("cpu"))
    assert scores.recall == scores.precision == 1
    scores = validate(Oracle(photos, wrong=1), photos, torch.device("cpu"))
    assert scores.recall == 2 / 3
    assert scores.precision == 1


def test_people_come_back_in_pixels_of_the_photo() -> None:
    photos = stick_photos(1, side=640)
    people = find_people(Oracle(photos), Decoder(), photos.picture(0), torch.device("cpu"))
    assert len(people) == 1
    error = np.linalg.norm(people[0, :, :2] - photos.joints[0], axis=1)
    assert np.median(error[people[0, :, 2] > 0]) < 8  # half a cell at half the size


def test_network_input_is_a_multiple_of_eight() -> None:
    pictures, scale = network_input(np.zeros((333, 500, 3), np.uint8))
    assert scale == 320 / 500
    assert pictures.shape == (1, 3, 216, 320)


def test_pck_counts_joints_within_a_fifth_of_the_torso() -> None:
    joints = stick_person(50, 0, 100)
    known = np.full(18, True)
    found = np.concatenate((joints, np.ones((18, 1), np.float32)), axis=1)[None]
    assert all(close_joints(found, joints, known))
    wrist = OPENPOSE18.index("left_wrist")
    found[0, wrist, 0] += 30
    found[0, OPENPOSE18.index("nose"), 2] = 0  # not found
    close = close_joints(found, joints, known)
    assert len(close) == 17  # without the neck
    assert close.count(False) == 2
    assert close_joints(found[:0], joints, known) == [False] * 17
    assert (stick_photos(1).state == KNOWN).all()
