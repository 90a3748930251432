from __future__ import annotations

import numpy as np
import pytest

from lifting.evidence import ALTERNATIVES, known
from pose.joint_sets import H36M17, OPENPOSE18


def known_without(*missing: str) -> set[str]:
    seen = np.array([name not in missing for name in OPENPOSE18])
    return {name for name, one in zip(H36M17, known(seen), strict=True) if one}


def test_everything_seen_is_everything_known() -> None:
    assert known_without() == set(H36M17)
    assert set(ALTERNATIVES) == set(H36M17)


def test_legs_out_of_view_are_not_known() -> None:
    legs = {f"{side}_{part}" for side in ("left", "right") for part in ("knee", "ankle")}
    assert known_without(*legs) == set(H36M17) - legs
    hips = {"left_hip", "right_hip"}
    assert known_without(*legs, *hips) == set(H36M17) - legs - hips - {"pelvis", "spine"}


@pytest.mark.parametrize("joint", ["left_elbow", "right_knee", "left_shoulder", "right_hip"])
def test_a_joint_between_two_seen_ones_is_known(joint: str) -> None:
    assert joint in known_without(joint)


@pytest.mark.parametrize("joint", ["left_wrist", "right_ankle"])
def test_the_end_of_a_limb_is_known_only_if_seen(joint: str) -> None:
    assert joint not in known_without(joint)


def test_a_head_needs_something_of_the_face() -> None:
    face = {"nose", "left_eye", "right_eye", "left_ear", "right_ear"}
    assert {"nose", "head"} <= known_without(*face - {"left_ear"})
    assert not {"nose", "head"} & known_without(*face)
