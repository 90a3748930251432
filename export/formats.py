"""Every format that poses can be written in, by the name that `--export` takes."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from export.bvh import write_bvh
from export.c3d import write_c3d
from export.coco import write_coco
from export.errors import ExportError
from export.json_lines import write_json_lines
from export.motion import DEFAULTS, ExportOptions
from export.openpose_json import FOLDER_ENDING, write_openpose
from export.opensim import write_mot, write_trc
from export.poses import Poses
from export.report import write_report
from export.tables import write_angles, write_csv
from export.writing import needed


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes
    ----------
    ending : str
        What follows the clip's name; a file a person has `_personN` before its suffix.
    description : str
        One line for the help.
    write : function
        `write(poses, path, options) -> list of Path`: what was written.
    needs : tuple of str
        Optional libraries, of the extra `export`.
    """

    ending: str
    description: str
    write: Callable[[Poses, Path, ExportOptions], list[Path]]
    needs: tuple[str, ...] = ()


FORMATS: dict[str, Format] = {
    "json": Format(FOLDER_ENDING, "OpenPose JSON 1.3, a folder with a file a frame", write_openpose),
    "coco": Format("_coco.json", "COCO keypoint results", write_coco),
    "jsonl": Format(".jsonl", "JSON lines, an object a frame", write_json_lines),
    "csv": Format(".csv", "table of joints, a row a frame, person and joint", write_csv),
    "angles": Format("_angles.csv", "table of joint angles, a row a frame, person and angle", write_angles),
    "bvh": Format(".bvh", "skeleton animation (Blender and others), a file a person", write_bvh),
    "trc": Format(".trc", "markers for OpenSim and Pose2Sim, a file a person", write_trc),
    "mot": Format(".mot", "joint angles for OpenSim, a file a person", write_mot),
    "c3d": Format(".c3d", "motion capture points, a file a person", write_c3d, ("ezc3d",)),
    "html": Format(".html", "report in one page: player, angles, tracks, quality", write_report, ("jinja2", "plotly")),
}


def parse_formats(text: str, others: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of formats out of a list with commas, each once; checked before any work is done.

    Parameters
    ----------
    text : str
        What the user gave.
    others : iterable of str
        Names that the caller sees to by itself, such as `npz` and `mp4`.

    Raises
    ------
    ExportError
        For a name that nobody knows, with the nearest known one, and for a format whose library is missing.

    Examples
    --------
    >>> parse_formats("csv, bvh,csv,npz", others=("npz",))
    ('csv', 'bvh', 'npz')
    """
    known = (*FORMATS, *others)
    names = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    if not names:
        raise ExportError(f"--export names one or more of {', '.join(known)}")
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise ExportError(f"there is no format {name}: {meant}known are {', '.join(known)}")
        for module in FORMATS[name].needs if name in FORMATS else ():
            needed(module, f"the format {name}")
    return names


def export_poses(
    poses: Poses, folder: Path, stem: str, names: Iterable[str], options: ExportOptions = DEFAULTS
) -> list[Path]:
    """Write poses in some formats (of `FORMATS`) as `folder/stem...`; gives all files and folders that were written.

    Raises
    ------
    ExportError
        As the writers raise it; what was written before stays.
    """
    written: list[Path] = []
    for name in names:
        written += FORMATS[name].write(poses, folder / f"{stem}{FORMATS[name].ending}", options)
    return written
