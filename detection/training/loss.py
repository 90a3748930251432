"""How far predictions are from targets."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from detection.skeleton import JOINTS
from detection.training.augment import Batch
from detection.training.network import STRIDE, Maps
from detection.training.targets import Targets, draw_targets


@dataclass(frozen=True, slots=True)
class Balance:
    """How much more a cell counts where something seems to be: few cells are peaks or limbs, most are background.

    A heatmap cell weighs 1 + `peak` times the heat that the network, or its teacher, sees there, a field cell 1 +
    `limb` times the length of that limb's field. Weights that follow the picture alone leave the mean that a squared
    error leads to where it is. Weights that follow the truth do not: with 1 + 6 times the target, a joint that is there
    in one of ten cases was predicted with a heat of 0.4, and a network so trained found thirteen false people for each
    right one.
    """

    peak: float = 6.0
    limb: float = 3.0


def batch_targets(batch: Batch) -> Targets:
    """Targets of a batch whose pictures may hold windows of one another."""
    height, width = batch.pictures.shape[2:]
    here, there = (draw_targets(labels, height, width) for labels in (batch.labels, batch.pasted))
    window = batch.windows[:, None, STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE] > 0  # edges lie between cells

    def joined(inside: Maps, outside: Maps) -> Maps:
        return Maps(
            torch.where(window, inside.heatmaps, outside.heatmaps), torch.where(window, inside.fields, outside.fields)
        )

    return Targets(joined(there.maps, here.maps), joined(there.known, here.known))


def map_loss(predictions: list[Maps], targets: Targets, balance: Balance) -> Tensor:
    """Weighted squared error, summed over channels and stages, a cell; every stage is supervised alike."""
    total = targets.maps.heatmaps.new_zeros(())
    hint = attention(targets.hint) if targets.hint is not None else None
    for maps in predictions:
        seen = attention(maps)
        if hint is not None:
            seen = Maps(torch.maximum(seen.heatmaps, hint.heatmaps), torch.maximum(seen.fields, hint.fields))
        heat_weight = targets.known.heatmaps * (1 + balance.peak * seen.heatmaps)
        field_weight = targets.known.fields * (1 + balance.limb * seen.fields)
        total = total + _error(maps.heatmaps, targets.maps.heatmaps, heat_weight)
        total = total + _error(maps.fields, targets.maps.fields, field_weight)
    return total / len(predictions)


@torch.no_grad()
def attention(maps: Maps) -> Maps:
    """How much every cell of some maps has to say, 0..1: heat, what is no background, and the length of a field."""
    heat = maps.heatmaps.float()
    fields = maps.fields.float()
    pairs = fields.reshape(len(fields), -1, 2, *fields.shape[2:])  # (B, 19, 2, H, W)
    length = pairs.norm(dim=2, keepdim=True).expand_as(pairs).reshape(fields.shape)
    return Maps(torch.cat((heat[:, :JOINTS], 1 - heat[:, JOINTS:]), dim=1).clamp(0, 1), length.clamp(0, 1))


def _error(predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    return (weight * (predicted.float() - target) ** 2).sum(dim=1).mean()
