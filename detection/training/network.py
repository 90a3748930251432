"""Our network: the trunk, a context block, and stages that each predict heatmaps and affinity fields.

Stages refine one another as in Convolutional Pose Machines (Wei et al., 2016) and OpenPose (Cao et al., 2017): each
sees the picture's features and what the stage before it believed, and each is supervised. The layout of the channels is
that of human-pose-estimation-0001 (`detection.skeleton`), so that one decoder reads both.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from detection.errors import DetectionError
from detection.skeleton import HEATMAPS, PAFS
from detection.training.trunk import (
    PYRAMID_CHANNELS,
    STRIDE4_CHANNELS,
    STRIDE16_CHANNELS,
    STRIDE32_CHANNELS,
    Features,
    Trunk,
    upsample_to,
)

STRIDE = 8


@dataclass(frozen=True, slots=True)
class NetworkSize:
    """Width in channels of the context block and the stages, blocks in the context, stages, blocks in each."""

    width: int
    context_blocks: int
    stages: int
    stage_blocks: int


SIZES = {
    "tiny": NetworkSize(16, 1, 2, 1),  # for tests
    "nano": NetworkSize(64, 1, 2, 2),
    "small": NetworkSize(96, 2, 2, 2),
}


def network_size(name: str) -> NetworkSize:
    """The size of that name.

    Raises
    ------
    DetectionError
        There is none.
    """
    if name not in SIZES:
        raise DetectionError(f"no network size '{name}': choose one of {', '.join(SIZES)}")
    return SIZES[name]


@dataclass(frozen=True, slots=True)
class Maps:
    """What a stage predicts: `heatmaps` (B, 19, H/8, W/8) and `fields` (B, 38, H/8, W/8)."""

    heatmaps: Tensor
    fields: Tensor


class _Residual(nn.Module):
    """Two dense 3x3 convolutions and a shortcut; dense ones because CPUs run them at full speed, depthwise ones not."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        self.second_norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(x + self.second_norm(self.second(inner)))


class _Context(nn.Module):
    """All levels of the trunk in one map at stride 8.

    The pyramid alone is a neck of 48 channels; the encoder's own levels beside it bring detail (stride 4) and sight of
    the whole body (strides 16 and 32) for little.
    """

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.from_pyramid = nn.Conv2d(PYRAMID_CHANNELS, width, 1, bias=False)
        self.from_stride4 = nn.Conv2d(STRIDE4_CHANNELS, width, 3, stride=2, padding=1, bias=False)
        self.from_stride16 = nn.Conv2d(STRIDE16_CHANNELS, width, 1, bias=False)
        self.from_stride32 = nn.Conv2d(STRIDE32_CHANNELS, width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.blocks = nn.Sequential(*(_Residual(width, dilation=2) for _ in range(blocks)))

    def forward(self, features: Features) -> Tensor:
        fine = self.from_pyramid(features.pyramid) + self.from_stride4(features.stride4)
        middle = self.from_stride16(features.stride16)
        coarse = upsample_to(upsample_to(self.from_stride32(features.stride32), middle) + middle, fine)
        out: Tensor = self.blocks(functional.relu(self.norm(fine + coarse)))
        return out


class _Stage(nn.Module):
    """Features (and the earlier stage's maps) to maps."""

    def __init__(self, inputs: int, width: int, blocks: int) -> None:
        super().__init__()
        self.join = nn.Conv2d(inputs, width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.blocks = nn.Sequential(*(_Residual(width) for _ in range(blocks)))
        self.maps = nn.Conv2d(width, HEATMAPS + PAFS, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.maps(self.blocks(functional.relu(self.norm(self.join(x)))))
        return out


class PafNetwork(nn.Module):
    """Pictures RGB 0..1 (B, 3, H, W), sides multiples of 8, to the maps of every stage, the best last."""

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        self.size = size
        self.trunk = Trunk()
        self.context = _Context(size.width, size.context_blocks)
        maps = HEATMAPS + PAFS
        self.stages = nn.ModuleList(
            _Stage(size.width if index == 0 else size.width + maps, size.width, size.stage_blocks)
            for index in range(size.stages)
        )
        self._start_quiet()

    def _start_quiet(self) -> None:
        """Start every stage at "nobody here": most cells are background, and the first steps need not learn that."""
        for stage in self.stages:
            if isinstance(stage, _Stage) and stage.maps.bias is not None:
                nn.init.normal_(stage.maps.weight, std=0.01)
                nn.init.zeros_(stage.maps.bias)
                with torch.no_grad():
                    stage.maps.bias[HEATMAPS - 1] = 1.0

    def forward(self, pictures: Tensor) -> list[Maps]:
        """Maps of every stage."""
        features = self.context(self.trunk(pictures))
        predictions: list[Maps] = []
        maps: Tensor | None = None
        for stage in self.stages:
            maps = stage(features if maps is None else torch.cat((features, maps), dim=1))
            predictions.append(Maps(maps[:, :HEATMAPS], maps[:, HEATMAPS:]))
        return predictions


class DeployedNetwork(nn.Module):
    """The network as the app calls it: BGR 0..255 in, the last stage's heatmaps and fields out."""

    def __init__(self, network: PafNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Heatmaps and affinity fields of the last stage."""
        maps = self.network(pictures.flip(1) / 255.0)[-1]
        return maps.heatmaps, maps.fields


def multiply_adds(network: nn.Module, height: int, width: int) -> int:
    """Multiplications with addition of every convolution for one picture of that size."""
    total = 0

    def count(module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            per_output = module.in_channels // module.groups * module.kernel_size[0] * module.kernel_size[1]
            total += output.shape[1] * output.shape[2] * output.shape[3] * per_output

    hooks = [module.register_forward_hook(count) for module in network.modules() if isinstance(module, nn.Conv2d)]
    was_training = network.training
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, height, width))
    network.train(was_training)
    for hook in hooks:
        hook.remove()
    return total
