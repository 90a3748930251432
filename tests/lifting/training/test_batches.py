from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lifting.errors import LiftingError
from lifting.normalise import FEATURES
from lifting.training.batches import BatchOptions, Windows, make, observe
from lifting.training.mocap import Motion
from lifting.training.noise import MEASURED, PERFECT, WITHOUT_MISSES, NoiseOptions, detect, measured
from lifting.training.views import ViewOptions, draw
from pose.joint_sets import OPENPOSE18
from tests.lifting.helpers import STANDING

SWAYING = STANDING[None] + 0.1 * np.sin(np.arange(60) / 8)[:, None, None]
MOTION = Motion("made_up", "one", 30.0, SWAYING.astype(np.float32))


def test_a_batch_is_a_function_of_its_seed() -> None:
    windows, options = Windows([MOTION]), BatchOptions(windows=5, frames=30)
    first, again, other = (make(windows, options, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.features, again.features)
    assert not np.array_equal(first.features, other.features)
    assert first.features.shape == (5, 30, FEATURES)
    assert first.xyz_m.shape == (5, 30, 17, 3)
    assert np.isfinite(first.features).all()
    np.testing.assert_array_equal(first.xyz_m[:, :, 0], 0)


def test_windows_follow_the_motion_at_its_rate_and_turn_at_its_ends() -> None:
    ramp = np.zeros((10, 17, 3), np.float32)
    ramp[:, :, 0] = np.arange(10)[:, None]
    drawn = Windows([Motion("a", "b", 60.0, ramp)]).draw(50, 40, 0.0, np.random.default_rng(0))[:, :, 0, 0]
    steps = np.abs(np.diff(drawn, axis=1))
    assert np.median(steps) == pytest.approx(2)  # 60 Hz seen at 30 Hz
    assert drawn.min() >= 0
    assert drawn.max() <= 9


def test_collections_are_drawn_by_their_weight() -> None:
    still = [
        Motion(source, "x", 30.0, np.full((50, 17, 3), value, np.float32)) for source, value in (("a", 0), ("b", 1))
    ]
    drawn = Windows(still, {"a": 3.0}).draw(4000, 1, 0.0, np.random.default_rng(0))
    assert drawn[:, 0, 0, 0].mean() == pytest.approx(0.25, abs=0.03)
    with pytest.raises(LiftingError, match="no motion"):
        Windows([])


def test_perfect_views_give_features_near_the_truth_in_metres() -> None:
    """Far away and without noise, x and y of a joint's feature are its metres, but for the person's build."""
    view = ViewOptions(distance_m=(6, 6), close_chance=0, unknown_chance=0, aim_m=(0, 0))
    options = BatchOptions(view=view, noise=PERFECT)
    batch = observe(np.tile(SWAYING[None], (20, 1, 1, 1)), options, np.random.default_rng(0))
    joints = batch.features[..., :54].reshape(20, 60, 18, 3)
    for name, joint in (("left_wrist", 13), ("right_knee", 2), ("left_shoulder", 11)):
        seen = joints[..., OPENPOSE18.index(name), 2] > 0
        assert seen.mean() > 0.9
        apart = np.linalg.norm(joints[..., OPENPOSE18.index(name), :2] - batch.xyz_m[..., joint, :2], axis=-1)[seen]
        assert np.median(apart) < 0.08


def test_cameras_see_the_person_in_front_of_them() -> None:
    xyz = np.tile(SWAYING[None], (200, 1, 1, 1))
    views = draw(xyz, ViewOptions(), np.random.default_rng(0))
    camera = views.to_camera(xyz)
    assert camera[..., 2].min() > 0.2
    at, inside = views.picture(camera)
    assert inside[:, :, 10].mean() > 0.75  # most heads are in most pictures
    assert not inside.all()
    np.testing.assert_allclose(
        views.rotation @ views.rotation.transpose(0, 2, 1), np.eye(3)[None].repeat(200, 0), atol=1e-9
    )
    true_focal = replace(views, assumed_focal=views.focal)
    np.testing.assert_allclose(true_focal.rays(at) * camera[..., 2:], camera, atol=1e-6)
    height = views.position[:, 1]
    assert height.min() > 0
    assert height.max() < 2.6
    head_above_pelvis = camera[:, :, 0, 1] - camera[:, :, 10, 1]
    assert (head_above_pelvis > 0.3).mean() > 0.95  # y points down: the head is up in the picture


def scene(windows: int = 300, frames: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    at = np.zeros((windows, frames, 18, 2)) + np.arange(18)[:, None] * 0.1
    facing = np.zeros((windows, frames, 2))
    facing[..., 0] = 1
    return at, np.ones((windows, frames, 18), np.bool_), np.ones((windows, frames)), facing


def test_without_noise_positions_are_true_and_scores_high() -> None:
    at, inside, metre, facing = scene()
    xy, score = detect(at, inside, metre, facing, PERFECT, np.random.default_rng(0))
    assert (score > 0).mean() > 0.95
    np.testing.assert_allclose(xy[score > 0], at[score > 0], atol=1e-9)


def test_errors_scale_with_the_person_and_scores_know_of_them() -> None:
    at, inside, metre, facing = scene()
    options = replace(WITHOUT_MISSES, swap_chance=0.0, swaps=0.0, gross=0.0)
    spread = []
    for size in (1.0, 3.0):
        xy, score = detect(at, inside, size * metre, facing, options, np.random.default_rng(0))
        error = np.linalg.norm(xy - at, axis=-1)
        spread.append(np.median(error[score > 0]))
    assert spread[1] == pytest.approx(3 * spread[0], rel=1e-6)
    wrist = OPENPOSE18.index("left_wrist")
    seen = score[..., wrist] > 0
    assert np.corrcoef(error[..., wrist][seen], score[..., wrist][seen])[0, 1] < -0.2


def test_easy_windows_have_a_third_of_all_errors() -> None:
    at, inside, metre, facing = scene()
    large = []
    for easy in (0.0, 1.0):
        options = replace(WITHOUT_MISSES, easy_chance=easy)
        xy, score = detect(at, inside, metre, facing, options, np.random.default_rng(0))
        error = np.linalg.norm(xy - at, axis=-1)[score > 0]
        large.append(((error > 0.2).mean(), np.median(error)))
    assert large[1][1] < 0.4 * large[0][1]
    assert large[1][0] < 0.5 * large[0][0]


def test_errors_last() -> None:
    at, inside, metre, facing = scene()
    xy, _ = detect(
        at, inside, metre, facing, replace(WITHOUT_MISSES, gross=0, swaps=0, swap_chance=0), np.random.default_rng(0)
    )
    error = (xy - at)[:, :, 3, 0]
    assert np.corrcoef(error[:, 0], error[:, 1])[0, 1] > 0.5
    assert np.corrcoef(error[:, 0], error[:, 39])[0, 1] < 0.5


def test_what_is_outside_or_hidden_is_missing() -> None:
    at, inside, metre, facing = scene()
    inside[:, :, 10] = False
    facing[:] = [-1, 0]
    xy, score = detect(at, inside, metre, facing, PERFECT, np.random.default_rng(0))
    assert not score[:, :, 10].any()
    assert not xy[:, :, 10].any()
    face = [OPENPOSE18.index(name) for name in ("nose", "left_eye", "right_eye")]
    assert (score[:, :, face] > 0).mean() < 0.02
    assert (score[:, :, 3] > 0).all()


def test_joints_go_missing_in_spells() -> None:
    at, inside, metre, facing = scene()
    _, score = detect(at, inside, metre, facing, NoiseOptions(), np.random.default_rng(0))
    gone = score[:, :, 4] == 0
    share = gone.mean()
    assert 0.05 < share < 0.35
    assert (gone[:, 1:] & gone[:, :-1]).mean() > 2 * share**2  # the next frame knows of it


def test_the_measured_model_comes_out_again() -> None:
    """Spread, share of misses and of gross errors of many windows are those of the file."""
    at, inside, metre, facing = scene(windows=1500, frames=20)
    model, knee = measured(), OPENPOSE18.index("left_knee")
    calm = replace(WITHOUT_MISSES, level_sd=0.0, gross=0.0, swaps=0.0, swap_chance=0.0)
    xy, score = detect(at, inside, metre, facing, calm, np.random.default_rng(0))
    error = (xy - at)[:, :, knee]
    share, factor = model.hidden[knee], model.hidden_factor[knee]
    expected = (model.lasting_m[knee] ** 2 + model.changing_m[knee] ** 2) * (1 - share + share * factor**2)
    assert (error**2).mean() == pytest.approx(expected, rel=0.1)
    assert score[..., knee].mean() == pytest.approx(model.score[knee], abs=0.08)
    dropped = replace(calm, drop=0.3)
    _, score = detect(at, inside, metre, facing, dropped, np.random.default_rng(0))
    assert (score[..., knee] == 0).mean() == pytest.approx(0.3, abs=0.03)
    _, score = detect(at, inside, metre, facing, replace(calm, misses=1.0), np.random.default_rng(0))
    missed = (1 - share) * model.missed_shown[knee] + share * model.missed_hidden[knee]
    assert (score[..., knee] == 0).mean() == pytest.approx(missed + model.gone, abs=0.02)


def test_sides_are_exchanged_as_often_as_measured() -> None:
    at, inside, metre, facing = scene(windows=1500, frames=20)
    options = replace(PERFECT, swaps=1.0)
    xy, _ = detect(at, inside, metre, facing, options, np.random.default_rng(0))
    swapped = np.abs(xy - at)[:, :, OPENPOSE18.index("left_wrist"), 0] > 0.05
    assert swapped.mean() == pytest.approx(measured().swap[0], rel=0.3)


def test_a_file_that_is_no_noise_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(LiftingError, match="no noise model"):
        measured(tmp_path / "none.json")
    (tmp_path / "half.json").write_text(MEASURED.read_text().replace('"swap"', '"swop"'))
    with pytest.raises(LiftingError, match="swap"):
        measured(tmp_path / "half.json")
