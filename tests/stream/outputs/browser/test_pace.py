from __future__ import annotations

import numpy as np
import pytest

from stream.outputs.browser.pace import Pace


@pytest.mark.parametrize(("offered_hz", "taken_hz"), [(10, 10), (25, 25), (30, 30), (44, 30), (60, 30), (200, 30)])
def test_no_more_than_the_rate_and_all_where_they_are_fewer(offered_hz: float, taken_hz: float) -> None:
    pace = Pace(30)
    late_s = np.random.default_rng(0).uniform(0, 0.008, round(offered_hz * 20))  # no camera is quite on time
    moments = 7 + np.arange(len(late_s)) / offered_hz + late_s
    taken = moments[[pace.take(moment) for moment in np.sort(moments)]]
    assert len(taken) == pytest.approx(20 * taken_hz, rel=0.01)
    assert np.diff(taken).max() < 1 / taken_hz + 1 / offered_hz + 0.008


def test_after_a_pause_there_is_no_crowd() -> None:
    pace = Pace(30)
    assert pace.take(0.0)
    assert sum(pace.take(100 + moment / 1000) for moment in range(100)) <= 4
