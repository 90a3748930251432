from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from export.bvh import joint_name, smooth_euler, write_bvh
from export.motion import ExportOptions, Motion, motions
from export.poses import Poses
from export.world import World
from pose.joint_sets import H36M17, H36M17_BONES
from pose.skeleton import BONES, with_head_base
from tests.export.people import actor, camera_up, walkers

Float = NDArray[np.float64]


@dataclass
class Bvh:
    """A BVH file as any reader sees it, with its own forward kinematics."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[list[float]] = field(default_factory=list)
    channels: list[list[str]] = field(default_factory=list)
    frame_time: float = 0.0
    values: Float = field(default_factory=lambda: np.zeros((0, 0)))

    @classmethod
    def read(cls, path: Path) -> Bvh:
        out, stack, name = cls(), [-1], ""
        hierarchy, _, motion = path.read_text().partition("MOTION\n")
        for line in hierarchy.splitlines():
            word, *rest = line.split()
            if word in ("ROOT", "JOINT", "End"):
                name = rest[0] if word != "End" else f"{out.names[stack[-1]]}/end"
            elif word == "{":
                out.names.append(name)
                out.parents.append(stack[-1])
                out.channels.append([])
                stack.append(len(out.names) - 1)
            elif word == "OFFSET":
                out.offsets.append([float(one) for one in rest])
            elif word == "CHANNELS":
                assert int(rest[0]) == len(rest) - 1
                out.channels[stack[-1]] = rest[1:]
            elif word == "}":
                stack.pop()
        assert stack == [-1]
        lines = motion.splitlines()
        out.frame_time = float(lines[1].removeprefix("Frame Time:"))
        out.values = np.array([[float(one) for one in line.split()] for line in lines[2:]])
        assert out.values.shape == (int(lines[0].removeprefix("Frames:")), sum(map(len, out.channels)))
        return out

    def positions(self) -> dict[str, Float]:
        """Where every joint and end is in every frame (M, 3), and `NAME@` for its rotation (M, 3, 3)."""
        places: dict[str, Float] = {}
        column = 0
        for name, parent, offset, channels in zip(self.names, self.parents, self.offsets, self.channels, strict=True):
            values = dict(zip(channels, self.values[:, column : column + len(channels)].T, strict=True))
            column += len(channels)
            turn = np.broadcast_to(np.eye(3), (len(self.values), 3, 3))
            for channel, angles in values.items():
                if channel.endswith("rotation"):
                    turn = turn @ Rotation.from_euler(channel[0].lower(), angles[:, None], degrees=True).as_matrix()
            start = np.tile(np.array(offset), (len(self.values), 1))
            if parent < 0:
                places[name] = start + np.stack([values[f"{axis}position"] for axis in "XYZ"], axis=1)
                places[f"{name}@"] = turn
            else:
                above = self.names[parent]
                places[name] = places[above] + np.einsum("nij,nj->ni", places[f"{above}@"], start)
                places[f"{name}@"] = places[f"{above}@"] @ turn
        return places


def _chain_error(motion: Motion, joint: int) -> Float:
    """How far the bones from the pelvis to a joint are off their constant lengths, summed (M,)."""
    parents = {child: parent for parent, child in H36M17_BONES}
    # the head hangs on the skull's base, not on the nose
    points, base = with_head_base(motion.xyz_m), 17
    parents |= {H36M17.index("head"): base, base: H36M17.index("thorax")}
    total = np.zeros(len(motion))
    while joint != 0:
        length = np.linalg.norm(points[:, joint] - points[:, parents[joint]], axis=1)
        total += np.abs(length - np.nanmedian(length))
        joint = parents[joint]
    return total


def _options() -> ExportOptions:
    return ExportOptions(world=World.from_up(camera_up()))


def test_forward_kinematics_meets_our_positions(tmp_path: Path) -> None:
    poses = actor()
    checked = 0
    for path, motion in zip(
        write_bvh(poses, tmp_path / "demo.bvh", _options()), motions(poses, _options()), strict=True
    ):
        places = Bvh.read(path).positions()
        names = {bone.start: joint_name(bone.name) for bone in BONES if bone.start in H36M17} | {"head": "Head/end"}
        for joint, name in enumerate(H36M17):
            if name == "nose":
                continue  # no joint of the file; it goes with the head
            off = np.linalg.norm(places[names[name]] - motion.xyz_m[:, joint], axis=1)[motion.seen]
            assert (off <= 0.005 + _chain_error(motion, joint)[motion.seen]).all(), name
            checked += len(off)
    assert checked > 331 * 16


def test_a_person_of_constant_bones_comes_back_exactly(tmp_path: Path) -> None:
    bvh = Bvh.read(write_bvh(walkers([0, 1, 2]), tmp_path / "walk.bvh")[0])
    (motion,) = motions(walkers([0, 1, 2]))
    places = bvh.positions()
    np.testing.assert_allclose(places["LeftFoot"], motion.xyz_m[:, H36M17.index("left_ankle")], atol=2e-5)
    np.testing.assert_allclose(places["RightHand"], motion.xyz_m[:, H36M17.index("right_wrist")], atol=2e-5)
    assert bvh.frame_time == pytest.approx(0.04)
    # somebody who faces the camera faces +z, with the left hand towards +x
    np.testing.assert_allclose(places["Hips@"][0], np.eye(3), atol=1e-5)
    assert bvh.offsets[bvh.names.index("LeftForeArm")][0] > 0


def test_bvhio_reads_it_too(tmp_path: Path) -> None:
    bvhio = pytest.importorskip("bvhio", reason="an independent reader")
    path = write_bvh(actor(), tmp_path / "demo.bvh", _options())[0]
    own = Bvh.read(path).positions()
    root = bvhio.readAsHierarchy(str(path))
    for frame in (0, 100, 230):
        root.loadPose(frame)
        for name in ("Head", "LeftHand", "RightFoot"):
            (joint,) = root.filter(name, isEqual=True)
            np.testing.assert_allclose([*joint.PositionWorld], own[name][frame], atol=2e-3)


def test_gaps_are_bridged(tmp_path: Path) -> None:
    whole = actor()
    one = whole.track_id == 1
    gone = one & ((whole.frame_index % 40) < 3) & (whole.frame_index > 0) & (whole.frame_index < 330)
    path = write_bvh(_rows(whole, one & ~gone), tmp_path / "gaps.bvh", _options())[0]
    bvh, full = Bvh.read(path), motions(_rows(whole, one), _options())[0]
    assert len(bvh.values) == len(full)
    assert np.isfinite(bvh.values).all()
    wrist = np.linalg.norm(bvh.positions()["LeftHand"] - full.xyz_m[:, H36M17.index("left_wrist")], axis=1)
    assert wrist.max() < 0.12
    assert np.median(wrist[np.isin(np.arange(len(wrist)) % 40, (0, 1, 2))]) < 0.05


def test_a_variable_rate_is_evened(tmp_path: Path) -> None:
    times = [0.0, 0.03, 0.09, 0.1, 0.2, 0.22, 0.24]
    bvh = Bvh.read(write_bvh(walkers(list(range(7)), times), tmp_path / "walk.bvh")[0])
    time = np.arange(len(bvh.values)) * bvh.frame_time
    np.testing.assert_allclose(bvh.positions()["Hips"][:, 0], 0.1 * time, atol=2e-5)


def test_files_line_up_when_asked(tmp_path: Path) -> None:
    poses = walkers([10, 11, 12])
    assert len(Bvh.read(write_bvh(poses, tmp_path / "a.bvh")[0]).values) == 3
    late = Bvh.read(write_bvh(poses, tmp_path / "a.bvh", whole_clip=True)[0])
    assert len(late.values) == 13
    np.testing.assert_array_equal(late.values[:10], np.tile(late.values[10], (10, 1)))


def test_centimetres(tmp_path: Path) -> None:
    poses = walkers([0, 1])
    metres = Bvh.read(write_bvh(poses, tmp_path / "m.bvh")[0]).positions()["Head"]
    centimetres = Bvh.read(write_bvh(poses, tmp_path / "cm.bvh", unit_m=0.01)[0]).positions()["Head"]
    np.testing.assert_allclose(centimetres, 100 * metres, atol=1e-2)


def test_euler_angles_do_not_jump() -> None:
    time = np.linspace(0, 4 * np.pi, 400)
    turns = Rotation.from_euler("ZXY", np.stack([time * 57.3, 60 * np.sin(time), -time * 57.3], axis=1), degrees=True)
    over = Rotation.from_euler("X", time[:, None] * 57.3, degrees=True)  # through the poles
    local = np.stack([turns.as_matrix(), over.as_matrix()], axis=1)
    angles = smooth_euler(local)
    back = Rotation.from_euler("ZXY", angles.reshape(-1, 3), degrees=True).as_matrix().reshape(local.shape)
    np.testing.assert_allclose(back, local, atol=1e-9)
    assert np.abs(np.diff(angles, axis=0)).max() < 10


def test_a_single_frame_and_nothing_known(tmp_path: Path) -> None:
    poses = walkers([4])
    poses.valid[:] = False
    bvh = Bvh.read(write_bvh(poses, tmp_path / "one.bvh")[0])
    assert bvh.values.shape == (1, 3 + 3 * len(BONES))
    assert not bvh.values.any()


def _rows(poses: Poses, keep: NDArray[np.bool_]) -> Poses:
    names = ("frame_index", "time_s", "track_id", "xy_px", "score", "raw_xy_px", "xyz_m", "root_m", "valid")
    return replace(poses, **{name: getattr(poses, name)[keep] for name in names})
