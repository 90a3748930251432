from __future__ import annotations

import numpy as np
import pytest

from detection.offline.appearance import COLOURS, colour_distance, mean_colours, trunk_colours
from tests.detection.offline.walkers import FIGURE

XY = (FIGURE + 200).astype(np.float32)[None]
SEEN = np.ones((1, 18), np.float32)


def shirt(bgr: tuple[int, int, int], brightness: float = 1.0) -> np.ndarray:
    image = np.full((400, 400, 3), 40, np.uint8)
    image[90:210, 150:250] = (np.array(bgr) * brightness).astype(np.uint8)
    return image


def test_a_shirt_is_known_again_in_other_light() -> None:
    red = mean_colours(trunk_colours(shirt((20, 20, 220)), XY, SEEN))
    darker = mean_colours(trunk_colours(shirt((20, 20, 220), 0.6), XY, SEEN))
    blue = mean_colours(trunk_colours(shirt((220, 20, 20)), XY, SEEN))
    white, black = (mean_colours(trunk_colours(shirt((v, v, v)), XY, SEEN)) for v in (250, 15))
    assert colour_distance(red, darker) < 0.1
    assert colour_distance(red, blue) > 0.9
    assert colour_distance(white, black) > 0.9
    assert red.sum() == pytest.approx(1)


def test_who_is_not_seen_whole_has_no_colours() -> None:
    score = SEEN.copy()
    score[0, 8] = 0
    assert not trunk_colours(shirt((20, 20, 220)), XY, score).any()
    assert trunk_colours(shirt((20, 20, 220)), XY[:0], SEEN[:0]).shape == (0, COLOURS)
    assert np.isnan(colour_distance(np.zeros(COLOURS), np.ones(COLOURS)))


def test_a_trunk_beyond_the_edge_counts_by_what_is_inside() -> None:
    beyond = XY - (150, 0)  # half of it left of the picture
    image = np.full((400, 400, 3), (20, 220, 20), np.uint8)
    colours = trunk_colours(image, beyond.astype(np.float32), SEEN)
    assert colours.sum() == 255
    outside = trunk_colours(image, (XY + 5000).astype(np.float32), SEEN)
    assert not outside.any()
