"""What the detector's network costs beyond its bare inference: resizing, laying out and handing over the maps."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

from detection.network import PafNetwork

PICTURES = ((456, 256), (640, 360), (1280, 720))
"""Widths and heights of the pictures; all become the network's 456 x 256."""

_INPUT = (1, 3, 256, 456)
_ROUNDS = 60
_WARM_UP = 5


def run(model_xml: Path, threads: int | None = None) -> dict[str, Any]:
    """Median milliseconds of the bare inference and of `PafNetwork.maps`, taking turns.

    Returns
    -------
    dict
        `bench`, `engine`, `infer_ms`, and `cases` with `width`, `height`, `maps_ms` and `overhead_percent`.
    """
    bare = _bare_inference(model_xml, threads)
    network = PafNetwork(model_xml, _INPUT[2], threads)
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (height, width, 3), np.uint8) for width, height in PICTURES]
    tasks = [bare.infer, *(lambda picture=picture: network.maps(picture) for picture in pictures)]
    took = np.zeros((_ROUNDS, len(tasks)))
    for turn in range(-_WARM_UP, _ROUNDS):
        for index, task in enumerate(tasks):
            began_s = time.perf_counter()
            task()
            if turn >= 0:
                took[turn, index] = 1000 * (time.perf_counter() - began_s)
    infer_ms, *maps_ms = np.median(took, axis=0)
    cases = [
        {
            "width": width,
            "height": height,
            "maps_ms": round(float(ms), 3),
            "overhead_percent": round(100 * float(ms / infer_ms - 1), 1),
        }
        for (width, height), ms in zip(PICTURES, maps_ms, strict=True)
    ]
    engine = network.engine
    network.close()
    return {"bench": "network", "engine": engine, "infer_ms": round(float(infer_ms), 3), "cases": cases}


def _bare_inference(model_xml: Path, threads: int | None) -> Any:
    """A request of OpenVINO's with its input in place already."""
    core = ov.Core()
    model = core.read_model(model_xml)
    model.reshape(list(_INPUT))
    settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = threads
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    request.set_input_tensor(ov.Tensor(np.random.default_rng(0).uniform(0, 255, _INPUT).astype(np.float32)))
    return request
