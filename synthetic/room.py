"""Where people are: floor, walls and ceiling, boxes for furniture, pictures on the wall, or a backdrop."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from synthetic.backdrop import dead_leaves
from synthetic.materials import MATERIAL, Kind, Materials, Pattern, Rng, from_hsv, linear, material
from synthetic.mesh import Float32
from synthetic.rotations import X_AXIS, Y_AXIS, Z_AXIS, Float, about_y
from synthetic.shading import Planes

_ROUGH = frozenset({Pattern.PLASTER, Pattern.WOOD, Pattern.CARPET, Pattern.BRICK})
_SCALES = {
    Pattern.WOOD: (5, 14),
    Pattern.BRICK: (8, 16),
    Pattern.CHECKER: (1.5, 5),
    Pattern.CARPET: (1, 8),
    Pattern.PLASTER: (0.5, 4),
    Pattern.STRIPES: (2, 14),
    Pattern.PICTURE: (1, 6),
    Pattern.RINGS: (1, 4),
}
_WALLS = (*[Pattern.PLASTER] * 3, Pattern.BRICK, Pattern.STRIPES, Pattern.PICTURE, Pattern.WOOD)
_FLOORS = (Pattern.WOOD, Pattern.CHECKER, Pattern.CARPET, Pattern.PLASTER)
_THINGS = (
    Pattern.PLASTER,
    Pattern.WOOD,
    Pattern.PICTURE,
    Pattern.CHECKER,
    Pattern.STRIPES,
    Pattern.RINGS,
    Pattern.CARPET,
    Pattern.BRICK,
)
_UP = (0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of furniture.

    Attributes
    ----------
    centre_m, size_m : array, shape (3,)
    yaw_deg : float
    material : record of `MATERIAL`
    """

    centre_m: Float
    size_m: Float
    yaw_deg: float
    material: Materials


@dataclass(frozen=True, slots=True)
class Plane:
    """An endless plane that is seen from the side of its normal.

    Attributes
    ----------
    normal : array, shape (3,)
        Unit vector.
    point : array, shape (3,)
        Any point of it.
    across, along : array, shape (3,)
        Directions of its pattern's x and height.
    material : record of `MATERIAL`
    """

    normal: Float
    point: Float
    across: Float
    along: Float
    material: Materials


@dataclass(frozen=True, slots=True)
class Room:
    """Everything in a scene but people.

    Attributes
    ----------
    planes : list of Plane
    boxes : list of Box
    backdrop : array, float32, shape (H, W, 3) or None
        Linear light, red first, seen where there is no plane; black where None.
    """

    planes: list[Plane] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    backdrop: Float32 | None = None


def surface(
    rng: Rng, patterns: tuple[Pattern, ...], darkest: float, brightest: float, saturation: float = 0.35
) -> Materials:
    """A random material of walls, floors or furniture."""
    pattern = patterns[int(rng.integers(len(patterns)))]
    base = from_hsv(rng.random(), rng.uniform(0, saturation), rng.uniform(darkest, brightest))
    contrast = rng.uniform(0.7, 1.25) if pattern in _ROUGH else rng.uniform(0.4, 1.5)
    return material(
        Kind.ROOM,
        base,
        base * contrast,
        base * rng.uniform(0.4, 1.4),
        pattern=pattern,
        scale=rng.uniform(*_SCALES.get(pattern, (3, 3))),
        share=rng.uniform(0.3, 0.7),
        gloss=rng.uniform(0, 1),
        seed=int(rng.integers(1, 60000)),
    )


def floor_plane(cover: Materials) -> Plane:
    """The floor, at height 0."""
    return Plane(np.array(_UP), np.zeros(3), X_AXIS, Z_AXIS, cover)


def indoor(rng: Rng, centre: Float, ahead: Float) -> Room:
    """A room round `centre` seen in the direction `ahead`: floor, ceiling, two to four walls, pictures on them."""
    planes = [floor_plane(surface(rng, _FLOORS, 0.15, 0.8))]
    normal: Float = about_y(np.degrees(rng.uniform(-0.5, 0.5))) @ -_level(ahead)
    along_wall: Float = np.array([normal[2], 0.0, -normal[0]])
    on_wall = centre - normal * rng.uniform(0.6, 4)
    wall = surface(rng, _WALLS, 0.2, 0.95)
    planes.append(Plane(normal, on_wall, along_wall, np.array(_UP), wall))
    for side in (1.0, -1.0):
        if rng.random() < 0.6:
            point = centre + along_wall * side * rng.uniform(1.2, 4)
            planes.append(Plane(-side * along_wall, point, normal, np.array(_UP), wall))
    ceiling = surface(rng, (Pattern.PLASTER,), 0.7, 0.98, 0.05)
    high = np.array([0, rng.uniform(2.4, 3.2), 0])
    planes.append(Plane(-Y_AXIS, high, X_AXIS, Z_AXIS, ceiling))
    boxes = []
    for _ in range(int(rng.integers(0, 5))):
        size = np.array([rng.uniform(0.2, 1.4), rng.uniform(0.2, 1.2), 0.03])
        place = on_wall + along_wall * rng.uniform(-2.2, 2.2) + normal * 0.02
        place[1] = rng.uniform(0.8, 2.2)
        picture = surface(rng, (Pattern.PICTURE, Pattern.SOLID, Pattern.CHECKER, Pattern.RINGS), 0.1, 1, 0.8)
        if rng.random() < 0.3:  # a window or a screen
            for colour in ("base", "second", "third"):
                picture[colour] *= 3
        boxes.append(Box(place, size, float(np.degrees(np.arctan2(normal[0], normal[2]))), picture))
    return Room(planes, boxes)


def outdoor(rng: Rng, height: int, width: int) -> Room:
    """A ground under a sky over something green, grey or brown; the backdrop has (height, width) samples."""
    ground = surface(rng, (Pattern.CARPET, Pattern.PLASTER, Pattern.CHECKER, Pattern.WOOD), 0.15, 0.7)
    sky = np.array([0.55, 0.7, 0.95]) * rng.uniform(0.5, 1.1)
    down = np.clip(np.linspace(1.3, -0.6, height), 0, 1)[:, None, None]
    picture = dead_leaves(rng, height, width) * (1 - down) + sky * down
    return Room([floor_plane(ground)], [], linear(picture).astype(np.float32))


def before_picture(rng: Rng, height: int, width: int) -> Room:
    """Only a backdrop, often with a floor that takes shadows; the backdrop has (height, width) samples."""
    picture = linear(dead_leaves(rng, height, width)).astype(np.float32)
    if rng.random() >= 0.6:
        return Room([], [], picture)
    return Room([floor_plane(material(Kind.PHOTO_FLOOR, _UP, share=rng.uniform(0.2, 0.7)))], [], picture)


def clutter(rng: Rng, centre: Float, camera_m: Float) -> list[Box]:
    """Up to eight boxes behind and beside `centre` as seen from the camera, standing or hanging."""
    ahead = _level(centre - camera_m)
    aside = np.array([-ahead[2], 0, ahead[0]])
    boxes = []
    for _ in range(int(rng.integers(0, 9))):
        size = rng.uniform([0.15, 0.2, 0.15], [1.2, 1.6, 0.8])
        place = centre + aside * rng.uniform(-3, 3) + ahead * rng.uniform(0.5, 2.5)
        place[1] = size[1] / 2 if rng.random() < 0.75 else rng.uniform(0.5, 2.2)
        boxes.append(Box(place, size, rng.uniform(0, 360), surface(rng, _THINGS, 0.05, 0.95, 0.8)))
    return boxes


def _level(direction: Float) -> Float:
    """The horizontal unit vector of a direction."""
    flat = direction * [1, 0, 1]
    return np.asarray(flat / np.linalg.norm(flat))


def plane_arrays(planes: list[Plane]) -> Planes:
    """Planes as the shader reads them."""
    count = len(planes)
    stacked = [
        np.array([getattr(plane, name) for plane in planes], np.float32).reshape(count, 3)
        for name in ("normal", "across", "along")
    ]
    distances = np.array([plane.normal @ plane.point for plane in planes], np.float32)
    materials = np.stack([plane.material for plane in planes]) if planes else np.zeros(0, MATERIAL)
    return Planes(stacked[0], distances, stacked[1], stacked[2], materials)


_CORNERS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
_FACES = (
    ((0, 1, 3, 2), (-1, 0, 0)),
    ((4, 6, 7, 5), (1, 0, 0)),
    ((0, 4, 5, 1), (0, -1, 0)),
    ((2, 3, 7, 6), (0, 1, 0)),
    ((0, 2, 6, 4), (0, 0, -1)),
    ((1, 5, 7, 3), (0, 0, 1)),
)


def box_mesh(box: Box) -> tuple[Float, Float, Float, Float, Float]:
    """Vertices, normals, pattern points, extra (all (24, 3)) and triangles (12, 3) of a box."""
    rotation, corners = about_y(box.yaw_deg), _CORNERS * box.size_m
    vertices, normals, rest, extra, triangles = [], [], [], [], []
    for face, (corner_numbers, normal) in enumerate(_FACES):
        for number in corner_numbers:
            corner = corners[number]
            vertices.append(rotation @ corner + box.centre_m)
            normals.append(rotation @ np.array(normal, np.float64))
            # The pattern runs round the sides, and along the depth on top.
            rest.append((corner[0] + (corner[2] if normal[0] else 0.0), 0.0, 0.0))
            extra.append((corner[2] if normal[1] else corner[1], -1.0, -1.0))
        first = 4 * face
        triangles += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    return np.array(vertices), np.array(normals), np.array(rest), np.array(extra), np.array(triangles)
