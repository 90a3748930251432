"""From light to a picture as a webcam gives it: exposure, soft focus, tone, colour, noise and compression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pose.types import Image
from synthetic.materials import Rng
from synthetic.mesh import Float32


@dataclass(frozen=True, slots=True)
class Finish:
    """One camera's ways.

    Attributes
    ----------
    brightness : float
        Mean light that the exposure aims at, with people counting more.
    blur_px, motion_px : float, int
        Soft focus (standard deviation) and length of motion blur; 0 none.
    bloom : float
        Strength of the glow round bright spots.
    white, shoulder, gamma, contrast, lift, saturation : float
        The tone curve: what becomes white, how softly, and so on.
    noise : float
        Standard deviation, of a range of 0..1.
    jpeg_quality : int or None
    """

    brightness: float = 0.26
    blur_px: float = 0.0
    motion_px: int = 0
    bloom: float = 0.0
    white: float = 2.6
    shoulder: float = 0.45
    gamma: float = 2.2
    contrast: float = 1.05
    lift: float = 0.02
    saturation: float = 1.0
    noise: float = 0.006
    jpeg_quality: int | None = None


def random_finish(rng: Rng) -> Finish:
    """Good and bad cameras."""
    return Finish(
        brightness=rng.uniform(0.16, 0.36),
        blur_px=rng.uniform(0.3, 1.3) if rng.random() < 0.35 else 0.0,
        motion_px=int(rng.integers(3, 7)) if rng.random() < 0.10 else 0,
        bloom=rng.uniform(0.1, 0.6) if rng.random() < 0.3 else 0.0,
        white=rng.uniform(1.6, 4),
        shoulder=rng.uniform(0.25, 0.8),
        gamma=rng.uniform(1.9, 2.5),
        contrast=rng.uniform(0.85, 1.2),
        lift=rng.normal(0, 0.03),
        saturation=rng.uniform(0.6, 1.25),
        noise=float(rng.choice([0.002, 0.008, 0.02, 0.035], p=[0.35, 0.35, 0.2, 0.1])),
        jpeg_quality=int(rng.integers(35, 95)) if rng.random() < 0.7 else None,
    )


def exposure(light: Float32, people: NDArray[np.float32], finish: Finish) -> float:
    """The gain that brings light (H, W, 3) to the finish's brightness; `people` (H, W), 0..1, is metered more."""
    brightness = np.minimum(light.mean(axis=2), 1.5)
    weight = 0.35 + people / (people.mean() + 0.02) * 0.3
    metered = float((brightness * weight).sum() / weight.sum())
    return finish.brightness / (metered + 1e-3)


def _lens(light: Float32, finish: Finish, rng: Rng) -> Float32:
    """Soft focus, motion blur and bloom."""
    picture: NDArray[Any] = light
    if finish.blur_px:
        picture = cv2.GaussianBlur(picture, (0, 0), finish.blur_px)
    if finish.motion_px:
        kernel: NDArray[Any] = np.zeros((finish.motion_px, finish.motion_px), np.float32)
        ends = [int(rng.integers(0, finish.motion_px)) for _ in range(2)]
        cv2.line(kernel, (0, ends[0]), (finish.motion_px - 1, ends[1]), [1.0])
        picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
    if finish.bloom:
        glow = cv2.GaussianBlur(np.maximum(picture - 0.6, 0), (0, 0), picture.shape[1] / 40)
        picture = picture + glow * finish.bloom
    return picture


def finished(light: Float32, gain: float, finish: Finish, rng: Rng) -> Image:
    """The picture, uint8 BGR, of linear light (H, W, 3), red first."""
    picture = _lens(light * np.float32(gain), finish, rng)
    picture = picture * (1 + picture / finish.white**2) / (1 + picture * finish.shoulder)  # Reinhard et al. 2002
    picture = np.clip(picture, 0, 1) ** np.float32(1 / finish.gamma)
    picture = (picture - 0.5) * finish.contrast + 0.5 + finish.lift
    grey = picture.mean(axis=2, keepdims=True)
    picture = grey + (picture - grey) * finish.saturation
    picture = picture + rng.standard_normal(picture.shape, np.float32) * finish.noise
    image: Image = np.ascontiguousarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)[..., ::-1])
    if finish.jpeg_quality is None:
        return image
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, finish.jpeg_quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
