from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifting.root import are_bodies, at_depth, solve_root
from pose.joint_sets import H36M17, OPENPOSE18
from tests.lifting.helpers import CAMERA, STANDING

UPSIDE = STANDING * [1, -1, -1]  # y down, as a camera has it
POSE = UPSIDE - UPSIDE[0]


def rays_of(pose: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Rays (1, 18, 3) of exactly the joints that both sets have."""
    rays = np.ones((1, 18, 3))
    for index, name in enumerate(OPENPOSE18):
        if name in H36M17:
            point = pose[H36M17.index(name)] + root
            rays[0, index] = CAMERA.rays(CAMERA.project(point))
    return rays


def score_of(*missing: str) -> np.ndarray:
    return np.array([[float(name not in missing) for name in OPENPOSE18]])


@settings(max_examples=50)
@given(st.floats(-2, 2), st.floats(-1, 1), st.floats(1, 12))
def test_the_pelvis_is_found_exactly(x: float, y: float, z: float) -> None:
    root = np.array([x, y, z + 1])
    found, fits = solve_root(POSE[None], rays_of(POSE, root), score_of())
    assert fits[0]
    np.testing.assert_allclose(found[0], root, atol=1e-6)
    np.testing.assert_allclose(at_depth(POSE[None], rays_of(POSE, root), score_of(), root[2:])[0], root, atol=1e-6)


def test_missing_joints_are_not_read() -> None:
    root, missing = np.array([0.2, 0.1, 3.0]), ("left_knee", "right_wrist", "nose")
    rays = rays_of(POSE, root)
    for name in missing:
        rays[0, OPENPOSE18.index(name)] = np.nan
    np.testing.assert_allclose(solve_root(POSE[None], rays, score_of(*missing))[0][0], root, atol=1e-6)


def test_a_larger_skeleton_is_further_away() -> None:
    rays = rays_of(POSE, np.array([0.2, 0.1, 3.0]))
    found, _ = solve_root(1.1 * POSE[None], rays, score_of())
    assert found[0, 2] == pytest.approx(3.3)


def test_a_bad_joint_with_a_low_score_does_little() -> None:
    root = np.array([0.0, 0.0, 3.0])
    rays, score = rays_of(POSE, root), score_of()
    wrist = OPENPOSE18.index("left_wrist")
    rays[0, wrist, 0] += 0.2
    trusted = solve_root(POSE[None], rays, score)[0][0]
    score[0, wrist] = 0.05
    doubted = solve_root(POSE[None], rays, score)[0][0]
    assert np.linalg.norm(doubted - root) < 0.2 * np.linalg.norm(trusted - root)


def test_too_little_is_said_not_guessed() -> None:
    rays = rays_of(POSE, np.array([0.0, 0.0, 3.0]))
    only_two = np.zeros((1, 18))
    only_two[0, [2, 3]] = 1
    one_place = np.tile([0.1, 0.2, 1.0], (1, 18, 1))
    assert not solve_root(POSE[None], rays, only_two)[1][0]
    assert not solve_root(POSE[None], one_place, score_of())[1][0]
    mirrored = rays * [-1, -1, 1]  # a skeleton on its head fits only behind the camera
    assert not solve_root(POSE[None], mirrored, score_of())[1][0]
    assert not solve_root(POSE[None], rays, np.zeros((1, 18)))[1][0]


def test_a_skeleton_that_does_not_lie_on_the_rays_is_not_believed() -> None:
    root = np.array([0.0, 0.0, 3.0])
    bent = POSE.copy()
    for side in ("left", "right"):
        bent[H36M17.index(f"{side}_ankle"), 1] -= 1.2  # the picture shows both feet at the head
    rays = rays_of(bent, root)
    assert solve_root(bent[None], rays, score_of())[1][0]
    assert not solve_root(POSE[None], rays, score_of())[1][0]


def test_nobody_s_joints_are_all_at_one_place() -> None:
    random, sure = np.random.default_rng(0), np.full((1, 18), 0.9)
    one_place = np.concatenate([0.3 + random.normal(0, 0.001, (1, 18, 2)), np.ones((1, 18, 1))], axis=-1)
    assert not are_bodies(one_place, sure).any()
    assert are_bodies(one_place, np.where(np.arange(18) < 5, sure, 0)).all()  # a hand and a face may be so small
    assert are_bodies(rays_of(POSE, np.array([0.3, 0.1, 50.0])), sure).all()
