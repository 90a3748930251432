from __future__ import annotations

import time

import numpy as np
import pytest

import stream.actor
from pose.types import Image
from stream.actor import ActorSource
from stream.source import Source, SourceOptions, SourceState
from stream.sources import open_source
from synthetic.performance import Performance


class QuickPerformance:
    """In place of the rendering, which is tested elsewhere: pictures that tell their number."""

    frame_count = 30
    duration_s = 1.0
    draw_s = 0.0

    def __init__(self, motion: str, seed: int, width: int, height: int, fps: float, samples: int) -> None:
        self._size = (height, width, 3)

    def render(self, index: int) -> tuple[Image, None]:
        time.sleep(self.draw_s)
        return np.full(self._size, index, np.uint8), None


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> type[QuickPerformance]:
    monkeypatch.setattr(stream.actor, "Performance", QuickPerformance)
    monkeypatch.setattr(QuickPerformance, "draw_s", 0.0)
    return QuickPerformance


def test_every_picture_is_drawn_where_time_does_not_matter(quick: type[QuickPerformance]) -> None:
    source: Source = open_source("actor", SourceOptions(size=(32, 24), fps=30))
    assert (source.name, source.width, source.height, source.fps) == ("actor", 32, 24, 30)
    assert (source.frame_count, source.duration_s, source.live, source.seekable) == (30, 1.0, False, True)
    frames = list(source.frames())
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [frame.index for frame in frames] == list(range(30))
    assert [frame.time_s for frame in frames] == [index / 30 for index in range(30)]
    assert source.state is SourceState.ENDED
    source.seek(0.5)
    assert next(source.frames()).index == 15
    source.close()
    assert list(source.frames()) == []


def test_in_real_time_the_actor_keeps_its_speed_and_leaves_pictures_out(quick: type[QuickPerformance]) -> None:
    quick.draw_s = 0.1
    source = open_source("actor", SourceOptions(realtime=True))
    assert source.live
    start = time.perf_counter()
    indices = [frame.index for frame in source.frames()]
    assert time.perf_counter() - start < 2.5  # drawing them all takes 3
    assert len(indices) < 25
    assert indices == sorted(set(indices))


def test_in_real_time_a_quick_actor_waits_and_a_pause_misses_nothing(quick: type[QuickPerformance]) -> None:
    source = ActorSource(realtime=True)
    frames = source.frames()
    start = time.perf_counter()
    for _ in range(6):
        last = next(frames).index
    assert time.perf_counter() - start >= 5 / 30 - 0.01
    time.sleep(0.5)
    assert next(frames).index <= last + 4


def test_the_real_actor_is_drawn() -> None:
    source = ActorSource(size=(64, 48), fps=10)
    source.seek(2.0)
    frame = next(source.frames())
    truth, _ = Performance("demo", 0, 64, 48, 10).render(20)
    assert frame.index == 20
    np.testing.assert_array_equal(frame.image, truth)
    assert frame.image.std() > 10
