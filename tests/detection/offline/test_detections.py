from __future__ import annotations

import itertools
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from detection.errors import DetectionError
from detection.offline.detections import DetectionRecorder, Detections, joined
from tests.detection.offline.walkers import found, walk


def same(one: Detections, other: Detections) -> bool:
    return all(np.array_equal(getattr(one, name.name), getattr(other, name.name)) for name in fields(Detections))


def part(whole: Detections, first: int, end: int) -> Detections:
    rows = slice(int(whole.first_row[first]), int(whole.first_row[end]))
    return Detections(
        whole.frame_index[first:end],
        whole.time_s[first:end],
        whole.first_row[first : end + 1] - whole.first_row[first],
        whole.xy_px[rows],
        whole.score[rows],
        whole.colours[rows],
        whole.width,
        whole.height,
    )


@pytest.fixture(scope="module")
def whole() -> Detections:
    somebody, other = np.arange(5, 40), np.arange(20, 45)
    return found([(somebody, walk(35), 0), (other, walk(25, (600, 300)), 4)], 50)


def test_what_was_found_is_kept_frame_by_frame(whole: Detections) -> None:
    assert whole.frames == 50
    assert np.diff(whole.first_row).tolist() == [int(5 <= n < 40) + int(20 <= n < 45) for n in range(50)]
    np.testing.assert_allclose(whole.xy_px[whole.first_row[5]], walk(1)[0], atol=1e-4)
    assert whole.step_s == pytest.approx(1 / 30)


@pytest.mark.parametrize("cuts", [[0, 25, 50], [0, 7, 8, 50], [0, 50]])
def test_parts_make_the_whole(whole: Detections, cuts: list[int]) -> None:
    parts = [part(whole, first, end) for first, end in itertools.pairwise(cuts)]
    assert same(joined(parts[::-1]), whole)


def test_frames_that_two_parts_hold_count_once(whole: Detections) -> None:
    assert same(joined([part(whole, 0, 30), part(whole, 22, 50)]), whole)


def test_parts_that_do_not_fit_are_refused(whole: Detections) -> None:
    with pytest.raises(DetectionError, match="different sizes"):
        joined([part(whole, 0, 9), replace(part(whole, 9, 50), width=9)])
    with pytest.raises(DetectionError, match="no part"):
        joined([])


def test_a_file_gives_back_what_it_was_given(whole: Detections, tmp_path: Path) -> None:
    whole.save(tmp_path / "part.npz")
    assert same(Detections.load(tmp_path / "part.npz"), whole)


def test_other_files_are_refused_in_one_line(whole: Detections, tmp_path: Path) -> None:
    with pytest.raises(DetectionError, match="cannot read"):
        Detections.load(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(DetectionError, match="no detections"):
        Detections.load(tmp_path / "text.npz")
    replace(whole, score=whole.score[1:]).save(tmp_path / "short.npz")
    with pytest.raises(DetectionError, match="score has shape"):
        Detections.load(tmp_path / "short.npz")


def test_nothing_is_no_error() -> None:
    empty = DetectionRecorder().detections()
    assert empty.frames == 0
    assert empty.first_row.tolist() == [0]
