"""Maps of a network that is already good, as targets where nobody labelled anything and mixed with the truth elsewhere.

Hinton et al., Distilling the Knowledge in a Neural Network (2015): what a teacher is unsure of says more than labels
do. It looks at the very crop that the student sees, after augmentation, so that its maps need no warping, and photos
without any label can be learnt from.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch
from torch import Tensor

from detection.errors import DetectionError
from detection.skeleton import HEATMAPS, PAFS
from detection.training.network import Maps
from detection.training.targets import Targets

Teacher = Callable[[Tensor], Maps]
"""Pictures RGB 0..1 (B, 3, H, W) to maps."""

_KEPT_SHAPES = 64


class OpenVinoTeacher:
    """human-pose-estimation-0001, or a network with its inputs and outputs, on whole batches.

    Raises
    ------
    DetectionError
        The file is missing, or is another network.
    """

    def __init__(self, model_xml: Path, threads: int = 1) -> None:
        if not model_xml.is_file():
            raise DetectionError(f"there is no teacher at {model_xml}: name human-pose-estimation-0001.xml")
        self._core = openvino.Core()
        self._model = self._core.read_model(str(model_xml))
        channels = sorted(port.get_partial_shape()[1].get_length() for port in self._model.outputs)
        if channels != [HEATMAPS, PAFS]:
            raise DetectionError(f"{model_xml} gives maps of {channels} channels, not {[HEATMAPS, PAFS]}")
        self._settings = {"INFERENCE_NUM_THREADS": threads}
        self._requests: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def __call__(self, pictures: Tensor) -> Maps:
        """The teacher's maps, on the device of the pictures."""
        found = self._request(tuple(pictures.shape)).infer([(pictures.flip(1) * 255).cpu().numpy()])
        maps = {value.shape[1]: torch.from_numpy(np.array(value)).to(pictures.device) for value in found.values()}
        return Maps(maps[HEATMAPS], maps[PAFS])

    def _request(self, shape: tuple[int, ...]) -> Any:
        """The network compiled for pictures of a shape; those of the last few shapes are kept."""
        if shape not in self._requests:
            self._model.reshape(list(shape))
            compiled = self._core.compile_model(self._model, "CPU", self._settings)
            self._requests[shape] = compiled.create_infer_request()
            if len(self._requests) > _KEPT_SHAPES:
                self._requests.popitem(last=False)
        return self._requests[shape]


def taught(targets: Targets, teacher: Maps, share: float) -> Targets:
    """Targets that are the teacher's maps where nothing is known, and `share` of them, 0..1, where the truth is.

    Nothing is masked any more.
    """

    def mixed(drawn: Tensor, seen: Tensor, known: Tensor) -> Tensor:
        return seen + known * (1 - share) * (drawn - seen)

    maps = Maps(
        mixed(targets.maps.heatmaps, teacher.heatmaps, targets.known.heatmaps),
        mixed(targets.maps.fields, teacher.fields, targets.known.fields),
    )
    everywhere = Maps(torch.ones_like(targets.known.heatmaps), torch.ones_like(targets.known.fields))
    return Targets(maps, everywhere, teacher)
