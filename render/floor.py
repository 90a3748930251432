"""The floor of the 3D view: a grid in metres that fades out, distances from the camera, and the camera itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from render.framing import Framed
from render.layout import Rect
from render.orbit import NEAR_M
from render.palette import GRID, TEXT_DIM
from render.stage import Stage

Float = NDArray[np.float64]

FINEST_STEPS_M = (0.5, 1.0, 2.0, 5.0, 10.0)
MOST_STEPS = 12
"""Lines on each side of the middle; a larger floor gets wider meshes."""
LINE_ALPHA, FINE_ALPHA, CAMERA_ALPHA, LEAST_ALPHA = 0.42, 0.16, 0.6, 0.02
HALF_LINE_PX = 0.55
TEXT_PX, EDGE_PX, LEAST_TEXT_ALPHA = 13, 36, 0.1
CAMERA_M = (0.16, 0.1, 0.26)
"""Half width, half height and length of the camera's pyramid."""
_CORNERS = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64)


def reach_m(framed: Framed) -> float:
    """How far the floor is seen around the target."""
    return 2.4 * framed.radius_m + 1.6


def fade(points_m: Float, framed: Framed) -> Float:
    """Opacity (N,) of floor points (N, 3): 1 under the target, 0 at the end of the floor."""
    away = np.hypot(points_m[:, 0] - framed.target_m[0], points_m[:, 2] - framed.target_m[2]) / reach_m(framed)
    return np.asarray(np.clip(1.0 - away**2, 0.0, 1.0) ** 1.5)


def draw_floor(stage: Stage) -> None:
    """Draw grid, distances and camera."""
    framed, projection = stage.framed, stage.projection
    reach = reach_m(framed)
    step = next((s for s in FINEST_STEPS_M if reach / s <= MOST_STEPS), FINEST_STEPS_M[-1])
    first, second, strong = _grid(framed, step)
    alpha = np.stack([fade(first, framed), fade(second, framed)], axis=1)  # (N, 2)
    shown = alpha.max(axis=1) > LEAST_ALPHA
    alpha = alpha[shown] * np.where(strong[shown], LINE_ALPHA, FINE_ALPHA)[:, None]
    starts, stops = _camera()
    ends = projection.segments(np.concatenate([first[shown], starts]), np.concatenate([second[shown], stops]))
    alpha = np.concatenate([alpha, np.full((len(starts), 2), CAMERA_ALPHA)])
    stage.canvas.strokes(stage.panel, ends, HALF_LINE_PX * max(stage.scale, 1.0), GRID, alpha)
    _distances(stage, max(1, round(2 * step)))


def _grid(framed: Framed, step: float) -> tuple[Float, Float, NDArray[np.bool_]]:
    """Pieces of the grid's lines (N, 3) and (N, 3), two meshes long, and whether each lies on a strong line."""
    count = 2 * int(np.ceil(reach_m(framed) / (2 * step)))
    middle = 2 * np.round(framed.target_m[[0, 2]] / (2 * step))
    steps = np.arange(-count, count + 1, dtype=np.float64)
    line, piece = (a.ravel() for a in np.meshgrid(steps, steps[:-1:2], indexing="ij"))
    height = np.full_like(line, framed.floor_m)
    along_x = [(middle[0] + piece) * step, height, (middle[1] + line) * step]
    along_z = [(middle[0] + line) * step, height, (middle[1] + piece) * step]
    first = np.concatenate([np.stack(along_x, axis=1), np.stack(along_z, axis=1)])
    towards = np.repeat([[2 * step, 0.0, 0.0], [0.0, 0.0, 2 * step]], len(line), axis=0)
    return first, first + towards, np.tile(np.mod(line, 2) == 0, 2)


def _camera() -> tuple[Float, Float]:
    """The real camera as a small pyramid at the scene's origin: edges from (8, 3) to (8, 3)."""
    width, height, length = CAMERA_M
    corners = np.column_stack([_CORNERS * (width, height), np.full(4, -length)])
    return np.concatenate([np.zeros((4, 3)), corners]), np.concatenate([corners, np.roll(corners, 1, axis=0)])


def _distances(stage: Stage, every_m: int) -> None:
    """Write how far from the camera the strong lines are, beside the people."""
    framed, projection = stage.framed, stage.projection
    x = np.round((framed.target_m[0] + framed.radius_m * 0.75 + 0.3) * 2) / 2
    nearest, farthest = -framed.target_m[2] + np.array([-1, 1]) * reach_m(framed)
    metres = every_m * np.arange(np.ceil(max(nearest, 0.5) / every_m), np.floor(farthest / every_m) + 1)
    if not len(metres):
        return
    points = np.stack([np.full_like(metres, x), np.full_like(metres, framed.floor_m), -metres], axis=1)
    seen = projection.to_camera(points)
    places, alpha = projection.to_window(seen), fade(points, framed)
    size = round(TEXT_PX * stage.scale)
    panel, margin = stage.panel, round(EDGE_PX * stage.scale)
    free = Rect(panel.x0, panel.y0, panel.x1 - margin, panel.y1 - margin)  # the legend lies at the lower edge
    for metre, (x_px, y_px), depth, opacity in zip(metres, places, seen[:, 2], alpha, strict=True):
        if depth > NEAR_M and opacity > LEAST_TEXT_ALPHA and free.contains(x_px, y_px):
            stage.canvas.text(
                stage.panel, (x_px, y_px), f" {metre:.0f} m", size_px=size, colour=TEXT_DIM, alpha=float(opacity)
            )
