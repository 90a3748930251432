"""The 3D view on real motion: everybody stays in view, and the view stays calm."""

from __future__ import annotations

import numpy as np
import pytest

from render.figure import figures_of
from render.framing import Framing
from render.layout import Rect
from render.orbit import OrbitCamera, Projection
from tests.shared import MOCAP

pytestmark = pytest.mark.real
PANEL = Rect(0, 0, 530, 680)


@pytest.mark.parametrize(
    ("file", "take", "calm_m"),
    [
        ("uiprmd.npz", "s01_m01_correct_e01", 0.12),
        ("cmu_8actions.npz", "walking_test1", None),
        ("cmu_exercises.npz", 0, None),
    ],
)
def test_real_motion_stays_in_view(file: str, take: str | int, calm_m: float | None) -> None:
    data = np.load(MOCAP / file)
    names = list(data["names"])
    index = take if isinstance(take, int) else next(i for i, name in enumerate(names) if str(name).startswith(take[:7]))
    start, stop = data["starts"][index : index + 2]
    joints = data["xyz"][start:stop].astype(np.float64) / 1000  # (T, 17, 3), z up
    scene = np.stack([joints[..., 0], joints[..., 2], -joints[..., 1]], axis=-1)
    framing, targets, outside = Framing(), [], 0
    for number, frame in enumerate(scene):
        one = figures_of(frame[None], np.ones((1, 17), np.bool_), np.zeros(1, np.int32))
        framed = framing.step([one.seen(0)], [one.sole_m(0)], number / float(data["fps"][index]))
        distance = framed.distance_m(PANEL.width, PANEL.height, OrbitCamera().elevation_deg)
        projection = Projection.looking(OrbitCamera(), framed.target_m, distance, PANEL)
        places = projection.to_window(projection.to_camera(frame))
        outside += int(not ((places > -0.5) & (places < (PANEL.width, PANEL.height))).all())
        targets.append(framed.target_m)
    assert outside == 0
    if calm_m is not None:
        assert np.ptp(np.array(targets), axis=0).max() < calm_m
