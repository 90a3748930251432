from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from render import raster

Image = NDArray[np.uint8]
ALL = (0, 0, 40, 30)
NUMBERS = st.one_of(
    st.floats(-60, 90, width=32),
    st.sampled_from([float(x) for x in (np.nan, np.inf, -np.inf, np.float32(1e30), np.float32(-1e30))]),
)


def blank() -> Image:
    return np.zeros((30, 40, 3), np.uint8)


def f32(*values: object) -> NDArray[np.float32]:
    return np.array(values, np.float32)


def stroke(canvas: Image, ends: tuple[float, ...], radius: float, alpha: float = 1.0) -> None:
    raster.strokes(canvas, ALL, f32(ends), f32((radius, radius)), f32((10, 100, 200)), f32((alpha, alpha)))


def test_a_level_stroke_covers_its_rows_and_half_of_the_rows_at_its_edge() -> None:
    canvas = blank()
    stroke(canvas, (5, 10, 30, 10), 3.0)
    np.testing.assert_array_equal(canvas[8:13, 15], [(10, 100, 200)] * 5)
    np.testing.assert_array_equal(canvas[[7, 13], 15], [(5, 50, 100)] * 2)
    assert not canvas[[6, 14], 15].any()
    assert not canvas[:, :2].any()
    assert not canvas[:, 34:].any()
    assert canvas[10, 2:34].any(axis=-1).all()


def test_opacity_mixes_with_what_lies_there() -> None:
    canvas = np.full((30, 40, 3), 100, np.uint8)
    stroke(canvas, (5, 10, 30, 10), 3.0, alpha=0.5)
    np.testing.assert_array_equal(canvas[10, 15], (55, 100, 150))


def test_a_stroke_tapers_and_fades_along_its_way() -> None:
    canvas = blank()
    raster.strokes(canvas, ALL, f32((5, 15, 35, 15)), f32((8, 2)), f32((200, 200, 200)), f32((1.0, 0.0)))
    thickness = (canvas[..., 0] > 0).sum(axis=0)
    assert thickness[8] > thickness[20] > thickness[30] > 0
    assert canvas[15, 6, 0] > canvas[15, 20, 0] > canvas[15, 33, 0] > 0


@given(turn=st.floats(0, 360), radius=st.floats(1, 4), length=st.floats(0, 9), x=st.floats(15, 25), y=st.floats(12, 18))
def test_the_painted_area_is_that_of_the_shape(turn: float, radius: float, length: float, x: float, y: float) -> None:
    canvas = blank()
    dx, dy = length * np.cos(np.radians(turn)), length * np.sin(np.radians(turn))
    raster.strokes(
        canvas, ALL, f32((x, y, x + dx, y + dy)), f32((radius, radius)), f32((255, 255, 255)), f32((1.0, 1.0))
    )
    area = canvas[..., 0].sum() / 255
    assert area == pytest.approx(
        np.pi * radius**2 + 2 * radius * length, abs=0.06 * (2 * np.pi * radius + 2 * length) + 0.2
    )


@given(
    ends=st.tuples(*[NUMBERS] * 4),
    radius=st.tuples(*[st.floats(0, 50, width=32)] * 2),
    clip=st.tuples(st.integers(0, 20), st.integers(0, 15), st.integers(0, 40), st.integers(0, 30)),
)
def test_nothing_is_drawn_outside_the_clip(
    ends: tuple[float, ...], radius: tuple[float, float], clip: tuple[int, int, int, int]
) -> None:
    canvas = blank()
    lines, widths, white = f32(ends), f32(radius), f32((255, 255, 255))
    raster.strokes(canvas, clip, lines, widths, white, f32((1.0, 1.0)))
    raster.capsules(
        canvas, clip, np.full((30, 40), np.inf, np.float32), lines, f32((1.0, 2.0)), widths, f32((0.1, 0.1)), white
    )
    raster.shadows(canvas, clip, f32((*ends, 0.5)))
    left, top, right, bottom = (float(e) for e in np.nan_to_num(ends))
    raster.box(canvas, clip, (left, top, right, bottom), 3.0, f32(9, 9, 9, 1))
    canvas[clip[1] : clip[3], clip[0] : clip[2]] = 0
    assert not canvas.any()


@pytest.mark.parametrize("near_first", [True, False])
def test_the_nearer_capsule_hides_the_farther_in_either_order(near_first: bool) -> None:
    canvas, depths = blank(), np.full((30, 40), np.inf, np.float32)
    order = [0, 1] if near_first else [1, 0]
    ends = f32((5, 15, 35, 15), (20, 3, 20, 27))[order]
    depth = f32((2.0, 2.0), (3.0, 3.0))[order]
    colour = f32((0, 0, 200), (200, 0, 0))[order]
    raster.capsules(canvas, ALL, depths, ends, depth, f32((4, 4), (4, 4)), f32((0.1, 0.1), (0.1, 0.1)), colour)
    assert canvas[15, 20, 2] > 3 * canvas[15, 20, 0]
    assert canvas[5, 20, 0] > 3 * canvas[5, 20, 2]
    assert depths[15, 20] == pytest.approx(1.9, abs=0.01)
    assert np.isinf(depths[1, 1])


def test_a_capsule_is_lit_from_the_upper_left() -> None:
    canvas, depths = blank(), np.full((30, 40), np.inf, np.float32)
    raster.capsules(
        canvas, ALL, depths, f32((20, 15, 20, 15)), f32((2, 2)), f32((10, 10)), f32((0.1, 0.1)), f32((90, 120, 150))
    )
    upper_left, lower_right = canvas[11, 16].astype(int), canvas[21, 26].astype(int)
    assert (upper_left > lower_right + 30).all()


def test_a_shadow_is_darkest_in_the_middle() -> None:
    canvas = np.full((30, 40, 3), 200, np.uint8)
    raster.shadows(canvas, ALL, f32((20, 15, 12, 6, 0.5)))
    assert canvas[15, 20, 0] == 100
    assert canvas[15, 20, 0] < canvas[15, 26, 0] < canvas[15, 30, 0] < 200
    assert (canvas[15, 34] == 200).all()
    assert (canvas[22, 20] == 200).all()


def test_a_box_has_round_corners() -> None:
    canvas = blank()
    raster.box(canvas, ALL, (4.5, 4.5, 24.5, 16.5), 5.0, f32(255, 255, 255, 1.0))
    assert (canvas[5:17, 12] == 255).all()
    assert (canvas[10, 5:25] == 255).all()
    assert not canvas[5, 5].any()
    assert canvas.any(axis=-1).sum() < 20 * 12


def test_a_stamp_lays_the_colour_through_its_mask() -> None:
    canvas, mask = blank(), np.array([[0, 255], [128, 0]], np.uint8)
    raster.stamp(canvas, ALL, mask, 38, 28, f32(100, 200, 40, 1.0))
    np.testing.assert_array_equal(canvas[28, 38:], [(0, 0, 0), (100, 200, 40)])
    assert canvas[29, 38, 1] == pytest.approx(100, abs=1)
    raster.stamp(canvas, ALL, mask, 39, 29, f32(1, 1, 1, 1.0))
    assert not canvas[29, 39].any()
