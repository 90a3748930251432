"""From what the rasteriser found to light, in numba.

Shading is deferred: every sample is lit once. The room without people is lit first, with its direct and its other light
kept apart, so that people who move through it only change what they shade (`shade_room_under_people`).
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb

from synthetic.light import NO_OWNER, Shot, View, facing, light_at, normalised, openness_at, ray, sun_share
from synthetic.looks import Look, Triple, cloth_look, eye_look, hair_look, plain_look, skin_look
from synthetic.materials import Kind, Material, Materials
from synthetic.mesh import Float32, Index

Six = tuple[float, float, float, float, float, float]
"""Direct and other light, red, green and blue each."""


class Surface(NamedTuple):
    """Everything drawn by triangles."""

    vertices: Float32  # (V, 3), world
    normals: Float32  # (V, 3)
    rest: Float32  # (V, 3), on the resting body: where patterns are looked up
    extra: Float32  # (V, 3): garment height or lips; unused or hair's edge; scalp
    screen: Float32  # (V, 3): samples and nearness
    triangles: Index  # (T, 3)
    material_of: Index  # (T,)
    materials: Materials


class Planes(NamedTuple):
    """Floor, walls and ceiling: endless planes seen from one side."""

    normals: Float32  # (P, 3)
    distances: Float32  # (P,): points x of the plane have normal . x = distance
    across: Float32  # (P, 3): pattern's x along this direction
    along: Float32  # (P, 3): pattern's height along this direction
    materials: Materials  # (P,)


class Layer(NamedTuple):
    """A lit picture in parts: total light is `direct + other`."""

    direct: Float32  # (H, W, 3)
    other: Float32  # (H, W, 3)


@nb.njit(cache=True, nogil=True, fastmath=True)
def _weights(surface: Surface, number: int, column: float, row: float) -> tuple[float, float, float, float]:
    """Perspective-correct barycentric weights of a sample in its triangle, and its depth."""
    screen, corners = surface.screen, surface.triangles[number]
    x0, y0 = screen[corners[0], 0], screen[corners[0], 1]
    x1, y1 = screen[corners[1], 0], screen[corners[1], 1]
    x2, y2 = screen[corners[2], 0], screen[corners[2], 1]
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    w0 = ((x1 - column) * (y2 - row) - (x2 - column) * (y1 - row)) / area
    w1 = ((x2 - column) * (y0 - row) - (x0 - column) * (y2 - row)) / area
    w2 = 1 - w0 - w1
    w0, w1, w2 = w0 * screen[corners[0], 2], w1 * screen[corners[1], 2], w2 * screen[corners[2], 2]
    depth = 1 / (w0 + w1 + w2)
    return w0 * depth, w1 * depth, w2 * depth, depth


@nb.njit(cache=True, nogil=True, fastmath=True)
def _mixed(values: Float32, corners: Index, weights: tuple[float, float, float, float]) -> Triple:
    """A vertex property (V, 3) at a point of a triangle."""
    a, b, c = corners[0], corners[1], corners[2]
    w0, w1, w2 = weights[0], weights[1], weights[2]
    return (
        w0 * values[a, 0] + w1 * values[b, 0] + w2 * values[c, 0],
        w0 * values[a, 1] + w1 * values[b, 1] + w2 * values[c, 1],
        w0 * values[a, 2] + w1 * values[b, 2] + w2 * values[c, 2],
    )


@nb.njit(cache=True, nogil=True, fastmath=True)
def _look(m: Material, rest: Triple, extra: Triple) -> Look:
    if m.kind == Kind.SKIN:
        return skin_look(m, rest, extra[0], extra[2])
    if m.kind == Kind.CLOTH:
        return cloth_look(m, rest, extra[0])
    if m.kind == Kind.HAIR:
        return hair_look(m, rest, extra[0])
    if m.kind == Kind.EYE:
        return eye_look(m, rest)
    return plain_look(m, rest, extra[0])


@nb.njit(cache=True, nogil=True, fastmath=True)
def _shade_triangle(surface: Surface, number: int, sample: tuple[int, int], shot: Shot) -> Six:
    """Direct (shadowed) and other light of one sample that shows a triangle."""
    (row, column), view, lights = sample, shot.camera, shot.lights
    way = ray(view, column + 0.5, row + 0.5)
    weights = _weights(surface, number, column + 0.5, row + 0.5)
    depth, corners = weights[3], surface.triangles[number]
    at = (view.centre[0] + way[0] * depth, view.centre[1] + way[1] * depth, view.centre[2] + way[2] * depth)
    normal = _mixed(surface.normals, corners, weights)
    normal = normalised(normal[0], normal[1], normal[2])
    viewer = normalised(-way[0], -way[1], -way[2])
    if normal[0] * viewer[0] + normal[1] * viewer[1] + normal[2] * viewer[2] < 0:
        normal = (-normal[0], -normal[1], -normal[2])
    m = surface.materials[surface.material_of[number]]
    look = _look(m, _mixed(surface.rest, corners, weights), _mixed(surface.extra, corners, weights))
    openness = openness_at(shot, sample, depth, normal)
    light = light_at(look, normal, viewer, lights, openness)
    sun = sun_share(shot, at, (row, column))
    away = -facing(normal, lights.towards) - 0.1
    if away > 0:  # the far side of a body is never lit, whatever the coarse map says
        sun = min(sun, 1 - min(1.0, 5 * away))
    return light[0] * sun, light[1] * sun, light[2] * sun, light[3], light[4], light[5]


@nb.njit(cache=True, nogil=True, fastmath=True)
def shade_people(picture: Float32, surface: Surface, shot: Shot) -> None:
    """Write the light of every sample that shows a triangle into `picture` (H, W, 3)."""
    for row in range(shot.owner.shape[0]):
        for column in range(shot.owner.shape[1]):
            number = shot.owner[row, column]
            if number >= 0:
                light = _shade_triangle(surface, number, (row, column), shot)
                for channel in range(3):
                    picture[row, column, channel] = light[channel] + light[channel + 3]


@nb.njit(cache=True, nogil=True, fastmath=True)
def _nearest_plane(planes: Planes, view: View, way: Triple) -> tuple[int, float]:
    """The plane that a way from the camera meets first, from its front, and how deep; -1 for none."""
    best, found = 1e9, -1
    for index in range(planes.distances.shape[0]):
        normal = planes.normals[index]
        slope = normal[0] * way[0] + normal[1] * way[1] + normal[2] * way[2]
        if slope < -1e-5:
            above = normal[0] * view.centre[0] + normal[1] * view.centre[1] + normal[2] * view.centre[2]
            depth = (planes.distances[index] - above) / slope
            if 0 < depth < best:
                best, found = depth, index
    return found, best


@nb.njit(cache=True, nogil=True, fastmath=True)
def draw_planes(planes: Planes, shot: Shot) -> None:
    """Put planes behind what is drawn; their owners are numbered -2 downwards."""
    view, owner = shot.camera, shot.owner
    for row in range(owner.shape[0]):
        for column in range(owner.shape[1]):
            if owner[row, column] == NO_OWNER:
                index, depth = _nearest_plane(planes, view, ray(view, column + 0.5, row + 0.5))
                if index >= 0:
                    owner[row, column] = -2 - index
                    shot.nearness[row, column] = 1 / depth


@nb.njit(cache=True, nogil=True, fastmath=True)
def _shade_plane(planes: Planes, index: int, sample: tuple[int, int], shot: Shot) -> Six:
    """Direct (shadowed) and other light of one sample that shows floor, wall or ceiling."""
    (row, column), view, lights = sample, shot.camera, shot.lights
    way = ray(view, column + 0.5, row + 0.5)
    depth = 1 / shot.nearness[row, column]
    at = (view.centre[0] + way[0] * depth, view.centre[1] + way[1] * depth, view.centre[2] + way[2] * depth)
    normal = (planes.normals[index, 0] * 1.0, planes.normals[index, 1] * 1.0, planes.normals[index, 2] * 1.0)
    across = at[0] * planes.across[index, 0] + at[1] * planes.across[index, 1] + at[2] * planes.across[index, 2]
    along = at[0] * planes.along[index, 0] + at[1] * planes.along[index, 1] + at[2] * planes.along[index, 2]
    look = plain_look(planes.materials[index], (across, 0.0, 0.0), along)
    openness = openness_at(shot, sample, depth, normal)
    light = light_at(look, normal, normalised(-way[0], -way[1], -way[2]), lights, openness)
    sun = sun_share(shot, at, (row, column))
    return light[0] * sun, light[1] * sun, light[2] * sun, light[3], light[4], light[5]


@nb.njit(cache=True, nogil=True, fastmath=True)
def shade_room(layer: Layer, backdrop: Float32, furniture: Surface, planes: Planes, shot: Shot) -> None:
    """Light the room without people; `backdrop` (H, W, 3) is seen where there is neither furniture nor plane."""
    owner = shot.owner
    for row in range(owner.shape[0]):
        for column in range(owner.shape[1]):
            number = owner[row, column]
            sample = (row, column)
            if number >= 0:
                light = _shade_triangle(furniture, number, sample, shot)
            elif number < NO_OWNER and planes.materials[-2 - number].kind != Kind.PHOTO_FLOOR:
                light = _shade_plane(planes, -2 - number, sample, shot)
            else:
                strength = planes.materials[-2 - number].share if number < NO_OWNER else 0.0
                red, green, blue = backdrop[row, column, 0], backdrop[row, column, 1], backdrop[row, column, 2]
                rest = 1 - strength
                light = (red * strength, green * strength, blue * strength, red * rest, green * rest, blue * rest)
            for channel in range(3):
                layer.direct[row, column, channel] = light[channel]
                layer.other[row, column, channel] = light[channel + 3]


@nb.njit(cache=True, nogil=True, fastmath=True)
def shade_room_under_people(picture: Float32, layer: Layer, shot: Shot, near_people: tuple[int, int, int, int]) -> None:
    """Write the room into `picture` where no person is, darkened by people's shadows and, near them, by their bodies.

    `near_people` is the box (top, bottom, left, right), in samples, in which people stand close to what is behind them.
    """
    view, owner, nearness, up = shot.camera, shot.owner, shot.nearness, (0.0, 1.0, 0.0)
    for row in range(owner.shape[0]):
        for column in range(owner.shape[1]):
            if owner[row, column] >= 0:
                continue
            sun, openness = 1.0, 1.0
            if nearness[row, column] > 0:
                depth = 1 / nearness[row, column]
                way = ray(view, column + 0.5, row + 0.5)
                at = (view.centre[0] + way[0] * depth, view.centre[1] + way[1] * depth, view.centre[2] + way[2] * depth)
                sun = sun_share(shot, at, (row, column))
                top, bottom, left, right = near_people
                if top <= row < bottom and left <= column < right and at[1] < 0.02:
                    openness = openness_at(shot, (row, column), depth, up)
            for channel in range(3):
                direct, other = layer.direct[row, column, channel], layer.other[row, column, channel]
                picture[row, column, channel] = direct * sun + other * openness
