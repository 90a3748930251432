from __future__ import annotations

import numpy as np

from detection.offline.filter_options import Filter, FilterKind
from detection.offline.people import whole_people
from tests.detection.offline.walkers import FPS, found, walk


def test_people_are_numbered_by_how_long_they_are_seen() -> None:
    short, long = np.arange(0, 50), np.arange(10, 100)
    detections = found([(short, walk(50), 0), (long, walk(90, (600, 300)), 4)], 100)
    people = whole_people(detections, Filter())
    assert [(one.track_id, len(one)) for one in people] == [(1, 90), (2, 50)]
    assert people[0].place[0] == 10
    only = whole_people(detections, Filter(), most=1)
    assert [one.track_id for one in only] == [1]
    np.testing.assert_array_equal(only[0].place, people[0].place)


def test_of_two_who_are_seen_as_long_the_nearer_one_is_first() -> None:
    numbers = np.arange(100)
    near = 200 + 1.5 * (walk(99) - 300)
    detections = found([(numbers, walk(100, (600, 300)), 4), (numbers[1:], near, 0)], 100)
    assert whole_people(detections, Filter())[0].xy_px[0, 0, 0] < 400


def test_gaps_are_filled_marked_and_counted_and_what_was_measured_is_kept() -> None:
    way = walk(120)
    seen = np.setdiff1d(np.arange(120), [*range(20, 26), *range(60, 80)])  # 0.23 s, and 0.7 s
    person = whole_people(found([(seen, way[seen], 0)], 120), Filter())[0]
    assert person.place.tolist() == [*range(60), *range(80, 120)]
    assert (person.gaps_filled, person.gaps_left, person.frames_filled) == (1, 1, 6)
    filled = np.isin(person.place, np.arange(20, 26))
    assert person.interpolated[filled].all()
    assert not person.interpolated[~filled].any()
    assert (person.raw_score[filled] == 0).all()
    np.testing.assert_allclose(person.raw_xy_px[~filled], way[seen], atol=1e-3)
    assert np.abs(person.xy_px - way[person.place]).max() < 6


def test_noise_is_taken_without_lag() -> None:
    rng = np.random.default_rng(0)
    way, numbers = walk(200), np.arange(200)
    detections = found([(numbers, way + rng.normal(0, 3, way.shape), 0)], 200)
    for kind in (FilterKind.BUTTERWORTH, FilterKind.SAVGOL):
        person = whole_people(detections, Filter(kind, 4.0))[0]
        left = person.xy_px - way
        assert left[10:-10].std() < 1.9
        # a lag would stand in proportion to the speed of the swinging wrist
        speed = np.gradient(way[:, 4, 0]) * FPS
        assert abs(np.polyfit(speed, left[:, 4, 0], 1)[0]) < 0.003
    raw = whole_people(detections, Filter(FilterKind.NONE))[0]
    np.testing.assert_array_equal(raw.xy_px, raw.raw_xy_px)


def test_an_empty_clip_has_nobody() -> None:
    assert whole_people(found([], 10), Filter()) == []
