import math

import pytest
import torch

from detection.training.augment import AugmentOptions, Random, Samples, augment, compress, move_labels, warp
from detection.training.labels import KNOWN, Labels, identity, invert, transform_points
from pose.joint_sets import OPENPOSE18

STORED = 96
PLAIN = AugmentOptions(hide=0, colour=0, blur=0, noise=0, compress=0, collage=0, turned=0.3)


def marked(batch: int) -> Samples:
    """Black pictures with a bright square where each has its nose, and a dim one at its left wrist."""
    pictures = torch.zeros(batch, 3, STORED, STORED, dtype=torch.uint8)
    joints = torch.zeros(batch, 1, 18, 2)
    state = torch.zeros(batch, 1, 18, dtype=torch.uint8)
    for index in range(batch):
        for joint, level, (x, y) in ((0, 255, (30 + index, 40)), (7, 120, (60, 62 - index))):
            pictures[index, :, y - 3 : y + 4, x - 3 : x + 4] = level
            joints[index, 0, joint] = torch.tensor([float(x), float(y)])
            state[index, 0, joint] = KNOWN
    boxes = torch.tensor([20.0, 25.0, 75.0, 80.0]).expand(batch, 1, 4).clone()
    sizes = torch.full((batch, 2), STORED)
    return Samples(
        pictures, sizes, Labels(joints, state, boxes, torch.zeros(batch, 1, 4), identity(batch, boxes.device))
    )


@pytest.mark.parametrize("seed", range(4))
def test_labels_stay_on_what_they_mark(seed: int) -> None:
    batch = augment(marked(8), 128, PLAIN, seed)
    assert batch.pictures.shape == (8, 3, 128, 128)
    checked = 0
    for picture, joints, state in zip(batch.pictures, batch.labels.joints[:, 0], batch.labels.state[:, 0], strict=True):
        wrist = 7 if state[7] == KNOWN else 4  # a flip makes the left wrist a right one
        for joint, level in ((0, 1.0), (wrist, 120 / 255)):
            x, y = (round(float(value)) for value in joints[joint])
            if 2 <= x < 126 and 2 <= y < 126:
                assert float(picture[:, y, x].mean()) == pytest.approx(level, abs=0.12)
                checked += 1
    assert checked >= 6


def test_a_flip_swaps_sides_and_only_them() -> None:
    labels = marked(2).labels
    matrix = identity(2, torch.device("cpu"))
    moved = move_labels(labels, matrix, torch.tensor([True, False]))
    left, right = OPENPOSE18.index("left_wrist"), OPENPOSE18.index("right_wrist")
    assert moved.state[0, 0, right] == KNOWN
    assert moved.state[0, 0, left] != KNOWN
    assert moved.state[1, 0, left] == KNOWN
    torch.testing.assert_close(moved.joints[0, 0, right], labels.joints[0, 0, left])
    torch.testing.assert_close(moved.joints[0, 0, 0], labels.joints[0, 0, 0])


def test_warping_by_nothing_changes_nothing_and_the_outside_is_filled() -> None:
    samples = marked(2)
    fill = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    same = warp(samples, identity(2, torch.device("cpu")), STORED, fill)
    torch.testing.assert_close(same, samples.pictures.float(), atol=1e-2, rtol=0)
    shifted = torch.tensor([[1.0, 0.0, 10.0], [0.0, 1.0, 0.0]]).repeat(2, 1, 1)
    moved = warp(samples, shifted, STORED, fill)
    torch.testing.assert_close(moved[:, :, :, 10:], samples.pictures[:, :, :, :-10].float(), atol=1e-2, rtol=0)
    torch.testing.assert_close(moved[:, :, 5, 5], fill)


def test_points_turn_and_turn_back() -> None:
    quarter = torch.tensor([[[0.0, -1.0, 5.0], [1.0, 0.0, 0.0]]])
    point = torch.tensor([[[2.0, 1.0]]])
    torch.testing.assert_close(transform_points(point, quarter), torch.tensor([[[4.0, 2.0]]]))
    torch.testing.assert_close(transform_points(transform_points(point, quarter), invert(quarter)), point)


def test_labels_remember_where_their_boxes_are() -> None:
    samples = marked(4)
    labels = augment(samples, 128, PLAIN, seed=5).labels
    flipped = labels.state[:, 0, 4] == KNOWN
    nose = transform_points(labels.joints[:, :, 0], labels.to_stored)
    torch.testing.assert_close(nose, samples.labels.joints[:, :, 0], atol=1e-3, rtol=0)
    assert 0 < int(flipped.sum()) < 4


def test_the_same_seed_gives_the_same_batch_and_another_another() -> None:
    options = AugmentOptions(collage=1)
    first, again, other = (augment(marked(4), 64, options, seed) for seed in (1, 1, 2))
    torch.testing.assert_close(first.pictures, again.pictures)
    assert not torch.equal(first.pictures, other.pictures)
    assert first.windows.mean() > 0.05
    edges = torch.nonzero(first.windows[:, :, 1:] != first.windows[:, :, :-1])
    assert torch.all((edges[:, 2] + 1) % 8 == 0)  # windows end between cells


def test_compression_keeps_flat_pictures_and_loses_fine_detail() -> None:
    step = torch.full((1, 1, 1, 1, 1, 1), 30.0)
    flat = torch.full((1, 3, 16, 16), 120.0)
    assert (compress(flat, step) - flat).abs().max() < 2
    pattern = 128 + 2 * torch.cos(torch.arange(16.0) * math.pi).expand(1, 3, 16, 16)
    assert compress(pattern, step).std() < 1
    none = torch.full((1, 1, 1, 1, 1, 1), 1e-4)
    torch.testing.assert_close(compress(pattern, none), pattern, atol=1e-2, rtol=0)


def test_random_numbers_are_as_asked() -> None:
    random = Random(0, 1000, torch.device("cpu"))
    numbers = random.uniform(2, 3)
    assert 2 <= float(numbers.min()) <= float(numbers.max()) <= 3
    assert 0.2 < float(random.chance(0.3).float().mean()) < 0.4
    assert sorted(random.order().tolist()) == list(range(1000))
