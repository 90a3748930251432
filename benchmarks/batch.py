"""Many short clips by `batch`: two workers beside one whose engine uses both cores, in files a minute."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.errors import BenchmarkError
from stream.recording import VideoWriter
from stream.sources import open_source

CLIPS = 20
FRAMES = 50
_MAIN = Path(__file__).resolve().parents[1] / "main.py"


def run(clip: Path, console: Console, arguments: tuple[str, ...] = ()) -> dict[str, Any]:
    """Cut short clips, process them in both ways, and return the benchmark's JSON.

    The whole command is timed, with its start and the loading of the network.

    Parameters
    ----------
    clip : Path
        What the short clips are cut out of.
    arguments : tuple of str
        Options for `batch`, such as `--detector`.
    """
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="liftcam-") as name:
        clips = Path(name, "clips")
        clips.mkdir()
        frames = cut(clip, clips)
        for jobs, threads in ((1, 2), (2, 1)):
            out = Path(name, f"results-{jobs}")
            seconds[f"jobs {jobs}"] = _timed(clips, out, ("--jobs", str(jobs), "--threads", str(threads), *arguments))
    rates = {way: 60 * CLIPS / taken_s for way, taken_s in seconds.items()}
    table = Table("", "files a minute", "frames a second")
    for way, rate in rates.items():
        table.add_row(way, f"{rate:.1f}", f"{frames / seconds[way]:.1f}")
    console.print(table)
    return {
        "bench": "batch",
        "clips": CLIPS,
        "frames": frames,
        "files_per_minute": {way: round(rate, 2) for way, rate in rates.items()},
        "ratio": round(rates["jobs 2"] / rates["jobs 1"], 3),
    }


def cut(clip: Path, folder: Path) -> int:
    """Write the short clips, which begin at even distances; gives how many frames they have together."""
    source = open_source(str(clip))
    try:
        pictures = [frame.image for frame in source.frames()]
        fps = source.fps or 30.0
    finally:
        source.close()
    step = (len(pictures) - FRAMES) / (CLIPS - 1)
    if step < 0:
        raise BenchmarkError(f"{clip} has {len(pictures)} frames; this benchmark wants at least {FRAMES}")
    height, width = pictures[0].shape[:2]
    for number in range(CLIPS):
        first = round(step * number)
        with VideoWriter(folder / f"clip{number:02d}.mp4", width, height, fps=fps) as writer:
            for place, picture in enumerate(pictures[first : first + FRAMES]):
                writer.write(picture, place / fps)
    return CLIPS * FRAMES


def _timed(clips: Path, out: Path, arguments: tuple[str, ...]) -> float:
    """How long `batch` takes, in seconds."""
    command = [sys.executable, str(_MAIN), "batch", str(clips), "--out", str(out), "--export", "npz", *arguments]
    began_s = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    taken_s = time.perf_counter() - began_s
    if done.returncode or json.loads(done.stdout.splitlines()[-1])["done"] != CLIPS:
        raise BenchmarkError(f"batch did not finish: {done.stderr.strip()}")
    return taken_s
