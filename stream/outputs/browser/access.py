"""Who may see the page.

On this machine's own address anybody on the machine may; on another address only who has the token of the printed
address. A page of some other site must get nothing either way: it could name us by a domain of its own that it lets
point here (DNS rebinding), so `Host` has to be ours, and a browser says in `Origin` which page asks.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

COOKIE = "liftcam"
TOKEN_BYTES = 16


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("0.0.0.0"), is_loopback("::1")
    (True, True, False, True)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one server.

    Attributes
    ----------
    host : str
        The address that it listens on.
    token : str or None
        What a visitor has to know; None on loopback.
    """

    host: str
    token: str | None = field(repr=False)

    @classmethod
    def on(cls, host: str) -> Access:
        """Rules for an address: a fresh token where others can reach it."""
        return cls(host, None if is_loopback(host) else secrets.token_urlsafe(TOKEN_BYTES))

    def knows(self, given: str | None, headers: Mapping[str, str]) -> bool:
        """Whether a visitor may come in, by the `token` of the address or the cookie of an earlier visit."""
        if self.token is None:
            return True
        return any(_equal(one, self.token) for one in (given, _cookie(headers)) if one)

    def host_allowed(self, header: str | None) -> bool:
        """Whether a request's `Host` is one of ours: a bare address, which no other site can have, or our name."""
        name = _name(f"//{header}") if header else None
        if name is None:
            return False
        if is_loopback(self.host):
            return is_loopback(name)
        return name in (self.host, "localhost") or _is_address(name)

    @staticmethod
    def origin_allowed(origin: str | None, host: str | None) -> bool:
        """Whether the page that asks is ours; programs other than browsers send no origin."""
        if origin is None:
            return True
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and bool(host) and parts.netloc.lower() == str(host).lower()


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def _cookie(headers: Mapping[str, str]) -> str | None:
    try:
        found = SimpleCookie(headers.get("Cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return found.value if found is not None else None


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
