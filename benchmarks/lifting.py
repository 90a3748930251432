"""How long one frame takes the shipped lifter, beside VideoPose3D's strided single-frame form in the same run.

They are timed in turns, so that what else the machine does meets them alike; medians are reported. torch, which only
the references need, comes with the extra `train`.
"""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lifting.errors import LiftingError
from lifting.lifter import Lifter
from lifting.mirror import MirroredNet
from lifting.normalise import FEATURES
from lifting.weights import DEFAULT_WEIGHTS, LifterWeights, load
from pose.camera import Intrinsics
from pose.types import People

CROWD = 8
VIDEOPOSE3D_CHANNELS, VIDEOPOSE3D_LAYERS = 1024, 5
_ROUNDS, _WARM_UP, _REPEATS = 20, 2, 5
_THREADS = (1, 2)


def run(weights: Path | None = None, rounds: int = _ROUNDS) -> dict[str, object]:
    """Milliseconds a frame.

    Returns
    -------
    dict
        `ms` and `ms_8_people`: the network's streaming step of the shipped weights, for one person and for eight.
        `lifter_ms`: the whole stage for one person: normalising, network, root, evidence.
        `reference_ms`: VideoPose3D's strided form at its own size, 243 frames and 1024 channels, with as many of
        torch's threads as serve it best here (1 or 2).
        `equivalent_ms`: the strided form with the shipped network's receptive field and width.

    Raises
    ------
    LiftingError
        Where torch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise LiftingError("this benchmark compares with networks in torch: pip install -r requirements/train.txt")
    shipped = load(DEFAULT_WEIGHTS if weights is None else weights)
    tasks = {
        "ms": _streaming(shipped, 1),
        "ms_8_people": _streaming(shipped, CROWD),
        "lifter_ms": _whole_stage(weights),
    }
    sizes = {
        "reference_ms": (VIDEOPOSE3D_CHANNELS, VIDEOPOSE3D_LAYERS),
        "equivalent_ms": (shipped.channels, shipped.blocks + 1),
    }
    for name, size in sizes.items():
        tasks |= {f"{name} {threads}": _strided(*size, threads) for threads in _THREADS}
    medians = _medians_ms(tasks, rounds)
    for name in sizes:
        medians[name] = min(medians.pop(f"{name} {threads}") for threads in _THREADS)
    return {
        "bench": "lifting",
        **{name: round(ms, 4) for name, ms in medians.items()},
        "receptive_field": shipped.receptive_field,
        "channels": shipped.channels,
    }


def _medians_ms(tasks: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median milliseconds of every task, one after the other in each round."""
    took: dict[str, list[float]] = {name: [] for name in tasks}
    for number in range(rounds + _WARM_UP):
        for name, task in tasks.items():
            for _ in range(_REPEATS):
                started = time.perf_counter()
                task()
                if number >= _WARM_UP:
                    took[name].append((time.perf_counter() - started) * 1000)
    return {name: float(np.median(times)) for name, times in took.items()}


def _streaming(weights: LifterWeights, people: int) -> Callable[[], object]:
    """A step of the streaming network, mirror images included, as the app takes it."""
    net, slots = MirroredNet(weights, people), np.arange(people)
    features = np.random.default_rng(0).normal(0, 0.4, (people, FEATURES)).astype(np.float32)
    return lambda: net.step(features, slots)


def _whole_stage(weights: Path | None) -> Callable[[], object]:
    """A step of the whole lifter with one person who moves about."""
    lifter, random = Lifter(Intrinsics.from_fov(1280, 720), weights), np.random.default_rng(0)
    joints = random.uniform(200, 500, (1, 18, 2)).astype(np.float32)
    score, frame = np.full((1, 18), 0.8, np.float32), 0

    def step() -> None:
        nonlocal frame
        frame += 1
        xy = (joints + random.normal(0, 2, joints.shape)).astype(np.float32)
        lifter.step(People(np.array([1], np.int32), xy, score, xy), frame / 30)

    return step


def _strided(channels: int, layers: int, threads: int) -> Callable[[], object]:
    """One output frame of VideoPose3D's strided form, in evaluation mode."""
    import torch

    from lifting.tcn import StridedSingleFrame

    net = StridedSingleFrame(channels=channels, layers=layers).eval()
    window = torch.randn(1, net.receptive_field, 34)

    def step() -> None:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            net(window)

    return step


if __name__ == "__main__":
    print(json.dumps(run()))
