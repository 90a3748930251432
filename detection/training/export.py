"""A trained network as files that the app loads: OpenVINO IR in fp16 or INT8, and ONNX.

The exported network takes BGR 0..255 (1, 3, H, W), any sides that are multiples of 8, and gives 19 heatmaps and 38
affinity channels at an eighth of the size, as human-pose-estimation-0001 does: `detection.network.PafNetwork` loads it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import nncf
import numpy as np
import openvino
import torch
import typer
from numpy.typing import NDArray

from detection.errors import DetectionError
from detection.network import input_size
from detection.registry import WeightsFile, sha256_of
from detection.training.command import run
from detection.training.network import DeployedNetwork, PafNetwork, network_size
from detection.training.photos import Photos, join
from detection.training.sources import split
from detection.training.trainer import read_checkpoint
from detection.training.trunk import TRUNK_FILE
from pose.files import written_beside
from pose.types import Image

LARGEST_BYTES = 4_000_000
"""Of the shipped files together."""
FP16_TOLERANCE, INT8_TOLERANCE = 0.02, 0.15
"""Largest difference from torch on a photo, of heatmaps whose peaks are 1: of any cell in fp16; in INT8 of the 99.9th
percentile, for a few cells on the slope of a peak may be further off."""
_CHECKED = 4
_CALIBRATION_SIDE = (256, 344)


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written: its path, bytes of its weights, and how far its maps are from torch's."""

    path: Path
    size_bytes: int
    difference: float


def load_network(path: Path) -> PafNetwork:
    """The averaged network of a checkpoint or of `best.pt`, for inference.

    Raises
    ------
    DetectionError
        The file is none of a training, or of a network with other layers.
    """
    state = read_checkpoint(path)
    network = PafNetwork(network_size(str(state.get("size"))))
    try:
        network.load_state_dict(state.get("averaged", state["network"]))
    except RuntimeError as error:
        raise DetectionError(f"{path} is of another network: {str(error).splitlines()[0]}") from error
    return network.eval()


def export(checkpoint: Path, folder: Path, name: str, calibration: Photos, *, int8: bool = True) -> list[Exported]:
    """Write `name-fp16.xml` and, by NNCF's post-training quantisation on `calibration`, `name-int8.xml`.

    Raises
    ------
    DetectionError
        A written network differs from torch by more than its precision explains.
    """
    deployed, model = _converted(checkpoint)
    photos = [calibration.picture(index) for index in _evenly(len(calibration), _CHECKED)]
    written = [_write(model, folder / f"{name}-fp16.xml", deployed, photos, tolerance=FP16_TOLERANCE, share=1.0)]
    if int8:
        quantised = _quantise(model, calibration)
        written.append(
            _write(quantised, folder / f"{name}-int8.xml", deployed, photos, tolerance=INT8_TOLERANCE, share=0.999)
        )
    return written


def ship(checkpoint: Path, folder: Path, name: str, calibration: Photos) -> tuple[Exported, tuple[WeightsFile, ...]]:
    """Write the INT8 network alone as `folder/name/name.xml`, as the app ships it; with its files' registered lines.

    Raises
    ------
    DetectionError
        It differs from torch by more than its precision explains, or is larger than `LARGEST_BYTES`.
    """
    deployed, model = _converted(checkpoint)
    photos = [calibration.picture(index) for index in _evenly(len(calibration), _CHECKED)]
    path = folder / name / f"{name}.xml"
    quantised = _quantise(model, calibration)
    written = _write(quantised, path, deployed, photos, tolerance=INT8_TOLERANCE, share=0.999)
    parts = (path, path.with_suffix(".bin"))
    files = tuple(WeightsFile(one.name, one.stat().st_size, sha256_of(one)) for one in parts)
    total = sum(file.size for file in files)
    if total > LARGEST_BYTES:
        raise DetectionError(f"{path} and its weights have {total / 1e6:.2f} MB, more than may be shipped")
    return written, files


def _converted(checkpoint: Path) -> tuple[DeployedNetwork, Any]:
    """The network of a checkpoint in torch, and in OpenVINO with its outputs named."""
    deployed = DeployedNetwork(load_network(checkpoint)).eval()
    with _tracing():
        model = openvino.convert_model(
            deployed, example_input=torch.zeros(1, 3, *_CALIBRATION_SIDE), input=[1, 3, -1, -1]
        )
    for port, output in zip(model.outputs, ("heatmaps", "fields"), strict=True):
        port.get_tensor().set_names({output})
    return deployed, model


def export_onnx(checkpoint: Path, path: Path) -> Path:
    """Write the network as ONNX, float32, for other engines; needs the package onnx.

    Raises
    ------
    DetectionError
        onnx is not installed.
    """
    deployed = DeployedNetwork(load_network(checkpoint)).eval()
    sides = {2: "height", 3: "width"}
    try:
        with written_beside(path) as partial, _tracing():
            torch.onnx.export(
                deployed,
                (torch.zeros(1, 3, *_CALIBRATION_SIDE),),
                str(partial),
                dynamo=False,
                opset_version=17,
                input_names=["picture"],
                output_names=["heatmaps", "fields"],
                dynamic_axes={"picture": sides, "heatmaps": sides, "fields": sides},
            )
    except torch.onnx.OnnxExporterError as error:
        raise DetectionError(f"{path} cannot be written ({error}): pip install onnx") from error
    return path


@contextmanager
def _tracing() -> Iterator[None]:
    """Torch calls tracing deprecated and warns about sizes that become constants; the comparisons say if it went wrong.

    Its successor cannot express sides that are any multiple of 8 yet.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def compare(xml: Path, deployed: DeployedNetwork, photos: list[Image], share: float) -> float:
    """The `share` quantile of the differences of heatmaps between a written network and torch, over some photos.

    Layers that are not INT8 run in float32 here: a CPU's bfloat16 is no matter of the file.
    """
    core = openvino.Core()
    model = core.read_model(str(xml))
    differences = []
    for photo in photos:
        height, width = input_size(photo.shape[0], photo.shape[1], net_size=256)
        model.reshape([1, 3, height, width])
        picture = network_picture(photo, height, width)
        found = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(picture)["heatmaps"]
        with torch.no_grad():
            expected = deployed(torch.from_numpy(picture))[0].numpy()
        differences.append(np.abs(found - expected).ravel())
    return float(np.quantile(np.concatenate(differences), share))


def network_picture(photo: Image, height: int, width: int) -> NDArray[np.float32]:
    """A photo as the app feeds it: BGR 0..255 float32 (1, 3, H, W)."""
    resized = cv2.resize(photo, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(resized.transpose(2, 0, 1)[None], np.float32)


def _quantise(model: Any, calibration: Photos) -> Any:
    height, width = _CALIBRATION_SIDE
    pictures = [network_picture(calibration.picture(index), height, width) for index in _evenly(len(calibration), 200)]
    # Mixed: activations after ReLU6 are not symmetric.
    return nncf.quantize(model, nncf.Dataset(pictures), preset=nncf.QuantizationPreset.MIXED, subset_size=len(pictures))


def _write(
    model: Any, path: Path, deployed: DeployedNetwork, photos: list[Image], *, tolerance: float, share: float
) -> Exported:
    # OpenVINO writes the weights beside the xml under the same stem; they get into place first.
    with written_beside(path) as partial, written_beside(path.with_suffix(".bin")) as weights:
        openvino.save_model(model, str(partial), compress_to_fp16=True)
        difference = compare(partial, deployed, photos, share)
        if difference > tolerance:
            raise DetectionError(f"{path} differs from torch by {difference:.3f}, more than {tolerance}: not written")
        size = weights.stat().st_size
    return Exported(path, size, difference)


def _evenly(count: int, wanted: int) -> list[int]:
    return sorted({int(index) for index in np.linspace(0, count - 1, min(count, wanted))})


def main(
    checkpoint: Annotated[Path, typer.Option(help="`best.pt` or `checkpoint.pt` of a training.")],
    data: Annotated[Path, typer.Option(help="Folder of packed pictures, to calibrate INT8 on.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("weights"),
    name: Annotated[str, typer.Option(help="Beginning of the files' names.")] = "liftcam-paf-small",
    onnx: Annotated[bool, typer.Option(help="Also write ONNX.")] = False,
    int8: Annotated[bool, typer.Option(help="Also quantise to INT8.")] = True,
    shipped: Annotated[
        bool, typer.Option("--ship", help="INT8 alone, as OUT/NAME/NAME.xml, with its lines for detection/registry.py.")
    ] = False,
) -> None:
    """Write a trained network as OpenVINO IR, and ONNX if wanted."""
    paths = sorted(path for path in data.glob("*.npz") if path.name != TRUNK_FILE)
    photos = split(join([Photos.load(path) for path in paths])).training
    people = np.isin(photos.source, ("coco", "pseudo", "lspet", "empty"))
    if shipped:
        one, files = ship(checkpoint, out, name, photos.select(people))
        typer.echo(f"{one.path}: heatmaps differ by {one.difference:.3f} from torch")
        for file in files:
            typer.echo(f'WeightsFile("{file.name}", {file.size:_}, "{file.sha256}"),')
        return
    for written in export(checkpoint, out, name, photos.select(people), int8=int8):
        typer.echo(
            f"{written.path}: {written.size_bytes / 1e6:.2f} MB, heatmaps differ by {written.difference:.3f} from torch"
        )
        if written.size_bytes > LARGEST_BYTES:
            typer.echo(f"{written.path} is larger than the {LARGEST_BYTES / 1e6:.0f} MB that may be shipped")
    if onnx:
        typer.echo(f"{export_onnx(checkpoint, out / f'{name}.onnx')}")


if __name__ == "__main__":
    run(main)
