"""`eval detector`: a network's 2D joints scored on labelled photos, as a table or as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import joints2d
from commands.errors import CommandError
from detection.bottom_up import decoder_settings
from detection.network import PafNetwork
from detection.weights import find_network
from pose.errors import ExitCode

DEFAULT_SET = Path("data") / "photos" / "coco_eval"
"""In the shared folder."""


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """What is scored, and on what.

    Attributes
    ----------
    weights : Path or None
        A network's name, its file or folder; None: the best that is at hand.
    net_size : int
        Short side of the network's input, pixels.
    threads : int or None
    images, annotations : Path or None
        Both or none; none: `coco_eval` of `shared`.
    shared : Path
    as_json : bool
    """

    weights: Path | None
    net_size: int
    threads: int | None
    images: Path | None
    annotations: Path | None
    shared: Path
    as_json: bool


def run(options: EvaluateOptions) -> ExitCode:
    """Score a network and print what was found."""
    if (options.images is None) != (options.annotations is None):
        raise CommandError("--images and --annotations go together: a folder of photos and COCO's keypoint labels")
    folder = options.shared / DEFAULT_SET
    images = options.images or folder / "images"
    annotations = options.annotations or folder / "annotations.json"
    model = find_network(options.weights)
    if model is None:
        raise CommandError("no network was found; `python main.py weights` fetches one")
    network = PafNetwork(model, options.net_size, options.threads)
    try:
        took_ms = joints2d.measure_ms(model, options.threads)
        scores = joints2d.evaluate(network, images, annotations, took_ms, decoder_settings(model))
    finally:
        network.close()
    found = scores.to_json(model.stem, options.net_size)
    if options.as_json:
        typer.echo(json.dumps(found))
    else:
        _print(scores, f"{model.stem} at short side {options.net_size} on {images}")
    return ExitCode.DONE


def _print(scores: joints2d.JointScores, title: str) -> None:
    console = Console(soft_wrap=True, highlight=False)
    console.print(title, markup=False)
    console.print(f"OKS AP {scores.oks_ap:.3f}, AR {scores.oks_ar:.3f}; network {scores.network_ms:.1f} ms at 456x256")
    joints = Table("joint", "PCK", "PCKh", "PDJ")
    for name, values in scores.by_joint():
        joints.add_row(name, *values)
    console.print(joints)
    limbs = Table("limb", "PCP")
    for name, value in scores.by_limb():
        limbs.add_row(name, value)
    console.print(limbs)
