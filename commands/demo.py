"""`demo`: the whole job on the bundled clip."""

from __future__ import annotations

from pathlib import Path

import typer

from commands import process
from commands.options import CoachOptions, FileOptions, OutputOptions, PoseOptions
from pose.errors import ExitCode

CLIP = Path(__file__).resolve().parents[1] / "synthetic" / "data" / "demo.mp4"


def run(
    pose: PoseOptions,
    out: Path,
    display: bool,
    size: tuple[int, int],
    coach: CoachOptions,
    outputs: OutputOptions | None = None,
) -> ExitCode:
    """Process the bundled clip, in a window where there is a display, and say where the results are."""
    sent = outputs or OutputOptions()
    typer.echo("LiftCam's demo: a rendered person, the same work as with a camera", err=sent.on_stdout)
    options = FileOptions(
        pose, str(CLIP), out, display, realtime=True, size=size, video_name="demo.mp4", coach=coach, outputs=sent
    )
    end = process.run(options)
    typer.echo(
        f"see {out / 'demo.mp4'}; the poses are in {out / 'poses.npz'}; with a camera: python main.py live",
        err=sent.on_stdout,
    )
    return end
