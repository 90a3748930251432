"""`reps`: count and judge the repetitions in a saved pose file."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from commands.coaching import AUTO, chosen_exercise
from commands.errors import CommandError
from export.poses import Poses, load_poses
from fitness.exercises import exercise_named
from fitness.recognise import recognised
from fitness.recount import Result, count_poses
from fitness.tracks import by_prominence, joined
from pose.errors import ExitCode


@dataclass(frozen=True, slots=True)
class RepsOptions:
    """`reps`: whose repetitions of what.

    Attributes
    ----------
    poses : Path
        A pose file.
    exercise : str
        A name of the table, a TOML file, or "auto".
    track : int or None
        Which person; None takes the one who is seen largest for longest.
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
    who = joined(poses.frame_index, poses.time_s, poses.track_id, poses.xy_px, poses.score)
    # somebody who was asked for by number is that track alone
    poses = replace(poses, track_id=who) if options.track is None else poses
    rows = poses.of_track(_track(poses, options))
    result, sure = _counted(rows, options.exercise)
    if options.as_json:
        typer.echo(json.dumps(result.as_json() | ({} if sure is None else {"sure": round(sure, 2)})))
    else:
        _print(result, sure)
    return ExitCode.DONE


def _counted(rows: Poses, exercise: str) -> tuple[Result, float | None]:
    """The result, and how sure it is that this is the exercise; None where it was named."""
    if exercise != AUTO:
        return count_poses(rows, chosen_exercise(exercise)), None
    guesses = [guess for _, guess in recognised(rows)[1] if guess is not None]
    if not guesses:
        raise CommandError("no exercise was recognised; name it, such as --exercise squat")
    name = max(dict.fromkeys(guess.exercise for guess in guesses), key=[one.exercise for one in guesses].count)
    sure = max(guess.sure for guess in guesses if guess.exercise == name)
    return count_poses(rows, exercise_named(name)), sure


def _track(poses: Poses, options: RepsOptions) -> int:
    tracks = by_prominence(poses.track_id, poses.xy_px, poses.score)
    if not tracks:
        raise CommandError(f"{options.poses} holds nobody")
    if options.track is None:
        return tracks[0]
    if options.track not in tracks:
        known = ", ".join(map(str, sorted(tracks)))
        raise CommandError(f"{options.poses} has no person {options.track}; it has {known}")
    return options.track


def _print(result: Result, sure: float | None) -> None:
    if sure is not None:
        typer.echo(f"recognised: {result.exercise}, {sure:.0%} sure")
    typer.echo(f"{result.exercise}: {result.reps} repetitions, {result.partial} partial")
    for number, one in enumerate(result.as_json()["repetitions"], start=1):  # type: ignore[arg-type, var-annotated]
        reach = "" if one["range_deg"] is None else f"  range {one['range_deg']:.0f} degrees"
        faults = f"  {', '.join(one['faults'])}" if one["faults"] else ""
        typer.echo(f"{number:3}  {one['start_s']:7.2f} to {one['end_s']:7.2f} s{reach}{faults}")
    if result.recount is not None and result.recount != result.reps:
        typer.echo(f"counted again as a whole set: {result.recount}")
