"""How a command ends: its exit code, or one clear line."""

from __future__ import annotations

from collections.abc import Callable

import typer

from pose.errors import ExitCode, LiftCamError


def run_command(body: Callable[[], ExitCode]) -> None:
    """Run a command's body and end with its exit code.

    A `LiftCamError` becomes one line on the error stream and its exit code; Ctrl-C becomes 130.
    """
    try:
        code = body()
    except LiftCamError as error:
        typer.echo(f"liftcam: {error}", err=True)
        code = error.exit_code
    except KeyboardInterrupt:
        typer.echo("liftcam: interrupted", err=True)
        code = ExitCode.INTERRUPTED
    raise typer.Exit(int(code))
