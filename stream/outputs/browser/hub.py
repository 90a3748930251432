"""Everybody who watches. All of it runs in the server's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

from stream.meter import Histogram

MOST_VIEWERS = 16
IN_FLIGHT = 2
"""Messages that a viewer may not have confirmed yet: one on its way while the next is packed, never a backlog."""
SILENT_S = 10.0
"""A viewer who confirms nothing for so long is sent away."""
OLDEST_S = 60.0
"""An age beyond this is another clock's, not this machine's."""
CLIENT_MESSAGE_BYTES = 256
CLIENT_MESSAGES_S = 200
"""A page confirms each frame and says nothing else: more than that a second is no page."""


@dataclass(slots=True, eq=False)
class Viewer:
    """One socket: what it was sent and has confirmed, and the newest message that it has not had."""

    socket: Any
    transport: asyncio.WriteTransport
    newest: bytes | None = None
    sent: int = 0
    confirmed: int = 0
    heard_s: float = field(default_factory=time.monotonic)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ready(self) -> bool:
        """Whether it would take a message now."""
        return self.sent - self.confirmed < IN_FLIGHT


class Hub:
    """Gives each viewer the newest message as fast as that viewer takes them, and no faster."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.ages = Histogram()
        """From capture to pixels in the page, as pages on this machine's clock tell it."""

    @property
    def full(self) -> bool:
        """Whether nobody else may join."""
        return len(self.viewers) >= MOST_VIEWERS

    @property
    def wanted(self) -> bool:
        """Whether anybody would take a message now."""
        return any(viewer.ready for viewer in tuple(self.viewers))

    def publish(self, message: bytes) -> None:
        """A new message, which replaces the one that a slow viewer has not had."""
        for viewer in self.viewers:
            viewer.newest = message
            viewer.wake.set()

    def drop_silent(self) -> None:
        """Send away whoever takes nothing."""
        late = time.monotonic() - SILENT_S
        for viewer in tuple(self.viewers):
            if not viewer.ready and viewer.heard_s < late:
                viewer.transport.abort()

    async def serve(self, socket: Any, transport: asyncio.WriteTransport) -> None:
        """Look after one socket until it ends; `socket` is an aiohttp WebSocketResponse that was prepared."""
        viewer = Viewer(socket, transport)
        self.viewers.add(viewer)
        writer = asyncio.ensure_future(self._write(viewer))
        try:
            await self._read(viewer)
        finally:
            self.viewers.discard(viewer)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError, RuntimeError):
                await writer

    def close(self) -> None:
        """Send everybody away; what they would not take is thrown away."""
        for viewer in tuple(self.viewers):
            viewer.transport.abort()

    @staticmethod
    async def _write(viewer: Viewer) -> None:
        while True:
            await viewer.wake.wait()
            viewer.wake.clear()
            if viewer.ready and viewer.newest is not None:
                message, viewer.newest = viewer.newest, None
                viewer.sent += 1
                await viewer.socket.send_bytes(message)

    async def _read(self, viewer: Viewer) -> None:
        """Take confirmations: `{"confirmed": count, "age_s": number}`; anything else ends the socket."""
        since_s, heard = time.monotonic(), 0
        async for message in viewer.socket:
            now_s = time.monotonic()
            if now_s - since_s >= 1:
                since_s, heard = now_s, 0
            heard += 1
            count, age_s = _confirmed(message.data)
            if age_s is not None:
                self.ages.add(age_s)
            if count is None or not viewer.confirmed <= count <= viewer.sent or heard > CLIENT_MESSAGES_S:
                await viewer.socket.close(code=1008)
                return
            viewer.confirmed, viewer.heard_s = count, now_s
            if viewer.newest is not None:
                viewer.wake.set()


def _confirmed(data: object) -> tuple[int | None, float | None]:
    """How many messages a viewer has taken, and how old the last was when it was drawn, seconds; None for neither."""
    if not isinstance(data, str):
        return None, None
    try:
        read = json.loads(data)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(read, dict):
        return None, None
    count, age_s = read.get("confirmed"), read.get("age_s")
    told = isinstance(age_s, float) and 0 < age_s < OLDEST_S
    return (count if type(count) is int else None), (age_s if told else None)
