from __future__ import annotations

import numpy as np
import pytest

from pose import joint_sets as joints

_SETS = (joints.OPENPOSE18, joints.H36M17, joints.COCO17, joints.BODY_25, joints.BLAZEPOSE33)
_MAPPINGS = (
    joints.OPENPOSE18_TO_COCO17,
    joints.COCO17_TO_OPENPOSE18,
    joints.OPENPOSE18_TO_BODY_25,
    joints.BLAZEPOSE33_TO_OPENPOSE18,
    joints.H36M17_TO_OPENPOSE18,
)


def test_sets_have_as_many_joints_as_their_names_say() -> None:
    assert [len(one) for one in _SETS] == [18, 17, 17, 25, 33]
    assert all(len(set(one)) == len(one) for one in _SETS)


@pytest.mark.parametrize("names", _SETS)
def test_flipping_twice_changes_nothing_and_swaps_the_sides(names: tuple[str, ...]) -> None:
    order = joints.flip_order(names)
    np.testing.assert_array_equal(order[order], np.arange(len(names)))
    for name, twin in zip(names, order, strict=True):
        assert joints.side(names[twin]) == {"left": "right", "right": "left", "middle": "middle"}[joints.side(name)]


@pytest.mark.parametrize("mapping", _MAPPINGS)
def test_a_mapping_keeps_the_sides(mapping: joints.JointMapping) -> None:
    assert len(mapping.parts) == len(mapping.target)
    for name, parts in zip(mapping.target, mapping.parts, strict=True):
        sides = {joints.side(mapping.source[part]) for part in parts}
        assert (
            not parts or sides == {joints.side(name)} or (joints.side(name) == "middle" and sides == {"left", "right"})
        )


def test_the_neck_is_the_middle_of_the_shoulders_and_scores_as_the_weaker() -> None:
    xy, score = np.zeros((1, 17, 2), np.float32), np.ones((1, 17), np.float32)
    left, right = joints.COCO17.index("left_shoulder"), joints.COCO17.index("right_shoulder")
    xy[0, left], xy[0, right], score[0, left] = (10, 4), (20, 8), 0.25
    out, out_score = joints.COCO17_TO_OPENPOSE18.points(xy, score)
    np.testing.assert_allclose(out[0, joints.OPENPOSE18.index("neck")], (15, 6))
    assert out_score[0, joints.OPENPOSE18.index("neck")] == 0.25


def test_what_a_set_lacks_scores_nothing() -> None:
    _, score = joints.OPENPOSE18_TO_BODY_25.points(np.ones((2, 18, 2), np.float32), np.ones((2, 18), np.float32))
    missing = [joints.BODY_25[joint] for joint in np.flatnonzero(score[0] == 0)]
    assert missing == ["left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel"]


def test_bones_of_the_3d_joints_are_a_tree_from_the_pelvis() -> None:
    children = [child for _, child in joints.H36M17_BONES]
    assert sorted(children) == list(range(1, 17))
    reached = {0}
    for parent, child in joints.H36M17_BONES:
        assert parent in reached
        reached.add(child)
