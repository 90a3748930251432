"""The network that turns a picture into joint heatmaps and part affinity fields, on OpenVINO."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino as ov
from numpy.typing import NDArray

from detection.errors import DetectionError
from detection.skeleton import HEATMAPS, PAFS
from pose.types import Image

Float32 = NDArray[np.float32]

STRIDE = 8
LONGEST_ASPECT = 4.0
"""A picture longer than this is seen smaller, so that a strip of 4000x100 costs no more than a picture of 4:1."""
SMALLEST_SIDE = 4 * STRIDE
NET_SIZES = (64, 2048)
KEPT_SIZES = 3
"""Compiled networks that are kept, one an input size; a source hardly ever changes its size."""

_PRECISIONS = {"u8": "INT8", "i8": "INT8", "bf16": "bf16", "f16": "fp16", "f32": "fp32"}


@dataclass(frozen=True, slots=True)
class Transform:
    """From map cells to pixels of the original picture, a scale and an offset an axis: `pixel = cell * scale + offset`.

    Both grids have their origin at the centre of their top left element.
    """

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float

    @classmethod
    def between(cls, picture: tuple[int, int], network: tuple[int, int]) -> Transform:
        """The transform for a picture (height, width) that was resized to a network's input (height, width).

        A cell covers 8x8 pixels of the input, so cell 0 has its centre at 3.5.

        >>> Transform.between((256, 456), (256, 456))
        Transform(scale_x=8.0, scale_y=8.0, offset_x=3.5, offset_y=3.5)
        """
        ratio_y, ratio_x = picture[0] / network[0], picture[1] / network[1]
        return cls(STRIDE * ratio_x, STRIDE * ratio_y, (STRIDE * ratio_x - 1) / 2, (STRIDE * ratio_y - 1) / 2)

    def to_pixels(self, cells: Float32) -> Float32:
        """Pixels (..., 2) of map cells (..., 2), x and y.

        >>> Transform.between((512, 912), (256, 456)).to_pixels(np.array([[0, 1]], np.float32))
        array([[ 7.5, 23.5]], dtype=float32)
        """
        scale = np.array((self.scale_x, self.scale_y), np.float32)
        return cells * scale + np.array((self.offset_x, self.offset_y), np.float32)


def input_size(height: int, width: int, net_size: int) -> tuple[int, int]:
    """Height and width at which the network sees a picture: `net_size` on the short side, multiples of 8.

    >>> input_size(720, 1280, 256), input_size(1, 1, 256), input_size(100, 4000, 256)
    ((256, 456), (256, 256), (32, 1024))
    """
    scale = net_size / min(height, width)
    scale = min(scale, LONGEST_ASPECT * net_size / max(height, width))
    sides = (max(SMALLEST_SIDE, STRIDE * round(side * scale / STRIDE)) for side in (height, width))
    return next(sides), next(sides)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A network compiled for one input size, with the buffers that every frame reuses.

    Attributes
    ----------
    planes : array, float32, shape (3, H, W)
        The network's input.
    resized : array, uint8, shape (H, W, 3)
    bytes_planes : array, uint8, shape (3, H, W)
    heatmaps, pafs : arrays, float32, shapes (19, H / 8, W / 8) and (38, H / 8, W / 8)
        The network's outputs, in the memory of OpenVINO.
    """

    request: Any
    precision: str
    threads: int
    planes: Float32
    resized: Image
    bytes_planes: NDArray[np.uint8]
    heatmaps: Float32
    pafs: Float32

    def run(self, image: Image) -> None:
        """Resize the picture, run the network; the outputs then stand in `heatmaps` and `pafs`."""
        height, width = self.planes.shape[1:]
        if image.shape[:2] == (height, width):
            resized = image
        else:
            cv2.resize(image, (width, height), dst=self.resized, interpolation=cv2.INTER_CUBIC)
            resized = self.resized
        # Splitting bytes and widening a plane at a time takes a quarter of one transposing, widening copy.
        cv2.split(resized, list(self.bytes_planes))
        for plane, byte_plane in zip(self.planes, self.bytes_planes, strict=True):
            np.copyto(plane, byte_plane)
        self.request.infer()


class PafNetwork:
    """Joint heatmaps and part affinity fields of a picture, by human-pose-estimation-0001 or a network like it.

    Lightweight OpenPose (Osokin 2018) after Cao et al. (2017): BGR of 0..255 in, 19 heatmaps and 38 affinity channels
    at an eighth of the size out, told apart by their number. Not to be shared between threads.

    Parameters
    ----------
    model_xml : Path
        The network in OpenVINO's IR, its `.bin` beside it; or ONNX.
    net_size : int
        Short side of the picture as the network sees it, pixels.
    threads : int, optional
        Processor threads; OpenVINO's choice where None.

    Raises
    ------
    DetectionError
        Where the file is missing, is no network, or is one with other inputs or outputs.
    """

    def __init__(self, model_xml: Path, net_size: int = 256, threads: int | None = None) -> None:
        if not NET_SIZES[0] <= net_size <= NET_SIZES[1]:
            raise DetectionError(
                f"the network's size is the short side in pixels, {NET_SIZES[0]} to {NET_SIZES[1]}, not {net_size}"
            )
        if threads is not None and threads < 1:
            raise DetectionError(f"the network needs at least one thread, not {threads}")
        self._path = Path(model_xml)
        self._net_size = net_size
        self._threads = threads
        self._core = ov.Core()
        self._model = _read(self._core, self._path)
        self._compiled: OrderedDict[tuple[int, int], _Compiled] = OrderedDict()
        first = self._for_size(input_size(9, 16, net_size))
        version = ".".join(ov.get_version().split("-")[0].split(".")[:2])
        threads_word = "thread" if first.threads == 1 else "threads"
        self._engine = f"OpenVINO {version} CPU, {first.precision}, {first.threads} {threads_word}"

    @property
    def engine(self) -> str:
        """Engine, device, precision and threads really in use, as the compiled network reports them."""
        return self._engine

    @property
    def net_size(self) -> int:
        """Short side of the picture as the network sees it, pixels."""
        return self._net_size

    def maps(self, image: Image) -> tuple[Float32, Float32, Transform]:
        """Heatmaps (19, h, w), affinity fields (38, h, w), both float32, and the transform from their cells to pixels.

        The arrays lie in the network's own memory: the next call overwrites them. After the first picture of a size
        nothing as large as a map is allocated.

        Parameters
        ----------
        image : array, uint8, shape (H, W, 3)
            BGR, any size from 1x1.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
            raise DetectionError(f"a picture is uint8 (height, width, 3), not {image.dtype} {image.shape}")
        height, width = image.shape[:2]
        size = input_size(height, width, self._net_size)
        compiled = self._for_size(size)
        compiled.run(image)
        return compiled.heatmaps, compiled.pafs, Transform.between((height, width), size)

    def close(self) -> None:
        """Give back the compiled networks; may be called twice."""
        self._compiled.clear()

    def _for_size(self, size: tuple[int, int]) -> _Compiled:
        compiled = self._compiled.get(size)
        if compiled is None:
            compiled = self._compile(size)
            self._compiled[size] = compiled
            if len(self._compiled) > KEPT_SIZES:
                self._compiled.popitem(last=False)
        else:
            self._compiled.move_to_end(size)
        return compiled

    def _compile(self, size: tuple[int, int]) -> _Compiled:
        config: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if self._threads is not None:
            config["INFERENCE_NUM_THREADS"] = self._threads
            # pinned, two networks with a thread each would share the first core
            config["ENABLE_CPU_PINNING"] = False
        height, width = size
        try:
            self._model.reshape([1, 3, height, width])
            network = self._core.compile_model(self._model, "CPU", config)
            request = network.create_infer_request()
            planes = np.zeros((1, 3, height, width), np.float32)
            request.set_input_tensor(ov.Tensor(planes, shared_memory=True))
            request.infer()
        except RuntimeError as error:
            raise DetectionError(f"{self._path} cannot be run at {width}x{height}: {_one_line(error)}") from error
        by_channels = {tensor.data.shape[1]: tensor.data[0] for tensor in request.output_tensors}
        expected = (height // STRIDE, width // STRIDE)
        for channels in (HEATMAPS, PAFS):
            if by_channels[channels].shape[1:] != expected:
                raise DetectionError(
                    f"{self._path} gives maps of {by_channels[channels].shape[1:]} for a picture of {size}, "
                    f"but {expected} (an eighth) is needed; fetch the weights again"
                )
        return _Compiled(
            request=request,
            precision=_precision(network),
            threads=int(network.get_property("INFERENCE_NUM_THREADS")),
            planes=planes[0],
            resized=np.empty((height, width, 3), np.uint8),
            bytes_planes=np.empty((3, height, width), np.uint8),
            heatmaps=by_channels[HEATMAPS],
            pafs=by_channels[PAFS],
        )


def _read(core: Any, path: Path) -> Any:
    """The network in a file, checked for one picture in and the two kinds of map out."""
    if not path.is_file():
        raise DetectionError(f"there is no network at {path}; `python main.py weights` fetches it")
    try:
        model = core.read_model(path)
    except RuntimeError as error:
        raise DetectionError(f"{path} is not a network that can be read: {_one_line(error)}") from error
    inputs = [port.get_partial_shape() for port in model.inputs]
    channels = sorted(
        port.get_partial_shape()[1].get_length()
        for port in model.outputs
        if len(port.get_partial_shape()) == 4 and port.get_partial_shape()[1].is_static
    )
    if len(inputs) != 1 or len(inputs[0]) != 4 or channels != [HEATMAPS, PAFS] or len(model.outputs) != 2:
        raise DetectionError(
            f"{path} is another network: one picture in, {HEATMAPS} heatmaps and {PAFS} affinity fields out are "
            f"needed, it has {len(inputs)} inputs and outputs of {channels} channels"
        )
    return model


def _precision(network: Any) -> str:
    """The precisions its convolutions and its other work run in, by the compiled graph: "INT8+bf16"."""
    counts: Counter[str] = Counter()
    for node in network.get_runtime_model().get_ordered_ops():
        info = node.get_rt_info()
        if info["layerType"].astype(str) == "Convolution":
            counts[info["runtimePrecision"].astype(str)] += 1
    names = [_PRECISIONS.get(name, name) for name, _ in counts.most_common()]
    hint = network.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    names.append(_PRECISIONS.get(hint, hint))
    return "+".join(dict.fromkeys(names))


def _one_line(error: Exception) -> str:
    """The last line of OpenVINO's many, which says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
