from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from lifting.errors import LiftingError
from lifting.tcn import NetworkOptions
from lifting.training import train as trainer
from lifting.training.batches import BatchOptions, Windows
from lifting.training.evaluate import CONDITIONS, evaluate, family, references
from lifting.training.mocap import FILE_JOINTS, Motion
from lifting.training.options import TrainOptions
from lifting.training.pool import samples
from lifting.training.reference_training import save_reference
from lifting.training.references import Reference, ReferenceOptions
from lifting.training.train import done_part, loss_of, rate_factor, train
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
    monkeypatch.setattr(trainer, "VALIDATION_FRAMES", 60)
    return TrainOptions(
        data,
        tmp_path / "run",
        steps=6,
        check_every=3,
        batch_windows=8,
        paired=2,
        pool_chunks=3,
        short_until=0.0,
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
    whole = train(replace(options, learning_rate=0.0, matrix_rate=0.0))
    part = replace(options, run=tmp_path / "killed", learning_rate=0.0, matrix_rate=0.0)
    train(replace(part, steps=3))
    again = train(part)
    for one, other in zip(whole.weight, again.weight, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_samples_after_a_restart_are_those_of_an_unbroken_run(options: TrainOptions) -> None:
    windows = Windows([Motion("a", "b", 30.0, np.tile(STANDING, (40, 1, 1)).astype(np.float32))])
    field = options.network.receptive_field
    unbroken, restarted = (list(islice(samples(windows, options, first, field), 6 - first)) for first in (0, 4))
    for one, other in zip(unbroken[4:], restarted, strict=True):
        np.testing.assert_array_equal(one.window, other.window)
        np.testing.assert_array_equal(one.xyz_m, other.xyz_m)


def test_a_sample_is_a_window_that_ends_at_its_truth(options: TrainOptions) -> None:
    windows = Windows([Motion("a", "b", 30.0, np.tile(STANDING, (40, 1, 1)).astype(np.float32))])
    field = options.network.receptive_field
    sample = next(samples(windows, options, 0, field))
    assert sample.window.shape[:2] == (10, field)
    assert sample.begun[:, -1].all()
    assert not sample.window[~sample.begun].any()
    np.testing.assert_array_equal(sample.window[:2, -2], sample.window[8:, -1])  # pairs are a frame apart
    assert sample.xyz_m.shape == (10, 1, 17, 3)


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
    long = replace(options, warmup=100)
    factors = [rate_factor(step, step / 1000, long) for step in (0, 50, 100, 500, 999)]
    assert factors[0] < factors[1] < factors[2]
    assert factors[2] > factors[3] > factors[4] > 0


def test_the_loss_by_hand(options: TrainOptions) -> None:
    truth, found = torch.zeros(3, 2, 17, 3), torch.zeros(3, 2, 17, 3)
    found[0, 0, :, 0], found[1, 0, :, 1], found[2, 0, :, 0] = 0.3, 9.0, 0.1
    found[:, 1, :, 2] = 0.5
    seen = torch.tensor([[True, True], [False, True], [True, False]])
    alone = replace(options, paired=0, delay_weights=(1.0, 0.0))
    assert float(loss_of(found, truth, seen, alone)) == pytest.approx(0.2)
    paired = replace(alone, paired=1, smoothness=0.5)
    assert float(loss_of(found, truth, seen, paired)) == pytest.approx(0.2 + 0.5 * 0.2)
    late = replace(alone, delay_weights=(1.0, 0.5))  # two poses of weight 1 at 0.3 and 0.1, two of 0.5 at 0.5
    assert float(loss_of(found, truth, seen, late)) == pytest.approx((0.3 + 0.1 + 0.5 * 0.5 + 0.5 * 0.5) / 3)


def test_the_time_can_be_given_instead_of_steps(options: TrainOptions) -> None:
    state = trainer._start(options)
    state.step, state.worked_s = 3, 30.0
    assert done_part(state, options) == pytest.approx(0.5)
    assert done_part(state, replace(options, minutes=2.0)) == pytest.approx(0.25)


def test_the_last_block_wakes_up(options: TrainOptions) -> None:
    network = NetworkOptions(channels=8, blocks=2, head=16, delays=(0, 3))
    weights = train(replace(options, run=options.run / "wakes", network=network, short_until=0.5))
    assert weights.receptive_field in (9, 27)  # the best of the run
    never = train(replace(options, run=options.run / "sleeps", network=network, short_until=1.0))
    assert (never.receptive_field, never.head, never.delays) == (9, 16, (0, 3))


def test_evaluation_has_a_row_a_split_and_model(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {name: replace(one, batch=replace(one.batch, windows=4, frames=70)) for name, one in CONDITIONS.items()}
    monkeypatch.setattr("lifting.training.evaluate.CONDITIONS", small)
    save(random_weights(), tmp_path / "w.safetensors")
    reference = Reference(ReferenceOptions("videopose3d", 8, 1, causal=False))
    save_reference(reference, 0, tmp_path / "symmetric.pt")
    models = family(tmp_path / "w.safetensors", "liftcam") | references(tmp_path)
    table = evaluate(data, models, batches=1)
    assert len(table["splits"]) == 3 * len(CONDITIONS)
    for row in table["splits"].values():
        assert set(row) == {"liftcam", "symmetric"}
        assert {"mpjpe_mm", "pa_mpjpe_mm", "acceleration_mm_s2"} <= set(row["liftcam"])
        assert row["liftcam"]["pa_mpjpe_mm"] <= row["liftcam"]["mpjpe_mm"] + 1e-6
        assert (row["liftcam"]["latency_ms"], row["symmetric"]["latency_ms"]) == (0, pytest.approx(133.3))
    own = evaluate(data / "hdm05.npz", models, batches=1)
    assert {split.split("_")[0] for split in own["splits"]} == {"hdm05"}


def test_test_data_without_the_test_sequences_says_so(tmp_path: Path, data: Path) -> None:
    (data / "hdm05.npz").rename(tmp_path / "kept.npz")
    (data / "cmu_exercises.npz").unlink()
    (data / "uiprmd.npz").unlink()
    (tmp_path / "kept.npz").rename(data / "other.npz")
    with pytest.raises(LiftingError, match="none of the test sequences"):
        evaluate(data, {})
