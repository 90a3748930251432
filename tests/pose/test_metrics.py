from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pose.metrics import mpjpe, oks, pa_mpjpe, procrustes_align

_seeds = st.integers(0, 2**31)


def _poses(seed: int, count: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 17, 3))


def test_mpjpe_is_the_mean_distance() -> None:
    truth = np.zeros((1, 2, 3))
    assert mpjpe([[[3, 4, 0], [0, 0, 1]]], truth) == pytest.approx(3)


@given(_seeds, st.floats(0.1, 10))
def test_procrustes_undoes_any_similarity(seed: int, scale: float) -> None:
    truth = _poses(seed)
    turn = Rotation.random(random_state=seed % 2**31).as_matrix()
    moved = scale * truth @ turn.T + np.array([3.0, -2.0, 9.0])
    np.testing.assert_allclose(procrustes_align(moved, truth), truth, atol=1e-6)


@given(_seeds)
def test_procrustes_does_not_mirror(seed: int) -> None:
    truth = _poses(seed)
    mirrored = truth * [-1, 1, 1]
    assert pa_mpjpe(mirrored, truth) > 0.1


@given(_seeds)
def test_procrustes_never_makes_the_squared_error_larger(seed: int) -> None:
    truth, found = _poses(seed), _poses(seed + 1)
    before = ((found - truth) ** 2).sum()
    assert ((procrustes_align(found, truth) - truth) ** 2).sum() <= before + 1e-9


def test_a_pose_in_one_point_is_only_moved() -> None:
    truth = _poses(0, 1)
    aligned = procrustes_align(np.ones((1, 17, 3)), truth)
    np.testing.assert_allclose(aligned, np.broadcast_to(truth.mean(axis=1, keepdims=True), truth.shape))


def test_oks_by_hand() -> None:
    # one joint exactly right, one off by two sigma-scaled units: exp(-d^2 / (2 area (2 sigma)^2)) with d^2 = 8
    value = oks([[0, 0], [2, 2]], [[0, 0], [0, 0]], [True, True], area=4.0, sigmas=[0.5, 0.5])
    assert value == pytest.approx((1 + np.exp(-8 / (2 * 4 * 1))) / 2)
    assert oks([[9, 9]], [[0, 0]], [False], area=1.0, sigmas=[1.0]) == 0.0
