"""How good a network in training is, on photos that it is not trained on: the figures to choose by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detection.decoder import Decoder
from detection.training.labels import KNOWN
from detection.training.network import STRIDE, Maps
from detection.training.photos import Photos, shrink
from pose.joint_sets import OPENPOSE18, OPENPOSE18_SIGMAS
from pose.metrics import oks
from pose.metrics2d import torso_diameter
from pose.types import Image

Float32 = NDArray[np.float32]

Predictor = Callable[[Tensor], list[Maps]]
"""What is looked at: a network in evaluation mode, or anything else that gives maps of pictures, the best last."""

NET_SIDE = 320
"""Longer side at which photos are seen."""
_MATCH_OKS = 0.5
_PCK_TORSO = 0.2
_NECK = OPENPOSE18.index("neck")


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares 0..1 on validation photos.

    Attributes
    ----------
    recall, precision : float
        Of people found with an object keypoint similarity of at least 0.5, over all sources but LSPET.
    pck : float
        Of LSPET's joints within 0.2 of the torso (`pose.metrics2d.torso_diameter`) of the person that fits best.
    """

    recall: float
    precision: float
    pck: float

    @property
    def mean(self) -> float:
        """What networks are chosen by: F1 of people and PCK, half each."""
        both = self.recall + self.precision
        return ((2 * self.recall * self.precision / both if both else 0.0) + self.pck) / 2

    def __str__(self) -> str:
        return f"recall {self.recall:.3f}, precision {self.precision:.3f}, PCK {self.pck:.3f}"


def validate(network: Predictor, photos: Photos, device: torch.device) -> Scores:
    """Scores of a network in evaluation mode; photos without labels for everybody only count for PCK."""
    decoder = Decoder()
    found_people = true_people = matched = 0
    close: list[bool] = []
    for index in range(len(photos)):
        people = find_people(network, decoder, photos.picture(index), device)
        rows = np.flatnonzero(photos.person_photo == index)
        if photos.source[index] == "lspet":
            for row in rows:
                close.extend(close_joints(people, photos.joints[row], photos.state[row] == KNOWN))
            continue
        counted = [row for row in rows if (photos.state[row] == KNOWN).sum() >= 5]
        free = [one for one in people if not _in_a_box(one, photos.ignored[photos.ignored_photo == index])]
        hits = match(free, photos, np.array(counted, np.intp))
        matched += hits
        true_people += len(counted)
        found_people += len(free) - _matches_uncounted(free, photos, rows, counted, hits)
    return Scores(
        matched / max(true_people, 1), matched / max(found_people, 1), float(np.mean(close)) if close else 0.0
    )


def network_input(image: Image, longest: int = NET_SIDE) -> tuple[Tensor, float]:
    """A picture as the network sees it, RGB 0..1 (1, 3, H, W) with sides of multiples of 8, and its scale."""
    scale = min(1.0, longest / max(image.shape[:2]))
    if scale < 1:
        image = shrink(image, scale)
    height, width = (-(-side // STRIDE) * STRIDE for side in image.shape[:2])
    canvas = np.full((height, width, 3), 128, np.uint8)
    canvas[: image.shape[0], : image.shape[1]] = image
    rgb = torch.from_numpy(np.ascontiguousarray(canvas[:, :, ::-1].transpose(2, 0, 1)))
    return rgb[None].float() / 255, scale


@torch.no_grad()
def find_people(network: Predictor, decoder: Decoder, image: Image, device: torch.device) -> Float32:
    """Everybody in a picture: (K, 18, 3) x, y in its pixels, score."""
    pictures, scale = network_input(image)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        maps = network(pictures.to(device))[-1]
    heatmaps, fields = (one[0].float().cpu().numpy() for one in (maps.heatmaps, maps.fields))
    people, _ = decoder.decode(np.ascontiguousarray(heatmaps), np.ascontiguousarray(fields))
    people = people.copy()
    people[:, :, :2] = (people[:, :, :2] * STRIDE + STRIDE / 2) / scale - 0.5
    return people


def close_joints(people: Float32, joints: Float32, known: NDArray[np.bool_]) -> list[bool]:
    """For each known joint whether the best of the people found has it within 0.2 of the torso: PCK of LSP.

    Without a shoulder and the hip across the torso is taken as half the height of the known joints.
    """
    torso = float(torso_diameter(joints[None], known[None], OPENPOSE18)[0])
    if not np.isfinite(torso):
        torso = float(np.ptp(joints[known], axis=0).max()) / 2
    known = known.copy()
    known[_NECK] = False  # LSPET's is another point than the middle of the shoulders
    best = np.zeros(int(known.sum()), bool)
    for person in people:
        distance = np.linalg.norm(person[known, :2] - joints[known], axis=1)
        close = (distance <= _PCK_TORSO * max(torso, 1)) & (person[known, 2] > 0)
        if close.sum() > best.sum():
            best = close
    return [bool(one) for one in best]


def match(found: list[Float32], photos: Photos, rows: NDArray[np.intp]) -> int:
    """How many of the true people in `rows` are found, one to one, the most similar first."""
    similarity = np.array([[_similarity(one, photos, int(row)) for row in rows] for one in found]).reshape(
        len(found), len(rows)
    )
    hits = 0
    while similarity.size and similarity.max() >= _MATCH_OKS:
        first, second = np.unravel_index(similarity.argmax(), similarity.shape)
        similarity[first, :] = similarity[:, second] = -1
        hits += 1
    return hits


def _similarity(found: Float32, photos: Photos, row: int) -> float:
    box, known = photos.boxes[row], photos.state[row] == KNOWN
    area = 0.53 * float((box[2] - box[0]) * (box[3] - box[1]))  # about what a body fills of its box
    known = known.copy()
    known[_NECK] = False
    there = np.where(found[:, 2:] > 0, found[:, :2], 1e6)
    return oks(there, photos.joints[row], known, area, OPENPOSE18_SIGMAS)


def _matches_uncounted(
    found: list[Float32], photos: Photos, rows: NDArray[np.intp], counted: list[int], hits: int
) -> int:
    """People found beyond the hits who fit somebody with too few joints to be counted: neither right nor wrong."""
    others = np.array([row for row in rows if row not in counted], np.intp)
    return min(match(found, photos, others), len(found) - hits)


def _in_a_box(person: Float32, boxes: Float32) -> bool:
    """Whether most joints of somebody lie in one of the boxes where nothing is known."""
    points = person[person[:, 2] > 0, :2]
    return any(float(((points >= box[:2]) & (points <= box[2:])).all(axis=1).mean()) > 0.5 for box in boxes)
