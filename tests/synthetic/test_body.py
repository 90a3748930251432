from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthetic.actor import Actor
from synthetic.body import SKIN_VERTICES, BodyModel, Build, body_model
from synthetic.errors import SyntheticError
from synthetic.mesh import skin_vertices, vertex_normals
from synthetic.retarget import Extremities, bone_rotations
from synthetic.rotations import about_x, about_y
from synthetic.skeleton import Proportions


def height(build: Build) -> float:
    return float(np.ptp(body_model().shaped(build).vertices[:SKIN_VERTICES, 1]))


def test_an_average_body_is_human() -> None:
    body = body_model().shaped(Build(gender=0.5))
    assert 1.5 < height(Build(gender=0.5)) < 1.85
    proportions = Proportions(body)
    assert 0.40 < proportions.leg / height(Build()) < 0.55
    np.testing.assert_allclose(proportions.thigh[0], proportions.thigh[1], rtol=1e-3)
    np.testing.assert_allclose(proportions.forearm[0], proportions.forearm[1], rtol=1e-2)


def test_shape_numbers_do_what_they_say() -> None:
    assert height(Build(height=0.8)) > height(Build(height=0.5)) > height(Build(height=0.2))
    assert height(Build(age=0.1)) < height(Build(age=0.5)) - 0.1
    waist = [np.ptp(body_model().shaped(Build(weight=w)).vertices[:SKIN_VERTICES, 2]) for w in (0.2, 0.9)]
    assert waist[1] > waist[0]


def test_left_is_at_positive_x_and_the_face_looks_along_z() -> None:
    body = body_model().shaped(Build())
    assert body.head_of("wrist.L")[0] > 0.1 > -0.1 > body.head_of("wrist.R")[0]
    assert body.landmarks["nose"][2] > body.landmarks["left_ear"][2]
    assert body.landmarks["left_eye"][0] > body.landmarks["right_eye"][0]


def test_the_rest_pose_moves_nothing() -> None:
    body = body_model().shaped(Build())
    model = body.model
    bones = body.pose_bones({})
    posed = skin_vertices(body.vertices, model.vertex_bones, model.vertex_weights, bones.transforms)
    np.testing.assert_allclose(posed, body.vertices, atol=3e-3)  # weights are stored in half precision


@settings(max_examples=10)
@given(st.floats(-180, 180), st.floats(-60, 60))
def test_turning_the_root_turns_the_whole_body(yaw: float, pitch: float) -> None:
    body = body_model().shaped(Build())
    turn = about_y(yaw) @ about_x(pitch)
    bones = body.pose_bones({"root": turn})
    root = body.head_of("root")
    np.testing.assert_allclose(bones.heads, (body.bone_heads - root) @ turn.T + root, atol=1e-9)


def test_bones_keep_their_lengths_in_any_pose(man: Actor) -> None:
    body = man.body
    rng = np.random.default_rng(0)
    joints = rng.normal(size=(17, 3))
    heads = body.pose_bones(bone_rotations(body, joints, Extremities())).heads
    index = body.model.bone_index
    for start, end in (("upperleg01", "lowerleg01"), ("lowerleg01", "foot"), ("upperarm01", "lowerarm01")):
        a, b = index[f"{start}.L"], index[f"{end}.L"]
        rest = np.linalg.norm(body.bone_heads[b] - body.bone_heads[a])
        assert np.linalg.norm(heads[b] - heads[a]) == pytest.approx(rest, abs=2e-3)


def test_normals_of_a_square_point_along_its_front() -> None:
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    normals = vertex_normals(square, np.array([[0, 1, 2], [0, 2, 3]], np.int32))
    np.testing.assert_allclose(normals, np.tile([0, 0, 1], (4, 1)), atol=1e-6)


def test_a_damaged_body_file_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "body.npz"
    path.write_bytes(b"no body")
    with pytest.raises(SyntheticError, match=r"body\.npz"):
        BodyModel(path)
