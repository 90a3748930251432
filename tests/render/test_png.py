from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from render.errors import RenderError
from render.png import save_png

IMAGE = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)


def test_a_screenshot_is_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "shot.png"
    save_png(path, IMAGE)
    np.testing.assert_array_equal(cv2.imread(str(path)), IMAGE)
    assert [p.name for p in path.parent.iterdir()] == ["shot.png"]


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(RenderError, match="cannot write the screenshot"):
        save_png(tmp_path / "file" / "shot.png", IMAGE)
    folder = tmp_path / "shot.png"
    folder.mkdir()
    with pytest.raises(RenderError, match="cannot write the screenshot"):
        save_png(folder, IMAGE)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "shot.png"]
