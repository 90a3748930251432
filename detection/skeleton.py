"""Limbs of OPENPOSE18 and where their affinity fields lie in the maps of human-pose-estimation-0001."""

from __future__ import annotations

import numpy as np

from pose.joint_sets import OPENPOSE18

JOINTS = len(OPENPOSE18)
HEATMAPS = JOINTS + 1
"""Channels of the heatmaps: a joint each, then the background."""

# fmt: off
LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13),
    (1, 0), (0, 14), (14, 16), (0, 15), (15, 17), (2, 16), (5, 17),
)
"""Pairs of joints that an affinity field connects; the field points from the first to the second (Cao et al. 2017)."""

LIMB_X_CHANNELS = (12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26)
"""Channel of each limb's x field; its y field is the next one."""
# fmt: on

PAFS = 2 * len(LIMBS)
"""Channels of the affinity fields: x and y of each limb."""

LIMB_TABLE = np.array([(a, b, channel) for (a, b), channel in zip(LIMBS, LIMB_X_CHANNELS, strict=True)], np.int32)
"""The same as an array (19, 3): first joint, second joint, x channel."""
