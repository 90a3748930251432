"""The shipped lifter on held-out motion through virtual cameras, and on real clips through the real detector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from detection.bottom_up import BottomUpDetector
from detection.tracking import Tracker
from lifting.lifter import Lifter
from lifting.training.body import head_frame, with_face
from lifting.training.mocap import Motion, held_out, read
from pose.camera import Extrinsics, Intrinsics
from pose.joint_sets import H36M17, H36M17_BONES, OPENPOSE18
from pose.metrics import mpjpe, pa_mpjpe
from pose.types import People
from tests.shared import CLIPS, MOCAP, WEIGHTS

pytestmark = pytest.mark.real

CAMERA = Intrinsics.from_fov(1280, 720)
INDEX = {name: number for number, name in enumerate(H36M17)}


@pytest.fixture(scope="module")
def squats() -> list[Motion]:
    """Deep squats of a subject whom the network has never seen."""
    motions = [motion for motion in read(MOCAP / "uiprmd.npz") if motion.name.startswith("s08_m01_correct")]
    assert all(held_out(motion) for motion in motions)
    return motions[:4]


def seen_by(motion: Motion, azimuth_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """True joints (T, 17, 3) in camera axes, and what a perfect detector sees: pixels (T, 18, 2), NaN where nothing.

    That is nose and eyes from behind: a detector that saw them would say that the person faces the camera.
    """
    xyz = motion.xyz_m.astype(np.float64)
    centre, angle = xyz[0, 0], np.radians(azimuth_deg)
    camera = Extrinsics.looking_at(centre + 3.5 * np.array([np.sin(angle), 0.05, np.cos(angle)]), centre)
    joints = camera.to_camera(with_face(xyz[None], np.random.default_rng(0))[0])
    pixels, body = CAMERA.project(joints), camera.to_camera(xyz)
    away = head_frame(body)[1][:, 2] > 0.2
    pixels[np.ix_(away, [OPENPOSE18.index(name) for name in ("nose", "left_eye", "right_eye")])] = np.nan
    return body, pixels


def lifted(
    pixels: np.ndarray, fps: float, rate: float | None = None, noise_px: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Poses (N, 17, 3) and roots (N, 3) of one person at a camera's rate, and nothing else in the picture."""
    lifter, random = Lifter(CAMERA), np.random.default_rng(1)
    rate = fps if rate is None else rate
    xyz, root = [], []
    for number in range(int((len(pixels) - 1) / fps * rate)):
        low = int(number / rate * fps)
        part = number / rate * fps - low
        xy = (1 - part) * pixels[low] + part * pixels[min(low + 1, len(pixels) - 1)]
        xy = (xy + random.normal(0, noise_px, xy.shape)).astype(np.float32)[None]
        out = lifter.step(People(np.zeros(1, np.int32), xy, np.full((1, 18), 0.8, np.float32), xy), number / rate)
        xyz.append(out.xyz_m[0])
        root.append(out.root_m[0])
    return np.array(xyz), np.array(root)


@pytest.mark.parametrize("azimuth_deg", [0, 40, 90, 140, 180, 270])
def test_squats_from_every_side(squats: list[Motion], azimuth_deg: float) -> None:
    for motion in squats[:2]:
        truth, pixels = seen_by(motion, azimuth_deg)
        xyz, _ = lifted(pixels, motion.fps, noise_px=2.0)
        truth = truth[: len(xyz)] - truth[: len(xyz), :1]
        assert mpjpe(xyz[10:], truth[10:]) < 0.13
        assert pa_mpjpe(xyz[10:], truth[10:]) < 0.09


def test_the_same_movement_at_15_30_and_60_hz_is_the_same(squats: list[Motion]) -> None:
    _, pixels = seen_by(squats[0], 40)
    slow, steady, fast = (lifted(pixels, squats[0].fps, rate)[0] for rate in (15, 30, 60))
    frames = range(8, len(slow) - 1)
    for index in frames:
        assert mpjpe(slow[index], steady[2 * index]) < 0.03
        assert mpjpe(fast[4 * index], steady[2 * index]) < 0.03
    assert np.mean([mpjpe(slow[index], steady[2 * index]) for index in frames]) < 0.02
    assert np.mean([mpjpe(fast[4 * index], steady[2 * index]) for index in frames]) < 0.02


def test_the_distance_is_right_for_ordinary_people(squats: list[Motion]) -> None:
    truth, pixels = seen_by(squats[0], 20)
    _, root = lifted(pixels, squats[0].fps, noise_px=1.0)
    apart = np.abs(root[15:, 2] / truth[15 : len(root), 0, 2] - 1)
    assert apart.mean() < 0.15


def clip(name: str, seconds: float, net_size: int = 256) -> Iterator[tuple[float, People]]:
    """Time and tracked people of a clip's first seconds."""
    detector = BottomUpDetector(WEIGHTS / "human-pose-estimation-0001.xml", net_size)
    tracker = Tracker()
    with av.open(str(CLIPS / name)) as container:
        for frame in container.decode(video=0):
            if frame.time > seconds:
                break
            yield (
                float(frame.time),
                tracker.update(detector.detect(frame.to_ndarray(format="bgr24")), float(frame.time)),
            )
    detector.close()


def main_person(name: str, size: tuple[int, int], seconds: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Poses, roots and validity of the track that is there the longest."""
    lifter, rows = Lifter(Intrinsics.from_fov(*size)), []
    for time_s, people in clip(name, seconds):
        out = lifter.step(people, time_s)
        rows += [(int(out.track_id[k]), out.xyz_m[k], out.root_m[k], out.valid[k]) for k in range(len(out))]
    ids = [row[0] for row in rows]
    longest = max(set(ids), key=ids.count)
    mine = [row[1:] for row in rows if row[0] == longest]
    xyz, root, valid = (np.array(column) for column in zip(*mine, strict=True))
    return xyz, root, valid


def unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / np.linalg.norm(vector, axis=-1, keepdims=True))


def test_in_a_real_squat_from_the_front_hips_drop_and_knees_go_forward() -> None:
    xyz, root, valid = main_person("squat_8.mp4", (852, 480), 3.5)
    assert valid.all(axis=1).mean() > 0.9
    above_ankles = xyz[:, [INDEX["left_ankle"], INDEX["right_ankle"]], 1].mean(axis=1)
    assert np.ptp(np.percentile(above_ankles, [5, 95])) > 0.15  # metres between the lowest and the highest hips
    trunk = unit(xyz[:, INDEX["thorax"]])
    assert trunk[:, 1].mean() < -0.85  # upright
    low = above_ankles < np.percentile(above_ankles, 20)
    knees = xyz[low][:, [INDEX["left_knee"], INDEX["right_knee"]], 2].mean(axis=1)
    assert knees.mean() < -0.1  # towards the camera, which the person faces
    assert xyz[:, INDEX["left_shoulder"], 0].mean() > xyz[:, INDEX["right_shoulder"], 0].mean()  # not mirrored
    assert 1.5 < np.median(root[:, 2]) < 8


def test_a_real_push_up_is_horizontal() -> None:
    xyz, _, _ = main_person("pushup_8.mp4", (426, 226), 2.5)
    trunk, legs = unit(xyz[:, INDEX["thorax"]]), unit(xyz[:, [3, 6]].mean(axis=1))
    assert np.abs(trunk[:, 1]).mean() < 0.5
    assert (trunk * legs).sum(axis=-1).mean() < -0.8  # stretched out


def test_bones_of_a_real_person_keep_their_length() -> None:
    xyz, _, _ = main_person("walk_side.mp4", (852, 480), 3.0)
    parents, children = (list(ends) for ends in zip(*H36M17_BONES, strict=True))
    lengths = np.linalg.norm(xyz[20:, children] - xyz[20:, parents], axis=-1)
    assert (lengths.std(axis=0) / lengths.mean(axis=0)).mean() < 0.2
    assert 1.2 < lengths.mean(axis=0)[[0, 1, 2, 6, 7]].sum() < 2.0


def test_somebody_at_a_desk_has_no_known_legs() -> None:
    _, _, valid = main_person("webcam_seated.mp4", (640, 480), 2.0)
    legs = [INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("knee", "ankle")]
    assert valid[:, legs].mean() < 0.05
    assert valid[:, INDEX["nose"]].mean() > 0.9


def test_the_real_data_are_where_the_tests_look() -> None:
    assert Path(CLIPS / "squat_8.mp4").exists()
