from __future__ import annotations

import math

import numpy as np
import pytest

from fitness.own import REMEMBERED_S, Floor, Own, Standing
from fitness.signals import Joints, Moments
from fitness.smoother import Smoother
from pose.joint_sets import OPENPOSE18
from tests.fitness.bodies import Float, side_squat


def test_standing_is_one_and_a_few_wrong_lengths_make_nobody_taller() -> None:
    own = Own()
    for moment in range(300):
        wrong = moment % 40 < 3
        own.step(180.0 if wrong else 100.0, moment / 30)
    assert own.step(100.0, 10.0) == pytest.approx(1.0)
    assert own.step(57.0, 10.03) == pytest.approx(0.57)
    assert math.isnan(own.step(math.nan, 10.1))


def test_a_size_of_long_ago_is_forgotten() -> None:
    own = Own()
    for moment in range(60):
        own.step(100.0, moment / 30)
    for moment in range(40):
        last = own.step(50.0, 3 + REMEMBERED_S + moment / 30)
    assert last == pytest.approx(1.0)


def test_a_jump_is_left_out_and_what_is_unknown_for_long_is_unknown() -> None:
    smoother = Smoother(0.14)
    for moment in range(10):
        smoother.step([5.0, math.nan], moment / 30)
    assert smoother.step([50.0, 2.0], 10 / 30) == [5.0, 2.0]
    later = [smoother.step([math.nan, 2.0], (11 + moment) / 30)[0] for moment in range(15)]
    assert math.isfinite(later[0])
    assert math.isnan(later[-1])
    smoother.clear()
    assert smoother.step([7.0], 5.0) == [7.0]


@pytest.mark.parametrize("other_px", [400.0, 250.0, 520.0])
def test_a_foot_that_is_lifted_or_found_elsewhere_for_half_a_second_leaves_the_floor(other_px: float) -> None:
    floor = Floor()
    for moment in range(90):
        at = floor.step([400.0, other_px if 30 <= moment < 45 else 400.0], moment / 30)
        assert at == 400.0
    assert floor.step([math.nan, math.nan], 3.0) == 400.0
    assert math.isnan(floor.step([math.nan, math.nan], 9.0))


def test_a_foot_found_too_low_at_the_start_makes_nobody_taller() -> None:
    time_s = np.arange(0, 4, 1 / 30)
    xy = side_squat(np.full(len(time_s), 175.0))
    wrong = (time_s > 0.8) & (time_s < 1.3)
    xy[wrong, OPENPOSE18.index("right_ankle"), 1] += 90  # of 170 from the hips down
    moments = Moments.of(Joints.of(xy, np.ones(xy.shape[:2])), ("hip_height",))
    standing, heights = Standing(("hip_height",)), []
    for index, now in enumerate(time_s.tolist()):
        values: dict[str, Float] = {}
        standing.put(values, moments, index, now)
        heights.append(float(values["hip_height"][0]))
    assert heights == pytest.approx([1.0] * len(heights), abs=0.02)
