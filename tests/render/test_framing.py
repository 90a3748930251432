from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.framing import NOBODY, Framed, Framing
from render.layout import Rect
from render.orbit import Float, OrbitCamera, Projection
from tests.render.somebody import STANDING_M

BODY = STANDING_M.astype(np.float64) * (1, -1, -1)  # scene axes, the pelvis at the origin
SOLE = -0.925


def at(x: float, z: float, lift_m: float = 0.0) -> Float:
    return np.asarray(BODY + np.array((x, lift_m, z)))


def watch(framing: Framing, seconds: float, x_of_time: object = None, fps: float = 30) -> list[Framed]:
    """Feed one standing person whose pelvis goes up and down as the function of time says."""
    seen = []
    for index in range(round(seconds * fps)):
        lift = x_of_time(index / fps) if callable(x_of_time) else 0.0
        seen.append(framing.step([at(0, -3, lift)], [SOLE + lift], index / fps))
    return seen


@given(
    places=st.lists(st.tuples(st.floats(-3, 3), st.floats(-7, -2)), min_size=1, max_size=5),
    azimuth=st.floats(-180, 180),
    elevation=st.floats(-5, 85),
    width=st.integers(100, 900),
    height=st.integers(100, 900),
)
def test_everybody_is_in_view_from_every_side(
    places: list[tuple[float, float]], azimuth: float, elevation: float, width: int, height: int
) -> None:
    people = [at(x, z) for x, z in places]
    framed = Framing().step(people, [SOLE] * len(people), 0.0)
    panel = Rect(0, 0, width, height)
    projection = Projection.looking(
        OrbitCamera(azimuth, elevation), framed.target_m, framed.distance_m(width, height, elevation), panel
    )
    places_px = projection.to_window(projection.to_camera(np.concatenate(people)))
    assert np.isfinite(places_px).all()
    assert (places_px >= -0.5).all()
    assert (places_px <= (width - 0.5, height - 0.5)).all()


def test_a_squat_does_not_pump_the_view() -> None:
    framing, seen = Framing(), []
    for index in range(300):
        body = at(0, -3)
        body[:, 1] = SOLE + (body[:, 1] - SOLE) * (0.8 + 0.2 * np.cos(2 * np.pi * index / 75))
        seen.append(framing.step([body], [SOLE], index / 30))
    heights = [f.target_m[1] for f in seen]
    distances = [f.distance_m(500, 600, 12) for f in seen]
    assert np.ptp(heights[60:]) < 0.05
    assert np.ptp(distances[60:]) / np.mean(distances) < 0.05


def test_who_jumps_leaves_the_floor() -> None:
    seen = watch(Framing(), 6, lambda t: max(0.0, 0.35 * np.sin(2 * np.pi * t)))
    floors = [f.floor_m for f in seen]
    assert max(floors) - SOLE < 0.1


def test_the_view_follows_who_walks_away() -> None:
    framing = Framing()
    for index in range(300):
        x = min(index / 30, 4.0)
        framed = framing.step([at(x, -3)], [SOLE], index / 30)
        assert abs(framed.target_m[0] - x) < framed.radius_m + 0.7
    assert framed.target_m[0] == pytest.approx(4.0, abs=0.3)


def test_one_wrong_depth_does_not_make_everybody_tiny() -> None:
    alone = Framing().step([at(0, -3), at(1, -3)], [SOLE] * 2, 0.0)
    with_wrong = Framing().step([at(0, -3), at(1, -3), at(0, -60)], [SOLE] * 3, 0.0)
    assert with_wrong.radius_m == pytest.approx(alone.radius_m)


def test_nobody_keeps_the_last_view_and_a_cut_starts_anew() -> None:
    framing = Framing()
    assert framing.step([], [], 0.0) is NOBODY
    first = framing.step([at(0, -3)], [SOLE], 0.1)
    assert framing.step([], [], 0.2) is first
    after_a_cut = framing.step([at(5, -6)], [SOLE], 60.0)
    assert after_a_cut.target_m[0] == pytest.approx(5)
    back = framing.step([at(0, -3)], [SOLE], 1.0)
    np.testing.assert_allclose(back.target_m, first.target_m)


def test_a_still_person_gives_a_still_view() -> None:
    seen = watch(Framing(), 2)
    np.testing.assert_allclose(seen[-1].target_m, seen[0].target_m, atol=1e-12)
    assert seen[-1].floor_m == pytest.approx(SOLE)
