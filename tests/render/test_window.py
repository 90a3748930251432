from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from render.errors import RenderError
from render.orbit import OrbitCamera
from render.renderer import Renderer
from render.sdl import pygame
from render.view import Layout, ViewOptions
from render.window import Action, Window, has_display
from tests.render.somebody import people_at, view_of

TWO = view_of(people_at([(-0.8, 0.1, 4), (0.8, 0.1, 4)], ids=[4, 9]))


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with Window("test", (640, 360)) as opened:
        opened.poll()
        yield opened


def press(window: Window, *keys: int) -> list[Action]:
    for key in keys:
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))
    return window.poll()


def mouse(window: Window, kind: int, pos: tuple[float, float], **more: Any) -> None:
    at = (round(pos[0]), round(pos[1]))
    pygame.event.post(pygame.event.Event(kind, pos=at, **more))
    window.poll()


def click(window: Window, x: float, y: float) -> None:
    mouse(window, pygame.MOUSEBUTTONDOWN, (x, y), button=1)
    mouse(window, pygame.MOUSEBUTTONUP, (x, y), button=1)


def test_the_window_shows_the_pixels_that_are_drawn_without_one(window: Window) -> None:
    window.show(TWO)
    shown = pygame.surfarray.array3d(pygame.display.get_surface()).transpose(1, 0, 2)[..., ::-1]
    renderer = Renderer(640, 360)
    renderer.draw(TWO, ViewOptions(), OrbitCamera())
    np.testing.assert_array_equal(shown, renderer.pixels())
    np.testing.assert_array_equal(window.pixels(), shown)


@pytest.mark.parametrize(
    ("key", "action"),
    [
        (pygame.K_ESCAPE, Action.QUIT),
        (pygame.K_q, Action.QUIT),
        (pygame.K_SPACE, Action.PAUSE),
        (pygame.K_p, Action.PAUSE),
        (pygame.K_r, Action.RECORD),
        (pygame.K_s, Action.SCREENSHOT),
        (pygame.K_l, Action.SEEK_FORWARD),
        (pygame.K_k, Action.SEEK_BACK),
    ],
)
def test_keys_of_the_app(window: Window, key: int, action: Action) -> None:
    assert press(window, key) == [action]


def test_closing_the_window_quits(window: Window) -> None:
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert window.poll() == [Action.QUIT]


def test_keys_of_the_display_change_how_it_is_drawn(window: Window) -> None:
    assert press(window, pygame.K_m, pygame.K_2, pygame.K_h) == []
    assert window.options == ViewOptions(mirror=True, layout=Layout.PICTURE, show_help=True)
    press(window, pygame.K_m, pygame.K_3, pygame.K_h)
    assert window.options == ViewOptions(layout=Layout.SPACE)
    press(window, pygame.K_1)
    assert window.options == ViewOptions()


def test_tab_goes_through_everybody_and_back_to_nobody(window: Window) -> None:
    window.show(TWO)
    chosen = []
    for _ in range(4):
        press(window, pygame.K_TAB)
        chosen.append(window.options.selected)
    assert chosen == [4, 9, None, 4]


def test_a_click_chooses_and_a_click_beside_lets_go(window: Window) -> None:
    window.show(TWO)
    renderer = Renderer(640, 360)
    renderer.draw(TWO, ViewOptions(), OrbitCamera())
    picture = renderer.panels.picture
    assert picture is not None
    y = (picture.y0 + picture.y1) / 2
    x = next(x for x in range(picture.x0, picture.x1) if renderer.person_at(x, y) == 9)
    click(window, x + 3, y)
    assert window.options.selected == 9
    click(window, picture.x0 + 2, picture.y0 + 2)
    assert window.options.selected is None


@pytest.mark.parametrize("mirror", [False, True])
def test_drag_and_wheel_move_the_camera_over_the_3d_panel_only(window: Window, mirror: bool) -> None:
    window.options = ViewOptions(mirror=mirror)
    window.show(TWO)
    before = window.camera
    for start, moves in (((100, 150), False), ((560, 150), True)):
        mouse(window, pygame.MOUSEBUTTONDOWN, start, button=1)
        mouse(window, pygame.MOUSEMOTION, (start[0] + 20, 160), rel=(20, 10), buttons=(1, 0, 0))
        mouse(window, pygame.MOUSEBUTTONUP, (start[0] + 20, 160), button=1)
        pygame.event.post(pygame.event.Event(pygame.MOUSEWHEEL, y=1, x=0))
        window.poll()
        after = window.camera
        assert (after != before) is moves
    assert after.zoom > before.zoom
    assert after.elevation_deg > before.elevation_deg
    assert (after.azimuth_deg < before.azimuth_deg) is not mirror
    assert window.options.selected is None
    press(window, pygame.K_0)
    assert window.camera == OrbitCamera()


def test_a_resized_window_is_drawn_in_its_new_size(window: Window) -> None:
    window.show(TWO)
    pygame.display.set_mode((301, 203), pygame.RESIZABLE)
    window.show(TWO)
    assert window.pixels().shape == (203, 301, 3)


def test_full_screen_and_back(window: Window) -> None:
    window.show(TWO)
    press(window, pygame.K_f)
    window.show(TWO)
    assert pygame.display.get_surface().get_flags() & pygame.FULLSCREEN
    press(window, pygame.K_f)
    window.show(TWO)
    assert window.pixels().shape == (360, 640, 3)


def test_close_can_be_called_twice_and_ends_everything(window: Window) -> None:
    window.show(TWO)
    window.close()
    window.close()
    window.show(TWO)
    assert window.poll() == []
    assert not pygame.display.get_init()


def test_a_window_that_cannot_be_opened_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no_such_driver")
    with pytest.raises(RenderError, match="cannot open a window"):
        Window("test")


@pytest.mark.parametrize(
    ("environment", "platform", "available"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ":0", "SDL_VIDEODRIVER": "dummy"}, "linux", False),
        ({}, "darwin", True),
        ({}, "win32", True),
        ({"SDL_VIDEODRIVER": "dummy"}, "darwin", False),
    ],
)
def test_has_display(environment: dict[str, str], platform: str, available: bool) -> None:
    found = has_display(environment, platform)
    assert found.available is available
    assert bool(found.reason) is not available
