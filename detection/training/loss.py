"""How far predictions are from targets."""

from __future__ import annotations

import torch
from torch import Tensor

from detection.training.augment import Batch
from detection.training.network import STRIDE, Maps
from detection.training.targets import Balance, Targets, draw_targets


def batch_targets(batch: Batch, balance: Balance) -> Targets:
    """Targets of a batch whose pictures may hold windows of one another."""
    height, width = batch.pictures.shape[2:]
    here, there = (draw_targets(labels, height, width, balance) for labels in (batch.labels, batch.pasted))
    window = batch.windows[:, None, STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE] > 0  # edges lie between cells

    def joined(inside: Maps, outside: Maps) -> Maps:
        return Maps(
            torch.where(window, inside.heatmaps, outside.heatmaps), torch.where(window, inside.fields, outside.fields)
        )

    return Targets(joined(there.maps, here.maps), joined(there.weights, here.weights))


def map_loss(predictions: list[Maps], targets: Targets) -> Tensor:
    """Weighted squared error, summed over channels and stages, a cell; every stage is supervised alike."""
    total = targets.maps.heatmaps.new_zeros(())
    for maps in predictions:
        total = total + _error(maps.heatmaps, targets.maps.heatmaps, targets.weights.heatmaps)
        total = total + _error(maps.fields, targets.maps.fields, targets.weights.fields)
    return total / len(predictions)


def _error(predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    return (weight * (predicted.float() - target) ** 2).sum(dim=1).mean()
