"""A reference to follow: a ghost over the user in both views, and a card with its skeleton and the number beside."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17_BONES
from render.canvas import Canvas
from render.coach import TONES
from render.coach_view import Tone
from render.follow_view import FollowView
from render.layout import Fit, Rect
from render.orbit import NEAR_M, scene_rotation
from render.palette import BONE_SIDES_3D, GOOD, PANEL_BOTTOM, SIDES, TEXT, TEXT_DIM, Colour, ink_on
from render.stage import Stage

Float = NDArray[np.float64]

GHOST: Colour = (255, 255, 255)
GHOST_ALPHA, GHOST_M = 0.45, 0.028
DASH_PX, GAP_PX = 9.0, 6.0
"""In the picture the ghost is dashed: nobody takes it for what was found there."""
DASH_RADIUS, DASH_RIM, DASH_ALPHA = 1.5, 1.3, 0.9
INK: Colour = (16, 12, 10)
LONGEST_BONE_PX = 4000.0
CARD_SHARE, CARD_ASPECT = 0.46, 1.75
"""Width of the card over that of the panel at most, and its height over its width."""
CARD_ALPHA = 0.82
REACH_M = 1.0
"""From the pelvis to the edge of the card's picture."""
ALIKE, CLOSE = 85.0, 65.0
"""From these numbers on the disc is blue, and orange; below it is vermilion."""
_BONES = np.array(H36M17_BONES)
_COLOURS = np.array([SIDES[side] for side in BONE_SIDES_3D], np.float64)


def draw_ghost(stage: Stage, follow: FollowView, up: tuple[float, float, float]) -> None:
    """Draw the reference over the user, so that he sees through it."""
    scene = follow.ghost_m @ scene_rotation(up).T
    seen = stage.projection.to_camera(scene)
    usable = np.isfinite(seen).all(axis=1) & (seen[:, 2] > NEAR_M)
    bones = _BONES[usable[_BONES].all(axis=1)]
    if not len(bones):
        return
    places = stage.projection.to_window(np.where(usable[:, None], seen, 1.0))
    radius = stage.projection.intrinsics.fx * GHOST_M / seen[bones, 2]
    stage.canvas.strokes(stage.panel, places[bones].reshape(-1, 4), radius, GHOST, GHOST_ALPHA)


def draw_ghost_in_picture(canvas: Canvas, fit: Fit, follow: FollowView, scale: float) -> None:
    """Draw the reference over the user in the picture, in thin dashes with a dark rim."""
    places = fit.to_window(follow.ghost_px)
    ends = places[_BONES[np.isfinite(places).all(axis=1)[_BONES].all(axis=1)]]  # (B, 2, 2)
    dashes = _dashes(ends, scale * DASH_PX, scale * GAP_PX)
    canvas.strokes(fit.area, dashes, scale * (DASH_RADIUS + DASH_RIM), INK, 0.6 * DASH_ALPHA)
    canvas.strokes(fit.area, dashes, scale * DASH_RADIUS, GHOST, DASH_ALPHA)


def _dashes(ends: Float, dash: float, gap: float) -> Float:
    """Lines (B, 2, 2) as dashes (D, 4), so stretched that each line begins and ends with a whole one.

    >>> _dashes(np.array([[[0.0, 0.0], [0.0, 25.0]]]), 10.0, 5.0)
    array([[ 0.,  0.,  0., 10.],
           [ 0., 15.,  0., 25.]])
    """
    out = [np.zeros((0, 4))]
    for start, end in ends:
        length = float(np.hypot(*(end - start)))
        if not 0 < length < LONGEST_BONE_PX:
            continue  # somebody right before the camera: dashes without end
        gaps = max(0, round((length - dash) / (dash + gap)))
        part = length / (gaps * (dash + gap) + dash)
        begins = np.arange(gaps + 1)[:, None] * (dash + gap) * part
        along = (end - start) / length
        out.append(np.concatenate([start + begins * along, start + (begins + dash * part) * along], axis=1))
    return np.concatenate(out)


def draw_follow(canvas: Canvas, panel: Rect, follow: FollowView, scale: float, mirror: bool) -> None:
    """Draw the card into the upper left corner of a panel."""
    gap = round(10 * scale)
    width = round(min(CARD_SHARE * panel.width, 190 * scale, (panel.height - 2 * gap) / CARD_ASPECT))
    if width < 60:
        return  # no room for anything that could be read
    card = Rect(panel.x0 + gap, panel.y0 + gap, panel.x0 + gap + width, panel.y0 + gap + round(CARD_ASPECT * width))
    canvas.box(card, PANEL_BOTTOM, CARD_ALPHA, gap)
    top = Rect(card.x0, card.y0, card.x1, card.y0 + width)
    _draw_reference(canvas, top, follow, mirror)
    _draw_progress(canvas, Rect(card.x0 + gap, top.y1, card.x1 - gap, top.y1 + max(2, round(3 * scale))), follow)
    words = Rect(card.x0 + gap, top.y1 + gap, card.x1 - gap, card.y1 - gap)
    _draw_words(canvas, words, follow)


def _draw_reference(canvas: Canvas, place: Rect, follow: FollowView, mirror: bool) -> None:
    """The reference now, from the side on which it was seen."""
    sign = -1.0 if mirror else 1.0
    pixels = place.width / 2 / REACH_M
    middle = np.array([(place.x0 + place.x1) / 2, (place.y0 + place.y1) / 2])
    points = middle + follow.reference_m[:, :2] * [sign * pixels, -pixels]
    known = np.isfinite(points).all(axis=1)[_BONES].all(axis=1)
    order = np.flatnonzero(known)[np.argsort(np.nan_to_num(follow.reference_m)[_BONES[known], 2].mean(axis=1))]
    canvas.strokes(place, points[_BONES[order]].reshape(-1, 4), 0.022 * place.width, _COLOURS[order])


def _draw_progress(canvas: Canvas, place: Rect, follow: FollowView) -> None:
    canvas.box(place, TEXT_DIM, 0.4)
    share = min(max(follow.progress, 0.0), 1.0)
    done = Rect(place.x0, place.y0, place.x0 + max(1, round(share * place.width)), place.y1)
    canvas.box(done, GOOD)


def _draw_words(canvas: Canvas, place: Rect, follow: FollowView) -> None:
    """The number on a colour that says how good it is, the limb that differs most, and the quiet line."""
    disc = Rect(place.x0, place.y0, place.x1, place.y0 + round(0.5 * place.height))
    tone = _tone(follow)
    canvas.box(disc, TONES[tone], 1.0, 0.2 * disc.height)
    text = _number(follow)
    size = _fitting(canvas, text, round(0.8 * disc.height), disc.width)
    left = (disc.x0 + disc.x1 - canvas.text_width(text, size)) / 2
    canvas.text(disc, (left, (disc.y0 + disc.y1 - 1) / 2), text, size_px=size, colour=ink_on(TONES[tone]))
    rest = Rect(place.x0, disc.y1, place.x1, place.y1)
    lines = [(_worst(follow), TEXT), (follow.note, TEXT_DIM)]
    for number, (line, colour) in enumerate(lines):
        size = _fitting(canvas, line, round(0.36 * rest.height), rest.width)
        y = rest.y0 + rest.height * (0.3 + 0.48 * number)
        canvas.text(rest, (rest.x0, y), line, size_px=size, colour=colour)


def _tone(follow: FollowView) -> Tone:
    if follow.countdown is not None or math.isnan(follow.number):
        return Tone.PLAIN
    if follow.number >= ALIKE:
        return Tone.GOOD
    return Tone.ADJUST if follow.number >= CLOSE else Tone.STOP


def _number(follow: FollowView) -> str:
    if follow.countdown is not None:
        return str(follow.countdown)
    return "-" if math.isnan(follow.number) else f"{follow.number:.0f}"


def _worst(follow: FollowView) -> str:
    """The limb that differs most, with its number."""
    if follow.countdown is not None:
        return "get ready"
    numbers = dict(follow.limbs)
    if follow.worst:
        return f"{follow.worst} {numbers[follow.worst]:.0f}"
    return "" if math.isnan(follow.number) else "all limbs alike"


def _fitting(canvas: Canvas, text: str, size: int, room: int) -> int:
    """The size, or so much less that the text has room."""
    width = canvas.text_width(text, size)
    return size if width <= room else max(1, int(size * room / width))
