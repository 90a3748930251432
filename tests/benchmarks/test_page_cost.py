from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from benchmarks.page_cost import ALONE, RUNS, SLICE, TURNS, compared, turn

FRAMES = 9 * SLICE + 7
SECONDS = dict(zip(TURNS, (0.020, 0.020, 0.021, 0.025), strict=True))
EACH = np.array([SECONDS[turn(frame, FRAMES)] for frame in range(RUNS * FRAMES)])


def test_every_part_of_the_clip_is_everybodys_turn_equally_often() -> None:
    for part in range(FRAMES // SLICE):
        turns = Counter(turn(run * FRAMES + part * SLICE, FRAMES) for run in range(RUNS))
        assert turns == dict.fromkeys(TURNS, RUNS // len(TURNS))


def test_costs_are_found_on_a_clip_of_hard_and_easy_parts_and_a_machine_that_slows_down() -> None:
    frames = np.arange(len(EACH))
    hard = 1 + 0.5 * np.sin(2 * np.pi * (frames % FRAMES) / FRAMES)
    slower = 1 + 0.5 * frames / len(frames)
    clock = np.cumsum(EACH * hard * slower)
    costs = compared(np.stack([clock, 2 * clock], axis=1), FRAMES)
    for name, one in costs.items():
        assert one.cost == pytest.approx(1 - SECONDS[ALONE] / SECONDS[name], abs=0.01)
        assert one.low <= one.cost <= one.high
        assert one.processor_ms == pytest.approx(2000 / one.fps)
    assert costs[ALONE].cost == 0


def test_a_stall_does_not_change_the_cost() -> None:
    stalled = EACH.copy()
    stalled[[10, 11, 50]] += 3
    clock = np.cumsum(stalled)
    costs = compared(np.stack([clock, clock], axis=1), FRAMES)
    assert [one.cost for one in costs.values()] == pytest.approx([0, 0, 1 - 20 / 21, 0.2])
