"""Draws one moment into a picture: the same pixels for the window and, without any display, for a film."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17, OPENPOSE18
from pose.types import Frame, Image, People
from render.canvas import Canvas, TextMasks
from render.coach import draw_coach
from render.coach_body import draw_on_bodies
from render.coach_layout import with_coach
from render.follow import draw_follow, draw_ghost, draw_ghost_in_picture
from render.framing import Framing
from render.hints import Hint, HintFilter, measure
from render.hud import draw_bar, draw_help, draw_legend, draw_notice
from render.layout import Fit, Panels, Rect, arrange
from render.orbit import OrbitCamera, Projection
from render.overlay import LABEL_PX, Drawn, draw_people, scaled
from render.palette import PANEL_BOTTOM, PANEL_TOP, PICTURE_BACK, TEXT_DIM, WINDOW
from render.scene import draw_scene, figures_in
from render.sdl import pygame
from render.stage import Depths, Stage
from render.view import View, ViewOptions

SMALLEST_PX = 16
"""A window smaller than this is drawn as if it were so large."""
CLICK_REACH_PX = 12.0
CORNER_PX = 10
FAR_AWAY = 1.65
"""Whoever is coached stands further away: the other words are larger then, too."""
COACH_LABEL_PX = 24.0
SMALLEST_FRAMED = 0.5
"""Whoever is still smaller, by the standard of a grown-up, is framed as if so large."""


class Renderer:
    """Draws views; keeps what is needed from one to the next (framing, hints, text).

    Parameters
    ----------
    width, height : int
        Size of what is drawn, in pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self._texts = TextMasks()
        self._framing = Framing()
        self._hints = HintFilter()
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Draw in another size from now on."""
        self._size = (width, height)
        width, height = max(width, SMALLEST_PX), max(height, SMALLEST_PX)
        self._canvas = Canvas(width, height, self._texts)
        self._depths = Depths(width, height)
        self._surface = pygame.image.frombuffer(self._canvas.pixels.data, (width, height), "BGR")
        self._background: tuple[Panels, Image] | None = None
        self._panels = Panels(self._canvas.all, None, None, None, 1.0)
        self._drawn: tuple[Drawn, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height that were asked for."""
        return self._size

    @property
    def panels(self) -> Panels:
        """Where the panels of the last view lie."""
        return self._panels

    def draw(self, view: View, options: ViewOptions, camera: OrbitCamera, now_s: float | None = None) -> pygame.Surface:
        """Draw everything; the surface shows the same memory at every call.

        Parameters
        ----------
        view : View
        options : ViewOptions
        camera : OrbitCamera
        now_s : float, optional
            The clock by which the 3D view follows the people: a running one in a window, so that it also moves while
            the source is paused; the frame's own time unless given, so that a film does not depend on how fast it is
            made.
        """
        frame = view.frame
        clock_s = frame.time_s if now_s is None else now_s
        canvas = self._canvas
        words = 1.0 if view.coach is None else FAR_AWAY
        aspect = frame.width / frame.height
        self._panels = arrange(canvas.all.width, canvas.all.height, options.layout, aspect, words)
        if view.coach is not None:
            self._panels = with_coach(self._panels, frame.width, frame.height)
        self._lay_background()
        drawn = []
        if self._panels.picture is not None:
            drawn.append(self._draw_picture(view, options, self._panels.picture))
        if self._panels.space is not None:
            drawn.append(self._draw_space(view, options, camera, self._panels.space, clock_s))
        if view.coach is not None and self._panels.coach is not None:
            draw_coach(canvas, self._panels.coach, view.coach, self._panels.scale)
        follow_in = self._panels.space or self._panels.picture
        if view.follow is not None and follow_in is not None:
            draw_follow(canvas, follow_in, view.follow, self._panels.scale, options.mirror)
        self._drawn = tuple(drawn)
        draw_bar(
            canvas,
            replace(self._panels, scale=self._panels.scale * words),
            view.status,
            len(view.people),
            keys=options.show_hints,
        )
        self._draw_notices(view, options)
        if options.show_help:
            draw_help(canvas, self._panels, options)
        return self._surface

    def pixels(self) -> Image:
        """What was drawn last, uint8 (H, W, 3), BGR; a copy."""
        return self._canvas.pixels.copy()

    def person_at(self, x: float, y: float) -> int | None:
        """The `track_id` of the person whose bone lies nearest to a pixel of the last view, None where none is near."""
        best, found = CLICK_REACH_PX * max(self._panels.scale, 1.0), None
        for drawn in self._drawn:
            if len(drawn.ends):
                distance = _distance(drawn.ends, x, y) - drawn.radius
                nearest = int(distance.argmin())
                if distance[nearest] < best:
                    best, found = float(distance[nearest]), int(drawn.track_id[nearest])
        return None if found is None or found < 0 else found

    def _lay_background(self) -> None:
        """Copy the empty panels, which are painted once a layout."""
        if self._background is None or self._background[0] != self._panels:
            self._background = (self._panels, _background(self._panels))
        np.copyto(self._canvas.pixels, self._background[1])

    def _draw_picture(self, view: View, options: ViewOptions, panel: Rect) -> Drawn:
        fit = Fit.inside(panel, view.frame.width, view.frame.height, options.mirror)
        area = fit.area
        picture = scaled(view.frame.image, area.width, area.height)
        self._canvas.pixels[area.y0 : area.y1, area.x0 : area.x1] = picture[:, ::-1] if options.mirror else picture
        label_px = LABEL_PX if view.coach is None else COACH_LABEL_PX
        drawn = draw_people(self._canvas, fit, view.people, options, self._panels.scale, label_px)
        if view.follow is not None:
            draw_ghost_in_picture(self._canvas, fit, view.follow, self._panels.scale)
        if view.coach is not None:
            draw_on_bodies(self._canvas, fit, view.people, view.coach, options.min_score, self._panels.scale)
        return drawn

    def _draw_space(self, view: View, options: ViewOptions, camera: OrbitCamera, panel: Rect, clock_s: float) -> Drawn:
        figures = figures_in(view)
        shown = [k for k in range(len(figures)) if figures.track_id[k] == options.selected] or range(len(figures))
        framed = self._framing.step(
            [figures.seen(k) for k in shown],
            [figures.sole_m(k) for k in range(len(figures))],
            clock_s,
            float(figures.size[list(shown)].max(initial=SMALLEST_FRAMED)) if shown else 1.0,
            None if view.camera_height_m is None else -view.camera_height_m,
        )
        distance = framed.distance_m(panel.width, panel.height, camera.elevation_deg)
        projection = Projection.looking(camera, framed.target_m, distance, panel, options.mirror)
        stage = Stage(self._canvas, self._depths, projection, framed, self._panels.scale)
        drawn = draw_scene(stage, figures, options)
        if view.follow is not None:
            draw_ghost(stage, view.follow, view.up)
        draw_legend(self._canvas, panel, self._panels.scale * (1.0 if view.coach is None else FAR_AWAY))
        if len(view.people) and not view.people.lifted:
            middle = ((panel.x0 + panel.x1) / 2, (panel.y0 + panel.y1) / 2)
            self._canvas.chip(panel, middle, "No 3D yet", size_px=round(14 * self._panels.scale), colour=TEXT_DIM)
        return drawn

    def _draw_notices(self, view: View, options: ViewOptions) -> None:
        scale = self._panels.scale * (1.0 if view.coach is None else FAR_AWAY)
        if view.status.message:
            draw_notice(self._canvas, self._panels.window, view.status.message, scale, warning=False)
        if not options.show_hints or view.status.state not in ("live", "playing"):
            return
        hint = self._hints.step(measure(view.frame.image, view.people, options.min_score), view.frame.time_s)
        place = self._panels.picture or self._panels.space
        if view.coach is not None and hint in (Hint.FEET, Hint.HEAD):
            return  # the coach knows what has to be seen, and says so himself
        if hint is not None and place is not None:
            draw_notice(self._canvas, place, hint.value, scale, warning=True)


def prepare() -> None:
    """Draw one small moment, so that everything is compiled: seconds at the first start, little at the next ones."""
    joints = np.zeros((1, len(OPENPOSE18), 2), np.float32)
    known = np.ones((1, len(H36M17)), np.bool_)
    people = People.detected(joints, np.ones(joints.shape[:2], np.float32))
    people = people.with_tracks(np.zeros(1, np.int32), joints, people.score, joints)
    xyz = np.zeros((1, len(H36M17), 3), np.float32)
    people = people.with_3d(xyz, np.array([[0, 0, 3]], np.float32), known)
    frame = Frame(np.zeros((32, 32, 3), np.uint8), 0, 0.0)
    Renderer(320, 180).draw(View(frame, people), ViewOptions(), OrbitCamera())


def _background(panels: Panels) -> Image:
    """The window with its empty panels: soft gradients with round corners, with noise against bands."""
    window = panels.window
    canvas = np.full((window.height, window.width, 3), WINDOW, np.uint8)
    noise = np.random.default_rng(0).random((window.height, window.width, 1)) - 0.5
    for panel, top, bottom in (
        (panels.picture, PICTURE_BACK, PICTURE_BACK),
        (panels.space, PANEL_TOP, PANEL_BOTTOM),
        (panels.coach, PANEL_BOTTOM, PANEL_BOTTOM),
    ):
        if panel is not None:
            place = np.s_[panel.y0 : panel.y1, panel.x0 : panel.x1]
            down = np.linspace(0, 1, panel.height)[:, None, None]
            colours = np.array(top) + (np.array(bottom) - np.array(top)) * down  # (H, 1, 3)
            inside = _round_mask(panel.width, panel.height, CORNER_PX * panels.scale)[..., None]
            canvas[place] = np.round(canvas[place] + (colours + noise[place] - canvas[place]) * inside)
    return canvas


def _round_mask(width: int, height: int, corner: float) -> NDArray[np.float64]:
    """Coverage (height, width) of a box with round corners."""
    corner = min(corner, width / 2, height / 2)
    x = np.maximum(np.abs(np.arange(width) - (width - 1) / 2) - width / 2 + corner, 0)
    y = np.maximum(np.abs(np.arange(height) - (height - 1) / 2) - height / 2 + corner, 0)
    return np.asarray(np.clip(corner - np.hypot(x[None, :], y[:, None]) + 0.5, 0, 1))


def _distance(ends: NDArray[np.float64], x: float, y: float) -> NDArray[np.float64]:
    """Distance (N,) from a pixel to segments (N, 4)."""
    first, step = ends[:, :2], ends[:, 2:] - ends[:, :2]
    square = np.maximum((step**2).sum(axis=1), 1e-9)
    along = np.clip((((x, y) - first) * step).sum(axis=1) / square, 0, 1)[:, None]
    return np.asarray(np.linalg.norm(first + along * step - (x, y), axis=1))
