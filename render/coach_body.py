"""What the coach draws on the picture itself: the angle of the joint that works, and the counts beside the numbers."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from pose.types import People
from render.canvas import Canvas
from render.coach_view import Arc, CoachView
from render.layout import Fit, Rect
from render.palette import TEXT

Float = NDArray[np.float64]

ARC_SHARE = 0.38
"""Radius of an arc over the shorter of its two limbs."""
ARC_PX = (10.0, 70.0)
HALF_LINE_PX = 2.6
DARK = (20, 18, 16)
LABEL_PX, COUNT_PX = 26, 30
HEAD_ROOM = 0.09
"""Over the highest joint, as a part of a body's height, so that labels do not lie on the hair."""
ID_PX = 42
"""Room for somebody's number between the head and the count."""
STEPS = 12
"""Pieces of an arc."""
SHORTEST_PX = 4.0
"""A limb that is shorter on the screen gets no arc."""


def bodies(fit: Fit, people: People, min_score: float) -> Float:
    """Boxes round everybody's seen joints in window pixels, head included: (K, 4), x0 y0 x1 y1, NaN where none is seen.

    Parameters
    ----------
    fit : Fit
    people : People
    min_score : float
        Joints that score less are not drawn and do not count.
    """
    known = (people.score > 0) & (people.score >= min_score) & np.isfinite(people.xy_px).all(axis=-1)
    xy = fit.to_window(np.where(known[..., None], people.xy_px, 0.0))
    low = np.where(known[..., None], xy, np.inf).min(axis=1)
    high = np.where(known[..., None], xy, -np.inf).max(axis=1)
    low[:, 1] -= HEAD_ROOM * (high[:, 1] - low[:, 1])
    boxes = np.concatenate([low, high], axis=1)
    return np.where(np.isfinite(boxes).all(axis=1, keepdims=True), boxes, np.nan)


def draw_on_bodies(
    canvas: Canvas, fit: Fit, people: People, coach: CoachView, min_score: float, scale: float
) -> list[Rect]:
    """Draw arcs and labels; returns where the labels lie, none of them on anybody."""
    cards = {card.track_id: card for card in coach.cards}
    boxes = bodies(fit, people, min_score)
    labels: list[Rect] = []
    for k, track_id in enumerate(people.track_id.tolist()):
        card = cards.get(track_id)
        if card is None or np.isnan(boxes[k]).any():
            continue
        if card.arc is not None:
            y = _draw_arc(canvas, fit, people, k, card.arc, min_score, scale)
            if y is not None and np.isfinite(card.arc.degrees) and len(cards) <= 2:
                text = f"{card.arc.degrees:.0f}°"
                place = _beside(canvas, fit.area, boxes, k, labels, (y, text, round(LABEL_PX * scale)))
                if place is not None:
                    labels.append(place)
                    middle = ((place.x0 + place.x1) / 2, (place.y0 + place.y1) / 2)
                    canvas.chip(fit.area, middle, text, size_px=round(LABEL_PX * scale), colour=DARK, alpha=0.85)
        if len(cards) > 1:
            labels += _draw_count(canvas, fit.area, boxes, k, labels, (card.number, scale))
    return labels


def _draw_arc(
    canvas: Canvas, fit: Fit, people: People, k: int, arc: Arc, min_score: float, scale: float
) -> float | None:
    """The arc between two limbs, the shorter way round; returns the joint's height in the window, None where unseen."""
    joints = [arc.one, arc.corner, arc.other]
    if (people.score[k, joints] < max(min_score, 1e-6)).any():
        return None
    places = fit.to_window(people.xy_px[k, joints])
    (x1, y1), (x, y), (x2, y2) = places.tolist()
    length = min(math.hypot(x1 - x, y1 - y), math.hypot(x2 - x, y2 - y))
    if length < SHORTEST_PX:
        return None
    radius = min(max(ARC_SHARE * length, ARC_PX[0] * scale), ARC_PX[1] * scale)
    begin, end = math.atan2(y1 - y, x1 - x), math.atan2(y2 - y, x2 - x)
    sweep = (end - begin + math.pi) % (2 * math.pi) - math.pi
    turns = [begin + sweep * step / STEPS for step in range(STEPS + 1)]
    points = [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]
    ends = [(*first, *second) for first, second in itertools.pairwise(points)]
    half = HALF_LINE_PX * max(scale, 0.7)
    widths = [half + 1.6] * STEPS + [half] * STEPS
    canvas.strokes(fit.area, ends * 2, widths, [DARK] * STEPS + [TEXT] * STEPS)
    return float(y)


def _beside(
    canvas: Canvas, area: Rect, boxes: Float, k: int, labels: list[Rect], label: tuple[float, str, int]
) -> Rect | None:
    """A free place for a label at a height beside a body; None where there is none."""
    y, text, size = label
    width, height = canvas.text_width(text, size) + size + 2, round(1.36 * size) + 2
    x0, _, x1, _ = boxes[k]
    top = round(min(max(y - height / 2, area.y0), area.y1 - height))
    for left in (round(x1 + 0.4 * size), round(x0 - 0.4 * size) - width):
        place = Rect(left, top, left + width, top + height)
        if _free(place, area, boxes, labels):
            return place
    return None


def _draw_count(
    canvas: Canvas, area: Rect, boxes: Float, k: int, labels: list[Rect], label: tuple[str, float]
) -> list[Rect]:
    """A count under the person's number, over the head or beside it; returns where it lies."""
    number, scale = label
    size = round(COUNT_PX * scale)
    height, width = round(1.36 * size) + 2, canvas.text_width(number, size) + size + 2
    x0, y0, x1, _ = boxes[k]
    middle = (x0 + x1) / 2
    tops = [round(y0 - height - ID_PX * scale), round(y0)]
    lefts = {tops[0]: [round(middle - width / 2)], tops[1]: [round(x1 + 0.3 * size), round(x0 - 0.3 * size) - width]}
    for top in tops:
        for left in lefts[top]:
            place = Rect(left, top, left + width, top + height)
            if _free(place, area, boxes, labels):
                centre = ((place.x0 + place.x1) / 2, (place.y0 + place.y1) / 2)
                canvas.chip(area, centre, number, size_px=size, colour=TEXT, alpha=0.95)
                return [place]
    return []


def _free(place: Rect, area: Rect, boxes: Float, labels: list[Rect]) -> bool:
    """Whether a place lies in the picture, off everybody and off the other labels."""
    if place.x0 < area.x0 or place.y0 < area.y0 or place.x1 > area.x1 or place.y1 > area.y1:
        return False
    taken = [tuple(box) for box in boxes if not np.isnan(box).any()] + [label.clip for label in labels]
    return not any(place.x0 < x1 and x0 < place.x1 and place.y0 < y1 and y0 < place.y1 for x0, y0, x1, y1 in taken)
