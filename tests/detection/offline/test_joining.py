from __future__ import annotations

import numpy as np
import pytest

from detection.offline.joining import joined_people
from detection.offline.tracks import Track, tracked
from tests.detection.offline.walkers import FPS, clothes, found, track, walk

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


def _jump(frames: int, lost: int, hue_after: int) -> tuple[Track, Track]:
    """Somebody who walks, jumps into other light and is lost in it for a moment, as the tracker has him."""
    way = walk(frames, speed_px_s=60)
    way[:, :, 1] += np.maximum(0, np.arange(frames) - frames // 2)[:, None] * 8.0
    before, after = np.arange(frames // 2), np.arange(frames // 2 + lost, frames)
    first, second = track(1, before, way[before], 0), track(2, after, way[after], hue_after)
    # in the air the light is another one already, little by little
    first.colours[-6:], second.colours[:6] = clothes(3), clothes(3)
    return first, second


def test_a_tracklet_that_caught_at_a_piece_of_the_one_after_it_is_let_go_and_joined() -> None:
    first, second = _jump(160, 4, 6)
    later = 30
    leg = np.zeros((1, 18), np.float32)
    leg[0, [8, 9, 10]] = 0.3
    stray = Track(
        1, second.place[later : later + 1], second.xy_px[later : later + 1] + 4, leg, np.zeros_like(clothes(0))[None]
    )
    people, pieces = joined_people([first.followed_by(stray), second], TIME_S)
    assert pieces == [2]
    np.testing.assert_array_equal(people[0].place, [*first.place, *second.place])
    assert (people[0].score > 0).all(), "the leg is nobody's frame"


def test_who_is_lost_for_a_moment_is_known_in_the_light_he_left_in_but_not_for_long() -> None:
    assert joined_people(_jump(160, 4, 6), TIME_S)[1] == [2]
    assert joined_people(_jump(160, 40, 6), TIME_S)[1] == [1, 1]


def test_a_loose_end_that_is_on_nobody_else_is_kept() -> None:
    way = walk(80)
    place = np.array([*range(60), 75, 76])
    (person,), _ = joined_people([track(1, place, way[place])], TIME_S)
    np.testing.assert_array_equal(person.place, place)


def test_two_people_side_by_side_stay_two() -> None:
    numbers = np.arange(100)
    tracks = [track(1, numbers, walk(100)), track(2, numbers, walk(100, (360, 300)))]
    assert len(joined_people(tracks, TIME_S)[0]) == 2


def test_tracklets_of_a_clip_are_found_from_the_first_frame_on() -> None:
    """The tracker lets a weak newcomer wait; with hindsight the first frames are there as well."""
    main, late = np.arange(0, 100), np.arange(40, 100)
    detections = found([(main, walk(100), 0), (late, walk(60, (600, 300)), 4)], 100)
    assert [(one.place[0], len(one)) for one in tracked(detections)] == [(0, 100), (40, 60)]
