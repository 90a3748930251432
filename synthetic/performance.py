"""A performance: one motion by one person before a fixed camera, picture by picture, with its truth.

Everything follows from the motion's name, the seed and the size; `render` gives the same picture for the same index in
whatever order it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from pose.camera import DEFAULT_HORIZONTAL_FOV_DEG, Extrinsics, Intrinsics
from pose.types import Image
from synthetic.actor import Actor, PosedActor
from synthetic.body import Build
from synthetic.clothing import Outfit
from synthetic.errors import SyntheticError
from synthetic.finish import Finish, exposure, finished
from synthetic.gait import Walk
from synthetic.labels import FrameTruth, frame_truth
from synthetic.motion import Hold, JumpingJacks, Repetition, Routine, Squats, Stance
from synthetic.retarget import Extremities
from synthetic.scene import Camera, Scene
from synthetic.skeleton import joints_by_feet
from synthetic.studio import studio_lights, studio_room

_CAMERA_M = (0.25, 1.35, 3.15)
_LOOKS_AT_M = (0.0, 0.98, 0.0)

_OBLIQUE = Stance(0.0, 0.0, 38.0, 0.36, 18.0)
_FRONTAL = Stance(0.1, 0.1, 4.0)


def _demo() -> tuple[Routine, ...]:
    """Walks in, does three squats and four jumping jacks and walks off, while somebody passes behind."""
    main = Routine(
        (
            Walk(Stance(-1.1, -0.7, 90.0), _OBLIQUE, 4, ((-0.4, -0.7),), 0.52),
            Hold(_OBLIQUE, 0.15),
            Squats(_OBLIQUE, 3, 1.35),
            Walk(_OBLIQUE, _FRONTAL, 2, (), 0.45),
            JumpingJacks(_FRONTAL, 4, 0.85),
            Walk(_FRONTAL, Stance(-0.3, -0.85, 212.0), 4, ((0.4, -0.25),), 0.48),
        ),
        sway_seed=1,
    )
    start, end = Stance(3.6, -1.75, 270.0), Stance(-3.6, -1.75, 270.0)
    return main, Routine((Hold(start, 1.8), Walk(start, end, 15, (), 0.5)), sway_seed=2)


def _squats() -> tuple[Routine, ...]:
    return (Routine((Hold(_OBLIQUE, 0.5), Squats(_OBLIQUE, 5, 1.8), Hold(_OBLIQUE, 0.5))),)


def _jumping_jacks() -> tuple[Routine, ...]:
    return (Routine((Hold(_FRONTAL, 0.5), JumpingJacks(_FRONTAL, 10, 0.95), Hold(_FRONTAL, 0.5))),)


def _walk() -> tuple[Routine, ...]:
    left, right = Stance(-1.1, -0.9, 90.0), Stance(1.0, -0.5, 90.0)
    back = Stance(-1.1, -0.9, 270.0)
    return (
        Routine(
            (
                Walk(left, right, 6, ((-0.2, -0.2),)),
                Walk(right, Stance(1.0, -0.5, 270.0), 4),
                Walk(Stance(1.0, -0.5, 270.0), back, 6, ((0.0, -1.4),)),
            )
        ),
    )


MOTIONS: dict[str, Callable[[], tuple[Routine, ...]]] = {
    "demo": _demo,
    "squats": _squats,
    "jumping_jacks": _jumping_jacks,
    "walk": _walk,
}


@dataclass(frozen=True, slots=True)
class _Player:
    """Somebody with something to do."""

    actor: Actor
    routine: Routine

    def at(self, time_s: float) -> PosedActor:
        proportions = self.actor.proportions
        posture = self.routine.posture(proportions, time_s)
        joints = joints_by_feet(proportions, posture.pelvis_m, posture.upper, posture.feet)
        return self.actor.posed(joints, Extremities(curl=(22, 22), feet=posture.feet))


class Performance:
    """A motion by one or two people, rendered.

    Parameters
    ----------
    motion : str
        One of `MOTIONS`: "demo", "squats", "jumping_jacks", "walk".
    seed : int
        Who performs, in which clothes and room.
    width, height : int
        Of the pictures.
    fps : float
    samples : int
        Samples along each side of a pixel: 2 is smooth, 1 three times as fast.
    camera_m : tuple of 3 floats
        Where the camera stands; it looks at the middle of whoever stands at the origin.

    Raises
    ------
    SyntheticError
        Where the motion is unknown or a size is not positive.
    """

    def __init__(
        self,
        motion: str = "demo",
        seed: int = 0,
        width: int = 640,
        height: int = 480,
        fps: float = 30,
        samples: int = 2,
        camera_m: tuple[float, float, float] = _CAMERA_M,
    ) -> None:
        if motion not in MOTIONS:
            raise SyntheticError(f"the actor knows no motion {motion!r}; it knows {', '.join(MOTIONS)}")
        if min(width, height) < 16 or fps <= 0 or samples < 1:
            raise SyntheticError(
                f"the actor cannot be drawn with {width}x{height} pixels at {fps} fps; sizes start at 16"
            )
        self.fps = fps
        self._seed = seed
        self._players = [
            _Player(_performer(np.random.default_rng([seed, number])), routine)
            for number, routine in enumerate(MOTIONS[motion]())
        ]
        self.camera = Camera(
            Intrinsics.from_fov(width, height, DEFAULT_HORIZONTAL_FOV_DEG),
            Extrinsics.looking_at(camera_m, _LOOKS_AT_M),
        )
        rng = np.random.default_rng([seed, 100])
        self._scene = Scene(
            self.camera,
            studio_lights(rng),
            studio_room(rng),
            centre_m=np.array([0, 0.9, -0.6]),
            radius_m=2.9,
            samples=samples,
        )
        self._finish = Finish(brightness=0.36, noise=0.005)
        first = self._scene.render([])
        self._gain = exposure(first.light, np.zeros(first.light.shape[:2], np.float32), self._finish)

    @property
    def height_m(self) -> float:
        """How tall the main person is, without shoes."""
        up = self._players[0].actor.body.vertices[:, 1]
        return float(up.max() - up.min())

    @property
    def duration_s(self) -> float:
        """How long the main person's motion takes."""
        return self._players[0].routine.duration_s

    @property
    def frame_count(self) -> int:
        """Pictures from the start to the end."""
        return int(self.duration_s * self.fps) + 1

    @property
    def repetitions(self) -> tuple[Repetition, ...]:
        """What is to be counted, with exact times."""
        return self._players[0].routine.repetitions

    def time_s(self, index: int) -> float:
        """When a picture is taken."""
        return index / self.fps

    def render(self, index: int) -> tuple[Image, FrameTruth]:
        """A picture, uint8 BGR (height, width, 3), and everybody's truth in it.

        Raises
        ------
        IndexError
            Where `index` is not in 0 .. frame_count - 1.
        """
        if not 0 <= index < self.frame_count:
            raise IndexError(f"picture {index} of a performance of {self.frame_count}")
        people = [player.at(self.time_s(index)) for player in self._players]
        rendering = self._scene.render(people)
        image = finished(rendering.light, self._gain, self._finish, np.random.default_rng([self._seed, 200, index]))
        return image, frame_truth(self.camera, people, rendering)

    def __iter__(self) -> Iterator[tuple[Image, float, FrameTruth]]:
        """Every picture with its time in seconds and its truth."""
        for index in range(self.frame_count):
            image, truth = self.render(index)
            yield image, self.time_s(index), truth


_TOP_COLOURS = ((0.80, 0.16, 0.14), (0.10, 0.42, 0.62), (0.90, 0.62, 0.10), (0.14, 0.50, 0.30), (0.88, 0.88, 0.86))
_BOTTOM_COLOURS = ((0.10, 0.12, 0.18), (0.16, 0.18, 0.22), (0.12, 0.16, 0.30))


def _performer(rng: np.random.Generator) -> Actor:
    """An adult in sports clothes whose parts stand out from each other."""
    gender = float(rng.choice((0.04, 0.96)))
    african, asian, caucasian = (float(share) for share in rng.dirichlet((0.6, 0.6, 0.6)))
    build = Build(
        gender=gender,
        age=float(rng.uniform(0.45, 0.6)),
        muscle=float(rng.uniform(0.5, 0.75)),
        weight=float(rng.uniform(0.4, 0.6)),
        height=float(rng.uniform(0.45, 0.6)),
        proportions=float(rng.uniform(0.6, 0.9)),
        ancestry=(african, asian, caucasian),
    )
    top = _TOP_COLOURS[int(rng.integers(len(_TOP_COLOURS)))]
    bottom = _BOTTOM_COLOURS[int(rng.integers(len(_BOTTOM_COLOURS)))]
    legs = "leggings" if gender < 0.5 else "shorts"
    outfit = Outfit("tshirt", legs, "low", top_colour=top, bottom_colour=bottom, shoe_colour=(0.85, 0.85, 0.88))
    return Actor(build, rng, outfit, "bun" if gender < 0.5 else "short")
