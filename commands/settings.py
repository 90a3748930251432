"""Settings from a TOML file: command line over file over defaults.

Keys are the names of the options (`net-size` or `net_size`). At the top of the file they hold for every command that
has such an option, in a table named after a command for that command alone.
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from commands.run import run_command
from pose.errors import ExitCode, LiftCamError

if TYPE_CHECKING or sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NOT_IN_FILES = frozenset({"config", "print_config", "help", "version"})


class SettingsError(LiftCamError):
    """A settings file cannot be read, or holds something unknown."""


def read_settings(path: Path, known: Mapping[str, frozenset[str]]) -> dict[str, dict[str, Any]]:
    """Settings of every command from a TOML file.

    Parameters
    ----------
    path : Path
    known : mapping of command name to the names of its options, underscores in them

    Returns
    -------
    dict
        Values by command and option.

    Raises
    ------
    SettingsError
        In one line: the file cannot be read, is no TOML, or has a key that no command knows (with the nearest known).
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read the settings {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no valid TOML: {error}") from error

    settings: dict[str, dict[str, Any]] = {command: {} for command in known}
    everywhere = frozenset().union(*known.values())
    tables = {key: value for key, value in document.items() if isinstance(value, dict)}
    for key, value in document.items():
        if key in tables:
            continue
        name = _known_key(key, everywhere | known.keys(), path, "")
        for command, options in known.items():
            if name in options:
                settings[command][name] = value
    for command, table in tables.items():
        _known_key(command, frozenset(known), path, "")
        for key, value in table.items():
            settings[command][_known_key(key, known[command], path, f"[{command}] ")] = value
    return settings


def _known_key(key: str, known: frozenset[str], path: Path, where: str) -> str:
    name = key.replace("-", "_")
    if name in known:
        return name
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.0)
    raise SettingsError(f"{path}: unknown key {where}{key!r}; the nearest known one is {near[0]!r}")


def options_of(command: Any) -> frozenset[str]:
    """Names of the options of a command that a settings file may set; `command` is a click command."""
    return frozenset(one.name for one in command.params if one.name) - NOT_IN_FILES


def apply_to_all(context: typer.Context, path: Path | None) -> Path | None:
    """Callback of `--config` before the command's name: defaults for every command."""
    if path is not None:
        commands = getattr(context.command, "commands", {})
        context.default_map = read_settings(path, {name: options_of(one) for name, one in commands.items()})
    return path


def apply_to_one(context: typer.Context, path: Path | None) -> Path | None:
    """Callback of `--config` after the command's name: defaults for that command."""
    if path is not None:
        group = context.parent.command if context.parent else context.command
        commands = getattr(group, "commands", {})
        settings = read_settings(path, {name: options_of(one) for name, one in commands.items()})
        context.default_map = settings.get(str(context.info_name), {})
    return path


def as_toml(values: Mapping[str, Any]) -> str:
    """Settings as TOML lines; what is None is left out.

    >>> print(as_toml({"source": "0", "net_size": 256, "mirror": True, "weights": None}))
    source = "0"
    net_size = 256
    mirror = true
    """
    lines = []
    for name, value in values.items():
        if name in NOT_IN_FILES or value is None:
            continue
        plain = value if isinstance(value, bool | int | float) else str(value)
        lines.append(f"{name} = {json.dumps(plain, ensure_ascii=False)}")
    return "\n".join(lines)


def print_or(context: typer.Context, print_only: bool, body: Callable[[], ExitCode]) -> None:
    """Print the options that hold as TOML where that was asked for, else run the command."""
    if print_only:
        in_order = [str(one.name) for one in context.command.params]
        typer.echo(as_toml({name: context.params[name] for name in in_order if name in context.params}))
        raise typer.Exit
    run_command(body)
