"""The web server: a page, its two files and a socket, in an event loop of its own thread."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from importlib.resources import files
from threading import Thread
from typing import Any

from aiohttp import web

from stream.outputs.browser.access import COOKIE, Access
from stream.outputs.browser.hub import CLIENT_MESSAGE_BYTES, Hub
from stream.outputs.output import OutputError

MOST_CONNECTIONS = 64
REQUEST_S = 5.0
"""A connection that has not asked for anything by then is closed: nobody may hold one open with half a request."""
REQUESTS_S = 50
"""Requests a second, from one address: a page and its files are three."""
START_S = 5.0
SEND_BUFFER_BYTES = 1 << 18
"""Of a socket: the system must not keep seconds of pictures for a viewer that does not take them."""

_STATIC = {"/": ("page.html", "text/html"), "/page.js": ("page.js", "text/javascript"),
           "/view.js": ("view.js", "text/javascript"), "/page.css": ("page.css", "text/css")}  # fmt: skip
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Serves until it is closed.

    Parameters
    ----------
    access : Access
    port : int
        0 takes any free one; see `port` afterwards.

    Raises
    ------
    OutputError
        Where the address cannot be listened on.
    """

    def __init__(self, access: Access, port: int) -> None:
        self.hub = Hub()
        self.port = port
        self._access = access
        self._loop = asyncio.new_event_loop()
        self._asked: Counter[str] = Counter()
        self._asked_since_s = 0.0
        self._waiting: dict[asyncio.BaseTransport, float] = {}
        self._open: set[asyncio.BaseTransport] = set()
        self._thread = Thread(target=self._loop.run_forever, name="liftcam-browser", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(START_S)
        except OSError as error:
            self._stop_loop()
            raise OutputError(
                f"--serve {access.host}:{port}: {error.strerror or error}; choose another port or address", retry=True
            ) from error

    def publish(self, message: bytes) -> None:
        """Give a message to everybody who watches; from any thread, never waits."""
        self._loop.call_soon_threadsafe(self.hub.publish, message)

    def close(self) -> None:
        """Send everybody away and free the port."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(START_S)
        self._stop_loop()

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_S)
        self._loop.close()

    async def _start(self) -> None:
        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._guarded(request, handler)

        app = web.Application(middlewares=[guarded], client_max_size=1024)
        app.router.add_get("/socket", self._socket)
        for path in _STATIC:
            app.router.add_get(path, self._static)
        # a visitor who sends a body nobody asked for is not listened to, and bad requests are no news for a terminal
        self._runner = web.AppRunner(app, access_log=None, logger=_quiet_log(), lingering_time=0)
        await self._runner.setup()
        self._listener = await self._loop.create_server(self._protocol, self._access.host, self.port)
        self.port = self._listener.sockets[0].getsockname()[1]
        self._sweeper = asyncio.ensure_future(self._sweep())

    async def _end(self) -> None:
        self._sweeper.cancel()
        self._listener.close()
        self.hub.close()
        for transport in tuple(self._open):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
        await self._runner.cleanup()

    # Connections

    def _protocol(self) -> asyncio.BaseProtocol:
        """A connection's protocol, watched from its first moment on."""
        protocol: Any = self._runner.server()  # type: ignore[misc]
        made, lost = protocol.connection_made, protocol.connection_lost

        def connection_made(transport: asyncio.Transport) -> None:
            made(transport)
            self._open.add(transport)
            self._waiting[transport] = time.monotonic()
            transport.set_write_buffer_limits(high=SEND_BUFFER_BYTES)
            if len(self._open) > MOST_CONNECTIONS:
                transport.abort()

        def connection_lost(error: BaseException | None) -> None:
            self._open.discard(protocol.transport)
            self._waiting.pop(protocol.transport, None)
            lost(error)

        return _Watched(protocol, connection_made, connection_lost)

    async def _sweep(self) -> None:
        """Close connections that ask for nothing."""
        while True:
            await asyncio.sleep(REQUEST_S / 5)
            self.hub.drop_silent()
            late = time.monotonic() - REQUEST_S
            for transport, since_s in tuple(self._waiting.items()):
                if since_s < late and isinstance(transport, asyncio.WriteTransport):
                    transport.abort()

    # Requests

    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse whoever may not, before anything is done for them."""
        if request.transport is not None:
            self._waiting.pop(request.transport, None)
        refused = self._refused(request)
        if refused is not None:
            response: web.StreamResponse = web.Response(status=refused[0], text=refused[1] + "\n")
        else:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                response = web.Response(status=error.status, text=error.reason + "\n")
        if not response.prepared:
            response.headers.update(_HEADERS)
            response.force_close()  # three requests make a page: a connection is not worth keeping
        return response

    def _refused(self, request: web.Request) -> tuple[int, str] | None:
        """Status and reason where a request is refused."""
        headers = request.headers
        if not self._slow_enough(request.remote or ""):
            return 429, "too many requests"
        if not self._access.host_allowed(headers.get("Host")):
            return 403, "this is not our address"
        if not self._access.origin_allowed(headers.get("Origin"), headers.get("Host")):
            return 403, "another site may not ask"
        if not self._access.knows(request.query.get("token"), headers):
            return 401, "the address printed by LiftCam has a token; use it whole"
        return None

    def _slow_enough(self, remote: str) -> bool:
        now_s = time.monotonic()
        if now_s - self._asked_since_s >= 1:
            self._asked.clear()
            self._asked_since_s = now_s
        self._asked[remote] += 1
        return self._asked[remote] <= REQUESTS_S

    async def _static(self, request: web.Request) -> web.Response:
        name, kind = _STATIC[request.path]
        body = (files("stream.outputs.browser") / "static" / name).read_bytes()
        response = web.Response(body=body, content_type=kind, charset="utf-8")
        token = request.query.get("token")
        if token is not None and self._access.token is not None:
            response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", path="/")
        return response

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.hub.full:
            return web.Response(status=503, text="too many viewers\n")
        socket = web.WebSocketResponse(max_msg_size=CLIENT_MESSAGE_BYTES, compress=False, heartbeat=5, timeout=1)
        if not socket.can_prepare(request).ok:
            return web.Response(status=400, text="a socket is asked for as a WebSocket\n")
        await socket.prepare(request)
        if isinstance(request.transport, asyncio.WriteTransport):
            await self.hub.serve(socket, request.transport)
        return socket


def _quiet_log() -> logging.Logger:
    """A log that says nothing by itself; `logging.getLogger("liftcam.browser")` can be given a handler."""
    log = logging.getLogger("liftcam.browser")
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    return log


class _Watched(asyncio.Protocol):
    """Hands everything to aiohttp's protocol, and tells when a connection is made and lost."""

    def __init__(self, inner: Any, made: Callable[..., None], lost: Callable[..., None]) -> None:
        self._inner, self._made, self._lost = inner, made, lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Tell."""
        self._made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell."""
        self._lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand over."""
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Hand over."""
        return self._inner.eof_received()  # type: ignore[no-any-return]

    def pause_writing(self) -> None:
        """Hand over."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Hand over."""
        self._inner.resume_writing()
