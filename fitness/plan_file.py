"""Plans of workouts from TOML; docs/history.md has one. Every key is checked; unknown ones are refused by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fitness.custom import load_exercise
from fitness.errors import FitnessError
from fitness.exercises import EXERCISES, Exercise, Kind, exercise_named
from fitness.plan import Plan, PlannedExercise
from fitness.toml_file import read_toml

MOST_SETS = 500
"""Of a whole plan."""

_PLAN_KEYS = ("name", "rest_seconds", "exercise")
_EXERCISE_KEYS = ("name", "sets", "reps", "seconds", "rest_seconds")
_LONGEST_S = 3600.0


class PlanError(FitnessError):
    """A plan cannot be used: the file, the key, and what is expected there."""


def load_plan(path: Path) -> Plan:
    """Read a plan from a TOML file.

    Parameters
    ----------
    path : Path
        Exercises of users' own are looked for beside it.

    Raises
    ------
    FitnessError
        In one line, with the file and the key, where it cannot be used.
    """
    table = read_toml(path)
    try:
        return replace(parse_plan(table, path.parent), name=_name(table, path.stem))
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from error


def parse_plan(table: dict[str, Any], folder: Path) -> Plan:
    """A plan of a table as TOML gives it.

    Parameters
    ----------
    table : dict
    folder : Path
        Where exercises of users' own lie that are named by a file.

    Raises
    ------
    FitnessError
        Where a key is missing, unknown, or has no sense.
    """
    _only_known(table, _PLAN_KEYS, "the plan")
    entries = table.get("exercise")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise PlanError("exercise is missing: a plan has at least one [[exercise]]")
    rest_s = _number(table, "rest_seconds", "", 0, _LONGEST_S, 60)
    exercises = tuple(
        _planned(entry, f"exercise {number}: ", rest_s, folder) for number, entry in enumerate(entries, 1)
    )
    if sum(one.sets for one in exercises) > MOST_SETS:
        raise PlanError(f"sets: more than {MOST_SETS} of them in one plan")
    return Plan(_name(table, "plan"), exercises)


def _planned(entry: dict[str, Any], where: str, rest_s: float, folder: Path) -> PlannedExercise:
    _only_known(entry, _EXERCISE_KEYS, where.rstrip(": "))
    exercise = _exercise(entry, where, folder)
    goals = [key for key in ("reps", "seconds") if key in entry]
    if len(goals) != 1:
        raise PlanError(f"{where}say either reps or seconds of {exercise.name}")
    if exercise.kind is Kind.HOLD and goals == ["reps"]:
        raise PlanError(f"{where}reps: {exercise.name} is held, not repeated; say seconds")
    return PlannedExercise(
        exercise,
        sets=_whole(entry, "sets", where, MOST_SETS, 1),
        reps=_whole(entry, "reps", where, 1000) if goals == ["reps"] else None,
        seconds=_number(entry, "seconds", where, 1, _LONGEST_S) if goals == ["seconds"] else None,
        rest_s=_number(entry, "rest_seconds", where, 0, _LONGEST_S, rest_s),
    )


def _exercise(entry: dict[str, Any], where: str, folder: Path) -> Exercise:
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip():
        raise PlanError(f"{where}name is {name!r}, expected an exercise such as squat, or a TOML file of your own")
    if name.endswith(".toml"):
        return load_exercise(folder / name)
    try:
        return exercise_named(name)
    except FitnessError:
        near = _nearest(name, EXERCISES)
        raise PlanError(f"{where}name: there is no exercise {name!r}; the nearest known one is {near!r}") from None


def _name(table: dict[str, Any], otherwise: str) -> str:
    name = table.get("name", otherwise)
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > 60:
        raise PlanError(f"name is {name!r}, expected a text of one line and at most 60 letters")
    return name.strip()


def _only_known(table: dict[str, Any], known: Iterable[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise PlanError(f"{where} has the unknown key {key!r}; the nearest known one is {_nearest(key, known)!r}")


def _nearest(name: str, known: Iterable[str]) -> str:
    return difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)[0]


def _number(
    table: dict[str, Any], key: str, where: str, least: float, most: float, otherwise: float | None = None
) -> float:
    value = table.get(key, otherwise)
    if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
        return float(value)
    raise PlanError(f"{where}{key} is {value!r}, expected a number from {least:g} to {most:g}")


def _whole(table: dict[str, Any], key: str, where: str, most: int, otherwise: int | None = None) -> int:
    value = table.get(key, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise PlanError(f"{where}{key} is {value!r}, expected a whole number from 1 to {most}")
    return value
