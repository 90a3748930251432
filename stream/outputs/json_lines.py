"""JSON lines to a file, to the standard output, or to somebody's UDP or TCP port.

One object a frame, in the schema of the export (`export/json_lines.py`) with two more keys: `"captured_s"` and
`"lifted_s"`, on this machine's `time.perf_counter`, so that a receiver on the same machine can tell its delay.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from export.json_lines import frame_line, people_objects
from stream.outputs.address import parse_address
from stream.outputs.output import Output, OutputError, Result

DEPTH = 120
"""Two seconds at 60 Hz may wait: a data receiver wants every frame, and they are small."""
CONNECT_S = 2.0
LONGEST_DATAGRAM = 65_507
SEND_S = 1.0
"""A TCP receiver that takes nothing for so long is away."""


def encode(result: Result) -> bytes:
    """One frame as one line of JSON, UTF-8, its end included."""
    return frame_line(
        result.frame.index,
        result.frame.time_s,
        people_objects(result.people),
        captured_s=round(result.captured_s, 6),
        lifted_s=round(result.lifted_s, 6),
    ).encode()


def json_output(target: str) -> Output:
    """The output for `-`, `udp://HOST:PORT`, `tcp://HOST:PORT`, or the path of a file.

    Raises
    ------
    OutputError
        Where the address is none.

    >>> json_output("udp://127.0.0.1:9000").name
    'JSON to udp://127.0.0.1:9000'
    """
    scheme, found, address = target.partition("://")
    if found:
        if scheme not in {"udp", "tcp"}:
            raise OutputError(f"--json {target}: '{scheme}' is no way to send; use FILE, -, udp:// or tcp://HOST:PORT")
        host, port = parse_address(address, f"--json {target}")
        return UdpLines(host, port) if scheme == "udp" else TcpLines(host, port)
    return FileLines(None if target == "-" else Path(target))


class FileLines:
    """Lines in a file, each whole on the disk before the next: what is there is valid after a kill.

    Parameters
    ----------
    path : Path or None
        A file of that name is replaced, folders on the way are made; None is the standard output.
    """

    depth = DEPTH

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._length = 0

    @property
    def name(self) -> str:
        """The output and its target."""
        return f"JSON to {self._path or 'the standard output'}"

    def open(self) -> None:
        """Make the file."""
        if self._path is None:
            sys.stdout.flush()
            self._descriptor = sys.stdout.fileno()
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        except OSError as error:
            raise OutputError(f"{self._path} cannot be written: {error.strerror}") from error

    def send(self, result: Result) -> None:
        """Write one line."""
        line = encode(result)
        try:
            self._write(line)
        except BrokenPipeError as error:
            raise OutputError(f"{self.name}: nobody reads it any more") from error
        except OSError as error:
            self._cut()
            raise OutputError(f"{self.name}: {error.strerror}; {self._length} bytes are kept") from error
        self._length += len(line)

    def _write(self, line: bytes) -> None:
        if self._descriptor is None:
            raise OSError(errno.EBADF, "it is not open")
        view = memoryview(line)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def _cut(self) -> None:
        """Take a half line away again; a pipe cannot, and needs not."""
        if self._descriptor is not None and self._path is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._length)

    def close(self) -> None:
        """Close the file; the standard output stays open."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None and self._path is not None:
            os.close(descriptor)


@dataclass(slots=True)
class UdpLines:
    """A datagram a frame; nobody has to listen."""

    host: str
    port: int
    depth: int = DEPTH
    _socket: socket.socket | None = None

    @property
    def name(self) -> str:
        """The output and its target."""
        return f"JSON to udp://{self.host}:{self.port}"

    def open(self) -> None:
        """Find the host."""
        try:
            family, kind, _, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, kind)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            self._socket.connect(address)
        except OSError as error:
            raise OutputError(f"{self.name}: {error.strerror}", retry=True) from error

    def send(self, result: Result) -> None:
        """Send one datagram."""
        line = encode(result)
        if len(line) > LONGEST_DATAGRAM:
            raise OutputError(f"{self.name}: {len(result.people)} people do not fit into a datagram; use tcp://")
        if self._socket is None:
            raise OutputError(f"{self.name} is not open", retry=True)
        try:
            self._socket.send(line)
        except ConnectionRefusedError:
            pass  # the last datagram met no receiver: one may come at any time
        except OSError as error:
            raise OutputError(f"{self.name}: {error.strerror}", retry=True) from error

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@dataclass(slots=True)
class TcpLines:
    """Lines to a server that listens; it may go and come back."""

    host: str
    port: int
    depth: int = DEPTH
    _socket: socket.socket | None = None

    @property
    def name(self) -> str:
        """The output and its target."""
        return f"JSON to tcp://{self.host}:{self.port}"

    def open(self) -> None:
        """Connect."""
        try:
            self._socket = socket.create_connection((self.host, self.port), timeout=CONNECT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.settimeout(SEND_S)
        except OSError as error:
            raise OutputError(f"{self.name}: {error.strerror or 'no answer'}", retry=True) from error

    def send(self, result: Result) -> None:
        """Send one line."""
        if self._socket is None:
            raise OutputError(f"{self.name} is not connected", retry=True)
        try:
            self._socket.sendall(encode(result))
        except OSError as error:
            raise OutputError(f"{self.name}: {error.strerror or 'it takes nothing'}", retry=True) from error

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
