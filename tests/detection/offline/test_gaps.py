from __future__ import annotations

import numpy as np

from detection.offline.gaps import FILL_S, fill_joints, filled_places
from tests.detection.offline.walkers import walk

TIME_S = np.arange(60) / 30


def test_a_short_gap_is_filled_on_the_way_and_a_long_one_stays() -> None:
    way = walk(60)
    score = np.full((60, 18), 0.8)
    score[10:14, 4] = 0  # 0.17 s
    score[30:45, 7] = 0  # half a second
    score[:5, 3] = 0  # before the first sighting
    xy, sure, filled = fill_joints(np.where(score[..., None] > 0, way, -1e6), score, TIME_S)
    assert filled.sum() == 4
    assert filled[10:14, 4].all()
    assert np.abs(xy[10:14, 4] - way[10:14, 4]).max() < 2.0
    np.testing.assert_allclose(sure[10:14, 4], 0.4)
    assert (sure[30:45, 7] == 0).all()
    assert (sure[:5, 3] == 0).all()
    np.testing.assert_array_equal(xy[~filled & (score > 0)], way[~filled & (score > 0)])


def test_what_is_filled_never_swings_beyond_its_ends() -> None:
    way = np.zeros((12, 1, 2))
    way[6:] = 100.0
    score = np.ones((12, 1))
    score[4:8] = 0
    xy, _, filled = fill_joints(way, score, TIME_S[:12])
    assert filled.sum() == 4
    assert xy.min() >= 0
    assert xy.max() <= 100


def test_the_limit_is_a_time_and_not_a_number_of_frames() -> None:
    for fps in (15, 30, 120):
        time_s = np.arange(4 * fps) / fps
        edge = round(FILL_S * fps)
        assert len(filled_places(np.array([0, edge]), time_s)) == edge + 1
        assert len(filled_places(np.array([0, edge + 1]), time_s)) == 2
