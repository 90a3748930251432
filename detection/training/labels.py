"""People in a batch of pictures as tensors of one shape: what targets are drawn from and augmentation moves."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

ABSENT, KNOWN, UNKNOWN = 0, 1, 2
"""State of a joint: not there, there at its place, or nobody knows (its maps are masked around the person)."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Everybody in B pictures, padded to P people and Q boxes to ignore.

    Attributes
    ----------
    joints : tensor, float32, shape (B, P, 18, 2)
        OPENPOSE18 in pixels, the centre of the top left pixel at (0, 0); read only where `state` is KNOWN.
    state : tensor, uint8, shape (B, P, 18)
        ABSENT, KNOWN or UNKNOWN; rows of padding are ABSENT throughout.
    boxes : tensor, float32, shape (B, P, 4)
        Left, top, right, bottom of every person in the picture as stored; all zero in padding.
    ignored : tensor, float32, shape (B, Q, 4)
        Boxes, likewise, in which nothing is known: people without joints, crowds; all zero in padding.
    to_stored : tensor, float32, shape (B, 2, 3)
        Affine maps from the pixels of `joints` to those of the boxes: a box stays exact however the picture is turned.
    """

    joints: Tensor
    state: Tensor
    boxes: Tensor
    ignored: Tensor
    to_stored: Tensor

    def to(self, device: torch.device) -> Labels:
        """The same on another device."""
        return Labels(*(getattr(self, field.name).to(device) for field in fields(self)))

    def take(self, order: Tensor) -> Labels:
        """The labels of the pictures `order` (B',) picks."""
        return Labels(*(getattr(self, field.name)[order] for field in fields(self)))

    def trimmed(self) -> Labels:
        """Without people and boxes that are padding in every picture (at least one of each stays)."""
        people = max(int((self.state != ABSENT).any(dim=2).any(dim=0).sum()), 1)
        ignored = max(int((self.ignored[..., 2] > self.ignored[..., 0]).any(dim=0).sum()), 1)
        return replace(
            self,
            joints=self.joints[:, :people],
            state=self.state[:, :people],
            boxes=self.boxes[:, :people],
            ignored=self.ignored[:, :ignored],
        )


def transform_points(points: Tensor, matrix: Tensor) -> Tensor:
    """Points (B, ..., 2) through affine maps (B, 2, 3)."""
    flat = points.reshape(points.shape[0], -1, 2)  # (B, N, 2)
    moved = flat @ matrix[:, :, :2].transpose(1, 2) + matrix[:, None, :, 2]
    return moved.reshape(points.shape)


def invert(matrix: Tensor) -> Tensor:
    """The inverse of affine maps (B, 2, 3)."""
    inverse: Tensor = torch.linalg.inv(square(matrix))
    return inverse[:, :2]


def square(matrix: Tensor) -> Tensor:
    """Affine maps (B, 2, 3) as (B, 3, 3), which can be multiplied."""
    last = matrix.new_tensor([[[0.0, 0.0, 1.0]]]).expand(len(matrix), 1, 3)
    return torch.cat((matrix, last), dim=1)


def identity(batch: int, device: torch.device) -> Tensor:
    """Affine maps (B, 2, 3) that change nothing."""
    return torch.eye(3, device=device)[:2].repeat(batch, 1, 1)
