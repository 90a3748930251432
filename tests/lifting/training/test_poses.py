"""Which poses are low."""

from __future__ import annotations

import numpy as np
import pytest

from lifting.errors import LiftingError
from lifting.training.floor import floor_motions
from lifting.training.mocap import Motion
from lifting.training.poses import pelvis_height, pose_pool
from pose.types import Float32
from synthetic.body import Build, body_model
from synthetic.poses import LIBRARY
from synthetic.skeleton import Proportions

_PROPORTIONS = Proportions(body_model().shaped(Build()))


def _pose(name: str) -> Float32:
    return np.asarray(LIBRARY[name].joints(_PROPORTIONS), np.float32)


def test_who_stands_is_a_leg_high_and_who_squats_or_lies_is_lower() -> None:
    names = ("stand", "squat_deep", "plank", "lying_on_back")
    heights = dict(zip(names, pelvis_height(np.stack([_pose(name) for name in names])), strict=True))
    assert heights["stand"] == pytest.approx(1, abs=0.03)
    assert heights["squat_deep"] < 0.6
    assert max(heights["plank"], heights["lying_on_back"]) < 0.5


def test_size_does_not_matter() -> None:
    poses = np.stack([_pose("stand"), _pose("squat_mid")])
    assert pelvis_height(0.5 * poses) == pytest.approx(pelvis_height(poses), rel=1e-5)


def test_the_low_pool_holds_the_floor_and_no_standing_poses() -> None:
    standing = Motion("mine", "me_01", 30.0, np.tile(_pose("stand"), (30, 1, 1)))
    pool = pose_pool([standing])
    lying = sum(len(motion.xyz_m[::8]) for motion in floor_motions(1) if not motion.name.startswith("desk"))
    assert len(pool.all) == lying + 4
    assert 0.8 * lying < len(pool.low) <= lying


def test_held_out_motion_is_refused() -> None:
    held_out = Motion("uiprmd", "s08_m01", 30.0, np.tile(_pose("stand"), (30, 1, 1)))
    with pytest.raises(LiftingError, match="held out"):
        pose_pool([held_out])
