"""A source that goes on without us: read in a process of its own, and connected again whenever it stops."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from threading import Event, Lock
from typing import Any, cast

from pose.types import Frame
from stream.errors import StreamError
from stream.source import SourceState
from stream.wire import PIPE_BYTES, Kind, Message, receive

FREEZE_S = 3.0
"""A source that has given no picture for so long is taken for frozen."""
CONNECT_S = 10.0
"""How long a connection may take."""
BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 5.0)
"""Waiting before each further attempt; the last one is repeated for ever."""
END_S = 0.5
"""How long the end of the other process may take, and then that of reading from it."""

_ROOT = Path(__file__).resolve().parents[1]
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from stream.child import main; main()"


@dataclass(frozen=True, slots=True)
class Reader:
    """Which function of ours reads the source in the other process.

    Attributes
    ----------
    function : str
        "module:function"; it takes a `stream.child.Reporter` and the arguments.
    arguments : dict
        What JSON can carry.
    """

    function: str
    arguments: dict[str, Any]


class LiveSource:
    """A camera or a stream.

    `time_s` of a frame is its capture time in seconds since the source was opened, on a clock that goes on while the
    source is away. A frame that nobody takes is lost.

    Parameters
    ----------
    name : str
        For people.
    reader : Reader
        What reads it.

    Raises
    ------
    StreamError
        Where the first connection fails. Afterwards the source never fails: it is "reconnecting" until it is back.
    """

    live = True
    seekable = False
    frame_count: int | None = None
    duration_s: float | None = None
    damaged = 0

    def __init__(self, name: str, reader: Reader) -> None:
        self.name = name
        self.state = SourceState.RECONNECTING
        self.fps: float | None = None
        self.reconnects = 0
        self._reader = reader
        self._zero_s = time.perf_counter()
        self._last_s = 0.0
        self._index = 0
        self._closed = Event()
        self._lock = Lock()  # of `_child`
        self._child: _Child | None = None
        try:
            self._start_child()
            first = self._receive()
            if first is None or first.image is None:
                raise StreamError(self._why(first))
        except BaseException:
            self.close()
            raise
        self.height, self.width = first.image.shape[:2]
        self._first: Message | None = first

    def frames(self) -> Iterator[Frame]:
        """Frames until the source is closed (or ends, as a recording behind a URL does)."""
        failures = 0
        while not self._closed.is_set():
            message, self._first = self._first or self._receive(), None
            if message is not None and message.image is not None:
                failures = 0
                self.state = SourceState.LIVE
                yield self._frame(message.image, message.captured_s)
            elif message is not None and message.kind is Kind.ENDED:
                break
            else:
                self.state = SourceState.RECONNECTING
                if self._closed.wait(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]):
                    break
                failures += 1
                self.reconnects += 1
                self._start_child()
        self.state = SourceState.ENDED

    def captured_s(self, frame: Frame) -> float:
        """When the camera took the frame."""
        return self._zero_s + frame.time_s

    def seek(self, time_s: float) -> None:
        """Not possible: nobody can go back in time."""
        raise StreamError(f"{self.name} is live: nobody can jump to {time_s:.1f} s in it")

    def close(self) -> None:
        """End the other process; a `frames` that waits for it returns."""
        self._closed.set()
        with self._lock:
            if self._child is not None:
                self._child.close()

    def _frame(self, image: Any, captured_s: float) -> Frame:
        self._last_s = max(self._last_s, captured_s - self._zero_s)
        frame = Frame(image, self._index, self._last_s)
        self._index += 1
        return frame

    def _start_child(self) -> None:
        with self._lock:
            if self._child is not None:
                self._child.close()
            if not self._closed.is_set():
                self._child = _Child(self._reader)

    def _receive(self) -> Message | None:
        """The next picture or last words of the other process; None where it went without a word."""
        child = self._child
        while child is not None and (message := child.receive()) is not None:
            if message.kind is not Kind.OPENED:
                return message
            self.fps = message.text["fps"]
        return None

    def _why(self, message: Message | None) -> str:
        if message is not None and "why" in message.text:
            return str(message.text["why"])
        return f"{self.name} gave no picture"


class _Child:
    """The other process; read by one thread, closed by any."""

    def __init__(self, reader: Reader) -> None:
        own_group = {"creationflags": 0x08000200} if sys.platform == "win32" else {"start_new_session": True}
        self._process = subprocess.Popen(  # noqa: S603 - our own program, and no shell
            [sys.executable, "-c", _BOOT, str(_ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pipesize=PIPE_BYTES,
            **own_group,  # so that Ctrl-C reaches only us, who then end it
        )
        self._reading = Lock()
        self._closed = False
        orders = {"reader": reader.function, "arguments": reader.arguments}
        with contextlib.suppress(OSError):  # it is gone already: reading tells
            self._stdin.write(json.dumps(orders).encode() + b"\n")

    @property
    def _stdin(self) -> RawIOBase:
        return cast(RawIOBase, self._process.stdin)

    @property
    def _stdout(self) -> RawIOBase:
        return cast(RawIOBase, self._process.stdout)

    def receive(self) -> Message | None:
        """The next message; None where the process is gone."""
        with self._reading:
            return None if self._closed else receive(self._stdout)

    def close(self) -> None:
        """End the process; may be called twice.

        A process that hangs in its driver so that not even the system can end it is left behind with its pipes.
        """
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        if self._reading.acquire(timeout=END_S):  # the end of the process has ended the reading
            try:
                self._closed = True
                self._stdin.close()
                self._stdout.close()
            finally:
                self._reading.release()
