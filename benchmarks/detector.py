"""How good the 2D joints of a network are: OKS AP and AR on photos with COCO's labels, by pycocotools."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.body_distances import MEAN_DISTANCE
from detection.decoder import Decoder, DecoderSettings
from detection.errors import DetectionError
from detection.network import Transform
from pose.joint_sets import OPENPOSE18_TO_COCO17
from pose.types import Image

Float32 = NDArray[np.float32]

MOST_PEOPLE = 20
"""People a photo that COCO's keypoint task looks at, the best by score."""


_NONE = [0] * 51
"""Keypoints of somebody who has none."""

WITH_THE_WEAK = DecoderSettings(least_joints=3)


class Network(Protocol):
    """What is measured: `detection.network.PafNetwork` or anything with its `maps`."""

    def maps(self, image: Image) -> tuple[Float32, Float32, Transform]:
        """Heatmaps, affinity fields and the transform from their cells to pixels."""


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """How people are made out of maps and scored.

    Attributes
    ----------
    decoder : DecoderSettings
        With weak people too: AP ranks all by score, so that leaving out the weak only costs recall.
    guess_missing : bool
        COCO scores every labelled joint, found or not. Off, a joint that was not found is put at (0, 0), as in the
        plain output of other decoders, whose figures are in docs/detection.md; on, where the found joint is that is
        nearest to it in a body.
    bootstrap : int
        How often the photos are drawn anew for the interval.
    seed : int
        Of those draws.
    """

    decoder: DecoderSettings = WITH_THE_WEAK
    guess_missing: bool = False
    bootstrap: int = 200
    seed: int = 0


def evaluate(
    network: Network, images_dir: Path, annotations: Path, options: EvaluationOptions = EvaluationOptions()
) -> dict[str, Any]:
    """OKS AP and AR of a network with this project's decoder.

    Parameters
    ----------
    network : Network
        Its input size is its own matter (`PafNetwork(path, net_size)`).
    images_dir, annotations : Path
        Photos, and their labels as COCO's keypoint JSON.

    Returns
    -------
    dict
        `photos, people_found, ap, ap50, ap75, ap_medium, ap_large, ar`, and `ap_interval`, the 95% interval of AP over
        photos drawn with replacement.

    Raises
    ------
    DetectionError
        Where photos or labels cannot be read, or pycocotools is missing.
    """
    truth = read_labels(annotations)
    results: list[dict[str, Any]] = []
    for photo, ((people, scores),) in found_people(network, images_dir, truth, (Decoder(options.decoder),)):
        results += coco_results(place_missing(people, options.guess_missing), scores, photo)
    return score_results(truth, results, options)


def found_people(
    network: Network, images_dir: Path, truth: Any, decoders: tuple[Decoder, ...]
) -> Iterator[tuple[int, list[tuple[Float32, Float32]]]]:
    """Of every photo of COCO's labels its id and, by each decoder, people (N, 18, 3) in its pixels and their scores.

    Raises
    ------
    DetectionError
        Where a photo cannot be read.
    """
    for photo in truth.dataset["images"]:
        picture = cv2.imread(str(images_dir / photo["file_name"]))
        if picture is None:
            raise DetectionError(f"{images_dir / photo['file_name']} is not a picture that can be read")
        heatmaps, pafs, transform = network.maps(np.asarray(picture, np.uint8))
        found = []
        for decoder in decoders:
            people, scores = decoder.decode(heatmaps, pafs)
            people = people.copy()
            people[:, :, :2] = transform.to_pixels(people[:, :, :2])
            found.append((people, scores.copy()))
        yield int(photo["id"]), found


def score_results(truth: Any, results: list[dict[str, Any]], options: EvaluationOptions) -> dict[str, Any]:
    """What `evaluate` returns, of entries in COCO's result format; zeros where nobody was found."""
    if not results:
        return {
            "photos": len(truth.dataset["images"]),
            "people_found": 0,
            "ap": 0.0,
            "ar": 0.0,
            "ap_interval": [0.0, 0.0],
        }
    return _scored(truth, results, options)


def coco_results(people: Float32, scores: Float32, image_id: int) -> list[dict[str, Any]]:
    """People (N, 18, 3) in pixels of one photo as entries of COCO's result format."""
    xy, joint_score = OPENPOSE18_TO_COCO17.points(people[:, :, :2], people[:, :, 2])
    points = np.concatenate([xy, joint_score[:, :, None]], axis=2)
    return [
        {"image_id": image_id, "category_id": 1, "keypoints": person.ravel().tolist(), "score": float(score)}
        for person, score in zip(points, scores, strict=True)
    ]


def place_missing(people: Float32, guess: bool) -> Float32:
    """People (N, 18, 3) whose missing joints are at (0, 0), or at the found joint that is nearest to them in a body.

    >>> one = np.zeros((1, 18, 3), np.float32)
    >>> one[0, 3] = 7, 8, 0.5  # the right elbow alone: everything else is guessed to be there
    >>> place_missing(one, guess=True)[0, 4]
    array([7., 8., 0.], dtype=float32)
    """
    out = people.copy()
    for person in out:
        missing = person[:, 2] == 0
        person[missing, :2] = 0
        if guess:
            nearest = np.where(missing, np.inf, MEAN_DISTANCE).argmin(axis=1)
            person[missing, :2] = person[nearest[missing], :2]
    return out


def read_labels(annotations: Path) -> Any:
    """COCO's keypoint labels, as pycocotools has them.

    Raises
    ------
    DetectionError
        Where the file cannot be read or is no such thing, or pycocotools is missing.
    """
    try:
        from pycocotools.coco import COCO
    except ImportError as error:
        raise DetectionError('pycocotools scores the joints: pip install "pycocotools>=2.0.8"') from error
    try:
        dataset = json.loads(annotations.read_text())
    except (OSError, ValueError) as error:
        raise DetectionError(f"{annotations} cannot be read as COCO's keypoint labels: {error}") from error
    _check(dataset, annotations)
    truth = COCO()
    truth.dataset = dataset
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
    return truth


def _check(dataset: Any, annotations: Path) -> None:
    """Raise a DetectionError unless the labels are complete and somebody has joints."""
    problem = ""
    if not isinstance(dataset, dict) or not all(
        isinstance(dataset.get(name), list) for name in ("images", "annotations")
    ):
        problem = "it has no lists images and annotations"
    elif not all(isinstance(one, dict) and {"id", "file_name"} <= one.keys() for one in dataset["images"]):
        problem = "every image needs id and file_name"
    elif not all(
        isinstance(one, dict) and {"id", "image_id", "category_id", "bbox"} <= one.keys()
        for one in dataset["annotations"]
    ):
        problem = "every annotation needs id, image_id, category_id and bbox"
    elif any(len(one.get("keypoints", _NONE)) != len(_NONE) for one in dataset["annotations"]):
        problem = "keypoints are not COCO's 17 with x, y and visibility"
    elif not any(one.get("num_keypoints") for one in dataset["annotations"]):
        problem = "nobody in it has keypoints"
    if problem:
        raise DetectionError(f"{annotations} is not COCO's keypoint labels: {problem}")
    for one in dataset["annotations"]:  # the scoring asks for all of these
        one.setdefault("keypoints", _NONE)
        one.setdefault("num_keypoints", 0)
        one.setdefault("iscrowd", 0)
        one.setdefault("area", float(one["bbox"][2] * one["bbox"][3]))


def _scored(truth: Any, results: list[dict[str, Any]], options: EvaluationOptions) -> dict[str, Any]:
    """COCO's figures for results, and their interval."""
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        scoring = COCOeval(truth, truth.loadRes(results), "keypoints")
        scoring.params.maxDets = [MOST_PEOPLE]
        scoring.evaluate()
        scoring.accumulate()
        scoring.summarize()
    names = ("ap", "ap50", "ap75", "ap_medium", "ap_large", "ar")
    return {
        "photos": len(truth.dataset["images"]),
        "people_found": len(results),
        **{name: float(value) for name, value in zip(names, scoring.stats[:6], strict=True)},
        "ap_interval": _interval(scoring, options),
    }


def _interval(scoring: Any, options: EvaluationOptions) -> list[float]:
    """95% interval of AP over photos drawn with replacement, out of the matches that were made once."""
    photos = len(scoring.params.imgIds)
    # All areas are the first of the areas that evalImgs is ordered by; a photo without people has None.
    matches = scoring.evalImgs[:photos]
    rng = np.random.default_rng(options.seed)
    draws = [average_precision([matches[i] for i in rng.integers(0, photos, photos)]) for _ in range(options.bootstrap)]
    return [float(value) for value in np.quantile(draws, (0.025, 0.975))]


def average_precision(matches: list[dict[str, Any] | None]) -> float:
    """AP over COCO's ten thresholds of photos' matches (`COCOeval.evalImgs`), as COCO accumulates it."""
    photos = [match for match in matches if match is not None]
    labelled = sum(int((np.asarray(match["gtIgnore"]) == 0).sum()) for match in photos)
    if not labelled:
        return float("nan")
    score = np.concatenate([np.asarray(match["dtScores"][:MOST_PEOPLE], np.float64) for match in photos])
    order = np.argsort(-score, kind="mergesort")
    matched = np.concatenate([match["dtMatches"][:, :MOST_PEOPLE] for match in photos], axis=1)[:, order] > 0
    ignored = np.concatenate([match["dtIgnore"][:, :MOST_PEOPLE] for match in photos], axis=1)[:, order] > 0
    right = np.cumsum(matched & ~ignored, axis=1)  # (10, D)
    wrong = np.cumsum(~matched & ~ignored, axis=1)
    levels = np.linspace(0, 1, 101)
    values = []
    for true, false in zip(right, wrong, strict=True):
        precision = np.maximum.accumulate((true / np.maximum(true + false, 1))[::-1])[::-1]
        place = np.searchsorted(true / labelled, levels, side="left")
        values.append(np.append(precision, 0.0)[place].mean())
    return float(np.mean(values))
