"""The trunk's first weights out of MediaPipe's `pose_landmark_full.tflite`, read with OpenVINO."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from detection.errors import DetectionError
from detection.training.trunk import PYRAMID_CHANNELS, Weights

_TFLITE = Path("modules", "pose_landmark", "pose_landmark_full.tflite")


def find_tflite() -> Path:
    """`pose_landmark_full.tflite` in the installed mediapipe, which is not imported for it.

    Raises
    ------
    DetectionError
        mediapipe is not installed, or has no such file.
    """
    spec = importlib.util.find_spec("mediapipe")
    if spec is None or spec.origin is None:
        raise DetectionError(
            "the trunk's first weights are in mediapipe's wheel: pip install mediapipe==0.10.21 (Python up to 3.12)"
        )
    path = Path(spec.origin).parent / _TFLITE
    if not path.is_file():
        raise DetectionError(f"no {path}: mediapipe 0.10.21 has it, other versions may not")
    return path


def pyramid_node(model: Any) -> Any:
    """The node of an OpenVINO model of the tflite file whose output is tensor 277, NCHW.

    It is the last sum of two 48-channel maps at stride 8.
    """
    found = [
        node
        for node in model.get_ordered_ops()
        if node.get_type_name() == "Add"
        and list(node.get_output_shape(0)) == [1, PYRAMID_CHANNELS, 32, 32]
        and list(node.get_input_shape(1)) == [1, PYRAMID_CHANNELS, 32, 32]
    ]
    if not found:
        raise DetectionError(
            "the tflite file has no 48-channel pyramid at stride 8: it is not pose_landmark_full.tflite"
        )
    return found[-1]


def read_trunk(path: Path | None = None) -> Weights:
    """The trunk's kernels and biases out of the tflite file (by default mediapipe's), float32.

    Raises
    ------
    DetectionError
        The file is missing or is another network.
    """
    core = openvino.Core()
    model = core.read_model(str(path or find_tflite()))
    needed = _ancestors(pyramid_node(model))
    outputs = []
    for node in model.get_ordered_ops():
        if node.get_type_name() in ("Convolution", "GroupConvolution") and node.get_friendly_name() in needed:
            (adds_bias,) = (target.get_node() for target in node.output(0).get_target_inputs())
            outputs += [node.input_value(1), adds_bias.input_value(1)]
    # The kernels lie behind conversions from fp16 and transpositions: a graph of them alone computes them for us.
    constants = core.compile_model(openvino.Model(outputs, [], "weights"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    arrays = [np.array(value, np.float32) for value in constants({}).to_tuple()]
    kernels = [kernel.reshape(-1, *kernel.shape[-3:]) for kernel in arrays[::2]]  # depthwise ones are (C, 1, 1, H, W)
    return [(kernel, bias.reshape(-1)) for kernel, bias in zip(kernels, arrays[1::2], strict=True)]


def _ancestors(node: Any) -> set[str]:
    """Names of everything that a node is computed from."""
    seen: set[str] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current.get_friendly_name() not in seen:
            seen.add(current.get_friendly_name())
            waiting.extend(current.input_value(i).get_node() for i in range(current.get_input_size()))
    return seen
