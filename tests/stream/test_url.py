from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

import stream.live
from pose.errors import ExitCode
from stream.errors import StreamError
from stream.pipeline import Pipeline
from stream.source import SourceState
from stream.sources import open_source
from stream.url import open_url, without_password
from tests.stream.clips import even_times, index_of, level, make_clip
from tests.stream.fakes import FunctionStage, threads_of_ours


class Camera:
    """A camera on the network as people have them: MJPEG over HTTP on loopback, which can be killed or frozen."""

    def __init__(self) -> None:
        self.port = 0
        self.frozen = False
        self._on = False
        self._server: ThreadingHTTPServer | None = None
        self.switch_on()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/video.mjpg"

    def switch_on(self) -> None:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
                self.end_headers()
                index = 0
                try:
                    while camera._on:
                        if not camera.frozen:
                            self.wfile.write(_part(index))
                            index += 1
                        time.sleep(0.02)
                except OSError:
                    pass  # the other side is gone

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = False  # so that `server_close` waits for them

        self._on = True
        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,)).start()

    def switch_off(self) -> None:
        self._on = False
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def _part(index: int) -> bytes:
    jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), level(index), np.uint8))[1].tobytes()
    head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
    return head.encode() + jpeg + b"\r\n"


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Iterator[Camera]:
    monkeypatch.setattr(stream.live, "BACKOFF_S", (0.05, 0.1))
    made = Camera()
    yield made
    made.switch_off()
    assert threads_of_ours() == []


def wait_for_item(pipeline: Pipeline) -> int:
    item = pipeline.latest(10.0)
    assert item is not None
    return item.frame.index


def wait_for_state(pipeline: Pipeline, state: SourceState, limit_s: float = 10.0) -> None:
    end = time.monotonic() + limit_s
    while pipeline.source.state is not state:
        assert time.monotonic() < end, f"never {state.value}"
        pipeline.latest(0.05)


def test_a_stream_is_killed_and_comes_back(camera: Camera) -> None:
    stage = FunctionStage("one")
    with Pipeline(open_url(camera.url), [stage]) as pipeline:
        assert (pipeline.source.width, pipeline.source.height) == (64, 48)
        first = wait_for_item(pipeline)
        for _ in range(2):
            camera.switch_off()
            wait_for_state(pipeline, SourceState.RECONNECTING)
            while pipeline.latest(0.3) is not None:
                pass  # what was under way when the stream died still arrives
            seen = len(stage.seen)
            assert pipeline.latest(0.3) is None
            assert len(stage.seen) == seen
            camera.switch_on()
            wait_for_state(pipeline, SourceState.LIVE)
            later = wait_for_item(pipeline)
            assert later > first
            first = later
        assert not pipeline.ended
    assert stage.seen == sorted(set(stage.seen))


def test_a_stream_that_freezes_with_its_connection_open_is_noticed(camera: Camera) -> None:
    with Pipeline(open_url(camera.url, freeze_s=0.5), []) as pipeline:
        wait_for_item(pipeline)
        camera.frozen = True
        wait_for_state(pipeline, SourceState.RECONNECTING)
        camera.frozen = False
        wait_for_state(pipeline, SourceState.LIVE)
        wait_for_item(pipeline)


def test_close_does_not_wait_for_a_frozen_stream(camera: Camera) -> None:
    pipeline = Pipeline(open_url(camera.url, freeze_s=60.0), [])
    wait_for_item(pipeline)
    camera.frozen = True
    time.sleep(0.2)
    start = time.monotonic()
    pipeline.close()
    assert time.monotonic() - start < 2


def test_pictures_and_times_of_a_stream(camera: Camera) -> None:
    source = open_source(camera.url)
    frames = [frame for _, frame in zip(range(20), source.frames(), strict=False)]
    source.close()
    assert source.name == camera.url
    assert [index_of(frame.image) for frame in frames] == [index % 11 for index in range(20)]
    assert [frame.time_s for frame in frames] == sorted(frame.time_s for frame in frames)


def test_a_file_on_a_web_server_plays_at_its_speed_and_ends(tmp_path: Path, serve: Callable[[Path], str]) -> None:
    url = serve(make_clip(tmp_path / "clip.mp4", even_times(20)))
    source = open_source(url)
    start = time.monotonic()
    frames = list(source.frames())
    assert time.monotonic() - start > 0.4
    assert source.state is SourceState.ENDED
    assert [index_of(frame.image) for frame in frames] == [index % 11 for index in range(20)]
    source.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serves one file over HTTP."""
    servers: list[ThreadingHTTPServer] = []

    def start(path: Path) -> str:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                data = path.read_bytes()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        return f"http://127.0.0.1:{server.server_port}/{path.name}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_nobody_there_is_one_line_without_the_password(scheme: str) -> None:
    port = closed_port()
    with pytest.raises(StreamError, match=f"{scheme}://127.0.0.1:{port}/live cannot be opened: .*refused") as caught:
        open_source(f"{scheme}://me:secret@127.0.0.1:{port}/live")
    assert caught.value.exit_code is ExitCode.WRONG_USAGE
    assert "secret" not in str(caught.value)


def test_what_is_no_video_is_one_line(tmp_path: Path, serve: Callable[[Path], str]) -> None:
    (tmp_path / "page.html").write_text("<html>" + "no film " * 500)
    with pytest.raises(StreamError, match="cannot be opened"):
        open_source(serve(tmp_path / "page.html"))


def test_a_server_that_accepts_and_says_nothing() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with pytest.raises(StreamError, match=r"did not answer within 0\.5 s"):
            open_url(f"http://127.0.0.1:{server.getsockname()[1]}/", connect_s=0.5)


def test_the_password_is_not_shown() -> None:
    assert without_password("rtsp://a:b@[::1]:554/x?y=1") == "rtsp://[::1]:554/x?y=1"
    assert without_password("http://host/a@b") == "http://host/a@b"
