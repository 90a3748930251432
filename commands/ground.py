"""What a user is told and shown of people's size and of the floor."""

from __future__ import annotations

from dataclasses import replace

from commands.options import PoseOptions
from lifting.scale import ADULT_M
from pose.types import GroundPlane
from render.view import View

WORLDS = ("level", "camera")
"""What `--world` takes."""


def size_line(options: PoseOptions) -> str:
    """What sizes and distances rest on, in one line.

    >>> from dataclasses import replace
    >>> options = PoseOptions("auto", None, 256, None, 0.5, 60.0, height_m=1.78)
    >>> size_line(options)
    'size: 1.78 m, as given'
    >>> size_line(replace(options, height_m=None))
    'size: everybody is taken for an adult of 1.70 m; --height gives the true one'
    """
    if options.height_m is not None:
        return f"size: {options.height_m:.2f} m, as given"
    return f"size: everybody is taken for an adult of {ADULT_M:.2f} m; --height gives the true one"


def levelled(view: View, floor: GroundPlane | None, level: bool) -> View:
    """The view with the floor where it is, if that is wanted and known."""
    if not level or floor is None or not floor.known:
        return view
    return replace(view, up=floor.up, camera_height_m=floor.camera_height_m)
