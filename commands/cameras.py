"""`cameras`: which there are, and what they can do."""

from __future__ import annotations

from rich.console import Console

from pose.errors import ExitCode
from stream.cameras import camera_modes, list_cameras


def run(modes: bool) -> ExitCode:
    """List cameras, a line each; with `modes` each is opened and asked for its usual sizes."""
    console = Console(soft_wrap=True, highlight=False)
    found = list_cameras()
    if not found:
        console.print("no camera found; plug one in, or try: python main.py demo")
    for camera in found:
        text = f"{camera.index}: {camera.name} ({camera.backend})"
        if modes:
            text += ": " + (", ".join(str(mode) for mode in camera_modes(camera.index)) or "could not be opened")
        console.print(text, markup=False)
    return ExitCode.DONE
