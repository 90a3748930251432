"""Room for the coach beside the picture and the 3D view, so that nothing of it lies over anybody."""

from __future__ import annotations

from dataclasses import dataclass, replace

from render.layout import SMALLEST_PANEL_PX, Fit, Panels, Rect

BAND_SHARE, COLUMN_SHARE = 0.34, 0.36
"""Height of a band under the picture over the window's, and width of a column beside it."""
OVER_SPACE_SHARE = 0.46
"""Height of the coach over the 3D view over that of both."""
SIMILAR = 0.93
"""A picture that is smaller by no more than this is as good."""
SMALLEST_COUNT = 1 / 12
"""Height of the figures of a count over the window's height: so large they are read three metres away."""
MOST_CARDS = 4
BANNER_WORTH = 0.42
"""A banner's width is worth as much as this part of it in a ring's."""
FIGURE_HEIGHT = 0.71
"""Height of a figure over the size of its text."""


@dataclass(frozen=True, slots=True)
class CardPlaces:
    """Where the parts of a card go.

    Attributes
    ----------
    ring : Rect
        A square.
    words : Rect
        Phase, title and timer.
    banner : Rect
    """

    ring: Rect
    words: Rect
    banner: Rect


def with_coach(panels: Panels, picture_width: int, picture_height: int) -> Panels:
    """The same panels with one for the coach.

    It goes where it leaves the picture largest: under the picture, which there mostly is room for, over the 3D view, or
    beside the picture.

    >>> from render.layout import arrange
    >>> from render.view import Layout
    >>> wide = with_coach(arrange(1280, 720, Layout.BOTH, 16 / 9), 1920, 1080)
    >>> wide.coach.y0 >= wide.picture.y1, wide.coach.width == wide.picture.width
    (True, True)
    """
    window = panels.window
    gap = round(8 * panels.scale)
    choices = []
    if panels.picture is not None:
        fitted = Fit.inside(panels.picture, picture_width, picture_height, False).area
        least = round(BAND_SHARE * window.height)
        band = max(least, panels.picture.height - fitted.height - gap)
        above, below = _cut_rows(panels.picture, band, gap)
        choices.append(replace(panels, picture=above, coach=below))
        beside, column = _cut_columns(panels.picture, round(COLUMN_SHARE * window.width), gap)
        if panels.space is None:
            choices.append(replace(panels, picture=beside, coach=column))
    if panels.space is not None:
        height = round(OVER_SPACE_SHARE * panels.space.height)
        below_it, over = _cut_rows(panels.space, height, gap)
        shifted = Rect(below_it.x0, below_it.y0 + height + gap, below_it.x1, below_it.y1 + height + gap)
        over = Rect(over.x0, panels.space.y0, over.x1, panels.space.y0 + height)
        choices.append(replace(panels, space=shifted, coach=over))
    good = [choice for choice in choices if _fits(choice)]
    if not good:
        return panels
    areas = [_picture_area(choice, picture_width, picture_height) for choice in good]
    return next(choice for choice, area in zip(good, areas, strict=True) if area >= SIMILAR * max(areas))


def _cut_rows(rect: Rect, below: int, gap: int) -> tuple[Rect, Rect]:
    cut = rect.y1 - below
    return Rect(rect.x0, rect.y0, rect.x1, cut - gap), Rect(rect.x0, cut, rect.x1, rect.y1)


def _cut_columns(rect: Rect, right: int, gap: int) -> tuple[Rect, Rect]:
    cut = rect.x1 - right
    return Rect(rect.x0, rect.y0, cut - gap, rect.y1), Rect(cut, rect.y0, rect.x1, rect.y1)


def _fits(panels: Panels) -> bool:
    parts = [part for part in (panels.picture, panels.space, panels.coach) if part is not None]
    return all(min(part.width, part.height) >= SMALLEST_PANEL_PX for part in parts)


def _picture_area(panels: Panels, width: int, height: int) -> int:
    if panels.picture is None:
        return 0
    area = Fit.inside(panels.picture, width, height, False).area
    return area.width * area.height


def card_places(area: Rect, count: int, scale: float) -> list[CardPlaces]:
    """Places of `count` cards, at most `MOST_CARDS`, in the coach's panel: the grid in which they are read best.

    >>> one, two = card_places(Rect(0, 0, 700, 250), 2, 1.0)
    >>> one.ring.y1 <= one.banner.y0 and one.banner.x1 <= two.ring.x0
    True
    """
    count = min(count, MOST_CARDS)
    if count <= 0:
        return []
    grids = []
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        cells = [
            Rect(
                area.x0 + area.width * (k % columns) // columns,
                area.y0 + area.height * (k // columns) // rows,
                area.x0 + area.width * (k % columns + 1) // columns,
                area.y0 + area.height * (k // columns + 1) // rows,
            )
            for k in range(count)
        ]
        grids.append([_card(cell, scale) for cell in cells])
    return max(grids, key=lambda grid: min(min(one.ring.width, BANNER_WORTH * one.banner.width) for one in grid))


def _card(cell: Rect, scale: float) -> CardPlaces:
    """The ring left of the words, or over them in an upright cell, and the banner under both."""
    margin = min(round(10 * scale), cell.width // 12, cell.height // 12)
    inner = Rect(cell.x0 + margin, cell.y0 + margin, cell.x1 - margin, cell.y1 - margin)
    banner_height = min(round(64 * scale), round(0.3 * inner.height))
    banner = Rect(inner.x0, inner.y1 - banner_height, inner.x1, inner.y1)
    upper = Rect(inner.x0, inner.y0, inner.x1, banner.y0 - margin)
    if upper.width >= 1.35 * upper.height:
        side = min(upper.height, upper.width // 2)
        top = upper.y0 + (upper.height - side) // 2
        ring = Rect(upper.x0, top, upper.x0 + side, top + side)
        return CardPlaces(ring, Rect(ring.x1 + 2 * margin, upper.y0, upper.x1, upper.y1), banner)
    side = max(1, min(upper.width, round(0.72 * upper.height)))
    left = upper.x0 + (upper.width - side) // 2
    ring = Rect(left, upper.y0, left + side, upper.y0 + side)
    return CardPlaces(ring, Rect(upper.x0, ring.y1, upper.x1, upper.y1), banner)
