"""Every compiled step of the decoder against its twin in plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detection import decoder_limbs, decoder_peaks, decoder_people
from detection import decoder_reference as reference
from detection.body_distances import LIMB_LENGTHS, MEAN_DISTANCE, SPREAD
from detection.decoder import Decoder, DecoderSettings
from detection.skeleton import JOINTS, LIMB_TABLE
from tests.detection.maps import STANDING, draw_maps

Float32 = NDArray[np.float32]
Maps = tuple[Float32, Float32]
SIZE = (40, 60)
ROOM = 64


def crowd(people: int, seed: int) -> Maps:
    """Maps of people at random places, in part on top of each other, with missed joints and noise."""
    rng = np.random.default_rng(seed)
    bodies = []
    for _ in range(people):
        body = STANDING * rng.uniform(12, 34) + rng.normal(0, 0.8, (JOINTS, 2))
        bodies.append(body + rng.uniform([4, -4], [SIZE[1] - 4, SIZE[0] - 20]))
    heatmaps, pafs = draw_maps(bodies, SIZE, rng.random((people, JOINTS)) > 0.08, peak=0.8)
    heatmaps += rng.normal(0, 0.015, heatmaps.shape).astype(np.float32)
    return heatmaps, pafs + rng.normal(0, 0.015, pafs.shape).astype(np.float32)


@pytest.fixture(scope="module", params=[(1, 0), (4, 1), (12, 2), (25, 3)], ids=lambda param: f"{param[0]} people")
def maps(request: pytest.FixtureRequest) -> Maps:
    return crowd(*request.param)


class Peaks:
    """All peaks of maps by one of the two forms."""

    def __init__(self, steps: object, heatmaps: Float32) -> None:
        height, width = heatmaps.shape[1:]
        self.peaks, self.gauss = np.zeros((JOINTS, ROOM, 3), np.float32), np.zeros((JOINTS, ROOM, 2), np.float32)
        self.settled, self.counts = np.zeros(JOINTS, np.int32), np.zeros(JOINTS, np.int32)
        rim, marks = np.full(width, decoder_peaks.BEYOND, np.float32), np.zeros(width, np.uint8)
        near, maxima = np.zeros(ROOM, np.int32), np.zeros(height, np.int32)
        for j in range(JOINTS):
            heat, peaks, gauss = heatmaps[j], self.peaks[j], self.gauss[j]
            steps.row_maxima(heat.view(np.int32), maxima)  # type: ignore[attr-defined]
            rows = maxima.view(np.float32)
            self.settled[j] = steps.find_peaks(heat, rows, 0.06, rim, marks, peaks, gauss)  # type: ignore[attr-defined]
            self.counts[j] = steps.second_peaks(heat, peaks, gauss, self.settled[j], 0.14, 0.35, near)  # type: ignore[attr-defined]
            steps.separate_peaks(heat, peaks, gauss, self.counts[j], near)  # type: ignore[attr-defined]


def test_peaks(maps: Maps) -> None:
    fast, plain = Peaks(decoder_peaks, maps[0]), Peaks(reference, maps[0])
    np.testing.assert_array_equal(fast.settled, plain.settled)
    np.testing.assert_array_equal(fast.counts, plain.counts)
    for j, count in enumerate(fast.counts):
        np.testing.assert_allclose(fast.peaks[j, :count], plain.peaks[j, :count], atol=1e-4)
        np.testing.assert_allclose(fast.gauss[j, :count], plain.gauss[j, :count], atol=1e-3)


def test_second_peaks_are_among_what_is_compared() -> None:
    peaks = Peaks(decoder_peaks, crowd(25, 3)[0])
    assert (peaks.counts - peaks.settled).sum() > 5


def limb_candidates(steps: object, peaks: Peaks, pafs: Float32, limb: int) -> tuple[NDArray[np.int32], Float32, int]:
    a, b, channel = LIMB_TABLE[limb]
    pairs, scores = np.zeros((ROOM * ROOM, 2), np.int32), np.zeros(ROOM * ROOM, np.float32)
    settled = (int(peaks.settled[a]), int(peaks.settled[b]))
    first, second = peaks.peaks[a, : peaks.counts[a]], peaks.peaks[b, : peaks.counts[b]]
    count = steps.score_limb(  # type: ignore[attr-defined]
        pafs[channel], pafs[channel + 1], first, second, settled, 0.85, 0.05, pairs, scores
    )
    return pairs, scores, count


def test_limbs_and_matching(maps: Maps) -> None:
    peaks = Peaks(decoder_peaks, maps[0])
    for limb in range(len(LIMB_TABLE)):
        pairs, scores, count = limb_candidates(decoder_limbs, peaks, maps[1], limb)
        plain_pairs, plain_scores, plain_count = limb_candidates(reference, peaks, maps[1], limb)
        assert count == plain_count
        np.testing.assert_array_equal(pairs[:count], plain_pairs[:count])
        np.testing.assert_allclose(scores[:count], plain_scores[:count], atol=1e-5)
        joints = (int(peaks.counts[LIMB_TABLE[limb, 0]]), int(peaks.counts[LIMB_TABLE[limb, 1]]))
        chosen, plain_chosen = np.zeros(count, bool), np.zeros(count, bool)
        decoder_limbs.match_limb(pairs, scores, count, joints, chosen)
        reference.match_limb(pairs, scores, count, joints, plain_chosen)
        np.testing.assert_array_equal(chosen, plain_chosen)


@settings(max_examples=60)
@given(rows=st.integers(1, 9), more=st.integers(0, 5), sparse=st.floats(0, 0.9), seed=st.integers(0, 999))
def test_assignment_is_the_best_one(rows: int, more: int, sparse: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.random((rows, rows + more)) * (rng.random((rows, rows + more)) > sparse)
    columns = decoder_limbs.assign(weight)
    assert len(set(columns.tolist())) == rows
    best = weight[np.arange(rows), reference.assign(weight)].sum()
    assert weight[np.arange(rows), columns].sum() == pytest.approx(best)


def connect(peaks: Peaks, pafs: Float32) -> tuple[NDArray[np.int32], Float32]:
    links, link_scores = [], []
    for limb in range(len(LIMB_TABLE)):
        pairs, scores, count = limb_candidates(decoder_limbs, peaks, pafs, limb)
        joints = (int(peaks.counts[LIMB_TABLE[limb, 0]]), int(peaks.counts[LIMB_TABLE[limb, 1]]))
        chosen = np.zeros(count, bool)
        decoder_limbs.match_limb(pairs, scores, count, joints, chosen)
        links += [(limb, *pairs[n]) for n in np.flatnonzero(chosen)]
        link_scores += scores[:count][chosen].tolist()
    return np.array(links, np.int32).reshape(-1, 3), np.array(link_scores, np.float32)


def parts_of(slots: NDArray[np.int32], total: int) -> set[tuple[int, ...]]:
    return {tuple(row) for row in slots[:total].tolist()}


def test_people(maps: Maps) -> None:
    peaks = Peaks(decoder_peaks, maps[0])
    links, link_scores = connect(peaks, maps[1])
    order = np.argsort(-link_scores, kind="stable")
    results = []
    for steps in (decoder_people, reference):
        owner, slots = np.zeros((JOINTS, ROOM), np.int32), np.full((2000, JOINTS), -1, np.int32)
        mask = np.zeros(2000, np.int32)
        seen = []
        parts = steps.assemble(links[:, 0], links[:, 1:], order, LIMB_TABLE, owner, slots, mask)
        seen.append(parts_of(slots, parts))
        for least in (9.0, 0.1):  # without lone peaks, then with them
            total = steps.add_lone_peaks(peaks.peaks, peaks.counts, least, slots, mask, parts)
            seen.append(parts_of(slots, total))
            parts = steps.merge_parts(
                peaks.peaks, slots, mask, parts, total, LIMB_TABLE, LIMB_LENGTHS, MEAN_DISTANCE, SPREAD, 5.0
            )
            seen.append(parts_of(slots, parts))
            assert (mask[:parts] == [sum(1 << int(j) for j in np.flatnonzero(row >= 0)) for row in slots[:parts]]).all()
        people, scores = np.zeros((200, JOINTS, 3), np.float32), np.zeros(200, np.float32)
        kept = steps.gather_people(slots, parts, peaks.peaks, peaks.settled, 4, people, scores)
        rank = np.lexsort(people[:kept].reshape(kept, -1).T)
        results.append((seen, people[:kept][rank], scores[:kept][rank]))
    (seen, people, scores), (plain_seen, plain_people, plain_scores) = results
    assert seen == plain_seen
    np.testing.assert_array_equal(people, plain_people)
    np.testing.assert_allclose(scores, plain_scores, rtol=1e-5)
    decoded, _ = Decoder(DecoderSettings(least_joints=4)).decode(*maps)
    assert len(decoded) == len(people)


def test_scale_and_cost_of_parts() -> None:
    rng = np.random.default_rng(5)
    peaks = rng.uniform(0, 40, (JOINTS, 3, 3)).astype(np.float32)
    for _ in range(20):
        owner = rng.integers(0, 2, JOINTS)
        one = np.where(owner == 0, rng.integers(0, 3, JOINTS), -1).astype(np.int32)
        other = np.where(owner == 1, rng.integers(0, 3, JOINTS), -1).astype(np.int32)
        arguments = (one, peaks, LIMB_TABLE, LIMB_LENGTHS)
        assert decoder_people.limb_scale(*arguments) == pytest.approx(reference.limb_scale(*arguments), rel=1e-5)
        costs = [
            steps.parts_cost(one, other, 30.0, peaks, MEAN_DISTANCE, SPREAD) for steps in (decoder_people, reference)
        ]
        assert costs[0] == pytest.approx(costs[1], rel=1e-4)


def test_more_peaks_than_there_is_room_for_keep_the_strongest() -> None:
    heat = np.zeros((30, 40), np.float32)
    heat[1::2, 1::2] = np.random.default_rng(3).uniform(0.1, 0.9, (15, 20))
    rows, rim, marks = heat.max(axis=1), np.full(40, decoder_peaks.BEYOND, np.float32), np.zeros(40, np.uint8)
    results = []
    for steps in (decoder_peaks, reference):
        peaks, gauss = np.zeros((25, 3), np.float32), np.zeros((25, 2), np.float32)
        assert steps.find_peaks(heat, rows, 0.06, rim, marks, peaks, gauss) == 25
        results.append(peaks)
    np.testing.assert_allclose(results[0], results[1], atol=1e-4)
    assert results[0][:, 2].min() == np.sort(heat[heat > 0])[-25]


def test_finiteness_and_rows() -> None:
    values = np.random.default_rng(1).normal(size=(7, 33)).astype(np.float32)
    for odd in (0.5, np.nan, -np.inf, -np.nan):
        values[3, 11] = odd
        bits = values.view(np.int32)
        assert decoder_peaks.largest_bits(bits.ravel()) == reference.largest_bits(bits.ravel())
        assert (decoder_peaks.largest_bits(bits.ravel()) >= 0x7F800000) == (not np.isfinite(values).all())
    fast, plain = np.zeros(7, np.int32), np.zeros(7, np.int32)
    values[3, 11] = 0.5
    decoder_peaks.row_maxima(values.view(np.int32), fast)
    reference.row_maxima(values.view(np.int32), plain)
    np.testing.assert_array_equal(fast, plain)
    np.testing.assert_array_equal(fast.view(np.float32), values.max(axis=1))


def test_a_peak_of_a_known_gaussian() -> None:
    rows, columns = np.mgrid[0:9, 0:9]
    for x, y, sigma in ((4.0, 4.0, 1.0), (4.3, 3.8, 0.9), (4.45, 4.45, 1.2)):
        heat = (0.8 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))).astype(np.float32)
        for steps in (decoder_peaks, reference):
            dx, dy, decay = steps.gaussian_at(heat, round(y), round(x))
            assert (round(x) + dx, round(y) + dy) == (pytest.approx(x, abs=2e-3), pytest.approx(y, abs=2e-3))
            assert decay == pytest.approx(1 / (2 * sigma**2), rel=1e-2)


def test_a_plateau_is_one_peak() -> None:
    heat = np.zeros((6, 8), np.float32)
    heat[2:4, 3:5] = 0.7
    rim, marks = np.full(8, decoder_peaks.BEYOND, np.float32), np.zeros(8, np.uint8)
    for steps in (decoder_peaks, reference):
        peaks, gauss = np.zeros((9, 3), np.float32), np.zeros((9, 2), np.float32)
        assert steps.find_peaks(heat, heat.max(axis=1), 0.06, rim, marks, peaks, gauss) == 1


def test_a_field_along_a_limb_scores_and_one_across_does_not() -> None:
    right, none = np.full((5, 9), 0.5, np.float32), np.zeros((5, 9), np.float32)
    for steps in (decoder_limbs, reference):
        assert steps.limb_score(right, none, 1.0, 2.0, 7.0, 2.0) == pytest.approx(0.5)
        assert steps.limb_score(right, none, 7.0, 2.0, 1.0, 2.0) == 0
        assert steps.limb_score(none, right, 1.0, 2.0, 7.0, 2.0) == 0
        assert steps.limb_score(right * 2, none, 1.0, 2.0, 7.0, 2.0) == pytest.approx(decoder_limbs.ALONG_LIMIT)
        assert steps.limb_score(right, none, 3.0, 2.0, 3.0, 2.0) == 0
