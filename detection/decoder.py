"""Heatmaps and affinity fields -> people."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detection.body_distances import LIMB_LENGTHS, MEAN_DISTANCE, SPREAD
from detection.decoder_limbs import match_limb, score_limb
from detection.decoder_peaks import (
    BEYOND,
    Bytes,
    Float32,
    Int32,
    compiled,
    find_peaks,
    largest_bits,
    row_maxima,
    second_peaks,
    separate_peaks,
)
from detection.decoder_people import add_lone_peaks, assemble, gather_people, merge_parts
from detection.errors import DetectionError
from detection.skeleton import HEATMAPS, JOINTS, LIMB_TABLE, LIMBS, PAFS

MOST_PEAKS = 192
"""Peaks of one joint that are kept, the strongest; 100 people have about as many."""
_NOT_FINITE = 0x7F800000


@dataclass(frozen=True, slots=True)
class DecoderSettings:
    """What counts as a joint, a limb and a person; measured in docs/detection.md.

    Attributes
    ----------
    least_heat : float
        Heat above which a local maximum is a joint.
    second_excess, second_share : float
        How far a cell beside a peak has to stand out of all Gaussians found, absolutely and as a share of its own heat,
        to be a second joint that melted into the first.
    second_factor : float
        What a limb's score is multiplied by for each end that is such a second joint.
    least_limb : float
        Score from which on a limb may connect two joints.
    merge_limit : float
        How unlike one body two parts may be and yet be joined; 1 is the average of real bodies.
    lone_heat : float
        Heat from which on a joint without limbs may be given to a body that lacks it.
    least_joints : int
        People with fewer joints are dropped.
    least_score : float
        So are people with a lower score (`Decoder.decode`).
    least_share : float
        And people whose score is a smaller share of the best one's in the picture.
    """

    least_heat: float = 0.06
    second_excess: float = 0.14
    second_share: float = 0.35
    second_factor: float = 0.85
    least_limb: float = 0.05
    merge_limit: float = 5.0
    lone_heat: float = 0.1
    least_joints: int = 6
    least_score: float = 0.0
    least_share: float = 0.0


class Decoder:
    """People out of the maps of an affinity-field network, after Cao et al. (2017), at the maps' own stride.

    The steps, each with a plain numpy twin in `decoder_reference`: peaks with non-maximum suppression, refined to a
    part of a cell (`decoder_peaks`), limbs by line integrals and their matching (`decoder_limbs`), people, parts of
    split people joined, scores (`decoder_people`). Not to be shared between threads: it keeps its room for work.
    """

    def __init__(self, settings: DecoderSettings = DecoderSettings()) -> None:
        self._settings = settings
        self._numbers = np.array(
            [
                settings.least_heat,
                settings.second_excess,
                settings.second_share,
                settings.second_factor,
                settings.least_limb,
                settings.merge_limit,
                settings.lone_heat,
                settings.least_joints,
            ],
            np.float64,
        )
        self._room = _Room.new()

    @property
    def settings(self) -> DecoderSettings:
        """What counts as a joint, a limb and a person."""
        return self._settings

    def decode(self, heatmaps: Float32, pafs: Float32) -> tuple[Float32, Float32]:
        """People in one picture's maps.

        Parameters
        ----------
        heatmaps : array, float32, shape (19, H, W)
            A map a joint in OPENPOSE18 order, then the background.
        pafs : array, float32, shape (38, H, W)
            Affinity fields, x and y of each limb (`skeleton.LIMB_TABLE`).

        Returns
        -------
        people : array, float32, shape (N, 18, 3)
            x, y in cells, the centre of the first cell being (0, 0), and score; score 0 where a joint is missing.
        person_score : array, float32, shape (N,)
            Mean over all 18 joints of their squared scores: few sure joints count for more than many unsure ones. In no
            order.

        Raises
        ------
        DetectionError
            Where the maps have other shapes, another type, or values that are not finite.
        """
        heatmaps, pafs = _checked(heatmaps, HEATMAPS, "heatmaps"), _checked(pafs, PAFS, "affinity fields")
        if heatmaps.shape[1:] != pafs.shape[1:]:
            raise DetectionError(
                f"heatmaps of {heatmaps.shape[1:]} and affinity fields of {pafs.shape[1:]} cells differ"
            )
        room = self._room
        if len(room.rim) != heatmaps.shape[2] or len(room.maxima) != JOINTS * heatmaps.shape[1]:
            self._room = room = room.for_maps(heatmaps.shape[1], heatmaps.shape[2])
        count = _decode(
            heatmaps, pafs, heatmaps.view(np.int32), pafs.view(np.int32), self._numbers, LIMB_TABLE, LIMB_LENGTHS,
            MEAN_DISTANCE, SPREAD, room.rim, room.marks, room.maxima, room.peaks, room.gauss, room.pairs, room.scores,
            room.links, room.link_scores, room.owner, room.slots, room.mask, room.people, room.person_score,
        )  # fmt: skip
        if count < 0:
            raise DetectionError("the network's maps hold values that are not finite; fetch the weights again")
        people, person_score = room.people[:count].copy(), room.person_score[:count].copy()
        least = max(self._settings.least_score, self._settings.least_share * person_score.max(initial=0))
        kept = person_score >= least
        return (people, person_score) if kept.all() else (people[kept], person_score[kept])


def _checked(maps: Float32, channels: int, what: str) -> Float32:
    """The maps, C-contiguous; an error where they are no float32 (channels, H, W) of at least 2x2 cells."""
    if maps.ndim != 3 or maps.shape[0] != channels or min(maps.shape[1:]) < 2 or maps.dtype != np.float32:
        raise DetectionError(f"{what} are float32 ({channels}, height, width), not {maps.dtype} {maps.shape}")
    return np.ascontiguousarray(maps)


@dataclass(frozen=True, slots=True)
class _Room:
    """Everything that decoding writes into, kept from frame to frame; P is MOST_PEAKS.

    Attributes
    ----------
    rim, marks : arrays, shape (W,)
    maxima : array, int32, shape (18 H,)
        Largest value of each row of the heatmaps, as bits.
    peaks, gauss : arrays, shapes (18, P, 3) and (P, 2)
    pairs, scores : arrays, shapes (P^2, 2) and (P^2,)
        Candidates of one limb.
    links, link_scores : arrays, shapes (19 P, 3) and (19 P,)
        Limb, first and second peak of the chosen ones of all.
    owner, slots, mask : arrays, shapes (18, P), (18 P, 18) and (18 P,)
    people, person_score : arrays, shapes (9 P, 18, 3) and (9 P,)
    """

    rim: Float32
    marks: Bytes
    maxima: Int32
    peaks: Float32
    gauss: Float32
    pairs: Int32
    scores: Float32
    links: Int32
    link_scores: Float32
    owner: Int32
    slots: Int32
    mask: Int32
    people: Float32
    person_score: Float32

    @classmethod
    def new(cls) -> _Room:
        """Room for maps of no size yet."""
        most = MOST_PEAKS
        return cls(
            rim=np.zeros(0, np.float32),
            marks=np.zeros(0, np.uint8),
            maxima=np.zeros(0, np.int32),
            peaks=np.zeros((JOINTS, most, 3), np.float32),
            gauss=np.zeros((most, 2), np.float32),
            pairs=np.zeros((most * most, 2), np.int32),
            scores=np.zeros(most * most, np.float32),
            links=np.zeros((len(LIMBS) * most, 3), np.int32),
            link_scores=np.zeros(len(LIMBS) * most, np.float32),
            owner=np.zeros((JOINTS, most), np.int32),
            slots=np.zeros((2 * JOINTS * most, JOINTS), np.int32),
            mask=np.zeros(2 * JOINTS * most, np.int32),
            people=np.zeros((JOINTS * most, JOINTS, 3), np.float32),
            person_score=np.zeros(JOINTS * most, np.float32),
        )

    def for_maps(self, height: int, width: int) -> _Room:
        """The same room, with that for rows fitted to maps of a new size."""
        return replace(
            self,
            rim=np.full(width, BEYOND, np.float32),
            marks=np.zeros(width, np.uint8),
            maxima=np.zeros(JOINTS * height, np.int32),
        )


@compiled
def _find_joints(
    heatmaps: Float32, highest: Float32, numbers: NDArray[np.float64], rim: Float32, marks: Bytes,
    peaks: Float32, gauss: Float32, settled: Int32, counts: Int32,
) -> None:  # fmt: skip
    """Peaks of all joints: `settled` (18,) of each are local maxima, the others of the `counts` (18,) second peaks."""
    height = heatmaps.shape[1]
    near = np.zeros(peaks.shape[1], np.int32)
    for j in range(JOINTS):
        heat, rows = heatmaps[j], highest[j * height : (j + 1) * height]
        settled[j] = find_peaks(heat, rows, numbers[0], rim, marks, peaks[j], gauss)
        counts[j] = second_peaks(heat, peaks[j], gauss, settled[j], numbers[1], numbers[2], near)
        separate_peaks(heat, peaks[j], gauss, counts[j], near)


@compiled
def _connect_joints(
    pafs: Float32, table: Int32, peaks: Float32, settled: Int32, counts: Int32, numbers: NDArray[np.float64],
    pairs: Int32, scores: Float32, links: Int32, link_scores: Float32,
) -> int:  # fmt: skip
    """The chosen connections of all limbs, into `links` and `link_scores`; their number."""
    total = 0
    chosen = np.zeros(len(scores), np.bool_)
    for limb in range(len(table)):
        a, b, channel = table[limb, 0], table[limb, 1], table[limb, 2]
        count = score_limb(
            pafs[channel], pafs[channel + 1], peaks[a, : counts[a]], peaks[b, : counts[b]],
            (settled[a], settled[b]), numbers[3], numbers[4], pairs, scores,
        )  # fmt: skip
        match_limb(pairs, scores, count, (counts[a], counts[b]), chosen)
        for n in range(count):
            if chosen[n]:
                links[total, 0], links[total, 1], links[total, 2] = limb, pairs[n, 0], pairs[n, 1]
                link_scores[total] = scores[n]
                total += 1
    return total


@compiled
def _build_people(
    links: Int32, link_scores: Float32, peaks: Float32, counts: Int32, numbers: NDArray[np.float64],
    table: Int32, lengths: Float32, mean: Float32, spread: Float32, owner: Int32, slots: Int32, mask: Int32,
) -> int:  # fmt: skip
    """People out of the connections: assembled, their parts joined, and joints without limbs given to them."""
    limit, lone_heat = numbers[5], numbers[6]
    order = np.argsort(-link_scores, kind="mergesort")
    parts = assemble(links[:, 0], links[:, 1:], order, table, owner, slots, mask)
    parts = merge_parts(peaks, slots, mask, parts, parts, table, lengths, mean, spread, limit)
    everything = add_lone_peaks(peaks, counts, lone_heat, slots, mask, parts)
    return merge_parts(peaks, slots, mask, parts, everything, table, lengths, mean, spread, limit)


@compiled
def _decode(
    heatmaps: Float32, pafs: Float32, heat_bits: Int32, paf_bits: Int32, numbers: NDArray[np.float64],
    table: Int32, lengths: Float32, mean: Float32, spread: Float32,
    rim: Float32, marks: Bytes, maxima: Int32, peaks: Float32, gauss: Float32,
    pairs: Int32, scores: Float32, links: Int32, link_scores: Float32,
    owner: Int32, slots: Int32, mask: Int32, people: Float32, person_score: Float32,
) -> int:  # fmt: skip
    """All steps in one call; the number of people, -1 where a value is not finite."""
    height, width = heatmaps.shape[1:]
    if max(largest_bits(heat_bits.reshape(-1)), largest_bits(paf_bits.reshape(-1))) >= _NOT_FINITE:
        return -1
    row_maxima(heat_bits.reshape(-1, width)[: JOINTS * height], maxima)
    highest = maxima.view(np.float32)
    counts, settled = np.zeros(JOINTS, np.int32), np.zeros(JOINTS, np.int32)
    _find_joints(heatmaps, highest, numbers, rim, marks, peaks, gauss, settled, counts)
    total = _connect_joints(pafs, table, peaks, settled, counts, numbers, pairs, scores, links, link_scores)
    parts = _build_people(
        links[:total], link_scores[:total], peaks, counts, numbers, table, lengths, mean, spread, owner, slots, mask
    )
    return gather_people(slots, parts, peaks, settled, int(numbers[7]), people, person_score)
