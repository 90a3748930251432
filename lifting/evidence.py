"""Which 3D joints there is evidence for.

The network answers with a whole body whatever it sees. A joint counts as known where the picture showed it lately, or
showed the joints between which it must lie; legs under a desk do not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import H36M17, OPENPOSE18

Bool = NDArray[np.bool_]

MEMORY_S = 0.5
"""How long a joint that was seen stands for itself."""

_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")


def _limb(side: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Alternatives for the joints of one side; each is a set of 2D joints that must all be seen."""
    other = {"left": "right", "right": "left"}[side]
    return {
        f"{side}_hip": ((f"{side}_hip",), (f"{other}_hip", f"{side}_knee")),
        f"{side}_knee": ((f"{side}_knee",), (f"{side}_hip", f"{side}_ankle")),
        f"{side}_ankle": ((f"{side}_ankle",),),
        f"{side}_shoulder": ((f"{side}_shoulder",), ("neck", f"{side}_elbow")),
        f"{side}_elbow": ((f"{side}_elbow",), (f"{side}_shoulder", f"{side}_wrist")),
        f"{side}_wrist": ((f"{side}_wrist",),),
    }


ALTERNATIVES: dict[str, tuple[tuple[str, ...], ...]] = {
    "pelvis": (("right_hip",), ("left_hip",)),
    "spine": (("neck", "right_hip"), ("neck", "left_hip")),
    "thorax": (("neck",), ("left_shoulder", "right_shoulder")),
    "nose": tuple((name,) for name in _FACE),
    "head": tuple((name,) for name in _FACE),
    **_limb("left"),
    **_limb("right"),
}
"""For every H36M17 joint, sets of OPENPOSE18 joints any of which proves it."""

_CHECKS = [[[OPENPOSE18.index(name) for name in one] for one in ALTERNATIVES[joint]] for joint in H36M17]


def known(seen: Bool) -> Bool:
    """H36M17 joints (..., 17) that are known when OPENPOSE18 joints `seen` (..., 18) were seen lately.

    >>> int(known(np.zeros(18, np.bool_)).sum())
    0
    """
    return np.stack([np.any([seen[..., one].all(axis=-1) for one in sets], axis=0) for sets in _CHECKS], axis=-1)
