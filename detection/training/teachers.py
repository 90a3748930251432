"""Labels for people whom nobody labelled: two networks that know bodies, believed where they agree with themselves.

MediaPipe's landmark network looks at one person at a time and is strong on exercise and odd poses; an affinity-field
network finds where people are. A joint is known where the landmark network finds it again in the mirrored and in a
turned picture and the affinity fields do not contradict; everything else about that person is masked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import openvino
from numpy.typing import NDArray
from rich.progress import track

from detection.bottom_up import BottomUpDetector
from detection.errors import DetectionError
from detection.training.labels import KNOWN, UNKNOWN
from detection.training.photos import Photos, PhotosBuilder, box_around
from detection.training.tflite import find_tflite
from pose.joint_sets import BLAZEPOSE33_TO_OPENPOSE18, OPENPOSE18, flip_order
from pose.types import Image

Float32 = NDArray[np.float32]
_Person = tuple[Float32, NDArray[np.bool_]]
"""Joints (18, 2) and which of them to believe (18,)."""

_SIDE = 256
_LANDMARKS = 39
_HIP_CENTRE, _CIRCLE = 33, 34
"""Two of the six landmarks beyond the 33: the middle of the hips, a point above it on the circle around the body."""
_ROI_MARGIN = 1.25
_PRESENT, _VISIBLE = 0.8, 0.5
_SAME, _CONTRADICTED = 0.05, 0.12
"""Shares of the body's size within which two looks agree, and beyond which the affinity fields contradict."""
_FEWEST_JOINTS = 6
_CLOSE = 0.08
_FLIP = flip_order(OPENPOSE18)
_SHOULDERS = [OPENPOSE18.index("right_shoulder"), OPENPOSE18.index("left_shoulder")]
_HIPS = [OPENPOSE18.index("right_hip"), OPENPOSE18.index("left_hip")]
_HEAD = [OPENPOSE18.index(name) for name in ("nose", "right_eye", "left_eye", "right_ear", "left_ear")]


@dataclass(frozen=True, slots=True)
class Region:
    """A square of a picture turned so that a body stands upright in it: centre (2,), side, angle in radians."""

    centre: Float32
    side: float
    angle: float

    def matrix(self, *, mirrored: bool = False) -> NDArray[np.float64]:
        """The affine map (2, 3) from the landmark network's input to the picture."""
        scale = self.side / _SIDE
        cosine, sine = np.cos(self.angle) * scale, np.sin(self.angle) * scale
        turn = np.array(((cosine, -sine), (sine, cosine)))
        if mirrored:
            turn = turn @ np.diag((-1.0, 1.0))
        middle = np.full(2, (_SIDE - 1) / 2)
        return np.concatenate((turn, (self.centre - turn @ middle)[:, None]), axis=1)


def region_of(joints: Float32, known: NDArray[np.bool_]) -> Region:
    """The region around a body with some known joints (18, 2), (18,), upright along its trunk if that is known."""
    points = joints[known]
    trunk = known[_SHOULDERS].any() and known[_HIPS].any()
    hips = [joint for joint in _HIPS if known[joint]]
    shoulders = [joint for joint in _SHOULDERS if known[joint]]
    centre = joints[hips].mean(axis=0) if trunk else (points.min(axis=0) + points.max(axis=0)) / 2
    up = joints[shoulders].mean(axis=0) - centre if trunk else np.array((0, -1), np.float32)
    reach = float(np.linalg.norm(points - centre, axis=1).max())
    return Region(np.asarray(centre, np.float32), 2 * _ROI_MARGIN * max(reach, 8.0), _angle(up))


def _angle(up: Float32) -> float:
    return float(np.arctan2(up[0], -up[1]))


@dataclass(frozen=True, slots=True)
class Look:
    """What the landmark network sees in a region.

    Joints (18, 2) in pixels of the picture, score (18,), whether a body is there 0..1, and the region that fits better.
    """

    joints: Float32
    score: Float32
    presence: float
    region: Region


class LandmarkTeacher:
    """MediaPipe's `pose_landmark_full.tflite` on regions of our choice, by OpenVINO."""

    def __init__(self, tflite: Path | None = None, threads: int = 1) -> None:
        core = openvino.Core()
        compiled = core.compile_model(
            core.read_model(str(tflite or find_tflite())),
            "CPU",
            {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"},
        )
        self._request = compiled.create_infer_request()
        shapes = [list(port.get_shape()) for port in compiled.outputs]
        self._landmarks, self._flag = shapes.index([1, 5 * _LANDMARKS]), shapes.index([1, 1])

    def look(self, image: Image, region: Region, *, mirrored: bool = False) -> Look:
        """Joints in a region; `mirrored` looks at its mirror image and gives the joints their right names again."""
        matrix = region.matrix(mirrored=mirrored)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        crop = cv2.warpAffine(image, matrix, (_SIDE, _SIDE), flags=flags)
        self._request.infer([crop[None, :, :, ::-1].astype(np.float32) / 255])
        raw = self._request.get_output_tensor(self._landmarks).data.reshape(_LANDMARKS, 5)
        presence = float(self._request.get_output_tensor(self._flag).data[0, 0])
        points = (raw[:, :2] @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
        visible = (1 / (1 + np.exp(-np.clip(raw[:33, 3], -30, 30)))).astype(np.float32)
        joints, score = BLAZEPOSE33_TO_OPENPOSE18.points(points[None, :33], visible[None])
        if mirrored:
            joints, score = joints[:, _FLIP], score[:, _FLIP]
        up = points[_CIRCLE] - points[_HIP_CENTRE]
        better = Region(points[_HIP_CENTRE], 2 * _ROI_MARGIN * max(float(np.linalg.norm(up)), 8.0), _angle(up))
        return Look(joints[0], score[0], presence, better)

    def agreed(self, image: Image, region: Region) -> tuple[Float32, NDArray[np.bool_]] | None:
        """Joints (18, 2) and which of them (18,) three looks agree on; None where nobody is sure to be there."""
        first = self.look(image, region)
        if first.presence < _PRESENT:
            return None
        region = first.region
        turned = Region(region.centre, region.side * 1.1, region.angle + 0.3)
        looks = [self.look(image, region), self.look(image, region, mirrored=True), self.look(image, turned)]
        if min(look.presence for look in looks) < _PRESENT:
            return None
        joints = np.stack([look.joints for look in looks])  # (3, 18, 2)
        middle = np.median(joints, axis=0).astype(np.float32)
        spread = np.linalg.norm(joints - middle, axis=2).max(axis=0)
        seen = np.stack([look.score for look in looks]).min(axis=0) > _VISIBLE
        size = region.side / (2 * _ROI_MARGIN)
        return middle, seen & (spread < _SAME * 2 * size)


def label_unlabelled(
    paths: list[Path], landmarks: LandmarkTeacher, finder: BottomUpDetector, source: str = "pseudo"
) -> Photos:
    """Photos of people without labels, labelled by the teachers; those in which nobody is sure are left out."""
    builder = PhotosBuilder(source)
    for path in track(paths, "people without labels"):
        image = cv2.imread(str(path))
        if image is None:
            raise DetectionError(f"{path} is no picture")
        people, doubtful = _believed(np.asarray(image, np.uint8), landmarks, finder)
        if people:
            builder.add_picture(path.name, path.read_bytes())
        for joints, known in people:
            builder.add_person(joints, np.where(known, KNOWN, UNKNOWN).astype(np.uint8), box_around(joints))
        for box in doubtful if people else ():
            builder.add_ignored(box)
    return builder.photos()


def _believed(
    image: Image, landmarks: LandmarkTeacher, finder: BottomUpDetector
) -> tuple[list[_Person], list[Float32]]:
    """People whom both teachers see, with the joints to believe; boxes of those whom only one sees."""
    found = finder.detect(image)
    people: list[_Person] = []
    doubtful: list[Float32] = []
    for joints, score in zip(found.xy_px, found.score, strict=True):
        known = score > 0
        person = landmarks.agreed(image, region_of(joints, known)) if known.sum() >= 4 else None
        if person is None or not _same_body(person, joints, known):
            doubtful.append(box_around(joints[known]))
        else:
            people.append((person[0], person[1] & ~_contradicted(person[0], joints, known)))
    if not people and not doubtful:
        height, width = image.shape[:2]
        middle = np.array((width / 2, height / 2), np.float32)
        alone = landmarks.agreed(image, Region(middle, float(max(height, width)), 0.0))
        people = [alone] if alone is not None else []
    return [person for person in people if person[1].sum() >= _FEWEST_JOINTS], doubtful


def add_heads(photos: Photos, landmarks: LandmarkTeacher, source: str = "lspet") -> tuple[Photos, int]:
    """LSPET with the joints of heads, which it lacks, where the landmark network agrees with the labelled body.

    Photos whose labels have left and right swapped, as the landmark network sees it, are left out. Returns the photos
    and how many were left out; other sources than LSPET stay as they are.
    """
    joints, state = photos.joints.copy(), photos.state.copy()
    keep = np.ones(len(photos), np.bool_)
    for row in track(np.flatnonzero(photos.source[photos.person_photo] == source), "heads"):
        index = photos.person_photo[row]
        known = state[row] == KNOWN
        if known.sum() < _FEWEST_JOINTS:
            continue
        person = landmarks.agreed(photos.picture(int(index)), region_of(joints[row], known))
        if person is None:
            continue
        seen, sure = person
        straight, crossed = _distances(person, joints[row], known), _distances(person, joints[row][_FLIP], known[_FLIP])
        if crossed < _CLOSE and straight > 2 * crossed:
            keep[index] = False
        elif straight < _CLOSE:
            heads = [joint for joint in _HEAD if sure[joint]]
            joints[row, heads], state[row, heads] = seen[heads], KNOWN
    return replace(photos, joints=joints, state=state).select(keep), int((~keep).sum())


def _distances(person: _Person, joints: Float32, known: NDArray[np.bool_]) -> float:
    """The median distance of joints that both have, as a share of the body's size; 1 where too few are shared."""
    both = known & person[1]
    if both.sum() < _FEWEST_JOINTS:
        return 1.0
    size = float(np.ptp(joints[known], axis=0).max())
    return float(np.median(np.linalg.norm(person[0][both] - joints[both], axis=1))) / max(size, 1.0)


def _same_body(person: tuple[Float32, NDArray[np.bool_]], joints: Float32, known: NDArray[np.bool_]) -> bool:
    """Whether most joints that both teachers have are in about the same place."""
    both = person[1] & known
    if both.sum() < 3:
        return False
    size = float(np.ptp(person[0][person[1]], axis=0).max())
    return bool(np.median(np.linalg.norm(person[0][both] - joints[both], axis=1)) < _CONTRADICTED * size)


def _contradicted(landmarks: Float32, joints: Float32, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Joints (18,) that the affinity fields have somewhere else."""
    size = float(np.ptp(landmarks, axis=0).max())
    far: NDArray[np.bool_] = known & (np.linalg.norm(landmarks - joints, axis=1) > _CONTRADICTED * size)
    return far
