"""A scene: camera, light and room; people are rendered into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pose.camera import Extrinsics, Intrinsics
from synthetic.actor import PosedActor
from synthetic.light import NO_OWNER, SHADOW_SIZE, Lights, ShadowMap, Shot, View
from synthetic.materials import MATERIAL, Rng
from synthetic.mesh import Float32, Index
from synthetic.raster import HIDDEN, draw_triangles
from synthetic.room import Room, box_mesh, plane_arrays
from synthetic.rotations import Float, unit
from synthetic.shading import Layer, Surface, draw_planes, shade_people, shade_room, shade_room_under_people

_NEAREST_M = 0.15
_FARTHEST = np.float32(-1e8)
_NEAR_PEOPLE_PX = 24


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the picture is taken from and how wide; world axes y up, floor at 0."""

    intrinsics: Intrinsics
    extrinsics: Extrinsics

    @property
    def position_m(self) -> Float:
        """The camera's centre (3,) in the world."""
        return self.extrinsics.to_world(np.zeros(3))

    def pixels(self, world_m: Float) -> Float:
        """Pixels (..., 2) of points (..., 3) of the world; NaN behind the camera."""
        return self.intrinsics.project(self.extrinsics.to_camera(world_m))


@dataclass(frozen=True, slots=True)
class Rendering:
    """A picture before the camera's own ways, with what lies where.

    Attributes
    ----------
    light : array, float32, shape (H, W, 3)
        Linear, red first.
    nearness : array, float32, shape (H * samples, W * samples)
        1/depth of each sample, 0 where there is only backdrop.
    person : array, int16, shape (H * samples, W * samples)
        Whom each sample shows, -1 nobody.
    samples : int
        Samples along each side of a pixel.
    """

    light: Float32
    nearness: Float32
    person: NDArray[np.int16]
    samples: int


def random_lights(rng: Rng) -> Lights:
    """A lamp or sun anywhere above, with light of the surroundings and a second soft light."""
    height, azimuth = np.radians(rng.uniform(18, 80)), rng.uniform(-np.pi, np.pi)
    towards = (np.cos(height) * np.sin(azimuth), np.sin(height), np.cos(height) * np.cos(azimuth))
    warm, cool = rng.normal(0, 0.12), rng.normal(0, 0.08)
    above = rng.uniform(0.4, 0.95) * np.array([1 + cool, 1, 1 - cool])
    side = rng.uniform(-np.pi, np.pi)
    return make_lights(
        towards=towards,
        direct=rng.uniform(0.25, 1.4) * np.array([1 + warm, 1, 1 - warm]),
        above=above,
        below=above * rng.uniform(0.25, 0.8) * rng.uniform(0.85, 1.1, 3),
        fill_towards=(np.sin(side), 0.2, np.cos(side)),
        fill=rng.uniform(0, 0.5) * rng.uniform(0.8, 1.2, 3),
        softness=rng.uniform(1, 14),
    )


def make_lights(
    *,
    towards: tuple[float, float, float],
    direct: Float,
    above: Float,
    below: Float,
    fill_towards: tuple[float, float, float],
    fill: Float,
    softness: float,
) -> Lights:
    """Lights as the shader reads them; see `light.Lights`."""
    return Lights(
        unit(towards).astype(np.float32),
        np.asarray(direct, np.float32),
        np.asarray(above, np.float32),
        np.asarray(below, np.float32),
        unit(fill_towards).astype(np.float32),
        np.asarray(fill, np.float32),
        float(softness),
    )


class Scene:
    """A room under a light, seen by a camera; the room is rendered once.

    Parameters
    ----------
    camera : Camera
    lights : Lights
    room : Room
        A backdrop in it has `samples` times the camera's size.
    centre_m : array, shape (3,)
        Where people are: the shadow map lies round it.
    radius_m : float
        How far people reach from there.
    samples : int
        Samples along each side of a pixel: 2 is smooth, 1 fast.
    """

    def __init__(
        self, camera: Camera, lights: Lights, room: Room, *, centre_m: Float, radius_m: float, samples: int = 2
    ) -> None:
        self.camera, self._lights, self._samples = camera, lights, samples
        inside = camera.intrinsics
        self._view = View(
            camera.extrinsics.rotation.astype(np.float32),
            camera.position_m.astype(np.float32),
            float(inside.fx * samples),
            float((inside.cx + 0.5) * samples),
            float((inside.cy + 0.5) * samples),
        )
        self._centre, self._radius = np.asarray(centre_m, np.float64) + np.array((0, 0.3, 0)), radius_m
        shape = (inside.height * samples, inside.width * samples)
        self._layer = Layer(np.zeros((*shape, 3), np.float32), np.zeros((*shape, 3), np.float32))
        self._nearness = np.zeros(shape, np.float32)
        self._furniture = self._room_surface(room)
        self._light_room(room, shape)

    def render(self, people: Sequence[PosedActor]) -> Rendering:
        """The room with people in it."""
        nearness, owner = self._nearness.copy(), np.full(self._nearness.shape, NO_OWNER, np.int32)
        picture = np.empty((*owner.shape, 3), np.float32)
        surface, cut, person_of = self._people_surface(people)
        draw_triangles(surface.screen, surface.triangles, cut, nearness, owner)
        cast = self._shadow_map(surface, cut)
        shot = Shot(self._view, self._lights, cast, nearness, owner)
        shade_room_under_people(picture, self._layer, shot, _box_round(owner >= 0))
        both = cast._replace(
            nearness=np.maximum(cast.nearness, self._shadows.nearness),
            highest=np.maximum(cast.highest, self._shadows.highest),
        )
        shade_people(picture, surface, shot._replace(shadows=both))
        person = np.where(owner >= 0, person_of[np.maximum(owner, 0)], -1).astype(np.int16)
        inside = self.camera.intrinsics
        light = cv2.resize(picture, (inside.width, inside.height), interpolation=cv2.INTER_AREA)
        return Rendering(np.asarray(light, np.float32), nearness, person, self._samples)

    def _light_room(self, room: Room, shape: tuple[int, int]) -> None:
        owner, planes = np.full(shape, NO_OWNER, np.int32), plane_arrays(room.planes)
        whole = np.ones(len(self._furniture.vertices), np.float32)
        draw_triangles(self._furniture.screen, self._furniture.triangles, whole, self._nearness, owner)
        self._shadows = self._shadow_map(self._furniture, whole)
        shot = Shot(self._view, self._lights, self._shadows, self._nearness, owner)
        draw_planes(planes, shot)
        backdrop = np.zeros((*shape, 3), np.float32) if room.backdrop is None else room.backdrop
        shade_room(self._layer, backdrop, self._furniture, planes, shot)

    def _screen(self, vertices: Float32) -> Float32:
        """Sample coordinates and nearness (V, 3) of points of the world."""
        seen = self.camera.extrinsics.to_camera(vertices)
        before = seen[:, 2] > _NEAREST_M
        near = 1 / np.where(before, seen[:, 2], 1)
        x = self._view.cx + self._view.focal * seen[:, 0] * near
        y = self._view.cy + self._view.focal * seen[:, 1] * near
        screen = np.stack([x, y, near], axis=1)
        screen[~before] = (0, 0, HIDDEN)
        return np.asarray(screen, np.float32)

    def _shadow_map(self, surface: Surface, cut: Float32) -> ShadowMap:
        """What the lamp sees of a surface, in a parallel view along the light."""
        away = self._lights.towards.astype(np.float64)
        across = unit(np.cross([0.0, 1.0, 0.0], away))
        axes = np.stack([across, np.cross(away, across), -away])
        cells = SHADOW_SIZE * 0.48 / self._radius
        seen = (surface.vertices - self._centre) @ axes.T
        screen = np.stack([seen[:, 0] * cells + SHADOW_SIZE / 2, seen[:, 1] * cells + SHADOW_SIZE / 2, -seen[:, 2]], 1)
        nearness = np.full((SHADOW_SIZE, SHADOW_SIZE), _FARTHEST, np.float32)
        draw_triangles(screen.astype(np.float32), surface.triangles, cut, nearness, np.empty(nearness.shape, np.int32))
        reach = 2 * int(np.ceil(self._lights.softness)) + 3
        highest = np.asarray(cv2.dilate(nearness, np.ones((reach, reach), np.uint8)), np.float32)
        return ShadowMap(nearness, highest, axes.astype(np.float32), self._centre.astype(np.float32), float(cells))

    def _people_surface(self, people: Sequence[PosedActor]) -> tuple[Surface, Float32, NDArray[np.int16]]:
        """Everybody in single arrays, with the cut of every vertex and the person of every triangle."""
        pools = [one.actor.pool for one in people]
        vertices = _joined([one.vertices for one in people], 3)
        triangles, material_of, vertex_offset, material_offset = [], [], 0, 0
        for pool in pools:
            triangles.append(pool.triangles + np.int32(vertex_offset))
            material_of.append(pool.material_of + np.int32(material_offset))
            vertex_offset += len(pool.vertices)
            material_offset += len(pool.materials)
        surface = Surface(
            vertices,
            _joined([one.normals for one in people], 3),
            _joined([pool.rest for pool in pools], 3),
            _joined([pool.extra for pool in pools], 3),
            self._screen(vertices),
            np.concatenate([np.zeros((0, 3), np.int32), *triangles]),
            np.concatenate([np.zeros(0, np.int32), *material_of]),
            np.concatenate([np.zeros(0, MATERIAL), *(pool.materials for pool in pools)]),
        )
        cut = np.concatenate([np.zeros(0, np.float32), *(pool.cut for pool in pools)])
        persons = [np.full(len(pool.triangles), number, np.int16) for number, pool in enumerate(pools)]
        return surface, cut, np.concatenate([np.zeros(0, np.int16), *persons, np.full(1, -1, np.int16)])

    def _room_surface(self, room: Room) -> Surface:
        """All furniture in single arrays."""
        meshes = [box_mesh(box) for box in room.boxes]
        vertices, normals, rest, extra = (_joined([mesh[i] for mesh in meshes], 3) for i in range(4))
        triangles: list[Index] = [mesh[4].astype(np.int32) + np.int32(24 * i) for i, mesh in enumerate(meshes)]
        numbers = np.repeat(np.arange(len(meshes), dtype=np.int32), 12)
        materials = np.stack([box.material for box in room.boxes]) if room.boxes else np.zeros(0, MATERIAL)
        joined = np.concatenate([np.zeros((0, 3), np.int32), *triangles])
        return Surface(vertices, normals, rest, extra, self._screen(vertices), joined, numbers, materials)


def _joined(arrays: Sequence[NDArray[Any]], width: int) -> Float32:
    """Arrays (N, width) one after the other, as float32; none give (0, width)."""
    return np.concatenate([np.zeros((0, width), np.float32), *(array.astype(np.float32) for array in arrays)])


def _box_round(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Top, bottom, left and right (ends excluded) of a box round the samples of people, a little larger."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    margin = _NEAR_PEOPLE_PX
    return int(rows[0]) - margin, int(rows[-1]) + margin + 1, int(columns[0]) - margin, int(columns[-1]) + margin + 1
