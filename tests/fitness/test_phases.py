from __future__ import annotations

import numpy as np
import pytest

from fitness.exercises import EXERCISES
from fitness.recount import count_poses
from tests.fitness.bodies import Float, J, Rows, rows


def _body(points: dict[str, tuple[float, float]]) -> Float:
    xy = np.zeros((18, 2))
    for part, at in points.items():
        for side in ("right", "left"):
            xy[J[f"{side}_{part}"]] = at
    xy[J["neck"]] = points["shoulder"]
    return xy


STAND = _body(
    {"shoulder": (0, 100), "elbow": (0, 160), "wrist": (0, 215), "hip": (0, 200), "knee": (0, 285), "ankle": (0, 370)}
)
CROUCH = _body(
    {
        "shoulder": (60, 250),
        "elbow": (70, 310),
        "wrist": (75, 365),
        "hip": (-30, 290),
        "knee": (40, 300),
        "ankle": (0, 370),
    }
)
PLANK = _body(
    {
        "shoulder": (75, 255),
        "elbow": (75, 310),
        "wrist": (75, 365),
        "hip": (-20, 290),
        "knee": (-100, 325),
        "ankle": (-180, 360),
    }
)
SAG = _body(
    {
        "shoulder": (75, 255),
        "elbow": (75, 310),
        "wrist": (75, 365),
        "hip": (-20, 330),
        "knee": (-100, 345),
        "ankle": (-180, 360),
    }
)


def _film(keys: list[tuple[Float, float]], hz: float = 30) -> Rows:
    """Bodies held for some seconds each, with 0.3 s from one to the next."""
    times, bodies, now = [], [], 0.0
    for body, seconds in keys:
        times += [now, now + seconds]
        bodies += [body, body]
        now += seconds + 0.3
    time = np.arange(0, times[-1], 1 / hz)
    flat = np.array(bodies).reshape(len(bodies), -1)
    xy = np.stack([np.interp(time, times, column) for column in flat.T], axis=1).reshape(-1, 18, 2)
    return rows(time, xy)


def test_burpees_need_every_phase_in_order() -> None:
    whole, hasty = [(STAND, 0.5), (CROUCH, 0.4), (PLANK, 0.5), (CROUCH, 0.4)], [(STAND, 0.5), (CROUCH, 0.6)]
    result = count_poses(_film([*whole * 3, *hasty, *whole, (STAND, 0.5)]), EXERCISES["burpee"])
    assert (result.reps, result.partial) == (4, 1)


def test_a_burpee_is_not_over_before_somebody_stands() -> None:
    result = count_poses(_film([(STAND, 0.5), (CROUCH, 0.4), (PLANK, 0.5), (CROUCH, 0.4)]), EXERCISES["burpee"])
    assert result.reps == 0


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_plank_is_timed_with_a_second_of_grace(mirrored: bool) -> None:
    film = _film([(PLANK, 5.0), (SAG, 0.2), (PLANK, 2.0), (SAG, 4.0)])
    flip = np.array([-1, 1]) if mirrored else np.array([1, 1])
    result = count_poses(rows(film.time_s, film.xy_px * flip), EXERCISES["plank"])
    assert result.hold_s == pytest.approx(5 + 0.8 + 2 + 1, abs=0.35)
    assert result.reps == 0


def test_standing_is_no_plank() -> None:
    assert count_poses(_film([(STAND, 5.0)]), EXERCISES["plank"]).hold_s == 0
