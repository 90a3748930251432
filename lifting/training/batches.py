"""Windows of motion as the network meets them: drawn, varied, looked at, detected and normalised, a batch at a time.

A batch is a pure function of its options, its seed and its number: a training that was killed goes on with the same
ones.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lifting.errors import LiftingError
from lifting.normalise import FEATURES, Anchor, directions, features, follow_tracks, look
from lifting.training import body, noise, views
from lifting.training.mocap import Motion

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

CLOCK_HZ = 30.0
"""The rate at which the network runs."""

_FACE = [0, 14, 15, 16, 17]


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What windows are like.

    Attributes
    ----------
    windows, frames : int
        Windows a batch, frames a window.
    uneven : float
        How often a window's frames are not 1/30 s apart: between 0.75 and 1.5 of it, as the app's clock allows.
    body, view, noise
        How bodies, cameras and detections vary; `body` None leaves bodies as recorded.
    """

    windows: int = 24
    frames: int = 96
    uneven: float = 0.5
    body: body.BodyOptions | None = field(default_factory=body.BodyOptions)
    view: views.ViewOptions = field(default_factory=views.ViewOptions)
    noise: noise.NoiseOptions = field(default_factory=noise.NoiseOptions)


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows ready for the network.

    Attributes
    ----------
    features : array, float32, shape (B, T, FEATURES)
    xyz_m : array, float32, shape (B, T, 17, 3)
        The truth, relative to the pelvis, in the turned camera axes that the network answers in.
    seen : array, bool, shape (B, T)
        Whether anything of the person was found in this frame or the half second before.
    score : array, float32, shape (B, T, 18)
    at : array, float32, shape (B, T, 18, 2)
        Where joints were found in the picture; its longer side reaches from -1 to 1.
    rotation : array, float32, shape (B, T, 3, 3)
        The turns: `xyz_m @ rotation` is the truth in camera axes.
    """

    features: Float32
    xyz_m: Float32
    seen: NDArray[np.bool_]
    score: Float32
    at: Float32
    rotation: Float32


class Windows:
    """Draws windows out of motions, every collection as often as its weight says."""

    def __init__(self, motions: list[Motion], weights: dict[str, float] | None = None) -> None:
        if not motions:
            raise LiftingError("no motion is left to draw windows from")
        self._joints = np.concatenate([motion.xyz_m for motion in motions])
        lengths = np.array([len(motion.xyz_m) for motion in motions])
        self._starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        self._lengths = lengths
        self._fps = np.array([motion.fps for motion in motions])
        duration = lengths / self._fps
        of_source: defaultdict[str, float] = defaultdict(float)
        for motion, seconds in zip(motions, duration, strict=True):
            of_source[motion.source] += float(seconds)
        share = np.array([(weights or {}).get(motion.source, 1.0) / of_source[motion.source] for motion in motions])
        chance = duration * share
        self._chance = chance / chance.sum()

    def draw(self, count: int, frames: int, uneven: float, random: np.random.Generator) -> Float:
        """Windows (count, frames, 17, 3); a motion that is too short runs back and forth."""
        which = random.choice(len(self._chance), count, p=self._chance)
        pace = np.where(random.random(count) < uneven, random.uniform(0.75, 1.5, count), 1.0)
        pace *= self._fps[which] / CLOCK_HZ
        last = self._lengths[which] - 1.0
        start = random.uniform(0, 1, count) * last
        at = start[:, None] + pace[:, None] * np.arange(frames)
        at = _back_and_forth(at, last[:, None])
        low = np.minimum(at.astype(np.intp), (last[:, None]).astype(np.intp))
        high = np.minimum(low + 1, last[:, None].astype(np.intp))
        part = (at - low)[..., None, None]
        first = self._starts[which][:, None]
        joints = self._joints
        return np.asarray((1 - part) * joints[first + low] + part * joints[first + high], np.float64)


def _back_and_forth(at: Float, last: Float) -> Float:
    """Positions folded into 0..last."""
    around = np.mod(at, 2 * np.maximum(last, 1e-9))
    return np.where(around > last, 2 * last - around, around)


def make(windows: Windows, options: BatchOptions, random: np.random.Generator) -> Batch:
    """One batch."""
    xyz = windows.draw(options.windows, options.frames, options.uneven, random)
    if options.body is not None:
        xyz = body.vary(xyz, options.body, random)
    return observe(xyz, options, random)


def observe(xyz: Float, options: BatchOptions, random: np.random.Generator) -> Batch:
    """Windows (B, T, 17, 3) of the world, seen by virtual cameras and detected."""
    camera_views = views.draw(xyz, options.view, random)
    camera = camera_views.to_camera(xyz)
    joints = camera_views.to_camera(body.with_face(xyz, random))
    at, inside = camera_views.picture(joints)
    metre = camera_views.focal[:, None] / np.maximum(camera[:, :, 0, 2], 0.2)
    found, score = noise.detect(at, inside, metre, facing(camera), options.noise, random)
    bundle = directions(camera_views.rays(found))
    inputs, rotation = normalise_windows(bundle, score)
    relative = camera - camera[:, :, :1]
    turned = relative @ rotation.transpose(0, 1, 3, 2)
    seen = _lately(score.max(axis=2) > 0, 15)
    truth, sure, where, turns = (np.asarray(one, np.float32) for one in (turned, score, found, rotation))
    return Batch(inputs, truth, seen, sure, where, turns)


def normalise_windows(bundle: Float, score: Float) -> tuple[Float32, Float]:
    """Features (B, T, FEATURES) and rotations (B, T, 3, 3) of unit directions (B, T, 18, 3), each window by itself."""
    batch, frames = score.shape[:2]
    sight = look(bundle.reshape(-1, 18, 3), score.reshape(-1, 18))
    direction, log_extent = follow_tracks(sight.anchor.reshape(batch, frames, 3), sight.log_extent.reshape(batch, -1))
    never = np.zeros(batch * frames)
    smooth = Anchor(direction.reshape(-1, 3), log_extent.reshape(-1), never, never)
    out, rotation = features(bundle.reshape(-1, 18, 3), score.reshape(-1, 18), smooth, sight.pelvis)
    return out.reshape(batch, frames, FEATURES), rotation.reshape(batch, frames, 3, 3)


def facing(camera: Float) -> Float:
    """How far the head's forward and left (B, T, 2) point at the camera, of joints (B, T, 17, 3) in camera axes."""
    _, forward, left = body.head_frame(camera)
    to_lens = -camera[..., 9, :] / np.maximum(np.linalg.norm(camera[..., 9, :], axis=-1, keepdims=True), 1e-6)
    return np.stack([(forward * to_lens).sum(axis=-1), (left * to_lens).sum(axis=-1)], axis=-1)


def _lately(seen: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
    """Whether `seen` (B, T) held in this frame or one of the `frames` before."""
    out = seen.copy()
    for shift in range(1, frames + 1):
        out[:, shift:] |= seen[:, :-shift]
    return out


def for_test(options: BatchOptions) -> BatchOptions:
    """The same windows of bodies as they were recorded, at an even rate."""
    return replace(options, body=None, uneven=0.0)
