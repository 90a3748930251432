"""Commands that live in a training part, which alone may load torch: found, and run with what follows on the line."""

from __future__ import annotations

import importlib
from importlib import util

import typer

from commands.errors import CommandError
from pose.errors import ExitCode

ANY_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""Context settings of a command whose options, its help included, are another's matter."""

_NEEDS = ("torch", "safetensors")


def run(place: str, context: typer.Context) -> ExitCode:
    """Run the function at `place` ("package.module:function") as a command, with the arguments of `context`.

    Raises
    ------
    CommandError
        Where the packages for training are not installed.
    """
    missing = [name for name in _NEEDS if util.find_spec(name) is None]
    if missing:
        raise CommandError(f"training needs {' and '.join(missing)}: pip install -r requirements/train.txt")
    module, _, function = place.partition(":")
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(getattr(importlib.import_module(module), function))
    app(context.args, prog_name=context.command_path, standalone_mode=False)
    return ExitCode.DONE
