from __future__ import annotations

import numpy as np
import pytest

from detection.offline.joining import joined_people
from detection.offline.tracks import tracked
from tests.detection.offline.walkers import FPS, found, track, walk

TIME_S = np.arange(900) / FPS


def test_somebody_who_comes_back_where_he_was_going_is_the_same() -> None:
    way = walk(200, speed_px_s=30)
    before, after = np.arange(0, 80), np.arange(125, 200)  # away for 1.5 s
    people, pieces = joined_people([track(1, before, way[before]), track(2, after, way[after])], TIME_S)
    assert len(people) == 1
    assert pieces == [2]
    np.testing.assert_array_equal(people[0].place, [*before, *after])
    np.testing.assert_allclose(people[0].xy_px, way[[*before, *after]], atol=1e-3)


@pytest.mark.parametrize(
    ("pause", "hue", "start"),
    [
        (45, 6, 300.0),  # other clothes
        (45, 0, 1500.0),  # too far to have gone there
        (330, 0, 300.0),  # eleven seconds
    ],
)
def test_somebody_else_stays_somebody_else(pause: int, hue: int, start: float) -> None:
    before, after = np.arange(0, 80), np.arange(80 + pause, 160 + pause)
    tracks = [track(1, before, walk(80, speed_px_s=0)), track(2, after, walk(80, (start, 300), 0), hue)]
    people, pieces = joined_people(tracks, TIME_S)
    assert [person.track_id for person in people] == [1, 2]
    assert pieces == [1, 1]


def test_a_body_in_two_pieces_that_take_turns_is_one() -> None:
    way, numbers = walk(120), np.arange(120)
    turn = numbers // 10 % 2 == 0
    one, other = numbers[turn], numbers[~turn | (numbers % 10 == 9)]
    upper, lower = track(1, one, way[one]), track(2, other, way[other])
    upper.score[:, 8:14] = 0
    people, pieces = joined_people([upper, lower], TIME_S)
    assert len(people) == 1
    assert pieces == [2]
    np.testing.assert_array_equal(people[0].place, numbers)
    shared = np.isin(people[0].place, np.intersect1d(one, other))
    assert (people[0].score[shared] > 0).all(), "where both are seen, each gives what the other lacks"


def test_two_people_side_by_side_stay_two() -> None:
    numbers = np.arange(100)
    tracks = [track(1, numbers, walk(100)), track(2, numbers, walk(100, (360, 300)))]
    assert len(joined_people(tracks, TIME_S)[0]) == 2


def test_tracklets_of_a_clip_are_found_from_the_first_frame_on() -> None:
    """The tracker lets a weak newcomer wait; with hindsight the first frames are there as well."""
    main, late = np.arange(0, 100), np.arange(40, 100)
    detections = found([(main, walk(100), 0), (late, walk(60, (600, 300)), 4)], 100)
    assert [(one.place[0], len(one)) for one in tracked(detections)] == [(0, 100), (40, 60)]
