"""Made people: skeletons of OPENPOSE18 that stand, walk and swing their limbs, with known joints in every frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detection.offline.appearance import COLOURS
from detection.offline.detections import DetectionRecorder, Detections
from detection.offline.tracks import Track
from pose.types import Frame, People

FPS = 30.0
Float = NDArray[np.float64]

# An upright figure of 100 px torso about its mid-hip, as seen from the front: the person's left is on the right.
FIGURE: Float = np.array(
    [
        (0, -130), (0, -100), (-35, -100), (-45, -45), (-48, 5), (35, -100), (45, -45), (48, 5),
        (-15, 0), (-17, 85), (-18, 170), (15, 0), (17, 85), (18, 170), (-6, -136), (6, -136), (-13, -132), (13, -132),
    ],
    np.float64,
)  # fmt: skip


def clothes(hue: int) -> NDArray[np.uint8]:
    """Colours of a shirt in one hue (0..11), with some grey."""
    out = np.zeros(COLOURS, np.uint8)
    out[hue], out[-3] = 200, 55
    return out


def walk(frames: int, start: tuple[float, float] = (300, 300), speed_px_s: float = 60.0) -> Float:
    """Joints (frames, 18, 2) of somebody who walks to the right, arms and legs swinging."""
    time_s = np.arange(frames) / FPS
    out = np.repeat(FIGURE[None], frames, axis=0) + np.array(start)
    out[..., 0] += (speed_px_s * time_s)[:, None]
    swing = 25 * np.sin(2 * np.pi * 1.0 * time_s)
    for joint, share in ((3, 0.5), (4, 1.0), (12, 0.6), (13, 1.0)):
        out[:, joint, 0] += share * swing
    for joint, share in ((6, 0.5), (7, 1.0), (9, 0.6), (10, 1.0)):
        out[:, joint, 0] -= share * swing
    return out


def found(people: list[tuple[NDArray[np.int_], Float, int]], frames: int) -> Detections:
    """Detections of people, each given by the frames in which they are found, joints there, and the shirt's hue."""
    recorder = DetectionRecorder()
    image = np.zeros((600, 800, 3), np.uint8)
    for number in range(frames):
        here = [(xy[np.flatnonzero(which == number)[0]], hue) for which, xy, hue in people if number in which]
        xy = np.array([one for one, _ in here], np.float32).reshape(-1, 18, 2)
        colours = np.array([clothes(hue) for _, hue in here], np.uint8).reshape(-1, COLOURS)
        people_here = People.detected(xy, np.full(xy.shape[:2], 0.8, np.float32))
        recorder.add(Frame(image, number, number / FPS), people_here, colours)
    return recorder.detections()


def track(track_id: int, place: NDArray[np.int_], xy: Float, hue: int = 0) -> Track:
    """A tracklet in one shirt."""
    score = np.full(xy.shape[:2], 0.8, np.float32)
    return Track(track_id, place.astype(np.int64), xy.astype(np.float32), score, np.tile(clothes(hue), (len(place), 1)))
