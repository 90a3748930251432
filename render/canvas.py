"""The picture that is drawn on, with text: what all panels draw with."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from pose.types import Image
from render import raster
from render.layout import Rect
from render.palette import Colour, ink_on
from render.sdl import pygame

UInt8 = NDArray[np.uint8]

SMALLEST_TEXT_PX = 7
OVERSAMPLED = 4
DEFAULT_FONT_SHRINKS = 0.6875
"""pygame draws its own font so much smaller than it is asked to."""
CAPITALS_TOP, TEXT_MARGIN = 0.1, 0.3
"""Free room over capitals, and kept over and under every text, as parts of the font's ascent; the middle of a mask is
then the middle of its capitals, and letters like É and g fit in."""
FIGURES = frozenset("0123456789°:")
"""Texts of these alone change all the time; they are put together from single figures, which are remembered."""
CACHED_TEXTS = 600
"""Texts are drawn once and kept; past so many all are forgotten, since live figures never repeat for long."""


class TextMasks:
    """Text as masks of coverage, in the font that ships with pygame, kept from frame to frame."""

    def __init__(self) -> None:
        pygame.font.init()
        self._fonts: dict[int, pygame.font.Font] = {}
        self._masks: dict[tuple[str, int], UInt8] = {}

    def mask(self, text: str, size_px: int) -> UInt8:
        """Coverage 0..255 (h, w) of one line of text, with the middle of its capitals in the middle."""
        key = (text, max(size_px, SMALLEST_TEXT_PX))
        found = self._masks.get(key)
        if found is None:
            if len(self._masks) >= CACHED_TEXTS:
                self._masks.clear()
            figures = len(text) > 1 and FIGURES.issuperset(text)
            drawn = np.hstack([self.mask(one, size_px) for one in text]) if figures else self._draw(text, key[1])
            found = self._masks[key] = drawn
        return found

    def _draw(self, text: str, size_px: int) -> UInt8:
        """Draw large and scale down: letters then keep their own distances, which whole pixels would spoil."""
        font = self._fonts.get(size_px)
        if font is None:
            font = self._fonts[size_px] = pygame.font.Font(None, round(size_px * OVERSAMPLED / DEFAULT_FONT_SHRINKS))
        large = pygame.surfarray.array_alpha(font.render(text, True, (255, 255, 255))).T  # (h, w)
        ascent = font.get_ascent()
        # Letters taller than the font's ascent push the others down; this is by how much.
        pushed = max([0, *(m[3] - ascent for m in font.metrics(text) if m is not None)])
        margin = round(TEXT_MARGIN * ascent) - pushed
        height, width = (
            -(-round((1 + CAPITALS_TOP + 2 * TEXT_MARGIN) * ascent) // OVERSAMPLED),
            -(-large.shape[1] // OVERSAMPLED),
        )
        padded = np.zeros((height * OVERSAMPLED, max(width, 1) * OVERSAMPLED), np.uint8)
        top = max(margin, 0)
        rows = min(large.shape[0] - (top - margin), len(padded) - top)
        padded[top : top + rows, : large.shape[1]] = large[top - margin : top - margin + rows]
        return np.asarray(cv2.resize(padded, (max(width, 1), height), interpolation=cv2.INTER_AREA), np.uint8)


class Canvas:
    """A BGR picture with the tools to draw on it.

    Attributes
    ----------
    pixels : array, uint8, shape (H, W, 3)
        What has been drawn.
    """

    def __init__(self, width: int, height: int, texts: TextMasks) -> None:
        self.pixels: Image = np.zeros((height, width, 3), np.uint8)
        self._texts = texts

    @property
    def all(self) -> Rect:
        """The whole picture."""
        return Rect(0, 0, self.pixels.shape[1], self.pixels.shape[0])

    def strokes(
        self, clip: Rect, ends: ArrayLike, radius: ArrayLike, colour: ArrayLike, alpha: ArrayLike = 1.0
    ) -> None:
        """Draw `raster.strokes`; ends (N, 4), and radius, colour and alpha that broadcast to (N, 2), (N, 3), (N, 2)."""
        lines = np.ascontiguousarray(ends, np.float32)
        count = len(lines)
        if count:
            raster.strokes(
                self.pixels,
                clip.clip,
                lines,
                _spread(radius, count, 2),
                _spread(colour, count, 3),
                _spread(alpha, count, 2),
            )

    def box(self, rect: Rect, colour: Colour, alpha: float = 1.0, corner: float = 0.0) -> None:
        """A filled box with round corners."""
        edges = (rect.x0 - 0.5, rect.y0 - 0.5, rect.x1 - 0.5, rect.y1 - 0.5)
        raster.box(self.pixels, self.all.clip, edges, float(corner), _paint(colour, alpha))

    def dot(self, x: float, y: float, radius: float, colour: Colour, alpha: float = 1.0) -> None:
        """A filled circle."""
        self.strokes(self.all, [[x, y, x, y]], radius, colour, alpha)

    def dial(
        self, middle: tuple[float, float], radii: tuple[float, float, float], share: float, colours: ArrayLike
    ) -> None:
        """Draw `raster.dial`; colours (3, 3)."""
        raster.dial(self.pixels, self.all.clip, middle, radii, share, np.asarray(colours, np.float32))

    def text_width(self, text: str, size_px: int) -> int:
        """Width in pixels that a line of text takes."""
        return int(self._texts.mask(text, size_px).shape[1])

    def text(
        self, clip: Rect, at: tuple[float, float], text: str, *, size_px: int, colour: Colour, alpha: float = 1.0
    ) -> int:
        """Write one line with its left end and middle height `at`; returns its width in pixels."""
        mask = self._texts.mask(text, size_px)
        top = round(at[1] - (mask.shape[0] - 1) / 2)
        raster.stamp(self.pixels, clip.clip, mask, round(at[0]), top, _paint(colour, alpha))
        return int(mask.shape[1])

    def chip(
        self, clip: Rect, middle: tuple[float, float], text: str, *, size_px: int, colour: Colour, alpha: float = 1.0
    ) -> Rect:
        """A pill of `colour` with text that can be read on it, moved so far that it lies in `clip`; returns where."""
        width = self.text_width(text, size_px)
        half_h = round(size_px * 0.68)
        half_w = max(width // 2 + round(size_px * 0.5), half_h)
        x = min(max(round(middle[0]), clip.x0 + half_w), clip.x1 - half_w - 1)
        y = min(max(round(middle[1]), clip.y0 + half_h), clip.y1 - half_h - 1)
        place = Rect(x - half_w, y - half_h, x + half_w + 1, y + half_h + 1)
        edges = (place.x0 - 0.5, place.y0 - 0.5, place.x1 - 0.5, place.y1 - 0.5)
        raster.box(self.pixels, clip.clip, edges, float(half_h), _paint(colour, alpha))
        self.text(clip, (x - (width - 1) / 2, y), text, size_px=size_px, colour=ink_on(colour), alpha=alpha)
        return place

    def pieces(self, at: tuple[float, float], words: Iterable[tuple[str, Colour]], size_px: int, space_px: int) -> int:
        """Write words of several colours one after the other; returns the width of all."""
        x = at[0]
        for word, colour in words:
            x += self.text(self.all, (x, at[1]), word, size_px=size_px, colour=colour) + space_px
        return round(x - at[0]) - space_px


def _spread(values: ArrayLike, count: int, width: int) -> NDArray[np.float32]:
    """`values`, one a row or the same for all, as a float32 array (count, width)."""
    array = np.asarray(values, np.float32)
    spread = np.empty((count, width), np.float32)
    spread[:] = array[:, None] if array.shape == (count,) else array
    return spread


def _paint(colour: Colour, alpha: float) -> NDArray[np.float32]:
    return np.array((*colour, alpha), np.float32)
