from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pose.metrics import (
    acceleration_error,
    auc3d,
    bone_length_deviation,
    foot_slides,
    foot_speed,
    joint_errors,
    mpjpe,
    mpjve,
    n_mpjpe,
    oks,
    pa_mpjpe,
    pck3d,
    procrustes_align,
)

_seeds = st.integers(0, 2**31)


def _poses(seed: int, count: int = 3) -> NDArray[np.float64]:
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


Float = NDArray[np.float64]
Score = Callable[[Float, Float, "NDArray[np.bool_] | None"], float]

# Every score of a sequence against the truth, as score(predicted, truth, known).
SCORES: dict[str, Score] = {
    "mpjpe": mpjpe,
    "pa_mpjpe": pa_mpjpe,
    "n_mpjpe": n_mpjpe,
    "mpjve": lambda found, true, known: mpjve(found, true, 30, known),
    "acceleration": lambda found, true, known: acceleration_error(found, true, 30, known),
    "pck3d": pck3d,
    "auc3d": auc3d,
}
_names = st.sampled_from(sorted(SCORES))


def test_n_mpjpe_by_hand() -> None:
    # pose (1,0,0), (0,1,0) against (3,0,0), (0,1,0): factor (3 + 1) / (1 + 1) = 2, errors 1 and 1
    assert n_mpjpe([[1, 0, 0], [0, 1, 0]], [[3, 0, 0], [0, 1, 0]]) == pytest.approx(1)
    # two poses have two factors
    truth = np.array([[[1.0, 2, 3]], [[4, 5, 6]]])
    assert n_mpjpe(truth * [[[2.0]], [[7.0]]], truth) == pytest.approx(0)
    assert n_mpjpe(np.zeros((1, 3)), [[0.0, 3, 4]]) == 5


def test_velocity_and_acceleration_by_hand() -> None:
    # one joint at x = 0, 1, 4 m (steps 1, 3) against rest, at 10 frames a second
    found, rest = np.zeros((3, 1, 3)), np.zeros((3, 1, 3))
    found[:, 0, 0] = 0, 1, 4
    assert mpjve(found, rest, fps=10) == pytest.approx((10 + 30) / 2)
    assert acceleration_error(found, rest, fps=10) == pytest.approx(2 * 100)
    assert mpjve(found + 5, found, fps=10) == 0


def test_a_missing_frame_takes_its_velocities_with_it() -> None:
    found, rest, known = np.zeros((5, 1, 3)), np.zeros((5, 1, 3)), np.ones((5, 1), bool)
    found[:, 0, 0] = 0, 1, 99, 0, 2
    known[2] = False
    assert mpjve(found, rest, 1, known) == pytest.approx((1 + 2) / 2)
    with pytest.raises(ValueError, match="no joint counts"):
        acceleration_error(found, rest, 1, known)


def test_pck_and_auc_by_hand() -> None:
    found = np.zeros((4, 3))
    found[:, 1] = 0.0, 0.0075, 0.15, 0.5
    # at 150 mm two of four are nearer: the third is exactly there
    assert pck3d(found, np.zeros((4, 3))) == 0.5
    assert pck3d(found, np.zeros((4, 3)), threshold_m=0.6) == 1
    # thresholds 0..150 by 5: the first counts at 30 of 31, the second from 10 mm on at 29, the others never
    assert auc3d(found, np.zeros((4, 3))) == pytest.approx((30 + 29) / 31 / 4)


def test_bone_lengths_by_hand() -> None:
    poses = np.zeros((3, 3, 3))
    poses[:, 1, 0] = 1, 2, 3  # deviation sqrt(2 / 3)
    poses[:, 2, 0] = poses[:, 1, 0] + 1  # always 1 long
    bones = [(0, 1), (1, 2)]
    assert bone_length_deviation(poses, bones) == pytest.approx(np.sqrt(2 / 3) / 2)
    known = np.ones((3, 3), bool)
    known[2, 0] = False
    assert bone_length_deviation(poses, bones, known) == pytest.approx(0.25)
    known[1, 0] = False  # the first bone is known once: it does not count
    assert bone_length_deviation(poses, bones, known) == 0
    with pytest.raises(ValueError, match="none of the 1 bones"):
        bone_length_deviation(poses, [(0, 1)], known)


def test_foot_sliding_by_hand() -> None:
    # a foot that stands in frames 0-2 and 4-5; it glides 3 and 4 cm, is lifted, and stands still; height is no sliding
    feet = np.zeros((6, 1, 3))
    feet[:, 0, 0] = 0, 0.03, 0.03, 9, 20, 20
    feet[:, 0, 2] = 0, 0, 0.04, 9, 20, 20
    feet[:, 0, 1] = 0, 0.01, 0.02, 1, 0, 0.1
    stands = np.array([[True], [True], [True], [False], [True], [True]])
    np.testing.assert_allclose(foot_slides(feet, stands), [0.05, 0])
    assert foot_speed(feet, stands, fps=10) == pytest.approx((0.3 + 0.4 + 0) / 3)


def test_a_foot_that_never_stands_has_no_sliding() -> None:
    feet = np.zeros((4, 2, 3))
    stands = np.zeros((4, 2), bool)
    stands[1, 0] = True
    for slide in (lambda: foot_slides(feet, stands), lambda: foot_speed(feet, stands, 30)):
        with pytest.raises(ValueError, match="nothing to measure"):
            slide()


@given(_names, _seeds)
def test_turning_and_mirroring_both_changes_no_score(name: str, seed: int) -> None:
    truth, found = _poses(seed, 5), _poses(seed + 1, 5)
    turn = Rotation.random(random_state=seed % 2**31).as_matrix() * [[1], [1], [-1]]
    before, after = SCORES[name](found, truth, None), SCORES[name](found @ turn.T, truth @ turn.T, None)
    assert after == pytest.approx(before)


@given(_names, _seeds)
def test_scores_are_symmetric_but_for_those_that_fit_the_size(name: str, seed: int) -> None:
    truth, found = _poses(seed, 5), _poses(seed + 1, 5)
    if name not in ("pa_mpjpe", "n_mpjpe"):
        assert SCORES[name](found, truth, None) == pytest.approx(SCORES[name](truth, found, None))


@given(_names, _seeds, st.floats(0.1, 10))
def test_what_scaling_does(name: str, seed: int, scale: float) -> None:
    truth, found = _poses(seed, 5), _poses(seed + 1, 5)
    if name in ("pa_mpjpe", "n_mpjpe"):  # the prediction's size does not matter
        assert SCORES[name](scale * found, truth, None) == pytest.approx(SCORES[name](found, truth, None))
    if not name.endswith("3d"):  # a distance grows with its unit
        both = SCORES[name](scale * found, scale * truth, None)
        assert both == pytest.approx(scale * SCORES[name](found, truth, None))


@given(_names, _seeds)
def test_what_does_not_count_does_not_matter(name: str, seed: int) -> None:
    truth, found = _poses(seed, 6), _poses(seed + 1, 6)
    known = np.ones((6, 17), bool)
    known[:, 3] = known[4] = False
    broken = found.copy()
    broken[~known] = np.nan
    assert SCORES[name](broken, truth, known) == pytest.approx(SCORES[name](found, truth, known))
    fewer = np.delete(np.arange(17), 3)
    if name not in ("mpjve", "acceleration"):
        rows = [0, 1, 2, 3, 5]
        cut = SCORES[name](found[rows][:, fewer], truth[rows][:, fewer], None)
        assert SCORES[name](found, truth, known) == pytest.approx(cut)


@pytest.mark.parametrize("name", sorted(SCORES))
def test_what_cannot_be_scored_is_said(name: str) -> None:
    truth = _poses(0, 4)
    score = SCORES[name]
    broken = truth.copy()
    broken[2, 5, 1] = np.nan
    with pytest.raises(ValueError, match=r"not finite, the first at \(2, 5\)"):
        score(broken, truth, None)
    with pytest.raises(ValueError, match="different shapes"):
        score(truth[:, :16], truth, None)
    with pytest.raises(ValueError, match="no joint counts"):
        score(truth, truth, np.zeros((4, 17), bool))
    with pytest.raises(ValueError, match="`known` has shape"):
        score(truth, truth, np.zeros((4, 3), bool))
    with pytest.raises(ValueError, match=r"no joint counts|too few"):
        score(truth[:0], truth[:0], None)
    with pytest.raises(ValueError, match="shape"):
        score(truth[..., :2], truth[..., :2], None)


def test_a_rate_is_positive_and_a_sequence_long_enough() -> None:
    poses = _poses(0, 2)
    for fps in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="positive number"):
            mpjve(poses, poses, fps)
    with pytest.raises(ValueError, match="2 frames are too few"):
        acceleration_error(poses, poses, 30)
    with pytest.raises(ValueError, match=r"\(T, J, 3\)"):
        mpjve(poses[0], poses[0], 30)


def test_joint_errors_are_those_of_the_joints_that_count() -> None:
    np.testing.assert_allclose(joint_errors([[0, 3, 4], [0, 0, 7]], np.zeros((2, 3)), [True, False]), [5])


@given(_seeds)
def test_rigid_bodies_have_no_deviation_and_standing_feet_no_slide(seed: int) -> None:
    turns = Rotation.random(4, random_state=seed % 2**31).as_matrix()
    poses = _poses(seed, 1) @ turns.transpose(0, 2, 1) + np.arange(4)[:, None, None]
    assert bone_length_deviation(poses, [(0, 1), (3, 9)]) == pytest.approx(0, abs=1e-9)
    feet = np.repeat(_poses(seed, 1)[:, :2], 4, axis=0)
    assert foot_slides(feet, np.ones((4, 2), bool)).max() == 0
