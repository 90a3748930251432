from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.layout import Fit, Rect, arrange
from render.view import Layout

SIDES = st.integers(16, 4000)


@given(width=SIDES, height=SIDES, layout=st.sampled_from(Layout), aspect=st.floats(0.2, 5))
def test_panels_lie_in_the_window_and_apart(width: int, height: int, layout: Layout, aspect: float) -> None:
    panels = arrange(width, height, layout, aspect)
    shown = [p for p in (panels.picture, panels.space, panels.bar) if p is not None]
    covered = np.zeros((height, width), np.uint8)
    for panel in shown:
        assert 0 <= panel.x0 < panel.x1 <= width
        assert 0 <= panel.y0 < panel.y1 <= height
        covered[panel.y0 : panel.y1, panel.x0 : panel.x1] += 1
    assert covered.max() == 1
    if layout is Layout.PICTURE:
        assert panels.picture is not None
        assert panels.space is None
    if layout is Layout.SPACE:
        assert panels.space is not None
        assert panels.picture is None


def test_an_upright_window_stacks_its_panels() -> None:
    panels = arrange(600, 1200, Layout.BOTH, 16 / 9)
    assert panels.picture is not None
    assert panels.space is not None
    assert panels.picture.y1 < panels.space.y0
    assert panels.picture.width == panels.space.width


def test_a_portrait_clip_leaves_room_for_the_3d_view() -> None:
    wide, portrait = arrange(1280, 720, Layout.BOTH, 16 / 9), arrange(1280, 720, Layout.BOTH, 270 / 480)
    assert wide.picture is not None
    assert portrait.picture is not None
    assert portrait.picture.width < wide.picture.width


def test_letterbox_puts_the_corners_of_the_picture_on_the_corners_of_its_place() -> None:
    fit = Fit.inside(Rect(10, 20, 110, 120), 200, 100, mirror=False)
    assert fit.area == Rect(10, 45, 110, 95)
    np.testing.assert_allclose(fit.to_window([[-0.5, -0.5], [199.5, 99.5]]), [[9.5, 44.5], [109.5, 94.5]])
    np.testing.assert_allclose(fit.to_window([99.5, 49.5]), [59.5, 69.5])


@given(
    width=SIDES,
    height=SIDES,
    source_width=SIDES,
    source_height=SIDES,
    x=st.floats(-100, 5000),
    y=st.floats(-100, 5000),
)
def test_mirror_only_swaps_left_and_right(
    width: int, height: int, source_width: int, source_height: int, x: float, y: float
) -> None:
    plain = Fit.inside(Rect(0, 0, width, height), source_width, source_height, mirror=False)
    mirrored = Fit.inside(Rect(0, 0, width, height), source_width, source_height, mirror=True)
    assert plain.area == mirrored.area
    here, there = plain.to_window([x, y]), mirrored.to_window([x, y])
    assert here[1] == there[1]
    assert here[0] + there[0] == pytest.approx(plain.area.x0 + plain.area.x1 - 1)
    assert plain.area.width <= width
    assert plain.area.height <= height
