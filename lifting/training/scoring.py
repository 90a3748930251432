"""How far poses are from the truth in batches of windows, by the metrics of `pose.metrics`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lifting import evidence
from lifting.mirror import mirrored_features, mirrored_poses
from lifting.tcn import TemporalNet
from lifting.training.batches import CLOCK_HZ, Batch
from lifting.training.references import Reference, last_seen
from lifting.weights import MAX_DELAY
from pose import metrics
from pose.joint_sets import H36M17, H36M17_BONES

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Scores = dict[str, float]

WARM_UP_FRAMES = 40
"""Frames at a window's start that are not scored: a stream has only one start."""

_MILLIMETRES = 1000.0
_FEWEST_JOINTS = 5
"""With fewer the alignment of Procrustes fits anything."""


@dataclass(frozen=True, slots=True)
class Model:
    """Something that lifts windows.

    Attributes
    ----------
    latency_ms : float
        How much later than its frame a pose is told.
    poses : function
        Batch to poses (B, T, 17, 3) in camera axes, every frame's own; frames too late to be told may hold anything.
    """

    latency_ms: float
    poses: Callable[[Batch], Float32]


def ours(network: TemporalNet, delay: int = 0) -> Model:
    """Our network as the app runs it, told so many frames late.

    The mean of all poses that are told of a frame until then, of the person and of the mirror image (`lifting.mirror`).
    """

    def told(features: Float32) -> Float32:
        network.eval()
        with torch.no_grad():
            poses = network.delayed(torch.from_numpy(features)).float().numpy()  # (B, T, D, 17, 3)
        delays = network.options.delays
        late = [np.roll(poses[:, :, row], -each, axis=1) for row, each in enumerate(delays) if each <= delay]
        return np.asarray(np.mean(late, axis=0))

    def poses(batch: Batch) -> Float32:
        turned = (told(batch.features) + mirrored_poses(told(mirrored_features(batch.features)))) / 2
        return np.asarray(turned @ batch.rotation, np.float32)

    return Model(1000 * delay / CLOCK_HZ, poses)


def theirs(network: Reference) -> Model:
    """A reference network."""

    def poses(batch: Batch) -> Float32:
        network.eval()
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):  # as they were trained, and far quicker
            return np.asarray(network(torch.from_numpy(last_seen(batch.at, batch.score))).float().numpy())

    return Model(network.options.latency_ms, poses)


def scored_frames(batch: Batch) -> Bool:
    """Frames (B, T) that count: neither the first ones, nor the last, nor where nothing of the person was seen."""
    counts = batch.seen.copy()
    counts[:, :WARM_UP_FRAMES] = False
    counts[:, -min(MAX_DELAY // 4, counts.shape[1] // 8) :] = False
    return counts


def score(model: Model, batches: list[Batch], *, visible_only: bool = False) -> Scores:
    """Mean errors over batches.

    Parameters
    ----------
    visible_only : bool
        Count only joints that are seen in their frame, or lie between joints that are.

    Returns
    -------
    dict
        `mpjpe_mm`, `pa_mpjpe_mm`, `n_mpjpe_mm`, `mpjve_mm_s`, `acceleration_mm_s2`, `pck`, `auc`, `bone_sd_mm`, and
        `latency_ms`.
    """
    found, truth, known = [], [], []
    moving: dict[str, list[float]] = {"mpjve_mm_s": [], "acceleration_mm_s2": [], "bone_sd_mm": []}
    for batch in batches:
        poses, true = model.poses(batch), batch.xyz_m @ batch.rotation
        counts = scored_frames(batch)
        joints = np.broadcast_to(counts[..., None], true.shape[:3]).copy()
        if visible_only:
            joints &= evidence.known(batch.score > 0)
        joints &= joints.sum(axis=-1, keepdims=True) >= _FEWEST_JOINTS
        rows = joints.any(axis=-1)
        found.append(poses[rows])
        truth.append(true[rows])
        known.append(joints[rows])
        for window in np.flatnonzero(rows.sum(axis=1) >= _FEWEST_JOINTS):
            one, other, which = poses[window], true[window], joints[window]
            if which[2:].any() and (which[2:] & which[1:-1] & which[:-2]).any():
                moving["mpjve_mm_s"].append(metrics.mpjve(one, other, CLOCK_HZ, which))
                moving["acceleration_mm_s2"].append(metrics.acceleration_error(one, other, CLOCK_HZ, which))
            moving["bone_sd_mm"].append(metrics.bone_length_deviation(one[rows[window]], H36M17_BONES))
    one, other, which = np.concatenate(found), np.concatenate(truth), np.concatenate(known)
    return {
        "latency_ms": round(model.latency_ms, 1),
        "mpjpe_mm": _MILLIMETRES * metrics.mpjpe(one, other, which),
        "pa_mpjpe_mm": _MILLIMETRES * metrics.pa_mpjpe(one, other, which),
        "n_mpjpe_mm": _MILLIMETRES * metrics.n_mpjpe(one, other, which),
        "pck": metrics.pck3d(one, other, which),
        "auc": metrics.auc3d(one, other, which),
        **{name: _MILLIMETRES * float(np.mean(values)) for name, values in moving.items()},
    }


def by_joint(model: Model, batches: list[Batch]) -> dict[str, float]:
    """Mean error of every joint, mm."""
    errors = []
    for batch in batches:
        counts = scored_frames(batch)
        apart = np.linalg.norm(model.poses(batch) - batch.xyz_m @ batch.rotation, axis=-1)
        errors.append(apart[counts])
    mean = _MILLIMETRES * np.concatenate(errors).mean(axis=0)
    return {name: float(value) for name, value in zip(H36M17, mean, strict=True)}


def by_age(model: Model, batches: list[Batch], frames: int = 60) -> Float32:
    """Mean error (frames,) in mm by how long a person has been in view: how fast a stream settles."""
    apart = [np.linalg.norm(model.poses(batch) - batch.xyz_m @ batch.rotation, axis=-1) for batch in batches]
    return np.asarray(_MILLIMETRES * np.concatenate(apart)[:, :frames].mean(axis=(0, 2)), np.float32)
