"""How long drawing one moment takes: 1280x720, both panels, two people moving, without a display."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import numpy as np

from pose.camera import Intrinsics
from pose.joint_sets import H36M17_TO_OPENPOSE18, OPENPOSE18
from pose.types import Float32, Frame, Image, People
from render.coach_view import Arc, CoachCard, CoachView, Tone
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


def coach_of(time_s: float) -> CoachView:
    """Two people's cards: counts and rings that move, and cues that change."""
    turn = 2 * np.pi * 0.7 * time_s
    arc = Arc(OPENPOSE18.index("right_hip"), OPENPOSE18.index("right_knee"), OPENPOSE18.index("right_ankle"), 90.0)
    cards = [
        CoachCard(
            track_id=number,
            number=str(int(0.7 * time_s) + number),
            phase=("Down", "Now up")[int(1.4 * time_s) % 2],
            reach=0.6 - 0.6 * float(np.cos(turn + number)),
            tone=(Tone.PLAIN, Tone.GOOD, Tone.ADJUST)[int(time_s + number) % 3],
            banner=("", "Sit deeper", "Knees out")[int(time_s / 3 + number) % 3],
            banner_tone=(Tone.ADJUST, Tone.STOP)[number],
            title="Squat",
            timer=f"Set 0:{int(time_s):02d}",
            arc=replace(arc, degrees=90 + 80 * float(np.cos(turn + number))),
        )
        for number in range(2)
    ]
    return CoachView("Squat", tuple(cards))


def run(frames: int = 300) -> dict[str, Any]:
    """Draw `frames` moments and measure each: scaling the picture, drawing, figures and text, and putting it on screen.

    Returns
    -------
    dict
        `bench`, `width`, `height`, `p50_ms` and `p95_ms`; `coach_p50_ms` and `coach_p95_ms` with both people's coach.
    """
    plain, coached = _measured(frames, coached=False), _measured(frames, coached=True)
    return {
        "bench": "render",
        "p50_ms": plain[0],
        "p95_ms": plain[1],
        "coach_p50_ms": coached[0],
        "coach_p95_ms": coached[1],
        "width": WIDTH,
        "height": HEIGHT,
    }


def _measured(frames: int, coached: bool) -> tuple[float, float]:
    """Median and 95th percentile of drawing a moment, in milliseconds."""
    pictures = _pictures()
    renderer = Renderer(WIDTH, HEIGHT)
    screen = pygame.Surface((WIDTH, HEIGHT), depth=32)
    taken = []
    for index in range(WARM_UP + frames):
        time_s = index / 30
        status = Status(fps=29 + index // 15 % 3, latency_p95_ms=40 + index // 15 % 20, engine="OpenVINO INT8")
        coach = coach_of(time_s) if coached else None
        view = View(Frame(pictures[index % len(pictures)], index, time_s), moving_people(time_s), status, coach=coach)
        start = time.perf_counter()
        screen.blit(renderer.draw(view, ViewOptions(), OrbitCamera()), (0, 0))
        taken.append((time.perf_counter() - start) * 1000)
    p50, p95 = np.percentile(taken[WARM_UP:], (50, 95))
    return round(float(p50), 2), round(float(p95), 2)


def _pictures() -> list[Image]:
    """A few different camera pictures, so that no cache flatters."""
    random = np.random.default_rng(0)
    coarse = random.integers(40, 200, (4, HEIGHT // 16, WIDTH // 16, 3), np.uint8)
    return [np.repeat(np.repeat(one, 16, axis=0), 16, axis=1) for one in coarse]


if __name__ == "__main__":
    print(json.dumps(run()))
