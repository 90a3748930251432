"""`batch --cluster`: what the workers of a Ray cluster are given to work with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from commands.batch_job import CARRIED_OPENER, OPENER, CarriedOptions
from commands.errors import CommandError
from commands.options import FileOptions, PoseOptions
from commands.version import version
from detection.weights import find_network
from stream.batch.cluster import RayExecutor
from stream.batch.errands import Parcel

DEFAULT_PIECE_S = 300.0
"""Length of the pieces in which a long clip is looked at on a cluster, seconds."""


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """A Ray cluster.

    Attributes
    ----------
    address : str
        HOST:PORT, ray://HOST:PORT or auto.
    upload : bool
        Whether clips, weights and results travel through Ray instead of a shared file system.
    """

    address: str
    upload: bool = False


def open_cluster(cluster: ClusterOptions, options: FileOptions, jobs: int | None) -> RayExecutor:
    """Join the cluster.

    A task takes as many processors as the network has threads, one where nothing else is said.
    """
    pose = _everywhere(options.pose)
    file = replace(options, pose=pose)
    setup: FileOptions | CarriedOptions = file
    if cluster.upload:
        setup = CarriedOptions(file, _weights(pose.weights), _read(pose.calibration))
    return RayExecutor(
        cluster.address,
        CARRIED_OPENER if cluster.upload else OPENER,
        setup,
        version=version(),
        cpus=pose.threads or 1,
        limit=jobs,
        upload=cluster.upload,
    )


def _everywhere(pose: PoseOptions) -> PoseOptions:
    """The options with what only this process knows: its working folder, its environment, its user's cache."""
    model = None if pose.detector == "mediapipe" else find_network(pose.weights)
    calibration = None if pose.calibration is None else pose.calibration.expanduser().absolute()
    weights = pose.weights if model is None else model.absolute()
    return replace(pose, weights=weights, calibration=calibration, threads=pose.threads or 1)


def _weights(model: Path | None) -> Parcel | None:
    """A network's files, the one to open first."""
    if model is None:
        return None
    return {one.name: np.fromfile(one, np.uint8) for one in (model, model.with_suffix(".bin")) if one.is_file()}


def _read(path: Path | None) -> Parcel | None:
    if path is None:
        return None
    try:
        return {path.name: np.fromfile(path, np.uint8)}
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror or error}") from error
