import math
from pathlib import Path

import numpy as np
import pytest
import torch

from detection.errors import DetectionError
from detection.training.augment import AugmentOptions
from detection.training.feed import Feed
from detection.training.labels import Labels
from detection.training.options import PRESETS, TrainOptions, preset
from detection.training.photos import Photos
from detection.training.trainer import CHECKPOINT, Trainer, train
from tests.detection.training.actors import stick_photos

CPU = torch.device("cpu")
STILL = AugmentOptions(
    person_share=0,
    whole_scale=(1, 1.01),
    rotation_deg=0,
    turned=0,
    collage=0,
    hide=0,
    colour=0,
    blur=0,
    noise=0,
    compress=0,
)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "photos-1.npz"
    stick_photos(2, source="sticks").save(path)
    return path


def options_for(run: Path, packed: Path, **more: object) -> TrainOptions:
    settings: dict[str, object] = {
        "run": run,
        "data": (packed,),
        "size": "tiny",
        "samples": 24,
        "batch": 2,
        "crops": ((0.0, 64),),
        "stored": 96,
        "shares": {"sticks": 1.0},
        "late": {},
        "warm_up": 4,
        "augmentation": STILL,
        "device": "cpu",
        "threads": 1,
        "reduced": False,
        "average": 0.9,
        "validate_every": 10**9,
    }
    return TrainOptions(**{**settings, **more})  # type: ignore[arg-type]


def steps(trainer: Trainer, photos: Photos, count: int) -> list[float]:
    with Feed(photos, trainer.options, CPU) as feed:
        return [trainer.train_step(feed) for _ in range(count)]


def test_two_pictures_are_learnt(tmp_path: Path, packed: Path) -> None:
    trainer = Trainer(options_for(tmp_path, packed, samples=120, rate=3e-3), CPU)
    losses = steps(trainer, Photos.load(packed), 50)
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:3])


def test_a_training_that_resumes_ends_as_one_that_did_not_stop(tmp_path: Path, packed: Path) -> None:
    photos = Photos.load(packed)
    whole = Trainer(options_for(tmp_path / "whole", packed), CPU)
    losses = steps(whole, photos, 6)

    (tmp_path / "parts").mkdir()
    first = Trainer(options_for(tmp_path / "parts", packed), CPU)
    first_losses = steps(first, photos, 3)
    first.save()
    second = Trainer(options_for(tmp_path / "parts", packed), CPU)
    assert second.step == 3
    assert first_losses + steps(second, photos, 3) == pytest.approx(losses, rel=1e-5)
    for name, value in whole.averaged.state_dict().items():
        torch.testing.assert_close(second.averaged.state_dict()[name], value, msg=name)


def test_train_writes_a_checkpoint_and_goes_on_from_it(tmp_path: Path, packed: Path) -> None:
    stretch = train(options_for(tmp_path, packed, stop_after_s=0.0))
    assert not stretch.finished
    assert 0 < stretch.samples < 24
    assert (tmp_path / CHECKPOINT).is_file()
    assert (tmp_path / "curves.png").is_file()
    rest = train(options_for(tmp_path, packed))
    assert rest.finished
    assert rest.samples == 24
    with pytest.raises(DetectionError, match="batch"):
        train(options_for(tmp_path, packed, batch=4))


def test_a_training_by_the_clock_ends_with_its_time(tmp_path: Path, packed: Path) -> None:
    result = train(options_for(tmp_path, packed, samples=10**6, budget_s=0.3))
    assert result.finished
    assert 0 < result.samples < 10**6
    assert train(options_for(tmp_path, packed, samples=10**6, budget_s=0.3)).samples == result.samples


def test_a_step_that_is_not_finite_changes_nothing_and_is_counted(
    tmp_path: Path, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(options_for(tmp_path, packed), CPU)
    before = {name: value.clone() for name, value in trainer.network.named_parameters()}
    with Feed(Photos.load(packed), trainer.options, CPU) as feed:
        monkeypatch.setattr("detection.training.trainer.map_loss", lambda maps, *_: maps[-1].heatmaps.sum() * math.nan)
        assert math.isnan(trainer.train_step(feed))
        assert trainer.skipped == 1
        for name, value in trainer.network.named_parameters():
            torch.testing.assert_close(value, before[name])
        monkeypatch.setattr("detection.training.trainer._MOST_SKIPPED", 3)
        trainer.train_step(feed)
        with pytest.raises(DetectionError, match="diverged"):
            trainer.train_step(feed)


def test_batches_follow_the_shares_and_the_seed(tmp_path: Path, packed: Path) -> None:
    photos = stick_photos(3, source="sticks")
    options = options_for(tmp_path, packed, batch=100)
    with Feed(photos, options, CPU) as feed, Feed(photos, options, CPU) as again:
        assert np.array_equal(feed.indices(5), again.indices(5))
        assert not np.array_equal(feed.indices(5), feed.indices(6))
        assert set(feed.indices(0)) == {0, 1, 2}
    with pytest.raises(DetectionError, match="share"):
        Feed(photos, options_for(tmp_path, packed, shares={"other": 1.0}), CPU)


def test_resident_pictures_are_those_that_are_decoded_one_by_one(tmp_path: Path, packed: Path) -> None:
    photos = stick_photos(3, source="sticks")
    options = options_for(tmp_path, packed)
    with Feed(photos, options, CPU) as streamed, Feed(photos, options, CPU, resident=True) as resident:
        one, other = streamed.batch(4), resident.batch(4)
    torch.testing.assert_close(one.pictures, other.pictures)
    torch.testing.assert_close(one.labels.joints, other.labels.joints)
    torch.testing.assert_close(one.labels.state, other.labels.state)


def test_a_training_can_start_from_another_ones_network(tmp_path: Path, packed: Path) -> None:
    first = Trainer(options_for(tmp_path / "first", packed, seed=3), CPU)
    (tmp_path / "first").mkdir()
    first.save()
    second = Trainer(options_for(tmp_path / "second", packed, start=tmp_path / "first" / CHECKPOINT), CPU)
    torch.testing.assert_close(second.network.state_dict(), first.averaged.state_dict())
    with pytest.raises(DetectionError, match="size"):
        Trainer(options_for(tmp_path / "third", packed, size="nano", start=tmp_path / "first" / CHECKPOINT), CPU)


def test_presets_are_valid_and_named(tmp_path: Path, packed: Path) -> None:
    for name in PRESETS:
        assert TrainOptions(tmp_path, (packed,), **preset(name)).steps > 1000
    with pytest.raises(DetectionError, match="cpu, gpu"):
        preset("tpu")


def test_late_sources_join_gradually(tmp_path: Path, packed: Path) -> None:
    options = options_for(tmp_path, packed, shares={"easy": 0.5, "hard": 0.5}, late={"hard": 0.2})
    assert options.shares_at(0.0)["hard"] == 0
    assert options.shares_at(0.1)["hard"] == pytest.approx(0.25)
    assert options.shares_at(0.5)["hard"] == 0.5


def test_wrong_options_are_said(tmp_path: Path, packed: Path) -> None:
    with pytest.raises(DetectionError, match="multiples of 32"):
        options_for(tmp_path, packed, crops=((0.0, 100),))
    (tmp_path / CHECKPOINT).write_bytes(b"nothing")
    with pytest.raises(DetectionError, match="checkpoint"):
        Trainer(options_for(tmp_path, packed), CPU)


def test_feeding_hands_over_labels_of_the_same_pictures(tmp_path: Path, packed: Path) -> None:
    photos = Photos.load(packed)
    options = options_for(tmp_path, packed)
    with Feed(photos, options, CPU) as feed:
        for step in range(3):
            samples = feed.batch(step)
            labels: Labels = samples.labels
            for row, index in enumerate(feed.indices(step)):
                np.testing.assert_allclose(labels.joints[row, 0].numpy(), photos.joints[index], atol=1e-5)
