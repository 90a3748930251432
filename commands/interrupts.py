"""Ctrl-C between two frames: what belongs to one frame is finished first."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class Interrupts:
    """Whether the user has asked to stop; see `deferred`."""

    def __init__(self) -> None:
        self._asked = False

    def check(self) -> None:
        """Raise KeyboardInterrupt if it came since `deferred` began."""
        if self._asked:
            raise KeyboardInterrupt

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True


@contextlib.contextmanager
def deferred() -> Iterator[Interrupts]:
    """Keep Ctrl-C until `check` is called; a second one is not kept. Main thread only.

    A process that was told to ignore it, as those in the background of a shell are, goes on ignoring it.
    """
    interrupts = Interrupts()
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        yield interrupts
        return
    signal.signal(signal.SIGINT, interrupts._note)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
