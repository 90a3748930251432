from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pose.errors import ExitCode
from pose.types import Frame, People
from stream.errors import StageFailed, StreamError
from stream.item import CAPTURE, Item
from stream.pipeline import Pipeline
from tests.stream.fakes import FunctionStage, MadeSource, StubbornStage, StuckStage, threads_of_ours

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_thread_survives() -> Iterator[None]:
    yield
    assert threads_of_ours() == []


def slow(seconds: float) -> FunctionStage:
    def wait(item: Item) -> Item:
        time.sleep(seconds)
        return item

    return FunctionStage("slow", wait)


# Files: every frame, in order


def test_every_frame_passes_every_stage_in_order() -> None:
    first, second = FunctionStage("first"), FunctionStage("second", lambda item: item.with_people(People.nobody()))
    with Pipeline(MadeSource(50), [first, second]) as pipeline:
        items = list(pipeline)
    assert [item.frame.index for item in items] == list(range(50)) == first.seen == second.seen
    assert all(item.people is not None and len(item.people) == 0 for item in items)
    assert pipeline.dropped == 0
    assert pipeline.ended


def test_no_stages_and_no_frames() -> None:
    with Pipeline(MadeSource(3), []) as pipeline:
        assert len(list(pipeline)) == 3
    with Pipeline(MadeSource(0), [FunctionStage("one")]) as pipeline:
        assert list(pipeline) == []


@settings(max_examples=15)
@given(delays=st.lists(st.lists(st.sampled_from([0.0, 0.0, 0.001, 0.003]), min_size=12, max_size=12), max_size=3))
def test_order_holds_whatever_the_stages_take(delays: list[list[float]]) -> None:
    def stage(name: str, times: list[float]) -> FunctionStage:
        def wait(item: Item) -> Item:
            time.sleep(times[item.frame.index])
            return item

        return FunctionStage(name, wait)

    stages = [stage(f"stage {number}", times) for number, times in enumerate(delays)]
    with Pipeline(MadeSource(12), stages) as pipeline:
        assert [item.frame.index for item in pipeline] == list(range(12))


def test_a_slow_consumer_holds_the_source_back() -> None:
    source = MadeSource(1000)
    with Pipeline(source, [FunctionStage("one")]) as pipeline:
        next(iter(pipeline))
        time.sleep(0.2)
        assert source.given < 20


def test_items_carry_the_times_of_their_passing() -> None:
    with Pipeline(MadeSource(3), [FunctionStage("one"), slow(0.01)]) as pipeline:
        for item in pipeline:
            assert [passage.stage for passage in item.passed_s] == [CAPTURE, "one", "slow"]
            moments = [moment for passage in item.passed_s for moment in passage[1:]]
            assert moments == sorted(moments)
            assert moments[-1] - moments[-2] >= 0.01
            assert item.captured_s <= moments[1]
            assert item.passed("slow") == moments[-1]
            assert item.passed("other") is None


# Live: the newest, and what was lost is counted


def test_live_shows_the_newest_and_counts_what_was_dropped() -> None:
    source = MadeSource(60, live=True, every_s=0.003)
    with Pipeline(source, [slow(0.02)]) as pipeline:
        items = []
        while not pipeline.ended:
            item = pipeline.latest(0.5)
            if item is not None:
                items.append(item)
    indices = [item.frame.index for item in items]
    assert indices == sorted(set(indices))
    assert indices[-1] == 59
    assert len(indices) + pipeline.dropped == 60
    assert pipeline.dropped > 20


def test_live_never_gives_a_backlog() -> None:
    source = MadeSource(None, live=True, every_s=0.002)
    with Pipeline(source, [FunctionStage("one")]) as pipeline:
        assert pipeline.latest(1.0) is not None
        time.sleep(0.2)
        given = source.given
        newest = pipeline.latest(1.0)
        assert newest is not None
        assert newest.frame.index >= given - 25


def test_latest_does_not_wait_longer_than_told() -> None:
    with Pipeline(MadeSource(None, live=True, every_s=5.0), []) as pipeline:
        start = time.monotonic()
        assert pipeline.latest(0.15) is None
        assert pipeline.latest() is None
        assert 0.1 < time.monotonic() - start < 4.0
        assert not pipeline.ended


def test_a_file_may_be_played_live_and_a_camera_processed_whole() -> None:
    with Pipeline(MadeSource(40, every_s=0.002), [slow(0.02)], live=True) as pipeline:
        assert len(list(pipeline)) + pipeline.dropped == 40
    with Pipeline(MadeSource(40, live=True), [FunctionStage("one")], live=False) as pipeline:
        assert len(list(pipeline)) == 40


# Errors


def test_an_error_reaches_the_main_thread_with_its_cause_after_what_was_finished() -> None:
    def fail(item: Item) -> Item:
        if item.frame.index == 5:
            raise KeyError("lost")
        return item

    before, failing, after = FunctionStage("before"), FunctionStage("failing", fail), FunctionStage("after")
    source = MadeSource(1000)
    items: list[int] = []
    says = "the stage 'failing' failed on frame 5: KeyError: 'lost'"
    with Pipeline(source, [before, failing, after]) as pipeline, pytest.raises(StageFailed, match=says) as caught:
        items.extend(item.frame.index for item in pipeline)
    assert items == [0, 1, 2, 3, 4] == after.seen
    assert isinstance(caught.value.__cause__, KeyError)
    assert (caught.value.stage, caught.value.frame_index) == ("failing", 5)
    assert source.given < 30
    assert source.closed.is_set()


def test_a_users_error_arrives_as_it_is() -> None:
    error = StreamError("the file breaks off", ExitCode.READ_IN_PART)
    items: list[int] = []
    with Pipeline(MadeSource(7, error=error), [slow(0.002)]) as pipeline, pytest.raises(StreamError) as caught:
        items.extend(item.frame.index for item in pipeline)
    assert caught.value is error
    assert items == list(range(7))


def test_an_error_is_raised_once_and_then_it_is_over() -> None:
    with Pipeline(MadeSource(0, error=StreamError("gone"), live=True), []) as pipeline:
        with pytest.raises(StreamError):
            pipeline.latest(5.0)
        assert pipeline.latest(0.1) is None
        assert list(pipeline) == []


def test_an_error_of_a_stages_close_is_not_lost() -> None:
    class Failing(FunctionStage):
        def close(self) -> None:
            raise OSError("will not close")

    with Pipeline(MadeSource(2), [Failing("bad")]) as pipeline, pytest.raises(StageFailed, match="will not close"):
        list(pipeline)


# Closing


def test_close_leaves_no_thread_and_can_be_called_twice() -> None:
    stage = FunctionStage("one")
    source = MadeSource()
    pipeline = Pipeline(source, [stage])
    next(iter(pipeline))
    assert set(threads_of_ours()) == {"liftcam-capture", "liftcam-one"}
    pipeline.close()
    pipeline.close()
    assert threads_of_ours() == []
    assert source.closed.is_set()
    assert stage.closed_in == "liftcam-one"
    assert list(pipeline) == []


@pytest.mark.parametrize("live", [False, True])
def test_close_with_a_blocked_stage(live: bool) -> None:
    stage = StuckStage()
    pipeline = Pipeline(MadeSource(live=live), [FunctionStage("one"), stage])
    assert stage.entered.wait(2)
    time.sleep(0.05)  # until the queues before it are full
    start = time.monotonic()
    pipeline.close()
    assert time.monotonic() - start < 2
    assert threads_of_ours() == []


def test_close_with_a_blocked_source() -> None:
    pipeline = Pipeline(MadeSource(None, live=True, every_s=60), [FunctionStage("one")])
    start = time.monotonic()
    pipeline.close()
    assert time.monotonic() - start < 2


def test_close_names_what_it_cannot_stop_and_returns_all_the_same() -> None:
    stage = StubbornStage(2.5)
    pipeline = Pipeline(MadeSource(), [stage])
    assert stage.entered.wait(2)
    start = time.monotonic()
    with pytest.warns(RuntimeWarning, match="liftcam-stubborn"):
        pipeline.close()
    assert time.monotonic() - start < 2
    time.sleep(1.0)  # its thread ends with the step


def test_an_error_in_the_main_thread_closes_everything() -> None:
    def consume(items: Iterable[Item]) -> None:
        for _ in items:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Pipeline(MadeSource(), [FunctionStage("one")]) as pipeline:
        consume(pipeline)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_a_program_at_once() -> None:
    program = (
        "import signal\n"
        "from stream.pipeline import Pipeline\n"
        "from tests.stream.fakes import MadeSource, FunctionStage, threads_of_ours\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background jobs ignore it
        "try:\n"
        "    with Pipeline(MadeSource(live=True, every_s=60), [FunctionStage('one')]) as pipeline:\n"
        "        print('running', flush=True)\n"
        "        for item in pipeline: pass\n"
        "except KeyboardInterrupt:\n"
        "    print('left', threads_of_ours(), flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "running\n"
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
            assert said == "left []\n"
            assert process.returncode == 0
        finally:
            process.kill()


# Pausing and jumping


def test_a_paused_file_waits_and_goes_on_where_it_was() -> None:
    source = MadeSource(200, every_s=0.001)
    with Pipeline(source, [FunctionStage("one")]) as pipeline:
        items = iter(pipeline)
        got = [next(items).frame.index for _ in range(5)]
        pipeline.pause()
        assert pipeline.paused
        while (item := pipeline.latest(0.2)) is not None:  # what was under way
            got.append(item.frame.index)
        given = source.given
        time.sleep(0.1)
        assert source.given == given == len(got)
        pipeline.resume()
        got += [item.frame.index for item in items]
    assert got == list(range(200))


def test_a_paused_camera_is_read_on_but_shows_nothing_new() -> None:
    source = MadeSource(None, live=True, every_s=0.002)
    with Pipeline(source, [FunctionStage("one")]) as pipeline:
        assert pipeline.latest(1.0) is not None
        pipeline.pause()
        while pipeline.latest(0.1) is not None:
            pass
        given = source.given
        time.sleep(0.1)
        assert source.given > given + 5
        assert pipeline.latest(0.05) is None
        pipeline.resume()
        item = pipeline.latest(1.0)
        assert item is not None
        assert item.frame.index > given + 5


def test_seek_drops_what_was_under_way_and_tells_the_stages() -> None:
    stage = FunctionStage("one")
    with Pipeline(MadeSource(300, every_s=0.001), [stage, slow(0.002)]) as pipeline:
        items = iter(pipeline)
        for _ in range(3):
            next(items)
        pipeline.seek(8.0)
        assert next(items).frame.index == 240
        pipeline.seek(1.0)
        rest = [item.frame.index for item in items]
    assert rest == list(range(30, 300))
    assert stage.resets == 2


def test_seek_while_paused_shows_one_frame() -> None:
    with Pipeline(MadeSource(300, every_s=0.001), [FunctionStage("one")]) as pipeline:
        next(iter(pipeline))
        pipeline.pause()
        while pipeline.latest(0.1) is not None:
            pass
        pipeline.seek(5.0)
        item = pipeline.latest(1.0)
        assert item is not None
        assert item.frame.index == 150
        assert pipeline.latest(0.2) is None
        pipeline.resume()
        assert next(iter(pipeline)).frame.index == 151


# Long runs


def test_memory_does_not_grow_with_the_number_of_items() -> None:
    def fresh(item: Item) -> Item:
        return replace(item, frame=Frame(item.frame.image.copy(), item.frame.index, item.frame.time_s))

    stage = FunctionStage("one", fresh)
    with Pipeline(MadeSource(6000), [stage]) as pipeline:
        tracemalloc.start()
        try:
            sizes = []
            for number, _ in enumerate(pipeline):
                stage.seen.clear()
                if number in (1000, 5900):
                    sizes.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
    assert sizes[1] - sizes[0] < 50_000
