"""The process in which a live source is read.

A driver, a name server or a camera on the network may hang in a call that nothing in the same process can end: then
the process is ended. It also keeps what drivers and FFmpeg print away from the terminal.

Started by `stream.live` as `python -c "...; from stream.child import main; main()"`, with its orders as one line of
JSON on the standard input, which then stays open: where it ends, our process is gone, and so this one ends too.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from io import FileIO
from typing import Any

from pose.types import Image
from stream.errors import StreamError
from stream.wire import Kind, Message, send

_TICK_S = 0.1


class Reporter:
    """How a reader of a live source reports to the other process; ends this one where nobody listens or it hangs."""

    def __init__(self) -> None:
        self._pipe = FileIO(sys.stdout.fileno(), "wb", closefd=False)
        self._deadline_s: float | None = None
        self._what = ""
        threading.Thread(target=self._watch, daemon=True).start()
        threading.Thread(target=self._end_with_parent, daemon=True).start()

    @contextlib.contextmanager
    def waiting(self, limit_s: float, what: str) -> Iterator[None]:
        """Around a call that may hang: after `limit_s` the process reports `what` and ends."""
        self._what, self._deadline_s = what, time.monotonic() + limit_s
        try:
            yield
        finally:
            self._deadline_s = None

    def opened(self, fps: float | None) -> None:
        """The source is open; pictures follow."""
        self._send(Message(Kind.OPENED, {"fps": fps}))

    def frame(self, image: Image, captured_s: float) -> None:
        """One picture, and when it was captured in seconds of `time.perf_counter`."""
        self._send(Message(Kind.FRAME, {}, image, captured_s))

    def ended(self) -> None:
        """The source came to its end and will not go on."""
        self._send(Message(Kind.ENDED, {}))

    def failed(self, why: str) -> None:
        """The source broke, or could not be opened."""
        self._send(Message(Kind.FAILED, {"why": why}))

    def _send(self, message: Message) -> None:
        try:
            send(self._pipe, message)
        except OSError:
            os._exit(0)  # nobody listens any more

    def _watch(self) -> None:
        while True:
            time.sleep(_TICK_S)
            deadline_s = self._deadline_s
            if deadline_s is not None and time.monotonic() > deadline_s:
                # The reader hangs in its call, so nobody else writes to the pipe now.
                self.failed(self._what)
                os._exit(1)

    def _end_with_parent(self) -> None:
        while sys.stdin.buffer.read(1):
            pass
        os._exit(0)


def main() -> None:
    """Run the reader that the orders name: `{"reader": "module:function", "arguments": {...}}`."""
    orders: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    reporter = Reporter()
    module, function = orders["reader"].split(":")
    try:
        getattr(importlib.import_module(module), function)(reporter, **orders["arguments"])
    except StreamError as error:
        reporter.failed(str(error))
    except Exception as error:
        reporter.failed(f"{type(error).__name__}: {error}")
    # Without ceremony: a driver that hangs in its clean-up must not keep the process.
    os._exit(0)
