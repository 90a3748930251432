"""`calibrate`: shows of a chessboard become a calibration file."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import typer
from rich.console import Console

from commands.errors import CommandError
from pose.calibration import SUFFIXES, save_calibration
from pose.chessboard import (
    MIN_VIEWS,
    NOVELTY,
    NOVELTY_OF_STILLS,
    WELL_COVERED,
    Chessboard,
    ChessboardFit,
    Float32,
    Views,
    calibrate,
    find_corners,
)
from pose.errors import ExitCode
from pose.types import Frame, People
from render.view import Layout, Status, View, ViewOptions
from render.window import Action, Window, has_display
from stream.source import Source, SourceOptions
from stream.sources import open_source

_CAMERA_SIZE = (1280, 720)


@dataclass(frozen=True, slots=True)
class CalibrateOptions:
    """`calibrate`: which camera sees which board.

    Attributes
    ----------
    source : str
        Index of a camera, an address, a clip, or a folder of pictures.
    columns, rows : int
        Inner corners of the board.
    square_mm : float
        Side of one square.
    out : Path
        The file to write: .yaml, .yml, .xml, .json, .toml or .npz.
    views : int
        So many views that differ are enough.
    seconds : float or None
        Of a camera or a stream: end after so many seconds.
    display : bool
        Show a camera's picture in a window, where there is a display.
    """

    source: str = "0"
    columns: int = 9
    rows: int = 6
    square_mm: float = 25.0
    out: Path = Path("calibration.yaml")
    views: int = 20
    seconds: float | None = None
    display: bool = True


def parse_board(text: str) -> tuple[int, int]:
    """Inner corners in a row and in a column of "9x6".

    Raises
    ------
    ValueError
        Where the text is no such thing.

    >>> parse_board("9x6")
    (9, 6)
    """
    columns, found, rows = text.lower().partition("x")
    if not (found and columns.isdecimal() and rows.isdecimal() and len(text) < 10):
        raise ValueError(f"{text!r} is no board: write its inner corners as 9x6")
    return int(columns), int(rows)


def run(options: CalibrateOptions) -> ExitCode:
    """Collect views, calibrate and write the file; the last line on the output is one JSON object.

    Ctrl-C, or closing the window, ends the collecting; what was collected is used if it is enough.

    Raises
    ------
    CalibrationError
        Where too few views were seen, they are too alike, or no camera fits them.
    CommandError
        Where fewer views are asked for than a calibration needs, or the name of the file says no format.
    """
    if options.views < MIN_VIEWS:
        raise CommandError(f"{options.views} views are too few: {MIN_VIEWS} are the least and 20 are good")
    if options.out.suffix.lower() not in SUFFIXES:
        raise CommandError(f"{options.out}: a calibration ends in one of {', '.join(SUFFIXES)}")
    board = Chessboard(options.columns, options.rows, options.square_mm / 1000)
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    end = ExitCode.DONE
    with contextlib.ExitStack() as stack:
        source = open_source(options.source, SourceOptions(size=_CAMERA_SIZE))
        stack.callback(source.close)
        window = _window(stack, source, options, console)
        collecting = _Collecting(source, board, options, window, console)
        try:
            collecting.collect()
        except KeyboardInterrupt:
            end = ExitCode.INTERRUPTED
    collecting.report()
    views = collecting.views
    fit = calibrate(views.kept, board, views.size)
    save_calibration(fit.calibration, options.out)
    _tell(fit, views, options, console)
    return end


def _window(stack: contextlib.ExitStack, source: Source, options: CalibrateOptions, console: Console) -> Window | None:
    """A window for a camera, where one is wanted and can be; a recorded source needs none."""
    if not (options.display and source.live):
        return None
    check = has_display()
    if not check.available:
        console.print(f"no window: {check.reason}", markup=False)
        return None
    look = ViewOptions(mirror=options.source.isdecimal(), layout=Layout.PICTURE, show_hints=False)
    return stack.enter_context(Window(f"LiftCam - calibrating {source.name}", options=look))


class _Collecting:
    """Looks through a source for views that differ, and leads the user to those that are missing."""

    def __init__(
        self, source: Source, board: Chessboard, options: CalibrateOptions, window: Window | None, console: Console
    ) -> None:
        self._source, self._board, self._options = source, board, options
        self._window, self._console = window, console
        self._stills = Path(options.source).expanduser().is_dir()
        self.views = Views(board, (source.width, source.height), NOVELTY_OF_STILLS if self._stills else NOVELTY)
        self._mirrored = window is not None and window.options.mirror
        self._frames = self._with_board = self._other_size = 0
        self._last: Float32 | None = None

    def collect(self) -> None:
        """Look until there are enough views, the source or the time ends, or the window is closed."""
        self._console.print(f"looking for a chessboard of {self._board.columns}x{self._board.rows} inner corners")
        for frame in self._timely():
            self._frames += 1
            corners = self._corners(frame)
            if corners is not None:
                self._with_board += 1
                if (self._stills or self.views.still(corners, self._last)) and self.views.offer(corners):
                    kept, hint = len(self.views.kept), self.views.hint(mirrored=self._mirrored)
                    self._console.print(f"view {kept}" + (f" of {self._options.views}; {hint}" if self._live else ""))
            self._last = corners
            if self._closed(frame, corners) or (len(self.views.kept) >= self._options.views and not self._stills):
                return

    def report(self) -> None:
        """Say what was looked at."""
        text = f"{self._frames} pictures, {self._with_board} with the whole board, {len(self.views.kept)} views differ"
        if self._other_size:
            text += f"; {self._other_size} were left out because they are not {self.views.size[0]}x{self.views.size[1]}"
        self._console.print(text)

    @property
    def _live(self) -> bool:
        return self._source.live

    def _timely(self) -> Iterator[Frame]:
        began_s = time.perf_counter()
        for frame in self._source.frames():
            yield frame
            if self._live and self._options.seconds and time.perf_counter() - began_s >= self._options.seconds:
                return

    def _corners(self, frame: Frame) -> Float32 | None:
        if (frame.width, frame.height) != self.views.size:
            self._other_size += 1
            return None
        return find_corners(frame.image, self._board, thorough=self._stills)

    def _closed(self, frame: Frame, corners: Float32 | None) -> bool:
        """Show the picture with the corners found and what to do next; whether the user has had enough."""
        if self._window is None:
            return False
        image = frame.image.copy()
        if corners is not None:
            cv2.drawChessboardCorners(image, (self._board.columns, self._board.rows), corners[:, None], True)
        hint = self.views.hint(mirrored=self._mirrored)
        message = f"{len(self.views.kept)} of {self._options.views} views: {hint}, and hold it still"
        shown = Frame(image, frame.index, frame.time_s)
        self._window.show(View(shown, People.nobody(), Status(message=message)))
        return Action.QUIT in self._window.poll()


def _tell(fit: ChessboardFit, views: Views, options: CalibrateOptions, console: Console) -> None:
    """The result for people, and as one JSON object."""
    calibration, covered = fit.calibration, views.covered
    camera = calibration.intrinsics
    left_out = int((~fit.used).sum())
    console.print(
        f"off by {calibration.error_px:.2f} px over {calibration.views} views"
        + (f" ({left_out} left out that do not fit)" if left_out else "")
        + f"; field of view {camera.fov_deg[0]:.1f} x {camera.fov_deg[1]:.1f} degrees, "
        f"focal length known to {100 * fit.focal_spread:.1f} %"
    )
    if covered < WELL_COVERED:
        console.print(
            f"the board was seen in {100 * covered:.0f} % of the picture only: elsewhere the distortion is a guess"
        )
    console.print(f"written to {options.out}; use it with --calibration {options.out}", markup=False)
    typer.echo(
        json.dumps(
            {
                "calibration": str(options.out),
                "error_px": calibration.error_px,
                "views": calibration.views,
                "views_left_out": left_out,
                "size_px": [camera.width, camera.height],
                "fov_deg": list(camera.fov_deg),
                "focal_spread": fit.focal_spread,
                "covered": covered,
            }
        )
    )
