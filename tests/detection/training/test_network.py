import pytest
import torch
from torch import nn

from detection.errors import DetectionError
from detection.skeleton import HEATMAPS, PAFS
from detection.training.network import SIZES, DeployedNetwork, PafNetwork, multiply_adds, network_size


def test_a_convolutions_multiplications_are_counted() -> None:
    assert multiply_adds(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1)), 10, 20) == 10 * 20 * 8 * 3 * 9
    assert multiply_adds(nn.Sequential(nn.Conv2d(3, 3, 3, stride=2, padding=1, groups=3)), 10, 20) == 5 * 10 * 3 * 9


@pytest.mark.parametrize(("height", "width"), [(64, 96), (72, 104)])
def test_every_stage_gives_maps_at_an_eighth_whatever_the_sides(height: int, width: int) -> None:
    network = PafNetwork(SIZES["tiny"]).eval()
    with torch.no_grad():
        stages = network(torch.rand(2, 3, height, width))
    assert len(stages) == SIZES["tiny"].stages
    for maps in stages:
        assert maps.heatmaps.shape == (2, HEATMAPS, height // 8, width // 8)
        assert maps.fields.shape == (2, PAFS, height // 8, width // 8)


def test_a_fresh_network_believes_that_nobody_is_there() -> None:
    torch.manual_seed(0)
    with torch.no_grad():
        maps = PafNetwork(SIZES["tiny"]).eval()(torch.rand(1, 3, 64, 64))[-1]
    assert maps.heatmaps[:, :-1].abs().max() < 0.3
    assert maps.heatmaps[:, -1].min() > 0.7


def test_deployed_takes_bgr_of_255() -> None:
    network = PafNetwork(SIZES["tiny"]).eval()
    rgb = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        expected = network(rgb)[-1]
        heatmaps, fields = DeployedNetwork(network).eval()(rgb.flip(1) * 255)
    torch.testing.assert_close(heatmaps, expected.heatmaps, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(fields, expected.fields, atol=1e-4, rtol=1e-4)


def test_half_the_work_of_lightweight_openpose() -> None:
    # human-pose-estimation-0001 needs 7.6 thousand million at this size (Open Model Zoo: 15.4 GFLOPs).
    assert multiply_adds(PafNetwork(SIZES["small"]), 256, 456) < 0.5 * 7.6e9


def test_an_unknown_size_is_said() -> None:
    with pytest.raises(DetectionError, match="huge"):
        network_size("huge")
