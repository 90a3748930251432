from __future__ import annotations

import numpy as np
import pytest

from detection.body_distances import MEAN_DISTANCE, SPREAD
from detection.training.distances import distances, load_tool, of_made_maps, of_photos, tables
from tests.shared import PHOTOS, SHARED


def test_distances_do_not_change_when_a_body_is_turned_moved_or_scaled() -> None:
    rng = np.random.default_rng(0)
    xy, known = rng.normal(size=(4, 18, 2)), rng.random((4, 18)) > 0.2
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    np.testing.assert_allclose(distances(3 * xy @ turn.T + 7, known), distances(xy, known))


@pytest.mark.real
def test_the_tables_are_what_the_data_says() -> None:
    photos = of_photos(PHOTOS / "coco_train" / "annotations.json")
    made = of_made_maps(load_tool(SHARED / "tools" / "paf_maps.py"))
    mean, spread = tables([photos, made])
    off_diagonal = ~np.eye(18, dtype=bool)
    np.testing.assert_allclose(MEAN_DISTANCE[off_diagonal], mean[off_diagonal], atol=0.02)
    np.testing.assert_allclose(SPREAD[off_diagonal], spread[off_diagonal], atol=0.02)
