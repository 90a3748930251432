"""Pictures made different in every epoch, in batches on the device that trains.

One affine map a picture does scale, rotation, flip and crop; then windows of other pictures are pasted in, rectangles
hide parts, and colour, blur, noise and compression follow what cameras do. Labels move along; targets are drawn
afterwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from detection.training.labels import ABSENT, Labels, invert, square, transform_points
from pose.joint_sets import OPENPOSE18, flip_order

_FLIPPED = torch.from_numpy(flip_order(OPENPOSE18))


@dataclass(frozen=True, slots=True)
class AugmentOptions:
    """How far pictures are changed; chances are 0..1.

    Attributes
    ----------
    person_share : float
        Pictures that are cut around somebody (off centre); the others are seen whole or cut anywhere.
    person_height : tuple of float
        Height of that person's box as a share of the crop, drawn evenly in the logarithm.
    off_centre : float
        How far from the middle that person may be, as a share of the crop.
    whole_scale : tuple of float
        Size of a picture seen whole, 1: it just fits.
    rotation_deg : float
        Standard deviation of the rotation.
    turned : float
        Chance of any rotation at all, for people lying down or upside down.
    collage : float
        Chance that a window of another picture of the batch is pasted in.
    hide : float
        Chance that a rectangle hides a part.
    colour, blur, noise, compress : float
        Chances of each.
    """

    person_share: float = 0.55
    person_height: tuple[float, float] = (0.3, 1.25)
    off_centre: float = 0.3
    whole_scale: tuple[float, float] = (0.85, 1.8)
    rotation_deg: float = 12.0
    turned: float = 0.04
    collage: float = 0.25
    hide: float = 0.25
    colour: float = 0.8
    blur: float = 0.25
    noise: float = 0.25
    compress: float = 0.25


@dataclass(frozen=True, slots=True)
class Samples:
    """As stored: `pictures` uint8 BGR (B, 3, S, S), filled from the upper left up to `sizes` (B, 2), height, width."""

    pictures: Tensor
    sizes: Tensor
    labels: Labels


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures as the network sees them: RGB 0..1 float32 (B, 3, T, T). `windows` (B, T, T) is 1 where `pasted` shows.

    A collage has two sets of labels, one for each side of its window's edge: a limb must not be drawn across.
    """

    pictures: Tensor
    labels: Labels
    pasted: Labels
    windows: Tensor


class Random:
    """Numbers for one batch; the same seed gives the same batch, on the same device."""

    def __init__(self, seed: int, batch: int, device: torch.device) -> None:
        self._generator = torch.Generator(device=device).manual_seed(seed)
        self._batch = batch
        self.device = device

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Even numbers (B, *shape)."""
        numbers = torch.rand(self._batch, *shape, generator=self._generator, device=self.device)
        return low + (high - low) * numbers

    def normal(self, *shape: int) -> Tensor:
        """Normal numbers (B, *shape)."""
        return torch.randn(self._batch, *shape, generator=self._generator, device=self.device)

    def chance(self, probability: float) -> Tensor:
        """True with that probability, (B,)."""
        return self.uniform(0, 1) < probability

    def order(self) -> Tensor:
        """A random order of the batch, (B,)."""
        return torch.randperm(self._batch, generator=self._generator, device=self.device)


def augment(samples: Samples, size: int, options: AugmentOptions, seed: int) -> Batch:
    """A batch of `size` x `size` pictures."""
    random = Random(seed, len(samples.pictures), samples.pictures.device)
    matrix = _placement(samples, size, options, random)
    flipped = random.chance(0.5)
    mirror = torch.eye(3, device=random.device).repeat(len(flipped), 1, 1)
    mirror[:, 0, 0] = torch.where(flipped, -1.0, 1.0)
    mirror[:, 0, 2] = torch.where(flipped, size - 1.0, 0.0)
    matrix = (mirror @ matrix)[:, :2]
    pictures = warp(samples, matrix, size, fill=random.uniform(0, 255, 3))
    labels = move_labels(samples.labels, matrix, flipped)

    windows = _windows(size, options.collage, random)
    order = random.order()
    pictures = torch.where(windows[:, None] > 0, pictures[order], pictures)
    pictures = _hide(pictures, options.hide, random)
    pictures = _camera(pictures, options, random)
    return Batch(pictures.flip(1) / 255, labels, labels.take(order), windows)


def warp(samples: Samples, matrix: Tensor, size: int, fill: Tensor) -> Tensor:
    """Pictures through affine maps (B, 2, 3) from stored pixels to pixels of the crop: float32 BGR (B, 3, T, T).

    What lies outside the stored picture takes the colour `fill` (B, 3).
    """
    stored = samples.pictures.shape[-1]
    steps = torch.arange(size, device=matrix.device, dtype=torch.float32)
    rows, columns = torch.meshgrid(steps, steps, indexing="ij")
    target = torch.stack((columns, rows), dim=-1).expand(len(matrix), size, size, 2)
    source = transform_points(target, invert(matrix))  # (B, T, T, 2) pixels of the stored picture
    grid = (source + 0.5) * (2 / stored) - 1
    seen = functional.grid_sample(
        samples.pictures.float(), grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    height, width = samples.sizes[:, 0, None, None], samples.sizes[:, 1, None, None]
    x, y = source.unbind(dim=-1)
    inside = (x >= -0.5) & (y >= -0.5) & (x <= width - 0.5) & (y <= height - 0.5)
    return torch.where(inside[:, None], seen, fill[:, :, None, None])


def move_labels(labels: Labels, matrix: Tensor, flipped: Tensor) -> Labels:
    """Labels through the same affine maps (B, 2, 3); where `flipped` (B,), left and right change names."""
    joints = transform_points(labels.joints, matrix)
    order = _FLIPPED.to(joints.device)
    mirrored = flipped[:, None, None]
    return Labels(
        torch.where(mirrored[..., None], joints[:, :, order], joints),
        torch.where(mirrored, labels.state[:, :, order], labels.state),
        labels.boxes,
        labels.ignored,
        (square(labels.to_stored) @ square(invert(matrix)))[:, :2],
    )


def _placement(samples: Samples, size: int, options: AugmentOptions, random: Random) -> Tensor:
    """Where each picture lands in the crop: affine maps (B, 3, 3) from stored pixels to pixels of the crop."""
    height, width = samples.sizes[:, 0].float(), samples.sizes[:, 1].float()
    low, high = (math.log(value) for value in options.whole_scale)
    scale = size / torch.maximum(height, width) * torch.exp(random.uniform(low, high))
    centre = torch.stack(((width - 1) / 2, (height - 1) / 2), dim=1)
    # Larger than the crop, the picture may slide as far as it reaches; smaller, the crop's border may show.
    slack = (torch.stack((width, height), dim=1) * scale[:, None] / size - 1).abs() / 2 + 0.05
    offset = random.uniform(-1, 1, 2) * slack

    boxes, person = _somebody(samples.labels, random)
    tall = (boxes[:, 2:] - boxes[:, :2]).amax(dim=1).clamp(min=8)
    low, high = (math.log(value) for value in options.person_height)
    near = (size * torch.exp(random.uniform(low, high)) / tall).clamp(max=3 * size / samples.pictures.shape[-1])
    use_person = person & random.chance(options.person_share)
    scale = torch.where(use_person, near, scale)
    centre = torch.where(use_person[:, None], (boxes[:, :2] + boxes[:, 2:]) / 2, centre)
    offset = torch.where(use_person[:, None], random.uniform(-1, 1, 2) * options.off_centre, offset)

    angle = random.normal() * math.radians(options.rotation_deg)
    angle = torch.where(random.chance(options.turned), random.uniform(-math.pi, math.pi), angle)
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    middle = (size - 1) / 2 + offset * size
    matrix = torch.zeros(len(scale), 3, 3, device=random.device)
    matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 0], matrix[:, 1, 1] = cosine, -sine, sine, cosine
    matrix[:, :2, 2] = middle - (matrix[:, :2, :2] @ centre[:, :, None])[..., 0]
    matrix[:, 2, 2] = 1
    return matrix


def _somebody(labels: Labels, random: Random) -> tuple[Tensor, Tensor]:
    """The box (B, 4) of a random person of each picture, and whether there is anybody (B,)."""
    real = (labels.state != ABSENT).any(dim=2)  # (B, P)
    pick = torch.where(real, random.uniform(0, 1, real.shape[1]), -1.0).argmax(dim=1)
    return labels.boxes[torch.arange(len(pick), device=pick.device), pick], real.any(dim=1)


def _rectangles(size: int, chance: float, low: float, high: float, random: Random) -> Tensor:
    """Random rectangles with sides of `low`..`high` of the crop, whose edges lie between cells: bool (B, T, T)."""
    steps = torch.arange(size, device=random.device)
    centre = (random.uniform(0, 1, 2) * size)[..., None]
    half = (random.uniform(low, high, 2) * size / 2)[..., None]
    start, end = torch.round((centre - half) / 8) * 8, torch.round((centre + half) / 8) * 8
    inside = (steps >= start) & (steps < end)  # (B, 2, T): columns, rows
    return inside[:, 1, :, None] & inside[:, 0, None, :] & random.chance(chance)[:, None, None]


def _windows(size: int, chance: float, random: Random) -> Tensor:
    return _rectangles(size, chance, 0.3, 1.2, random).float()


def _hide(pictures: Tensor, chance: float, random: Random) -> Tensor:
    """A rectangle of one colour with some noise over a part; the labels stay: the network may guess what it hides."""
    hidden = _rectangles(pictures.shape[-1], chance, 0.05, 0.3, random)[:, None]
    grain = random.normal(1, *pictures.shape[2:]) * random.uniform(0, 30)[:, None, None, None]
    return torch.where(hidden, random.uniform(0, 255, 3)[:, :, None, None] + grain, pictures)


def _camera(pictures: Tensor, options: AugmentOptions, random: Random) -> Tensor:
    """Colour, blur, noise and compression, of BGR 0..255 (B, 3, T, T)."""

    def some(chance: float) -> Tensor:
        return random.chance(chance)[:, None, None, None]

    def factor(low: float, high: float, channels: int = 1) -> Tensor:
        return random.uniform(low, high, channels)[:, :, None, None]

    soft = functional.avg_pool2d(pictures, 3, stride=1, padding=1, count_include_pad=False)
    softer = functional.avg_pool2d(soft, 5, stride=1, padding=2, count_include_pad=False)
    pictures = torch.where(some(options.blur), torch.where(some(0.5), soft, softer), pictures)
    grey = pictures.mean(dim=1, keepdim=True)
    level = grey.mean(dim=(2, 3), keepdim=True)
    changed = grey + (pictures - grey) * factor(0.4, 1.5)
    changed = level + (changed - level) * factor(0.6, 1.4)
    changed = changed * factor(0.85, 1.15, 3) * factor(0.6, 1.4) + factor(-20, 20)
    changed = 255 * (changed.clamp(0, 255) / 255) ** factor(0.7, 1.4)
    pictures = torch.where(some(options.colour), changed, pictures)
    pictures = torch.where(some(0.05), grey.expand_as(pictures), pictures)
    grain = random.normal(*pictures.shape[1:]) * factor(2, 14)
    pictures = torch.where(some(options.noise), pictures + grain, pictures)
    compressed = compress(pictures, factor(8, 40)[..., None, None])
    return torch.where(some(options.compress), compressed, pictures).clamp(0, 255)


def compress(pictures: Tensor, step: Tensor) -> Tensor:
    """About what JPEG does: 8x8 cosine transforms, coefficients rounded more coarsely the finer they are.

    `step` (B, 1, 1, 1, 1, 1) is the rounding of middle frequencies in grey levels. Sides must be multiples of 8.
    """
    batch, channels, height, width = pictures.shape
    index = torch.arange(8, device=pictures.device, dtype=torch.float32)
    basis = torch.cos((index[None, :] + 0.5) * index[:, None] * math.pi / 8) / 2  # (frequency, pixel), orthonormal
    basis[0] /= math.sqrt(2)
    blocks = pictures.reshape(batch, channels, height // 8, 8, width // 8, 8).transpose(3, 4)  # (B, C, h, w, 8, 8)
    spectrum = basis @ blocks @ basis.T
    coarse = step * (0.4 + (index[:, None] + index[None, :]) / 6)
    spectrum = torch.round(spectrum / coarse) * coarse
    return (basis.T @ spectrum @ basis).transpose(3, 4).reshape(batch, channels, height, width)
