from __future__ import annotations

from pathlib import Path

import numpy as np

from lifting.training.app_evaluation import RATES_HZ, by_rate
from lifting.training.mocap import Motion
from tests.lifting.helpers import STANDING, weight_file

SWAYING = STANDING[None] + 0.05 * np.sin(np.arange(60) / 9)[:, None, None]


def test_every_rate_has_its_row_and_thirty_is_the_measure(tmp_path: Path) -> None:
    motion = Motion("a", "b", 30.0, SWAYING.astype(np.float32))
    rows = by_rate([motion], weight_file(tmp_path), clips=2)
    assert set(rows) == {f"{rate}hz" for rate in RATES_HZ}
    assert rows["30hz"]["from_30hz_mm"] == 0
    assert rows["15hz"]["from_30hz_mm"] > 0
    for row in rows.values():
        assert 0 <= row["swaps_per_1000"] <= 1000
        assert row["pa_mpjpe_mm"] <= row["mpjpe_mm"] + 1e-6
