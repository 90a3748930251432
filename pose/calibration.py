"""A camera's calibration as a file: what OpenCV's programs write, and what its users save by hand.

Read are YAML and XML (`cv2.FileStorage`, and ROS's camera_info), JSON, TOML and npz, under the names that OpenCV's own
samples use. A file is trusted in nothing: what is no credible camera is refused with the reason.
"""

from __future__ import annotations

import io
import json
import math
import re
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pose.camera import Distortion, Intrinsics
from pose.errors import LiftCamError
from pose.files import written_beside

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Float = NDArray[np.float64]

MAX_BYTES = 1_000_000
_MAX_DEPTH, _MAX_ITEMS = 4, 4096
"""Of what is read of a FileStorage: a matrix is three levels deep, and no entry of ours is long."""

_OPENING = re.compile(r"[\[{<]|-[ \t]+(?=-)")
_MAX_OPENED = 2000
"""What opens a level, and how many of it a FileStorage may have: OpenCV's parser recurses, and a deep file ends it."""

_SHAPE_TOLERANCE = 0.01
"""Modes of one camera differ by a pixel in their shape (1366x768 and 1280x720), not by more."""

_FOCAL_LIMITS = (0.1, 20.0)
"""Focal length over the picture's longer side: from 157 to 3 degrees of view."""

_NAMES = {
    "matrix": ("camera_matrix", "cameramatrix", "intrinsic_matrix", "mtx", "k"),
    "distortion": ("distortion_coefficients", "distcoeffs", "dist_coeffs", "distortion", "dist", "d"),
    "width": ("image_width", "width"),
    "height": ("image_height", "height"),
    "size": ("image_size", "imagesize", "img_size", "picture_size"),
    "error": ("avg_reprojection_error", "reprojection_error", "rms"),
    "views": ("nframes", "nrofframes", "nr_of_frames", "views"),
}
"""Names of the entries, lower case, the most usual one first; the first one is what we write."""


class CalibrationError(LiftCamError):
    """A calibration cannot be read, is no credible camera, or does not fit; or one cannot be made out of some views."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibrated camera.

    Attributes
    ----------
    intrinsics : Intrinsics
        For pictures of the size that was calibrated.
    error_px : float or None
        Root mean square distance of the seen corners from where this camera would show them; None where unknown.
    views : int or None
        How many views it was made of; None where unknown.
    """

    intrinsics: Intrinsics
    error_px: float | None = None
    views: int | None = None

    def for_picture(self, width: int, height: int) -> Intrinsics:
        """The camera for pictures of another size but the same shape, as other modes of a camera give them.

        Raises
        ------
        CalibrationError
            Where the shape differs: whether such a picture is a part of the calibrated one nobody can know.

        >>> Calibration(Intrinsics(900, 900, 639.5, 359.5, 1280, 720)).for_picture(640, 360).fx
        450.0
        """
        own = self.intrinsics
        if abs(width * own.height / (height * own.width) - 1) > _SHAPE_TOLERANCE:
            raise CalibrationError(
                f"the camera was calibrated at {own.width}x{own.height}; pictures of {width}x{height} have another "
                "shape: calibrate in that mode, or leave the calibration out"
            )
        return own if (width, height) == (own.width, own.height) else own.resized(width, height)


def load_calibration(path: Path, picture_size: tuple[int, int] | None = None) -> Calibration:
    """Read a calibration file.

    Parameters
    ----------
    path : Path
        .yaml, .yml, .xml, .json, .toml or .npz, at most 1 MB.
    picture_size : tuple of int, optional
        Width and height of the calibrated pictures where the file does not tell them, as those of many tutorials do
        not. What the file tells comes first.

    Raises
    ------
    CalibrationError
        Where the file cannot be read, lacks something, or describes no camera of this model.
    """
    try:
        entries = _reader(path)(_bytes(path))
    except OSError as error:
        raise CalibrationError(f"cannot read the calibration {path}: {error.strerror or error}") from error
    except (ValueError, KeyError, RecursionError, SystemError, cv2.error, zipfile.BadZipFile) as error:
        raise CalibrationError(f"{path} is no calibration file: {_first_line(error)}") from error
    lowered = {str(name).lower(): value for name, value in entries.items()}
    try:
        return _calibration(lowered, picture_size)
    except ValueError as error:
        raise CalibrationError(f"{path} does not hold a camera: {error}") from error


def save_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration, in the format that the name's ending says; it appears whole or not at all.

    Raises
    ------
    CalibrationError
        Where the ending is unknown or the file cannot be written.
    """
    entries = _entries(calibration)
    suffix = path.suffix.lower()
    _reader(path)  # the same endings
    try:
        with written_beside(path) as partial:
            if suffix == ".npz":
                with partial.open("wb") as file:
                    np.savez(file, **entries)
            elif suffix == ".toml":
                partial.write_text(_as_toml(entries), encoding="utf-8")
            else:
                partial.write_text(_as_storage(entries, suffix), encoding="utf-8")
    except OSError as error:
        raise CalibrationError(f"cannot write the calibration {path}: {error.strerror or error}") from error


def _reader(path: Path) -> Callable[[bytes], Mapping[str, Any]]:
    """What reads a file of this ending."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise CalibrationError(f"{path}: a calibration ends in one of {', '.join(SUFFIXES)}")
    return _READERS[suffix]


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES // 1_000_000} MB")
    return content


def _calibration(entries: Mapping[str, Any], picture_size: tuple[int, int] | None) -> Calibration:
    """The checked camera in a file's entries; ValueError says what is wrong with it."""
    model = str(entries.get("distortion_model", "plumb_bob"))
    if model not in ("plumb_bob", "rational_polynomial", "") or entries.get("fisheye_model", 0) not in (0, None, ""):
        raise ValueError("it is a fisheye model; calibrate with the ordinary one (python main.py calibrate)")
    matrix = _array(entries, "matrix")
    if matrix is None:
        raise ValueError(f"there is no {_NAMES['matrix'][0]}")
    distortion = _array(entries, "distortion")
    width, height = _size(entries, picture_size)
    intrinsics = _camera(matrix, np.zeros(0) if distortion is None else distortion.ravel(), width, height)
    error, views = _array(entries, "error"), _array(entries, "views")
    return Calibration(
        intrinsics,
        None if error is None or error.size != 1 or not np.isfinite(error).all() else float(error.ravel()[0]),
        None if views is None or views.size != 1 or not np.isfinite(views).all() else int(views.ravel()[0]),
    )


def _camera(matrix: Float, coefficients: Float, width: int, height: int) -> Intrinsics:
    if matrix.size != 9:
        raise ValueError(f"the camera matrix has {matrix.size} numbers and not 3 times 3")
    matrix = matrix.reshape(3, 3)
    if not np.isfinite(matrix).all():
        raise ValueError("the camera matrix holds something that is no finite number")
    (fx, skew, cx), (low, fy, cy), last = matrix.tolist()
    longer = max(width, height)
    shortest, longest = _FOCAL_LIMITS[0] * longer, _FOCAL_LIMITS[1] * longer
    if not (shortest <= fx <= longest and shortest <= fy <= longest):
        raise ValueError(f"focal lengths of {fx:g} and {fy:g} pixels are impossible for a picture of {width}x{height}")
    if abs(skew) > 1e-6 * fx or low != 0 or last != [0, 0, 1]:
        raise ValueError("the camera matrix is not of the form [fx 0 cx; 0 fy cy; 0 0 1]")
    if not (0 <= cx < width and 0 <= cy < height):
        raise ValueError(f"the principal point ({cx:g}, {cy:g}) lies outside the picture of {width}x{height}")
    if not np.isfinite(coefficients).all():
        raise ValueError("a distortion coefficient is no finite number")
    if len(coefficients) not in (0, 4, 5) and coefficients[5:].any():
        raise ValueError(
            f"it has {len(coefficients)} distortion coefficients; k1, k2, p1, p2, k3 are understood "
            "(calibrate without CALIB_RATIONAL_MODEL and the like)"
        )
    if 0 < len(coefficients) < 4:
        raise ValueError(f"{len(coefficients)} distortion coefficients are too few: k1, k2, p1, p2 and maybe k3")
    lens = Distortion(*coefficients[:5].tolist())
    camera = Intrinsics(fx, fy, cx, cy, width, height, lens)
    if not camera.covers_picture:
        raise ValueError("its distortion folds over within the picture: calibrate again, with the board at the borders")
    return camera


def _size(entries: Mapping[str, Any], picture_size: tuple[int, int] | None) -> tuple[int, int]:
    both = _array(entries, "size")
    if both is None:
        sides = (_array(entries, "width"), _array(entries, "height"))
        if sides[0] is not None and sides[1] is not None:
            both = np.array([sides[0].ravel(), sides[1].ravel()])
    if both is None and picture_size is not None:
        both = np.array(picture_size, np.float64)
    if both is None:
        raise ValueError("it does not tell the size of the calibrated pictures (image_width, image_height)")
    if both.size != 2 or not ((both >= 16) & (both <= 20_000) & (both % 1 == 0)).all():
        raise ValueError(f"the picture's size {both.ravel().tolist()} is none")
    width, height = both.ravel().astype(int).tolist()
    return width, height


def _array(entries: Mapping[str, Any], what: str) -> Float | None:
    """The numbers of an entry under any of its names; a matrix may be nested lists, or rows, cols and data."""
    for name in _NAMES[what]:
        value = entries.get(name)
        if value is None:
            continue
        if isinstance(value, Mapping):
            value = value.get("data")
        try:
            return np.asarray(value, np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} is not made of numbers") from error
    return None


def _entries(calibration: Calibration) -> dict[str, Any]:
    """What is written, by name."""
    camera = calibration.intrinsics
    entries: dict[str, Any] = {
        "image_width": camera.width,
        "image_height": camera.height,
        "camera_matrix": camera.matrix,
        "distortion_coefficients": camera.distortion.coefficients,
    }
    if calibration.error_px is not None:
        entries["avg_reprojection_error"] = float(calibration.error_px)
    if calibration.views is not None:
        entries["nframes"] = int(calibration.views)
    return entries


def _as_toml(entries: Mapping[str, Any]) -> str:
    lines = [
        f"{name} = {value.tolist() if isinstance(value, np.ndarray) else value}" for name, value in entries.items()
    ]
    return "\n".join([*lines, ""])


def _as_storage(entries: Mapping[str, Any], suffix: str) -> str:
    storage = cv2.FileStorage(suffix, cv2.FILE_STORAGE_WRITE | cv2.FILE_STORAGE_MEMORY)
    for name, value in entries.items():
        storage.write(name, value)
    return str(storage.releaseAndGetString())


def _read_storage(content: bytes) -> dict[str, Any]:
    """The entries of a cv2.FileStorage, or of plain YAML such as ROS writes."""
    text = content.decode("utf-8")
    if len(_OPENING.findall(text)) > _MAX_OPENED:
        raise ValueError(f"it opens more than {_MAX_OPENED} brackets or tags")
    if not text.lstrip().startswith(("%YAML", "<?xml")):
        text = "%YAML:1.0\n---\n" + text.lstrip().removeprefix("---\n")
    storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    try:
        entries = _plain(storage.root(), _MAX_DEPTH)
    finally:
        storage.release()
    if not isinstance(entries, dict):
        raise ValueError("it holds no named entries")
    return entries


def _plain(node: cv2.FileNode, depth: int) -> Any:
    """A node as numbers, text, lists and dictionaries. `FileNode.mat` is not used: it misreads whole numbers."""
    if depth < 0 or node.size() > _MAX_ITEMS:
        return None  # views' corners and the like, which nobody needs here
    if node.isMap():
        return {name: _plain(node.getNode(name), depth - 1) for name in node.keys()}  # noqa: SIM118 - no dictionary
    if node.isSeq():
        return [_plain(node.at(index), depth - 1) for index in range(node.size())]
    if node.isString():
        return node.string()
    return node.real() if node.isInt() or node.isReal() else None


def _read_json(content: bytes) -> dict[str, Any]:
    entries = json.loads(content)
    if not isinstance(entries, dict):
        raise ValueError("it holds no named entries")
    return entries


def _read_toml(content: bytes) -> dict[str, Any]:
    return tomllib.loads(content.decode("utf-8"))


def _read_npz(content: bytes) -> dict[str, Any]:
    """The entries that are looked for; nothing is unpickled, and a size is looked at before memory is taken."""
    wanted = {name for names in _NAMES.values() for name in names}
    entries = {}
    form: Any = np.lib.format  # of which only newer versions of numpy tell the types
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            name = member.removesuffix(".npy")
            if name.lower() not in wanted:
                continue
            with archive.open(member) as file:
                version = form.read_magic(file)
                read = form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
                shape, _, dtype = read(file)
            if dtype.hasobject or dtype.itemsize > 16 or math.prod(shape) > _MAX_ITEMS:
                raise ValueError(f"{name} is no small array of numbers")
            with archive.open(member) as file:
                entries[name] = form.read_array(file, allow_pickle=False)
    return entries


def _first_line(error: BaseException) -> str:
    """The cause in one line: OpenCV hides its own behind a SystemError."""
    cause = error.__cause__ or error
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return re.sub(r"^OpenCV.* error: ", "", lines[0])


_READERS: dict[str, Callable[[bytes], Mapping[str, Any]]] = {
    ".yaml": _read_storage,
    ".yml": _read_storage,
    ".xml": _read_storage,
    ".json": _read_json,
    ".toml": _read_toml,
    ".npz": _read_npz,
}

SUFFIXES = tuple(_READERS)
"""Endings of the files that are read and written."""
