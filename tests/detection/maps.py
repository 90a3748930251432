"""Made maps with known people, for the decoder's tests: clean Gaussians and fields, no noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detection.skeleton import HEATMAPS, JOINTS, LIMB_TABLE, PAFS

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]

# fmt: off
STANDING: Float64 = np.array([
    (0, .05), (0, .17), (-.10, .18), (-.14, .35), (-.16, .49), (.10, .18), (.14, .35), (.16, .49),
    (-.06, .47), (-.065, .715), (-.07, .96), (.06, .47), (.065, .715), (.07, .96),
    (-.02, .03), (.02, .03), (-.05, .04), (.05, .04),
])
# fmt: on
"""Somebody of height 1 who faces the camera (18, 2)."""


def draw_maps(
    bodies: list[Float64], size: tuple[int, int], seen: NDArray[np.bool_] | None = None, peak: float = 0.9
) -> tuple[Float32, Float32]:
    """Heatmaps (19, H, W) and affinity fields (38, H, W) of bodies (18, 2) in cells, of their seen joints (N, 18)."""
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    heatmaps, pafs = np.zeros((HEATMAPS, *size)), np.zeros((PAFS, *size))
    weight = np.zeros((len(LIMB_TABLE), *size))
    shown = np.ones((len(bodies), JOINTS), bool) if seen is None else seen
    for body, there in zip(bodies, shown, strict=True):
        for joint in np.flatnonzero(there):
            square = (columns - body[joint, 0]) ** 2 + (rows - body[joint, 1]) ** 2
            heatmaps[joint] = np.maximum(heatmaps[joint], peak * np.exp(-square / 2))
        for limb, (a, b, channel) in enumerate(LIMB_TABLE):
            if not (there[a] and there[b]):
                continue
            way = body[b] - body[a]
            length = np.hypot(*way)
            unit = way / length
            dx, dy = columns - body[a, 0], rows - body[a, 1]
            forward, sideways = dx * unit[0] + dy * unit[1], np.abs(dx * unit[1] - dy * unit[0])
            beyond = np.maximum(np.maximum(-forward, forward - length), 0)
            strength = np.exp(-(np.maximum(sideways - 0.6, 0) ** 2 + beyond**2) / 0.5)
            strength[strength < 0.02] = 0
            pafs[channel] += strength * unit[0]
            pafs[channel + 1] += strength * unit[1]
            weight[limb] += strength > 0
    for limb, (_, _, channel) in enumerate(LIMB_TABLE):
        pafs[channel : channel + 2] /= np.maximum(weight[limb], 1)
    heatmaps[JOINTS] = 1 - heatmaps[:JOINTS].max(axis=0)
    return heatmaps.astype(np.float32), pafs.astype(np.float32)
