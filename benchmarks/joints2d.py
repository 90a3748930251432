"""`eval detector`: everything that is said of a network's 2D joints, on photos with COCO's labels.

OKS AP and AR rank everybody who is found; PCK, PCKh, PCP and PDJ look at each labelled person and at whom the app would
have shown for it: the most similar one of those found, one to one, nobody where nobody is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.detector import (
    EvaluationOptions,
    Float32,
    Network,
    coco_results,
    found_people,
    place_missing,
    read_labels,
    score_results,
)
from detection.decoder import Decoder, DecoderSettings
from detection.errors import DetectionError
from detection.network import PafNetwork
from pose.joint_sets import COCO17, OPENPOSE18_SIGMAS, OPENPOSE18_TO_COCO17
from pose.metrics import oks
from pose.metrics2d import Hits, pck, pckh, pcp, pdj

LIMBS = {
    "upper arm": (("left_shoulder", "left_elbow"), ("right_shoulder", "right_elbow")),
    "forearm": (("left_elbow", "left_wrist"), ("right_elbow", "right_wrist")),
    "thigh": (("left_hip", "left_knee"), ("right_hip", "right_knee")),
    "shin": (("left_knee", "left_ankle"), ("right_knee", "right_ankle")),
    "trunk": (("left_shoulder", "left_hip"), ("right_shoulder", "right_hip")),
}
"""Limbs of PCP, of each side."""

_SIGMAS = OPENPOSE18_SIGMAS[[parts[0] for parts in OPENPOSE18_TO_COCO17.parts]]
_LIMB_ENDS = tuple((COCO17.index(a), COCO17.index(b)) for pairs in LIMBS.values() for a, b in pairs)
_TIMED = (256, 456)
_ROUNDS, _WARM_UP = 40, 5


@dataclass(frozen=True, slots=True)
class JointScores:
    """Scores of one network.

    Attributes
    ----------
    oks_ap, oks_ar : float
        COCO's, 20 people a photo.
    pck, pckh, pdj : Hits
        Of COCO17's joints.
    pcp : Hits
        Of `LIMBS`, left and right after each other.
    network_ms : float
        Lowest of 40 inferences of a 456x256 picture, preparation included.
    """

    oks_ap: float
    oks_ar: float
    pck: Hits
    pckh: Hits
    pdj: Hits
    pcp: Hits
    network_ms: float

    def to_json(self, weights: str, net_size: int) -> dict[str, Any]:
        """The scores as one flat object."""
        figures = {
            "oks_ap": self.oks_ap,
            "oks_ar": self.oks_ar,
            "pck": self.pck.mean,
            "pckh": self.pckh.mean,
            "pcp": self.pcp.mean,
            "pdj": self.pdj.mean,
            "network_ms": self.network_ms,
        }
        # JSON knows no NaN: a figure that nobody's labels allow is null.
        numbers = {name: round(value, 4) if np.isfinite(value) else None for name, value in figures.items()}
        return {"weights": weights, "net_size": net_size, **numbers}

    def by_joint(self) -> list[tuple[str, list[str]]]:
        """Rows of a table: PCK, PCKh and PDJ of every pair of joints, then the mean over the joints."""
        hits = (self.pck, self.pckh, self.pdj)
        names = list(dict.fromkeys(_part(name) for name in COCO17))
        rows = [(name, [_percent(_both(one, COCO17, name)) for one in hits]) for name in names]
        return [*rows, ("mean", [_percent(one.mean) for one in hits])]

    def by_limb(self) -> list[tuple[str, str]]:
        """Rows of a table: PCP of every limb, both sides together, then the mean."""
        rows = []
        for index, name in enumerate(LIMBS):
            right, counted = (
                int(values[2 * index : 2 * index + 2].sum()) for values in (self.pcp.right, self.pcp.counted)
            )
            rows.append((name, _percent(right / counted if counted else float("nan"))))
        return [*rows, ("mean", _percent(self.pcp.mean))]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Everybody labelled (N, 17, ...), and whom the app shows for each; `seen` is False where nobody or no joint is."""

    truth: NDArray[np.float64]
    known: NDArray[np.bool_]
    boxes: NDArray[np.float64]
    found: NDArray[np.float64]
    seen: NDArray[np.bool_]


def evaluate(
    network: Network, images: Path, annotations: Path, network_ms: float, shown_by: DecoderSettings | None = None
) -> JointScores:
    """Score a network on photos with labels.

    `network_ms`, measured before, is handed through; `shown_by` says whom the app would show.

    Raises
    ------
    DetectionError
        Where photos or labels cannot be read, or pycocotools is missing.
    """
    if not images.is_dir():
        raise DetectionError(f"{images} is not a folder of photos")
    labels = read_labels(annotations)
    options = EvaluationOptions()
    results: list[dict[str, Any]] = []
    shown: dict[int, Float32] = {}
    for photo, (ranked, app) in found_people(
        network, images, labels, (Decoder(options.decoder), Decoder(shown_by or DecoderSettings()))
    ):
        results += coco_results(place_missing(ranked[0], options.guess_missing), ranked[1], photo)
        shown[photo] = app[0]
    coco = score_results(labels, results, options)
    pairs = _pairs(labels, shown)
    joints = (pairs.found, pairs.seen, pairs.truth, pairs.known)
    return JointScores(
        coco["ap"],
        coco["ar"],
        pck(*joints, pairs.boxes),
        pckh(*joints, COCO17),
        pdj(*joints, COCO17),
        pcp(*joints, _LIMB_ENDS),
        network_ms,
    )


def measure_ms(model_xml: Path, threads: int | None = None) -> float:
    """Lowest time of a picture of 456x256 through a network, milliseconds."""
    network = PafNetwork(model_xml, _TIMED[0], threads)
    picture = np.random.default_rng(0).integers(0, 256, (*_TIMED, 3), np.uint8)
    try:
        return 1000 * min(_seconds(lambda: network.maps(picture)) for _ in range(_WARM_UP + _ROUNDS))
    finally:
        network.close()


def _seconds(task: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    task()
    return time.perf_counter() - began_s


def _pairs(labels: Any, shown: dict[int, Float32]) -> _Pairs:
    people = [one for one in labels.dataset["annotations"] if one["num_keypoints"] and not one["iscrowd"]]
    points = np.array([one["keypoints"] for one in people], np.float64).reshape(-1, len(COCO17), 3)
    found, seen = np.zeros((len(people), len(COCO17), 2)), np.zeros((len(people), len(COCO17)), np.bool_)
    by_photo: dict[int, list[int]] = {}
    for index, one in enumerate(people):
        by_photo.setdefault(int(one["image_id"]), []).append(index)
    for photo, rows in by_photo.items():
        xy, score = OPENPOSE18_TO_COCO17.points(shown[photo][:, :, :2], shown[photo][:, :, 2])
        areas = [float(people[row]["area"]) for row in rows]
        for place, index in match_people(xy, score > 0, points[rows, :, :2], points[rows, :, 2] > 0, areas):
            found[rows[place]], seen[rows[place]] = xy[index], score[index] > 0
    boxes = np.array([one["bbox"] for one in people], np.float64)
    return _Pairs(points[:, :, :2], points[:, :, 2] > 0, boxes, found, seen)


def match_people(
    xy: Float32,
    seen: NDArray[np.bool_],
    truth: NDArray[np.float64],
    known: NDArray[np.bool_],
    areas: list[float],
) -> list[tuple[int, int]]:
    """Pairs of labelled (N, 17, 2) and found people (K, 17, 2), one to one, the most similar (OKS) first."""
    there = np.where(seen[..., None], xy, 1e9)
    similarity = np.array(
        [
            [oks(one, true, labelled, area, _SIGMAS) for one in there]
            for true, labelled, area in zip(truth, known, areas, strict=True)
        ]
    ).reshape(len(truth), len(there))
    pairs = []
    while similarity.size and similarity.max() > 0:
        row, column = (int(place) for place in np.unravel_index(similarity.argmax(), similarity.shape))
        similarity[row], similarity[:, column] = -1, -1
        pairs.append((row, column))
    return pairs


def _part(name: str) -> str:
    return name.removeprefix("left_").removeprefix("right_")


def _both(hits: Hits, names: tuple[str, ...], part: str) -> float:
    """The share of a kind of joint, left and right together."""
    chosen = [index for index, name in enumerate(names) if _part(name) == part]
    counted = int(hits.counted[chosen].sum())
    return int(hits.right[chosen].sum()) / counted if counted else float("nan")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if np.isfinite(share) else "-"
