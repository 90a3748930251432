"""Random training pictures: anybody, in any clothes and pose, anywhere, with exact labels.

>>> image, labels = sample(np.random.default_rng(7), size=64, people=(1, 1))
>>> image.shape, labels.xy_px.shape[1:]
((64, 64, 3), (18, 2))
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from pose.camera import Extrinsics, Intrinsics
from pose.types import Float32, Image
from synthetic.actor import Actor, PosedActor
from synthetic.errors import SyntheticError
from synthetic.finish import exposure, finished, random_finish
from synthetic.labels import FrameTruth, frame_truth
from synthetic.materials import Pattern, Rng
from synthetic.poses import random_pose
from synthetic.retarget import Extremities
from synthetic.room import Box, Room, before_picture, clutter, indoor, outdoor, surface
from synthetic.rotations import Float, about_y
from synthetic.scene import Camera, Scene, random_lights

FRAMINGS = {"full": 0.45, "upper": 0.25, "group": 0.2, "far": 0.1}
"""How people fill the picture, and how often: whole, as before a webcam, several, small."""

_WARDROBE_SIZE = 32
_REUSED = 0.75
_LEAST_APART_M = 0.45
_LEAST_SHOWN_PX = 12
_ANGLES_OF_VIEW_DEG = (35, 78)


class Wardrobe:
    """A few dozen people who are used again: making one takes longer than posing one.

    Every process of a training run has its own; give a fresh one to get the same pictures from the same seed.
    """

    def __init__(self) -> None:
        self._actors: list[Actor] = []

    def pick(self, rng: Rng) -> Actor:
        """Somebody known, or somebody new."""
        if len(self._actors) > _WARDROBE_SIZE // 4 and rng.random() < _REUSED:
            return self._actors[int(rng.integers(len(self._actors)))]
        self._actors.append(Actor.random(rng))
        if len(self._actors) > _WARDROBE_SIZE:
            self._actors.pop(0)
        return self._actors[-1]


def sample(
    rng: Rng,
    size: int = 256,
    people: tuple[int, int] = (1, 3),
    poses: Sequence[ArrayLike] | Float32 | None = None,
    *,
    framing: str | None = None,
    wardrobe: Wardrobe | None = None,
    samples: int = 2,
) -> tuple[Image, FrameTruth]:
    """One random picture and the truth of everybody who shows.

    Parameters
    ----------
    rng : Generator
        Everything follows from it (and from the wardrobe).
    size : int
        Width and height in pixels.
    people : tuple of 2 ints
        Least and most people in the room; (0, 0) gives empty rooms.
    poses : sequence of arrays, shape (17, 3), or None
        H36M17 joints, y up, in any scale, of which half of all poses are taken; None takes all from the library.
    framing : str or None
        One of `FRAMINGS`; None for any.
    wardrobe : Wardrobe or None
        Where people come from; None makes new ones.
    samples : int
        Samples along each side of a pixel: 2 is smooth, 1 three times as fast.

    Returns
    -------
    image : array, uint8, shape (size, size, 3)
        BGR.
    truth : FrameTruth

    Raises
    ------
    SyntheticError
        Where the size, the numbers of people or the framing cannot be.
    """
    if size < 16 or not 0 <= people[0] <= people[1] or (framing is not None and framing not in FRAMINGS):
        raise SyntheticError(f"no training picture of size {size} with {people[0]} to {people[1]} people, {framing}")
    framing = framing or str(rng.choice(list(FRAMINGS), p=list(FRAMINGS.values())))
    crowd = _crowd(rng, _head_count(rng, people, framing), framing, poses, wardrobe or Wardrobe())
    centre, extent = _bounds(crowd)
    camera = _camera(rng, size, framing, crowd, centre, extent)
    room = _room(rng, camera, centre, size * samples)
    if crowd and framing == "upper" and rng.random() < 0.35:
        room.boxes.append(_desk(rng, camera.position_m, crowd[0].h36m[0]))
    elif rng.random() < 0.12:
        room.boxes.append(_obstacle(rng, camera, centre))
    radius = max(1.3, 0.7 * float(np.linalg.norm(extent)))
    scene = Scene(camera, random_lights(rng), room, centre_m=centre, radius_m=radius, samples=samples)
    rendering = scene.render(crowd)
    finish = random_finish(rng)
    shown = (rendering.person >= 0).reshape(size, samples, size, samples).mean(axis=(1, 3), dtype=np.float32)
    image = finished(rendering.light, exposure(rendering.light, shown, finish), finish, rng)
    return image, frame_truth(camera, crowd, rendering, _LEAST_SHOWN_PX)


def _head_count(rng: Rng, people: tuple[int, int], framing: str) -> int:
    """How many people: several in a group, else mostly the least or one."""
    least, most = people
    if framing == "group":
        return int(rng.integers(max(least, min(2, most)), most + 1))
    return int(np.clip(1 + (rng.random() < 0.15), least, most))


def _crowd(
    rng: Rng, count: int, framing: str, poses: Sequence[ArrayLike] | Float32 | None, wardrobe: Wardrobe
) -> list[PosedActor]:
    """People in random poses, none inside another; the first is in the middle."""
    crowd: list[PosedActor] = []
    for number in range(count):
        actor = wardrobe.pick(rng)
        if poses is not None and len(poses) and rng.random() < 0.5:
            joints = np.asarray(poses[int(rng.integers(len(poses)))], np.float64)
        else:
            joints = random_pose(rng, actor.proportions)
        yaw = rng.normal(0, 35) if framing == "upper" else rng.uniform(-180, 180)
        place = (rng.uniform(-1.2, 1.2), rng.uniform(-1.2, 0.6)) if number else (0.0, 0.0)
        taken = [one.h36m[0][[0, 2]] for one in crowd]
        if any(np.hypot(*(np.array(place) - other)) < _LEAST_APART_M for other in taken):
            continue
        low, high = rng.uniform(-70, 70, 2), rng.uniform(3, 55, 2)
        extremities = Extremities(
            pronation=(float(low[0]), float(low[1])),
            curl=(float(high[0]), float(high[1])),
            jaw=max(0.0, float(rng.normal(0, 6))),
        )
        crowd.append(actor.standing_at(joints @ about_y(yaw).T, place, extremities))
    return crowd


def _bounds(crowd: list[PosedActor]) -> tuple[Float, Float]:
    """Middle and extent (3,) of everybody; of nobody, those of a person who could stand there."""
    if not crowd:
        return np.array([0, 0.85, 0.0]), np.array([0.6, 1.7, 0.4])
    low = np.min([one.vertices.min(axis=0) for one in crowd], axis=0).astype(np.float64)
    high = np.max([one.vertices.max(axis=0) for one in crowd], axis=0).astype(np.float64)
    return (low + high) / 2, high - low


def _camera(rng: Rng, size: int, framing: str, crowd: list[PosedActor], centre: Float, extent: Float) -> Camera:
    """A camera that shows the people as the framing asks."""
    inside = Intrinsics.from_fov(size, size, rng.uniform(*_ANGLES_OF_VIEW_DEG))
    if framing == "upper":
        chest = crowd[0].h36m[8] if crowd else centre + np.array((0, 0.5, 0))
        target = chest + rng.normal(0, 0.08, 3) - [0, rng.uniform(-0.05, 0.3), 0]
        shown_m = rng.uniform(0.55, 1.3)
        azimuth, elevation = rng.normal(0, 35), rng.normal(2, 9)
    else:
        target = centre + rng.normal(0, 0.05, 3) * extent
        fill = rng.uniform(0.25, 0.5) if framing == "far" else rng.uniform(0.6, 1.05)
        shown_m = max(extent[1], 0.8 * max(extent[0], extent[2])) / fill
        azimuth, elevation = rng.uniform(-180, 180), np.clip(rng.normal(7, 10), -10, 45)
    up, round_ = np.radians(elevation), np.radians(azimuth)
    away = np.array([np.cos(up) * np.sin(round_), np.sin(up), np.cos(up) * np.cos(round_)])
    position = target + (inside.fx * shown_m / size + 0.15) * away
    position[1] = max(position[1], 0.2)
    return Camera(inside, Extrinsics.looking_at(position, target, rng.normal(0, 4)))


def _room(rng: Rng, camera: Camera, centre: Float, side: int) -> Room:
    """Indoors, outdoors or before a picture of `side` samples, with clutter."""
    kind = rng.choice(("indoor", "outdoor", "picture"), p=(0.5, 0.15, 0.35))
    position = camera.position_m
    if kind == "indoor":
        room = indoor(rng, centre, centre - position)
    else:
        room = outdoor(rng, side, side) if kind == "outdoor" else before_picture(rng, side, side)
    room.boxes.extend(clutter(rng, centre, position))
    return room


def _desk(rng: Rng, camera_m: Float, pelvis: Float) -> Box:
    """A table between a webcam and who sits before it."""
    ahead = (pelvis - camera_m) * [1, 0, 1]
    distance = float(np.linalg.norm(ahead))
    ahead = ahead / distance
    place = camera_m + ahead * max(0.3, distance - rng.uniform(0.25, 0.5))
    place[1] = pelvis[1] + rng.uniform(-0.1, 0.15) - 0.1
    cover = surface(rng, (Pattern.WOOD, Pattern.PLASTER, Pattern.CARPET), 0.2, 0.9)
    return Box(place, np.array([2.5, 0.2, 0.5]), float(np.degrees(np.arctan2(ahead[0], ahead[2]))), cover)


def _obstacle(rng: Rng, camera: Camera, centre: Float) -> Box:
    """Something between the camera and the people."""
    share = rng.uniform(0.35, 0.7)
    place = camera.position_m * (1 - share) + centre * share
    place = place + camera.extrinsics.rotation[0] * rng.normal(0, 0.25)
    place[1] *= rng.uniform(0, 1)
    cover = surface(rng, (Pattern.PLASTER, Pattern.CHECKER, Pattern.PICTURE), 0.05, 0.9, 0.8)
    return Box(place, rng.uniform([0.1, 0.2, 0.1], [0.35, 0.8, 0.3]), rng.uniform(0, 360), cover)
