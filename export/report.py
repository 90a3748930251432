"""The HTML report: one page that opens without a network, with a 3D player, joint angles, tracks and quality."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.motion import DEFAULTS, ExportOptions, Motion, Timeline, motions_in_turn
from export.poses import Poses
from export.quality import Quality, quality
from export.tables import WORLD_UP
from export.writing import needed, saved
from pose.angles import ANGLE_NAMES, angles_over_time
from pose.joint_sets import H36M17, H36M17_BONES, side

Float = NDArray[np.float64]

MOST_ROWS = 4_000
"""Person-frames that the page holds, about 1 MB beside the library's 5; of longer clips it shows every n-th frame."""

_TEMPLATES = Path(__file__).parent / "templates"
_UNKNOWN_MM = -32768
_MOST_MM = 32_000


def write_report(poses: Poses, path: Path, options: ExportOptions = DEFAULTS) -> list[Path]:
    """Write the page.

    Positions in it are rounded to millimetres and angles to a tenth of a degree. Of a long clip the player and the
    curves have every n-th frame, which the page says; the table of quality is always made from all frames.

    Raises
    ------
    ExportError
        Where jinja2 or plotly is missing, or the page cannot be written.
    """
    jinja2, plotly = needed("jinja2", "the report"), needed("plotly.offline", "the report")
    timeline = Timeline.of(poses, options)
    step = _step(poses, timeline)
    rows, people = [], []
    for motion in motions_in_turn(poses, options):
        rows.append(quality(poses, motion, len(timeline.frame_index), options))
        people.append(_person(motion, int(np.searchsorted(timeline.frame_index, motion.frame_index[0])), step))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("report.html").render(
        source=poses.source,
        facts=_facts(poses, timeline, len(people)),
        step=step,
        quality=[_cells(row) for row in rows],
        data=_script_json(_data(timeline, people, step)),
        plotly=plotly.get_plotlyjs(),
    )
    with saved(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return [path]


def _step(poses: Poses, timeline: Timeline) -> int:
    """Of so many frames the page has one, so that it does not grow without end."""
    frames = len(timeline.frame_index)
    spans = 0
    for track_id in np.unique(poses.track_id):
        mine = poses.frame_index[poses.track_id == track_id]
        spans += int(np.diff(np.searchsorted(timeline.frame_index, [mine.min(), mine.max()]))[0]) + 1
    return max(1, -(-spans // MOST_ROWS), -(-frames // 20_000))


def _facts(poses: Poses, timeline: Timeline, people: int) -> list[tuple[str, str]]:
    """The line below the title."""
    duration = float(timeline.time_s[-1] - timeline.time_s[0]) if len(timeline.time_s) else 0.0
    return [
        ("frames", str(len(timeline.frame_index))),
        ("length", f"{duration:.2f} s"),
        ("rate", f"{timeline.fps:.3g} a second" if timeline.even else f"{timeline.fps:.3g} a second, variable"),
        ("picture", f"{poses.width} x {poses.height}"),
        ("people", str(people)),
    ]


def _cells(row: Quality) -> dict[str, str]:
    """A row of the table of quality as text."""
    repairs = row.repairs
    swaps, filled, pieces = ["not counted"] * 3
    if repairs is not None:
        swaps, pieces = str(repairs.swaps_mended), str(repairs.tracklets)
        filled = f"{repairs.frames_filled} in {repairs.gaps_filled}" if repairs.gaps_filled else "0"
    return {
        "person": str(row.track_id),
        "from": f"{row.first_s:.2f} s",
        "to": f"{row.last_s:.2f} s",
        "frames": str(row.frames),
        "of_clip": f"{100 * row.share_of_clip:.1f} %",
        "of_span": f"{100 * row.share_of_span:.1f} %",
        "filled": filled,
        "gaps": str(row.gaps),
        "longest": f"{row.longest_gap_s:.2f} s",
        "swaps": swaps,
        "pieces": pieces,
        "score": f"{row.score:.2f}",
        "joints": f"{100 * row.share_of_joints:.1f} %",
        "bones": f"{100 * row.bone_spread:.1f} %",
    }


def _person(motion: Motion, first: int, step: int) -> dict[str, Any]:
    """What the page's script reads of somebody whom the timeline's frame `first` shows first."""
    rows = np.arange(-first % step, len(motion), step)  # those that the thinned timeline has
    angles = angles_over_time(motion.xyz_m, motion.time_s, up=WORLD_UP)[rows]
    return {
        "id": motion.track_id,
        "first": -(-first // step),
        "count": len(rows),
        "xyz_mm": _base64(_millimetres(motion.xyz_m[rows]), "<i2"),
        "angles_deg": _base64(angles.round(1), "<f4"),
        "stretches_s": _stretches(motion),
    }


def _data(timeline: Timeline, people: list[dict[str, Any]], step: int) -> dict[str, Any]:
    """What the page's script reads."""
    return {
        "time_s": timeline.time_s[::step].round(4).tolist(),
        "frame": timeline.frame_index[::step].tolist(),
        "joints": H36M17,
        "sides": [side(name) for name in H36M17],
        "bones": H36M17_BONES,
        "angles": ANGLE_NAMES,
        "people": people,
    }


def _millimetres(xyz_m: Float) -> Float:
    known = np.isfinite(xyz_m)
    return np.where(known, np.clip(np.where(known, 1000 * xyz_m, 0).round(), -_MOST_MM, _MOST_MM), _UNKNOWN_MM)


def _stretches(motion: Motion) -> list[list[float]]:
    """From when to when the person is seen without a gap."""
    edges = np.diff(np.concatenate([[False], motion.seen, [False]]).astype(np.int8))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return np.stack([motion.time_s[begins], motion.time_s[ends]], axis=1).round(4).tolist()  # type: ignore[no-any-return]


def _base64(values: Float, dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype).tobytes()).decode("ascii")


def _script_json(data: dict[str, Any]) -> str:
    """JSON that cannot end the script that it stands in."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
