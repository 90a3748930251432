"""What the 3D view is drawn with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.canvas import Canvas
from render.framing import Framed
from render.layout import Rect
from render.orbit import Projection


class Depths:
    """The depth in metres of every pixel of the canvas (H, W), kept from frame to frame."""

    def __init__(self, width: int, height: int) -> None:
        self.values: NDArray[np.float32] = np.empty((height, width), np.float32)

    def clear(self, part: Rect) -> None:
        """Forget what was drawn in this part."""
        self.values[part.y0 : part.y1, part.x0 : part.x1] = np.inf


@dataclass(frozen=True, slots=True)
class Stage:
    """The 3D panel, ready to draw in.

    Attributes
    ----------
    canvas : Canvas
        The picture of the whole window.
    depths : Depths
        Of the same size.
    projection : Projection
        From the scene to the panel.
    framed : Framed
        What is looked at, and where the floor is.
    scale : float
        Factor on sizes of text and lines.
    """

    canvas: Canvas
    depths: Depths
    projection: Projection
    framed: Framed
    scale: float

    @property
    def panel(self) -> Rect:
        """Where the panel lies in the window."""
        return self.projection.panel
