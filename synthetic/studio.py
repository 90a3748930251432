"""The room of the performances: plain walls, a wooden floor, a mat, some furniture, daylight from the side."""

from __future__ import annotations

import numpy as np

from synthetic.light import Lights
from synthetic.materials import Kind, Pattern, Rng, material
from synthetic.room import Box, Plane, Room, floor_plane
from synthetic.rotations import X_AXIS, Y_AXIS, Z_AXIS
from synthetic.scene import make_lights

_WALL_Z_M = -2.7
_LEFT_X_M, _RIGHT_X_M = -4.1, 4.2
_CEILING_M = 2.75


def studio_lights(rng: Rng) -> Lights:
    """A window high on the camera's side, and soft light from everywhere."""
    side = rng.choice((-1.0, 1.0)) * rng.uniform(0.35, 0.7)
    return make_lights(
        towards=(float(side), 1.0, 0.75),
        direct=np.array([1.02, 0.98, 0.92]) * rng.uniform(0.75, 0.95),
        above=np.array([0.66, 0.69, 0.74]),
        below=np.array([0.52, 0.49, 0.46]),
        fill_towards=(float(-side), 0.3, 0.8),
        fill=np.full(3, 0.22),
        softness=7.0,
    )


def studio_room(rng: Rng) -> Room:
    """Floor, three walls and a ceiling, with a mat, a shelf, a bench, a window and a picture."""
    tint = rng.uniform(-0.04, 0.04, 3)
    seeds = [int(seed) for seed in rng.integers(1, 60000, 5)]
    wall_colour = np.array([0.84, 0.84, 0.82]) + tint
    wall = material(Kind.ROOM, wall_colour, wall_colour * 0.93, pattern=Pattern.PLASTER, scale=2, seed=seeds[0])
    boards = np.array([0.62, 0.48, 0.34]) + tint
    wood = material(
        Kind.ROOM, boards, boards * 0.86, boards * 0.6, pattern=Pattern.WOOD, scale=7, gloss=0.5, seed=seeds[1]
    )
    white = material(Kind.ROOM, (0.92, 0.92, 0.9), pattern=Pattern.PLASTER, seed=seeds[2])
    planes = [
        floor_plane(wood),
        Plane(Z_AXIS, np.array([0, 0, _WALL_Z_M]), X_AXIS, Y_AXIS, wall),
        Plane(X_AXIS, np.array([_LEFT_X_M, 0, 0]), Z_AXIS, Y_AXIS, wall),
        Plane(-X_AXIS, np.array([_RIGHT_X_M, 0, 0]), Z_AXIS, Y_AXIS, wall),
        Plane(-Y_AXIS, np.array([0, _CEILING_M, 0]), X_AXIS, Z_AXIS, white),
    ]
    mat = material(Kind.ROOM, (0.30, 0.42, 0.46), (0.27, 0.38, 0.42), pattern=Pattern.CARPET, scale=6, seed=seeds[3])
    birch = material(Kind.ROOM, (0.72, 0.62, 0.48), (0.66, 0.56, 0.43), pattern=Pattern.WOOD, scale=9, seed=seeds[4])
    dark = material(Kind.ROOM, (0.25, 0.26, 0.28))
    window = material(
        Kind.ROOM, (0.93, 0.97, 1.0), (0.80, 0.88, 0.95), pattern=Pattern.PICTURE, scale=1.5, seed=seeds[0]
    )
    for colour in ("base", "second", "third"):
        window[colour] *= 1.8  # brighter than what it lights
    art = material(
        Kind.ROOM,
        (0.25, 0.38, 0.50),
        (0.75, 0.52, 0.30),
        (0.85, 0.80, 0.70),
        pattern=Pattern.PICTURE,
        scale=4,
        seed=seeds[1],
    )
    boxes = [
        Box(np.array([0.05, 0.006, 0.0]), np.array([1.9, 0.012, 1.3]), 8.0, mat),
        Box(np.array([-2.35, 0.55, -2.4]), np.array([0.9, 1.1, 0.4]), 0.0, birch),
        Box(np.array([-2.35, 1.16, -2.4]), np.array([0.35, 0.12, 0.25]), 20.0, dark),
        Box(np.array([2.5, 0.22, -2.2]), np.array([1.2, 0.44, 0.45]), 0.0, birch),
        Box(np.array([2.6, 1.55, _WALL_Z_M]), np.array([1.0, 0.7, 0.05]), 0.0, art),
        Box(np.array([-1.05, 1.75, _WALL_Z_M]), np.array([1.3, 1.2, 0.05]), 0.0, window),
        Box(np.array([0, 0.05, _WALL_Z_M + 0.01]), np.array([8.4, 0.1, 0.02]), 0.0, white),
    ]
    return Room(planes, boxes)
