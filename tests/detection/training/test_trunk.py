from pathlib import Path

import numpy as np
import openvino
import pytest
import torch

from detection.errors import DetectionError
from detection.training.tflite import find_tflite, pyramid_node, read_trunk
from detection.training.trunk import Trunk, load_trunk, save_trunk, upsample_to

pytest.importorskip("mediapipe", reason="the trunk's first weights are in mediapipe's wheel")


def test_trunk_equals_the_tflite_network() -> None:
    core = openvino.Core()
    model = core.read_model(str(find_tflite()))
    reference = openvino.Model([pyramid_node(model).output(0)], model.get_parameters(), "pyramid")
    compiled = core.compile_model(reference, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    picture = np.random.default_rng(3).uniform(0, 1, (1, 256, 256, 3)).astype(np.float32)
    expected = compiled(picture)[0]

    trunk = Trunk().eval()
    trunk.load(read_trunk())
    with torch.no_grad():
        pyramid = trunk(torch.from_numpy(picture).permute(0, 3, 1, 2)).pyramid.numpy()

    assert pyramid.shape == (1, 48, 32, 32)
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(pyramid, expected, atol=3e-4)


def test_trunk_refuses_another_networks_weights() -> None:
    weights = read_trunk()
    with pytest.raises(DetectionError, match="convolutions"):
        Trunk().load(weights[1:])
    with pytest.raises(DetectionError, match="convolution 0"):
        Trunk().load([weights[1], weights[0], *weights[2:]])


def test_missing_file_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Spec:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr("importlib.util.find_spec", lambda name: Spec)
    with pytest.raises(DetectionError, match="pose_landmark_full"):
        find_tflite()


def test_upsampling_keeps_cells_in_place_where_the_sides_are_odd() -> None:
    even = upsample_to(torch.arange(4.0).reshape(1, 1, 1, 4).expand(1, 1, 2, 4), torch.zeros(1, 1, 4, 8))
    odd = upsample_to(torch.arange(4.0).reshape(1, 1, 1, 4).expand(1, 1, 2, 4), torch.zeros(1, 1, 3, 7))
    torch.testing.assert_close(odd, even[:, :, :3, :7])


def test_packed_weights_are_the_files_own(tmp_path: Path) -> None:
    weights = read_trunk()
    save_trunk(weights, tmp_path / "trunk.npz")
    for (kernel, bias), (packed_kernel, packed_bias) in zip(weights, load_trunk(tmp_path / "trunk.npz"), strict=True):
        np.testing.assert_array_equal(packed_kernel, kernel)
        np.testing.assert_array_equal(packed_bias, bias)
    with pytest.raises(DetectionError, match="trunk"):
        load_trunk(tmp_path / "nothing.npz")


def test_frozen_blocks_get_no_gradient() -> None:
    trunk = Trunk()
    trunk.freeze(3)
    trunk(torch.rand(1, 3, 32, 32)).pyramid.sum().backward()
    still = [name for name, value in trunk.named_parameters() if value.grad is None]
    assert any(name.startswith("stem.") for name in still)
    assert any(name.startswith("blocks.2.") for name in still)
    assert not any(name.startswith("blocks.3.") for name in still)
