"""From the start of the program to the first frame that is drawn, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.errors import BenchmarkError

ROUNDS = 3
FIRST_FRAME = "first frame: "
"""How the line begins that `file` prints when its first frame is drawn."""
_ROOT = Path(__file__).resolve().parents[1]


def run(clip: Path, console: Console, arguments: tuple[str, ...] = ()) -> dict[str, Any]:
    """Start `file CLIP` a few times; the first start may compile, the later ones are the second start.

    Parameters
    ----------
    clip : Path
    arguments : tuple of str
        Further options of `file`, such as the weights.
    """
    seconds = []
    for turn in range(ROUNDS + 1):
        seconds.append(_first_frame_s(clip, arguments))
        console.print(f"start {turn + 1}: {seconds[-1]:.2f} s")
    again = sorted(seconds[1:])
    return {
        "bench": "start",
        "first_s": round(seconds[0], 3),
        "second_s": round(again[len(again) // 2], 3),
        "worst_s": round(again[-1], 3),
    }


def _first_frame_s(clip: Path, arguments: tuple[str, ...]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            str(_ROOT / "main.py"),
            "file",
            str(clip),
            "--no-display",
            "--out",
            folder,
            *arguments,
        ]
        began_s = time.perf_counter()
        with subprocess.Popen(  # noqa: S603 (our own program)
            command, cwd=_ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        ) as process:
            lines = []
            for line in process.stderr or ():
                lines.append(line)
                if line.startswith(FIRST_FRAME):
                    passed_s = time.perf_counter() - began_s
                    process.terminate()
                    return passed_s
    raise BenchmarkError(f"`file {clip.name}` drew no frame; it said: {''.join(lines[-3:]).strip() or 'nothing'}")
