"""Feet, floor and size on people who really walked, seen by tilted virtual cameras, with a lifter's kind of error."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lifting.feet import ANKLE_M, ANKLES
from lifting.floor import FloorSource
from lifting.floor_tracker import estimate_floor
from lifting.hold_clip import hold_in_place
from lifting.scale import bone_lengths, stature
from lifting.training.body import with_face
from lifting.training.mocap import Motion, held_out, read
from pose.camera import Extrinsics
from pose.joint_sets import H36M17, H36M17_BONES
from pose.metrics import bone_length_deviation, foot_slides, mpjpe
from tests.shared import MOCAP

pytestmark = pytest.mark.real

Float = NDArray[np.float64]
FPS = 30.0


@pytest.fixture(scope="module")
def walks() -> list[Float]:
    """Walks at 30 Hz (T, 17, 3), world axes."""
    motions = [one for one in read(MOCAP / "accad_male1.npz") if "Walk" in one.name][::3]
    motions += [one for one in read(MOCAP / "cmu_8actions.npz") if "walk" in one.name.lower()][::12]
    assert len(motions) >= 8
    assert not any(held_out(one) for one in motions)
    return [_resampled(one) for one in motions]


def _resampled(motion: Motion) -> Float:
    return motion.xyz_m[:: round(motion.fps / FPS)].astype(np.float64)


def _wandering(shape: tuple[int, ...], seconds: float, random: np.random.Generator) -> Float:
    """Errors of spread 1 that forget themselves within so many seconds."""
    keep = np.exp(-1 / (FPS * seconds))
    out = random.normal(0, 1, shape)
    for row in range(1, len(out)):
        out[row] = keep * out[row - 1] + np.sqrt(1 - keep**2) * out[row]
    return out


def _lifted(xyz: Float, seed: int) -> Float:
    """The walk with a place that trembles by 3 cm along z and joints by 1 cm, as lifted ones do."""
    random = np.random.default_rng(seed)
    place = _wandering((len(xyz), 1, 3), 0.3, random) * [0.01, 0.005, 0.03]
    return np.asarray(xyz + place + 0.01 * _wandering(xyz.shape, 0.1, random))


def _stands(xyz: Float) -> NDArray[np.bool_]:
    """When feet (T, 2) truly stand, from exact positions, those before and after looked at."""
    ankles = xyz[:, ANKLES]
    speed = np.linalg.norm(np.gradient(ankles, 1 / FPS, axis=0), axis=-1)
    return np.asarray((speed < 0.2) & (np.abs(ankles[..., 1] - ANKLE_M) < 0.06))


def test_feet_that_stand_slide_less_than_half_once_they_are_held(walks: list[Float]) -> None:
    before, after, moved = [], [], []
    for number, truth in enumerate(walks):
        stands = _stands(truth)
        if not (stands[1:] & stands[:-1]).any():
            continue
        middle = truth[:, 0].mean(axis=0)
        camera = Extrinsics.looking_at(middle + np.array([0, 0.4, 5.0]), middle)
        shown = camera.to_camera(with_face(truth[None], np.random.default_rng(0))[0])
        rays, joints = shown / np.maximum(shown[..., 2:], 0.2), camera.to_camera(_lifted(truth, number))
        times, score, valid = np.arange(len(truth)) / FPS, np.ones(rays.shape[:2]), np.ones(truth.shape[:2], bool)
        pose, root = joints - joints[:, :1], joints[:, 0].copy()
        hold_in_place(times, pose, root, valid, rays, score)
        seen, out = _lifted(truth, number), camera.to_world(pose + root[:, None])
        before.append(foot_slides(seen[:, ANKLES], stands))
        after.append(foot_slides(out[:, ANKLES], stands))
        moved.append(mpjpe(out, truth) - mpjpe(seen, truth))
        bones = list(H36M17_BONES)
        assert bone_length_deviation(out, bones) == pytest.approx(bone_length_deviation(seen, bones), rel=1e-3)
    assert np.median(np.concatenate(before)) > 0.035
    assert np.median(np.concatenate(after)) < 0.5 * np.median(np.concatenate(before))
    assert np.mean(moved) < 0.01


@pytest.mark.parametrize(("pitch_deg", "roll_deg"), [(0, 0), (18, 6)])
def test_the_floor_of_people_who_walk_is_found_by_a_tilted_camera(
    walks: list[Float], pitch_deg: float, roll_deg: float
) -> None:
    off_deg, off_m = [], []
    for number, truth in enumerate(walks):
        middle = truth[:, 0].mean(axis=0)
        position = np.array([middle[0], 1.2, middle[2] + 4.5])
        ahead = position + np.array([0, -np.tan(np.radians(pitch_deg)), -1])
        camera = Extrinsics.looking_at(position, ahead, roll_deg)
        seen = camera.to_camera(_lifted(truth, number))
        valid, ids = np.ones(seen.shape[:2], bool), np.zeros(len(seen), np.int32)
        floor = estimate_floor(seen, valid, ids, np.arange(len(seen)) / FPS)
        assert floor.source is not FloorSource.LEVEL or floor.confidence < 0.6
        off_deg.append(np.degrees(np.arccos(min(1.0, float(floor.up @ camera.rotation[:, 1])))))
        stands = _stands(truth)
        if stands.any():
            heights = floor.heights(camera.to_camera(truth[:, ANKLES]))
            off_m.append(np.median(np.abs(heights - truth[:, ANKLES, 1])[stands]))
    assert np.median(off_deg) < 2.5
    assert np.quantile(off_deg, 0.9) < 6
    assert np.median(off_m) < 0.05


def test_performers_are_as_tall_as_their_bones_say() -> None:
    head = H36M17.index("head")
    for name in ("s01", "s03", "s05"):
        poses = np.concatenate(
            [one.xyz_m[::20] for one in read(MOCAP / "uiprmd.npz") if one.name.startswith(f"{name}_m07")]
        ).astype(np.float64)
        size_m, _ = stature(bone_lengths(poses, np.ones(poses.shape[:2], bool)))
        assert size_m == pytest.approx(float(np.percentile(poses[:, head, 1], 95)), rel=0.03)
