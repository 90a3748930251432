"""The lifting network in torch: a temporal stack of dilated convolutions over 2D joints.

The form is VideoPose3D's (Pavllo et al., "3D human pose estimation in video with temporal convolutions and
semi-supervised training", CVPR 2019): an expanding convolution, residual blocks whose dilation grows by three, a
shrinking layer. The causal and the symmetric variant have the same parameters and differ in where the taps lie. torch
is needed for training and for comparisons only; the app runs `lifting.streaming` on the same weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lifting.normalise import FEATURES
from lifting.weights import TAPS, LifterWeights, receptive_field
from pose.joint_sets import H36M17

Float = NDArray[np.float64]

OUTPUTS = (len(H36M17) - 1) * 3
"""x, y, z of every joint but the pelvis, which is the origin."""


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Shape of the network.

    Attributes
    ----------
    channels : int
        Width of every layer.
    blocks : int
        Residual blocks; block i has dilation 3 ** (i + 1).
    taps : int
        Frames each convolution sees: 3, or 1 for the same network with a receptive field of one frame.
    causal : bool
        Whether the taps lie in the past only, or half in the future.
    dropout : float
    head : int
        Width of two layers after the blocks, which look at one frame only; 0 for none.
    delays : tuple of int
        The frames back of which the network tells the pose at every frame: 0 is the newest frame, 3 the one 100 ms ago,
        told with what came since. The first is 0.
    """

    channels: int = 256
    blocks: int = 3
    taps: int = TAPS
    causal: bool = True
    dropout: float = 0.0
    head: int = 0
    delays: tuple[int, ...] = (0,)

    @property
    def receptive_field(self) -> int:
        """Frames that one output depends on."""
        return receptive_field(self.taps, self.blocks)


class DilatedLayer(nn.Module):
    """A dilated convolution over (B, T, C) as one matrix product, zeros standing before the first frame.

    The weight is (taps * C_in, C_out), the oldest tap first: as the streaming twin wants it.
    """

    def __init__(self, inputs: int, outputs: int, taps: int, dilation: int, *, causal: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs * taps, outputs)
        self.taps, self.dilation, self.causal = taps, dilation, causal
        nn.init.kaiming_normal_(self.linear.weight, nonlinearity="relu")
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C_in) -> (B, T, C_out)."""
        span = (self.taps - 1) * self.dilation
        before = span if self.causal else span // 2
        padded = nn.functional.pad(x, (0, 0, before, span - before))
        length = x.shape[1]
        taps = [padded[:, tap * self.dilation : tap * self.dilation + length] for tap in range(self.taps)]
        out: Tensor = self.linear(torch.cat(taps, dim=-1) if self.taps > 1 else x)
        return out


class NormReLU(nn.Module):
    """Batch normalisation over batch and time, ReLU, dropout; (B, T, C) -> (B, T, C)."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(channels, momentum=0.01)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        out: Tensor = self.dropout(torch.relu(self.norm(x.flatten(0, 1)).view_as(x)))
        return out


class TemporalNet(nn.Module):
    """2D features (B, T, FEATURES) -> joints (B, T, 17, 3) in metres, the pelvis at the origin.

    Attributes
    ----------
    awake : int
        Blocks that are in use. The last ones can sleep while a training begins: each that wakes up makes the receptive
        field three times as long, and training three times as dear.
    """

    def __init__(self, options: NetworkOptions) -> None:
        super().__init__()
        self.options = options
        width, taps = options.channels, options.taps
        self.expand = DilatedLayer(FEATURES, width, taps, 1, causal=options.causal)
        self.expand_norm = NormReLU(width, options.dropout)
        dilations = [TAPS ** (i + 1) for i in range(options.blocks)]
        self.wide = nn.ModuleList(DilatedLayer(width, width, taps, d, causal=options.causal) for d in dilations)
        self.wide_norm = nn.ModuleList(NormReLU(width, options.dropout) for _ in dilations)
        self.mix = nn.ModuleList(DilatedLayer(width, width, 1, 1, causal=options.causal) for _ in dilations)
        self.mix_norm = nn.ModuleList(NormReLU(width, options.dropout) for _ in dilations)
        self.awake = options.blocks
        seen = FEATURES * len(options.delays)
        heads = [(width + seen, options.head), (options.head, options.head)] if options.head else []
        self.head = nn.ModuleList(DilatedLayer(a, b, 1, 1, causal=True) for a, b in heads)
        self.head_norm = nn.ModuleList(NormReLU(options.head, options.dropout) for _ in heads)
        self.shrink = nn.Linear((options.head or width) + seen, OUTPUTS * len(options.delays))
        if len(self.mix_norm) > 1 and isinstance(last := self.mix_norm[-1], NormReLU):
            nn.init.constant_(last.norm.weight, 0.1)  # a block that wakes up late disturbs little
        nn.init.zeros_(self.shrink.weight)  # begin at the pelvis, not metres away from everything
        nn.init.zeros_(self.shrink.bias)

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, FEATURES) -> (B, T, 17, 3): the pose of every frame, from what was seen until then."""
        return self.delayed(features)[:, :, 0]

    def delayed(self, features: Tensor) -> Tensor:
        """(B, T, FEATURES) -> (B, T, D, 17, 3): at every frame the poses of the frames `delays` before it."""
        x = self.expand_norm(self.expand(features))
        layers = self._hidden()[1:]
        for (wide, wide_norm), (mix, mix_norm) in zip(layers[::2], layers[1::2], strict=True):
            x = x + mix_norm(mix(wide_norm(wide(x))))
        length = features.shape[1]
        seen = [nn.functional.pad(features, (0, 0, delay, 0))[:, :length] for delay in self.options.delays]
        return self._joints(x, torch.cat(seen, dim=-1))

    def one_frame(self, window: Tensor, begun: Tensor) -> Tensor:
        """The strided form: (B, receptive_field, FEATURES) -> (B, D, 17, 3), the poses of one frame of each window.

        The same numbers as `delayed` gives for the last frame of a causal network, or the middle one of a symmetric
        network. Each layer is computed only where the next one looks: for training on windows that have nothing to do
        with each other, twenty times cheaper than whole sequences.

        Parameters
        ----------
        window : tensor, shape (B, receptive_field, FEATURES)
        begun : tensor, bool, shape (B, receptive_field)
            Whether the stream had begun in each frame; what lies before counts as zero in every layer.
        """
        taps = self.options.taps
        here = taps - 1 if self.options.causal else taps // 2
        mask = begun[..., None].to(window.dtype)
        window = window * mask
        now = window.shape[1] - 1 if self.options.causal else window.shape[1] // 2
        seen = [
            window[:, now - delay] if delay <= now else torch.zeros_like(window[:, 0]) for delay in self.options.delays
        ]
        mask_x = mask[:, here::taps]
        x = self.expand_norm(self.expand.linear(_grouped(window, taps))) * mask_x
        layers = self._hidden()[1:]
        for (wide, wide_norm), (mix, mix_norm) in zip(layers[::2], layers[1::2], strict=True):
            hidden = wide_norm(wide.linear(_grouped(x, taps)))  # (B, T / taps, C)
            x, mask_x = x[:, here::taps], mask_x[:, here::taps]
            x = (x + mix_norm(mix.linear(hidden))) * mask_x
        return self._joints(x, torch.cat(seen, dim=-1)[:, None])[:, 0]

    def _joints(self, x: Tensor, seen: Tensor) -> Tensor:
        """Joints (B, T, D, 17, 3) of the last hidden layer and of the features of the frames that are told."""
        seen = seen.to(x.dtype)
        if self.head:
            (enter, enter_norm), (mix, mix_norm) = self._heads()
            x = enter_norm(enter(torch.cat([x, seen], dim=-1)))
            x = x + mix_norm(mix(x))
        joints = self.shrink(torch.cat([x, seen], dim=-1))
        joints = joints.unflatten(-1, (len(self.options.delays), len(H36M17) - 1, 3))
        return torch.cat([torch.zeros_like(joints[..., :1, :]), joints], dim=-2)

    def _heads(self) -> list[tuple[DilatedLayer, NormReLU]]:
        """The layers that look at one frame, with what follows each."""
        pairs = zip(self.head, self.head_norm, strict=True)
        return [(a, b) for a, b in pairs if isinstance(a, DilatedLayer) and isinstance(b, NormReLU)]

    def _hidden(self) -> list[tuple[DilatedLayer, NormReLU]]:
        """The layers of the trunk that are awake with what follows each, in the order of files."""
        layers: list[nn.Module] = [self.expand]
        norms: list[nn.Module] = [self.expand_norm]
        for block in range(self.awake):
            layers += [self.wide[block], self.mix[block]]
            norms += [self.wide_norm[block], self.mix_norm[block]]
        pairs = zip(layers, norms, strict=True)
        return [(a, b) for a, b in pairs if isinstance(a, DilatedLayer) and isinstance(b, NormReLU)]

    @torch.no_grad()
    def folded(self) -> LifterWeights:
        """The weights with each batch normalisation folded into the layer before it, as files hold them."""
        layers = [_fold(layer, norm) for layer, norm in [*self._hidden(), *self._heads()]]
        layers.append((self.shrink.weight.T.double().cpu().numpy(), self.shrink.bias.double().cpu().numpy()))
        weight, bias = zip(*layers, strict=True)
        return LifterWeights(
            weight=tuple(np.ascontiguousarray(w, np.float32) for w in weight),
            bias=tuple(np.ascontiguousarray(b, np.float32) for b in bias),
            taps=self.options.taps,
            causal=self.options.causal,
            head=self.options.head,
            delays=self.options.delays,
        )

    @classmethod
    @torch.no_grad()
    def from_folded(cls, weights: LifterWeights, *, causal: bool | None = None) -> TemporalNet:
        """The network in evaluation mode with weights of a file, causal or symmetric as wanted."""
        causal = weights.causal if causal is None else causal
        shape = NetworkOptions(
            weights.channels, weights.blocks, weights.taps, causal, head=weights.head, delays=weights.delays
        )
        net = cls(shape)
        net.eval()
        linears = [*(layer.linear for layer, _ in [*net._hidden(), *net._heads()]), net.shrink]
        for linear, weight, bias in zip(linears, weights.weight, weights.bias, strict=True):
            linear.weight.copy_(torch.from_numpy(weight.T.copy()))
            linear.bias.copy_(torch.from_numpy(bias.copy()))
        for module in net.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.eps = 0.0  # mean 0, variance 1, gain 1: the identity
                nn.init.ones_(module.weight)
        return net


def _grouped(x: Tensor, taps: int) -> Tensor:
    """(B, T, C) -> (B, T / taps, taps * C): neighbours side by side, the oldest first."""
    return x.reshape(x.shape[0], x.shape[1] // taps, taps * x.shape[2])


def _fold(layer: DilatedLayer, after: NormReLU) -> tuple[Float, Float]:
    """`norm(linear(x))` in evaluation mode as one weight (in, out) and bias (out,)."""
    linear, norm = layer.linear, after.norm
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("a batch normalisation without statistics cannot be folded")
    gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    weight = linear.weight.double() * gain[:, None]
    bias = (linear.bias.double() - norm.running_mean.double()) * gain + norm.bias.double()
    return weight.T.cpu().numpy(), bias.cpu().numpy()


class StridedSingleFrame(nn.Module):
    """VideoPose3D's strided form for one output frame, the yardstick of the benchmark.

    The same network where every convolution has stride 3, so that only what the one output needs is computed: a window
    of `3 ** layers` frames gives one pose. In a live stream the whole window is computed anew for every frame.
    """

    def __init__(self, *, joints_in: int = 17, joints_out: int = 17, channels: int = 1024, layers: int = 5) -> None:
        super().__init__()
        widths = [joints_in * 2] + [channels] * layers
        self.receptive_field = TAPS**layers
        self.strided = nn.ModuleList(nn.Conv1d(a, b, TAPS, stride=TAPS) for a, b in pairwise(widths))
        self.mix = nn.ModuleList(nn.Conv1d(channels, channels, 1) for _ in range(layers - 1))
        self.norm = nn.ModuleList(nn.BatchNorm1d(channels) for _ in range(2 * layers - 1))
        self.shrink = nn.Conv1d(channels, joints_out * 3, 1)

    def forward(self, window: Tensor) -> Tensor:
        """(B, receptive_field, joints_in * 2) -> (B, joints_out, 3)."""
        x = torch.relu(self.norm[0](self.strided[0](window.transpose(1, 2))))
        for index, mix in enumerate(self.mix):
            kept = x[:, :, 1::TAPS]
            x = torch.relu(self.norm[2 * index + 1](self.strided[index + 1](x)))
            x = kept + torch.relu(self.norm[2 * index + 2](mix(x)))
        joints: Tensor = self.shrink(x).squeeze(-1).unflatten(-1, (-1, 3))
        return joints
