from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lifting.errors import LiftingError
from lifting.training.bvh import read_bvh, save_motions
from lifting.training.mocap import read
from pose.joint_sets import H36M17

HIERARCHY = """HIERARCHY
ROOT Hips
{{
 OFFSET 0 0 0
 CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
 JOINT {left}UpLeg
 {{ OFFSET 10 0 0 CHANNELS 3 Zrotation Xrotation Yrotation
  JOINT {left}Leg {{ OFFSET 0 -40 0 CHANNELS 3 Zrotation Xrotation Yrotation
   JOINT {left}Foot {{ OFFSET 0 -42 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site {{ OFFSET 0 0 10 }} }} }} }}
 JOINT {right}UpLeg
 {{ OFFSET -10 0 0 CHANNELS 3 Zrotation Xrotation Yrotation
  JOINT {right}Leg {{ OFFSET 0 -40 0 CHANNELS 3 Zrotation Xrotation Yrotation
   JOINT {right}Foot {{ OFFSET 0 -42 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site {{ OFFSET 0 0 10 }} }} }} }}
 JOINT Spine
 {{ OFFSET 0 20 0 CHANNELS 3 Zrotation Xrotation Yrotation
  JOINT Neck {{ OFFSET 0 30 0 CHANNELS 3 Zrotation Xrotation Yrotation
   JOINT Head {{ OFFSET 0 10 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site {{ OFFSET 0 15 0 }} }} }}
  JOINT {left}Arm {{ OFFSET 18 25 0 CHANNELS 3 Zrotation Xrotation Yrotation
   JOINT {left}ForeArm {{ OFFSET 28 0 0 CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT {left}Hand {{ OFFSET 25 0 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site {{ OFFSET 8 0 0 }} }} }} }}
  JOINT {right}Arm {{ OFFSET -18 25 0 CHANNELS 3 Zrotation Xrotation Yrotation
   JOINT {right}ForeArm {{ OFFSET -28 0 0 CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT {right}Hand {{ OFFSET -25 0 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site {{ OFFSET -8 0 0 }} }} }} }}
 }}
}}
MOTION
Frames: {frames}
Frame Time: 0.02
"""
"""A T-pose in centimetres; 17 joints with channels, the first three of which are the root's place."""

JOINTS = 16
LEFT_LEG, LEFT_ARM = 2, 10
"""Places of LeftLeg (the knee) and LeftArm among the joints."""


def written(path: Path, rows: list[list[float]], left: str = "Left", right: str = "Right") -> Path:
    text = HIERARCHY.format(left=left, right=right, frames=len(rows))
    path.write_text(text + "\n".join(" ".join(str(value) for value in row) for row in rows))
    return path


def row(place: tuple[float, float, float] = (0, 90, 0), **turns: float) -> list[float]:
    """One frame's channels; `turns` are Z rotations by the joint's number, j10=90."""
    values = [*place, *([0.0] * 3 * JOINTS)]
    for joint, angle in turns.items():
        values[3 + 3 * int(joint[1:])] = angle
    return values


def test_a_t_pose_by_hand(tmp_path: Path) -> None:
    motion = read_bvh(written(tmp_path / "t.bvh", [row(), row((50, 90, 0))]))
    assert motion.fps == pytest.approx(50)
    assert motion.name == "t"
    at = {name: motion.xyz_m[0, joint] for joint, name in enumerate(H36M17)}
    np.testing.assert_allclose(at["pelvis"], [0, 0.9, 0], atol=1e-6)
    np.testing.assert_allclose(at["left_knee"], [0.1, 0.5, 0], atol=1e-6)
    np.testing.assert_allclose(at["right_ankle"], [-0.1, 0.08, 0], atol=1e-6)
    np.testing.assert_allclose(at["left_wrist"], [0.71, 1.35, 0], atol=1e-6)
    np.testing.assert_allclose(at["thorax"], [0, 1.4, 0], atol=1e-6)
    np.testing.assert_allclose(at["head"], [0, 1.69, 0], atol=1e-6)
    assert at["nose"][2] == pytest.approx(0.11)  # ahead: the T-pose faces +z
    np.testing.assert_allclose(motion.xyz_m[1] - motion.xyz_m[0], np.tile([0.5, 0, 0], (17, 1)), atol=1e-6)


def test_turns_go_down_the_tree_and_in_the_order_of_the_channels(tmp_path: Path) -> None:
    raised = read_bvh(written(tmp_path / "a.bvh", [row(j10=90)])).xyz_m[0]
    np.testing.assert_allclose(raised[H36M17.index("left_elbow")], [0.18, 1.63, 0], atol=1e-6)
    np.testing.assert_allclose(raised[H36M17.index("left_wrist")], [0.18, 1.88, 0], atol=1e-6)
    both = row()
    both[3 + 3 * LEFT_ARM : 6 + 3 * LEFT_ARM] = [90, 0, 90]  # first about y, then about z: x goes to -z and stays there
    turned = read_bvh(written(tmp_path / "b.bvh", [both])).xyz_m[0]
    np.testing.assert_allclose(turned[H36M17.index("left_elbow")], [0.18, 1.35, -0.28], atol=1e-6)


@pytest.mark.parametrize(("left", "right"), [("l_", "r_"), ("mixamorig:Left", "mixamorig:Right")])
def test_other_programs_names(tmp_path: Path, left: str, right: str) -> None:
    motion = read_bvh(written(tmp_path / "n.bvh", [row()], left, right))
    assert motion.xyz_m[0, H36M17.index("left_knee"), 0] == pytest.approx(0.1)
    assert motion.xyz_m[0, H36M17.index("right_knee"), 0] == pytest.approx(-0.1)


def test_the_unit_can_be_said(tmp_path: Path) -> None:
    path = written(tmp_path / "u.bvh", [row()])
    assert read_bvh(path, unit="mm").xyz_m[0, 0, 1] == pytest.approx(0.09)
    with pytest.raises(LiftingError, match="the unit is one of"):
        read_bvh(path, unit="furlong")


def test_the_saved_file_is_read_again(tmp_path: Path) -> None:
    motion = read_bvh(written(tmp_path / "t.bvh", [row(), row(j2=30), row(j10=45)]))
    save_motions([motion, motion], tmp_path / "my.npz", "mine")
    again = read(tmp_path / "my.npz")
    assert [one.name for one in again] == ["t", "t"]
    np.testing.assert_allclose(again[1].xyz_m, motion.xyz_m, atol=0.0006)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("MOTION", ""), "no MOTION"),
        (lambda text: text.replace("Frames: 1", "Frames: 2"), "numbers for 2 frames"),
        (lambda text: text.replace("LeftLeg", "Tail"), "no joint for the left knee"),
        (lambda text: text.replace("OFFSET 10 0 0", "OFFSET ten 0 0"), "could not convert"),
        (lambda text: text.replace("}", "", 1), "not closed"),
        (lambda text: text.replace("Frame Time: 0.02", "Frame Time: 0"), "frames of 0.0 s"),
    ],
)
def test_files_that_cannot_be_read_say_why(tmp_path: Path, change: object, message: str) -> None:
    path = written(tmp_path / "bad.bvh", [row()])
    assert callable(change)
    path.write_text(change(path.read_text()))
    with pytest.raises(LiftingError, match=message):
        read_bvh(path)
    with pytest.raises(LiftingError, match="cannot read"):
        read_bvh(tmp_path / "none.bvh")
