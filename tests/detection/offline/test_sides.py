from __future__ import annotations

import numpy as np
import pytest

from detection.offline.sides import mend_sides
from pose.joint_sets import OPENPOSE18, flip_order
from tests.detection.offline.walkers import FIGURE, walk

ARMS = [OPENPOSE18.index(f"{side}_{part}") for side in ("left", "right") for part in ("shoulder", "elbow", "wrist")]
LEGS = [OPENPOSE18.index(f"{side}_{part}") for side in ("left", "right") for part in ("hip", "knee", "ankle")]
TWINS = flip_order(OPENPOSE18)
TIME_S = np.arange(150) / 30
SEEN = np.full((150, 18), 0.8)


def swapped(way: np.ndarray, frames: slice, joints: list[int]) -> np.ndarray:
    out = way.copy()
    out[frames, joints] = way[frames][:, TWINS[joints]]
    return out


@pytest.mark.parametrize("joints", [ARMS, LEGS, ARMS + LEGS])
@pytest.mark.parametrize("frames", [slice(40, 41), slice(60, 75), slice(0, 6), slice(140, 150)])
def test_a_stretch_that_was_swapped_is_mended_and_counted(joints: list[int], frames: slice) -> None:
    rng = np.random.default_rng(0)
    way = walk(150) + rng.normal(0, 1.0, (150, 18, 2))
    way[:, LEGS] += np.sign(FIGURE[LEGS, 0])[:, None] * (25.0, 0.0)  # legs that stand apart
    mended = mend_sides(swapped(way, frames, joints), SEEN, TIME_S, 100.0)
    np.testing.assert_allclose(mended.xy_px, way)
    assert mended.swaps == (2 if joints == ARMS + LEGS else 1)


def test_who_turns_round_is_left_alone() -> None:
    """Left and right cross in the picture, slowly: that is no mistake."""
    turn = np.cos(np.linspace(0, 3 * np.pi, 150))
    way = np.repeat(FIGURE[None], 150, axis=0)
    way[..., 0] *= turn[:, None]
    mended = mend_sides(way + 300, SEEN, TIME_S, 100.0)
    assert mended.swaps == 0
    np.testing.assert_array_equal(mended.xy_px, way + 300)


def test_nothing_is_invented_where_joints_are_missing_or_noisy() -> None:
    rng = np.random.default_rng(1)
    way = walk(150) + rng.normal(0, 4.0, (150, 18, 2))
    score = SEEN * (rng.random((150, 18)) > 0.3)
    mended = mend_sides(np.where(score[..., None] > 0, way, 0.0), score, TIME_S, 100.0)
    assert mended.swaps == 0
    np.testing.assert_array_equal(mended.score, score)


def test_mirroring_the_sides_mirrors_the_answer() -> None:
    way = swapped(walk(150), slice(50, 60), ARMS)
    one = mend_sides(way, SEEN, TIME_S, 100.0)
    other = mend_sides(way[:, TWINS], SEEN[:, TWINS], TIME_S, 100.0)
    np.testing.assert_array_equal(one.xy_px[:, TWINS], other.xy_px)
