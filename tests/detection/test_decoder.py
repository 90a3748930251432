from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detection.decoder import Decoder, DecoderSettings
from detection.errors import DetectionError
from detection.skeleton import HEATMAPS, JOINTS, LIMB_TABLE, LIMBS, PAFS
from tests.detection.maps import STANDING, draw_maps

Float32 = NDArray[np.float32]


def decode(
    bodies: list[NDArray[np.float64]], *, seen: NDArray[np.bool_] | None = None, size: tuple[int, int] = (46, 82)
) -> Float32:
    people, scores = Decoder().decode(*draw_maps(bodies, size, seen))
    assert scores.shape == (len(people),)
    assert people.dtype == scores.dtype == np.float32
    return people


def test_a_person_is_found_where_it_was_drawn() -> None:
    body = STANDING * 34 + [40.3, 4.6]
    (person,) = decode([body])
    assert (person[:, 2] > 0.6).all()
    np.testing.assert_allclose(person[:, :2], body, atol=0.02)


def test_people_keep_to_themselves() -> None:
    bodies = [STANDING * 30 + [x, 6.0] for x in (15.2, 40.7, 66.1)]
    people = decode(bodies)
    people = people[np.argsort(people[:, 1, 0])]
    np.testing.assert_allclose(people[:, :, :2], bodies, atol=0.03)


def test_nobody_is_no_error() -> None:
    people, scores = Decoder().decode(np.zeros((HEATMAPS, 46, 82), np.float32), np.zeros((PAFS, 46, 82), np.float32))
    assert people.shape == (0, JOINTS, 3)
    assert scores.shape == (0,)


def test_a_hundred_people() -> None:
    bodies = [STANDING * 21 + [9 + 11 * i, 3 + 24 * k] for i in range(20) for k in range(5)]
    assert len(decode(bodies, size=(130, 240))) == 100


@pytest.mark.parametrize("missed", [1, 8, 9, 2, 3, 11, 0])
def test_a_missed_joint_does_not_split_a_person(missed: int) -> None:
    body = STANDING * 34 + [40.3, 4.6]
    seen = np.ones((1, JOINTS), bool)
    seen[0, missed] = False
    (person,) = decode([body], seen=seen)
    assert (person[seen[0], 2] > 0).all()
    assert person[missed, 2] == 0


def test_two_joints_that_melted_into_one_peak_are_both_found() -> None:
    left, right = STANDING * 30 + [36.0, 6.0], STANDING * 24 + [45.0, 9.0]
    right += (left[7] + [1.6, 0.1]) - right[4]  # the right one's right wrist is at the left one's left wrist
    right_hand = right[4].copy()
    people = decode([left, right])
    people = people[np.argsort(people[:, 1, 0])]
    assert len(people) == 2
    np.testing.assert_allclose(people[1, 4, :2], right_hand, atol=0.1)
    same = STANDING * 30 + [36.0, 6.0]
    beside = same + np.array([1.7, 0.0])
    assert len(decode([same, beside])) == 2


def test_few_and_faint_joints_are_left_out_unless_asked_for() -> None:
    seen = np.zeros((1, JOINTS), bool)
    seen[0, [2, 3, 4]] = True
    maps = draw_maps([STANDING * 34 + [40.0, 4.0]], (46, 82), seen)
    assert len(Decoder().decode(*maps)[0]) == 0
    people, scores = Decoder(DecoderSettings(least_joints=3)).decode(*maps)
    assert (people[0, :, 2] > 0).sum() == 3
    assert len(Decoder(DecoderSettings(least_joints=3, least_score=float(scores[0]) + 0.01)).decode(*maps)[0]) == 0


@settings(max_examples=15)
@given(
    dx=st.integers(-3, 3),
    dy=st.integers(-2, 2),
    gain=st.floats(0.6, 1.0),
)
def test_moving_the_maps_moves_the_people(dx: int, dy: int, gain: float) -> None:
    heatmaps, pafs = draw_maps([STANDING * 30 + [40.3, 8.6]], (46, 82))
    first, _ = Decoder().decode(heatmaps, pafs)
    shift = (0, dy, dx)
    moved, _ = Decoder().decode(np.roll(heatmaps, shift, (0, 1, 2)) * np.float32(gain), np.roll(pafs, shift, (0, 1, 2)))
    np.testing.assert_allclose(moved[:, :, :2], first[:, :, :2] + [dx, dy], atol=1e-3)


def test_mirrored_maps_give_mirrored_people() -> None:
    body = STANDING * 32 + [40.3, 5.6]
    heatmaps, pafs = draw_maps([body], (46, 82))
    pafs = pafs.copy()
    pafs[LIMB_TABLE[:, 2]] *= -1
    (person,), _ = Decoder().decode(np.ascontiguousarray(heatmaps[:, :, ::-1]), np.ascontiguousarray(pafs[:, :, ::-1]))
    np.testing.assert_allclose(person[:, 0], 81 - body[:, 0], atol=0.02)


def test_the_answer_does_not_depend_on_what_was_decoded_before() -> None:
    maps = draw_maps([STANDING * 30 + [40.3, 8.6]], (46, 82))
    fresh, _ = Decoder().decode(*maps)
    used = Decoder()
    for size in ((20, 30), (60, 100), (46, 82)):
        used.decode(*draw_maps([STANDING * 15 + [10 + 6 * i, 2] for i in range(3)], size))
    again, _ = used.decode(*maps)
    np.testing.assert_array_equal(fresh, again)
    used.decode(*draw_maps([], (46, 82)))
    np.testing.assert_array_equal(fresh, again)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -np.nan])
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("place", [(0, 0, 0), (18, 5, 81), (3, 45, 17)])
def test_values_that_are_not_finite_are_refused(value: float, which: int, place: tuple[int, int, int]) -> None:
    maps = draw_maps([STANDING * 30 + [40.3, 8.6]], (46, 82))
    maps[which][place] = value
    with pytest.raises(DetectionError, match="not finite"):
        Decoder().decode(*maps)


@pytest.mark.parametrize(
    ("heatmaps", "pafs"),
    [
        (np.zeros((18, 46, 82), np.float32), np.zeros((38, 46, 82), np.float32)),
        (np.zeros((19, 46, 82), np.float32), np.zeros((19, 46, 82), np.float32)),
        (np.zeros((19, 46, 82), np.float64), np.zeros((38, 46, 82), np.float32)),
        (np.zeros((19, 46, 82), np.float32), np.zeros((38, 46, 81), np.float32)),
        (np.zeros((19, 1, 82), np.float32), np.zeros((38, 1, 82), np.float32)),
        (np.zeros((1, 19, 46, 82), np.float32), np.zeros((1, 38, 46, 82), np.float32)),
    ],
)
def test_maps_of_another_kind_are_refused(heatmaps: Float32, pafs: Float32) -> None:
    with pytest.raises(DetectionError):
        Decoder().decode(heatmaps, pafs)


@pytest.mark.parametrize("size", [(2, 2), (4, 128), (3, 40), (65, 9)])
def test_noise_of_any_size_ends_well(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(sum(size))
    decoder = Decoder(replace(DecoderSettings(), least_joints=1))
    for spread in (0.01, 0.3, 5.0):
        heatmaps = rng.normal(0, spread, (HEATMAPS, *size)).astype(np.float32)
        people, scores = decoder.decode(heatmaps, rng.normal(0, spread, (PAFS, *size)).astype(np.float32))
        there = people[:, :, 2] > 0
        assert there.any(axis=1).all()
        assert (people[:, :, 2] <= 1).all()
        assert (people[there][:, :2] >= 0).all()
        assert (people[there][:, :2] <= [size[1] - 1, size[0] - 1]).all()
        assert np.isfinite(scores).all()


def test_limbs_and_channels_fit_together() -> None:
    channels = sorted(np.concatenate([LIMB_TABLE[:, 2], LIMB_TABLE[:, 2] + 1]).tolist())
    assert channels == list(range(PAFS))
    assert {joint for limb in LIMBS for joint in limb} == set(range(JOINTS))


def test_weak_people_beside_a_sure_one_are_dropped_where_that_is_asked_for() -> None:
    sure, weak = STANDING * 30 + (10, 5), STANDING * 30 + (40, 5)
    heat_sure, pafs_sure = draw_maps([sure], (46, 60))
    heat_weak, pafs_weak = draw_maps([weak], (46, 60), peak=0.3)
    heat, pafs = np.maximum(heat_sure, heat_weak), pafs_sure + pafs_weak
    _, scores = Decoder().decode(heat, pafs)
    assert len(scores) == 2
    share = scores.min() / scores.max()
    for floor, people in (
        (DecoderSettings(least_share=0.9 * share), 2),
        (DecoderSettings(least_share=1.1 * share), 1),
        (DecoderSettings(least_score=1.1 * scores.min()), 1),
        (DecoderSettings(least_score=1.1 * scores.max()), 0),
    ):
        assert len(Decoder(floor).decode(heat, pafs)[0]) == people
    assert len(Decoder(DecoderSettings(least_share=0.5)).decode(heat_weak, pafs_weak)[0]) == 1  # alone it is the best
    assert len(Decoder(DecoderSettings(least_share=0.5)).decode(np.zeros_like(heat), np.zeros_like(pafs))[0]) == 0
