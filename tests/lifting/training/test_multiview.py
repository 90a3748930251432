from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lifting.errors import LiftingError
from lifting.root import SHARED_2D, SHARED_3D
from lifting.training.body import rotation_about
from lifting.training.mocap import Motion
from lifting.training.multiview import PairSample, ViewPairs, read_views, reprojection_loss
from lifting.training.noise import PERFECT
from lifting.training.view_experiment import look_at
from tests.lifting.helpers import STANDING

POSE = STANDING - STANDING[0]


def pair(turn: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> PairSample:
    """What a camera 3 m away sees of `POSE`, whose axes are turned against those of the pose."""
    points = (POSE @ turn.T + [0.2, -0.1, 3.0])[SHARED_3D]
    rays = points[:, :2] / points[:, 2:]
    nothing = torch.zeros(1, 1, 56)
    return PairSample(
        nothing,
        torch.ones(1, 1, dtype=torch.bool),
        torch.from_numpy(turn[None].astype(np.float32)),
        torch.from_numpy(rays[None].astype(np.float32)),
        torch.ones(1, len(SHARED_2D)),
    )


def loss(pose: np.ndarray[tuple[int, ...], np.dtype[np.float64]], sample: PairSample) -> float:
    return float(reprojection_loss(torch.from_numpy(pose[None].astype(np.float32)), sample))


def test_the_true_pose_of_any_size_fits_the_other_view_and_no_other_does() -> None:
    seen = pair(rotation_about(np.array([[0.0, 1.0, 0.0]]), np.array([1.2]))[0])
    assert loss(POSE, seen) == pytest.approx(0, abs=1e-4)
    assert loss(1.3 * POSE, seen) == pytest.approx(0, abs=1e-4)
    flat = POSE * [1.0, 1.0, 0.2]  # what one view cannot tell: depth
    assert loss(flat, seen) > 0.01
    bent = POSE.copy()
    bent[13] += [0.0, 0.2, 0.0]
    one_joint = loss(bent, seen)
    assert 0.2 / len(SHARED_2D) * 0.5 < one_joint < 0.2 / len(SHARED_2D) * 2
    unseen = replace(seen, score=torch.where(torch.from_numpy(SHARED_3D) == 13, 0.0, 1.0)[None])
    assert loss(bent, unseen) == pytest.approx(0, abs=1e-4)


def test_errors_of_the_other_view_make_nobody_small_beside_their_thigh() -> None:
    seen, random = pair(rotation_about(np.array([[0.0, 1.0, 0.0]]), np.array([1.2]))[0]), torch.manual_seed(0)
    longer = torch.zeros(17, 3)
    longer[5:7] = torch.from_numpy((0.15 * (POSE[5] - POSE[4])).astype(np.float32))
    rises = []
    for _ in range(50):
        noisy = replace(seen, rays=seen.rays + 0.02 * torch.randn(seen.rays.shape, generator=random))
        pose = torch.from_numpy(POSE[None].astype(np.float32)).requires_grad_()
        reprojection_loss(pose, noisy).backward()  # type: ignore[no-untyped-call]
        assert pose.grad is not None
        assert float((pose.grad * pose.detach()).sum()) == pytest.approx(0, abs=1e-4)
        rises.append(float((pose.grad[0] * longer).sum()))
    assert abs(np.mean(rises)) < 0.002  # of a loss of 0.07; with distances in space it is -0.01


def test_a_view_without_joints_says_nothing() -> None:
    seen = pair(np.eye(3))
    assert loss(POSE, replace(seen, score=torch.zeros_like(seen.score))) == 0


def test_the_loss_pulls_towards_the_truth() -> None:
    seen = pair(rotation_about(np.array([[0.0, 1.0, 0.0]]), np.array([1.2]))[0])
    pose = torch.from_numpy((POSE * [1.0, 1.0, 0.5])[None].astype(np.float32)).requires_grad_()
    optimizer, first = torch.optim.Adam([pose], lr=0.01), float("nan")
    for step in range(60):
        optimizer.zero_grad()
        value = reprojection_loss(pose, seen)
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        first = float(value.detach()) if step == 0 else first
    assert float(value.detach()) < 0.3 * first


@pytest.fixture
def file(tmp_path: Path) -> Path:
    motions = [Motion("a", name, 30.0, np.tile(STANDING, (50, 1, 1)).astype(np.float32)) for name in ("x", "y")]
    look_at(motions, 1, PERFECT).save(tmp_path / "views.npz")
    return tmp_path / "views.npz"


def test_pairs_from_a_file_fit_each_other(file: Path) -> None:
    views = read_views(file)
    assert views.xy_px.shape == (3, 100, 18, 2)
    pairs = ViewPairs(views)
    sample = pairs.draw(40, 27, np.random.default_rng(0))
    assert sample.window.shape == (40, 27, 56)
    # which camera looked first is not told: the true pose in the axes of one of the three must fit
    for row in range(40):
        one = PairSample(
            *(getattr(sample, name)[row : row + 1] for name in ("window", "begun", "turn", "rays", "score"))
        )
        turns = {tuple(turn.ravel()): turn for turn in pairs.world_to_turned.reshape(-1, 3, 3)}
        assert min(loss(POSE @ turn.T, one) for turn in turns.values()) < 0.03


def test_files_that_do_not_fit_say_why(file: Path, tmp_path: Path) -> None:
    with pytest.raises(LiftingError, match="cannot read"):
        read_views(tmp_path / "none.npz")
    arrays = dict(np.load(file))
    np.savez(tmp_path / "a.npz", **(arrays | {"score": arrays["score"][:, :5]}))
    with pytest.raises(LiftingError, match="score has shape"):
        read_views(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", **(arrays | {"starts": np.array([0, 0, 100])}))
    with pytest.raises(LiftingError, match="two views and a sequence"):
        read_views(tmp_path / "b.npz")
