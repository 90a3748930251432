from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lifting.errors import LiftingError
from lifting.tcn import NetworkOptions, TemporalNet
from lifting.training import train as trainer
from lifting.training.batches import BatchOptions, Windows, make
from lifting.training.evaluate import CONDITIONS, evaluate, score_network
from lifting.training.mocap import FILE_JOINTS, Motion
from lifting.training.options import TrainOptions
from lifting.training.pool import samples
from lifting.training.train import learning_rate, loss_of, train
from lifting.weights import load, save
from tests.lifting.helpers import STANDING, random_weights


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a little motion in every split."""
    folder = tmp_path / "mocap"
    folder.mkdir()
    back = np.stack([STANDING[:, 0], -STANDING[:, 2], STANDING[:, 1]], axis=-1)  # z up, as the files are
    sway = (1000 * (back + 0.1 * np.sin(np.arange(50) / 5)[:, None, None])).astype(np.int16)
    names = {"uiprmd": ["s01_m01", "s07_m01", "s08_m01"], "hdm05": ["mm_walk_001"], "cmu_exercises": ["14_20_x"]}
    for source, sequences in names.items():
        starts = 50 * np.arange(len(sequences) + 1)
        xyz, fps = np.concatenate([sway] * len(sequences)), np.full(len(sequences), 30.0)
        np.savez(folder / source, xyz=xyz, starts=starts, names=sequences, fps=fps, joint_names=FILE_JOINTS)
    return folder


@pytest.fixture
def options(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainOptions:
    monkeypatch.setattr(trainer, "VALIDATION_WINDOWS", 4)
    return TrainOptions(
        data,
        tmp_path / "run",
        steps=6,
        check_every=3,
        batch_windows=8,
        paired=2,
        pool_chunks=3,
        network=NetworkOptions(channels=8, blocks=1),
        batch=BatchOptions(windows=4, frames=48),
    )


def test_a_run_leaves_weights_curve_and_configuration(options: TrainOptions, tmp_path: Path) -> None:
    weights = train(replace(options, weights=tmp_path / "out.safetensors"))
    assert weights.check() == ""
    assert load(tmp_path / "out.safetensors").notes["seed"] == "1"
    config = json.loads((options.run / "config.json").read_text())
    assert config["network"]["channels"] == 8
    history = json.loads((options.run / "history.json").read_text())
    assert [entry["step"] for entry in history] == [3, 6]
    assert (options.run / "curves.png").exists()


def test_a_killed_run_goes_on_as_if_nothing_had_been(options: TrainOptions, tmp_path: Path) -> None:
    whole = train(replace(options, learning_rate=0.0))
    part = replace(options, run=tmp_path / "killed", learning_rate=0.0)
    train(replace(part, steps=3))
    again = train(part)
    for one, other in zip(whole.weight, again.weight, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_samples_after_a_restart_are_those_of_an_unbroken_run(options: TrainOptions) -> None:
    windows = Windows([Motion("a", "b", 30.0, np.tile(STANDING, (40, 1, 1)).astype(np.float32))])
    unbroken, restarted = list(samples(windows, options, 0)), list(samples(windows, options, 4))
    assert len(unbroken) == 6
    for one, other in zip(unbroken[4:], restarted, strict=True):
        np.testing.assert_array_equal(one.window, other.window)
        np.testing.assert_array_equal(one.xyz_m, other.xyz_m)


def test_a_sample_is_a_window_that_ends_at_its_truth(options: TrainOptions) -> None:
    windows = Windows([Motion("a", "b", 30.0, np.tile(STANDING, (40, 1, 1)).astype(np.float32))])
    sample = next(samples(windows, options, 0))
    field = options.network.receptive_field
    assert sample.window.shape[:2] == (10, field)
    assert sample.begun[:, -1].all()
    assert not sample.window[~sample.begun].any()
    np.testing.assert_array_equal(sample.window[:2, -2], sample.window[8:, -1])  # pairs are a frame apart


def test_a_run_with_other_options_is_not_overwritten(options: TrainOptions) -> None:
    train(options)
    with pytest.raises(LiftingError, match="other options"):
        train(replace(options, seed=2))


def test_learning_makes_the_error_smaller(options: TrainOptions) -> None:
    longer = replace(options, run=options.run / "longer", steps=90, check_every=30, warmup=5, learning_rate=4e-3)
    train(longer)
    history = json.loads((longer.run / "history.json").read_text())
    assert history[-1]["loss"] < 0.85 * history[0]["loss"]


def test_the_rate_rises_and_falls(options: TrainOptions) -> None:
    long = replace(options, steps=1000, warmup=100)
    rates = [learning_rate(step, long) for step in (0, 50, 100, 500, 999)]
    assert rates[0] < rates[1] < rates[2]
    assert rates[2] > rates[3] > rates[4] > 0


def test_the_loss_by_hand() -> None:
    truth = torch.zeros(3, 17, 3)
    found = torch.zeros(3, 17, 3)
    found[0, :, 0], found[1, :, 1], found[2, :, 0] = 0.3, 9.0, 0.1
    seen = torch.tensor([True, False, True])
    assert float(loss_of(found, truth, seen, 0, 1.0)) == pytest.approx(0.2)
    assert float(loss_of(found, truth, seen, 1, 0.5)) == pytest.approx(0.2 + 0.5 * 0.2)


def test_evaluation_has_a_row_a_split_and_model(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {name: replace(one, windows=4, frames=60) for name, one in CONDITIONS.items()}
    monkeypatch.setattr("lifting.training.evaluate.CONDITIONS", small)
    save(random_weights(), tmp_path / "w.safetensors")
    table = evaluate(data, {"liftcam": tmp_path / "w.safetensors"}, batches=1)
    assert len(table["splits"]) == 3 * len(CONDITIONS)
    for row in table["splits"].values():
        assert {"mpjpe_mm", "pa_mpjpe_mm", "acceleration_mm_s2"} <= set(row["liftcam"])
        assert row["liftcam"]["pa_mpjpe_mm"] <= row["liftcam"]["mpjpe_mm"] + 1e-6


class Truth(TemporalNet):
    """Answers with the truth moved by a centimetre."""

    def __init__(self, truth: np.ndarray) -> None:
        super().__init__(NetworkOptions(channels=4, blocks=0))
        self.truth = truth

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(self.truth + np.float32([0.01, 0, 0]))


def test_scores_by_hand() -> None:
    windows = Windows([Motion("a", "b", 30.0, np.tile(STANDING, (40, 1, 1)).astype(np.float32))])
    batch = make(windows, BatchOptions(windows=3, frames=60), np.random.default_rng(0))
    scores = score_network(Truth(batch.xyz_m), [batch])
    assert scores["mpjpe_mm"] == pytest.approx(10, rel=1e-3)
    assert scores["pa_mpjpe_mm"] == pytest.approx(0, abs=1e-3)
    assert scores["acceleration_mm_s2"] == pytest.approx(0, abs=1)
