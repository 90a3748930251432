from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import stream.live
from pose.errors import ExitCode
from stream.errors import StreamError
from stream.live import LiveSource, Reader
from stream.pipeline import Pipeline
from stream.source import SourceState
from stream.wire import Kind, Message, receive, send
from tests.stream.fakes import FunctionStage, threads_of_ours

ROOT = Path(__file__).resolve().parents[2]


def live_source(reader: str, **arguments: Any) -> LiveSource:
    return LiveSource("test", Reader(f"tests.stream.readers:{reader}", arguments))


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(stream.live, "BACKOFF_S", (0.02, 0.05))
    yield
    assert threads_of_ours() == []


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def eventually(condition: Callable[[], bool], limit_s: float = 5.0) -> bool:
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_pictures_arrive_unchanged_with_their_moment() -> None:
    source = live_source("steady")
    assert (source.width, source.height, source.fps) == (10, 8, 30.0)
    assert (source.live, source.seekable, source.frame_count, source.duration_s) == (True, False, None, None)
    before_s = None
    for number, frame in enumerate(itertools.islice(source.frames(), 20)):
        now_s = time.perf_counter()
        assert frame.index == number
        assert frame.image.shape == (8, 10, 3)
        assert np.all(frame.image == number)
        assert 0 <= now_s - source.captured_s(frame) < 1.0
        assert before_s is None or frame.time_s > before_s
        before_s = frame.time_s
    assert source.state is SourceState.LIVE
    source.close()
    source.close()


def test_a_source_that_breaks_comes_back_by_itself(tmp_path: Path) -> None:
    source = live_source("troubled", folder=str(tmp_path))
    states: set[SourceState] = set()

    def watch() -> None:
        while not done.wait(0.005):
            states.add(source.state)

    done = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    frames = list(itertools.islice(source.frames(), 15))
    done.set()
    watcher.join()
    source.close()
    # The first attempt dies after 5 pictures, the second freezes after 5, the third finds nothing, the fourth runs.
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 30, 31, 32, 33, 34]
    assert [frame.index for frame in frames] == list(range(15))
    assert [frame.time_s for frame in frames] == sorted(frame.time_s for frame in frames)
    assert source.reconnects == 3
    assert states >= {SourceState.LIVE, SourceState.RECONNECTING}
    assert source.state is SourceState.ENDED or source.state is SourceState.LIVE


def test_the_stages_wait_meanwhile(tmp_path: Path) -> None:
    stage = FunctionStage("one")
    with Pipeline(live_source("troubled", folder=str(tmp_path)), [stage]) as pipeline:
        assert eventually(lambda: (item := pipeline.latest(0.1)) is not None and int(item.frame.image[0, 0, 0]) >= 30)
        assert not pipeline.ended
    assert stage.closed_in == "liftcam-one"


def test_a_recording_behind_a_url_ends() -> None:
    source = live_source("ending", count=4)
    assert len(list(source.frames())) == 4
    assert source.state is SourceState.ENDED
    source.close()


@pytest.mark.parametrize(
    ("reader", "arguments", "says"),
    [
        ("refusing", {"why": "camera 3 cannot be opened"}, "camera 3 cannot be opened"),
        ("faulty", {}, "KeyError: 'mistake'"),
        ("hanging", {"pictures": 0, "freeze_s": 0.2}, "no picture any more"),
        ("ending", {"count": 0}, "test gave no picture"),
        ("unknown", {}, "AttributeError"),
    ],
)
def test_a_first_connection_that_fails_is_one_line(reader: str, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(StreamError, match=says) as caught:
        live_source(reader, **arguments)
    assert caught.value.exit_code is ExitCode.WRONG_USAGE


@pytest.mark.skipif(os.name == "nt", reason="asks after processes in the way of POSIX")
def test_close_ends_a_process_that_hangs(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    stage = FunctionStage("one")
    pipeline = Pipeline(live_source("pid_then_hang", path=str(note)), [stage])
    assert pipeline.latest(5.0) is not None
    start = time.monotonic()
    pipeline.close()
    assert time.monotonic() - start < 2
    assert gone(int(note.read_text()))


def test_close_while_it_waits_to_connect_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream.live, "BACKOFF_S", (60.0,))
    source = live_source("hanging", pictures=1, freeze_s=0.1)
    pipeline = Pipeline(source, [])
    assert eventually(lambda: pipeline.source.state is SourceState.RECONNECTING)
    start = time.monotonic()
    pipeline.close()
    assert time.monotonic() - start < 2


def test_a_source_that_nobody_reads_can_be_closed() -> None:
    source = live_source("steady")
    source.close()
    assert list(source.frames()) == []


def test_nobody_can_jump_in_it() -> None:
    source = live_source("steady")
    with pytest.raises(StreamError, match="is live"):
        source.seek(3.0)
    source.close()


@pytest.mark.skipif(os.name == "nt", reason="asks after processes in the way of POSIX")
def test_the_process_ends_when_ours_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = (
        "import sys, time\n"
        "from stream.live import LiveSource, Reader\n"
        "source = LiveSource('test', Reader('tests.stream.readers:pid_then_hang', {'path': sys.argv[1]}))\n"
        "print('open', flush=True)\n"
        "time.sleep(3600)\n"
    )
    command = [sys.executable, "-c", program, str(note)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        process.kill()
    assert eventually(lambda: gone(int(note.read_text())))


# The messages


class Trickle(BytesIO):
    """A pipe that takes and gives three bytes at a time."""

    def write(self, data: Any) -> int:
        return super().write(bytes(data)[:3])

    def readinto(self, into: Any) -> int:
        return super().readinto(memoryview(into)[:3])


@pytest.mark.parametrize(
    "message",
    [
        Message(Kind.OPENED, {"fps": 29.97}),
        Message(Kind.FAILED, {"why": "é" * 100}),
        Message(Kind.FRAME, {}, np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3), 12.5),
        Message(Kind.FRAME, {}, np.arange(5 * 9 * 3, dtype=np.uint8).reshape(5, 9, 3)[:, 1:8], 12.5),
    ],
)
def test_messages_survive_the_pipe(message: Message) -> None:
    pipe = Trickle()
    send(cast(Any, pipe), message)
    pipe.seek(0)
    received = receive(cast(Any, pipe))
    assert received is not None
    assert (received.kind, received.text, received.captured_s) == (message.kind, message.text, message.captured_s)
    assert (received.image is None) == (message.image is None)
    if received.image is not None and message.image is not None:
        np.testing.assert_array_equal(received.image, message.image)
    assert receive(cast(Any, pipe)) is None


def test_a_pipe_that_ends_within_a_message_has_ended() -> None:
    pipe = BytesIO()
    send(cast(Any, pipe), Message(Kind.FRAME, {}, np.zeros((5, 7, 3), np.uint8), 1.0))
    for length in range(len(pipe.getvalue())):
        assert receive(cast(Any, BytesIO(pipe.getvalue()[:length]))) is None


def test_sizes_are_checked_before_memory_is_taken() -> None:
    for first, second, kind in ((1 << 31, 1 << 31, b"F"), (0, 5, b"F"), (1 << 31, 0, b"X")):
        header = stream.wire._HEADER.pack(kind, first, second, 0.0)
        with pytest.raises(ValueError, match="is none"):
            receive(cast(Any, BytesIO(header)))
