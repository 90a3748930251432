"""What the lifter is compared with: the forms of two well-known networks, trained by their own recipe.

Both see the picture's coordinates, -1 to 1 across its longer side, of 18 joints that are all there and exact, and
answer in camera axes; neither knows scores, cameras or noise. Where a joint is missing when they are used, it stays
where it was last seen, which is what their users do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lifting.tcn import OUTPUTS, DilatedLayer, NormReLU
from lifting.weights import TAPS
from pose.joint_sets import H36M17, OPENPOSE18

Float32 = NDArray[np.float32]

INPUTS = len(OPENPOSE18) * 2


@dataclass(frozen=True, slots=True)
class ReferenceOptions:
    """Which network.

    Attributes
    ----------
    form : str
        "videopose3d" (Pavllo et al. 2019) or "single_frame" (Martinez et al. 2017).
    channels, blocks : int
        1024 and 4 (243 frames) there; 1024 and 2 residual blocks of two layers in the latter.
    causal : bool
        Of the former only.
    """

    form: str = "videopose3d"
    channels: int = 1024
    blocks: int = 4
    causal: bool = True

    @property
    def latency_ms(self) -> float:
        """How long it has to wait for what it looks at."""
        symmetric = self.form == "videopose3d" and not self.causal
        return 1000 / 30 * sum(TAPS**i for i in range(self.blocks + 1)) if symmetric else 0.0


class Reference(nn.Module):
    """Coordinates (B, T, INPUTS) -> joints (B, T, 17, 3) in metres, the pelvis at the origin, camera axes."""

    def __init__(self, options: ReferenceOptions) -> None:
        super().__init__()
        self.options = options
        temporal, width = options.form == "videopose3d", options.channels
        taps = TAPS if temporal else 1
        self.expand = DilatedLayer(INPUTS, width, taps, 1, causal=options.causal)
        self.expand_norm = NormReLU(width, 0.0)
        layers: list[nn.Module] = []
        for block in range(options.blocks):
            wide = DilatedLayer(width, width, taps, TAPS ** (block + 1), causal=options.causal)
            mix = DilatedLayer(width, width, 1, 1, causal=options.causal)
            layers.append(nn.Sequential(wide, NormReLU(width, 0.0), mix, NormReLU(width, 0.0)))
        self.blocks = nn.ModuleList(layers)
        self.shrink = nn.Linear(width, OUTPUTS)

    def forward(self, at: Tensor) -> Tensor:
        """(B, T, INPUTS) -> (B, T, 17, 3)."""
        x = self.expand_norm(self.expand(at))
        for block in self.blocks:
            x = x + block(x)
        joints = self.shrink(x).unflatten(-1, (len(H36M17) - 1, 3))
        return torch.cat([torch.zeros_like(joints[..., :1, :]), joints], dim=-2)


def last_seen(at: Float32, score: Float32) -> Float32:
    """Coordinates (B, T, INPUTS) of joints (B, T, 18, 2); a missing one stays where it was, 0 before it was seen."""
    out = np.where((score > 0)[..., None], at, 0).astype(np.float32)
    for frame in range(1, at.shape[1]):
        missing = score[:, frame] <= 0
        out[:, frame][missing] = out[:, frame - 1][missing]
    return out.reshape(*at.shape[:2], INPUTS)
