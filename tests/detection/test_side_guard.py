from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from detection.side_guard import LIMBS, PATIENCE_S, SideGuard
from pose.joint_sets import OPENPOSE18, flip_order

FPS = 30.0
TORSO = np.full(1, 100.0)
IDS = np.ones(1, np.int32)
SCORE = np.full((1, 18), 0.8, np.float32)


def body(time_s: float, apart_px: float = 45.0) -> NDArray[np.float32]:
    """Joints (1, 18, 2) of somebody who walks to the right, the legs swinging past each other."""
    xy = np.zeros((1, 18, 2))
    swing = apart_px * np.sin(2 * np.pi * 0.9 * time_s)
    for limb, (_, top) in enumerate((("arms", 100), ("legs", 200))):
        for part in range(3):
            reach = (0.2, 0.6, 1.0)[part]
            xy[0, LIMBS[limb, part]] = [[swing * reach, top + 40 * part], [-swing * reach, top + 40 * part]]
    xy[..., 0] += 200 + 60 * time_s
    return xy.astype(np.float32)


def swapped(xy: NDArray[np.float32], limb: int) -> NDArray[np.float32]:
    out = xy.copy()
    out[:, LIMBS[limb]] = xy[:, LIMBS[limb][:, ::-1]]
    return out


def run(wrong: NDArray[np.bool_], limb: int = 1, apart_px: float = 45.0, fps: float = FPS) -> NDArray[np.bool_]:
    """Whether the answer is wrong in each frame, if the detector is where `wrong` (T,) says so."""
    guard, out = SideGuard(), []
    for frame, bad in enumerate(wrong):
        true = body(frame / fps, apart_px)
        xy, _ = guard.update(IDS, swapped(true, limb) if bad else true, SCORE, TORSO, frame / fps)
        out.append(not np.array_equal(xy, true))
    return np.array(out)


@pytest.mark.parametrize("limb", [0, 1])
@pytest.mark.parametrize("length", [1, 2, 5, 10])
def test_a_limb_that_is_named_wrong_for_a_while_keeps_its_name(limb: int, length: int) -> None:
    wrong = np.zeros(90, bool)
    wrong[38 : 38 + length] = True  # the legs are far apart
    assert not run(wrong, limb).any()


def test_a_detector_that_is_right_is_never_contradicted() -> None:
    for apart_px in (3.0, 20.0, 60.0):
        assert not run(np.zeros(150, bool), apart_px=apart_px).any()


def test_who_is_named_so_for_long_is_named_rightly() -> None:
    wrong = np.arange(120) >= 38
    answer = run(wrong)
    assert not answer[: 38 + 5].any()
    assert answer[38 + round(PATIENCE_S * FPS) + 3 :].mean() > 0.95, "but where the legs are at one place"


def test_scores_go_with_their_joints() -> None:
    guard, score = SideGuard(), SCORE.copy()
    ankle = [OPENPOSE18.index(f"{side}_ankle") for side in ("right", "left")]
    score[0, ankle] = 0.9, 0.3
    for frame in range(39):
        guard.update(IDS, body(frame / FPS), score, TORSO, frame / FPS)
    moved = score[:, flip_order(OPENPOSE18)]
    _, out = guard.update(IDS, swapped(body(39 / FPS), 1), moved, TORSO, 39 / FPS)
    np.testing.assert_allclose(out[0, ankle], [0.9, 0.3])


def test_a_mirrored_picture_gives_the_mirrored_answer() -> None:
    flip, width = flip_order(OPENPOSE18), 640.0
    one, other = SideGuard(), SideGuard()
    for frame in range(60):
        xy = swapped(body(frame / FPS), 1) if 38 <= frame < 42 else body(frame / FPS)
        mirrored = (xy * [-1, 1] + [width, 0])[:, flip].astype(np.float32)
        first, _ = one.update(IDS, xy, SCORE, TORSO, frame / FPS)
        second, _ = other.update(IDS, mirrored, SCORE, TORSO, frame / FPS)
        np.testing.assert_allclose(second, (first * [-1, 1] + [width, 0])[:, flip], atol=1e-3)


def test_long_gaps_and_missing_joints_are_no_evidence() -> None:
    guard = SideGuard()
    for frame in range(39):
        guard.update(IDS, body(frame / FPS), SCORE, TORSO, frame / FPS)
    wrong = swapped(body(3.0), 1)
    np.testing.assert_array_equal(guard.update(IDS, wrong, SCORE, TORSO, 3.0)[0], wrong)
    nothing = np.zeros_like(SCORE)
    xy, score = guard.update(IDS, wrong, nothing, TORSO, 3.1)
    assert not score.any()
    np.testing.assert_array_equal(xy, wrong)
