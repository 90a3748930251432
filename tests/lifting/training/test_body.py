from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifting.training.body import BodyOptions, head_frame, rotation_about, vary, with_face
from lifting.training.floor import floor_motions, two_bones
from pose.joint_sets import H36M17, H36M17_BONES, OPENPOSE18, flip_order
from tests.lifting.helpers import STANDING

LEFT, RIGHT = H36M17.index("left_shoulder"), H36M17.index("right_shoulder")
WINDOW = np.tile(STANDING, (6, 4, 1, 1))


def bones(xyz: np.ndarray) -> np.ndarray:
    parents, children = zip(*H36M17_BONES, strict=True)
    return np.linalg.norm(xyz[..., children, :] - xyz[..., parents, :], axis=-1)


def chest(xyz: np.ndarray) -> np.ndarray:
    """Unit vectors (T, 3) out of the chest: left, up and this one are a right-handed frame."""
    forward = np.cross(xyz[:, LEFT] - xyz[:, RIGHT], xyz[:, H36M17.index("thorax")] - xyz[:, 0])
    return np.asarray(forward / np.linalg.norm(forward, axis=-1, keepdims=True))


def test_the_face_is_in_front_of_the_head_and_left_is_left() -> None:
    joints = with_face(WINDOW, np.random.default_rng(0))[0, 0]
    nose, left_eye, right_eye, left_ear, right_ear = (
        joints[OPENPOSE18.index(name)] for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
    )
    assert left_eye[0] > 0 > right_eye[0]
    assert left_ear[0] > left_eye[0]
    assert nose[2] > left_eye[2] > left_ear[2]
    assert left_eye[1] > nose[1]
    assert np.linalg.norm(left_ear - right_ear) == pytest.approx(0.15, abs=0.03)
    np.testing.assert_allclose((left_ear + right_ear)[0], 0, atol=1e-9)


def test_the_head_frame_of_somebody_upright() -> None:
    up, forward, left = head_frame(STANDING)
    np.testing.assert_allclose(up, [0, 1, 0], atol=0.15)
    np.testing.assert_allclose(forward, [0, 0, 1], atol=0.15)
    np.testing.assert_allclose(left, [1, 0, 0], atol=1e-9)


def test_neck_and_limbs_are_those_of_the_body() -> None:
    joints = with_face(WINDOW, np.random.default_rng(0))[0, 0]
    np.testing.assert_allclose(joints[OPENPOSE18.index("neck")], [0, 1.40, 0], atol=1e-9)
    np.testing.assert_allclose(joints[OPENPOSE18.index("left_knee")], STANDING[H36M17.index("left_knee")])


def test_without_variation_a_body_stays_or_is_mirrored() -> None:
    options = BodyOptions(stature_sd=0, bone_sd=0, tilt_chance=0, lean_deg=0)
    out = vary(WINDOW, options, np.random.default_rng(1))[:, 0]
    mirrored = STANDING[flip_order(H36M17)] * [-1, 1, 1]
    is_same = np.isclose(out, STANDING).all(axis=(1, 2))
    is_mirrored = np.isclose(out, mirrored).all(axis=(1, 2))
    assert (is_same | is_mirrored).all()
    assert is_mirrored.any()


def test_bones_are_scaled_alike_on_both_sides_and_over_time() -> None:
    out = vary(WINDOW, BodyOptions(), np.random.default_rng(2))
    factor = bones(out) / bones(WINDOW)
    np.testing.assert_allclose(factor, np.broadcast_to(factor[:, :1], factor.shape), rtol=1e-9)
    children = [H36M17[child] for _, child in H36M17_BONES]
    for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist"):
        sides = [factor[:, 0, children.index(f"{side}_{part}")] for side in ("left", "right")]
        np.testing.assert_allclose(sides[0], sides[1], rtol=1e-9)
    assert factor.std() > 0.03


@given(st.floats(-3, 3))
def test_rodrigues(angle: float) -> None:
    rotation = rotation_about(np.array([[0.0, 0.0, 1.0]]), np.array([angle]))[0]
    np.testing.assert_allclose(rotation @ [1, 0, 0], [np.cos(angle), np.sin(angle), 0], atol=1e-12)


def test_two_bones_keep_their_lengths_and_reach_what_they_can() -> None:
    start, towards = np.zeros((3, 3)), np.tile([0.0, 1.0, 0.0], (3, 1))
    end = np.array([[0.4, 0, 0], [0.0, 0, 0.45], [2.0, 0, 0]])
    middle, reached = two_bones(start, end, 0.29, 0.25, towards)
    np.testing.assert_allclose(np.linalg.norm(middle, axis=-1), 0.29, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(reached - middle, axis=-1), 0.25, rtol=1e-6)
    np.testing.assert_allclose(reached[:2], end[:2], atol=1e-9)
    assert (middle[:2, 1] > 0).all()


def test_floor_motions_are_human_and_near_the_floor() -> None:
    for motion in floor_motions(seed=3, each=4):
        lengths = bones(motion.xyz_m)
        assert lengths.std(axis=0).max() < 0.01, motion.name  # rigid
        assert lengths.min() > 0.08
        assert lengths.max() < 0.55
        assert np.abs(np.diff(motion.xyz_m, axis=0)).max() < 0.15, motion.name
        assert -0.15 < motion.xyz_m[..., 1].min() < 0.2, motion.name
        _, face, left = head_frame(motion.xyz_m)
        assert (face * chest(motion.xyz_m)).sum(axis=-1).min() > 0.2, motion.name
        across = motion.xyz_m[:, LEFT] - motion.xyz_m[:, RIGHT]
        assert (left * across).sum(axis=-1).min() > 0, motion.name


def test_push_ups_are_face_down_and_sit_ups_face_up() -> None:
    for motion in floor_motions(seed=1, each=2):
        upwards = chest(motion.xyz_m)[:, 1]
        if motion.name.startswith(("pushup", "plank")):
            assert upwards.max() < -0.5
        if motion.name.startswith(("situp", "bridge")):
            assert upwards.max() > 0.8
