"""Sets of joints, their bones, and the mappings between them with what each mapping approximates.

Left and right are always the person's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# fmt: off
OPENPOSE18 = (
    "nose", "neck",
    "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
)
"""2D joints of the app: OpenPose's COCO model (Cao et al. 2017). The neck is the middle of the shoulders."""

H36M17 = (
    "pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "spine", "thorax", "nose", "head",
    "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
)
"""3D joints of the app: Human3.6M's 17, with the nose near its tip and the head at the vertex, as in our training data.
"""

COCO17 = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)
"""Joints of the COCO keypoint task."""

BODY_25 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe",
    "right_heel",
)
"""OpenPose's default joints."""

BLAZEPOSE33 = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
    "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb",
    "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel",
    "right_heel", "left_foot_index", "right_foot_index",
)
"""MediaPipe Pose's landmarks."""

OPENPOSE18_BONES = (
    (1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13),
    (1, 0), (0, 14), (14, 16), (0, 15), (15, 17),
)
"""Pairs of OPENPOSE18 joints that are drawn as bones."""

H36M17_BONES = (
    (0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9), (9, 10),
    (8, 11), (11, 12), (12, 13), (8, 14), (14, 15), (15, 16),
)
"""Pairs (parent, child) of H36M17 joints: a tree from the pelvis."""

_COCO_SIGMAS = {
    "nose": .026, "eye": .025, "ear": .035, "shoulder": .079, "elbow": .072, "wrist": .062, "hip": .107, "knee": .087,
    "ankle": .089, "neck": .079,
}
# fmt: on


def _part(name: str) -> str:
    return name.removeprefix("left_").removeprefix("right_")


OPENPOSE18_SIGMAS: NDArray[np.float64] = np.array([_COCO_SIGMAS[_part(name)] for name in OPENPOSE18])
"""Spread of human labels a joint, for object keypoint similarity (COCO's; the neck as a shoulder)."""


def side(name: str) -> str:
    """Which side of the body a joint is on: "left", "right" or "middle".

    >>> side("left_knee"), side("nose")
    ('left', 'middle')
    """
    head = name.split("_", maxsplit=1)[0]
    return head if head in ("left", "right") else "middle"


def flip_order(names: tuple[str, ...]) -> NDArray[np.intp]:
    """The index of every joint's mirror twin; `joints[flip_order(names)]` swaps left and right.

    >>> flip_order(("nose", "left_eye", "right_eye"))
    array([0, 2, 1])
    """
    swap = {"left": "right", "right": "left"}
    twins = []
    for name in names:
        words = [swap.get(word, word) for word in name.split("_")]
        twins.append(names.index("_".join(words)))
    return np.array(twins, np.intp)


@dataclass(frozen=True, slots=True)
class JointMapping:
    """How to make one set of joints from another.

    Attributes
    ----------
    source, target : tuple of str
        Names of the joints on both sides.
    parts : tuple of tuples of int
        For every target joint the source joints whose mean it is; empty where the source has no such joint.
    approximates : str
        In words, what is not the same thing on both sides.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    parts: tuple[tuple[int, ...], ...]
    approximates: str

    def points(
        self, points: NDArray[np.float32], score: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Map points (..., S, D) with scores (..., S) to (..., T, D) and (..., T).

        A joint made of several takes their mean and their lowest score; a joint that cannot be made scores 0.

        >>> one = np.ones((1, 18, 2), np.float32)
        >>> xy, score = OPENPOSE18_TO_COCO17.points(one, np.ones((1, 18), np.float32))
        >>> xy.shape, float(score.min())
        ((1, 17, 2), 1.0)
        """
        out = np.zeros((*points.shape[:-2], len(self.target), points.shape[-1]), np.float32)
        out_score = np.zeros(out.shape[:-1], np.float32)
        for joint, sources in enumerate(self.parts):
            if sources:
                out[..., joint, :] = points[..., sources, :].mean(axis=-2)
                out_score[..., joint] = score[..., sources].min(axis=-1)
        return out, out_score


def _mapping(
    source: tuple[str, ...], target: tuple[str, ...], made_of: dict[str, tuple[str, ...]], approximates: str
) -> JointMapping:
    """A mapping that takes equal names as they are and makes the others as `made_of` says."""
    parts = []
    for name in target:
        names = made_of.get(name, (name,) if name in source else ())
        parts.append(tuple(source.index(one) for one in names))
    return JointMapping(source, target, tuple(parts), approximates)


_SHOULDERS, _HIPS = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")

OPENPOSE18_TO_COCO17 = _mapping(OPENPOSE18, COCO17, {}, "Nothing: COCO17 is OPENPOSE18 without the neck.")
COCO17_TO_OPENPOSE18 = _mapping(COCO17, OPENPOSE18, {"neck": _SHOULDERS}, "The neck is the middle of the shoulders.")
OPENPOSE18_TO_BODY_25 = _mapping(
    OPENPOSE18, BODY_25, {"mid_hip": _HIPS}, "mid_hip is the middle of the hips; toes and heels do not exist."
)
BLAZEPOSE33_TO_OPENPOSE18 = _mapping(
    BLAZEPOSE33,
    OPENPOSE18,
    {"neck": _SHOULDERS},
    "The neck is the middle of the shoulders; BlazePose's hips lie a little lower and closer together than COCO's.",
)
H36M17_TO_OPENPOSE18 = _mapping(
    H36M17,
    OPENPOSE18,
    {"neck": _SHOULDERS},
    "The neck is the middle of the shoulders, not H36M's thorax; eyes and ears do not exist.",
)
