"""How the scripts of the training start: one clear line for a user's error, a checkpoint kept on a kill."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType

import typer

from pose.errors import ExitCode, LiftCamError


def run(main: Callable[..., None]) -> None:
    """Run a function as a command and end the process with the project's exit codes."""
    signal.signal(signal.SIGTERM, _interrupt)  # a kill ends as Ctrl-C does
    app = typer.Typer(add_completion=False)
    app.command()(main)
    try:
        app(standalone_mode=True)
    except LiftCamError as error:
        typer.echo(str(error), err=True)
        sys.exit(int(error.exit_code))
    except KeyboardInterrupt:
        sys.exit(int(ExitCode.INTERRUPTED))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
