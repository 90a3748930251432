"""The left panel: the picture with everybody's 2D skeleton and id."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pose.joint_sets import OPENPOSE18, OPENPOSE18_BONES, side
from pose.types import UNTRACKED, Image, People
from render.canvas import Canvas
from render.layout import Fit, Rect
from render.palette import BONE_SIDES_2D, SIDES, tint
from render.view import ViewOptions

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

BONES = np.array(OPENPOSE18_BONES)
BONE_COLOURS = np.array([SIDES[s] for s in BONE_SIDES_2D], np.float32)
JOINT_COLOURS = np.array([SIDES[side(name)] for name in OPENPOSE18], np.float32)
NOSE = OPENPOSE18.index("nose")
HEAD_JOINTS = np.array([i for i, name in enumerate(OPENPOSE18) if name.endswith(("nose", "eye", "ear"))])
HEAD_BONES = np.isin(BONES, HEAD_JOINTS).any(axis=1)
HEAD_WIDTH = 0.6
"""Bones of the head are thinner, so that one still sees the face."""
BONE_SHARE = np.array(
    [0.13, 0.17, 0.15, 0.13, 0.17, 0.15, 0.3, 0.24, 0.24, 0.3, 0.24, 0.24, 0.16, 0.05, 0.08, 0.05, 0.08]
)
"""Length of each bone over its person's height, by and large; of the head more, as its joints are close together."""
THICKNESS = 0.0095
"""Half the thickness of a bone over the person's height."""
THICKNESS_RANGE = (1.1, 8.0)
OUTLINE = (16.0, 14.0, 12.0)
HEAD_SHARE = 0.07
"""From the eyes to the top of the head over the person's height."""
FADED = 0.3
"""Opacity of everybody else while one person is chosen."""
HALVING_FROM = 2.0
LABEL_PX = 14.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where bones were drawn, for finding who was clicked on.

    Attributes
    ----------
    ends : array, shape (N, 4)
        x0, y0, x1, y1 in window pixels.
    radius : array, shape (N,)
        Half the thickness in pixels.
    track_id : array, shape (N,)
        Whose bone it is.
    """

    ends: Float
    radius: Float
    track_id: NDArray[np.int32]


def nothing_drawn() -> Drawn:
    """No bones."""
    return Drawn(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int32))


def scaled(image: Image, width: int, height: int) -> Image:
    """The picture in another size, quickly: halved by area while it is at least twice too large, then linearly.

    >>> scaled(np.full((40, 60, 3), 7, np.uint8), 10, 5).shape
    (5, 10, 3)
    """
    while image.shape[1] >= HALVING_FROM * width and image.shape[0] >= HALVING_FROM * height:
        rows, columns = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
        image = np.asarray(
            cv2.resize(image[:rows, :columns], (columns // 2, rows // 2), interpolation=cv2.INTER_AREA), np.uint8
        )
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def person_height(xy: Float, known: Bool) -> Float:
    """About how tall everybody would stand in pixels (K,), from joints (K, 18, 2) that are `known` (K, 18).

    The longest bone for its share of a body counts, as the others are foreshortened; 0 where no bone is known.
    """
    length = np.linalg.norm(xy[:, BONES[:, 0]] - xy[:, BONES[:, 1]], axis=-1)  # (K, B)
    both = known[:, BONES].all(axis=-1)
    return np.asarray(np.where(both, length / BONE_SHARE, 0.0).max(axis=1, initial=0.0))


def draw_people(
    canvas: Canvas, fit: Fit, people: People, options: ViewOptions, scale: float, label_px: float = LABEL_PX
) -> Drawn:
    """Draw everybody's bones and labels over the picture that lies at `fit`; the text of labels is `label_px` high."""
    if not len(people):
        return nothing_drawn()
    known = (people.score > 0) & (people.score >= options.min_score) & np.isfinite(people.xy_px).all(axis=-1)
    xy = fit.to_window(np.where(known[..., None], people.xy_px, 0.0))  # (K, 18, 2)
    height = person_height(xy, known)
    radius = np.clip(height * THICKNESS, *THICKNESS_RANGE)  # (K,)
    alpha = np.ones(len(people))
    if options.selected is not None and options.selected in people.track_id:
        alpha[people.track_id != options.selected] = FADED

    both = known[:, BONES].all(axis=-1)  # (K, B)
    ends = xy[:, BONES].reshape(len(people), len(BONES), 4)
    bone_radius = radius[:, None] * np.where(HEAD_BONES, HEAD_WIDTH, 1.0)  # (K, B)
    dots = np.concatenate([xy, xy], axis=-1)  # (K, 18, 4)
    dot_radius = np.repeat(radius[:, None] * 1.45, xy.shape[1], axis=1)
    dot_radius[:, HEAD_JOINTS] *= HEAD_WIDTH
    rim = np.maximum(1.0, 0.35 * radius)[:, None]
    for k in np.argsort(alpha, kind="stable"):
        bones, joints = both[k], known[k]
        lines = np.concatenate([ends[k][bones], dots[k][joints]])
        widths = np.concatenate([bone_radius[k][bones], dot_radius[k][joints]])
        colours = np.concatenate([BONE_COLOURS[bones], JOINT_COLOURS[joints]])
        canvas.strokes(fit.area, lines, widths + rim[k], OUTLINE, 0.6 * alpha[k])
        canvas.strokes(fit.area, lines, widths, colours, alpha[k])
    _labels(canvas, fit.area, people.track_id, _Placed(xy, known, height, alpha), scale * label_px)
    owner = np.broadcast_to(people.track_id[:, None], both.shape)
    return Drawn(ends[both], bone_radius[both], owner[both])


@dataclass(frozen=True, slots=True)
class _Placed:
    """People in window pixels: joints (K, 18, 2), which are known (K, 18), how tall and how opaque each is (K,)."""

    xy: Float
    known: Bool
    height: Float
    alpha: Float


def _labels(canvas: Canvas, area: Rect, track_id: NDArray[np.int32], placed: _Placed, size: float) -> None:
    """Everybody's id over the head, or over the highest joint."""
    for k in range(len(track_id)):
        known = placed.known[k]
        if track_id[k] == UNTRACKED or not known.any():
            continue
        seen = placed.xy[k][known]
        top = seen[seen[:, 1].argmin()]
        x = placed.xy[k, NOSE, 0] if known[NOSE] else top[0]
        y = top[1] - HEAD_SHARE * placed.height[k] - 0.86 * size
        number = int(track_id[k])
        canvas.chip(area, (x, y), str(number), size_px=round(size), colour=tint(number), alpha=float(placed.alpha[k]))
