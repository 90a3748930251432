"""LiftCam as a library: clips to poses, pose files, and the parts of a live program of your own.

    from liftcam import process
    poses = process("clip.mp4", people=1)

For a program of your own, frame by frame: `open_detector(...).detect(image)` finds everybody, `Tracker().update(people,
time_s)` says who is whom, and `Lifter(Intrinsics.from_fov(width, height)).step(people, time_s)` lifts them. Errors that
are a user's matter are `LiftCamError`, one clear line each. The packages themselves (`pose`, `detection`, ...) may
change between versions; these names stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from commands.clip_job import run_clip
from commands.engine import opened_engine
from commands.options import FileOptions, PoseOptions
from commands.process import with_exports
from detection.choose import open_detector
from detection.offline.filter_options import DEFAULT_CUTOFF_HZ, Filter, FilterKind
from detection.smoothing import DEFAULT_STRENGTH
from detection.tracking import Tracker
from export.poses import Poses, load_poses
from lifting.lifter import Lifter
from pose.angles import ANGLE_NAMES, angles_over_time
from pose.camera import Intrinsics
from pose.errors import ExitCode, LiftCamError
from pose.joint_sets import H36M17, OPENPOSE18
from pose.types import Frame, People
from stream.clip import nobody_listens
from stream.edit_options import EditOptions

__all__ = [
    "ANGLE_NAMES",
    "H36M17",
    "OPENPOSE18",
    "Frame",
    "Intrinsics",
    "LiftCamError",
    "Lifter",
    "People",
    "Poses",
    "Tracker",
    "angles_over_time",
    "load_poses",
    "open_detector",
    "process",
]


def process(
    clip: str | Path,
    out: str | Path | None = None,
    *,
    exports: Sequence[str] = ("npz",),
    people: int | None = None,
    start_s: float | None = None,
    end_s: float | None = None,
    every: int = 1,
    smooth: str = "butterworth",
    cutoff_hz: float = DEFAULT_CUTOFF_HZ,
    height_m: float | None = None,
    fov_deg: float = 60.0,
    detector: str = "auto",
    weights: Path | None = None,
    net_size: int = 256,
    threads: int | None = None,
    on_step: Callable[[str, int, int | None], None] = nobody_listens,
) -> Poses:
    """Everybody in a clip, in two passes, as `python main.py file` has them.

    Parameters
    ----------
    clip : str or Path
        A video file, or a folder of pictures.
    out : str or Path, optional
        A folder for files; without it, nothing is written.
    exports : sequence of str
        What goes there: npz, mp4, json, coco, jsonl, csv, angles, bvh, trc, mot, c3d, html.
    people : int, optional
        Only so many, those who are seen longest.
    start_s, end_s : float, optional
        The part from `start_s` on and before `end_s`.
    every : int
        Only every n-th frame.
    smooth : {"butterworth", "savgol", "none"}
    cutoff_hz : float
        Of the filter.
    height_m : float, optional
        How tall the people are; adults of usual size otherwise.
    fov_deg : float
        Field of view of the camera's longer side.
    detector, weights, net_size, threads
        As the options of the command line.
    on_step : function
        `on_step(what, done, of)` tells how far the work is.

    Returns
    -------
    Poses
        Rows, one a person and frame: `track_id, time_s, xy_px, score, xyz_m, root_m, valid` and more.

    Raises
    ------
    LiftCamError
        Where the clip cannot be read, breaks off in the middle (what was read is in the files then), or a file cannot
        be written.
    ValueError
        Where `smooth` is none of the filters.
    """
    pose = PoseOptions(detector, weights, net_size, threads, DEFAULT_STRENGTH, fov_deg, height_m=height_m, level=True)
    options = FileOptions(
        pose,
        str(clip),
        None if out is None else Path(out),
        display=False,
        realtime=False,
        size=(1280, 720),
        edit=EditOptions(start_s, end_s, every=every),
        filter=Filter(FilterKind(smooth), cutoff_hz),
        people=people,
    )
    options = with_exports(options, ",".join(exports))
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    with opened_engine(pose, console) as engine:
        result = run_clip(engine, options, on_step, lambda line: console.print(line, markup=False))
    if result.end is not ExitCode.DONE:
        raise LiftCamError(result.problem, result.end)
    return result.found
