from __future__ import annotations

import numpy as np
import pytest

from benchmarks.detector_noise import FPS, Records, fit
from benchmarks.errors import BenchmarkError
from pose.joint_sets import OPENPOSE18

SHAPE = (200, 20, 18)


def records(seed: int = 0) -> Records:
    """A detector whose errors are known: 30 mm lastingly, 20 mm that change at once, scores of 0.7."""
    random = np.random.default_rng(seed)
    error = random.normal(0, 0.03, (200, 1, 18, 2)) + random.normal(0, 0.02, (*SHAPE, 2))
    true = np.tile(np.stack([np.arange(18) * 0.2, np.zeros(18)], axis=-1), (*SHAPE[:2], 1, 1))
    seen = np.ones(SHAPE, np.bool_)
    return Records(error, true, np.full(SHAPE, 0.7) + random.normal(0, 0.01, SHAPE), seen, seen.copy())


def test_what_was_put_in_is_fitted() -> None:
    model = fit(records())
    for joint in model["joints"].values():
        assert joint["lasting_m"] == pytest.approx(0.03, rel=0.1)
        assert joint["changing_m"] == pytest.approx(0.02, rel=0.1)
        assert joint["kept"] < 0.1
        assert joint["score"] == pytest.approx(0.7, abs=0.01)
        assert joint["missed"]["share"] == joint["gross"]["share"] == 0
    assert model["swap"]["arms"]["share"] == model["gone"]["share"] == 0


def test_errors_that_last_a_while_are_told_from_fresh_ones() -> None:
    one, random = records(), np.random.default_rng(1)
    slow = np.zeros((*SHAPE, 2))
    for frame in range(1, SHAPE[1]):
        slow[:, frame] = 0.8 * slow[:, frame - 1] + random.normal(0, 0.02, (200, 18, 2))
    model = fit(Records(slow, one.true_m, one.score, one.visible, one.inside))
    assert model["joints"]["left_knee"]["kept"] == pytest.approx(0.7, abs=0.12)  # the mean of 20 frames takes a part


def test_misses_gross_errors_and_exchanged_legs_are_counted() -> None:
    one = records()
    wrist, ankle = OPENPOSE18.index("left_wrist"), OPENPOSE18.index("right_ankle")
    one.score[:50, 5:11, wrist], one.error_m[:50, 5:11, wrist] = 0, np.nan
    one.error_m[:40, 3, ankle] = [0.0, 0.5]
    legs = [8, 9, 10, 11, 12, 13]
    flipped = [11, 12, 13, 8, 9, 10]
    one.error_m[:20, 8:10, legs] = one.true_m[:20, 8:10, flipped] - one.true_m[:20, 8:10, legs]
    model = fit(one)
    missed = model["joints"]["left_wrist"]["missed"]
    assert missed["share"] == pytest.approx(50 * 6 / 4000)
    assert missed["lasts_s"] == pytest.approx(6 / FPS, abs=1e-3)
    gross = model["joints"]["right_ankle"]["gross"]
    assert gross["share"] == pytest.approx(40 / 4000)
    assert model["joints"]["right_ankle"]["gross_m"] == pytest.approx(0.5)
    assert model["swap"]["legs"] == {"share": pytest.approx(20 * 2 / 4000), "lasts_s": pytest.approx(2 / FPS, abs=1e-3)}
    assert model["swap"]["arms"]["share"] == 0
    assert model["joints"]["right_hip"]["gross"]["share"] == 0  # an exchange is no gross error


def test_too_little_to_fit_says_so() -> None:
    one = records()
    few = Records(one.error_m[:2], one.true_m[:2], one.score[:2], one.visible[:2], one.inside[:2])
    with pytest.raises(BenchmarkError, match="too few pictures"):
        fit(few)
