"""What a training shows of itself: curves, and a sheet of predictions, as PNG in the run folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import nn

from detection.decoder import Decoder
from detection.training.photos import Photos
from detection.training.validate import Scores, find_people
from pose.files import written_beside
from pose.joint_sets import OPENPOSE18 as NAMES
from pose.joint_sets import OPENPOSE18_BONES, side
from pose.types import Image

_EVERY = 50
"""Losses are kept as means of so many steps."""
_RATE_STEPS = 20
_SIDE_COLOURS = {"left": (60, 200, 255), "right": (255, 140, 60), "middle": (90, 230, 90)}


@dataclass(slots=True)
class History:
    """Losses and scores over the pictures seen."""

    losses: list[tuple[int, float]] = field(default_factory=list)
    scores: list[tuple[int, float, float, float]] = field(default_factory=list)
    _recent: list[float] = field(default_factory=list)
    _times: list[tuple[int, float]] = field(default_factory=list)

    def add_loss(self, seen: int, loss: float, now_s: float) -> None:
        """Take note of a step; a loss that is not finite counts as missing."""
        if np.isfinite(loss):
            self._recent.append(loss)
        self._times = [*self._times[-_RATE_STEPS:], (seen, now_s)]
        if len(self._recent) >= _EVERY:
            self.losses.append((seen, float(np.mean(self._recent))))
            self._recent.clear()

    def add_scores(self, seen: int, scores: Scores) -> None:
        """Take note of a validation."""
        self.scores.append((seen, scores.recall, scores.precision, scores.pck))

    def state(self, seen: int) -> str:
        """Pictures, loss and speed in a few words."""
        loss = np.mean(self._recent[-20:]) if self._recent else self.losses[-1][1] if self.losses else np.nan
        (first, start), (last, end) = self._times[0], self._times[-1]
        rate = (last - first) / (end - start) if end > start else 0.0
        return f"{seen} pictures, loss {loss:.4f}, {rate:.0f} pictures/s"

    def to_dict(self) -> dict[str, Any]:
        """As plain lists, for the checkpoint."""
        return {"losses": [list(row) for row in self.losses], "scores": [list(row) for row in self.scores]}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> History:
        """What `to_dict` gave."""
        return cls(
            [(int(seen), float(loss)) for seen, loss in content["losses"]],
            [(int(row[0]), float(row[1]), float(row[2]), float(row[3])) for row in content["scores"]],
        )


def draw_curves(history: History, path: Path) -> None:
    """Loss and validation scores over the pictures seen."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    if history.losses:
        seen, losses = np.array(history.losses).T
        left.plot(seen, losses)
        left.set_yscale("log")
    left.set(xlabel="pictures", title="training loss")
    if history.scores:
        table = np.array(history.scores)
        for column, name in enumerate(("recall", "precision", "PCK on LSPET"), start=1):
            right.plot(table[:, 0], table[:, column], marker=".", label=name)
        right.legend()
    right.set(xlabel="pictures", title="validation photos", ylim=(0, 1))
    with written_beside(path) as partial:
        figure.savefig(partial, dpi=90)


def draw_predictions(
    network: nn.Module,
    photos: Photos,
    device: torch.device,
    path: Path,
    columns: int = 6,
    rows: int = 4,
    tile: int = 240,
) -> None:
    """People found in some of the photos, evenly from all of them; left sides in orange, right ones in blue."""
    decoder = Decoder()
    sheet = np.zeros((rows * tile, columns * tile, 3), np.uint8)
    for place, index in enumerate(np.linspace(0, len(photos) - 1, rows * columns).astype(int)):
        image = photos.picture(int(index))
        drawn = draw_people(image, find_people(network, decoder, image, device))
        scale = tile / max(drawn.shape[:2])
        small = cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:tile, :tile]
        top, left = place // columns * tile, place % columns * tile
        sheet[top : top + small.shape[0], left : left + small.shape[1]] = small
    _, data = cv2.imencode(".png", sheet)
    with written_beside(path) as partial:
        partial.write_bytes(data.tobytes())


def draw_people(image: Image, people: np.ndarray[Any, np.dtype[np.float32]]) -> Image:
    """A copy of the picture with the bones of people (K, 18, 3)."""
    out = image.copy()
    for person in people:
        for first, second in OPENPOSE18_BONES:
            if person[first, 2] > 0 and person[second, 2] > 0:
                a, b = (tuple(np.round(person[joint, :2]).astype(int).tolist()) for joint in (first, second))
                cv2.line(out, a, b, _SIDE_COLOURS[side(NAMES[second])], 2, cv2.LINE_AA)
        for x, y, score in person:
            if score > 0:
                cv2.circle(out, (round(float(x)), round(float(y))), 2, (255, 255, 255), -1, cv2.LINE_AA)
    return out
