"""The trunk: MediaPipe's BlazePose encoder and feature pyramid, rebuilt in torch, with its weights if they are at hand.

The encoder of `pose_landmark_full.tflite` (Bazarevsky et al., BlazePose, 2020; Apache-2.0; in the wheel of mediapipe
0.10.21) already knows bodies. We take it from the input up to tensor 277 of that file: 48 channels at stride 8, which
its own heatmaps are made from. The blocks are inverted residuals (Sandler et al., MobileNetV2, 2018) without batch
normalisation: the file has it folded into the convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from detection.errors import DetectionError
from pose.files import written_beside

Weights = list[tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Kernel (O, I, H, W) and bias (O,) of every convolution, in the order of `Trunk.convolutions`."""

PYRAMID_CHANNELS = 48
TRUNK_FILE = "trunk.npz"
"""Name of the packed weights beside the packed pictures."""


@dataclass(frozen=True, slots=True)
class _Block:
    """One inverted residual: 1x1 to `expanded`, depthwise `kernel` with `stride`, 1x1 to `out`."""

    expanded: int
    kernel: int
    out: int
    stride: int = 1


_BLOCKS = (
    _Block(64, 3, 24, 2),  # stride 4
    _Block(144, 3, 24),
    _Block(144, 5, 32, 2),  # stride 8
    _Block(192, 5, 32),
    _Block(192, 3, 64, 2),  # stride 16
    _Block(384, 3, 64),
    _Block(384, 3, 64),
    _Block(384, 5, 88),
    _Block(528, 5, 88),
    _Block(528, 5, 88),
    _Block(528, 5, 144, 2),  # stride 32
    _Block(864, 5, 144),
    _Block(864, 5, 144),
    _Block(864, 5, 144),
)
_STRIDE4, _STRIDE8, _STRIDE16 = 1, 3, 9  # the blocks whose outputs are the last of their stride
STRIDE4_CHANNELS, STRIDE16_CHANNELS, STRIDE32_CHANNELS = 24, 88, 864


class _Depthwise(nn.Conv2d):
    """A convolution a channel, with the file's symmetric padding.

    On CPUs the gradients of large or strided ones take up to five times as long in bfloat16 as in float32: these leave
    the reduced precision of a training.
    """

    def __init__(self, channels: int, kernel: int, stride: int = 1) -> None:
        super().__init__(channels, channels, kernel, stride, kernel // 2, groups=channels)
        self._slow_gradient = kernel > 3 or stride > 1

    def forward(self, x: Tensor) -> Tensor:
        if self._slow_gradient and x.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
            with torch.autocast("cpu", enabled=False):
                return super().forward(x.float())
        return super().forward(x)


def _convolution(inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> nn.Conv2d:
    """A dense convolution with the file's symmetric padding."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)


class _InvertedResidual(nn.Module):
    def __init__(self, inputs: int, block: _Block) -> None:
        super().__init__()
        self.expand = _convolution(inputs, block.expanded)
        self.depthwise = _Depthwise(block.expanded, block.kernel, block.stride)
        self.project = _convolution(block.expanded, block.out)
        self.residual = block.stride == 1 and inputs == block.out

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu6(self.depthwise(functional.relu6(self.expand(x))))
        out: Tensor = self.project(inner)
        return out + x if self.residual else out


class _Lateral(nn.Module):
    """A level of the pyramid: depthwise 3x3 and 1x1 to the pyramid's channels."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.depthwise = _Depthwise(inputs, 3)
        self.project = _convolution(inputs, PYRAMID_CHANNELS)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu6(self.project(functional.relu6(self.depthwise(x))))


def upsample_to(x: Tensor, like: Tensor) -> Tensor:
    """`x` at twice its size (half-pixel centres), cut to the size of `like`.

    Where a side is no multiple of 32 the coarser level is one row larger than half: scaling by exactly two and cutting
    keeps every cell where it belongs in the picture, resizing to the size of `like` would not.
    """
    double = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
    return double[:, :, : like.shape[2], : like.shape[3]]


@dataclass(frozen=True, slots=True)
class Features:
    """What the trunk sees: `pyramid` is tensor 277 (B, 48, H/8, W/8); the others are the encoder's own levels.

    `stride4` (B, 24, H/4, W/4), `stride16` (B, 88, H/16, W/16), `stride32` (B, 864, H/32, W/32).
    """

    pyramid: Tensor
    stride4: Tensor
    stride16: Tensor
    stride32: Tensor


class Trunk(nn.Module):
    """Pictures RGB 0..1 (B, 3, H, W), sides multiples of 8, to `Features`."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _convolution(3, 24, 3, stride=2)
        self.stem_depthwise = _Depthwise(24, 3)
        self.stem_project = _convolution(24, 16)
        channels = 16
        blocks = []
        for block in _BLOCKS:
            blocks.append(_InvertedResidual(channels, block))
            channels = block.out
        self.blocks = nn.ModuleList(blocks)
        self.top_expand = _convolution(channels, STRIDE32_CHANNELS)
        self.top_depthwise = _Depthwise(STRIDE32_CHANNELS, 3)
        self.lateral32 = _Lateral(STRIDE32_CHANNELS)
        self.lateral16 = _Lateral(STRIDE16_CHANNELS)
        self.lateral8 = _Lateral(32)

    def forward(self, x: Tensor) -> Features:
        """Features of pictures."""
        x = functional.relu6(self.stem(x))
        x = self.stem_project(functional.relu6(self.stem_depthwise(x)))
        levels: list[Tensor] = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in (_STRIDE4, _STRIDE8, _STRIDE16):
                levels.append(x)
        stride4, stride8, stride16 = levels
        stride32 = functional.relu6(self.top_depthwise(functional.relu6(self.top_expand(x))))
        level16 = self.lateral16(stride16)
        level16 = upsample_to(self.lateral32(stride32), level16) + level16
        level8 = self.lateral8(stride8)
        return Features(upsample_to(level16, level8) + level8, stride4, stride16, stride32)

    def convolutions(self) -> list[nn.Conv2d]:
        """Every convolution in the order in which the picture passes through."""
        return [module for module in self.modules() if isinstance(module, nn.Conv2d)]

    def freeze(self, blocks: int) -> None:
        """Keep the stem and the first `blocks` blocks as they are; 0 keeps nothing.

        They cost half of the gradients' time and see edges and textures, which need no new learning.
        """
        if blocks:
            for part in (self.stem, self.stem_depthwise, self.stem_project, *self.blocks[:blocks]):
                part.requires_grad_(requires_grad=False)

    def load(self, weights: Weights) -> None:
        """Take over kernels and biases.

        Raises
        ------
        DetectionError
            Number or shapes are not the trunk's.
        """
        convolutions = self.convolutions()
        if len(weights) != len(convolutions):
            raise DetectionError(f"trunk weights: {len(weights)} convolutions, expected {len(convolutions)}")
        for index, (layer, (kernel, bias)) in enumerate(zip(convolutions, weights, strict=True)):
            if tuple(kernel.shape) != tuple(layer.weight.shape) or bias.shape != (layer.out_channels,):
                raise DetectionError(
                    f"trunk weights: convolution {index} is {kernel.shape}, expected {tuple(layer.weight.shape)}"
                )
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(kernel))
                if layer.bias is not None:
                    layer.bias.copy_(torch.from_numpy(bias))


def save_trunk(weights: Weights, path: Path) -> None:
    """Write the trunk's weights as fp16, which is what the tflite file has, beside `path` and rename them."""
    arrays = {}
    for index, (kernel, bias) in enumerate(weights):
        arrays[f"kernel_{index}"], arrays[f"bias_{index}"] = kernel.astype(np.float16), bias.astype(np.float16)
    with written_beside(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)


def load_trunk(path: Path) -> Weights:
    """What `save_trunk` wrote.

    Raises
    ------
    DetectionError
        The file is missing or is something else.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            count = len(arrays.files) // 2
            return [
                (arrays[f"kernel_{index}"].astype(np.float32), arrays[f"bias_{index}"].astype(np.float32))
                for index in range(count)
            ]
    except (OSError, KeyError, ValueError) as error:
        raise DetectionError(
            f"{path} is no packed trunk ({error}): make it with `python -m detection.training.pack`"
        ) from error
