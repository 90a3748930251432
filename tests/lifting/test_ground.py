from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lifting.bones import with_bones
from lifting.errors import LiftingError
from lifting.feet import ANKLE_M, ANKLES
from lifting.floor import Floor
from lifting.ground import Grounding, GroundOptions, ground_clip
from lifting.lifter import Lifter
from lifting.scale import ScaleSource
from pose.camera import Extrinsics
from pose.joint_sets import H36M17_BONES
from pose.types import People
from tests.lifting.helpers import CAMERA, joints_2d, people
from tests.lifting.walker import HEIGHT_M, standing, walking

Float = NDArray[np.float64]
FPS = 30.0
POSITION_M = np.array([0.3, 1.5, 4.0])
SEEN_FROM = Extrinsics.looking_at(POSITION_M, [0.0, 0.8, 0.0])


def lifted(world: Float, size: float = 1.0, ids: tuple[int, ...] = (7,)) -> list[People]:
    """What a lifter gives of a motion (T, 17, 3) when it takes the person for `size` times as large."""
    out = []
    for body in world:
        joints = SEEN_FROM.to_camera(body)
        seen = people(joints_2d(body, SEEN_FROM, CAMERA), ids=ids)
        xyz = np.repeat((size * (joints - joints[0]))[None], len(ids), axis=0)
        root = np.repeat((size * joints[0])[None], len(ids), axis=0)
        valid = np.ones((len(ids), 17), bool)
        out.append(seen.with_3d(xyz.astype(np.float32), root.astype(np.float32), valid))
    return out


def run(frames: list[People], options: GroundOptions | None = None) -> tuple[list[People], Grounding]:
    ground = Grounding(CAMERA, options)
    return [ground.step(one, row / FPS) for row, one in enumerate(frames)], ground


def whole(frames: list[People], options: GroundOptions | None = None) -> tuple[Float, Floor, ScaleSource]:
    rows = {name: np.concatenate([getattr(one, name) for one in frames]) for name in _ROWS}
    time_s = np.arange(len(frames)) / FPS
    clip = ground_clip(time_s, **rows, intrinsics=CAMERA, options=options)
    return clip.xyz_m + clip.root_m[:, None].astype(np.float64), clip.floor, clip.scales[7].source


_ROWS = ("track_id", "xyz_m", "root_m", "valid", "xy_px", "score")
WALK = walking(4.0, FPS)[0] - [0.0, 0.0, 1.5]


@pytest.mark.parametrize("size", [0.8, 1.0, 1.15])
def test_the_height_that_is_given_sets_place_and_floor(size: float) -> None:
    frames = lifted(WALK, size)
    true = SEEN_FROM.to_camera(WALK)
    options = GroundOptions(height_m=HEIGHT_M)
    live, ground = run(frames, options)
    found, floor, source = whole(frames, options)
    assert source is ScaleSource.HEIGHT
    assert ground.scales[7].source is ScaleSource.HEIGHT
    assert found[:, 0, 2] == pytest.approx(true[:, 0, 2], rel=0.05)
    assert live[-1].root_m[0, 2] == pytest.approx(true[-1, 0, 2], rel=0.08)
    for plane in (floor, ground.floor):
        assert plane.plane.known
        assert plane.height_m == pytest.approx(POSITION_M[1], abs=0.15)
        assert np.degrees(np.arccos(plane.up @ SEEN_FROM.rotation[:, 1])) < 4
    heights = floor.heights(found[:, ANKLES])
    assert np.median(heights.min(axis=1)) == pytest.approx(ANKLE_M, abs=0.05)


def test_without_a_height_everybody_is_an_adult_and_that_is_said() -> None:
    for size in (0.7, 1.3):
        found, _, source = whole(lifted(WALK, size))
        assert source is ScaleSource.PRIOR
        assert source.value.startswith("the usual size")
        true = SEEN_FROM.to_camera(WALK)
        assert found[:, 0, 2] == pytest.approx(true[:, 0, 2], rel=0.06)


def test_bones_are_steady_and_keep_their_directions() -> None:
    random = np.random.default_rng(0)
    frames = [
        replace(one, xyz_m=(one.xyz_m * random.uniform(0.95, 1.05, (1, 17, 1))).astype(np.float32))
        for one in lifted(np.repeat(standing()[None], 90, axis=0))
    ]
    one, other = np.array(H36M17_BONES).T

    def spread(bodies: Float) -> float:
        return float(np.linalg.norm(bodies[:, one] - bodies[:, other], axis=-1).std(axis=0).mean())

    before = spread(np.concatenate([frame.xyz_m for frame in frames]))
    live, _ = run(frames)
    assert spread(np.concatenate([frame.xyz_m for frame in live])[30:]) < 0.25 * before
    assert spread(whole(frames)[0]) < 1e-5
    body = standing()
    np.testing.assert_allclose(with_bones(body, np.full(16, np.nan)), body)


def test_a_crowd_is_grounded_as_each_alone() -> None:
    frames = lifted(WALK[:60], ids=(3, 7))
    crowd, _ = run(frames)
    alone, _ = run(lifted(WALK[:60]))
    np.testing.assert_allclose(crowd[-1].xyz_m[0], crowd[-1].xyz_m[1], atol=1e-5)
    np.testing.assert_allclose(crowd[-1].root_m[1], alone[-1].root_m[0], atol=1e-4)


def test_a_clip_may_be_worked_on_in_place() -> None:
    frames = lifted(WALK[:60], ids=(3, 7))
    rows = {name: np.concatenate([getattr(one, name) for one in frames]) for name in _ROWS}
    rows["valid"][20:30] = False  # somebody is there without being known
    before = {name: values.copy() for name, values in rows.items()}
    time_s = np.repeat(np.arange(60) / FPS, 2)
    copied = ground_clip(time_s, **rows, intrinsics=CAMERA)
    for name, values in rows.items():
        np.testing.assert_array_equal(values, before[name], err_msg=f"{name} was left alone")
    clip = ground_clip(time_s, **rows, intrinsics=CAMERA, in_place=True)
    assert clip.xyz_m is rows["xyz_m"]
    np.testing.assert_array_equal(clip.xyz_m, copied.xyz_m)
    np.testing.assert_array_equal(clip.root_m, copied.root_m)


def test_nobody_and_nothing_known_is_fine() -> None:
    ground = Grounding(CAMERA)
    assert len(ground.step(People.nobody(), 0.0)) == 0
    unknown = lifted(standing()[None])[0]
    unknown = unknown.with_3d(np.zeros_like(unknown.xyz_m), np.zeros_like(unknown.root_m), np.zeros_like(unknown.valid))
    out = ground.step(unknown, 0.1)
    assert not out.valid.any()
    assert not out.xyz_m.any()
    assert not ground.floor.plane.known
    clip = ground_clip(np.zeros(0), **{name: getattr(People.nobody(), name) for name in _ROWS}, intrinsics=CAMERA)
    assert (len(clip.xyz_m), clip.scales) == (0, {})
    one_frame = whole([unknown])
    assert not one_frame[0].any()
    assert one_frame[2] is ScaleSource.NOTHING


def test_wrong_input_is_refused() -> None:
    with pytest.raises(LiftingError, match="height"):
        GroundOptions(height_m=17.8)
    not_lifted = people(joints_2d(standing(), SEEN_FROM, CAMERA))
    with pytest.raises(LiftingError, match="lifted"):
        Grounding(CAMERA).step(not_lifted, 0.0)
    with pytest.raises(LiftingError, match="finite"):
        Grounding(CAMERA).step(lifted(standing()[None])[0], float("nan"))
    frames = lifted(np.repeat(standing()[None], 3, axis=0))
    rows = {name: np.concatenate([getattr(one, name) for one in frames]) for name in _ROWS}
    with pytest.raises(LiftingError, match="have to rise"):
        ground_clip(np.array([0.2, 0.1, 0.0]), **rows, intrinsics=CAMERA)


@settings(max_examples=12)
@given(st.integers(0, 2**31))
def test_bad_input_at_run_time_is_never_a_confident_wrong_pose(seed: int) -> None:
    """The shipped lifter and all that follows: gaps, jumps, rewinds, NaN, zero scores, people who come and go."""
    random = np.random.default_rng(seed)
    lifter, ground = Lifter(CAMERA), Grounding(CAMERA)
    truth, time_s = joints_2d(standing(), SEEN_FROM, CAMERA), 0.0
    for _ in range(25):
        time_s += float(random.choice([1 / 30, 1 / 30, 1 / 15, 0.3, 10.0, -5.0, 0.0]))
        count = int(random.integers(0, 3))
        xy = np.repeat(truth[None], count, axis=0) + random.normal(0, random.choice([2, 2, 400]), (count, 18, 2))
        score = random.uniform(0, 1, (count, 18)) * random.choice([0.0, 1.0, 1.0, 1.0])
        xy[random.random((count, 18)) < 0.1] = np.nan
        score[random.random((count, 18)) < 0.05] = np.nan
        seen = People(np.arange(count, dtype=np.int32), xy.astype("f4"), score.astype("f4"), xy.astype("f4"))
        out = ground.step(lifter.step(seen, time_s), time_s)
        assert np.isfinite(out.xyz_m).all()
        assert np.isfinite(out.root_m).all()
        found = np.isfinite(xy).all(axis=-1) & np.nan_to_num(score).astype(bool)
        assert not out.valid[~found.any(axis=1)].any(), "nothing is seen, nothing is known"
        assert not out.xyz_m[~out.valid.any(axis=1)].any()
        assert np.isfinite(ground.floor.up).all()
