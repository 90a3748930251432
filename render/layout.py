"""Where things go: panels in the window, and the picture in its panel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from render.view import Layout

Float = NDArray[np.float64]

DESIGN_SIZE = (1280, 720)
"""Window at which sizes of text and gaps hold as they are written."""
SMALLEST_SCALE, LARGEST_SCALE = 0.7, 2.5
PICTURE_SHARE = (0.3, 0.58)
"""Least and most of the longer side that the picture gets beside the 3D view."""
SMALLEST_PANEL_PX = 24


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle of whole pixels; `x1` and `y1` are excluded."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.y1 - self.y0

    @property
    def clip(self) -> tuple[int, int, int, int]:
        """The edges as a tuple."""
        return (self.x0, self.y0, self.x1, self.y1)

    def contains(self, x: float, y: float) -> bool:
        """Whether a pixel lies inside.

        >>> Rect(0, 0, 2, 2).contains(1, 1), Rect(0, 0, 2, 2).contains(2, 1)
        (True, False)
        """
        return self.x0 <= x < self.x1 and self.y0 <= y < self.y1


@dataclass(frozen=True, slots=True)
class Panels:
    """The parts of the window; a panel that is not shown, or has no room, is None.

    Attributes
    ----------
    window : Rect
        All of it.
    picture, space : Rect or None
        The panel of the picture and that of the 3D view.
    bar : Rect or None
        The line with the figures at the bottom.
    scale : float
        Factor on sizes of text and gaps.
    coach : Rect or None
        The panel of the coach, where there is one.
    """

    window: Rect
    picture: Rect | None
    space: Rect | None
    bar: Rect | None
    scale: float
    coach: Rect | None = None


def arrange(width: int, height: int, layout: Layout, picture_aspect: float, bar_scale: float = 1.0) -> Panels:
    """The panels of a window of any size, side by side, or one above the other where the window is upright.

    The picture gets what it can fill, within `PICTURE_SHARE`; the line at the bottom is `bar_scale` times as high.

    >>> panels = arrange(1280, 720, Layout.BOTH, 16 / 9)
    >>> panels.picture.width > panels.space.width, panels.picture.height == panels.space.height
    (True, True)
    """
    scale = min(max(min(width / DESIGN_SIZE[0], height / DESIGN_SIZE[1]), SMALLEST_SCALE), LARGEST_SCALE)
    window = Rect(0, 0, width, height)
    bar_height, gap = round(34 * scale * bar_scale), round(8 * scale)
    bar = Rect(0, height - bar_height, width, height) if height >= 3 * bar_height else None
    bottom = bar.y0 if bar else height - gap
    room = Rect(gap, gap, width - gap, bottom)
    if room.width < SMALLEST_PANEL_PX or room.height < SMALLEST_PANEL_PX:
        room, bar = window, None
    if layout is Layout.PICTURE:
        return Panels(window, room, None, bar, scale)
    if layout is Layout.SPACE:
        return Panels(window, None, room, bar, scale)
    if room.width >= room.height:
        share = np.clip(room.height * picture_aspect / room.width, *PICTURE_SHARE)
        cut = room.x0 + round(room.width * float(share))
        picture, space = Rect(room.x0, room.y0, cut - gap, room.y1), Rect(cut, room.y0, room.x1, room.y1)
    else:
        share = np.clip(room.width / picture_aspect / room.height, *PICTURE_SHARE)
        cut = room.y0 + round(room.height * float(share))
        picture, space = Rect(room.x0, room.y0, room.x1, cut - gap), Rect(room.x0, cut, room.x1, room.y1)
    if min(picture.width, picture.height, space.width, space.height) < SMALLEST_PANEL_PX:
        return Panels(window, room, None, bar, scale)
    return Panels(window, picture, space, bar, scale)


@dataclass(frozen=True, slots=True)
class Fit:
    """The picture inside its panel, aspect kept, centred, perhaps mirrored.

    Attributes
    ----------
    area : Rect
        Where the picture goes.
    source_width, source_height : int
        The picture's own size in pixels.
    mirror : bool
        Whether left and right of the picture are swapped.
    """

    area: Rect
    source_width: int
    source_height: int
    mirror: bool

    @classmethod
    def inside(cls, panel: Rect, source_width: int, source_height: int, mirror: bool) -> Fit:
        """The largest place in `panel` with the aspect of the source.

        >>> Fit.inside(Rect(0, 0, 100, 100), 200, 100, False).area
        Rect(x0=0, y0=25, x1=100, y1=75)
        """
        zoom = min(panel.width / source_width, panel.height / source_height)
        width, height = max(1, round(source_width * zoom)), max(1, round(source_height * zoom))
        x0, y0 = panel.x0 + (panel.width - width) // 2, panel.y0 + (panel.height - height) // 2
        return cls(Rect(x0, y0, x0 + width, y0 + height), source_width, source_height, mirror)

    @property
    def zoom(self) -> float:
        """Window pixels a picture pixel."""
        return self.area.width / self.source_width

    def to_window(self, xy_px: ArrayLike) -> Float:
        """Window pixels (..., 2) of picture pixels (..., 2); edges of the picture fall on edges of its place."""
        xy = np.asarray(xy_px, np.float64) + 0.5
        x = xy[..., 0] * (self.area.width / self.source_width)
        y = xy[..., 1] * (self.area.height / self.source_height)
        if self.mirror:
            x = self.area.width - x
        return np.stack([x + (self.area.x0 - 0.5), y + (self.area.y0 - 0.5)], axis=-1)
