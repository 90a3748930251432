from pathlib import Path

import numpy as np
import pytest
import torch

from detection.errors import DetectionError
from detection.skeleton import HEATMAPS, PAFS
from detection.training.distillation import OpenVinoTeacher, taught
from detection.training.feed import Feed
from detection.training.network import Maps
from detection.training.options import TrainOptions
from detection.training.sources import read_unlabelled
from detection.training.targets import Targets, draw_targets
from detection.training.trainer import Trainer
from tests.detection.networks import save_network
from tests.detection.training.actors import stick_photos


def test_a_teacher_sees_the_pictures_as_the_app_feeds_them(tmp_path: Path) -> None:
    teacher = OpenVinoTeacher(save_network(tmp_path / "tiny.xml"))
    pictures = torch.zeros(2, 3, 32, 48)
    pictures[1, 0] = 1.0  # red
    maps = teacher(pictures)
    assert maps.heatmaps.shape == (2, HEATMAPS, 4, 6)
    assert maps.fields.shape == (2, PAFS, 4, 6)
    # The tiny network gives the means of blue, green and red of 0..255, divided by 255.
    torch.testing.assert_close(maps.heatmaps[1, :3, 0, 0], torch.tensor([0.0, 0.0, 1.0]), atol=1e-2, rtol=0)
    assert maps.heatmaps[0].abs().max() == 0
    assert teacher(torch.zeros(1, 3, 64, 64)).heatmaps.shape == (1, HEATMAPS, 8, 8)
    assert maps.heatmaps[1, 2].min() > 0.9  # what was given before is not written over


def test_targets_are_the_teachers_where_nobody_knows_and_mixed_where_somebody_does() -> None:
    def maps(heat: float, field: float) -> Maps:
        return Maps(torch.full((1, HEATMAPS, 1, 2), heat), torch.full((1, PAFS, 1, 2), field))

    known = maps(1, 1)
    known.heatmaps[..., 1] = known.fields[..., 1] = 0
    teacher = maps(0.5, 0.2)
    mixed = taught(Targets(maps(1.0, -1.0), known), teacher, share=0.4)
    assert mixed.maps.heatmaps[0, 0, 0].tolist() == pytest.approx([0.6 * 1 + 0.4 * 0.5, 0.5])
    assert mixed.maps.fields[0, 0, 0].tolist() == pytest.approx([-0.6 + 0.4 * 0.2, 0.2])
    assert mixed.known.heatmaps.min() == mixed.known.fields.min() == 1
    assert mixed.hint is teacher


def test_no_teacher_is_said(tmp_path: Path) -> None:
    with pytest.raises(DetectionError, match="no teacher at"):
        OpenVinoTeacher(tmp_path / "gone.xml")
    with pytest.raises(DetectionError, match=r"\[19, 20\]"):
        OpenVinoTeacher(save_network(tmp_path / "other.xml", channels=(19, 20)))


def test_photos_without_labels_are_masked_everywhere_and_only_fed_to_a_training_with_a_teacher(tmp_path: Path) -> None:
    photos = stick_photos(2)
    for index in range(2):
        (tmp_path / f"{index}.png").write_bytes(
            photos.encoded[photos.starts[index] : photos.starts[index + 1]].tobytes()
        )
    unlabelled = read_unlabelled([tmp_path])
    assert set(unlabelled.source) == {"unlabelled"}
    known = draw_targets(unlabelled.samples(np.arange(2), 96).labels, 96, 96).known
    assert known.heatmaps.max() == known.fields.max() == 0
    plain = TrainOptions(tmp_path, (tmp_path / "a.npz",))
    assert "unlabelled" not in plain.shares_at(0.5)
    assert TrainOptions(tmp_path, (tmp_path / "a.npz",), teacher=tmp_path / "t.xml").shares_at(0.5)["unlabelled"] > 0


def test_a_training_listens_to_its_teacher(tmp_path: Path) -> None:
    photos = stick_photos(2, source="coco")
    teacher = save_network(tmp_path / "tiny.xml")
    losses = []
    for given in (None, teacher):
        options = TrainOptions(
            tmp_path / "run", (tmp_path / "a.npz",), size="tiny", batch=2, crops=((0.0, 64),), stored=96,
            device="cpu", threads=1, reduced=False, teacher=given,
        )  # fmt: skip
        with Feed(photos, options, torch.device("cpu")) as feed:
            losses.append(Trainer(options, torch.device("cpu")).train_step(feed))
    assert losses[0] != losses[1]
