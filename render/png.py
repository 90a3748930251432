"""Screenshots."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import cv2

from pose.types import Image
from render.errors import RenderError


def save_png(path: Path, image: Image) -> None:
    """Write a BGR picture (H, W, 3) as PNG, beside its place first and renamed into it; folders are made.

    Raises
    ------
    RenderError
        The picture cannot be written there.
    """
    beside = path.with_name(path.name + ".part")
    _, data = cv2.imencode(".png", image)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data.tobytes())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):  # what is left over, if anything, matters less than the first error
            beside.unlink()
        reason = error.strerror or error
        raise RenderError(f"cannot write the screenshot {path}: {reason}; choose another folder") from error
