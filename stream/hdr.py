"""High dynamic range brought into the range of an ordinary screen, channel by channel."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pose.types import Image

PQ, HLG = 16, 18
"""Transfer characteristics by ITU-T H.273: SMPTE ST 2084 and ARIB STD-B67."""
WHITE_NITS = 203.0
"""Luminance of a white sheet in HDR (ITU-R BT.2408)."""
HLG_PEAK_NITS = 1000.0
KNEE = 0.7
"""Of white: up to here luminance stays as it is, what is brighter is bent below full white."""

Float64 = NDArray[np.float64]


def to_sdr(image: Image, transfer: int) -> Image:
    """A picture with the codes of PQ or HLG, with those of sRGB; any other transfer as it is.

    Faces and clothes get the contrast that detectors were trained on. The wide gamut of BT.2020 is not mapped, which
    leaves colours a little pale.

    Parameters
    ----------
    image : array, uint8, shape (H, W, 3)
        BGR, full range, in the codes of `transfer`.
    transfer : int
        By ITU-T H.273.
    """
    if transfer not in (PQ, HLG):
        return image
    return cv2.LUT(image, _curve(transfer)).astype(np.uint8, copy=False)


@lru_cache
def _curve(transfer: int) -> Image:
    """The sRGB code of each of the 256 codes of PQ or HLG."""
    code = np.linspace(0.0, 1.0, 256)
    relative = (_pq_nits(code) if transfer == PQ else _hlg_nits(code)) / WHITE_NITS
    bent = KNEE + (1 - KNEE) * (1 - np.exp(-np.maximum(relative - KNEE, 0.0) / (1 - KNEE)))
    linear = np.where(relative <= KNEE, relative, bent)
    srgb: Float64 = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    codes: Image = np.round(255 * srgb).astype(np.uint8)
    return codes


def _pq_nits(code: Float64) -> Float64:
    """Luminance by SMPTE ST 2084's EOTF."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = code ** (1 / m2)
    nits: Float64 = 10_000 * (np.maximum(root - c1, 0.0) / (c2 - c3 * root)) ** (1 / m1)
    return nits


def _hlg_nits(code: Float64) -> Float64:
    """Luminance on a screen of 1000 nits by ITU-R BT.2100: the inverse OETF and an OOTF with a gamma of 1.2."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    nits: Float64 = HLG_PEAK_NITS * scene**1.2
    return nits
