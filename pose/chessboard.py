"""Calibrating a camera with a chessboard: corners in a picture, which views are worth keeping, and the camera's model.

The method is Zhang's, "A flexible new technique for camera calibration" (2000), as OpenCV has it: a flat board of known
squares seen from several sides fixes the focal lengths, the principal point and the distortion at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pose.calibration import Calibration, CalibrationError
from pose.camera import Distortion, Intrinsics
from pose.types import Image

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

MIN_VIEWS = 8
MAX_ERROR_PX = 1.0
"""For pictures up to 1000 pixels wide; larger ones may be off by as much more. Good calibrations have 0.1 to 0.4."""

MAX_FOCAL_SPREAD = 0.02
"""Views that are too alike leave the focal length open; this is the largest standard deviation, relative, we accept."""

NOVELTY, NOVELTY_OF_STILLS = 0.06, 0.01
"""How far a view must be from all others: much in a clip, where views abound; pictures were taken on purpose."""

WELL_COVERED = 0.6
"""Share of the picture in which corners were seen, from which on the distortion is known everywhere."""

_STILL = 0.004
"""A board that moves by more than this share of the diagonal from one frame to the next would be blurred."""

_TILT_DEG, _FEWEST_TILTED = 8.0, 3
_QUICK_WIDTH = 640
_OUTLIER = 3.0
"""A view whose error is so many times the median is left out: it was blurred, or a corner was mistaken."""

_TILTED = 1.12
"""Opposite sides of the board seen at such a ratio: it is tilted enough to tell the focal length."""


@dataclass(frozen=True, slots=True)
class Chessboard:
    """A printed board.

    Attributes
    ----------
    columns, rows : int
        Inner corners, where four squares meet: one less than squares in a row and in a column.
    square_m : float
        Side of a square in metres. It fixes only how far away the board was, not the camera.
    """

    columns: int = 9
    rows: int = 6
    square_m: float = 0.025

    def __post_init__(self) -> None:
        if not (3 <= self.columns <= 50 and 3 <= self.rows <= 50):
            raise CalibrationError(f"a board of {self.columns}x{self.rows} inner corners: from 3x3 to 50x50 will do")
        if not 0.001 <= self.square_m <= 1:
            raise CalibrationError(f"squares of {1000 * self.square_m:g} mm: from 1 mm to 1 m will do")

    @property
    def corners_m(self) -> Float32:
        """The inner corners (columns * rows, 3) on the board, row by row."""
        y, x = np.mgrid[: self.rows, : self.columns]
        grid = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3)
        return np.asarray(grid * self.square_m, np.float32)


def find_corners(image: Image, board: Chessboard, *, thorough: bool = False) -> Float32 | None:
    """The board's inner corners (columns * rows, 2) in pixels, or None where the whole board is not seen.

    Parameters
    ----------
    image : array, uint8, shape (H, W, 3)
        BGR.
    board : Chessboard
    thorough : bool
        Look again, in full size and with the slower method (Duda and Frese 2018), where the quick one finds nothing.
        For still pictures; of a camera the next picture comes anyway.
    """
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    size = (board.columns, board.rows)
    shrink = max(1.0, max(grey.shape) / _QUICK_WIDTH)
    small = cv2.resize(grey, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA) if shrink > 1 else grey
    flags = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_FAST_CHECK
    found, corners = cv2.findChessboardCorners(small, size, flags=flags)
    if found:
        return _refined(grey, (corners[:, 0] + 0.5) * shrink - 0.5, board)
    if thorough:
        found, corners = cv2.findChessboardCornersSB(grey, size, flags=cv2.CALIB_CB_NORMALIZE_IMAGE)
        if found:
            return np.asarray(corners[:, 0], np.float32)
    return None


def _refined(grey: NDArray[np.uint8], corners: Float32, board: Chessboard) -> Float32:
    """Corners (N, 2) to a fraction of a pixel, by windows that stay within their four squares."""
    grid = corners.reshape(board.rows, board.columns, 2)
    gaps = [np.linalg.norm(np.diff(grid, axis=axis), axis=-1).min() for axis in (0, 1)]
    half = int(np.clip(0.4 * min(gaps), 2, 11))
    until = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-3)
    refined = cv2.cornerSubPix(grey, corners.astype(np.float32), (half, half), (-1, -1), until)
    return np.asarray(refined, np.float32)


@dataclass(slots=True)
class Views:
    """Views of the board that differ from one another; what is still missing, in words.

    Attributes
    ----------
    board : Chessboard
    size : tuple of int
        Width and height of the pictures.
    novelty : float
        How far the corners must be from those of every kept view on average, as a share of the picture's diagonal.
    kept : list of arrays, shape (columns * rows, 2)
        Corners in pixels.
    """

    board: Chessboard
    size: tuple[int, int]
    novelty: float = NOVELTY
    kept: list[Float32] = field(default_factory=list)

    def offer(self, corners: Float32) -> bool:
        """Keep a view if it is new; whether it was kept."""
        if any(self._distance(corners, other) < self.novelty for other in self.kept):
            return False
        self.kept.append(corners)
        return True

    def still(self, corners: Float32, before: Float32 | None) -> bool:
        """Whether the board is where it was in the frame before; one that moves would be blurred.

        >>> Views(Chessboard(), (640, 480)).still(np.zeros((54, 2), np.float32), None)
        False
        """
        if before is None:
            return False
        return float(np.linalg.norm(corners - before, axis=-1).mean()) < _STILL * float(np.hypot(*self.size))

    def _distance(self, corners: Float32, other: Float32) -> float:
        """Mean distance of corners over the diagonal; a board looks the same from its other end."""
        ways = [float(np.linalg.norm(order - other, axis=-1).mean()) for order in (corners, corners[::-1])]
        return min(ways) / float(np.hypot(*self.size))

    @property
    def covered(self) -> float:
        """Share of the picture, in 8 x 6 fields, in which a corner was seen."""
        return float((_counts(self.kept, self.size, 8, 6) > 0).mean())

    def hint(self, *, mirrored: bool = False) -> str:
        """What the next view should be; left and right are the picture's, or those of its mirror image.

        >>> Views(Chessboard(), (640, 480)).hint(mirrored=True)
        'show the whole board at the top right'
        """
        counts = _counts(self.kept, self.size, 3, 3)
        tilted = sum(_tilt(corners, self.board) > _TILTED for corners in self.kept)
        if len(self.kept) > 3 and 2 * tilted < len(self.kept):
            return "tilt the board, one side nearer to the camera"
        sides = ("right", "middle", "left") if mirrored else ("left", "middle", "right")
        row, column = np.unravel_index(int(counts.argmin()), counts.shape)
        where = [("top", "middle", "bottom")[int(row)], sides[int(column)]]
        place = "in the middle" if where == ["middle", "middle"] else f"at the {' '.join(dict.fromkeys(where))}"
        return f"show the whole board {place}"


def _counts(views: Sequence[Float32], size: tuple[int, int], across: int, down: int) -> NDArray[np.intp]:
    """How many corners lie in each field (down, across) of the picture."""
    if not views:
        return np.zeros((down, across), np.intp)
    points = np.concatenate(views) + 0.5
    column = np.clip(points[:, 0] / size[0] * across, 0, across - 1).astype(np.intp)
    row = np.clip(points[:, 1] / size[1] * down, 0, down - 1).astype(np.intp)
    return np.bincount(row * across + column, minlength=down * across).reshape(down, across)


def _tilt(corners: Float32, board: Chessboard) -> float:
    """The ratio of opposite sides of a board in the picture, the larger of both: 1 seen straight."""
    grid = corners.reshape(board.rows, board.columns, 2)
    first, last = grid[0, 0], grid[-1, -1]
    right, below = grid[0, -1], grid[-1, 0]
    sides = [(right - first, last - below), (below - first, last - right)]
    lengths = [(float(np.linalg.norm(one)), float(np.linalg.norm(other))) for one, other in sides]
    ratios = [one / max(other, 1e-6) for one, other in lengths]
    return max(max(ratio, 1 / max(ratio, 1e-6)) for ratio in ratios)


@dataclass(frozen=True, slots=True)
class ChessboardFit:
    """A calibrated camera and how well it is known.

    Attributes
    ----------
    calibration : Calibration
    view_error_px : array, shape (V,)
        Root mean square error of each view that was offered, those left out included.
    used : array of bool, shape (V,)
        False for views that were left out because they do not fit the others.
    focal_spread : float
        Standard deviation of the focal length, as a share of it.
    """

    calibration: Calibration
    view_error_px: Float
    used: NDArray[np.bool_]
    focal_spread: float


def calibrate(views: Sequence[Float32], board: Chessboard, size: tuple[int, int]) -> ChessboardFit:
    """The camera that saw a board in several views.

    A view that does not fit the others is left out once. The sixth power of the radius (k3) is used only where the
    views tell it for certain: elsewhere it does harm at the borders, where no corner was.

    Parameters
    ----------
    views : sequence of arrays, shape (columns * rows, 2)
        Corners in pixels, in the board's order or from its other end.
    board : Chessboard
    size : tuple of int
        Width and height of the pictures.

    Raises
    ------
    CalibrationError
        Where there are too few views, they are too alike, or no camera of this model fits them.
    """
    if len(views) < MIN_VIEWS:
        raise CalibrationError(
            f"the board was seen in {len(views)} views that differ, {MIN_VIEWS} are the least and 20 are good: "
            "show it at more places and tilted"
        )
    corners = [np.asarray(view, np.float32).reshape(-1, 1, 2) for view in views]
    if any(len(view) != board.columns * board.rows or not np.isfinite(view).all() for view in corners):
        raise CalibrationError(f"a view does not have {board.columns * board.rows} finite corners")
    try:
        _, _, error_px = _fit(corners, board, size)
        used = np.asarray(error_px <= max(_OUTLIER * float(np.median(error_px)), 1e-3))
        camera, spread, kept_error_px = _fit(
            [view for view, good in zip(corners, used, strict=True) if good], board, size
        )
    except cv2.error as error:
        raise CalibrationError(f"no camera fits these views: {error.err}") from error
    error_px[used] = kept_error_px
    total_px = float(np.sqrt((kept_error_px**2).mean()))
    _check_fit(camera, total_px, spread, int(used.sum()))
    return ChessboardFit(Calibration(camera, total_px, int(used.sum())), error_px, used, spread)


def _fit(corners: list[Float32], board: Chessboard, size: tuple[int, int]) -> tuple[Intrinsics, float, Float]:
    """A camera, the relative spread of its focal length, and the error of each view."""
    points = [board.corners_m] * len(corners)
    found = _opencv_fit(points, corners, size, 0)
    k3, k3_spread = float(np.ravel(found[2])[4]), float(np.ravel(found[5])[8])
    if not abs(k3) > 3 * k3_spread:
        found = _opencv_fit(points, corners, size, cv2.CALIB_FIX_K3)
    _, matrix, coefficients, turns, _, spread, _, error_px = found
    lens = Distortion(*np.ravel(coefficients)[:5].tolist())
    camera = Intrinsics(float(matrix[0, 0]), float(matrix[1, 1]), float(matrix[0, 2]), float(matrix[1, 2]), *size, lens)
    focal_spread = float(np.ravel(spread)[0] / matrix[0, 0])
    if _tilted_views(turns) < _FEWEST_TILTED:
        focal_spread = float(
            "inf"
        )  # boards square to the axis fit any focal length, and the solver's own spread is void
    return camera, focal_spread, np.ravel(error_px).astype(np.float64)


def _tilted_views(turns: Sequence[Float]) -> int:
    """In how many views, by their rotation vectors, the board is not square to the optical axis."""
    cosines = [abs(float(cv2.Rodrigues(np.ravel(turn))[0][2, 2])) for turn in turns]
    return sum(cosine < np.cos(np.radians(_TILT_DEG)) for cosine in cosines)


def _opencv_fit(points: list[Float32], corners: list[Float32], size: tuple[int, int], flags: int) -> tuple[Any, ...]:
    return cv2.calibrateCameraExtended(points, corners, size, np.eye(3), np.zeros(5), flags=flags)


def _check_fit(camera: Intrinsics, error_px: float, spread: float, views: int) -> None:
    limit_px = MAX_ERROR_PX * max(1.0, max(camera.width, camera.height) / 1000)
    if views < MIN_VIEWS:
        raise CalibrationError(
            f"only {views} views fit one another, {MIN_VIEWS} are the least: show a flat board, held still"
        )
    if not error_px <= limit_px:
        raise CalibrationError(
            f"the corners are {error_px:.2f} px off, at most {limit_px:.2f} px will do: hold the board still, flat and "
            "in good light, and check the numbers of its corners"
        )
    if not spread <= MAX_FOCAL_SPREAD:
        raise CalibrationError(
            "the views leave the focal length open: tilt the board more and in several directions, "
            "one side nearer than the other"
        )
    if not camera.covers_picture or not (0 <= camera.cx < camera.width and 0 <= camera.cy < camera.height):
        raise CalibrationError("no credible camera fits these views: show the board at the borders of the picture, too")
