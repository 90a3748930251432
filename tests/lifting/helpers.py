"""A person to lift: fixed 3D joints, a camera, and what a perfect detector would see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lifting.normalise import FEATURES
from lifting.training.body import with_face
from lifting.weights import LifterWeights, save
from pose.camera import Extrinsics, Intrinsics
from pose.joint_sets import H36M17
from pose.types import People

Float = NDArray[np.float64]

CAMERA = Intrinsics.from_fov(1280, 720)

# fmt: off
STANDING = np.array([
    [0, .95, 0], [-.11, .95, 0], [-.12, .52, .03], [-.13, .09, 0], [.11, .95, 0], [.12, .52, .03], [.13, .09, 0],
    [0, 1.19, -.02], [0, 1.45, 0], [0, 1.58, .12], [0, 1.74, .01],
    [.18, 1.40, 0], [.30, 1.15, .02], [.35, .92, .10], [-.18, 1.40, 0], [-.30, 1.15, .02], [-.35, .92, .10],
])
# fmt: on
"""H36M17 of somebody who faces +z; x to the person's left, y up, metres."""


def in_front(distance_m: float = 3.0, height_m: float = 1.2) -> Extrinsics:
    """A camera that looks at the standing person's face side."""
    return Extrinsics.looking_at([0.4, height_m, distance_m], [0.0, 0.95, 0.0])


def joints_2d(world: Float, extrinsics: Extrinsics, camera: Intrinsics = CAMERA) -> Float:
    """OPENPOSE18 pixels (18, 2) of H36M17 joints (17, 3) of the world."""
    face = with_face(world[None, None], np.random.default_rng(0))[0, 0]
    return camera.project(extrinsics.to_camera(face))


def people(xy: Float, score: float | Float = 0.9, ids: tuple[int, ...] = (7,)) -> People:
    """Tracked people with joints (18, 2) or (K, 18, 2)."""
    joints = np.broadcast_to(np.asarray(xy, np.float32), (len(ids), 18, 2)).copy()
    scores = np.broadcast_to(np.asarray(score, np.float32), (len(ids), 18)).copy()
    return People(np.array(ids, np.int32), joints, scores, joints)


def random_weights(seed: int = 0, channels: int = 24, blocks: int = 3, taps: int = 3) -> LifterWeights:
    """Weights of a small network that was never trained."""
    random = np.random.default_rng(seed)
    block = [(taps * channels, channels), (channels, channels)]
    shapes = [(taps * FEATURES, channels), *block * blocks, (channels + FEATURES, (len(H36M17) - 1) * 3)]
    return LifterWeights(
        weight=tuple(random.normal(0, (2 / shape[0]) ** 0.5, shape).astype(np.float32) for shape in shapes),
        bias=tuple(random.normal(0, 0.1, shape[1]).astype(np.float32) for shape in shapes),
        taps=taps,
        causal=True,
    )


def weight_file(folder: Path, **options: int) -> Path:
    """A file with `random_weights`."""
    path = folder / "random.safetensors"
    save(random_weights(**options), path)
    return path
