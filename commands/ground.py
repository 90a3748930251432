"""What a user is told and shown of people's size and of the floor."""

from __future__ import annotations

import math
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


def floor_line(floor: GroundPlane | None) -> str:
    """What the floor rests on, in one line.

    >>> floor_line(GroundPlane((0.0, -1.0, 0.0), 1.2, 0.8, "feet that stand"))
    'floor: 1.20 m under the camera, which looks 0 degrees down; from feet that stand'
    """
    if floor is None or not floor.known:
        return "floor: unknown, as nobody stood on it; the camera is taken as level"
    down_deg = math.degrees(math.asin(max(-1.0, min(1.0, -floor.up[2]))))
    way = "down" if down_deg >= 0 else "up"
    return (
        f"floor: {floor.camera_height_m:.2f} m under the camera, which looks {abs(down_deg):.0f} degrees {way}; "
        f"from {floor.source}"
    )


def levelled(view: View, floor: GroundPlane | None, level: bool) -> View:
    """The view with the floor where it is, if that is wanted and known."""
    if not level or floor is None or not floor.known:
        return view
    return replace(view, up=floor.up, camera_height_m=floor.camera_height_m)
