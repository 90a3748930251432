from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitness.errors import FitnessError
from fitness.follow.body import LIMBS, SEGMENTS, directions, level, mirrored, turned, yaw
from fitness.follow.follower import Follower
from fitness.follow.motion import Observed, Reference
from fitness.follow.similarity import score
from fitness.follow.warp import CELLS, MEMORY_S, TICK_HZ, WINDOW_S, Warp
from pose.joint_sets import H36M17, H36M17_BONES, OPENPOSE18
from tests.fitness.follow.dancers import HZ, STANDING_M, Float, followed, mirror_image, observed, raise_arm, squat

ALL = np.ones((1, 17), np.bool_)
JOINT = {name: index for index, name in enumerate(H36M17)}


def in_picture(motion: Float, start_s: float = 0.0) -> Observed:
    """Somebody whose 3D is not known: only his picture, from far in front."""
    xy = np.zeros((len(motion), 18, 2))
    known = np.zeros(18)
    for place, name in enumerate(OPENPOSE18):
        source = {"neck": "thorax"}.get(name, name)
        if source in JOINT:
            xy[:, place] = motion[:, JOINT[source], :2] * [200.0, -200.0] + [320.0, 400.0]
            known[place] = 1.0
    seen = observed(motion, start_s)
    return replace(seen, valid=np.zeros((len(motion), 17), np.bool_), xy_px=xy, score=np.tile(known, (len(motion), 1)))


@pytest.mark.parametrize("motion", [raise_arm(), squat()])
def test_the_same_motion_makes_100(motion: Float) -> None:
    state, follower = followed(observed(motion), observed(motion))
    assert follower.mean == pytest.approx(100.0, abs=1e-6)
    assert state.similarity.limbs == pytest.approx(np.full(6, 100.0), abs=1e-6)
    assert (state.worst, state.mirrored, state.delay_s) == ("", False, 0.0)


@settings(max_examples=12)
@given(st.floats(-3.1, 3.1), st.floats(0.4, 2.0), st.tuples(st.floats(-3, 3), st.floats(-3, 3)), st.floats(0, 1.2))
def test_it_does_not_matter_how_large_where_how_turned_and_a_little_late(
    angle: float, size: float, place: tuple[float, float], late_s: float
) -> None:
    motion = raise_arm(120)
    first = np.repeat(motion[:1], round(late_s * HZ), axis=0)
    user = np.concatenate([first, motion])
    user = turned(size * user, np.full(len(user), angle)) + np.array([place[0], 0.0, place[1]])
    state, follower = followed(observed(motion), observed(user[: len(motion)]))
    assert follower.mean >= 99.0
    assert state.similarity.whole >= 99.0


def test_somebody_late_is_said_to_be_late() -> None:
    motion = raise_arm(150)
    user = np.concatenate([np.repeat(motion[:1], 18, axis=0), motion])[:150]
    state, _ = followed(observed(motion), observed(user))
    assert state.delay_s == pytest.approx(18 / HZ, abs=1.5 / TICK_HZ)


def test_later_than_the_window_is_another_motion() -> None:
    motion = raise_arm(60)
    still = np.repeat(motion[:1], round(3 * WINDOW_S * HZ), axis=0)
    reference, user = np.concatenate([motion, still]), np.concatenate([still, motion])
    _, follower = followed(observed(reference), observed(user))
    assert follower.mean < 90


def test_a_mirror_image_is_recognised() -> None:
    motion = raise_arm(side="left")
    state, _ = followed(observed(motion), observed(mirror_image(motion)))
    assert state.mirrored
    assert state.mirror.whole == pytest.approx(100.0, abs=1e-6)
    assert state.similarity.whole < 50


def test_a_symmetric_move_is_not_mirrored() -> None:
    state, _ = followed(observed(squat()), observed(mirror_image(squat())))
    assert not state.mirrored
    assert state.similarity.whole == pytest.approx(100.0, abs=1e-6)


@pytest.mark.parametrize("user", [squat(), np.repeat(STANDING_M[None], 180, axis=0), raise_arm(side="right")])
def test_another_move_is_low_and_the_limb_is_named(user: Float) -> None:
    state, follower = followed(observed(raise_arm(side="left")), observed(user))
    assert follower.mean <= 50
    assert state.worst in ("left arm", "right arm", "left leg", "right leg")


def test_the_limb_that_differs_most_is_named() -> None:
    reference, user = raise_arm(), raise_arm()
    user[:, JOINT["right_wrist"]] = user[:, JOINT["right_elbow"]] + [0.0, 0.0, 0.25]
    state, _ = followed(observed(reference), observed(user))
    assert state.worst == "right arm"
    others = np.delete(state.similarity.limbs, LIMBS.index("right arm"))
    assert others == pytest.approx(np.full(5, 100.0), abs=1e-6)


def test_what_is_not_known_is_not_judged() -> None:
    motion = raise_arm()
    user = observed(motion)
    valid = user.valid.copy()
    legs = [JOINT[f"{side}_{joint}"] for side in ("left", "right") for joint in ("knee", "ankle")]
    valid[:, legs] = False
    wrong = user.xyz_m.copy()
    wrong[:, legs] += 5.0  # whatever stands there must not be read
    state, follower = followed(observed(motion), replace(user, valid=valid, xyz_m=wrong))
    judged = dict(zip(LIMBS, np.isfinite(state.similarity.limbs), strict=True))
    assert judged == {name: not name.endswith("leg") for name in LIMBS}
    assert follower.mean == pytest.approx(100.0, abs=1e-6)


def test_nobody_has_no_similarity() -> None:
    user = observed(raise_arm())
    state, follower = followed(observed(raise_arm()), replace(user, valid=np.zeros_like(user.valid)))
    assert np.isnan([state.similarity.whole, follower.mean]).all()
    assert np.isnan(state.ghost_m).all()


def test_who_leaves_is_judged_no_longer() -> None:
    motion = raise_arm(180)
    user = observed(motion)
    valid = user.valid.copy()
    valid[60:] = False
    state, _ = followed(observed(motion), replace(user, valid=valid))
    assert np.isnan(state.similarity.limbs).all()


def test_pictures_are_compared_where_there_is_no_3d() -> None:
    state, follower = followed(in_picture(raise_arm()), in_picture(raise_arm()))
    assert follower.mean == pytest.approx(100.0, abs=1e-3)
    other, worse = followed(in_picture(raise_arm()), in_picture(raise_arm(side="right")))
    assert worse.mean < 50
    assert other.mirrored
    assert not state.mirrored


def test_time_that_goes_back_begins_anew() -> None:
    motion = raise_arm(90)
    follower = Follower(Reference.of(observed(motion)))
    for start_s in (20.0, 3.0):
        user = observed(motion, start_s)
        for k in range(len(motion)):
            state = follower.step(user.at(k))
    assert state.similarity.whole == pytest.approx(100.0, abs=1e-6)


def test_the_lead_in_counts_down_and_compares_nothing() -> None:
    motion = raise_arm(60)
    follower = Follower(Reference.of(observed(motion)), 3.0)
    user = observed(np.concatenate([np.repeat(motion[:1], 90, axis=0), motion]))
    states = [follower.step(user.at(k)) for k in range(150)]
    assert [states[k].countdown for k in (0, 31, 89)] == [3, 2, 1]
    assert np.isnan(states[89].similarity.whole)
    assert states[-1].countdown is None
    assert states[-1].similarity.whole >= 99.9


@pytest.mark.parametrize("frames", [0, 1, 20])
def test_too_short_a_reference_is_refused(frames: int) -> None:
    with pytest.raises(FitnessError, match="at least 1 s"):
        Reference.of(observed(raise_arm()[:frames]))


def test_a_reference_of_which_nothing_is_known_is_refused() -> None:
    user = observed(raise_arm())
    with pytest.raises(FitnessError, match="nothing is known"):
        Reference.of(replace(user, valid=np.zeros_like(user.valid)))


@given(st.floats(-3.1, 3.1), st.floats(-1.2, 1.2))
def test_a_body_is_as_far_turned_as_it_was_turned(angle: float, lean: float) -> None:
    bent = STANDING_M.copy()
    cos, sin = np.cos(lean), np.sin(lean)
    bent[:, 1:] = bent[:, 1:] @ np.array([[cos, sin], [-sin, cos]])  # lean to the front or back
    found = yaw(turned(bent[None], np.array([angle])), ALL)[0]
    assert np.angle(np.exp(1j * (found - angle))) == pytest.approx(0.0, abs=1e-6)


def test_a_mirrored_mirror_image_is_what_it_was() -> None:
    unit = directions(raise_arm(20), np.ones((20, 17), np.bool_))
    np.testing.assert_allclose(mirrored(mirrored(unit)), unit, atol=1e-12)
    image = directions(mirror_image(raise_arm(20)), np.ones((20, 17), np.bool_))
    np.testing.assert_allclose(mirrored(unit), image, atol=1e-9)


def test_a_tilted_camera_sees_the_same_level_body() -> None:
    tilt = np.radians(25.0)
    camera = STANDING_M @ np.diag([1.0, -1.0, -1.0])
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    up = turn @ [0.0, -1.0, 0.0]
    np.testing.assert_allclose(level(camera @ turn.T, (up[0], up[1], up[2])), STANDING_M, atol=1e-9)


@given(st.lists(st.floats(0, 180), min_size=2, max_size=8))
def test_larger_angles_make_no_larger_numbers(angles: list[float]) -> None:
    numbers = score(np.sort(angles))
    assert (np.diff(numbers) <= 1e-9).all()
    assert ((numbers >= 0) & (numbers <= 100)).all()


def test_the_ghost_has_the_users_bones_and_his_place() -> None:
    user = turned(1.3 * raise_arm(90), np.full(90, 0.8)) + np.array([1.0, 0.0, -3.0])
    state, _ = followed(observed(raise_arm(90)), observed(user))
    for parent, child in H36M17_BONES:
        mine = np.linalg.norm(user[-1, child] - user[-1, parent])
        assert np.linalg.norm(state.ghost_m[child] - state.ghost_m[parent]) == pytest.approx(mine, rel=0.01)
    np.testing.assert_allclose(state.ghost_m, user[-1], atol=0.03)


def test_the_warp_costs_the_same_however_long_it_runs() -> None:
    warp = Warp()
    still = np.zeros((len(SEGMENTS), 3))
    still[:, 1] = 1.0
    for _ in range(200):
        warp.step(still, np.repeat(still[None], CELLS, axis=0))
    sums = warp.best()
    assert sums.weight.max() < 2 * MEMORY_S * TICK_HZ
    assert (sums.error.max(), sums.delay_s) == (0.0, 0.0)


def test_what_lifting_errs_is_forgiven_and_another_move_is_not() -> None:
    motion, rng = raise_arm(120), np.random.default_rng(3)
    shaken = motion + rng.normal(0, 0.035, motion.shape)
    exact = [followed(observed(motion), observed(user))[1].mean for user in (motion, shaken, squat(120))]
    lifted = [
        followed(*(replace(observed(one), exact=False) for one in (motion, user)))[1].mean
        for user in (motion, shaken, squat(120))
    ]
    assert lifted[0] == pytest.approx(100)
    assert lifted[1] >= max(95.0, exact[1] + 2.0)
    assert lifted[2] <= exact[2] + 10.0
