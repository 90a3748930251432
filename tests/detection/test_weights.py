from __future__ import annotations

import hashlib
import http.client
import http.server
import io
import socket
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from detection import download as downloading
from detection import registry, weights
from detection.download import fetch
from detection.errors import DetectionError
from detection.registry import HUMAN_POSE, Network, WeightsFile, check_file, known
from detection.weights import find_network, find_weights, locate, status

XML, BIN = b"<net/>" * 100, bytes(range(256)) * 500


def _file(name: str, content: bytes) -> WeightsFile:
    return WeightsFile(name, len(content), hashlib.sha256(content).hexdigest())


TINY = Network("tiny", (_file("tiny.xml", XML), _file("tiny.bin", BIN)), "Apache-2.0", "http://127.0.0.1/")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No weights of this machine are found, and no proxy stands between the tests and the loopback server."""
    monkeypatch.delenv(weights.VARIABLE, raising=False)
    monkeypatch.setattr(weights, "PROJECT_FOLDER", tmp_path / "project" / "weights")
    monkeypatch.setattr(weights, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(downloading, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(registry, "NETWORKS", (TINY,))
    monkeypatch.setattr(weights, "NETWORKS", (TINY,))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def _put(folder: Path, xml: bytes = XML, binary: bytes = BIN) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.xml").write_bytes(xml)
    (folder / "tiny.bin").write_bytes(binary)
    return folder / "tiny.xml"


class TestFinding:
    def test_nothing_anywhere_is_none(self) -> None:
        assert find_weights("tiny") is None

    def test_every_form_of_an_explicit_path_leads_to_the_file(self, tmp_path: Path) -> None:
        xml = _put(tmp_path / "mine" / "tiny")
        for path in (tmp_path / "mine", tmp_path / "mine" / "tiny", xml, xml.with_suffix(".bin")):
            assert find_weights("tiny", path) == xml

    def test_the_order_of_the_places(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        cached = _put(tmp_path / "cache" / "tiny")
        assert locate(TINY) == (cached, "the cache")
        shipped = _put(tmp_path / "project" / "weights" / "tiny")
        assert locate(TINY) == (shipped, "the project")
        named = _put(tmp_path / "named")
        monkeypatch.setenv(weights.VARIABLE, str(tmp_path / "named"))
        assert locate(TINY) == (named, weights.VARIABLE)
        explicit = _put(tmp_path / "explicit")
        assert locate(TINY, tmp_path / "explicit") == (explicit, "--weights")

    def test_an_explicit_path_that_does_not_exist_is_an_error_even_where_the_cache_would_do(
        self, tmp_path: Path
    ) -> None:
        _put(tmp_path / "cache" / "tiny")
        with pytest.raises(DetectionError, match=r"--weights: .*gone does not exist.*tiny\.xml"):
            find_weights("tiny", tmp_path / "gone")

    def test_so_is_a_variable_that_names_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(weights.VARIABLE, str(tmp_path / "gone"))
        with pytest.raises(DetectionError, match=r"LIFTCAM_WEIGHTS: .*gone does not exist"):
            find_weights("tiny")

    def test_an_explicit_folder_without_the_network(self, tmp_path: Path) -> None:
        with pytest.raises(DetectionError, match=r"holds neither tiny\.xml nor a folder tiny"):
            find_weights("tiny", tmp_path)

    def test_an_explicit_file_that_is_something_else(self, tmp_path: Path) -> None:
        other = tmp_path / "other.onnx"
        other.write_bytes(b"?")
        with pytest.raises(DetectionError, match=r"not a file of tiny; expected tiny\.xml or tiny\.bin"):
            find_weights("tiny", other)

    def test_a_changed_byte_is_found_by_its_sha256(self, tmp_path: Path) -> None:
        _put(tmp_path / "cache" / "tiny", binary=BIN[:-1] + b"?")
        with pytest.raises(DetectionError) as caught:
            find_weights("tiny")
        message = str(caught.value)
        assert TINY.files[1].sha256 in message
        assert hashlib.sha256(BIN[:-1] + b"?").hexdigest() in message
        assert "python main.py weights" in message

    def test_a_wrong_size_is_named_and_the_file_not_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        _put(tmp_path / "cache" / "tiny", binary=BIN + b"?")
        read: list[str] = []

        def note(path: Path) -> str:
            read.append(path.name)
            return hashlib.sha256(path.read_bytes()).hexdigest()

        monkeypatch.setattr(registry, "sha256_of", note)
        with pytest.raises(DetectionError, match=f"{len(BIN) + 1} bytes where {len(BIN)} were expected"):
            find_weights("tiny")
        assert read == ["tiny.xml"]

    def test_a_missing_second_file_is_named(self, tmp_path: Path) -> None:
        _put(tmp_path / "cache" / "tiny").with_suffix(".bin").unlink()
        with pytest.raises(DetectionError, match=r"tiny\.bin is missing"):
            find_weights("tiny")

    def test_unknown_names_are_refused_with_the_known_ones(self) -> None:
        with pytest.raises(DetectionError, match="no network is called 'tinny'; known are: tiny"):
            known("tinny")

    def test_status_tells_without_raising(self, tmp_path: Path) -> None:
        (nothing,) = status()
        assert nothing.path is None
        assert "not found" in nothing.problem
        xml = _put(tmp_path / "cache" / "tiny")
        (good,) = status()
        assert (good.path, good.place, good.problem) == (xml, "the cache", "")
        xml.write_bytes(b"?")
        (wrong,) = status()
        assert wrong.path is None
        assert "1 bytes where" in wrong.problem

    def test_the_registry_is_what_the_publisher_says(self) -> None:
        assert HUMAN_POSE.size == 426_156 + 4_170_034
        assert HUMAN_POSE.url is not None
        assert urlsplit(HUMAN_POSE.url)[:2] == ("https", "storage.openvinotoolkit.org")
        assert HUMAN_POSE.url.endswith("/")
        assert all(len(file.sha256) == 64 for file in HUMAN_POSE.files)


class _Handler(http.server.BaseHTTPRequestHandler):
    answers: dict[str, tuple[int, dict[str, str], bytes]]
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        code, headers, body = self.answers.get(self.path, (404, {}, b""))
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Server:
    """A loopback server of given answers."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        handler = type("Handler", (_Handler,), {"answers": self.answers, "asked": self.asked})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self.network = replace(TINY, url=self.url)

    def serve(self, xml: bytes = XML, binary: bytes = BIN) -> None:
        self.answers["/tiny.xml"] = (200, {}, xml)
        self.answers["/tiny.bin"] = (200, {}, binary)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


class TestDownload:
    def test_the_files_arrive_whole_and_are_found_afterwards(self, server: Server, tmp_path: Path) -> None:
        server.serve()
        steps: list[tuple[str, int, int]] = []
        path = fetch(
            server.network,
            tmp_path / "cache",
            lambda name, done, size: steps.append((name, done, size)),
            schemes=("http",),
        )
        assert path == tmp_path / "cache" / "tiny" / "tiny.xml"
        assert (path.read_bytes(), path.with_suffix(".bin").read_bytes()) == (XML, BIN)
        assert find_weights("tiny") == path
        assert ("tiny.bin", len(BIN), len(BIN)) in steps
        assert steps[-1] == ("tiny.xml", len(XML), len(XML))
        assert sorted(one.name for one in path.parent.iterdir()) == ["tiny.bin", "tiny.xml"]

    def test_what_is_right_already_is_not_fetched_again_and_what_is_wrong_is(
        self, server: Server, tmp_path: Path
    ) -> None:
        _put(tmp_path / "tiny", binary=b"wrong")
        server.serve()
        fetch(server.network, tmp_path, schemes=("http",))
        assert server.asked == ["/tiny.bin"]
        check_file(tmp_path / "tiny" / "tiny.bin", TINY.files[1])

    @pytest.mark.parametrize(
        ("binary", "words"),
        [
            (BIN + b"?", f"more than the {len(BIN)} bytes"),
            (BIN[:-5], f"ended after {len(BIN) - 5} of {len(BIN)} bytes"),
            (b"?" + BIN[1:], "sha256"),
        ],
        ids=["too long", "truncated", "changed"],
    )
    def test_a_wrong_body_leaves_nothing_behind(
        self, server: Server, tmp_path: Path, binary: bytes, words: str
    ) -> None:
        server.serve(binary=binary)
        with pytest.raises(DetectionError, match=words):
            fetch(server.network, tmp_path, schemes=("http",))
        assert list((tmp_path / "tiny").iterdir()) == []

    def test_a_connection_that_breaks_off_is_truncated_too(self, server: Server, tmp_path: Path) -> None:
        server.serve()
        server.answers["/tiny.bin"] = (200, {"Content-Length": str(len(BIN))}, BIN[:1000])
        with pytest.raises(DetectionError, match=r"tiny"):
            fetch(server.network, tmp_path, schemes=("http",))
        assert list((tmp_path / "tiny").iterdir()) == []

    def test_a_redirect_on_the_same_host_is_followed(self, server: Server, tmp_path: Path) -> None:
        server.serve()
        server.answers["/new.bin"] = server.answers["/tiny.bin"]
        server.answers["/tiny.bin"] = (302, {"Location": "/new.bin"}, b"")
        assert fetch(server.network, tmp_path, schemes=("http",)).is_file()

    @pytest.mark.parametrize("target", ["http://localhost/tiny.bin", "https://elsewhere.invalid/", "ftp://127.0.0.1/x"])
    def test_a_redirect_elsewhere_is_refused(self, server: Server, tmp_path: Path, target: str) -> None:
        server.serve()
        server.answers["/tiny.bin"] = (302, {"Location": target}, b"")
        with pytest.raises(DetectionError, match=r"redirects to .*which is refused"):
            fetch(server.network, tmp_path, schemes=("http",))

    def test_a_redirect_from_https_to_http_is_refused(self) -> None:
        handler = downloading._SameHost("example.org", ("https",))
        request = urllib.request.Request("https://example.org/a")
        with pytest.raises(DetectionError, match="refused"):
            handler.redirect_request(
                request,
                io.BytesIO(),
                302,
                "",
                http.client.HTTPMessage(),
                "http://example.org/a",
            )

    def test_plain_http_is_refused_before_anything_is_asked(self, server: Server, tmp_path: Path) -> None:
        server.serve()
        with pytest.raises(DetectionError, match="only fetched by https"):
            fetch(server.network, tmp_path)
        assert server.asked == []

    def test_a_file_the_server_does_not_have(self, server: Server, tmp_path: Path) -> None:
        with pytest.raises(DetectionError, match=r"cannot be downloaded from 127\.0\.0\.1 \(Not Found\)"):
            fetch(server.network, tmp_path, schemes=("http",))

    def test_offline_names_the_three_remedies(self, server: Server, tmp_path: Path) -> None:
        server.close()
        with pytest.raises(DetectionError) as caught:
            fetch(server.network, tmp_path / "cache", schemes=("http",))
        message = str(caught.value)
        for remedy in (
            "python main.py weights",
            str(tmp_path / "cache" / "tiny"),
            "LIFTCAM_WEIGHTS",
            "--detector mediapipe",
        ):
            assert remedy in message
        assert "\n" not in message
        assert not (tmp_path / "cache").exists()

    def test_a_name_lookup_that_hangs_is_given_up(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        release = threading.Event()

        def hang(address: object, timeout: float) -> None:
            release.wait(30)
            raise OSError("too late")

        monkeypatch.setattr(socket, "create_connection", hang)
        try:
            with pytest.raises(DetectionError, match=r"no answer within 0\.05 s"):
                fetch(TINY, tmp_path, schemes=("http",), reach_within_s=0.05)
        finally:
            release.set()

    def test_a_folder_that_cannot_be_written_says_so(self, server: Server, tmp_path: Path) -> None:
        server.serve()
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(DetectionError, match="cannot be written"):
            fetch(server.network, tmp_path / "file", schemes=("http",))

    def test_a_network_that_ships_with_the_project_is_never_downloaded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(registry, "NETWORKS", (replace(TINY, url=None),))
        with pytest.raises(DetectionError, match="ships with the project"):
            downloading.download("tiny")


BETTER = TINY
SHIPPED = Network("shipped", (_file("shipped.xml", XML),), "Apache-2.0", None)


class TestChoosingANetwork:
    @pytest.fixture(autouse=True)
    def two(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for module in (registry, weights):
            monkeypatch.setattr(module, "NETWORKS", (BETTER, SHIPPED))
        self.shipped = tmp_path / "project" / "weights" / "shipped" / "shipped.xml"
        self.shipped.parent.mkdir(parents=True)
        self.shipped.write_bytes(XML)

    def test_the_better_one_where_it_is_at_hand_else_the_shipped_one(self, tmp_path: Path) -> None:
        assert find_network() == self.shipped
        better = _put(tmp_path / "cache" / "tiny")
        assert find_network() == better

    def test_a_name_a_folder_and_a_file_each_name_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        better = _put(tmp_path / "mine")
        for named in (Path("shipped"), self.shipped.parent, self.shipped.parent.parent, self.shipped):
            assert find_network(named) == self.shipped
        for named in (tmp_path / "mine", better):
            assert find_network(named) == better
        with pytest.raises(DetectionError, match="tiny was not found"):
            find_network(Path("tiny"))
        monkeypatch.setenv(weights.VARIABLE, str(tmp_path / "mine"))
        assert find_network() == better
        assert locate(SHIPPED) == (self.shipped, "the project")  # the variable names the other one
        assert [one.path for one in status()] == [better, self.shipped]

    def test_a_network_of_the_users_own_is_taken_as_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own = tmp_path / "own.onnx"
        own.write_bytes(b"a network")
        assert find_network(own) == own
        monkeypatch.setenv(weights.VARIABLE, str(own))
        assert find_network() == own
        assert [one.path for one in status()] == [None, self.shipped]

    def test_what_is_no_network_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(DetectionError, match="does not exist"):
            find_network(tmp_path / "gone.xml")
        with pytest.raises(DetectionError, match="holds neither"):
            find_network(tmp_path)
