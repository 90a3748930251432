from __future__ import annotations

import pytest

from stream.outputs.browser.access import Access

EVERYWHERE = "0.0.0.0"  # noqa: S104 - not listened on


def test_loopback_needs_no_token_and_other_addresses_do() -> None:
    assert Access.on("127.0.0.1").token is None
    first, second = Access.on(EVERYWHERE), Access.on(EVERYWHERE)
    assert first.token
    assert first.token != second.token
    assert first.token not in repr(first)


@pytest.mark.parametrize(
    ("given", "cookie", "known"),
    [("abc", None, True), (None, "liftcam=abc", True), ("x", "liftcam=abc", True), ("abcd", None, False),
     (None, None, False), ("", "liftcam=", False), ("ä\udcff", None, False), (None, "liftcam=x; a=b", False),
     (None, "\x00;;==", False)],
)  # fmt: skip
def test_the_token_of_the_address_or_of_the_cookie(given: str | None, cookie: str | None, known: bool) -> None:
    headers = {} if cookie is None else {"Cookie": cookie}
    assert Access("192.168.1.5", "abc").knows(given, headers) is known


@pytest.mark.parametrize(
    ("listening", "host", "allowed"),
    [("127.0.0.1", "127.0.0.1:8765", True), ("127.0.0.1", "localhost:8765", True), ("127.0.0.1", "[::1]:8765", True),
     ("127.0.0.1", "evil.example:8765", False), ("127.0.0.1", "192.168.1.5:8765", False), ("127.0.0.1", None, False),
     ("127.0.0.1", "", False), ("127.0.0.1", "[::1", False), (EVERYWHERE, "192.168.1.5:8765", True),
     (EVERYWHERE, "evil.example", False), ("tv.local", "tv.local:80", True)],
)  # fmt: skip
def test_no_name_of_another_site_is_ours(listening: str, host: str | None, allowed: bool) -> None:
    assert Access(listening, "abc").host_allowed(host) is allowed


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [(None, True), ("http://127.0.0.1:8765", True), ("http://127.0.0.1:9999", False), ("http://evil.example", False),
     ("null", False), ("file://", False), ("http://127.0.0.1:8765.evil.example", False)],
)  # fmt: skip
def test_only_our_own_page_may_ask(origin: str | None, allowed: bool) -> None:
    assert Access.origin_allowed(origin, "127.0.0.1:8765") is allowed
