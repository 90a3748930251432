"""How long drawing one moment takes: 1280x720, both panels, two people moving, without a display."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

from pose.camera import Intrinsics
from pose.joint_sets import H36M17_TO_OPENPOSE18
from pose.types import Float32, Frame, Image, People
from render.orbit import OrbitCamera
from render.renderer import Renderer
from render.sdl import pygame
from render.view import Status, View, ViewOptions

WIDTH, HEIGHT = 1280, 720
WARM_UP = 30
# fmt: off
STANDING_M = np.array([
    (0, 0, 0), (-.12, 0, 0), (-.13, .42, 0), (-.13, .84, .03), (.12, 0, 0), (.13, .42, 0), (.13, .84, .03),
    (0, -.24, .02), (0, -.48, .02), (0, -.6, -.12), (0, -.76, 0),
    (.16, -.45, .02), (.2, -.17, .02), (.22, .08, -.03), (-.16, -.45, .02), (-.2, -.17, .02), (-.22, .08, -.03),
], np.float32)
# fmt: on
"""H36M17 joints of somebody who stands and looks into the camera, camera axes, metres."""


def moving_people(time_s: float) -> People:
    """Two people who walk about and swing their arms, by arithmetic."""
    joints, roots = [], []
    for number in range(2):
        phase = 2 * np.pi * 0.7 * time_s + number
        body = STANDING_M.copy()
        for elbow, wrist, way in ((12, 13, 1), (15, 16, -1)):
            body[elbow] += way * np.array([0.1, -0.1, 0], np.float32) * np.float32(np.sin(phase))
            body[wrist] += way * np.array([0.25, -0.35, 0], np.float32) * np.float32(np.sin(phase))
        joints.append(body)
        roots.append([(-0.7, 0.7)[number] + 0.3 * np.sin(phase / 3), 0.1, 3.0 + number + 0.3 * np.cos(phase / 3)])
    root = np.array(roots, np.float32)
    xyz = np.stack(joints)  # (2, 17, 3)
    xy = Intrinsics.from_fov(WIDTH, HEIGHT).project(xyz + root[:, None]).astype(np.float32)
    xy18, score = H36M17_TO_OPENPOSE18.points(xy, np.ones(xy.shape[:2], np.float32))
    ids = np.arange(2, dtype=np.int32)
    return People.detected(xy18, score).with_tracks(ids, xy18, score, xy18).with_3d(xyz, root, _all_valid(xyz))


def _all_valid(xyz: Float32) -> Any:
    return np.ones(xyz.shape[:2], np.bool_)


def run(frames: int = 300) -> dict[str, Any]:
    """Draw `frames` moments and measure each: scaling the picture, drawing, figures and text, and putting it on screen.

    Returns
    -------
    dict
        `bench`, `width`, `height`, `p50_ms` and `p95_ms`.
    """
    pictures = _pictures()
    renderer = Renderer(WIDTH, HEIGHT)
    screen = pygame.Surface((WIDTH, HEIGHT), depth=32)
    taken = []
    for index in range(WARM_UP + frames):
        time_s = index / 30
        status = Status(fps=29 + index // 15 % 3, latency_p95_ms=40 + index // 15 % 20, engine="OpenVINO INT8")
        view = View(Frame(pictures[index % len(pictures)], index, time_s), moving_people(time_s), status)
        start = time.perf_counter()
        screen.blit(renderer.draw(view, ViewOptions(), OrbitCamera()), (0, 0))
        taken.append((time.perf_counter() - start) * 1000)
    p50, p95 = np.percentile(taken[WARM_UP:], (50, 95))
    return {
        "bench": "render",
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        "width": WIDTH,
        "height": HEIGHT,
    }


def _pictures() -> list[Image]:
    """A few different camera pictures, so that no cache flatters."""
    random = np.random.default_rng(0)
    coarse = random.integers(40, 200, (4, HEIGHT // 16, WIDTH // 16, 3), np.uint8)
    return [np.repeat(np.repeat(one, 16, axis=0), 16, axis=1) for one in coarse]


if __name__ == "__main__":
    print(json.dumps(run()))
