from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from benchmarks.lifting import run
from lifting.errors import LiftingError
from tests.lifting.helpers import weight_file


def test_every_figure_is_there_and_positive(tmp_path: Path) -> None:
    result = run(weight_file(tmp_path), rounds=1)
    assert result["bench"] == "lifting"
    assert result["receptive_field"] == 81
    for name in ("ms", "ms_8_people", "lifter_ms", "reference_ms", "equivalent_ms"):
        value = result[name]
        assert isinstance(value, float)
        assert value > 0


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LiftingError, match="pip install"):
        run()
