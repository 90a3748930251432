"""`train render`: pictures with labels that the packer reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from commands.training_pictures import command
from detection.training.sources import read_rendered
from lifting.training.mocap import FILE_JOINTS
from pose.types import Float32
from synthetic.body import Build, body_model
from synthetic.poses import LIBRARY
from synthetic.skeleton import Proportions

_PROPORTIONS = Proportions(body_model().shaped(Build()))


def _pose(name: str) -> Float32:
    return np.asarray(LIBRARY[name].joints(_PROPORTIONS), np.float32)


def test_pictures_are_read_by_the_packer(tmp_path: Path) -> None:
    motion = tmp_path / "motion"
    motion.mkdir()
    z_up = np.tile(_pose("stand")[:, [0, 2, 1]] * [1, -1, 1] * 1000, (30, 1, 1))
    about = {"names": np.array(["me_01"]), "starts": np.array([0, 30]), "fps": np.array([30.0])}
    np.savez(motion / "mine.npz", xyz=z_up.astype(np.float32), joint_names=np.array(FILE_JOINTS), **about)
    command(out=tmp_path / "out", data=motion, pictures=2, low=0.5, size=64, samples=1, seed=3)
    photos = read_rendered(tmp_path / "out", source="low")
    assert len(photos) == 2
    assert len(photos.joints) >= 1
