"""The page as an output."""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from stream.meter import Histogram
from stream.outputs.browser.access import Access
from stream.outputs.browser.message import head, jpeg, pack
from stream.outputs.browser.pace import Pace
from stream.outputs.output import OutputError, Result

if TYPE_CHECKING:
    from stream.outputs.browser.server import Server

DEFAULT_PORT = 8765
MOST_HZ = 30.0
"""A page gets at most so many frames a second: more would cost the pipeline more than anybody sees."""
_MISSING = "aiohttp is missing; pip install 'liftcam[serve]' gets it"
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - recognised, never chosen


class BrowserOutput:
    """A page with the live picture, everybody in 2D and 3D, and the coach.

    Nothing is packed while nobody would take it, so that a page costs something only while it is open, and everybody
    gets the same bytes.

    Parameters
    ----------
    host, port : str, int
        Where to listen.
    mirror : bool
        Whether the page shows a mirror image.
    tell : function
        Is given the lines to print once the page is there: its address, and a QR code where others can reach it.

    Raises
    ------
    OutputError
        Where aiohttp is missing.
    """

    depth = 1

    def __init__(self, host: str, port: int, mirror: bool, tell: Callable[[str], None]) -> None:
        try:
            import aiohttp  # noqa: F401, PLC0415 - an extra
        except ImportError as error:
            raise OutputError(_MISSING) from error
        self.access = Access.on(host)
        self._host, self._port = host, port
        self._mirror, self._tell = mirror, tell
        self._told = False
        self._server: Server | None = None
        self._sequence = 0
        self._pace = Pace(MOST_HZ)
        self._times: deque[float] = deque(maxlen=30)

    @property
    def name(self) -> str:
        """The output and its address, without the token."""
        return f"page at {self._url(self._host)}"

    @property
    def ages(self) -> Histogram | None:
        """From capture to pixels in pages on this machine; None while nothing is served."""
        return None if self._server is None else self._server.hub.ages

    @property
    def viewers(self) -> int:
        """How many watch."""
        server = self._server
        return 0 if server is None else len(server.hub.viewers)

    def forget_ages(self) -> None:
        """Begin `ages` anew."""
        if self._server is not None:
            self._server.hub.ages = Histogram()

    def open(self) -> None:
        """Begin to serve."""
        from stream.outputs.browser.server import Server  # noqa: PLC0415 - needs the extra

        self._server = Server(self.access, self._port)
        self._port = self._server.port
        if not self._told:
            self._told = True
            self._announce()

    def send(self, result: Result) -> None:
        """Give the newest frame to whoever is ready for it."""
        if self._server is None:
            raise OutputError(f"{self.name} is not open", retry=True)
        now_s = time.perf_counter()
        self._times.append(now_s)
        if not (self._server.hub.wanted and self._pace.take(now_s)):
            return
        self._sequence += 1
        told = head(result, self._sequence, self._fps, mirror=self._mirror)
        self._server.publish(pack(told, jpeg(result.frame.image)))

    def close(self) -> None:
        """Send everybody away and free the port."""
        if self._server is not None:
            self._server.close()
            self._server = None

    @property
    def _fps(self) -> float:
        span = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / span if span > 0 else 0.0

    def _url(self, host: str) -> str:
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    def _announce(self) -> None:
        """Print the address; where others can reach it, with its token and as a QR code."""
        if self.access.token is None:
            self._tell(f"open {self._url(self._host)} in a browser on this machine")
            return
        host = _reachable_address() if self._host in _EVERYWHERE else self._host
        url = f"{self._url(host)}/?token={self.access.token}"
        self._tell(f"open {url} in a browser; whoever has this address can watch")
        self._tell(_qr_code(url))


def _reachable_address() -> str:
    """The address of this machine in its network: the one from which it would send into the world; nothing is sent."""
    import socket  # noqa: PLC0415

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation, RFC 5737
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def _qr_code(text: str) -> str:
    """A QR code for a terminal."""
    try:
        import qrcode  # noqa: PLC0415 - of the extra
    except ImportError:
        return "no QR code: qrcode is missing; pip install 'liftcam[serve]' gets it"
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    out = io.StringIO()
    code.print_ascii(out, invert=True)
    return out.getvalue()
