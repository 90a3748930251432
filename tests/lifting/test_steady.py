from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lifting.steady import DISTANCE, JOINTS, Cutoffs, Steady


def run(points: np.ndarray, rate: float = 30.0, cutoffs: Cutoffs = JOINTS) -> np.ndarray:
    steady = Steady(cutoffs)
    return np.array([steady.follow(one, number / rate) for number, one in enumerate(points)])


def test_the_first_answer_is_the_first_input_and_rest_stays() -> None:
    points = np.tile([[1.0, 2.0, 3.0]], (10, 1, 1))
    np.testing.assert_array_equal(run(points), points)


@pytest.mark.parametrize("cutoffs", [JOINTS, DISTANCE])
def test_trembling_at_rest_gets_less(cutoffs: Cutoffs) -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, (300, 17, 3))
    assert run(noise, cutoffs=cutoffs)[30:].std() < 0.6 * noise.std()


def test_a_fast_hand_is_followed_closely_and_a_slow_one_nearly() -> None:
    times = np.arange(60) / 30
    for speed, most_ms in ((3.0, 12.0), (0.3, 45.0)):
        line = np.zeros((60, 1, 3))
        line[:, 0, 0] = speed * times
        lag_ms = 1000 * (line - run(line))[-1, 0, 0] / speed
        assert 0 < lag_ms < most_ms


def test_a_step_filter_by_hand() -> None:
    """One step of 0.1 s with a cutoff that does not depend on speed."""
    steady = Steady(Cutoffs(rest_hz=1 / (2 * np.pi * 0.1), hz_per_m_s=0.0))
    steady.follow(np.zeros((1, 1)), 0.0)
    assert steady.follow(np.ones((1, 1)), 0.1)[0, 0] == pytest.approx(0.5)


def test_the_same_moment_again_changes_nothing() -> None:
    steady = Steady(JOINTS)
    steady.follow(np.zeros((2, 3)), 0.0)
    first = steady.follow(np.ones((2, 3)), 0.1)
    np.testing.assert_array_equal(steady.follow(np.full((2, 3), 9.0), 0.1), first)


def test_turning_the_axes_turns_the_answer() -> None:
    points = np.random.default_rng(1).normal(size=(40, 17, 3)).cumsum(axis=0) * 0.02
    rotation = Rotation.from_euler("xyz", [0.3, 1.0, -2.0]).as_matrix()
    np.testing.assert_allclose(run(points @ rotation.T), run(points) @ rotation.T, atol=1e-12)
