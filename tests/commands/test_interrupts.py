"""Ctrl-C is raised in a process of its own: in pytest's, other libraries have had their hands on signals and stacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PREPARE = """
import signal
from commands.interrupts import deferred
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell has told its background to ignore it
"""


def says(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PREPARE + script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_ctrl_c_waits_for_the_end_of_a_frame() -> None:
    script = """
try:
    with deferred() as interrupts:
        for frame in range(3):
            if frame == 1:
                signal.raise_signal(signal.SIGINT)
            print(frame)
            interrupts.check()
except KeyboardInterrupt:
    print("interrupted")
"""
    assert says(script).split() == ["0", "1", "interrupted"]


def test_a_second_ctrl_c_does_not_wait() -> None:
    script = """
with deferred():
    signal.raise_signal(signal.SIGINT)
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print("at once")
"""
    assert says(script) == "at once"


def test_afterwards_everything_is_as_before() -> None:
    script = """
before = signal.getsignal(signal.SIGINT)
with deferred():
    print(signal.getsignal(signal.SIGINT) is before)
print(signal.getsignal(signal.SIGINT) is before)
"""
    assert says(script).split() == ["False", "True"]


def test_who_was_told_to_ignore_it_goes_on_ignoring_it() -> None:
    script = """
signal.signal(signal.SIGINT, signal.SIG_IGN)
with deferred() as interrupts:
    signal.raise_signal(signal.SIGINT)
    interrupts.check()
print("went on")
"""
    assert says(script) == "went on"
