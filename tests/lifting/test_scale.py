from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from lifting.errors import LiftingError
from lifting.scale import ADULT_M, PersonScale, ScaleSource, bone_lengths, solve_scale, stature
from pose.joint_sets import H36M17, flip_order
from tests.lifting.walker import HEIGHT_M, standing, walking

Float = NDArray[np.float64]
ALL = np.ones((1, 17), bool)


def _bones(body: Float, known: NDArray[np.bool_] = ALL) -> Float:
    return bone_lengths(body[None], known)


def test_bones_are_the_medians_of_the_frames_in_which_they_are_known() -> None:
    poses = np.repeat(standing()[None], 9, axis=0)
    knee, ankle = H36M17.index("left_knee"), H36M17.index("left_ankle")
    poses[:, ankle] = poses[:, knee] - np.linspace(0.4, 0.48, 9)[:, None] * [0, 1, 0]
    valid = np.ones((9, 17), bool)
    bone = [name for name in H36M17 if name != "pelvis"].index("left_ankle")
    assert bone_lengths(poses, valid)[bone] == pytest.approx(0.44)
    valid[:2, ankle] = False
    assert bone_lengths(poses, valid)[bone] == pytest.approx(0.45)
    valid[:6, ankle] = False
    assert np.isnan(bone_lengths(poses, valid)[bone]), "three poses are too few"


def test_a_standing_body_is_as_tall_as_it_is() -> None:
    size_m, spread = stature(_bones(standing()))
    assert size_m == pytest.approx(HEIGHT_M, rel=0.02)
    assert spread == pytest.approx(0.02)


@pytest.mark.parametrize(
    "hidden", [["head", "nose"], ["left_knee", "right_knee"], ["left_ankle", "right_ankle", "head"]]
)
def test_a_body_of_which_only_a_part_is_seen_is_about_as_tall_and_says_that_it_is_less_sure(hidden: list[str]) -> None:
    known = ALL.copy()
    known[0, [H36M17.index(name) for name in hidden]] = False
    size_m, spread = stature(_bones(standing(), known))
    assert size_m == pytest.approx(HEIGHT_M, rel=0.1)
    assert 0.03 < spread < 0.08


@given(st.floats(0.3, 3), st.floats(1.2, 2.1), st.integers(0, 2**31))
def test_the_height_given_is_the_height_that_comes_out(size: float, height_m: float, seed: int) -> None:
    turn = Rotation.random(random_state=seed).as_matrix()
    body = size * standing() @ turn.T + [1, 2, 3]
    scale = solve_scale(body[None], ALL, height_m)
    assert scale.source is ScaleSource.HEIGHT
    assert stature(_bones(scale.factor * body))[0] == pytest.approx(height_m, rel=0.05)
    mirrored = body[flip_order(H36M17)] * [-1, 1, 1]
    assert solve_scale(mirrored[None], ALL, height_m).factor == pytest.approx(scale.factor)


@given(st.floats(0.3, 3))
def test_without_a_height_everybody_is_an_adult_and_that_is_said(size: float) -> None:
    scale = solve_scale(size * standing()[None], ALL)
    assert scale.source is ScaleSource.PRIOR
    assert "no height was given" in scale.source.value
    assert scale.spread > 0.05
    assert stature(_bones(scale.factor * size * standing()))[0] == pytest.approx(ADULT_M, rel=0.05)


def test_walking_does_not_make_anybody_smaller() -> None:
    joints, _ = walking(2.0, 30.0)
    scale = solve_scale(joints, np.ones(joints.shape[:2], bool), HEIGHT_M)
    assert scale.factor == pytest.approx(1, abs=0.02)


def test_outliers_do_not_count() -> None:
    poses = np.repeat(standing()[None], 20, axis=0)
    poses[::4] *= 3
    assert solve_scale(poses, np.ones((20, 17), bool), HEIGHT_M).factor == pytest.approx(1, abs=0.02)


def test_where_nothing_was_seen_nothing_is_claimed() -> None:
    for poses in (np.zeros((0, 17, 3)), np.full((3, 17, 3), np.nan)):
        scale = solve_scale(poses, np.zeros(poses.shape[:2], bool), 1.8)
        assert (scale.factor, scale.spread, scale.source) == (1.0, np.inf, ScaleSource.NOTHING)
    arms = np.zeros((1, 17), bool)
    arms[0, [H36M17.index("head"), H36M17.index("nose")]] = True
    assert solve_scale(standing()[None], arms).source is ScaleSource.NOTHING
    assert solve_scale(np.zeros((9, 17, 3)), np.ones((9, 17), bool)).source is not ScaleSource.HEIGHT


@pytest.mark.parametrize("height_m", [0.0, -1.7, 175.0, 5.9, float("nan")])
def test_heights_that_are_none_are_refused(height_m: float) -> None:
    with pytest.raises(LiftingError, match=r"from 0.5 to 2.6 m, such as 1.75"):
        solve_scale(standing()[None], ALL, height_m)
    with pytest.raises(LiftingError, match="height"):
        PersonScale(height_m)


def test_a_valid_joint_that_is_not_finite_is_refused() -> None:
    with pytest.raises(LiftingError, match="not finite"):
        solve_scale(np.full((1, 17, 3), np.nan), ALL)
    with pytest.raises(LiftingError, match="not finite"):
        PersonScale().step(np.full((17, 3), np.inf), ALL[0], 0.0)


def test_the_stream_says_what_the_sequence_says_and_forgets_what_is_long_ago() -> None:
    joints, _ = walking(3.0, 5.0)
    person = PersonScale(1.9, every_s=0.1, poses=len(joints))
    assert person.scale.source is ScaleSource.NOTHING
    for row, one in enumerate(joints):
        person.step(one, ALL[0], row / 5)
    whole = solve_scale(joints, np.ones(joints.shape[:2], bool), 1.9)
    assert person.scale.factor == pytest.approx(whole.factor)
    for row in range(len(joints)):
        person.step(2 * standing(), ALL[0], 10 + row / 5)
    assert person.scale.factor == pytest.approx(1.9 / HEIGHT_M / 2, rel=0.02)


def test_neighbouring_frames_count_once() -> None:
    person = PersonScale(HEIGHT_M, every_s=0.5)
    first = person.step(standing(), ALL[0], 0.0)
    assert person.step(3 * standing(), ALL[0], 0.1) == first
    assert person.step(3 * standing(), np.zeros(17, bool), 0.9) == first
    assert person.step(3 * standing(), ALL[0], 1.0) != first
