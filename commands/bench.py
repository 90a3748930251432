"""`bench`: measure on this machine; the last line is JSON."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from benchmarks.errors import BenchmarkError
from benchmarks.pipeline import PipelineOptions
from commands.clip_job import finders
from commands.demo import CLIP
from commands.engine import opened_engine
from commands.options import BenchOptions
from detection.weights import find_network
from pose.errors import ExitCode

Result = dict[str, Any]
Benchmark = Callable[[BenchOptions, Console], Result]


def run(options: BenchOptions) -> ExitCode:
    """Run one benchmark; its table goes to the error stream, its result as one line of JSON to the output."""
    if options.name not in BENCHMARKS:
        near = difflib.get_close_matches(options.name, BENCHMARKS, n=1, cutoff=0.0)[0]
        names = ", ".join(BENCHMARKS)
        raise BenchmarkError(f"no benchmark is called {options.name!r}; the nearest is {near!r}, all are: {names}")
    console = Console(stderr=True, highlight=False)
    typer.echo(json.dumps(BENCHMARKS[options.name](options, console)))
    return ExitCode.DONE


def _batch(options: BenchOptions, console: Console) -> Result:
    from benchmarks import batch

    return batch.run(options.clip or CLIP, console, _chosen(options))


def _camera(options: BenchOptions, console: Console) -> Result:
    from benchmarks import camera

    with opened_engine(options.pose, console) as engine:
        seconds = options.seconds or camera.DEFAULT_S
        pose = options.pose
        return camera.run(engine.detector, options.source, pose.smoothing, pose.fov_deg, seconds, console)


def _decode(options: BenchOptions, console: Console) -> Result:
    from benchmarks import decode

    return decode.run(console, decode.DecodeOptions(options.shared / "tools" / "paf_maps.py"))


def _detector(options: BenchOptions, console: Console) -> Result:
    from benchmarks import detector
    from detection.network import PafNetwork

    model = _model(options)
    photos = options.shared / "data" / "photos" / "coco_eval"
    network = PafNetwork(model, options.pose.net_size, options.pose.threads)
    try:
        console.print(f"{model.stem} at short side {options.pose.net_size} on {photos}", markup=False)
        found = detector.evaluate(network, photos / "images", photos / "annotations.json")
        return {"bench": "detector", "weights": model.stem, "net_size": options.pose.net_size, **found}
    finally:
        network.close()


def _lifting(options: BenchOptions, console: Console) -> Result:
    from benchmarks import lifting

    console.print("the streaming lifter beside VideoPose3D's strided form, milliseconds a frame")
    return lifting.run()


def _losses(options: BenchOptions, console: Console) -> Result:
    from benchmarks import sending

    seconds = options.seconds or sending.LOSS_S
    console.print(f"60 frames a second for {seconds:g} s to OSC, JSON over UDP and LSL at once")
    return sending.losses(seconds, console)


def _memory(options: BenchOptions, console: Console) -> Result:
    from benchmarks import memory

    with opened_engine(options.pose, console) as engine:
        return memory.run(engine.detector, _on_clip(options), options.seconds or memory.DEFAULT_S, console)


def _network(options: BenchOptions, console: Console) -> Result:
    from benchmarks import network

    console.print("the network at 456x256 beside its bare inference")
    return network.run(_model(options), options.pose.threads)


def _outputs(options: BenchOptions, console: Console) -> Result:
    from benchmarks import outputs

    with opened_engine(options.pose, console) as engine:
        return outputs.run(engine.detector, _on_clip(replace(options, seconds=None)), options.seconds, console)


def _pipeline(options: BenchOptions, console: Console) -> Result:
    from benchmarks import pipeline

    with opened_engine(options.pose, console) as engine:
        return pipeline.run(engine.detector, _on_clip(options), console)


def _render(options: BenchOptions, console: Console) -> Result:
    from benchmarks import render

    console.print("drawing 1280x720, two people")
    return render.run()


def _sides(options: BenchOptions, console: Console) -> Result:
    from benchmarks import sides

    console.print("left and right exchanged by the detector, and what becomes of it in 3D")
    return sides.run()


def _geometry(options: BenchOptions, console: Console) -> Result:
    from benchmarks import geometry

    with opened_engine(options.pose, console) as engine:
        return geometry.run(engine.detector, lambda line: console.print(line, markup=False))


def _smoothing(options: BenchOptions, console: Console) -> Result:
    from benchmarks import smoothing

    console.print("lag and jitter of --smoothing on known motion")
    return smoothing.run()


def _start(options: BenchOptions, console: Console) -> Result:
    from benchmarks import start

    return start.run(options.clip or CLIP, console, ("--net-size", str(options.pose.net_size), *_chosen(options)))


def _video(options: BenchOptions, console: Console) -> Result:
    from benchmarks import video

    console.print("a 720p clip of one person in two passes, beside MediaPipe Pose, both from the file")
    with opened_engine(options.pose, console) as engine, finders(engine, None) as detectors:
        seconds = options.seconds or video.SECONDS
        asked = video.VideoOptions(options.clip or CLIP, options.clip is None, options.pose.fov_deg, seconds)
        return video.run(detectors, asked, console)


def _video_memory(options: BenchOptions, console: Console) -> Result:
    from benchmarks import video_memory

    return video_memory.run(options.clip or CLIP, console, _chosen(options), options.seconds)


def _chosen(options: BenchOptions) -> tuple[str, ...]:
    """The detector for a command that is measured from outside."""
    weights = () if options.pose.weights is None else ("--weights", str(options.pose.weights))
    return ("--detector", options.pose.detector, *weights)


def _model(options: BenchOptions) -> Path:
    """The network that is named, else the best at hand."""
    model = find_network(options.pose.weights)
    if model is None:
        raise BenchmarkError("the network's weights were not found; python main.py weights fetches them")
    return model


def _on_clip(options: BenchOptions) -> PipelineOptions:
    pose = options.pose
    live = {} if options.seconds is None else {"live_s": options.seconds}
    return PipelineOptions(options.clip or CLIP, pose.smoothing, pose.fov_deg, **live)


BENCHMARKS: dict[str, Benchmark] = {
    "batch": _batch,
    "camera": _camera,
    "decode": _decode,
    "detector": _detector,
    "geometry": _geometry,
    "lifting": _lifting,
    "losses": _losses,
    "memory": _memory,
    "network": _network,
    "outputs": _outputs,
    "pipeline": _pipeline,
    "render": _render,
    "sides": _sides,
    "smoothing": _smoothing,
    "start": _start,
    "video-memory": _video_memory,
    "video": _video,
}
