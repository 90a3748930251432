from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthetic.rotations import about, about_y, axes_from, blend, exp, log, shortest

ANGLES = st.floats(-179, 179)
VECTORS = st.lists(st.floats(-1, 1), min_size=3, max_size=3).filter(lambda v: np.linalg.norm(v) > 0.1)


@given(VECTORS, ANGLES)
def test_rotations_are_orthonormal_and_right_handed(axis: list[float], angle: float) -> None:
    rotation = about(axis, angle)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1)


@given(VECTORS, ANGLES)
def test_exp_is_the_inverse_of_log(axis: list[float], angle: float) -> None:
    rotation = about(axis, angle)
    np.testing.assert_allclose(exp(log(rotation)), rotation, atol=1e-6)


def test_half_a_turn_has_a_logarithm() -> None:
    for axis in ([1.0, 0, 0], [0, 1.0, 0], [0.6, 0, 0.8]):
        rotation = about(axis, 180)
        np.testing.assert_allclose(exp(log(rotation)), rotation, atol=1e-5)


@given(VECTORS, VECTORS)
def test_shortest_turns_one_direction_into_the_other(start: list[float], end: list[float]) -> None:
    turned = shortest(start, end) @ start / np.linalg.norm(start)
    np.testing.assert_allclose(turned, np.array(end) / np.linalg.norm(end), atol=1e-6)


@pytest.mark.parametrize("direction", [[1.0, 0, 0], [0, -1.0, 0], [0.3, 0.4, 0.5]])
def test_shortest_turns_a_direction_round(direction: list[float]) -> None:
    np.testing.assert_allclose(
        shortest(direction, [-v for v in direction]) @ direction, [-v for v in direction], atol=1e-9
    )


def test_blend_begins_and_ends_at_its_arguments() -> None:
    first, second = about_y(10), about([1, 1, 0], 130)
    np.testing.assert_allclose(blend(first, second, 0), first, atol=1e-12)
    np.testing.assert_allclose(blend(first, second, 1), second, atol=1e-9)


def test_axes_from_keeps_y_and_is_right_handed() -> None:
    axes = axes_from([0, 2.0, 0.5], [1.0, 0.7, 0])
    np.testing.assert_allclose(axes[:, 1], np.array([0, 2.0, 0.5]) / np.hypot(2, 0.5))
    assert np.linalg.det(axes) == pytest.approx(1)


def test_a_person_that_turns_left_faces_its_own_left() -> None:
    np.testing.assert_allclose(about_y(90) @ [0, 0, 1], [1, 0, 0], atol=1e-12)
