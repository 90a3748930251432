"""The right panel: everybody in 3D over the floor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pose.types import UNTRACKED, People
from render import figure, raster
from render.figure import BONES, COLOURS, PELVIS, RADII_M, Figures, figures_of
from render.floor import draw_floor
from render.layout import Rect
from render.orbit import NEAR_M, scene_rotation
from render.overlay import Drawn, nothing_drawn
from render.palette import PANEL, tint
from render.stage import Stage
from render.view import View, ViewOptions

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

FOG, FADED = 0.4, 0.72
"""How far the farthest, and the people who were not chosen, go over into the background."""
GUESS_ALPHA, GUESS_WIDTH = 0.3, 0.35
LABEL_PX = 14
SHADOWS_M = ((PELVIS, 0.34, 0.5), *((ankle, 0.17, 0.55) for ankle in figure.ANKLES))
"""Joint, radius and darkness of the shadows on the floor."""


def figures_in(view: View) -> Figures:
    """Everybody with 3D, in the scene's axes."""
    people = view.people
    if not people.lifted:
        people = People.nobody()
    joints = people.xyz_m.astype(np.float64) + people.root_m[:, None]  # (K, 17, 3)
    return figures_of(joints @ scene_rotation(view.up).T, people.valid, people.track_id)


def draw_scene(stage: Stage, figures: Figures, options: ViewOptions) -> Drawn:
    """Draw floor, shadows, figures and labels; the panel's background lies there already."""
    draw_floor(stage)
    if not len(figures):
        return nothing_drawn()
    _shadows(stage, figures)
    projection = stage.projection
    seen = projection.to_camera(figures.points_m)  # (K, 18, 3)
    in_front = seen[..., 2] > NEAR_M
    places = projection.to_window(np.where(in_front[..., None], seen, 1.0))  # (K, 18, 2)
    ends = places[:, BONES].reshape(len(figures), len(BONES), 4)
    depth = np.where(in_front, seen[..., 2], 1.0)[:, BONES]  # (K, B, 2)
    thickness = RADII_M * figures.size[:, None, None]  # (K, B, 2)
    radius = projection.intrinsics.fx * thickness / depth
    shown = in_front[:, BONES].all(axis=-1)
    sure = figures.known[:, BONES].all(axis=-1) & shown
    guess = figures.guessed[:, BONES].all(axis=-1) & shown & ~sure
    chosen = _chosen(figures, options)
    colours = _colours(stage, figures, depth, chosen)
    alpha = np.broadcast_to(np.where(chosen, GUESS_ALPHA, GUESS_ALPHA / 2)[:, None, None], radius.shape)
    stage.canvas.strokes(stage.panel, ends[guess], radius[guess] * GUESS_WIDTH, colours[guess], alpha[guess])
    stage.depths.clear(_around(ends[sure], radius[sure], stage.panel))
    order = np.argsort(-depth[sure].mean(axis=-1))
    raster.capsules(
        stage.canvas.pixels,
        stage.panel.clip,
        stage.depths.values,
        *(np.ascontiguousarray(a[sure][order], np.float32) for a in (ends, depth, radius, thickness, colours)),
    )
    _labels(stage, figures, chosen)
    owner = np.broadcast_to(figures.track_id[:, None], sure.shape)
    return Drawn(ends[sure], radius[sure].mean(axis=-1), owner[sure])


def _around(ends: Float, radius: Float, panel: Rect) -> Rect:
    """The part of the panel that capsules with ends (N, 4) and radii (N, 2) may touch."""
    if not len(ends):
        return Rect(panel.x0, panel.y0, panel.x0, panel.y0)
    places, reach = ends.reshape(-1, 2), float(radius.max()) + 2
    low = np.clip(places.min(axis=0) - reach, (panel.x0, panel.y0), (panel.x1, panel.y1)).astype(int)
    high = np.clip(places.max(axis=0) + reach, (panel.x0, panel.y0), (panel.x1, panel.y1)).astype(int)
    return Rect(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def _chosen(figures: Figures, options: ViewOptions) -> Bool:
    """Whether each person is emphasised: the selected one, or everybody."""
    if options.selected is None or options.selected not in figures.track_id:
        return np.ones(len(figures), np.bool_)
    return np.asarray(figures.track_id == options.selected)


def _colours(stage: Stage, figures: Figures, depth: Float, chosen: Bool) -> Float:
    """Colours (K, B, 3): by side, the head in the person's tint, the far and the not chosen paler."""
    colours = np.broadcast_to(COLOURS, (len(figures), *COLOURS.shape)).copy()
    colours[:, figure.SKULL_BALL] = colours[:, figure.NOSE_BALL] = [tint(int(i)) for i in figures.track_id]
    middle = float(stage.projection.to_camera(stage.framed.target_m)[2])
    reach = max(stage.framed.radius_m, 1.5)
    far = np.clip((depth.mean(axis=-1) - middle) / (2 * reach) + 0.25, 0.0, 1.0) * FOG  # (K, B)
    paler = np.where(chosen[:, None], far, np.maximum(far, FADED))[..., None]
    return np.asarray(colours + (np.array(PANEL) - colours) * paler)


def _shadows(stage: Stage, figures: Figures) -> None:
    """Soft shadows straight under pelvis and feet, so that one sees where each stands."""
    joints = [joint for joint, _, _ in SHADOWS_M]
    radius_m, darkness = np.array(SHADOWS_M)[:, 1], np.array(SHADOWS_M)[:, 2]
    ground = figures.points_m[:, joints].copy()  # (K, S, 3)
    above = np.maximum(ground[..., 1] - stage.framed.floor_m, 0.0)
    ground[..., 1] = stage.framed.floor_m
    seen = stage.projection.to_camera(ground)
    depth = np.maximum(seen[..., 2], NEAR_M)
    # Looked at from above by this angle, a circle on the floor is an ellipse so much flatter.
    down = stage.projection.extrinsics.rotation @ [0.0, -1.0, 0.0]
    flat = np.abs(seen @ down) / np.maximum(np.linalg.norm(seen, axis=-1), NEAR_M)
    across = stage.projection.intrinsics.fx * radius_m * figures.size[:, None] / depth
    places = stage.projection.to_window(seen)
    blobs = np.stack([places[..., 0], places[..., 1], across, across * flat, darkness / (1.0 + 0.8 * above)], axis=-1)
    usable = figures.known[:, joints] & (seen[..., 2] > NEAR_M)
    raster.shadows(stage.canvas.pixels, stage.panel.clip, blobs[usable].astype(np.float32))


def _labels(stage: Stage, figures: Figures, chosen: Bool) -> None:
    """Everybody's id over the head, or over the highest sure joint; the chosen one's with the distance."""
    alone = not chosen.all()
    for k in range(len(figures)):
        track_id = int(figures.track_id[k])
        joints = figures.seen(k)
        top = joints[joints[:, 1].argmax()] + (0.0, 0.17 * figures.size[k], 0.0)
        seen = stage.projection.to_camera(top)
        if track_id == UNTRACKED or seen[2] <= NEAR_M:
            continue
        x, y = stage.projection.to_window(seen)
        if stage.panel.contains(x, y):
            far = f" · {-figures.points_m[k, PELVIS, 2]:.1f} m" if alone and chosen[k] else ""
            alpha = 1.0 if chosen[k] else 0.4
            size = round(LABEL_PX * stage.scale)
            stage.canvas.chip(stage.panel, (x, y), f"{track_id}{far}", size_px=size, colour=tint(track_id), alpha=alpha)
