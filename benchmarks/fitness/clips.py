"""Counts on real clips, against counts and times by eye."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from export.poses import Poses, load_poses
from fitness.exercises import EXERCISES, Exercise, exercise_named
from fitness.recount import count_poses
from fitness.repetition import Repetition
from fitness.tracks import by_prominence, joined

SHORT_TRACK_S = 1.0
"""Tracks that are shorter are left out where everybody in a clip is counted."""


@dataclass(frozen=True, slots=True)
class Case:
    """One clip and what was counted in it by eye.

    Attributes
    ----------
    name : str
        The clip's file name without its ending.
    exercise : str or None
        Its name in our table; None where no exercise of it is done.
    count : int or None
    times_s : array, shape (N, 3)
        Start, peak and end of each repetition; NaN where it is not in the clip.
    people : int
        How many do the exercise.
    duration_s : float
    """

    name: str
    exercise: str | None
    count: int | None
    times_s: NDArray[np.float64]
    people: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class Counted:
    """What the counter made of one person of a clip.

    Attributes
    ----------
    clip, exercise : str
    truth, reps, partial : int
    recount : int or None
    start_error_s, end_error_s : float
        Mean distance of starts and ends of repetitions that were paired; NaN without one.
    """

    clip: str
    exercise: str
    truth: int
    reps: int
    partial: int
    recount: int | None
    start_error_s: float
    end_error_s: float

    @property
    def error(self) -> int:
        """Counted too many; negative, too few."""
        return self.reps - self.truth


def read_cases(folder: Path) -> list[Case]:
    """The clips that `clips.json` in a folder describes.

    Raises
    ------
    BenchmarkError
        Where there is no such file.
    """
    try:
        clips = json.loads((folder / "clips.json").read_text(encoding="utf-8"))["clips"]
    except (OSError, ValueError, KeyError) as error:
        raise BenchmarkError(f"cannot read {folder / 'clips.json'}: {error}; give the folder with --shared") from error
    return [_case(clip) for clip in clips]


def _case(clip: dict[str, Any]) -> Case:
    label = str(clip["exercise"])
    known = [name for name in EXERCISES if label.lower().replace("-", "_").replace(" ", "_").startswith(name)]
    if not known and label.startswith("biceps curl"):
        known = ["curl"]
    times = [[one[key] for key in ("start", "peak", "end")] for one in clip["repetition_times"]]
    count = clip["repetitions"]
    return Case(
        str(clip["name"]).rsplit(".", 1)[0],
        known[0] if known else None,
        int(count) if isinstance(count, int) else None,
        np.array(times, np.float64).reshape(-1, 3),
        int(clip["people"]) if isinstance(clip["people"], int) else 1,
        float(clip["duration_s"]),
    )


def read_poses(folder: Path, clip: str) -> Poses:
    """The poses of a clip, as `file CLIP --out FOLDER/CLIP` writes them.

    Raises
    ------
    BenchmarkError
        Where they are missing.
    """
    path = folder / clip / "poses.npz"
    if not path.is_file():
        raise BenchmarkError(
            f"{path} is missing; write it with: python main.py file CLIP --no-display --out {path.parent}"
        )
    poses = load_poses(path)
    who = joined(poses.frame_index, poses.time_s, poses.track_id, poses.xy_px, poses.score)
    return replace(poses, track_id=who)


def main_tracks(poses: Poses, count: int = 1) -> list[int]:
    """Who is seen largest for longest."""
    return by_prominence(poses.track_id, poses.xy_px, poses.score)[:count]


def count_clip(poses: Poses, case: Case) -> list[Counted]:
    """Count everybody who does the clip's exercise, the exercise being named."""
    if case.exercise is None or case.count is None:
        return []
    exercise, out = exercise_named(case.exercise), []
    for track in main_tracks(poses, case.people):
        result = count_poses(poses.of_track(track), exercise)
        start, end = time_errors(result.repetitions, case.times_s)
        out.append(
            Counted(case.name, exercise.name, case.count, result.reps, result.partial, result.recount, start, end)
        )
    return out


def time_errors(repetitions: tuple[Repetition, ...], times_s: NDArray[np.float64]) -> tuple[float, float]:
    """Mean distance in s of starts and of ends; each true repetition is paired with the one that overlaps it most."""
    starts, ends = [], []
    for start, peak, end in times_s:
        middle = peak if np.isfinite(peak) else (start + end) / 2
        over = [one for one in repetitions if one.start_s <= middle <= one.end_s]
        if over:
            one = min(over, key=lambda other: abs((other.start_s + other.end_s) / 2 - middle))
            starts.append(abs(one.start_s - start))
            ends.append(abs(one.end_s - end))
    return _mean(starts), _mean(ends)


def _mean(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def false_counts(poses: Poses, exercise: Exercise) -> tuple[int, float]:
    """Repetitions that were counted for anybody in a clip, and how many seconds of people were watched."""
    count, seconds = 0, 0.0
    for track in main_tracks(poses, len(poses.track_id)):
        rows = poses.of_track(track)
        length = float(rows.time_s[-1] - rows.time_s[0])
        if length < SHORT_TRACK_S:
            continue
        count += count_poses(rows, exercise).reps
        seconds += length
    return count, seconds
