"""`reps`: count and judge the repetitions in a saved pose file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import typer

from commands.errors import CommandError
from export.poses import Poses, load_poses
from fitness.custom import load_exercise
from fitness.exercises import Exercise, exercise_named
from fitness.recount import Result, count_poses
from pose.errors import ExitCode


@dataclass(frozen=True, slots=True)
class RepsOptions:
    """`reps`: whose repetitions of what.

    Attributes
    ----------
    poses : Path
        A pose file.
    exercise : str
        A name of the table, or a TOML file.
    track : int or None
        Which person; None takes the one who is seen longest.
    as_json : bool
        One JSON object instead of lines to read.
    """

    poses: Path
    exercise: str
    track: int | None
    as_json: bool


def run(options: RepsOptions) -> ExitCode:
    """Count, and print the result."""
    poses = load_poses(options.poses)
    exercise = _exercise(options.exercise)
    result = count_poses(poses.of_track(_track(poses, options)), exercise)
    if options.as_json:
        typer.echo(json.dumps(result.as_json()))
    else:
        _print(result)
    return ExitCode.DONE


def _exercise(name: str) -> Exercise:
    return load_exercise(Path(name)) if name.endswith(".toml") else exercise_named(name)


def _track(poses: Poses, options: RepsOptions) -> int:
    tracks, counts = np.unique(poses.track_id, return_counts=True)
    if not len(tracks):
        raise CommandError(f"{options.poses} holds nobody")
    if options.track is None:
        return int(tracks[np.argmax(counts)])
    if options.track not in tracks:
        raise CommandError(f"{options.poses} has no person {options.track}; it has {', '.join(map(str, tracks))}")
    return options.track


def _print(result: Result) -> None:
    typer.echo(f"{result.exercise}: {result.reps} repetitions, {result.partial} partial")
    for number, one in enumerate(result.as_json()["repetitions"], start=1):  # type: ignore[arg-type, var-annotated]
        reach = "" if one["range_deg"] is None else f"  range {one['range_deg']:.0f} degrees"
        faults = f"  {', '.join(one['faults'])}" if one["faults"] else ""
        typer.echo(f"{number:3}  {one['start_s']:7.2f} to {one['end_s']:7.2f} s{reach}{faults}")
    if result.recount is not None and result.recount != result.reps:
        typer.echo(f"counted again as a whole set: {result.recount}")
