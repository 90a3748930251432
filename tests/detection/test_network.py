from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detection.errors import DetectionError
from detection.network import LONGEST_ASPECT, SMALLEST_SIDE, PafNetwork, Transform, input_size
from tests.detection.networks import save_network


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> PafNetwork:
    return PafNetwork(save_network(tmp_path_factory.mktemp("net") / "tiny.xml"), net_size=64, threads=1)


def test_maps_come_out_by_their_channels_and_raw_bgr_goes_in(network: PafNetwork) -> None:
    image = np.full((64, 120, 3), (51, 102, 204), np.uint8)
    heatmaps, pafs, transform = network.maps(image)
    assert heatmaps.shape == (19, 8, 15)
    assert pafs.shape == (38, 8, 15)
    assert heatmaps.dtype == pafs.dtype == np.float32
    for channel, colour in enumerate((0.2, 0.4, 0.8)):
        np.testing.assert_allclose(heatmaps[channel], colour, atol=4e-3)
    assert transform == Transform(8.0, 8.0, 3.5, 3.5)


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_the_transform_finds_a_bright_cell_again(network: PafNetwork, scale: int) -> None:
    image = np.zeros((64 * scale, 120 * scale, 3), np.uint8)
    row, column = 3, 9
    side = 8 * scale
    image[row * side : (row + 1) * side, column * side : (column + 1) * side] = 255
    heatmaps, _, transform = network.maps(image)
    assert np.unravel_index(heatmaps[0].argmax(), heatmaps[0].shape) == (row, column)
    ((x, y),) = transform.to_pixels(np.array([[column, row]], np.float32))
    assert (x, y) == (column * side + (side - 1) / 2, row * side + (side - 1) / 2)


def test_map_memory_is_the_same_for_every_frame(network: PafNetwork) -> None:
    image = np.random.default_rng(0).integers(0, 255, (90, 160, 3), np.uint8)
    first = [maps.ctypes.data for maps in network.maps(image)[:2]]
    assert [maps.ctypes.data for maps in network.maps(image[::-1])[:2]] == first


@pytest.mark.parametrize("size", [(1, 1), (4000, 100), (100, 4000), (3, 50), (7, 7), (479, 641)])
def test_pictures_of_any_size_are_seen(network: PafNetwork, size: tuple[int, int]) -> None:
    heatmaps, pafs, transform = network.maps(np.zeros((*size, 3), np.uint8))
    assert heatmaps.shape[1:] == pafs.shape[1:]
    corners = transform.to_pixels(np.array([[-0.5, -0.5], np.array(heatmaps.shape[:0:-1]) - 0.5], np.float32))
    np.testing.assert_allclose(corners, [[-0.5, -0.5], [size[1] - 0.5, size[0] - 0.5]], atol=0.01 * max(size))


@given(height=st.integers(1, 9000), width=st.integers(1, 9000), net_size=st.integers(64, 512))
def test_input_size_is_bounded_and_divisible(height: int, width: int, net_size: int) -> None:
    size = input_size(height, width, net_size)
    assert all(side % 8 == 0 and side >= SMALLEST_SIDE for side in size)
    assert max(size) <= LONGEST_ASPECT * net_size + 4
    assert size == input_size(width, height, net_size)[::-1]
    if max(height, width) <= LONGEST_ASPECT * min(height, width):
        assert abs(min(size) - net_size) <= 4


def test_the_engine_says_what_runs(network: PafNetwork) -> None:
    assert network.engine.startswith("OpenVINO 20")
    assert network.engine.endswith("1 thread")
    assert any(word in network.engine for word in ("INT8", "bf16", "fp16", "fp32"))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(network: PafNetwork, image: np.ndarray) -> None:  # type: ignore[type-arg]
    with pytest.raises(DetectionError, match="uint8"):
        network.maps(image)


def test_files_that_are_no_network_are_refused_in_one_line(tmp_path: Path) -> None:
    whole = save_network(tmp_path / "whole.xml")
    weights = whole.with_suffix(".bin").read_bytes()
    (tmp_path / "cut.xml").write_bytes(whole.read_bytes())
    (tmp_path / "cut.bin").write_bytes(weights[: len(weights) // 2])
    (tmp_path / "alone.xml").write_bytes(whole.read_bytes())
    (tmp_path / "half.xml").write_bytes(whole.read_bytes()[:700])
    (tmp_path / "text.xml").write_text("<hello/>")
    for name in ("cut.xml", "alone.xml", "half.xml", "text.xml", "missing.xml"):
        with pytest.raises(DetectionError) as caught:
            PafNetwork(tmp_path / name)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("channels", "stride"), [((19, 19), 8), ((38,), 8), ((38, 18), 8), ((38, 19, 3), 8), ((38, 19), 4)]
)
def test_another_network_is_refused(tmp_path: Path, channels: tuple[int, ...], stride: int) -> None:
    with pytest.raises(DetectionError, match="needed"):
        PafNetwork(save_network(tmp_path / "other.xml", channels, stride))


def test_settings_out_of_range_are_refused(tmp_path: Path) -> None:
    path = save_network(tmp_path / "tiny.xml")
    for arguments in ({"net_size": 8}, {"net_size": 100_000}, {"threads": 0}):
        with pytest.raises(DetectionError):
            PafNetwork(path, **arguments)
