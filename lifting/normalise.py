"""What the network sees of a person: a bundle of rays turned onto the pelvis and scaled by the person's extent.

A skeleton in pixels says little by itself: the same pose gives other pixels with another lens, at another place of the
picture and at another distance. Three steps take that away, and all of them are shared by training and live use:

1. pixels become unit directions through the camera's intrinsics;
2. the bundle is turned so that the *anchor*, the pelvis where the hips are seen, lies on the optical axis. Panning the
   camera then changes nothing at all, tilting it nothing for somebody in the middle column;
3. the turned directions are divided by the *extent*: how large a metre of the person looks, as an angle. It is taken
   from bones, not from the outline, so that it stays where it is when joints come and go.

Anchor and extent are smoothed causally. They need not be exact, only steady: what they lack is still in the features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import OPENPOSE18

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

FEATURES = len(OPENPOSE18) * 3 + 2
"""x, y and score of every joint, the logarithm of the extent, and how well the pelvis is known."""

_INDEX = {name: index for index, name in enumerate(OPENPOSE18)}
_HIPS = [_INDEX["right_hip"], _INDEX["left_hip"]]
_NECK = _INDEX["neck"]

_TORSO_M = 0.50
_BONES_M = {
    ("right_shoulder", "left_shoulder"): 0.35,
    ("right_shoulder", "right_elbow"): 0.29,
    ("left_shoulder", "left_elbow"): 0.29,
    ("right_elbow", "right_wrist"): 0.25,
    ("left_elbow", "left_wrist"): 0.25,
    ("neck", "right_hip"): 0.51,
    ("neck", "left_hip"): 0.51,
    ("right_hip", "right_knee"): 0.41,
    ("left_hip", "left_knee"): 0.41,
    ("right_knee", "right_ankle"): 0.41,
    ("left_knee", "left_ankle"): 0.41,
    ("neck", "nose"): 0.20,
    ("right_ear", "left_ear"): 0.15,
}
"""Lengths of an adult of 1.72 m between OPENPOSE18 joints; they only fix the unit of the extent."""

_FROM = np.array([_INDEX[bone[0]] for bone in _BONES_M])
_TO = np.array([_INDEX[bone[1]] for bone in _BONES_M])
_LENGTH_M = np.array(list(_BONES_M.values()))

_POWER = 4
"""A bone that points at the camera looks short, none looks long: a power mean leans to the longest."""

_ANCHOR_GAIN, _EXTENT_GAIN = 0.3, 0.08
"""What a new frame counts against the past, at the network's clock of 30 Hz: about 0.1 s and 0.4 s."""

_DEFAULT_LOG_EXTENT = float(np.log(1 / 3))
"""The extent of somebody 3 m away, until a bone has been seen."""

_FAR_OUT = 5.0
"""No feature lies further out: a metre-sized person reaches 2 at most, the rest is nonsense."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one frame says by itself about K people.

    Attributes
    ----------
    anchor : array, shape (K, 3)
        Unit direction of the pelvis or its substitute; zeros where nothing is seen.
    log_extent : array, shape (K,)
        Logarithm of the radians that one metre of the person spans; NaN where no bone is seen.
    pelvis : array, shape (K,)
        1 with both hips, 0.5 with one, 0 where a substitute stands for the pelvis.
    """

    anchor: Float
    log_extent: Float
    pelvis: Float


@dataclass(frozen=True, slots=True)
class Anchor:
    """The smoothed anchor and extent of K people.

    Attributes
    ----------
    direction : array, shape (K, 3)
        Unit direction; the optical axis until something was seen.
    log_extent : array, shape (K,)
    seen, measured : array, shape (K,)
        How many frames have fed the direction and the extent.
    """

    direction: Float
    log_extent: Float
    seen: Float
    measured: Float

    @classmethod
    def unknown(cls, people: int) -> Anchor:
        """The state of K people of whom nothing was seen yet."""
        direction = np.zeros((people, 3))
        direction[:, 2] = 1
        return cls(direction, np.full(people, _DEFAULT_LOG_EXTENT), np.zeros(people), np.zeros(people))

    @classmethod
    def stacked(cls, anchors: list[Anchor]) -> Anchor:
        """One state of everybody in `anchors`, in order."""
        return cls(
            np.concatenate([one.direction for one in anchors]),
            np.concatenate([one.log_extent for one in anchors]),
            np.concatenate([one.seen for one in anchors]),
            np.concatenate([one.measured for one in anchors]),
        )

    def take(self, rows: NDArray[np.intp]) -> Anchor:
        """The states of the people at `rows`."""
        return Anchor(self.direction[rows], self.log_extent[rows], self.seen[rows], self.measured[rows])

    def after(self, sight: Sight) -> Anchor:
        """The state once a frame was seen: the plain mean at first, a moving one later."""
        seen = self.seen + sight.anchor.any(axis=-1)
        gain = np.where(seen > self.seen, np.maximum(_ANCHOR_GAIN, 1 / np.maximum(seen, 1)), 0)
        direction = self.direction + gain[:, None] * (sight.anchor - self.direction)
        length = np.linalg.norm(direction, axis=-1, keepdims=True)
        direction = np.where(length > 1e-6, direction / np.maximum(length, 1e-6), self.direction)
        known = np.isfinite(sight.log_extent)
        measured = self.measured + known
        gain = np.where(known, np.maximum(_EXTENT_GAIN, 1 / np.maximum(measured, 1)), 0)
        extent = np.where(known, sight.log_extent, 0)
        return Anchor(direction, self.log_extent + gain * (extent - self.log_extent), seen, measured)


def follow(sight: Sight) -> Anchor:
    """Anchor and extent in every frame of a track, of what its T frames say: `Anchor.after`, all frames at once.

    >>> nothing = Sight(np.zeros((2, 3)), np.full(2, np.nan), np.zeros(2))
    >>> follow(nothing).direction
    array([[0., 0., 1.],
           [0., 0., 1.]])
    """
    direction, log_extent = follow_tracks(sight.anchor[None], sight.log_extent[None])
    seen = np.cumsum(sight.anchor.any(axis=-1)).astype(np.float64)
    measured = np.cumsum(np.isfinite(sight.log_extent)).astype(np.float64)
    return Anchor(direction[0], log_extent[0], seen, measured)


@numba.njit(cache=True, nogil=True)
def follow_tracks(anchor: Float, log_extent: Float) -> tuple[Float, Float]:
    """Smoothed directions (B, T, 3) and extents (B, T) of single frames' ones, each of B tracks from its beginning."""
    out, out_extent = np.empty_like(anchor), np.empty_like(log_extent)
    for track in range(anchor.shape[0]):
        x, y, z, extent = 0.0, 0.0, 1.0, _DEFAULT_LOG_EXTENT
        seen, measured = 0, 0
        for frame in range(anchor.shape[1]):
            ax, ay, az = anchor[track, frame]
            if ax != 0 or ay != 0 or az != 0:
                seen += 1
                gain = max(_ANCHOR_GAIN, 1 / seen)
                nx, ny, nz = x + gain * (ax - x), y + gain * (ay - y), z + gain * (az - z)
                length = np.sqrt(nx * nx + ny * ny + nz * nz)
                if length > 1e-6:
                    x, y, z = nx / length, ny / length, nz / length
            if np.isfinite(log_extent[track, frame]):
                measured += 1
                extent += max(_EXTENT_GAIN, 1 / measured) * (log_extent[track, frame] - extent)
            out[track, frame, 0], out[track, frame, 1], out[track, frame, 2] = x, y, z
            out_extent[track, frame] = extent
    return out, out_extent


def directions(rays: Float) -> Float:
    """Unit directions (..., 3) of rays (..., 3)."""
    return np.asarray(rays / np.linalg.norm(rays, axis=-1, keepdims=True))


def turn_onto(direction: Float) -> Float:
    """Rotations (..., 3, 3) that bring unit `direction` (..., 3) onto the optical axis, x staying level in the picture.

    `turned = rotation @ camera`; the transpose turns back.

    >>> turn_onto(np.array([0.0, 0.0, 1.0]))
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    x, y, z = direction[..., 0], direction[..., 1], direction[..., 2]
    level = np.hypot(x, z)
    upright = level > 1e-9  # straight up or down has no level direction: keep the camera's own
    cos = np.where(upright, z / np.maximum(level, 1e-9), 1)
    sin = np.where(upright, x / np.maximum(level, 1e-9), 0)
    right = np.stack([cos, np.zeros_like(cos), -sin], axis=-1) + 0.0
    down = np.stack([-y * sin, z * cos + x * sin, -y * cos], axis=-1) + 0.0  # direction x right
    return np.stack([right, down, direction], axis=-2)


def look(directions_: Float, score: Float) -> Sight:
    """Anchor and extent of single frames, from unit directions (K, 18, 3) and scores (K, 18), 0 where missing."""
    seen = score > 0
    log_extent = _log_extent(directions_, score)
    hips = seen[:, _HIPS]
    hip_sum = (directions_[:, _HIPS] * hips[..., None]).sum(axis=1)
    shoulders = _shoulder_centre(directions_, seen)
    substitute = _below(shoulders, np.where(np.isfinite(log_extent), log_extent, _DEFAULT_LOG_EXTENT))
    everything = (directions_ * seen[..., None]).sum(axis=1)
    anchor = np.where(shoulders.any(axis=-1, keepdims=True), substitute, everything)
    anchor = np.where(hips.any(axis=1, keepdims=True), hip_sum, anchor)
    length = np.linalg.norm(anchor, axis=-1, keepdims=True)
    return Sight(anchor / np.maximum(length, 1e-9), log_extent, hips.sum(axis=1) / 2)


def features(directions_: Float, score: Float, anchor: Anchor, pelvis: Float) -> tuple[Float32, Float]:
    """The network's input (K, FEATURES), and the rotations (K, 3, 3) that turned the bundle.

    A missing joint is all zeros: x, y and score.
    """
    rotation = turn_onto(anchor.direction)
    flat = turned_rays(directions_, rotation)[..., :2] / np.exp(anchor.log_extent)[:, None, None]
    out = np.zeros((len(score), FEATURES), np.float32)
    joints = out[:, : len(OPENPOSE18) * 3].reshape(len(score), len(OPENPOSE18), 3)
    joints[..., :2] = np.clip(flat, -_FAR_OUT, _FAR_OUT) * (score > 0)[..., None]
    joints[..., 2] = score
    out[:, -2] = anchor.log_extent - _DEFAULT_LOG_EXTENT
    out[:, -1] = pelvis
    return out, rotation


def turned_rays(directions_: Float, rotation: Float) -> Float:
    """Rays (K, 18, 3) with z = 1 of unit directions (K, 18, 3) turned by rotations (K, 3, 3).

    A direction more than 84 degrees off the axis has no useful place on that plane and is drawn nearer.
    """
    turned = directions_ @ rotation.transpose(0, 2, 1)
    return np.asarray(turned / np.maximum(turned[..., 2:], 0.1))


def _log_extent(directions_: Float, score: Float) -> Float:
    """Logarithm of radians a metre (K,): a power mean over the seen bones, NaN where there is none."""
    chord = np.linalg.norm(directions_[:, _FROM] - directions_[:, _TO], axis=-1)
    weight = np.sqrt(np.minimum(score[:, _FROM], score[:, _TO])) * _LENGTH_M
    total = weight.sum(axis=1)
    power = (weight * (chord / _LENGTH_M) ** _POWER).sum(axis=1)
    known = (total > 0) & (power > 0)
    return np.where(known, np.log(np.where(known, power / np.where(known, total, 1), 1)) / _POWER, np.nan)


def _shoulder_centre(directions_: Float, seen: NDArray[np.bool_]) -> Float:
    """Direction (K, 3) of the neck, else of the seen shoulders; zeros where none is seen."""
    shoulders = [_INDEX["right_shoulder"], _INDEX["left_shoulder"]]
    centre = (directions_[:, shoulders] * seen[:, shoulders, None]).sum(axis=1)
    centre = np.where(seen[:, _NECK, None], directions_[:, _NECK], centre)
    return np.asarray(centre / np.maximum(np.linalg.norm(centre, axis=-1, keepdims=True), 1e-9))


def _below(direction: Float, log_extent: Float) -> Float:
    """The direction (K, 3) a torso's length below `direction` in the picture: where an upright person's pelvis is."""
    down = turn_onto(np.where(direction.any(axis=-1, keepdims=True), direction, [0.0, 0.0, 1.0]))[:, 1]
    return np.asarray(direction + down * (_TORSO_M * np.exp(log_extent))[:, None] * direction.any(axis=-1)[:, None])
