"""How fast the decoder is, beside reading its maps once, and how right, on made maps with known people."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from detection.decoder import Decoder
from detection.errors import DetectionError

Float32 = NDArray[np.float32]

BESIDE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "tools" / "paf_maps.py"
"""Where the tool that makes the maps lies, unless the options say otherwise."""


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """What is measured.

    Attributes
    ----------
    tool : Path
        `paf_maps.py`, which makes the maps and scores what is found.
    people : tuple of int
        Numbers of people; scene k of n people has the seed 1000 n + k.
    scenes : int
        Scenes of each number, decoded in turn, so that the same maps never come twice running.
    rounds : int
        How often all scenes are decoded; a scene's time is the median of its rounds.
    height, width : int
        Size of the maps in cells.
    """

    tool: Path = BESIDE_CHECKOUT
    people: tuple[int, ...] = (1, 5, 20, 50, 100)
    scenes: int = 20
    rounds: int = 20
    height: int = 46
    width: int = 82


def run(console: Console, options: DecodeOptions = DecodeOptions()) -> dict[str, Any]:
    """Measure the decoder on one thread and print a table.

    Returns
    -------
    dict
        `bench` and `cases`, each with `people, height, width, ms, read_ms, recall, false_people, error_cells`: mean
        over the scenes; `read_ms` is `heatmaps.max(); pafs.max()` on the same maps in the same run.

    Raises
    ------
    DetectionError
        Where the tool that makes the maps is missing.
    """
    tool = _load(options.tool)
    cases = [_case(tool, people, options) for people in options.people]
    table = Table("people", "ms", "x reading", "recall", "false people", "error, cells")
    for case in cases:
        times = f"{case['ms'] / case['read_ms']:.1f}"
        table.add_row(
            str(case["people"]), f"{case['ms']:.3f}", times, f"{case['recall']:.3f}", f"{case['false_people']:.3f}",
            f"{case['error_cells']:.3f}",
        )  # fmt: skip
    console.print(table)
    return {"bench": "decode", "cases": cases}


def _load(path: Path) -> ModuleType:
    """The tool at a path, as a module."""
    if not path.is_file():
        raise DetectionError(
            f"the decoder is measured on maps made by {path}, which is not there: give the path of paf_maps.py"
        )
    spec = importlib.util.spec_from_file_location("paf_maps", path)
    if spec is None or spec.loader is None:
        raise DetectionError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _case(tool: ModuleType, people: int, options: DecodeOptions) -> dict[str, Any]:
    """One number of people: times and scores, mean over its scenes."""
    seeds = range(1000 * people, 1000 * people + options.scenes)
    scenes = [tool.make_maps(options.height, options.width, people=people, seed=seed) for seed in seeds]
    decoder = Decoder()
    scores = [tool.score(decoder.decode(heatmaps, pafs)[0], truth) for heatmaps, pafs, truth in scenes]
    decode_s, read_s = np.zeros((options.rounds, len(scenes))), np.zeros((options.rounds, len(scenes)))
    for turn in range(options.rounds):
        for n, (heatmaps, pafs, _) in enumerate(scenes):
            start = time.perf_counter()
            decoder.decode(heatmaps, pafs)
            decode_s[turn, n] = time.perf_counter() - start
        for n, (heatmaps, pafs, _) in enumerate(scenes):
            start = time.perf_counter()
            heatmaps.max()
            pafs.max()
            read_s[turn, n] = time.perf_counter() - start
    mean = {
        name: float(np.nanmean([score[name] for score in scores])) for name in ("recall", "false_people", "error_cells")
    }
    return {
        "people": people,
        "height": options.height,
        "width": options.width,
        "ms": float(np.median(decode_s, axis=0).mean() * 1000),
        "read_ms": float(np.median(read_s, axis=0).mean() * 1000),
        **mean,
    }
