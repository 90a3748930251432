"""Tiny networks in OpenVINO's format with the outputs of an affinity-field network, for tests without weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as ops


def save_network(path: Path, channels: tuple[int, ...] = (38, 19), stride: int = 8) -> Path:
    """A network whose outputs of these channels are the mean colour of each cell, divided by 255.

    Output channel k has the mean of blue, green or red for k mod 3 = 0, 1, 2.
    """
    picture = ops.parameter([1, 3, -1, -1], np.float32, name="data")
    outputs = []
    for count in channels:
        kernel = np.zeros((count, 3, stride, stride), np.float32)
        for channel in range(count):
            kernel[channel, channel % 3] = 1 / (255 * stride**2)
        outputs.append(ops.convolution(picture, ops.constant(kernel), [stride] * 2, [0, 0], [0, 0], [1, 1]))
    ov.save_model(ov.Model(outputs, [picture], "tiny"), path, compress_to_fp16=False)
    return path
