from __future__ import annotations

import numpy as np
import pytest

from pose.joint_sets import H36M17
from render.figure import ANKLES, BONES, COLOURS, HEAD, NOSE, POINTS, RADII_M, SKULL, SOLE_M, Figures, figures_of
from render.palette import LEFT, RIGHT
from tests.render.somebody import STANDING_M, joint

SCENE = STANDING_M.astype(np.float64) * np.array((1, -1, -1))


def figure(valid: list[str] | None = None, scale: float = 1.0) -> Figures:
    known = np.array([[valid is None or name in valid for name in H36M17]])
    return figures_of(scale * SCENE[None], known, np.array([5], np.int32))


def test_every_bone_has_its_radius_and_the_colour_of_its_side() -> None:
    assert len(BONES) == len(RADII_M) == len(COLOURS)
    assert BONES.max() < POINTS
    colours = {tuple(bone): tuple(colour) for bone, colour in zip(BONES.tolist(), COLOURS.tolist(), strict=True)}
    for side, colour in (("left", LEFT), ("right", RIGHT)):
        for first, second in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")):
            assert colours[joint(f"{side}_{first}"), joint(f"{side}_{second}")] == colour


def test_the_skull_lies_between_nose_and_vertex() -> None:
    points = figure().points_m[0]
    np.testing.assert_allclose(points[SKULL], (points[NOSE] + points[HEAD]) / 2)


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.2])
def test_size_follows_the_limbs(scale: float) -> None:
    assert figure(scale=scale).size[0] == pytest.approx(scale * figure().size[0])


def test_the_sole_is_under_the_lowest_ankle_that_is_known_best() -> None:
    ankle = SCENE[ANKLES[0], 1]
    everything = figure()
    assert everything.sole_m(0) == pytest.approx(ankle - SOLE_M * everything.size[0])
    upper_body = figure(["pelvis", "thorax", "nose", "head"])
    assert upper_body.sole_m(0) == pytest.approx(ankle - SOLE_M)
    nowhere = SCENE[None].copy()
    nowhere[0, list(ANKLES)] = np.nan
    without = figures_of(nowhere, np.isfinite(nowhere).all(axis=-1), np.zeros(1, np.int32))
    assert without.sole_m(0) == pytest.approx(SCENE[joint("left_knee"), 1])


def test_people_without_a_sure_joint_are_left_out() -> None:
    joints = np.stack([SCENE, SCENE, np.full_like(SCENE, np.inf)])
    valid = np.array([[True] * 17, [False] * 17, [True] * 17])
    found = figures_of(joints, valid, np.array([1, 2, 3], np.int32))
    assert found.track_id.tolist() == [1]
    assert np.isfinite(found.points_m).all()
