"""Long clips in pieces: what is joined is what one would have found in one go, or it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detection.offline.detections import DetectionRecorder, Detections
from pose.types import Frame, People
from stream.batch.pieces import OVERLAP_S, Piece, cut, tied
from stream.clip import Looked
from stream.errors import StreamError

TIMES_S = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.06, 600))  # at a rate that varies


def found_at(places: Sequence[int], *, first_index: int = 0, moved_px: float = 0.0) -> Looked:
    """Two people on their ways, with a third now and then, in some frames of `TIMES_S`."""
    recorder = DetectionRecorder()
    image = np.zeros((480, 640, 3), np.uint8)
    for number, place in enumerate(places):
        count = 3 if place % 7 == 0 else 2
        noise = np.random.default_rng(place)
        xy = noise.uniform(0, 60, (count, 18, 2)) + [[[150.0 * one + place / 10, 100]] for one in range(count)]
        people = People.detected(
            (xy + moved_px).astype(np.float32), noise.uniform(0, 1, (count, 18)).astype(np.float32)
        )
        index = first_index + number if first_index else place
        recorder.add(Frame(image, index, float(TIMES_S[place])), people, np.zeros((count, 18), np.uint8))
    return Looked(recorder.detections(), "clip", 25.0, damaged=1)


def within(piece: Piece) -> list[int]:
    begin = -np.inf if piece.begin_s is None else piece.begin_s
    end = np.inf if piece.end_s is None else piece.end_s
    return [int(place) for place in np.flatnonzero((begin <= TIMES_S) & (end > TIMES_S))]


def assert_equal(first: Detections, second: Detections) -> None:
    for name in ("frame_index", "time_s", "first_row", "xy_px", "score", "colours"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


PIECES = cut(float(TIMES_S[0]), float(TIMES_S[-1] - TIMES_S[0]), 6.0)


@given(st.floats(0, 1e5), st.floats(0.1, 1e5), st.floats(1, 1e4))
def test_pieces_cover_a_clip_once_and_begin_a_little_earlier(begin_s: float, duration_s: float, piece_s: float) -> None:
    pieces = cut(begin_s, duration_s, max(piece_s, duration_s / 50))
    assert pieces[0].begin_s is pieces[0].own_s is pieces[-1].end_s is None
    for piece, after in pairwise(pieces):
        assert after.own_s == piece.end_s
        assert after.own_s is not None
        assert after.begin_s is not None
        assert after.begin_s == max(begin_s, after.own_s - OVERLAP_S)


def test_pieces_joined_are_the_whole() -> None:
    joined = tied(PIECES, [found_at(within(piece)) for piece in PIECES])
    assert len(PIECES) > 3
    assert_equal(joined.detections, found_at(range(600)).detections)
    assert (joined.source, joined.fps, joined.damaged) == ("clip", 25.0, len(PIECES))


def test_frames_are_numbered_on_where_a_file_does_not_tell_after_a_jump() -> None:
    pieces = [found_at(within(PIECES[0])), *(found_at(within(one), first_index=7) for one in PIECES[1:])]
    assert_equal(tied(PIECES, pieces).detections, found_at(range(600)).detections)


def test_a_detector_that_remembers_may_differ_by_little() -> None:
    pieces = [found_at(within(PIECES[0])), *(found_at(within(one), moved_px=1.0) for one in PIECES[1:])]
    joined = tied(PIECES, pieces).detections
    assert joined.frames == 600
    np.testing.assert_array_equal(joined.time_s, TIMES_S)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (found_at(within(PIECES[1]), moved_px=50), "different people"),
        (found_at([place for place in within(PIECES[1]) if place % 3]), "different frames"),
        (found_at(within(replace(PIECES[1], begin_s=PIECES[1].own_s))), "share no frames"),
    ],
)
def test_pieces_that_do_not_fit_are_refused(wrong: Looked, says: str) -> None:
    found = [found_at(within(piece)) for piece in PIECES]
    with pytest.raises(StreamError, match=says):
        tied(PIECES, [found[0], wrong, *found[2:]])
