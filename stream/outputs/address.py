"""Addresses that users write."""

from __future__ import annotations

from stream.outputs.output import OutputError


def parse_address(text: str, where: str, default_host: str | None = None) -> tuple[str, int]:
    """Host and port of "HOST:PORT"; an IPv6 host stands in brackets.

    Parameters
    ----------
    text : str
    where : str
        The option, for the message.
    default_host : str, optional
        Taken for ":PORT" or "PORT".

    Raises
    ------
    OutputError
        Where the text is no address.

    >>> parse_address("[::1]:8765", "--serve")
    ('::1', 8765)
    >>> parse_address("8765", "--serve", "127.0.0.1")
    ('127.0.0.1', 8765)
    """
    host, found, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or default_host or ""
    if not host or not (found or default_host) or not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536):
        raise OutputError(f"{where}: '{text}' is no address; write HOST:PORT, as 127.0.0.1:9000")
    return host, int(port)
