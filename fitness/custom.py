"""Exercises of users' own, from TOML; docs/fitness.md has one. Every key is checked; unknown ones are refused."""

from __future__ import annotations

import math
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from fitness.errors import FitnessError
from fitness.exercises import CountRule, Exercise, Fault, Sides, Travel
from fitness.signals import SIGNALS, View
from fitness.toml_file import read_toml

LONGEST_CUE = 4
"""Words that somebody three metres away reads while moving."""

Choice = TypeVar("Choice", bound=Enum)


def load_exercise(path: Path) -> Exercise:
    """Read an exercise from a TOML file.

    Raises
    ------
    FitnessError
        In one line, with the file and the key, where the file cannot be used.
    """
    table = read_toml(path)
    try:
        return parse_exercise(table)
    except FitnessError as error:
        raise FitnessError(f"{path}: {error}") from error


def parse_exercise(table: dict[str, Any]) -> Exercise:
    """An exercise of a table as TOML gives it.

    Raises
    ------
    FitnessError
        Where a key is missing, unknown, or has no sense.
    """
    _known(table, "the exercise", {"name", "count"}, {"shortest_s", "sides", "in_place", "fault"})
    shortest_s = _number(table.get("shortest_s", 0.5), "shortest_s")
    if not 0.1 <= shortest_s <= 10:
        raise FitnessError(f"shortest_s is {shortest_s}, expected 0.1 to 10 seconds")
    in_place = table.get("in_place", True)
    if not isinstance(in_place, bool):
        raise FitnessError(f"in_place is {in_place!r}, expected true or false")
    return Exercise(
        _text(table["name"], "name"),
        tuple(_count(rule, f"count {index}") for index, rule in enumerate(_tables(table["count"], "count"), 1)),
        shortest_s,
        _choice(Sides, table.get("sides", "both"), "sides"),
        faults=tuple(
            _fault(fault, f"fault {index}") for index, fault in enumerate(_tables(table.get("fault", []), "fault"), 1)
        ),
        in_place=in_place,
    )


def _count(table: dict[str, Any], where: str) -> CountRule:
    _known(table, where, {"travel"}, {"views"})
    travels = []
    for index, travel in enumerate(_tables(table["travel"], f"{where}, travel"), 1):
        here = f"{where}, travel {index}"
        _known(travel, here, {"signal", "leaves", "reaches"}, set())
        leaves, reaches = (_number(travel[key], f"{here}: {key}") for key in ("leaves", "reaches"))
        if leaves == reaches:
            raise FitnessError(f"{here}: leaves and reaches are both {leaves}, so that nothing would ever move")
        travels.append(Travel(_signal(travel["signal"], here), leaves, reaches))
    if not travels:
        raise FitnessError(f"{where} has no travel, so that nothing would be counted")
    return CountRule(_views(table, where), tuple(travels))


def _fault(table: dict[str, Any], where: str) -> Fault:
    _known(table, where, {"name", "signal", "extreme", "cue"}, {"above", "below", "views"})
    limits = [key for key in ("above", "below") if key in table]
    if len(limits) != 1:
        raise FitnessError(f"{where} needs one of above and below")
    extreme = table["extreme"]
    if extreme not in ("lowest", "highest", "peak"):
        raise FitnessError(f"{where}: extreme is {extreme!r}, expected lowest, highest or peak")
    cue = _text(table["cue"], f"{where}: cue")
    if len(cue.split()) > LONGEST_CUE:
        raise FitnessError(f"{where}: the cue {cue!r} has more than {LONGEST_CUE} words")
    limit = _number(table[limits[0]], f"{where}: {limits[0]}")
    name, signal = _text(table["name"], f"{where}: name"), _signal(table["signal"], where)
    return Fault(name, signal, extreme, limits[0] == "above", limit, _views(table, where), cue)


def _known(table: dict[str, Any], where: str, needed: set[str], allowed: set[str]) -> None:
    unknown = sorted(set(table) - needed - allowed)
    if unknown:
        raise FitnessError(
            f"{where} has the unknown key {unknown[0]!r}; known are {', '.join(sorted(needed | allowed))}"
        )
    missing = sorted(needed - set(table))
    if missing:
        raise FitnessError(f"{where} lacks {missing[0]!r}")


def _tables(value: object, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise FitnessError(f"{where} is no list of tables; write [[{where.rsplit(', ', 1)[-1]}]]")
    if not value and where == "count":
        raise FitnessError("count is empty, so that nothing would be counted")
    return value


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise FitnessError(f"{where} is {value!r}, expected a number")
    return float(value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > 60:
        raise FitnessError(f"{where} is {value!r}, expected a text of one line and at most 60 letters")
    return value.strip()


def _signal(value: object, where: str) -> str:
    if not isinstance(value, str) or value not in SIGNALS:
        raise FitnessError(f"{where}: there is no signal {value!r}; known are {', '.join(SIGNALS)}")
    return value


def _views(table: dict[str, Any], where: str) -> tuple[View, ...]:
    views = table.get("views", [view.value for view in View])
    if not isinstance(views, list) or not views:
        raise FitnessError(f'{where}: views is {views!r}, expected a list such as ["side"]')
    return tuple(_choice(View, view, f"{where}: views") for view in views)


def _choice(kind: type[Choice], value: object, where: str) -> Choice:
    for choice in kind:
        if choice.value == value:
            return choice
    known = ", ".join(str(choice.value) for choice in kind)
    raise FitnessError(f"{where} holds {value!r}, expected one of {known}")
