"""What a live source's process says to ours: a pipe of messages, each a header and what belongs to it."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from enum import Enum
from io import RawIOBase
from typing import Any

import numpy as np

from pose.types import Image

_HEADER = struct.Struct("<c3xIId")  # kind, width or length, height, captured_s
MAX_SIDE = 16384
MAX_TEXT = 65536
PIPE_BYTES = 1 << 20


class Kind(Enum):
    """Kinds of messages."""

    OPENED = b"O"
    """The source is open; the text tells its fps."""
    FRAME = b"F"
    """A picture, and when it was captured in seconds of `time.perf_counter`, which all processes share."""
    ENDED = b"E"
    """The source came to its end, as a recording does."""
    FAILED = b"X"
    """The source broke or could not be opened; the text tells why."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; only a frame has an image, and only the others have a text."""

    kind: Kind
    text: dict[str, Any]
    image: Image | None = None
    captured_s: float = 0.0


def send(pipe: RawIOBase, message: Message) -> None:
    """Write a message; OSError where nobody reads any more."""
    if message.image is not None:
        image = np.ascontiguousarray(message.image)
        height, width = image.shape[:2]
        _write(pipe, _HEADER.pack(message.kind.value, width, height, message.captured_s))
        _write(pipe, image.data.cast("B"))
    else:
        text = json.dumps(message.text).encode()
        _write(pipe, _HEADER.pack(message.kind.value, len(text), 0, message.captured_s))
        _write(pipe, text)


def receive(pipe: RawIOBase) -> Message | None:
    """Read a message; None where the other side is gone, in the middle of one too."""
    header = bytearray(_HEADER.size)
    if not _read(pipe, memoryview(header)):
        return None
    kind_code, first, second, captured_s = _HEADER.unpack(header)
    kind = Kind(kind_code)
    if kind is Kind.FRAME:
        if not (0 < first <= MAX_SIDE and 0 < second <= MAX_SIDE):
            raise ValueError(f"a picture of {first} x {second} is none")
        image = np.empty((second, first, 3), np.uint8)
        return Message(kind, {}, image, captured_s) if _read(pipe, image.data.cast("B")) else None
    if first > MAX_TEXT:
        raise ValueError(f"a text of {first} bytes is none")
    text = bytearray(first)
    return Message(kind, json.loads(text), None, captured_s) if _read(pipe, memoryview(text)) else None


def _write(pipe: RawIOBase, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        written = pipe.write(view)
        view = view[written or 0 :]


def _read(pipe: RawIOBase, into: memoryview) -> bool:
    """Fill a buffer; False at the end of the pipe."""
    while into:
        count = pipe.readinto(into)
        if not count:
            return False
        into = into[count:]
    return True
