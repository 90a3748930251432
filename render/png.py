"""Screenshots."""

from __future__ import annotations

from pathlib import Path

import cv2

from pose.files import written_beside
from pose.types import Image
from render.errors import RenderError


def save_png(path: Path, image: Image) -> None:
    """Write a BGR picture (H, W, 3) as PNG, beside its place first and renamed into it; folders are made.

    Raises
    ------
    RenderError
        The picture cannot be written there.
    """
    _, data = cv2.imencode(".png", image)
    try:
        with written_beside(path) as partial:
            partial.write_bytes(data.tobytes())
    except OSError as error:
        reason = error.strerror or error
        raise RenderError(f"cannot write the screenshot {path}: {reason}; choose another folder") from error
