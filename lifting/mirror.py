"""Looking twice, at people as they are and at their mirror images: the mean of both answers errs less and shakes less.

Left and right are alike to the world, but not quite to a trained network, and the errors of the two looks are partly
independent. VideoPose3D does the same when it is tested (Pavllo et al., CVPR 2019); here it is how the lifter runs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lifting.streaming import StreamingNet
from lifting.weights import LifterWeights
from pose.joint_sets import H36M17, OPENPOSE18, flip_order

Float32 = NDArray[np.float32]
Index = NDArray[np.intp]

_FLIP_2D, _FLIP_3D = flip_order(OPENPOSE18), flip_order(H36M17)


def mirrored_features(features: Float32) -> Float32:
    """What the mirror image of somebody with features (..., FEATURES) has: x negated, left and right exchanged.

    >>> both = mirrored_features(mirrored_features(one := np.arange(56, dtype=np.float32)))
    >>> bool((both == one).all())
    True
    """
    out = features.copy()
    joints = features[..., : 3 * len(OPENPOSE18)].reshape(*features.shape[:-1], len(OPENPOSE18), 3)[..., _FLIP_2D, :]
    out[..., : 3 * len(OPENPOSE18)] = (joints * np.array([-1, 1, 1], np.float32)).reshape(*features.shape[:-1], -1)
    return out


def mirrored_poses(xyz_m: Float32) -> Float32:
    """Mirror images of poses (..., 17, 3)."""
    return np.asarray(xyz_m[..., _FLIP_3D, :] * np.array([-1, 1, 1], np.float32))


class MirroredNet:
    """A `StreamingNet` that feeds everybody and their mirror image in one batch and answers with the mean."""

    def __init__(self, weights: LifterWeights, slots: int = 4) -> None:
        self._net = StreamingNet(weights, 2 * slots)

    @property
    def slots(self) -> int:
        """People there is room for."""
        return self._net.slots // 2

    def grow(self, slots: int) -> None:
        """Make room for at least `slots` people; those who are there keep their past."""
        self._net.grow(2 * slots)

    def clear(self, slot: int) -> None:
        """Forget the past of one slot."""
        self._net.clear(2 * slot)
        self._net.clear(2 * slot + 1)

    def begin(self, features: Float32, slots: Index) -> None:
        """Give slots (K,) a past in which nothing but these features was ever seen: see `StreamingNet.begin`."""
        both = np.concatenate([features, mirrored_features(features)])
        self._net.begin(both, np.concatenate([2 * slots, 2 * slots + 1]))

    def step(self, features: Float32, slots: Index, *, commit: bool = True, delay: int = 0) -> Float32:
        """Feed one frame of K people and return their poses (K, 17, 3): see `StreamingNet.step`."""
        both = np.concatenate([features, mirrored_features(features)])
        told = self._net.step(both, np.concatenate([2 * slots, 2 * slots + 1]), commit=commit, delay=delay)
        people = len(features)
        return np.asarray((told[:people] + mirrored_poses(told[people:])) / 2, np.float32)
