from pathlib import Path

import numpy as np
import openvino
import pytest
import torch

from detection.errors import DetectionError
from detection.network import PafNetwork as Detector
from detection.registry import Network, check_folder
from detection.training import export as exporting
from detection.training.export import compare, export, export_onnx, load_network, network_picture, ship
from detection.training.network import SIZES, DeployedNetwork, PafNetwork
from tests.detection.training.actors import stick_photos


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("run") / "best.pt"
    network = PafNetwork(SIZES["tiny"])
    for name, value in network.named_parameters():
        if name.endswith("maps.weight"):
            torch.nn.init.normal_(value, std=0.1)  # maps that differ from place to place
    torch.save({"size": "tiny", "network": network.state_dict()}, path)
    return path


def test_the_app_loads_what_was_exported_and_sees_what_torch_sees(checkpoint: Path, tmp_path: Path) -> None:
    photos = stick_photos(2)
    (written,) = export(checkpoint, tmp_path, "tiny", photos, int8=False)
    assert written.path == tmp_path / "tiny-fp16.xml"
    assert written.difference < 0.02
    detector = Detector(written.path, net_size=64)
    heatmaps, fields, _ = detector.maps(np.full((72, 100, 3), 90, np.uint8))
    assert heatmaps.shape == (19, 8, 11)
    assert fields.shape == (38, 8, 11)
    assert not list(tmp_path.glob("*.part*"))


def test_what_is_shipped_passes_the_registrys_check(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_quantise", lambda model, _: model)  # NNCF takes half a minute
    written, files = ship(checkpoint, tmp_path, "tiny", stick_photos(2))
    assert written.path == check_folder(Network("tiny", files, "CC0-1.0", None), tmp_path / "tiny")
    assert [file.name for file in files] == ["tiny.xml", "tiny.bin"]
    monkeypatch.setattr(exporting, "LARGEST_BYTES", 1000)
    with pytest.raises(DetectionError, match="more than may be shipped"):
        ship(checkpoint, tmp_path, "tiny", stick_photos(2))


def test_a_difference_from_torch_is_seen(checkpoint: Path, tmp_path: Path) -> None:
    (written,) = export(checkpoint, tmp_path, "tiny", stick_photos(1), int8=False)
    torch.manual_seed(5)
    other = DeployedNetwork(PafNetwork(SIZES["tiny"])).eval()
    assert compare(written.path, other, [stick_photos(1).picture(0)], 1.0) > 0.02


def test_onnx_equals_torch(checkpoint: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    path = export_onnx(checkpoint, tmp_path / "tiny.onnx")
    picture = network_picture(stick_photos(1).picture(0), 96, 72)
    model = openvino.Core().read_model(str(path))
    model.reshape([1, 3, 96, 72])
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    with torch.no_grad():
        heatmaps, fields = DeployedNetwork(load_network(checkpoint)).eval()(torch.from_numpy(picture))
    result = compiled(picture)
    np.testing.assert_allclose(result["heatmaps"], heatmaps.numpy(), atol=1e-3)
    np.testing.assert_allclose(result["fields"], fields.numpy(), atol=1e-3)


def test_something_else_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    path.write_bytes(b"PK nothing")
    with pytest.raises(DetectionError, match="no checkpoint"):
        load_network(path)
    torch.save({"size": "tiny", "network": {"a": torch.zeros(1)}}, path)
    with pytest.raises(DetectionError, match="another network"):
        load_network(path)
