from __future__ import annotations

import numpy as np
import pytest
import torch

from lifting.training.batches import Batch, BatchOptions, Windows, make
from lifting.training.mocap import Motion
from lifting.training.muon import Muon, orthogonal
from lifting.training.references import Reference, ReferenceOptions, last_seen
from lifting.training.scoring import Model, by_age, by_joint, score, scored_frames, theirs
from pose.joint_sets import H36M17
from tests.lifting.helpers import STANDING

MOTION = Motion("a", "b", 30.0, np.tile(STANDING, (40, 1, 1)).astype(np.float32))


@pytest.fixture(scope="module")
def batch() -> Batch:
    return make(Windows([MOTION]), BatchOptions(windows=6, frames=70), np.random.default_rng(0))


def moved(by_m: tuple[float, float, float]) -> Model:
    """Answers with the truth moved."""
    return Model(100.0, lambda batch: batch.xyz_m @ batch.rotation + np.float32(by_m))


def test_scores_by_hand(batch: Batch) -> None:
    scores = score(moved((0.01, 0, 0)), [batch])
    assert scores["mpjpe_mm"] == pytest.approx(10, rel=1e-3)
    assert scores["pa_mpjpe_mm"] == pytest.approx(0, abs=1e-2)
    assert scores["acceleration_mm_s2"] == pytest.approx(0, abs=2)
    assert scores["latency_ms"] == 100
    assert scores["pck"] == 1


def test_only_what_is_seen_counts_where_that_is_asked(batch: Batch) -> None:
    hidden = batch.score.copy()
    hidden[:, :, [9, 10, 12, 13]] = 0  # no knee, no ankle
    unseen = Batch(batch.features, batch.xyz_m, batch.seen, hidden, batch.at, batch.rotation)

    def wild_legs(batch: Batch) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        out = batch.xyz_m @ batch.rotation
        out[:, :, [2, 3, 5, 6]] += 5
        return out

    model = Model(0.0, wild_legs)
    assert score(model, [unseen], visible_only=True)["mpjpe_mm"] == pytest.approx(0, abs=1e-3)
    assert score(model, [unseen])["mpjpe_mm"] > 1000


def test_error_by_joint_and_by_age(batch: Batch) -> None:
    def late(batch: Batch) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        out = batch.xyz_m @ batch.rotation
        out[:, :10, :, 2] += 0.1
        out[:, :, 3, 0] += 0.05
        return out

    model = Model(0.0, late)
    joints = by_joint(model, [batch])
    assert joints["right_ankle"] == pytest.approx(50, rel=1e-3)
    assert sum(value > 1e-3 for value in joints.values()) == 1
    age = by_age(model, [batch], 20)
    assert age[0] > 100
    assert age[15] == pytest.approx(50 / len(H36M17), rel=1e-3)


def test_the_first_and_last_frames_do_not_count(batch: Batch) -> None:
    counts = scored_frames(batch)
    assert not counts[:, :40].any()
    assert not counts[:, -8:].any()
    assert counts[:, 45:60].any()


def test_a_missing_joint_stays_where_it_was() -> None:
    at = np.arange(1 * 4 * 18 * 2, dtype=np.float32).reshape(1, 4, 18, 2)
    there = np.ones((1, 4, 18), np.float32)
    there[0, 0, 2] = there[0, 2, 5] = there[0, 3, 5] = 0
    out = last_seen(at, there).reshape(1, 4, 18, 2)
    np.testing.assert_array_equal(out[0, 0, 2], 0)
    np.testing.assert_array_equal(out[0, 2, 5], at[0, 1, 5])
    np.testing.assert_array_equal(out[0, 3, 5], at[0, 1, 5])
    np.testing.assert_array_equal(out[0, 1], at[0, 1])


@pytest.mark.parametrize(
    ("form", "causal", "sees"),
    [
        ("videopose3d", True, (False, True)),
        ("videopose3d", False, (True, True)),
        ("single_frame", True, (False, False)),
    ],
)
def test_references_see_what_their_forms_say(form: str, causal: bool, sees: tuple[bool, bool], batch: Batch) -> None:
    """Whether the pose of a frame depends on the next one, and on the one before."""
    torch.manual_seed(0)
    network = Reference(ReferenceOptions(form, 16, 2, causal)).eval()
    at = torch.randn(1, 50, 36)
    with torch.no_grad():
        before = network(at)[0, 25]
        for neighbour, expected in zip((26, 24), sees, strict=True):
            changed = at.clone()
            changed[0, neighbour] += 1
            assert bool((network(changed)[0, 25] != before).any()) == expected
    assert theirs(network).poses(batch).shape == batch.xyz_m.shape


def test_a_step_of_muon_is_orthogonal_and_descends() -> None:
    torch.manual_seed(0)
    singular = torch.linalg.svdvals(orthogonal(torch.randn(30, 50)))
    assert float(singular.min()) > 0.4
    assert float(singular.max()) < 1.3
    matrix = torch.nn.Parameter(torch.zeros(4, 4))
    target, optimizer = torch.eye(4), Muon([matrix], lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        ((matrix - target) ** 2).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert float(((matrix - target) ** 2).sum().detach()) < 0.4  # of 4 at first
