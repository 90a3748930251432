from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pose.joint_sets import H36M17
from pose.rotations import BoneRotations, bone_rotations, filled
from pose.skeleton import BONE_INDEX, BONES, POINTS, RestPose, to_global, to_local, with_head_base
from tests.pose.bodies import DOWN, J, set_limb, somebody, standing, turn

Float = NDArray[np.float64]
seeds = st.integers(0, 2**32 - 1)

# From the sticks' axes (x forward, z right) to those of the rest pose (z forward, x left).
TO_WORLD = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


def _t_pose() -> Float:
    body = standing()
    for side, out in (("right", 1.0), ("left", -1.0)):
        set_limb(body, side, "arm", (0, 0, out), (0, 0, out))
    # nose and vertex as an average head has them
    body[J["head"]] = body[J["nose"]] + 0.175 * np.array([-0.515, 0.857, 0])
    base = with_head_base(body[None])[0, -1]
    body[[J["nose"], J["head"]]] += [-base[0], 0, 0]
    return np.asarray(body @ TO_WORLD.T)


def test_the_rest_pose_has_no_rotations() -> None:
    turned = bone_rotations(_t_pose()[None])
    assert turned.known.all()
    np.testing.assert_allclose(turned.rotation[0], np.broadcast_to(np.eye(3), (len(BONES), 3, 3)), atol=1e-3)


@given(seeds)
def test_rotations_are_rotations_and_go_with_the_person(seed: int) -> None:
    rng = np.random.default_rng(seed)
    body = somebody(rng) @ TO_WORLD.T
    turned = bone_rotations(body[None]).rotation[0]
    np.testing.assert_allclose(turned @ turned.swapaxes(1, 2), np.broadcast_to(np.eye(3), turned.shape), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(turned), 1)
    whole = Rotation.random(random_state=rng.integers(2**31)).as_matrix()
    moved = bone_rotations((body @ whole.T + rng.normal(0, 3, 3))[None]).rotation[0]
    np.testing.assert_allclose(moved, whole @ turned, atol=1e-6)


@given(seeds)
def test_forward_kinematics_gives_the_positions_back(seed: int) -> None:
    body = (somebody(np.random.default_rng(seed)) @ TO_WORLD.T)[None]
    rest = RestPose.of(body)
    turned = bone_rotations(body).rotation
    starts = rest.starts(to_local(turned), body[:, 0])
    points = with_head_base(body)
    for place, bone in enumerate(BONES):
        np.testing.assert_allclose(starts[0, place], points[0, POINTS.index(bone.start)], atol=1e-9, err_msg=bone.name)
    head = BONE_INDEX["head"]
    for end, joint in ((rest.ends[head], "head"), (rest.nose, "nose")):
        found = starts[0, head] + turned[0, head] @ end
        np.testing.assert_allclose(found, body[0, H36M17.index(joint)], atol=2e-4)


@given(seeds)
def test_local_and_global_are_inverse(seed: int) -> None:
    turned = Rotation.random(2 * len(BONES), random_state=seed % 2**31).as_matrix().reshape(2, len(BONES), 3, 3)
    np.testing.assert_allclose(to_global(to_local(turned)), turned, atol=1e-12)


def test_a_hinge_bends_about_one_axis() -> None:
    body = standing()
    set_limb(body, "left", "leg", turn("z", 40) @ DOWN, turn("z", -50) @ DOWN)
    local = to_local(bone_rotations((body @ TO_WORLD.T)[None]).rotation)[0, BONE_INDEX["left_lower_leg"]]
    np.testing.assert_allclose(local, turn("x", 90), atol=1e-9)  # about the axis to the left


def test_stretching_a_knee_snaps_nothing() -> None:
    poses = []
    for degrees in np.linspace(60, -60, 481):
        body = standing()
        # the shank goes through the straight line to the wrong side, as noise makes it do
        set_limb(body, "right", "leg", DOWN, turn("z", -degrees) @ turn("x", 4) @ DOWN)
        poses.append(body @ TO_WORLD.T)
    turned = bone_rotations(np.array(poses)).rotation[:, BONE_INDEX["right_upper_leg"]]
    small = np.abs(np.linspace(60, -60, 481)) < 9
    step = Rotation.from_matrix(turned[:-1].swapaxes(1, 2) @ turned[1:]).magnitude()
    assert np.degrees(step[small[1:]]).max() < 1


def test_a_bend_the_wrong_way_does_not_flip_the_limb() -> None:
    poses = []
    for degrees in np.linspace(120, 240, 241):  # the shank circles round the thigh, through the impossible
        body = standing()
        set_limb(body, "right", "leg", DOWN, turn("y", degrees) @ turn("z", -60) @ DOWN)
        poses.append(body @ TO_WORLD.T)
    turned = bone_rotations(np.array(poses)).rotation[:, BONE_INDEX["right_upper_leg"]]
    step = Rotation.from_matrix(turned[:-1].swapaxes(1, 2) @ turned[1:]).magnitude()
    assert np.degrees(step).max() < 3


def test_unknown_joints_make_unknown_bones_and_no_others() -> None:
    body = (standing() @ TO_WORLD.T)[None].repeat(2, axis=0)
    body[1, J["left_wrist"]] = np.nan
    known = bone_rotations(body).known
    assert known[0].all()
    assert [bone.name for bone, one in zip(BONES, known[1], strict=True) if not one] == ["left_lower_arm", "left_hand"]


def test_gaps_are_turned_through_evenly() -> None:
    rotation = np.broadcast_to(np.eye(3), (5, len(BONES), 3, 3)).copy()
    rotation[4, :] = turn("y", 80)
    known = np.ones((5, len(BONES)), np.bool_)
    known[1:4] = False
    known[:, BONE_INDEX["left_foot"]] = False
    out = filled(BoneRotations(rotation, known), np.arange(5) / 10)
    for frame in range(5):
        np.testing.assert_allclose(out[frame, BONE_INDEX["hips"]], turn("y", 20 * frame), atol=1e-9)
    np.testing.assert_array_equal(out[:, BONE_INDEX["left_foot"]], out[:, BONE_INDEX["left_lower_leg"]])
    known[:4] = False
    held = filled(BoneRotations(rotation, known), np.arange(5) / 10)
    np.testing.assert_allclose(held[0, 0], turn("y", 80))


def test_a_bone_that_was_never_seen_has_a_length() -> None:
    body = np.full((3, 17, 3), np.nan)
    rest = RestPose.of(body)
    assert np.isfinite(rest.offsets).all()
    assert np.linalg.norm(rest.offsets[BONE_INDEX["left_lower_leg"]]) == pytest.approx(0.25)
