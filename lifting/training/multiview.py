"""Learning from several synchronised views of people whose 3D is not known (`train lifter --views FILE.npz`).

The pose that the network tells from view 1 must fit what view 2 sees at the same moment: turned by the known rotation
between the cameras, brought to one size by a limb's length, put where it fits view 2 best and projected with view 2's
intrinsics, it must lie on view 2's joints. After Rhodin et al., "Learning monocular 3D human pose estimation from
multi-view images" (CVPR 2018), with reprojection instead of agreement of poses.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lifting.errors import LiftingError
from lifting.normalise import directions
from lifting.root import SHARED_2D, SHARED_3D
from lifting.training.batches import normalise_windows
from pose.files import written_beside
from pose.joint_sets import H36M17

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

_THIGH = (H36M17.index("left_hip"), H36M17.index("left_knee"))
_THIGH_M = 0.42
_NEAREST_M = 0.3
_LARGEST_MISS_M = 0.3
"""A joint that is further off is a gross error of the detector and pulls no harder."""


@dataclass(frozen=True, slots=True)
class SynchronisedViews:
    """Sequences of one person each, seen by V cameras at the same moments, 30 times a second.

    Attributes
    ----------
    xy_px : array, float32, shape (V, N, 18, 2)
        All sequences one after the other.
    score : array, float32, shape (V, N, 18)
        0 where missing.
    starts : array, shape (S + 1,)
        Where sequences start, then the end.
    rotation : array, float32, shape (S, V, 3, 3)
        From the world to each camera's axes; only what lies between cameras matters.
    intrinsics : array, float32, shape (S, V, 3, 3)
        OpenCV's camera matrices.
    """

    xy_px: Float32
    score: Float32
    starts: NDArray[np.int64]
    rotation: Float32
    intrinsics: Float32

    def save(self, path: Path) -> None:
        """Write the views, as `read_views` reads them."""
        with written_beside(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **{name: getattr(self, name) for name in _ARRAYS})


_ARRAYS = ("xy_px", "score", "starts", "rotation", "intrinsics")


def read_views(path: Path) -> SynchronisedViews:
    """Views from a file.

    Raises
    ------
    LiftingError
        Where it cannot be read, lacks an array, or arrays do not fit together.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in _ARRAYS}
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise LiftingError(f"cannot read synchronised views from {path}: {error}") from error
    views, frames, starts = arrays["xy_px"].shape[0], arrays["xy_px"].shape[1], arrays["starts"]
    sequences = len(starts) - 1
    expected = {
        "xy_px": (views, frames, 18, 2),
        "score": (views, frames, 18),
        "rotation": (sequences, views, 3, 3),
        "intrinsics": (sequences, views, 3, 3),
    }
    for name, shape in expected.items():
        if arrays[name].shape != shape or not np.isfinite(arrays[name]).all():
            raise LiftingError(f"{path}: {name} has shape {arrays[name].shape} or is not finite, expected {shape}")
    if views < 2 or sequences < 1 or starts[0] < 0 or starts[-1] > frames or (np.diff(starts) <= 0).any():
        raise LiftingError(f"{path} needs two views and a sequence at least; it has {views} and {sequences}")
    return SynchronisedViews(**arrays)


@dataclass(frozen=True, slots=True)
class PairSample:
    """Moments seen by two cameras.

    Attributes
    ----------
    window : tensor, shape (B, receptive_field, FEATURES)
        What view 1 saw until then.
    begun : tensor, bool, shape (B, receptive_field)
    turn : tensor, shape (B, 3, 3)
        From the axes that the network answers in to view 2's turned axes.
    rays : tensor, shape (B, J, 2)
        View 2's joints in those axes, at depth 1.
    score : tensor, shape (B, J)
    """

    window: Tensor
    begun: Tensor
    turn: Tensor
    rays: Tensor
    score: Tensor

    def to(self, device: torch.device) -> PairSample:
        """The same moments on another device."""
        parts = (self.window, self.begun, self.turn, self.rays, self.score)
        return PairSample(*(part.to(device) for part in parts))


class ViewPairs:
    """Draws moments and pairs of cameras."""

    def __init__(self, views: SynchronisedViews) -> None:
        count, frames = views.xy_px.shape[:2]
        self._features = np.zeros((count, frames, 56), np.float32)
        self.world_to_turned = np.zeros((count, frames, 3, 3))
        self._rays = np.zeros((count, frames, 18, 2))
        self._score, self._starts = views.score, views.starts
        for sequence, (start, stop) in enumerate(zip(views.starts[:-1], views.starts[1:], strict=True)):
            rows = slice(int(start), int(stop))
            matrix, score = views.intrinsics[sequence].astype(np.float64), views.score[:, rows].astype(np.float64)
            focal, centre = matrix[:, [0, 1], [0, 1]], matrix[:, :2, 2]
            flat = (views.xy_px[:, rows] - centre[:, None, None]) / focal[:, None, None]
            flat = np.where(score[..., None] > 0, flat, 0)
            bundle = directions(np.concatenate([flat, np.ones_like(flat[..., :1])], axis=-1))
            self._features[:, rows], turns = normalise_windows(bundle, score)
            self.world_to_turned[:, rows] = turns @ views.rotation[sequence][:, None]  # from the world to turned axes
            turned = bundle @ turns.transpose(0, 1, 3, 2)
            self._rays[:, rows] = turned[..., :2] / np.maximum(turned[..., 2:], 0.1)

    def draw(self, count: int, field: int, random: np.random.Generator) -> PairSample:
        """`count` moments, each seen by two different cameras."""
        sequence = random.integers(len(self._starts) - 1, size=count)
        start, stop = self._starts[sequence], self._starts[sequence + 1]
        end = start + (random.random(count) * (stop - start)).astype(np.int64)
        one = random.integers(len(self._score), size=count)
        other = (one + random.integers(1, len(self._score), size=count)) % len(self._score)
        at = end[:, None] + np.arange(1 - field, 1)
        begun = at >= start[:, None]
        window = self._features[one[:, None], np.maximum(at, start[:, None])] * begun[..., None]
        turn = self.world_to_turned[other, end] @ self.world_to_turned[one, end].transpose(0, 2, 1)
        rays, score = self._rays[other, end][:, SHARED_2D], self._score[other, end][:, SHARED_2D]
        return PairSample(
            torch.from_numpy(window),
            torch.from_numpy(begun),
            torch.from_numpy(turn.astype(np.float32)),
            torch.from_numpy(rays.astype(np.float32)),
            torch.from_numpy(score.astype(np.float32)),
        )


def reprojection_loss(pose: Tensor, pair: PairSample) -> Tensor:
    """Mean distance in metres at the person between poses (B, 17, 3) of view 1 and what view 2 sees.

    The pelvis' place in view 2 is the one that fits best (weighted least squares, as `lifting.root.solve_root`): what
    is penalised is the pose alone. The distance is that in view 2's picture, in metres at the depth found: taken as a
    length in space, it would be smallest for poses that are small beside their own thigh.
    """
    turned = pose @ pair.turn.transpose(1, 2)
    thigh = (turned[:, _THIGH[1]] - turned[:, _THIGH[0]]).norm(dim=-1).clamp(min=0.1)
    points = (turned * (_THIGH_M / thigh)[:, None, None])[:, SHARED_3D]  # (B, J, 3)
    weight = pair.score[..., None]
    total = weight.sum(dim=1).clamp(min=1e-6)
    offset = pair.rays * points[..., 2:] - points[..., :2]  # t_xy = offset + rays t_z for every joint
    slope = pair.rays - ((weight * pair.rays).sum(dim=1) / total)[:, None]
    rest = offset - ((weight * offset).sum(dim=1) / total)[:, None]
    spread = (weight * slope**2).sum(dim=(1, 2)).clamp(min=1e-6)
    depth = -(weight * slope * rest).sum(dim=(1, 2)) / spread
    enough = ((pair.score > 0).sum(dim=1) >= 6) & (depth > _NEAREST_M)
    safe = depth.clamp(min=_NEAREST_M)
    in_picture = (rest + slope * depth[:, None, None]).norm(dim=-1) / safe[:, None]
    miss = (in_picture * safe.detach()[:, None]).clamp(max=_LARGEST_MISS_M)
    counts = pair.score * enough[:, None]
    loss: Tensor = (miss * counts).sum() / counts.sum().clamp(min=1e-6)
    return loss
