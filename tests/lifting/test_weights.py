from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifting.errors import LiftingError
from lifting.weights import DEFAULT_WEIGHTS, MAX_BYTES, LifterWeights, load, save
from tests.lifting.helpers import random_weights


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "new" / "w.safetensors"
    weights = replace(random_weights(), notes={"seed": "3"})
    save(weights, path)
    again = load(path)
    assert again.notes == {"seed": "3"}
    assert (again.taps, again.causal, again.channels, again.blocks) == (3, True, 24, 3)
    assert again.receptive_field == 81
    for one, other in zip(weights.weight + weights.bias, again.weight + again.bias, strict=True):
        np.testing.assert_array_equal(one, other)
    assert [file.name for file in path.parent.iterdir()] == ["w.safetensors"]


def test_others_can_read_it(tmp_path: Path) -> None:
    reader = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "w.safetensors"
    weights = random_weights()
    save(weights, path)
    np.testing.assert_array_equal(reader.load_file(path)["2.weight"], weights.weight[2])


def broken(weights: LifterWeights) -> dict[str, LifterWeights]:
    nan = weights.weight[1].copy()
    nan[0, 0] = np.nan
    return {
        "layer 1 has shapes": replace(weights, weight=(weights.weight[0], *weights.weight[2:3], *weights.weight[2:])),
        "layer 1 holds numbers that are not finite": replace(
            weights, weight=(weights.weight[0], nan, *weights.weight[2:])
        ),
        "5 taps": replace(weights, taps=5),
        "delays of": replace(weights, delays=(3, 0)),
        "expected an even number from 4": replace(
            weights, head=8, weight=(weights.weight[0], weights.weight[-1]), bias=(weights.bias[0], weights.bias[-1])
        ),
        "7 layers": replace(weights, weight=weights.weight[:-1], bias=weights.bias[:-1]),
    }


@pytest.mark.parametrize("problem", list(broken(random_weights())))
def test_wrong_weights_are_refused_in_a_line(tmp_path: Path, problem: str) -> None:
    path = tmp_path / "w.safetensors"
    save(broken(random_weights())[problem], path)
    with pytest.raises(LiftingError, match=problem) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_missing_large_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    with pytest.raises(LiftingError, match="cannot read"):
        load(path)
    path.write_bytes(b"not weights at all, but long enough to look at")
    with pytest.raises(LiftingError, match="not a safetensors file"):
        load(path)
    header = json.dumps({"__metadata__": {"format": "other"}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(LiftingError, match="its format is not"):
        load(path)
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(LiftingError, match="at most"):
        load(path)


@settings(max_examples=60)
@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=40))
def test_damage_is_refused_or_harmless(tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("damaged") / "w.safetensors"
    save(random_weights(channels=8, blocks=1), path)
    data = bytearray(path.read_bytes())
    at %= len(data)
    data[at : at + len(junk)] = junk
    path.write_bytes(data[: len(data) - at % 7])
    try:
        weights = load(path)
    except LiftingError:
        return
    assert weights.check() == ""


def test_the_shipped_weights_load_and_are_small() -> None:
    weights = load()
    assert weights.causal
    assert weights.receptive_field >= 27
    assert weights.delays == (0, 3, 12)  # now, 100 ms ago, 400 ms ago
    assert DEFAULT_WEIGHTS.stat().st_size <= MAX_BYTES
