from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import network
from tests.detection.networks import save_network


def test_every_picture_is_compared_with_the_bare_inference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_ROUNDS", 3)
    result = network.run(save_network(tmp_path / "tiny.xml"), threads=1)
    assert result["infer_ms"] > 0
    assert [(case["width"], case["height"]) for case in result["cases"]] == list(network.PICTURES)
    assert all(case["maps_ms"] > 0 for case in result["cases"])
