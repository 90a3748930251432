"""The window: shows views and turns keys and mouse into what the app has to do. Main thread only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np

from pose.types import UNTRACKED, Image
from render.errors import RenderError
from render.orbit import OrbitCamera
from render.renderer import Renderer
from render.sdl import pygame
from render.view import Layout, View, ViewOptions

CLICK_PX = 5
"""A press that moves less than this before its release is a click, not a drag."""
HEADLESS_DRIVERS = ("dummy", "offscreen")


class Action(Enum):
    """What the user asks of the app; everything about the display itself the window does by itself."""

    QUIT = auto()
    PAUSE = auto()
    RECORD = auto()
    SCREENSHOT = auto()
    SEEK_FORWARD = auto()
    SEEK_BACK = auto()
    MUTE = auto()
    NEXT = auto()
    BACK = auto()


@dataclass(frozen=True, slots=True)
class DisplayCheck:
    """Whether a window can be opened, and if not, why."""

    available: bool
    reason: str


def has_display(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> DisplayCheck:
    """Whether this machine says that it has a display.

    >>> has_display({"SDL_VIDEODRIVER": "dummy"}, "linux").available
    False
    >>> has_display({"DISPLAY": ":0"}, "linux").available
    True
    """
    settings = os.environ if environment is None else environment
    driver = settings.get("SDL_VIDEODRIVER", "")
    if driver in HEADLESS_DRIVERS:
        return DisplayCheck(False, f"SDL_VIDEODRIVER={driver} asks for no window")
    if platform.startswith(("win", "darwin", "cygwin")):
        return DisplayCheck(True, "")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        if settings.get(name):
            return DisplayCheck(True, "")
    return DisplayCheck(False, "neither DISPLAY nor WAYLAND_DISPLAY is set")


_ACTIONS = {
    pygame.K_ESCAPE: Action.QUIT,
    pygame.K_q: Action.QUIT,
    pygame.K_SPACE: Action.PAUSE,
    pygame.K_p: Action.PAUSE,
    pygame.K_r: Action.RECORD,
    pygame.K_s: Action.SCREENSHOT,
    pygame.K_v: Action.MUTE,
    pygame.K_n: Action.NEXT,
    pygame.K_b: Action.BACK,
    pygame.K_l: Action.SEEK_FORWARD,
    pygame.K_RIGHT: Action.SEEK_FORWARD,
    pygame.K_k: Action.SEEK_BACK,
    pygame.K_LEFT: Action.SEEK_BACK,
}
_LAYOUTS = {
    pygame.K_1: Layout.BOTH,
    pygame.K_KP1: Layout.BOTH,
    pygame.K_2: Layout.PICTURE,
    pygame.K_KP2: Layout.PICTURE,
    pygame.K_3: Layout.SPACE,
    pygame.K_KP3: Layout.SPACE,
}


class Window:
    """A resizable window; use it in the main thread, and `close()` it or leave its `with`.

    Parameters
    ----------
    title : str
        Shown in the title bar.
    size : tuple of int
        Width and height of the window in pixels.
    fullscreen : bool
        Whether to fill the screen; F changes it.
    options : ViewOptions
        How to draw at first.

    Raises
    ------
    RenderError
        No window can be opened.
    """

    def __init__(
        self,
        title: str = "LiftCam",
        size: tuple[int, int] = (1280, 720),
        fullscreen: bool = False,
        options: ViewOptions | None = None,
    ) -> None:
        self._size = size
        self._fullscreen = fullscreen
        self._camera = OrbitCamera()
        self.options = options or ViewOptions()
        self._view: View | None = None
        self._pressed_at: tuple[int, int] | None = None
        self._orbiting = False
        self._mouse_at = (0, 0)
        self._open = True
        try:
            pygame.display.init()
            pygame.display.set_caption(title)
            self._screen = self._set_mode()
        except pygame.error as error:
            self._open = False
            pygame.display.quit()
            raise RenderError(f"cannot open a window: {error}; run without one (--no-display)") from error
        self._renderer = Renderer(*self._screen.get_size())

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def camera(self) -> OrbitCamera:
        """From where the 3D view is seen."""
        return self._camera

    def show(self, view: View) -> None:
        """Draw and show one moment; draw the same one again while paused, so that orbiting goes on."""
        if not self._open:
            return
        self._view = view
        self._fit_size()
        surface = self._renderer.draw(view, self.options, self._camera, time.monotonic())
        self._screen.blit(surface, (0, 0))
        pygame.display.flip()

    def poll(self) -> list[Action]:
        """Handle what the user did since the last call; returns what the app has to do about it, oldest first."""
        if not self._open:
            return []
        actions = []
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                actions.append(Action.QUIT)
            elif event.type == pygame.KEYDOWN:
                actions += self._key(event.key)
            else:
                self._mouse(event)
        return actions

    def pixels(self) -> Image:
        """What was shown last, uint8 (H, W, 3), BGR; a copy."""
        return self._renderer.pixels()

    def close(self) -> None:
        """Close the window; calling it again does nothing."""
        if self._open:
            self._open = False
            pygame.display.quit()

    def _set_mode(self) -> pygame.Surface:
        if self._fullscreen:
            return pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
        return pygame.display.set_mode(self._size, pygame.RESIZABLE)

    def _fit_size(self) -> None:
        """Draw in the size that the window has now."""
        self._screen = pygame.display.get_surface()
        if self._renderer.size != self._screen.get_size():
            self._renderer.resize(*self._screen.get_size())

    def _key(self, key: int) -> list[Action]:
        if key in _ACTIONS:
            return [_ACTIONS[key]]
        if key in _LAYOUTS:
            self.options = replace(self.options, layout=_LAYOUTS[key])
        elif key == pygame.K_m:
            self.options = replace(self.options, mirror=not self.options.mirror)
        elif key in (pygame.K_h, pygame.K_F1):
            self.options = replace(self.options, show_help=not self.options.show_help)
        elif key == pygame.K_TAB:
            self._select_next()
        elif key in (pygame.K_0, pygame.K_KP0):
            self._camera = OrbitCamera()
        elif key in (pygame.K_f, pygame.K_F11):
            self._toggle_fullscreen()
        return []

    def _toggle_fullscreen(self) -> None:
        """Fill the screen, or go back to the size that the window had."""
        if not self._fullscreen:
            self._size = self._screen.get_size()
        self._fullscreen = not self._fullscreen
        self._screen = self._set_mode()
        if not self._fullscreen and self._screen.get_size() != self._size:
            self._screen = self._set_mode()  # pygame 2.6 keeps the screen's size at the first call

    def _select_next(self) -> None:
        """Choose the person with the next higher id; nobody after the last."""
        ids = sorted(int(i) for i in self._view.people.track_id if i != UNTRACKED) if self._view else []
        selected = self.options.selected
        later = [i for i in ids if selected is None or i > selected]
        self.options = replace(self.options, selected=later[0] if later else None)

    def _mouse(self, event: pygame.event.Event) -> None:
        if event.type == pygame.MOUSEMOTION:
            self._mouse_at = event.pos
        if event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            space = self._renderer.panels.space
            self._pressed_at = event.pos
            self._orbiting = space is not None and space.contains(*event.pos)
        elif event.type == pygame.MOUSEMOTION and self._pressed_at is not None and self._orbiting:
            dx, dy = event.rel
            self._camera = self._camera.dragged(-dx if self.options.mirror else dx, dy)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1 and self._pressed_at is not None:
            moved = np.hypot(event.pos[0] - self._pressed_at[0], event.pos[1] - self._pressed_at[1])
            self._pressed_at = None
            if moved < CLICK_PX:
                self.options = replace(self.options, selected=self._renderer.person_at(*event.pos))
        elif event.type == pygame.MOUSEWHEEL:
            space = self._renderer.panels.space
            if space is not None and space.contains(*self._mouse_at):
                self._camera = self._camera.zoomed(event.y)
