import math

import torch

from detection.skeleton import HEATMAPS, JOINTS, LIMB_TABLE, PAFS
from detection.training.labels import ABSENT, KNOWN, UNKNOWN, Labels, identity
from detection.training.targets import SIGMA_CELLS, draw_targets

SHOULDER, ELBOW, WRIST = 2, 3, 4


def labels_of(people: list[dict[int, tuple[float, float]]], **more: torch.Tensor) -> Labels:
    joints = torch.zeros(1, len(people), JOINTS, 2)
    state = torch.zeros(1, len(people), JOINTS, dtype=torch.uint8)
    for index, person in enumerate(people):
        for joint, place in person.items():
            joints[0, index, joint] = torch.tensor(place)
            state[0, index, joint] = KNOWN
    boxes = more.get("boxes", torch.zeros(1, len(people), 4))
    return Labels(joints, state, boxes, more.get("ignored", torch.zeros(1, 1, 4)), identity(1, boxes.device))


def channel_of(first: int, second: int) -> int:
    return next(int(x) for a, b, x in LIMB_TABLE if (a, b) == (first, second))


def test_a_peak_stands_in_the_middle_of_its_cell() -> None:
    targets = draw_targets(labels_of([{WRIST: (8 * 5 + 3.5, 8 * 2 + 3.5)}]), 64, 96)
    heatmap = targets.maps.heatmaps[0, WRIST]
    assert heatmap.shape == (8, 12)
    assert heatmap[2, 5] == 1
    assert math.isclose(float(heatmap[2, 6]), math.exp(-1 / (2 * SIGMA_CELLS**2)), rel_tol=1e-5)
    assert math.isclose(float(heatmap[1, 4]), math.exp(-2 / (2 * SIGMA_CELLS**2)), rel_tol=1e-5)
    torch.testing.assert_close(targets.maps.heatmaps[0, HEATMAPS - 1], 1 - heatmap)
    assert targets.maps.heatmaps[0, :WRIST].abs().max() == 0


def test_a_field_is_the_unit_vector_along_its_limb_and_nothing_elsewhere() -> None:
    targets = draw_targets(labels_of([{SHOULDER: (11.5, 11.5), ELBOW: (11.5 + 48, 11.5 + 64)}]), 128, 128)
    channel = channel_of(SHOULDER, ELBOW)
    x, y = targets.maps.fields[0, channel], targets.maps.fields[0, channel + 1]
    assert math.isclose(float(x[5, 4]), 0.6, abs_tol=1e-6)  # the middle of the limb
    assert math.isclose(float(y[5, 4]), 0.8, abs_tol=1e-6)
    assert x[5, 8] == y[5, 8] == 0
    others = [c for c in range(PAFS) if c not in (channel, channel + 1)]
    assert targets.maps.fields[0, others].abs().max() == 0
    assert targets.known.fields[0, channel, 5, 4] == 1
    assert targets.known.fields[0, channel, 5, 8] == 1


def test_crossing_limbs_of_a_kind_are_averaged() -> None:
    across = {SHOULDER: (3.5, 43.5), ELBOW: (83.5, 43.5)}
    down = {SHOULDER: (43.5, 3.5), ELBOW: (43.5, 83.5)}
    channel = channel_of(SHOULDER, ELBOW)
    fields = draw_targets(labels_of([across, down]), 96, 96).maps.fields[0]
    torch.testing.assert_close(fields[channel : channel + 2, 5, 5], torch.tensor([0.5, 0.5]))
    torch.testing.assert_close(fields[channel : channel + 2, 5, 1], torch.tensor([1.0, 0.0]))


def test_boxes_of_people_without_joints_weigh_nothing() -> None:
    ignored = torch.tensor([[[32.0, 0.0, 63.0, 63.0]]])
    targets = draw_targets(labels_of([{WRIST: (11.5, 11.5)}], ignored=ignored), 64, 96)
    for known in (targets.known.heatmaps, targets.known.fields):
        assert known[:, :, :, 4:8].abs().max() == 0
        assert known[:, :, :, :3].min() >= 1
        assert known[:, :, :, 9:].min() >= 1


def test_an_unknown_joint_is_masked_around_its_person_alone_and_never_over_a_known_one() -> None:
    boxes = torch.tensor([[[0.0, 0.0, 63.0, 63.0], [64.0, 0.0, 127.0, 63.0]]])
    labels = labels_of([{SHOULDER: (11.5, 11.5)}, {WRIST: (43.5, 43.5)}], boxes=boxes)
    labels.state[0, 0, WRIST] = UNKNOWN
    known = draw_targets(labels, 64, 128).known
    assert known.heatmaps[0, WRIST, 0, 0] == 0
    assert known.heatmaps[0, WRIST, 5, 5] == 1  # the neighbour's wrist, inside the first one's box
    assert known.heatmaps[0, WRIST, 0, 10] == 1
    assert known.heatmaps[0, SHOULDER, 0, 0] >= 1
    channel = channel_of(ELBOW, WRIST)
    assert known.fields[0, channel, 0, 0] == known.fields[0, channel + 1, 0, 0] == 0
    assert known.fields[0, channel, 0, 10] == 1
    assert (labels.state[0, 1] == ABSENT).sum() == JOINTS - 1
