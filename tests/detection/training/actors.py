"""Little pictures of stick people, for the tests of the training."""

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.skeleton import JOINTS
from detection.training.labels import KNOWN
from detection.training.photos import Photos, PhotosBuilder
from pose.joint_sets import OPENPOSE18_BONES

# A body of height 1, seen from the front, in OPENPOSE18.
# fmt: off
BODY = np.array(
    [(0, 0.06), (0, 0.18), (-0.1, 0.18), (-0.16, 0.33), (-0.18, 0.48), (0.1, 0.18), (0.16, 0.33), (0.18, 0.48),
     (-0.06, 0.5), (-0.07, 0.73), (-0.07, 0.96), (0.06, 0.5), (0.07, 0.73), (0.07, 0.96),
     (-0.02, 0.04), (0.02, 0.04), (-0.05, 0.05), (0.05, 0.05)],
    np.float32,
)
# fmt: on


def stick_person(left: float, top: float, height: float) -> NDArray[np.float32]:
    """Joints (18, 2) of somebody whose middle is at `left`."""
    return np.asarray(BODY * height + [left, top], np.float32)


def stick_photos(count: int, source: str = "coco", side: int = 96) -> Photos:
    """Grey pictures with one person in bright lines each, at a place of its own."""
    builder = PhotosBuilder(source)
    for index in range(count):
        image = np.full((side, side, 3), 60, np.uint8)
        joints = stick_person(side / 2 + 3 * index - count, 6 + index % 3, side * 0.85)
        for first, second in OPENPOSE18_BONES:
            a, b = (tuple(np.round(joints[joint]).astype(int).tolist()) for joint in (first, second))
            cv2.line(image, a, b, (90 + 9 * second, 250 - 9 * first, 40 + 11 * second), 3)
        builder.add_picture(f"stick{index}.png", bytes(cv2.imencode(".png", image)[1]))
        builder.add_person(joints, np.full(JOINTS, KNOWN, np.uint8))
    return builder.photos()
