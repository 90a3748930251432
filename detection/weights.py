"""Where networks are found: a registry of known files, checked by size and sha256 before anybody reads them.

The search goes through `--weights`, the variable `LIFTCAM_WEIGHTS`, the project's `weights/` and the user's cache.
What the user names himself is taken at his word: a place that does not exist or does not hold the network is an error,
never skipped. `download` fetches what is missing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from detection.download import cache_folder, download
from detection.errors import DetectionError
from detection.registry import NETWORKS, Network, check_folder, known

__all__ = ["WeightsStatus", "download", "find_network", "find_weights", "is_named", "locate", "status"]

VARIABLE = "LIFTCAM_WEIGHTS"
"""Environment variable with a folder of weights, or one of their files."""

_NETWORK_SUFFIXES = (".xml", ".onnx")

PROJECT_FOLDER = Path(__file__).resolve().parents[1] / "weights"
"""Networks that are shipped with the project."""


@dataclass(frozen=True, slots=True)
class WeightsStatus:
    """What `weights` and `doctor` print of one network.

    Attributes
    ----------
    network : Network
        Which one.
    path : Path or None
        The file that would be opened; None where none was found or what was found is wrong.
    place : str
        In words, where it was found: "--weights", "LIFTCAM_WEIGHTS", "the project", "the cache"; "" where nowhere.
    problem : str
        What is wrong, with the remedy; "" where all is well.
    """

    network: Network
    path: Path | None
    place: str
    problem: str


def find_weights(name: str, explicit: Path | None = None) -> Path | None:
    """The checked file to open of a network, or None where no place holds it.

    Parameters
    ----------
    name : str
        Name of a known network.
    explicit : Path, optional
        `--weights`: one of the files, or a folder that holds them or a folder of the network's name.

    Raises
    ------
    DetectionError
        Of a place that the user named and that does not hold the network, and of files that are not complete or not
        what the registry says: the message names what was expected, what was found and what to do.
    """
    return locate(known(name), explicit)[0]


def find_network(explicit: Path | None = None) -> Path | None:
    """The file of the network to run: the one that the user names, else the best that is at hand, or None.

    Parameters
    ----------
    explicit : Path, optional
        `--weights`: the name of a known network; a folder that holds one, or one of its files; or an .xml or .onnx file
        of a network of the user's own, which is taken as it is.

    Raises
    ------
    DetectionError
        As `find_weights`.
    """
    place, named = _named(explicit)
    if named is not None and _is_own(named):
        return named.expanduser()
    if named is None:
        return next((path for path in (_in_usual_places(network)[0] for network in NETWORKS) if path is not None), None)
    network = next((one for one in NETWORKS if _holds(one, named)), NETWORKS[0])
    path = locate(network, explicit)[0]
    if path is None:
        raise DetectionError(f"{place}: {network.name} was not found; `python main.py weights` fetches it")
    return path


def is_named(explicit: Path | None = None) -> bool:
    """Whether the user names a network, by `--weights` or by the variable."""
    return _named(explicit)[1] is not None


def locate(network: Network, explicit: Path | None = None) -> tuple[Path | None, str]:
    """As `find_weights`, with the place in words beside the path.

    Where the user names another network, or this one by its name alone, it is looked for in the usual places.
    """
    place, named = _named(explicit)
    if named is None or _is_name(network, named):
        return _in_usual_places(network)
    if not _holds(network, named) and any(_holds(other, named) for other in NETWORKS):
        return _in_usual_places(network)
    return _named_by_user(network, named, place), place


def _in_usual_places(network: Network) -> tuple[Path | None, str]:
    for place, root in (("the project", PROJECT_FOLDER), ("the cache", cache_folder())):
        folder = _folder_with(network, root)
        if folder is not None:
            return check_folder(network, folder), place
    return None, ""


def status(explicit: Path | None = None) -> list[WeightsStatus]:
    """Where every known network is and whether it is in order; never raises for wrong files, but says so."""
    found = []
    named = _named(explicit)[1]
    own = named is not None and _is_own(named)
    for network in NETWORKS:
        try:
            path, place = _in_usual_places(network) if own else locate(network, explicit)
            problem = "" if path else "not found; `python main.py weights` fetches it"
        except DetectionError as error:
            path, place, problem = None, "", str(error)
        found.append(WeightsStatus(network, path, place, problem))
    return found


def _named(explicit: Path | None) -> tuple[str, Path | None]:
    """What the user named, and where in words."""
    variable = os.environ.get(VARIABLE)
    return ("--weights", explicit) if explicit is not None else (VARIABLE, Path(variable) if variable else None)


def _is_name(network: Network, named: Path) -> bool:
    return str(named) == network.name and not named.exists()


def _is_own(named: Path) -> bool:
    """Whether the user names the file of a network of his own."""
    file = named.expanduser()
    return (
        file.is_file() and file.suffix in _NETWORK_SUFFIXES and not any(_has_file(one, file.name) for one in NETWORKS)
    )


def _holds(network: Network, named: Path) -> bool:
    """Whether what the user named is this network: its name, one of its files, or a folder with them."""
    root = named.expanduser()
    if root.is_file():
        return _has_file(network, root.name)
    return _folder_with(network, root) is not None or _is_name(network, named)


def _has_file(network: Network, name: str) -> bool:
    return any(file.name == name for file in network.files)


def _named_by_user(network: Network, named: Path, place: str) -> Path:
    root = named.expanduser()
    if not root.exists():
        raise DetectionError(f"{place}: {named} does not exist; name a folder that holds {network.files[0].name}")
    if root.is_file():
        names = [file.name for file in network.files]
        if root.name not in names:
            raise DetectionError(f"{place}: {named} is not a file of {network.name}; expected {' or '.join(names)}")
        return check_folder(network, root.parent)
    folder = _folder_with(network, root)
    if folder is None:
        raise DetectionError(
            f"{place}: {named} holds neither {network.files[0].name} nor a folder {network.name} with it"
        )
    return check_folder(network, folder)


def _folder_with(network: Network, root: Path) -> Path | None:
    """`root`, or the folder of the network's name in it, whichever holds the file to open."""
    for folder in (root, root / network.name):
        if (folder / network.files[0].name).is_file():
            return folder
    return None
