import numpy as np
import pytest
from numpy.typing import NDArray

from pose.metrics2d import head_size, pck, pckh, pcp, pdj, torso_diameter, within

NAMES = ("nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip", "wrist")
TRUTH = np.array([[[50, 10], [60, 40], [40, 40], [58, 90], [40, 64], [80, 40]]], np.float64)
"""The torso's diameter is hypot(20, 24) = 31.24, the head's size 30, the arm from shoulder to wrist 20."""
ALL = np.ones((1, 6), bool)
BOX = np.array([[20, 0, 60, 100]], np.float64)


def moved(joint: str, by: tuple[float, float]) -> NDArray[np.float64]:
    found = TRUTH.copy()
    found[0, NAMES.index(joint)] += by
    return found


@pytest.mark.parametrize(("off", "right"), [(20.0, 1), (20.1, 0)])
def test_pck_reaches_a_fifth_of_the_boxs_longer_side(off: float, right: int) -> None:
    hits = pck(moved("wrist", (0, off)), ALL, TRUTH, ALL, BOX)
    assert hits.right[5] == right
    assert hits.right[:5].tolist() == [1] * 5


@pytest.mark.parametrize(("off", "right"), [(6.24, 1), (6.26, 0)])
def test_pdj_reaches_a_fifth_of_the_torso(off: float, right: int) -> None:
    assert pdj(moved("nose", (off, 0)), ALL, TRUTH, ALL, NAMES).right[0] == right


@pytest.mark.parametrize(("off", "right"), [(15.0, 1), (15.1, 0)])
def test_pckh_reaches_half_a_head(off: float, right: int) -> None:
    assert pckh(moved("left_hip", (off, 0)), ALL, TRUTH, ALL, NAMES).right[3] == right


@pytest.mark.parametrize(("off", "right"), [(10.0, 1), (10.1, 0)])
def test_pcp_wants_both_ends_within_half_the_limb(off: float, right: int) -> None:
    limbs = ((1, 5), (1, 2))
    # Either end alone decides: the mean of both would still be within half the limb.
    assert pcp(moved("wrist", (off, 0)), ALL, TRUTH, ALL, limbs).right.tolist() == [right, 1]
    assert pcp(moved("left_shoulder", (-off, 0)), ALL, TRUTH, ALL, limbs).right.tolist() == [right, right]


def test_what_was_not_found_is_wrong_and_what_is_not_labelled_does_not_count() -> None:
    seen, known = ALL.copy(), ALL.copy()
    seen[0, 0] = known[0, 5] = False
    hits = pck(TRUTH, seen, TRUTH, known, BOX)
    assert hits.right.tolist() == [0, 1, 1, 1, 1, 0]
    assert hits.counted.tolist() == [1, 1, 1, 1, 1, 0]
    assert hits.share[0] == 0
    assert np.isnan(hits.share[5])
    assert hits.mean == pytest.approx(4 / 5)
    assert pcp(TRUTH, seen, TRUTH, known, ((0, 1), (1, 5))).counted.tolist() == [1, 0]


def test_the_mean_is_over_kinds_of_joints_not_over_joints() -> None:
    truth = np.zeros((3, 2, 2))
    known = np.array([[True, True], [True, False], [True, False]])
    seen = np.array([[False, True], [True, True], [True, True]])
    hits = within(truth, seen, truth, known, np.ones(3))
    assert hits.share.tolist() == [2 / 3, 1]
    assert hits.mean == pytest.approx(5 / 6)


def test_nobody_without_a_size_counts() -> None:
    known = ALL.copy()
    known[0, [1, 2]] = False
    for hits in (pdj(TRUTH, ALL, TRUTH, known, NAMES), pckh(TRUTH, ALL, TRUTH, known, NAMES)):
        assert hits.counted.sum() == 0
        assert np.isnan(hits.mean)


def test_torso_and_head() -> None:
    assert torso_diameter(TRUTH, ALL, NAMES)[0] == pytest.approx(np.hypot(20, 24))
    known = ALL.copy()
    known[0, 4] = False  # across the other way: right shoulder to left hip
    assert torso_diameter(TRUTH, known, NAMES)[0] == pytest.approx(np.hypot(18, 50))
    assert head_size(TRUTH, ALL, NAMES)[0] == 30
