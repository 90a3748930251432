from __future__ import annotations

import json
import random
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress

import cv2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from stream.outputs.browser import hub as hub_module
from stream.outputs.browser import server as server_module
from stream.outputs.browser.access import Access
from stream.outputs.browser.message import head, jpeg, pack, unpack
from stream.outputs.browser.output import BrowserOutput
from stream.outputs.browser.server import Server
from stream.outputs.output import OutputError
from tests.stream.outputs.results import result
from tests.stream.outputs.test_osc import _people


@pytest.fixture
def server() -> Iterator[Server]:
    serving = Server(Access("127.0.0.1", None), 0)
    yield serving
    serving.close()


def _ask(port: int, request: bytes, wait_s: float = 5) -> bytes:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=wait_s)) as line:
        line.sendall(request)
        got = b""
        while chunk := line.recv(65_536):
            got += chunk
        return got


def _get(port: int, path: str = "/", **headers: str) -> bytes:
    given = {"Host": f"127.0.0.1:{port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return _ask(port, f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())


def _wait(condition: object) -> None:
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.01)
    assert condition()  # type: ignore[operator]


def _message(index: int) -> bytes:
    return pack(head(result(index, _people(1)), index, 30.0, mirror=False), b"x" * 20_000)


def _sequence(viewer: ClientConnection) -> int:
    message = viewer.recv(timeout=30)
    assert isinstance(message, bytes)
    return int(unpack(message)[0]["sequence"])


def test_a_message_holds_what_was_sent() -> None:
    people = _people(2)
    told, picture = unpack(pack(head(result(3, people), 7, 29.97, mirror=True), b"jpeg"))
    assert (told["version"], told["sequence"], told["frame_index"], told["mirror"]) == (1, 7, 3, True)
    assert [person["track_id"] for person in told["people"]] == [1, 2]
    assert picture == b"jpeg"


@pytest.mark.parametrize(
    ("size", "expected"),
    [((640, 480), (640, 480)), ((1280, 720), (960, 540)), ((1920, 1080), (960, 540)), ((2200, 3000), (704, 960))],
)
def test_a_picture_is_made_no_larger_than_a_page_needs(size: tuple[int, int], expected: tuple[int, int]) -> None:
    image = result(0, None, size).frame.image
    image[: size[1] // 2, : size[0] // 2] = (200, 100, 50)
    got = cv2.imdecode(np.frombuffer(jpeg(image), np.uint8), cv2.IMREAD_COLOR)
    assert got is not None
    assert got.shape == (expected[1], expected[0], 3)
    corner = got[: expected[1] // 2 - 16, : expected[0] // 2 - 16]
    np.testing.assert_allclose(corner.reshape(-1, 3).mean(axis=0), (200, 100, 50), atol=3)
    assert got[expected[1] // 2 + 16 :].max() < 10


def test_pages_come_with_the_headers_that_protect_them(server: Server) -> None:
    for path in ("/", "/page.js", "/view.js", "/page.css"):
        answer = _get(server.port, path).decode()
        assert answer.startswith("HTTP/1.1 200")
        for words in ("default-src 'none'", "nosniff", "no-store", "frame-ancestors 'none'"):
            assert words in answer


def test_a_viewer_gets_frames_and_a_stalled_one_none_that_are_old(server: Server) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/socket") as viewer:
        _wait(lambda: server.hub.wanted)
        for index in range(50):
            server.publish(_message(index))
            time.sleep(0.002)
        first, second = _sequence(viewer), _sequence(viewer)
        assert first < second < 49
        with pytest.raises(TimeoutError):
            viewer.recv(timeout=0.1)  # two are unconfirmed: nothing is piled up
        viewer.send(json.dumps({"confirmed": 2}))
        assert _sequence(viewer) == 49


def test_who_takes_nothing_is_sent_away(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "SILENT_S", 0.2)
    with connect(f"ws://127.0.0.1:{server.port}/socket") as viewer:
        _wait(lambda: server.hub.wanted)
        for index in range(3):
            server.publish(_message(index))
            viewer.recv(timeout=30) if index < 2 else None
        _wait(lambda: not server.hub.viewers)


def test_the_seventeenth_viewer_is_refused(server: Server) -> None:
    url = f"ws://127.0.0.1:{server.port}/socket"
    with ExitStack() as stack:
        for _ in range(hub_module.MOST_VIEWERS):
            stack.enter_context(connect(url))
        with pytest.raises(InvalidStatus, match="503"), connect(url):
            pass
    _wait(lambda: not server.hub.viewers)


def test_from_elsewhere_the_token_opens_page_picture_and_socket() -> None:
    server = Server(Access("127.0.0.1", "right"), 0)
    try:
        port = server.port
        assert _get(port).startswith(b"HTTP/1.1 401")
        assert _get(port, "/page.js").startswith(b"HTTP/1.1 401")
        assert _get(port, "/?token=wrong").startswith(b"HTTP/1.1 401")
        page = _get(port, "/?token=right").decode()
        assert page.startswith("HTTP/1.1 200")
        assert "HttpOnly" in page
        assert "SameSite=Strict" in page
        assert _get(port, "/page.js", Cookie="liftcam=right").startswith(b"HTTP/1.1 200")
        with pytest.raises(InvalidStatus, match="401"), connect(f"ws://127.0.0.1:{port}/socket?token=wrong"):
            pass
        with connect(f"ws://127.0.0.1:{port}/socket?token=right"):
            _wait(lambda: server.hub.viewers)
    finally:
        server.close()


def test_a_port_in_use_is_one_line_and_may_be_free_later(server: Server) -> None:
    output = BrowserOutput("127.0.0.1", server.port, mirror=False, tell=print)
    with pytest.raises(OutputError, match="choose another port") as caught:
        output.open()
    assert caught.value.retry
    output.close()


def _hostile_request(port: int, choice: random.Random) -> bytes:
    """One that must be refused; whoever sends it knows the token, unless that is what is wrong with it."""
    host = f"Host: 127.0.0.1:{port}\r\n".encode()
    known = host + b"Cookie: liftcam=right\r\n"
    return choice.choice(
        [
            b"GET /?token=wrong HTTP/1.1\r\n" + host + b"\r\n",
            b"GET /socket?token=righ HTTP/1.1\r\n" + host + b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            b"GET /page.js HTTP/1.1\r\n" + host + b"Cookie: liftcam=" + b"x" * 4000 + b"\r\n\r\n",
            b"GET /?token=right HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            b"GET /socket HTTP/1.1\r\n" + known + b"Origin: http://evil.example\r\n\r\n",
            b"GET /../../../../etc/passwd HTTP/1.1\r\n" + known + b"\r\n",
            b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" + known + b"\r\n",
            b"GET /page.html%00.js HTTP/1.1\r\n" + known + b"\r\n",
            b"POST / HTTP/1.1\r\n" + known + b"Content-Length: 99999999\r\n\r\n",
            b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + known + b"\r\n",
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 500 + host + b"\r\n",
            b"GET /socket HTTP/1.1\r\n" + known + b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            choice.randbytes(300) + b"\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/1.1\r\n\r\n",
            b"\r\n\r\n\r\n",
        ]
    )


def _hostile_message(viewer: ClientConnection, choice: random.Random) -> None:
    said: list[str | bytes] = [
        "x" * 10_000, b"\x00" * 5_000, "[" * 200, '{"confirmed": 1e9}', '{"confirmed": -1}', '{"confirmed": true}',
        '{"confirmed": 999999}', "null", "", b"\xff\xfe", '{"confirmed": {"a": []}}', '{"confirmed": "1"}',
    ]  # fmt: skip
    viewer.send(choice.choice(said))


class _Loris:
    """Connections that send nothing, half a request, or one byte at a time."""

    def __init__(self, port: int, count: int) -> None:
        self._lines = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(count)]
        for line in self._lines[::3]:
            line.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX:")
        self._slow = self._lines[1::3]

    def dribble(self) -> None:
        for line in self._slow:
            with suppress(ConnectionError):
                line.send(b"G")

    def close(self) -> int:
        """How many of them the server had ended."""
        ended = 0
        for line in self._lines:
            with line, suppress(TimeoutError):
                with suppress(ConnectionError):
                    while line.recv(1000):  # perhaps a word of refusal
                        pass
                ended += 1
        return ended


def _refused(port: int, request: bytes, leaves: bool) -> None:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as line:
        line.sendall(request)
        answer = b""
        with suppress(ConnectionError):
            while not leaves and (chunk := line.recv(65_536)):
                answer += chunk
    assert b"root:" not in answer
    assert not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 101"))


def test_two_hundred_hostile_requests_and_messages_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """120 requests and 80 messages, beside 24 connections that only hold on."""
    monkeypatch.setattr(server_module, "REQUESTS_S", 10_000)
    monkeypatch.setattr(server_module, "REQUEST_S", 0.5)
    server = Server(Access("127.0.0.1", "right"), 0)
    try:
        choice, port, before_kb = random.Random(0), server.port, 0
        loris = _Loris(port, 24)
        for number in range(120):
            _refused(port, _hostile_request(port, choice), leaves=number % 3 == 0)
            loris.dribble()
            if number == 40:
                before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(80):
            with connect(f"ws://127.0.0.1:{port}/socket?token=right") as viewer:
                _hostile_message(viewer, choice)
                with pytest.raises(ConnectionClosed):
                    viewer.recv(timeout=30)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 20_000
        assert _get(port, "/?token=right").startswith(b"HTTP/1.1 200")
        assert loris.close() == 24
        _wait(lambda: not server.hub.viewers)
    finally:
        server.close()


def test_so_many_connections_and_no_more(server: Server) -> None:
    held = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(64 + 8)]
    for late in held[64:]:
        with late, suppress(ConnectionError):
            assert late.recv(10) == b""
    for line in held[:64]:
        line.close()
    _wait(lambda: _get(server.port).startswith(b"HTTP/1.1 200"))


def test_who_says_more_than_a_page_would_is_sent_away(server: Server) -> None:
    def flood(viewer: ClientConnection) -> None:
        for _ in range(100 * hub_module.CLIENT_MESSAGES_S):
            viewer.send('{"confirmed": 0}')

    with connect(f"ws://127.0.0.1:{server.port}/socket") as viewer, pytest.raises(ConnectionClosed):
        flood(viewer)


def test_elsewhere_the_terminal_shows_a_code_that_a_phone_can_read() -> None:
    said: list[str] = []
    output = BrowserOutput("0.0.0.0", 0, mirror=False, tell=said.append)  # noqa: S104 - to see what is told then
    output.open()
    output.close()
    url = said[0].split()[1]
    assert f"/?token={output.access.token}" in url
    cells = {" ": (0, 0), "\u2580": (255, 0), "\u2584": (0, 255), "\u2588": (255, 255), "\xa0": (0, 0)}
    rows = [[cells[letter] for letter in line] for line in said[1].splitlines() if line]
    wide = max(len(row) for row in rows)
    halves = np.array([row + [(0, 0)] * (wide - len(row)) for row in rows], np.uint8)
    code = halves.transpose(0, 2, 1).reshape(-1, wide).repeat(8, axis=0).repeat(8, axis=1)
    assert cv2.QRCodeDetector().detectAndDecode(code)[0] == url


def test_half_a_request_does_not_hold_a_connection(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "REQUEST_S", 0.3)
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=5)) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost:")
        ended = threading.Event()
        slow.settimeout(5)
        try:
            ended_by = slow.recv(10)
        except ConnectionResetError:
            ended_by = b""
        ended.set()
        assert ended_by == b""
    assert _get(server.port).startswith(b"HTTP/1.1 200")


def test_too_many_requests_a_second_are_refused(server: Server) -> None:
    answers = [_get(server.port)[:12] for _ in range(server_module.REQUESTS_S + 30)]
    assert answers[0] == b"HTTP/1.1 200"
    assert b"HTTP/1.1 429" in answers
