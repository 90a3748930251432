"""The quiet things over and under the panels: the line with the figures, notices, hints and the help."""

from __future__ import annotations

from dataclasses import dataclass

from render.canvas import SMALLEST_TEXT_PX, Canvas
from render.layout import Panels, Rect
from render.palette import BAD, GOOD, LEFT, NOTICE, PANEL, RIGHT, TEXT, TEXT_DIM, WARN, WINDOW, Colour, ink_on
from render.view import State, Status, ViewOptions

STATES: dict[State, tuple[str, Colour]] = {
    "live": ("Live", GOOD),
    "playing": ("Playing", GOOD),
    "paused": ("Paused", WARN),
    "reconnecting": ("Reconnecting…", WARN),
    "ended": ("Ended", TEXT_DIM),
}
KEYS = (
    ("H", "Show or hide this help"),
    ("Space  P", "Pause and go on"),
    ("M", "Mirror the display"),
    ("1  2  3", "Both, picture only, 3D only"),
    ("Tab  Click", "Choose a person"),
    ("R", "Start and stop recording"),
    ("S", "Save a screenshot"),
    ("V", "Mute the coach, or hear it again"),
    ("N  B", "Plan: go on, or do the set again"),
    ("F", "Full screen"),
    ("L  K", "Forward and back in a file"),
    ("Drag  Wheel", "Turn and zoom the 3D view"),
    ("0", "Reset the 3D view"),
    ("Esc  Q", "Quit"),
)
TEXT_PX, SMALL_TEXT_PX, TITLE_PX = 15, 13, 20
PROGRESS_PX = 3
SHRINKS = 12


@dataclass(frozen=True, slots=True)
class _Item:
    """Something in the line at the bottom: words in colours, perhaps with a dot before them."""

    words: tuple[tuple[str, Colour], ...]
    dot: Colour | None = None


def draw_bar(canvas: Canvas, panels: Panels, status: Status, people: int, *, keys: bool = True) -> None:
    """Draw the line at the bottom: what the source does and how well on the left, what it is on the right.

    Where there is no room the last in the order of importance are left out.
    """
    bar = panels.bar
    if bar is None:
        return
    _progress(canvas, bar, status, panels.scale)
    left, right = _left_items(status, people), _right_items(status, keys)
    size, gap = round(TEXT_PX * panels.scale), round(22 * panels.scale)
    room = bar.width - 2 * round(14 * panels.scale) + gap
    kept: list[tuple[bool, int, _Item]] = []
    for on_left, order, item in _by_importance(left, right):
        width = _width(canvas, item, size, panels.scale) + gap
        if width > room:
            break
        room -= width
        kept.append((on_left, order, item))
    y = (bar.y0 + bar.y1) / 2 - 0.5
    x = bar.x0 + round(14 * panels.scale)
    for _, _, item in sorted((k for k in kept if k[0]), key=lambda k: k[1]):
        x += _draw_item(canvas, (x, y), item, size, panels.scale) + gap
    x = bar.x1 - round(14 * panels.scale)
    for _, _, item in sorted((k for k in kept if not k[0]), key=lambda k: k[1]):
        x -= _width(canvas, item, size, panels.scale)
        _draw_item(canvas, (x, y), item, size, panels.scale)
        x -= gap


def _left_items(status: Status, people: int) -> list[_Item]:
    name, colour = STATES[status.state]
    items = [_Item(((name, TEXT),), dot=colour)]
    if status.recording:
        items.append(_Item((("Recording", TEXT),), dot=BAD))
    if status.fps is not None:
        items.append(_Item(((f"{status.fps:.0f}", TEXT), ("fps", TEXT_DIM))))
    items.append(_Item(((str(people), TEXT), ("person" if people == 1 else "people", TEXT_DIM))))
    if status.latency_p95_ms is not None:
        items.append(_Item((("latency", TEXT_DIM), (f"{status.latency_p95_ms:.0f}", TEXT), ("ms", TEXT_DIM))))
    if status.drops:
        items.append(_Item(((str(status.drops), TEXT), ("dropped", TEXT_DIM))))
    return items


def _right_items(status: Status, keys: bool) -> list[_Item]:
    """From the right edge inwards."""
    items = [_Item((("H", TEXT), ("help", TEXT_DIM)))] if keys else []
    if status.position_s is not None:
        total = "" if status.duration_s is None else f"/ {_clock(status.duration_s)}"
        items.append(_Item(((_clock(status.position_s), TEXT), (total, TEXT_DIM))))
    if status.engine:
        items.append(_Item(((status.engine, TEXT_DIM),)))
    return items


def _by_importance(left: list[_Item], right: list[_Item]) -> list[tuple[bool, int, _Item]]:
    """All items, the left ones first but for the state's engine and drops, which yield to the help."""
    order = [(True, i, item) for i, item in enumerate(left)]
    return (
        order[:3]
        + [(False, i, item) for i, item in enumerate(right[:2])]
        + order[3:]
        + [(False, 2 + i, item) for i, item in enumerate(right[2:])]
    )


def _clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> _clock(75.9)
    '1:15'
    """
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def _width(canvas: Canvas, item: _Item, size: int, scale: float) -> int:
    words = sum(canvas.text_width(word, size) for word, _ in item.words)
    dot = round(14 * scale) if item.dot else 0
    return words + round(5 * scale) * (len(item.words) - 1) + dot


def _draw_item(canvas: Canvas, at: tuple[float, float], item: _Item, size: int, scale: float) -> int:
    x, y = at
    if item.dot:
        canvas.dot(x + 4 * scale, y, 4 * scale, item.dot)
        x += round(14 * scale)
    canvas.pieces((x, y), item.words, size, round(5 * scale))
    return _width(canvas, item, size, scale)


def _progress(canvas: Canvas, bar: Rect, status: Status, scale: float) -> None:
    """A thin line along the top of the bar, filled as far as the file has been played."""
    if status.position_s is None or not status.duration_s:
        return
    margin, thick = round(14 * scale), max(2, round(PROGRESS_PX * scale))
    track = Rect(bar.x0 + margin, bar.y0 + 2, bar.x1 - margin, bar.y0 + 2 + thick)
    share = min(max(status.position_s / status.duration_s, 0.0), 1.0)
    canvas.box(track, PANEL, 1.0, thick / 2)
    done = Rect(track.x0, track.y0, track.x0 + max(thick, round(track.width * share)), track.y1)
    canvas.box(done, TEXT_DIM, 1.0, thick / 2)


def draw_notice(canvas: Canvas, area: Rect, text: str, scale: float, warning: bool) -> None:
    """A notice in a pill: at the top for messages, at the bottom of the picture for hints."""
    size = round(TEXT_PX * scale)
    width = canvas.text_width(text, size)
    if width + 2 * size > area.width:
        size = max(1, int(size * (area.width - 2 * size) / width))
        width = canvas.text_width(text, size)
    if width + size > area.width or size * 3 > area.height:
        return
    middle = area.y1 - 30 * scale if warning else area.y0 + 30 * scale
    canvas.chip(
        area, ((area.x0 + area.x1) / 2, middle), text, size_px=size, colour=NOTICE if warning else TEXT, alpha=0.94
    )


def draw_legend(canvas: Canvas, area: Rect, scale: float) -> None:
    """Which colour is the person's left and right, in the lower left corner of a panel."""
    size = round(SMALL_TEXT_PX * scale)
    words = (("left", LEFT), ("right", RIGHT))
    width = sum(canvas.text_width(word, size) for word, _ in words) + round(50 * scale)
    if width + 20 * scale > area.width or area.height < 60 * scale:
        return
    x, y = area.x0 + 16 * scale, area.y1 - 18 * scale
    for word, colour in words:
        canvas.dot(x, y - 0.5, 4 * scale, colour)
        x += 10 * scale
        x += canvas.text(area, (x, y), word, size_px=size, colour=TEXT_DIM) + 16 * scale


def draw_help(canvas: Canvas, panels: Panels, options: ViewOptions) -> None:
    """The keys on a card over everything, made smaller until it fits the window."""
    window = panels.window
    scale = panels.scale
    rows = len(KEYS) + 1 + len(options.help_notes)
    for _ in range(SHRINKS):
        size, line = round(TEXT_PX * scale), round(28 * scale)
        key_width = max(canvas.text_width(key, size) for key, _ in KEYS) + round(18 * scale)
        texts = [text for _, text in KEYS]
        width = key_width + round(16 * scale) + max(canvas.text_width(text, size) for text in texts)
        width = max([width, *(canvas.text_width(note, round(SMALL_TEXT_PX * scale)) for note in options.help_notes)])
        margin = round(26 * scale)
        height = line * rows + round(44 * scale)
        if (width + 2 * margin <= window.width and height + 2 * margin <= window.height) or size <= SMALLEST_TEXT_PX:
            break
        scale *= 0.88
    x0 = (window.width - width) // 2 - margin
    y0 = (window.height - height) // 2 - margin
    card = Rect(x0, y0, window.width - x0, window.height - y0)
    canvas.box(window, WINDOW, 0.55)
    canvas.box(card, PANEL, 0.96, 14 * scale)
    x, y = float(card.x0 + margin), card.y0 + margin + 10 * scale
    canvas.text(window, (x, y), "LiftCam", size_px=round(TITLE_PX * scale), colour=TEXT)
    y += 38 * scale
    for key, text in KEYS:
        _key_cap(canvas, Rect(round(x), round(y - line * 0.4), round(x) + key_width, round(y + line * 0.4)), key, size)
        canvas.text(window, (x + key_width + 16 * scale, y), text, size_px=size, colour=TEXT)
        y += line
    y += 10 * scale
    small = round(SMALL_TEXT_PX * scale)
    for word, colour in (("left side of the person", LEFT), ("right side", RIGHT)):
        canvas.dot(x + 5 * scale, y - 0.5, 5 * scale, colour)
        x += 16 * scale
        x += canvas.text(window, (x, y), word, size_px=small, colour=TEXT_DIM) + 20 * scale
    for note in options.help_notes:
        y += line
        canvas.text(window, (card.x0 + margin, y), note, size_px=small, colour=TEXT_DIM)


def _key_cap(canvas: Canvas, place: Rect, key: str, size: int) -> None:
    """A key of the keyboard."""
    colour = (62, 55, 50)
    canvas.box(place, colour, 1.0, size * 0.35)
    width = canvas.text_width(key, size)
    middle = (place.y0 + place.y1) / 2
    canvas.text(canvas.all, ((place.x0 + place.x1 - width) / 2, middle), key, size_px=size, colour=ink_on(colour))
