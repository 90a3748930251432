from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lifting.errors import LiftingError
from lifting.lifter import Lifter
from lifting.offline import OfflineLifter
from pose.camera import Intrinsics
from pose.joint_sets import H36M17, OPENPOSE18
from pose.types import People
from tests.lifting.helpers import CAMERA, STANDING, in_front, joints_2d, people, weight_file

XY = joints_2d(STANDING, in_front())
KNEES = [H36M17.index(name) for name in ("left_knee", "right_knee")]


@pytest.fixture
def lifter(tmp_path: Path) -> Lifter:
    """With weights that were never trained: what is tested here must hold for any."""
    return Lifter(CAMERA, weight_file(tmp_path))


def moving(time_s: float) -> np.ndarray:
    """Joints that move smoothly over time."""
    return XY + 40 * np.sin(2 * np.pi * 0.7 * time_s + np.arange(36).reshape(18, 2))


def run(lifter: Lifter, times: np.ndarray, score: float = 0.9) -> People:
    out = People.nobody()
    for time_s in times:
        out = lifter.step(people(moving(time_s), score), float(time_s))
    return out


def test_everybody_comes_back_in_order_with_3d(lifter: Lifter) -> None:
    crowd = people(np.stack([XY, XY + 50, XY - 80]), ids=(4, 9, 2))
    out = lifter.step(crowd, 0.0)
    assert out.lifted
    np.testing.assert_array_equal(out.track_id, [4, 9, 2])
    assert (out.xyz_m.shape, out.root_m.shape, out.valid.shape) == ((3, 17, 3), (3, 3), (3, 17))
    assert (out.xyz_m.dtype, out.root_m.dtype, out.valid.dtype) == (np.float32, np.float32, np.bool_)
    np.testing.assert_array_equal(out.xyz_m[:, 0], 0)
    assert out.valid.all()


def test_the_first_answer_about_somebody_who_stands_is_as_good_as_later_ones() -> None:
    lifter = Lifter(CAMERA)
    poses, places = [], []
    for frame in range(90):
        out = lifter.step(people(XY), frame / 30)
        poses.append(out.xyz_m[0])
        places.append(out.root_m[0])
    assert np.linalg.norm(np.array(poses) - poses[-1], axis=-1).mean(axis=1).max() < 0.03
    assert np.linalg.norm(np.array(places) - places[-1], axis=-1).max() < 0.15


@pytest.mark.parametrize("where", ["one place", "out of sight"])
def test_joints_that_are_nobody_s_are_nobody(where: str) -> None:
    joints = np.full((18, 2), 300.0) if where == "one place" else XY + 1e7
    lifter = Lifter(CAMERA)
    for frame in range(20):
        out = lifter.step(people(joints), frame / 30)
        assert not out.valid.any()
    offline = OfflineLifter(CAMERA).track(np.arange(20) / 30, np.tile(joints, (20, 1, 1)), np.full((20, 18), 0.9))
    assert not offline.valid.any()


def test_nobody_is_nobody(lifter: Lifter) -> None:
    out = lifter.step(People.nobody(), 0.0)
    assert len(out) == 0
    assert out.lifted


def test_one_person_is_lifted_alike_alone_and_in_a_crowd_that_comes_and_goes(lifter: Lifter, tmp_path: Path) -> None:
    alone = Lifter(CAMERA, weight_file(tmp_path))
    for frame in range(80):
        time_s = frame / 30
        extra = (3,) if 10 < frame < 40 else (5, 6) if frame > 50 else ()
        joints = np.stack([*(moving(time_s + 1) - 100 for _ in extra), moving(time_s)])
        out = lifter.step(people(joints, ids=(*extra, 7)), time_s)
        expected = alone.step(people(moving(time_s)), time_s)
        np.testing.assert_allclose(out.xyz_m[-1], expected.xyz_m[0], atol=1e-5)
        np.testing.assert_allclose(out.root_m[-1], expected.root_m[0], atol=1e-4)


@pytest.mark.parametrize("pan_deg", [-25.0, 10.0, 30.0])
def test_turning_the_camera_about_its_centre_turns_the_result(lifter: Lifter, tmp_path: Path, pan_deg: float) -> None:
    rotation = Rotation.from_euler("y", pan_deg, degrees=True).as_matrix()
    other = Lifter(CAMERA, weight_file(tmp_path))
    for frame in range(40):
        xy = moving(frame / 30)
        turned_xy = CAMERA.project(CAMERA.rays(xy) @ rotation.T)
        first = lifter.step(people(xy), frame / 30)
        second = other.step(people(turned_xy), frame / 30)
    np.testing.assert_allclose(second.xyz_m[0], first.xyz_m[0] @ rotation.T, atol=2e-4)
    np.testing.assert_allclose(second.root_m[0], first.root_m[0] @ rotation.T, atol=2e-3)


def test_the_picture_s_size_does_not_matter(lifter: Lifter, tmp_path: Path) -> None:
    half = Lifter(Intrinsics.from_fov(640, 360), weight_file(tmp_path))
    first = lifter.step(people(XY), 0.0)
    second = half.step(people((XY - [CAMERA.cx, CAMERA.cy]) / 2 + [319.5, 179.5]), 0.0)
    np.testing.assert_allclose(first.xyz_m, second.xyz_m, atol=1e-4)


@pytest.mark.parametrize("rate", [60.0, 59.94, 120.0])
def test_faster_cameras_get_an_answer_a_frame_from_the_same_clock(lifter: Lifter, tmp_path: Path, rate: float) -> None:
    steady = run(Lifter(CAMERA, weight_file(tmp_path)), np.arange(91) / 30)
    fast = run(lifter, np.arange(round(3 * rate) + 1) / rate)
    assert np.abs(fast.xyz_m - steady.xyz_m).max() < 0.1 * np.abs(steady.xyz_m).max()


def test_slower_cameras_are_interpolated_onto_the_clock(tmp_path: Path) -> None:
    """Joints on straight lines in the picture are nearly so as directions: half the frames say as much."""
    results = []
    for rate in (15, 30):
        lifter = Lifter(CAMERA, weight_file(tmp_path))
        for frame in range(2 * rate + 1):
            out = lifter.step(people(XY + np.array([30.0, 5.0]) * frame / rate), frame / rate)
        results.append(out.xyz_m)
    np.testing.assert_allclose(results[0], results[1], atol=0.02 * np.abs(results[1]).max())


def test_a_short_gap_is_bridged_and_a_long_one_forgets(lifter: Lifter, tmp_path: Path) -> None:
    fresh = Lifter(CAMERA, weight_file(tmp_path))
    for gap_s, bridged in ((0.3, True), (0.8, False), (3.0, False)):
        lifter.reset()
        fresh.reset()
        run(lifter, np.arange(60) / 30)
        for time_s in np.arange(2.0, 2.0 + gap_s, 1 / 30):
            lifter.step(People.nobody(), float(time_s))
        after = lifter.step(people(moving(5.0)), 2.0 + gap_s)
        new = fresh.step(people(moving(5.0)), 2.0 + gap_s)
        same_pose = np.abs(after.xyz_m - new.xyz_m).max() < 0.08 * np.abs(new.xyz_m).max()
        assert same_pose != bridged


def test_a_jump_of_ten_seconds_and_time_that_runs_back_start_anew(lifter: Lifter, tmp_path: Path) -> None:
    new = Lifter(CAMERA, weight_file(tmp_path)).step(people(moving(0.5)), 0.5)
    run(lifter, np.arange(60) / 30)
    back = lifter.step(people(moving(0.5)), 0.5)
    np.testing.assert_allclose(back.xyz_m, new.xyz_m, atol=1e-6)
    later = lifter.step(people(moving(0.5)), 10.5)
    np.testing.assert_allclose(later.xyz_m, new.xyz_m, atol=0.02 * np.abs(new.xyz_m).max())


def test_all_scores_zero_is_unknown_and_zeros(lifter: Lifter) -> None:
    for frame in range(3):
        out = lifter.step(people(XY, 0.0), frame / 30)
    assert not out.valid.any()
    assert not out.xyz_m.any()
    assert not out.root_m.any()
    seen = run(lifter, np.arange(1, 20) / 10)
    assert seen.valid.all()


def test_not_a_number_is_a_missing_joint(lifter: Lifter, tmp_path: Path) -> None:
    wrist = OPENPOSE18.index("left_wrist")
    xy, score = XY.copy(), np.full(18, 0.9)
    score[wrist] = 0
    expected = Lifter(CAMERA, weight_file(tmp_path)).step(people(xy, score), 0.0)
    for position, certainty in ((np.nan, 0.9), (np.inf, 0.9), (0.0, np.nan)):
        xy[wrist], score[wrist] = position, certainty
        lifter.reset()
        out = lifter.step(people(xy, score), 0.0)
        np.testing.assert_allclose(out.xyz_m, expected.xyz_m, atol=1e-6)
        assert not out.valid[0, H36M17.index("left_wrist")]
    nothing = lifter.step(people(np.full((18, 2), np.nan)), 0.1)
    assert not nothing.valid.any()
    assert np.isfinite(nothing.xyz_m).all()


def test_legs_out_of_view_are_not_valid(lifter: Lifter) -> None:
    score = np.full(18, 0.9)
    score[[9, 10, 12, 13]] = 0
    out = lifter.step(people(XY, score), 0.0)
    assert not out.valid[0, KNEES].any()
    assert out.valid[0, H36M17.index("left_wrist")]
    assert np.isfinite(out.root_m).all()


def test_a_joint_stays_valid_for_half_a_second(lifter: Lifter) -> None:
    run(lifter, np.arange(10) / 30)
    score = np.full(18, 0.9)
    score[[9, 10, 12, 13]] = 0
    assert lifter.step(people(XY, score), 0.6).valid[0, KNEES].all()
    assert not lifter.step(people(XY, score), 0.9).valid[0, KNEES].any()


@pytest.mark.parametrize(
    ("crowd", "time_s", "message"),
    [
        (people(XY, ids=(-1,)), 0.0, "steady number"),
        (people(XY, ids=(3, 3)), 0.0, "none twice"),
        (people(XY), float("nan"), "time is nan"),
        (People.detected(np.zeros((1, 17, 2), np.float32), np.zeros((1, 17), np.float32)), 0.0, "expected"),
    ],
)
def test_wrong_input_is_refused(lifter: Lifter, crowd: People, time_s: float, message: str) -> None:
    with pytest.raises(LiftingError, match=message):
        lifter.step(crowd, time_s)


def test_weights_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LiftingError, match="cannot read"):
        Lifter(CAMERA, tmp_path / "none.safetensors")


def test_memory_does_not_grow_with_people_who_come_and_go(lifter: Lifter) -> None:
    for frame in range(300):
        lifter.step(people(XY, ids=(frame,)), frame * 0.1)
    assert lifter.slots <= 32
