"""How sure a 3D joint is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17, OPENPOSE18

_SEEN = np.array([joint for joint, name in enumerate(H36M17) if name in OPENPOSE18])
"""Joints that the detector finds itself."""
_IN_PICTURE = np.array([OPENPOSE18.index(H36M17[joint]) for joint in _SEEN])


def joint_scores(score: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Scores (17,) of 3D joints: those of the 2D joints of the same name (18,), the mean of the known for others.

    >>> joint_scores(np.full(18, 0.5, np.float32), np.ones(17, bool)).tolist() == [0.5] * 17
    True
    """
    known = score[score > 0]
    out = np.full(len(H36M17), float(known.mean()) if len(known) else 0.0, np.float32)
    out[_SEEN] = score[_IN_PICTURE]
    return np.where(valid, out, np.float32(0))
