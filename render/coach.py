"""The coach's panel: everybody's count in a ring that shows how far the movement goes, and one cue at a time."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import cv2
import numpy as np

from render.canvas import Canvas
from render.coach_layout import FIGURE_HEIGHT, MOST_CARDS, SMALLEST_COUNT, CardPlaces, card_places
from render.coach_view import CoachCard, CoachView, Tone
from render.layout import Rect
from render.palette import PANEL_TOP, TEXT, TEXT_DIM, Colour, ink_on, tint

TONES: dict[Tone, Colour] = {
    Tone.PLAIN: (64, 56, 50),
    Tone.GOOD: (178, 114, 0),
    Tone.ADJUST: (0, 159, 230),
    Tone.STOP: (0, 94, 213),
}
"""Okabe and Ito's blue #0072B2, orange #E69F00 and vermilion #D55E00."""
TRACK: Colour = (86, 78, 72)
RING_SHARE, RING_GAP = 0.085, 0.035
"""Thickness of the ring, and the gap to the disc in it, over the ring's diameter."""
TICK_TONE = Tone.ADJUST
PHASE_PX, LINE_PX, NOTE_PX, BANNER_PX = 46, 27, 26, 42
LINE_SPACE = 1.02
MOST_LINES = 3
NARROW = 4.5
"""A banner less wide than this many times its height has no room to spare round its sign."""


def draw_coach(canvas: Canvas, area: Rect, coach: CoachView, scale: float) -> None:
    """Draw everybody's card into the coach's panel, or what to do where nobody is there."""
    cards = [card for card in coach.cards if not card.small][:MOST_CARDS]
    if not cards:
        middle = (area.y0 + area.y1) / 2
        line = round(LINE_PX * scale)
        _centred(canvas, area, middle - 1.1 * PHASE_PX * scale / 2, coach.title, round(PHASE_PX * scale), TEXT)
        _centred(canvas, area, middle + 1.2 * line, "Step into view", line, TEXT_DIM)
        return
    places = card_places(area, len(cards), scale)
    many = len(cards) > 1
    for card, place in zip(cards, places, strict=True):
        _draw_ring(canvas, place.ring, card, coach.full_ring)
        _draw_words(canvas, place.words, card, scale, many)
        _draw_banner(canvas, place, card, scale)


def _draw_ring(canvas: Canvas, place: Rect, card: CoachCard, full: float) -> None:
    """The ring with its tick round a disc with the number; a plain plate where the number needs all the room."""
    middle = ((place.x0 + place.x1 - 1) / 2, (place.y0 + place.y1 - 1) / 2)
    thick = RING_SHARE * place.width / 2
    radius = place.width / 2 - thick - 1
    disc = radius - thick - RING_GAP * place.width
    size = _number_size(canvas, card.number, 1.75 * disc, canvas.all.height)
    width = canvas.text_width(card.number, size)
    if math.hypot(width, FIGURE_HEIGHT * size) > 2.06 * disc:
        half = max(place.width, width + round(0.12 * size)) // 2
        plate = Rect(round(middle[0]) - half, place.y0, round(middle[0]) + half + 1, place.y1)
        canvas.box(plate, TONES[card.tone], 1.0, 0.2 * place.height)
    else:
        share = card.reach / full if math.isfinite(card.reach) else 0.0
        canvas.dial(middle, (disc, radius - thick, radius + thick), share, (TONES[card.tone], TRACK, TEXT))
        _draw_tick(canvas, place, middle, radius, thick, 2 * math.pi / full)
    ink = ink_on(TONES[card.tone])
    canvas.text(canvas.all, (middle[0] - (width - 1) / 2, middle[1]), card.number, size_px=size, colour=ink)


def _draw_tick(
    canvas: Canvas, place: Rect, middle: tuple[float, float], radius: float, thick: float, turn: float
) -> None:
    """Where the target is."""
    (x0, y0), (x1, y1) = (
        (middle[0] + r * math.sin(turn), middle[1] - r * math.cos(turn)) for r in (radius - 2 * thick, radius)
    )
    rim = (0.55 * thick + 2, 0.55 * thick)
    canvas.strokes(place, [[x0, y0, x1, y1]] * 2, rim, (PANEL_TOP, TONES[TICK_TONE]))


def _number_size(canvas: Canvas, text: str, room: float, window_height: int) -> int:
    """Size of the number's text: it fills the disc, and is never lower than can be read three metres away."""
    least = math.ceil(SMALLEST_COUNT * window_height / FIGURE_HEIGHT) + 1
    size = round(0.78 * room)
    width = canvas.text_width(text, size)
    if width > 0.92 * room:
        size = int(size * 0.92 * room / width)
    return max(size, least)


def _draw_words(canvas: Canvas, place: Rect, card: CoachCard, scale: float, many: bool) -> None:
    """The phase, and with it whose card it is, title and timer as far as there is room."""
    phase, line = min(round(PHASE_PX * scale), place.height), min(round(LINE_PX * scale), place.height)
    lines = [(card.phase, phase, TEXT), (card.title, line, TEXT_DIM), (card.timer, line, TEXT)]
    if many:
        room_for_two = place.height >= _line_height(phase) + _line_height(line)
        lines = [(card.timer, line, TEXT), (card.phase, phase, TEXT)] if room_for_two else [(card.phase, phase, TEXT)]
    while len(lines) > 1 and sum(_line_height(size) for _, size, _ in lines) > place.height:
        lines.pop(1)
    y = (place.y0 + place.y1) / 2 - sum(_line_height(size) for _, size, _ in lines) / 2
    for number, (text, size, colour) in enumerate(lines):
        x = float(place.x0)
        middle = y + _line_height(size) / 2
        if many and number == 0:
            chip = canvas.chip(
                place, (x, middle), str(card.track_id), size_px=min(line, size), colour=tint(card.track_id)
            )
            x = chip.x1 + 0.3 * size
        fitting = _fitting(canvas, text, size, place.x1 - round(x))
        canvas.text(canvas.all, (x, middle), text, size_px=fitting, colour=colour)
        y += _line_height(size)


def _line_height(size: int) -> int:
    return round(1.35 * size)


def _draw_banner(canvas: Canvas, place: CardPlaces, card: CoachCard, scale: float) -> None:
    """The cue: a sign and a few words on the colour of what is meant; the quiet line where there is none."""
    banner = place.banner
    if not card.banner:
        size = _fitting(canvas, card.note, min(round(NOTE_PX * scale), round(0.68 * banner.height)), banner.width)
        canvas.text(banner, (banner.x0, (banner.y0 + banner.y1 - 1) / 2), card.note, size_px=size, colour=TEXT_DIM)
        return
    colour = TONES[card.banner_tone]
    ink = ink_on(colour)
    canvas.box(banner, colour, 1.0, 0.22 * banner.height)
    narrow = banner.width < NARROW * banner.height
    middle = banner.x0 + (0.5 if narrow else 0.62) * banner.height
    draw_sign(canvas, (middle, (banner.y0 + banner.y1 - 1) / 2), 0.72 * banner.height, card.banner_tone)
    left = banner.x0 + round((0.96 if narrow else 1.12) * banner.height)
    room = banner.x1 - left - round(0.15 * banner.height)
    lines, size = _wrapped(canvas, card.banner, round(BANNER_PX * scale), (room, banner.height))
    y = (banner.y0 + banner.y1 - 1) / 2 - 0.5 * LINE_SPACE * size * (len(lines) - 1)
    for number, line in enumerate(lines):
        at = (left, y + LINE_SPACE * size * number)
        canvas.text(banner, at, line, size_px=size, colour=ink)


def _wrapped(canvas: Canvas, text: str, size: int, room: tuple[int, int]) -> tuple[list[str], int]:
    """A text as one to three lines, whichever may be larger in a room of a width and height."""
    words = text.split()
    cuts = [cut for count in range(min(MOST_LINES, len(words))) for cut in combinations(range(1, len(words)), count)]
    choices = [[" ".join(words[a:b]) for a, b in pairwise((0, *cut, len(words)))] for cut in cuts] or [[text]]
    sizes = []
    for lines in choices:
        highest = 0.68 * room[1] if len(lines) == 1 else 0.9 * room[1] / (LINE_SPACE * len(lines))
        sizes.append(min(_fitting(canvas, line, min(size, int(highest)), room[0]) for line in lines))
    best = max(range(len(choices)), key=sizes.__getitem__)
    return choices[best], sizes[best]


def draw_sign(canvas: Canvas, middle: tuple[float, float], size: float, tone: Tone) -> None:
    """A sign that tells the tones apart without their colours: a tick, a triangle, an octagon."""
    paper, ink = ink_on(TONES[tone]), TONES[tone]
    x, y = middle
    half = size / 2
    if tone is Tone.GOOD:
        canvas.dot(x, y, half, paper)
        check = [(-0.45, 0.05), (-0.12, 0.38), (0.48, -0.32)]
        points = [(x + half * a, y + half * b) for a, b in check]
        canvas.strokes(canvas.all, [[*points[0], *points[1]], [*points[1], *points[2]]], 0.13 * half + 0.8, ink)
        return
    corners, turn = (3, 0.0) if tone is Tone.ADJUST else (8, np.pi / 8)
    around = turn + 2 * np.pi * np.arange(corners) / corners
    centre = y + (0.18 * half if tone is Tone.ADJUST else 0.0)
    reach = 1.12 * half if tone is Tone.ADJUST else 1.04 * half
    shape = np.stack([x + reach * np.sin(around), centre - reach * np.cos(around)], axis=1)
    # four bits after the point, so that the edges do not jump
    cv2.fillConvexPoly(canvas.pixels, np.round(shape * 16).astype(np.int32), paper, cv2.LINE_AA, 4)
    canvas.strokes(canvas.all, [[x, centre - 0.42 * half, x, centre + 0.08 * half]], 0.11 * half + 0.6, ink)
    canvas.dot(x, centre + 0.42 * half, 0.12 * half + 0.6, ink)


def _centred(canvas: Canvas, area: Rect, y: float, text: str, size: int, colour: Colour) -> None:
    size = _fitting(canvas, text, size, area.width - 2 * size)
    x = (area.x0 + area.x1 - canvas.text_width(text, size)) / 2
    canvas.text(area, (x, y), text, size_px=size, colour=colour)


def _fitting(canvas: Canvas, text: str, size: int, room: int) -> int:
    """The size, or so much less that a text has room."""
    width = canvas.text_width(text, size)
    return size if width <= room else max(1, int(size * max(room, 1) / width))
