"""Everything that the fitness part is to reach, measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.fitness import clips, known, moving
from export.poses import Poses
from fitness.counter import Counter
from fitness.exercises import Exercise, exercise_named
from fitness.recognise import recognised
from fitness.signals import Joints, Moments

WITH_SQUAT_ON = ("walk_side", "street_crossing", "webcam_seated", "dance_3people", "yoga")


@dataclass(frozen=True, slots=True)
class FitnessOptions:
    """What is measured.

    Attributes
    ----------
    shared : Path
        Folder with `clips` and `data/mocap`.
    poses : Path or None
        Folder with a pose file a clip, as `file CLIP --out POSES/CLIP` writes it; None leaves out the clips.
    held_out : bool
        Motion capture of the subjects whom nothing was chosen by, else of all others.
    views : int
        Cameras a set.
    """

    shared: Path
    poses: Path | None
    held_out: bool = True
    views: int = 8


def run(options: FitnessOptions) -> dict[str, object]:
    """All figures, ready for JSON."""
    out: dict[str, object] = {"eval": "fitness"}
    if options.poses is not None:
        out |= _clips(options.shared / "clips", options.poses)
    out["known_motion"] = known.evaluate()
    mocap = moving.MovingOptions(options.shared / "data" / "mocap", options.held_out, options.views)
    return out | {"mocap": "held out" if options.held_out else "for choosing"} | moving.evaluate(mocap)


def _clips(folder: Path, poses_folder: Path) -> dict[str, object]:
    counted: list[clips.Counted] = []
    named: dict[str, bool] = {}
    delays: list[float] = []
    false, seconds = 0, 0.0
    for case in clips.read_cases(folder):
        poses = clips.read_poses(poses_folder, case.name)
        counted += clips.count_clip(poses, case)
        if case.exercise is not None and case.count:
            named[case.name] = _named(poses, case)
            delays += _delays(poses, case, exercise_named(case.exercise))
        if case.name in WITH_SQUAT_ON:
            count, length = clips.false_counts(poses, exercise_named("squat"))
            false, seconds = false + count, seconds + length
    errors = np.array([one.error for one in counted])
    starts = [one.start_error_s for one in counted if np.isfinite(one.start_error_s)]
    ends = [one.end_error_s for one in counted if np.isfinite(one.end_error_s)]
    return {
        "clips": {
            "counted": [
                {
                    "clip": one.clip,
                    "exercise": one.exercise,
                    "truth": one.truth,
                    "reps": one.reps,
                    "again": one.recount,
                    "start_error_s": _rounded(one.start_error_s),
                    "end_error_s": _rounded(one.end_error_s),
                    "auto": named.get(one.clip),
                }
                for one in counted
            ],
            "within_one": round(float(np.mean(np.abs(errors) <= 1)), 3),
            "exact": round(float(np.mean(errors == 0)), 3),
            "start_error_s": _rounded(float(np.mean(starts))),
            "end_error_s": _rounded(float(np.mean(ends))),
            "named_by_auto": round(float(np.mean([bool(name) for name in named.values()])), 3),
            "count_after_end_s": {
                "median": _rounded(float(np.median(delays))),
                "p95": _rounded(float(np.percentile(delays, 95))),
            },
        },
        "other_clips": {"people_minutes": round(seconds / 60, 2), "false_counts": false},
    }


def _rounded(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None


def _named(poses: Poses, case: clips.Case) -> bool:
    """Whether the exercise is named, and no other one, when the third repetition ends (or the clip)."""
    until = case.times_s[2, 2] if len(case.times_s) > 2 else np.nan
    until = until if np.isfinite(until) else (case.times_s[2, 1] if len(case.times_s) > 2 else case.duration_s)
    _, said = recognised(poses.of_track(clips.main_tracks(poses)[0]))
    guesses = [guess for time_s, guess in said if time_s <= until]
    return bool(guesses) and guesses[-1] is not None and guesses[-1].exercise == case.exercise


def _delays(poses: Poses, case: clips.Case, exercise: Exercise) -> list[float]:
    """How long after its end by eye each repetition was counted, in s of the stream; negative, before."""
    rows = poses.of_track(clips.main_tracks(poses)[0])
    counter = Counter(exercise)
    out: list[float] = []
    moments = Moments.of(Joints.of(rows.xy_px, rows.score, rows.xyz_m, rows.valid), counter.exercise.signals)
    for index, time_s in enumerate(rows.time_s.tolist()):
        one = counter.advance(moments, index, time_s).finished
        if one is not None:
            inside = (one.start_s < case.times_s[:, 1]) & (case.times_s[:, 1] < one.end_s + 0.2)
            out += (time_s - case.times_s[inside, 2]).tolist()
    return [delay for delay in out if np.isfinite(delay)]
