"""The networks that the app knows: name, files with size and sha256, licence, official address; and their check."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from detection.errors import DetectionError


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One file of a network: its name, size in bytes and sha256 in lower-case hexadecimal."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Network:
    """A network that the app knows.

    Attributes
    ----------
    name : str
        What `find_weights` calls it, and the name of its folder.
    files : tuple of WeightsFile
        The first one is opened, the others lie beside it.
    licence : str
        SPDX identifier.
    url : str or None
        Official folder of the files, https with a slash at the end; None for a network that ships with the project.
    least_score, least_share : float
        Below which score, and share of the best one's score, nobody is there (`DecoderSettings`): a network that has
        seen few pictures sees weak people in trees. Chosen on validation photos.
    """

    name: str
    files: tuple[WeightsFile, ...]
    licence: str
    url: str | None
    least_score: float = 0.0
    least_share: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


HUMAN_POSE = Network(
    name="human-pose-estimation-0001",
    files=(
        WeightsFile(
            "human-pose-estimation-0001.xml",
            426_156,
            "581b082e749848fdfc6d4b4b70e8189c3c2bae1c2d59c6b2c1a026a5471754e3",
        ),
        WeightsFile(
            "human-pose-estimation-0001.bin",
            4_170_034,
            "df2a9f41f15c3a0c8a0c5a704650338a3cc5c7bb588f2bfc14ea7093fa37b446",
        ),
    ),
    licence="Apache-2.0",
    url="https://storage.openvinotoolkit.org/repositories/open_model_zoo/2021.4/models_bin/3/"
    "human-pose-estimation-0001/FP16-INT8/",
)
"""Lightweight OpenPose (Osokin 2018) as Open Model Zoo gives it: IR FP16-INT8, release 2021.4, revision 3."""

OURS = Network(
    name="liftcam-paf-small",
    files=(
        WeightsFile(
            "liftcam-paf-small.xml", 550_805, "34e6b2523a98bcbd7ab6b8a8ecf4d07316583ce608575f517b9abda9c67677a9"
        ),
        WeightsFile(
            "liftcam-paf-small.bin", 2_928_740, "5c7a0289d8528e292c7b7cb3c47b77611fa3394b41d3e82ccde050ecca9d6f8d"
        ),
    ),
    licence="CC-BY-SA-3.0",
    url=None,
    least_score=0.01,
    least_share=0.3,
)
"""Our own network, trained here (`detection/training`, weights/liftcam-paf-small.md), INT8."""

NETWORKS = (HUMAN_POSE, OURS)
"""The better one first (docs/detection.md)."""


def known(name: str) -> Network:
    """The network of that name; `DetectionError` for a name that nobody knows.

    >>> known("human-pose-estimation-0001").licence
    'Apache-2.0'
    """
    for network in NETWORKS:
        if network.name == name:
            return network
    names = ", ".join(network.name for network in NETWORKS)
    raise DetectionError(f"no network is called {name!r}; known are: {names}")


def check_folder(network: Network, folder: Path) -> Path:
    """The file to open in `folder`, once every file there has the right size and sha256; else `DetectionError`."""
    for file in network.files:
        check_file(folder / file.name, file)
    return folder / network.files[0].name


def check_file(path: Path, expected: WeightsFile) -> None:
    """Raise `DetectionError` unless the file at `path` has the expected size and sha256."""
    remedy = "delete it and run `python main.py weights`, or put the right file in its place"
    try:
        size = path.stat().st_size
        # The size is compared first, so that a wrong path to something huge is never read.
        found = sha256_of(path) if size == expected.size else ""
    except FileNotFoundError:
        raise DetectionError(
            f"{path} is missing: the network needs it beside its other files; run `python main.py weights`"
        ) from None
    except OSError as error:
        raise DetectionError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    if size != expected.size:
        raise DetectionError(f"{path} has {size} bytes where {expected.size} were expected; {remedy}")
    if found != expected.sha256:
        raise DetectionError(f"{path} has sha256 {found} where {expected.sha256} was expected; {remedy}")


def sha256_of(path: Path) -> str:
    """sha256 of a file in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
