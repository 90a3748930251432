"""The lifter's weights in a file: safetensors, read and written by numpy alone, checked before anything is used.

Layers in order: expand, then for every block a dilated and a mixing layer, then shrink, which sees the features of its
frame once more. Batch normalisation is folded into them. Weights are (taps * inputs, outputs), the oldest tap first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lifting.errors import LiftingError
from lifting.normalise import FEATURES
from pose.files import written_beside
from pose.joint_sets import H36M17

Float32 = NDArray[np.float32]

FORMAT = "liftcam-lifter-1"
MAX_BYTES = 10_000_000
DEFAULT_WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / "lifter.safetensors"

TAPS = 3
"""Frames that a dilated layer sees, and the factor by which dilations grow."""

MAX_DELAY = 60
"""Frames that a pose may be told late: 2 s."""

_MAX_HEADER_BYTES = 100_000


def receptive_field(taps: int, blocks: int) -> int:
    """Frames that one output depends on, in a network with so many residual blocks.

    >>> receptive_field(3, 3), receptive_field(1, 3)
    (81, 1)
    """
    return 1 + (taps - 1) * sum(int(TAPS**block) for block in range(blocks + 1))


@dataclass(frozen=True, slots=True)
class LifterWeights:
    """Weights of a lifting network.

    Attributes
    ----------
    weight : tuple of arrays, float32, shape (taps * inputs, outputs)
    bias : tuple of arrays, float32, shape (outputs,)
    taps : int
        Frames each dilated layer sees: 3, or 1.
    causal : bool
        Whether it was trained with all taps in the past.
    head : int
        Width of the two layers after the blocks; 0 where there are none.
    delays : tuple of int
        How many frames back the poses are that the last layer tells, in its order.
    notes : dict of str to str
        What the file says about itself: command, seed, scores.
    """

    weight: tuple[Float32, ...]
    bias: tuple[Float32, ...]
    taps: int
    causal: bool
    head: int = 0
    delays: tuple[int, ...] = (0,)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def channels(self) -> int:
        """Width of the hidden layers."""
        return len(self.bias[0])

    @property
    def blocks(self) -> int:
        """Residual blocks."""
        return (len(self.weight) - 2) // 2 - (1 if self.head else 0)

    @property
    def receptive_field(self) -> int:
        """Frames that one output depends on."""
        return receptive_field(self.taps, self.blocks)

    def last_layers(self) -> list[tuple[Float32, Float32]]:
        """Weight and bias of the last layer for each of the delays."""
        outputs = (len(H36M17) - 1) * 3
        each = [slice(number * outputs, (number + 1) * outputs) for number in range(len(self.delays))]
        return [(np.ascontiguousarray(self.weight[-1][:, one]), self.bias[-1][one].copy()) for one in each]

    def check(self) -> str:
        """What is wrong with the shapes and numbers; empty if nothing is."""
        if problem := self._check_form():
            return problem
        width, seen = len(self.bias[0]), FEATURES * len(self.delays)
        block = [(self.taps * width, width), (width, width)]
        head = [(width + seen, self.head), (self.head, self.head)] if self.head else []
        last = ((self.head or width) + seen, (len(H36M17) - 1) * 3 * len(self.delays))
        shapes = [(self.taps * FEATURES, width), *block * self.blocks, *head, last]
        for index, (weight, bias, shape) in enumerate(zip(self.weight, self.bias, shapes, strict=True)):
            if weight.shape != shape or bias.shape != shape[1:]:
                return f"layer {index} has shapes {weight.shape} and {bias.shape}, expected {shape} and {shape[1:]}"
            if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
                return f"layer {index} holds numbers that are not finite"
        return ""

    def _check_form(self) -> str:
        """What is wrong with the numbers of layers and the like."""
        fewest = 4 if self.head else 2
        if self.taps not in (1, 3):
            return f"{self.taps} taps, not 1 or 3"
        if len(self.weight) != len(self.bias) or len(self.weight) < fewest or len(self.weight) % 2:
            return f"{len(self.weight)} layers; expected an even number from {fewest}"
        if self.bias[0].ndim != 1:
            return "the first bias is not a vector"
        if self.delays[:1] != (0,) or not all(0 <= delay <= MAX_DELAY for delay in self.delays):
            return f"delays of {self.delays} frames; expected 0 first and none above {MAX_DELAY}"
        return ""


def save(weights: LifterWeights, path: Path) -> None:
    """Write `weights` beside `path` and rename them into it."""
    tensors = {f"{index}.weight": weight for index, weight in enumerate(weights.weight)}
    tensors |= {f"{index}.bias": bias for index, bias in enumerate(weights.bias)}
    notes = {"format": FORMAT, "taps": str(weights.taps), "causal": str(int(weights.causal)), **weights.notes}
    notes |= {"head": str(weights.head), "delays": ",".join(str(delay) for delay in weights.delays)}
    header: dict[str, object] = {"__metadata__": notes}
    at = 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with written_beside(path) as partial, partial.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor, "<f4").tobytes())


def load(path: Path = DEFAULT_WEIGHTS) -> LifterWeights:
    """Read and check weights.

    Raises
    ------
    LiftingError
        Where the file is missing, too large, not safetensors, or not the weights of a lifter.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise LiftingError(f"{path} has {size} bytes; a lifter has at most {MAX_BYTES}")
        data = path.read_bytes()
    except OSError as error:
        raise LiftingError(f"cannot read the lifter's weights {path}: {error.strerror}") from error
    try:
        weights = _parse(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LiftingError(f"{path} does not hold a lifter's weights: {error}") from error
    problem = weights.check()
    if problem:
        raise LiftingError(f"{path} does not hold a lifter's weights: {problem}")
    return weights


def _parse(data: bytes) -> LifterWeights:
    """Weights in a safetensors file's bytes; raises ValueError, KeyError or TypeError for anything else."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(_MAX_HEADER_BYTES, len(data) - 8):
        raise ValueError("not a safetensors file")
    header = json.loads(data[8 : 8 + length])
    notes = {str(key): str(value) for key, value in header.pop("__metadata__").items()}
    if notes.pop("format", None) != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    body = data[8 + length :]
    layers = range(len(header) // 2)
    return LifterWeights(
        weight=tuple(_tensor(header[f"{index}.weight"], body) for index in layers),
        bias=tuple(_tensor(header[f"{index}.bias"], body) for index in layers),
        taps=int(notes.pop("taps")),
        causal=notes.pop("causal") == "1",
        head=int(notes.pop("head", "0")),
        delays=tuple(int(delay) for delay in notes.pop("delays", "0").split(",")),
        notes=notes,
    )


def _tensor(entry: dict[str, object], body: bytes) -> Float32:
    """One float32 tensor; the safetensors header is not trusted."""
    shape, offsets = entry["shape"], entry["data_offsets"]
    if entry["dtype"] != "F32" or not isinstance(shape, list) or not isinstance(offsets, list):
        raise ValueError("a tensor is not float32")
    start, end = (int(offset) for offset in offsets)
    if not 0 <= start <= end <= len(body):
        raise ValueError("a tensor lies outside the file")
    return np.frombuffer(body[start:end], "<f4").astype(np.float32).reshape([int(side) for side in shape])
