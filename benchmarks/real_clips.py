"""Real clips through the whole app, judged by what is known of them: hips that drop, feet that stay, legs in turns.

Nobody has the 3D truth of a clip from the street. But it is known that eight squats are eight squats, that feet which
the picture shows standing do not slide, that legs take turns in a walk, and that a plank is horizontal. Every clip is
detected once, then lifted in four ways: as the network answers, with left and right guarded, with bones, size and feet
put right frame by frame, and with all of that over the whole clip.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from detection.detector import Detector
from detection.tracking import Tracker
from lifting.feet import ANKLES
from lifting.floor import Floor
from lifting.floor_tracker import FloorTracker
from lifting.ground import Grounding, ground_clip
from lifting.hold_clip import find_contacts
from lifting.lifter import Lifter
from pose.camera import Intrinsics
from pose.joint_sets import H36M17, H36M17_BONES, OPENPOSE18
from pose.metrics import bone_length_deviation, side_jumps
from pose.types import People

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Scores = dict[str, Any]

VARIANTS = ("network", "guarded", "live", "clip")
"""The network's answer; with the side guard; then with `Grounding`; then with `ground_clip`."""

_J = {name: index for index, name in enumerate(H36M17)}
_HIPS = [_J[f"{side}_hip"] for side in ("right", "left")]
_WARM_UP_S = 0.5
_LEAST_STEP_M = 0.12
_PROFILE_M = 0.1


@dataclass(frozen=True, slots=True)
class Seen:
    """A clip once it was looked at: what the detector found in every frame."""

    name: str
    times: tuple[float, ...]
    people: tuple[People, ...]
    intrinsics: Intrinsics


@dataclass(frozen=True, slots=True)
class Track:
    """The person who is seen longest, lifted in one way; T frames.

    Attributes
    ----------
    time_s : array, shape (T,)
    xyz_m : array, shape (T, 17, 3)
        Relative to the pelvis, camera axes; NaN where a joint is not known.
    world_m : array, shape (T, 17, 3)
        In the level world over the floor, y up.
    xy_px, score : arrays, shape (T, 18, 2) and (T, 18)
    stands : array, bool, shape (T, 2)
        Whether the picture shows the right and the left foot standing.
    floor : Floor
    """

    time_s: Float
    xyz_m: Float
    world_m: Float
    xy_px: Float
    score: Float
    stands: Bool
    floor: Floor


def run(detector: Detector, folder: Path, notify: Callable[[str], None]) -> Scores:
    """Scores by clip and variant.

    Raises
    ------
    BenchmarkError
        Where the folder has not the clips with their `clips.json`.
    """
    about = read_labels(folder)
    scores: Scores = {}
    for name, score in JUDGES.items():
        notify(name)
        seen = look(detector, folder / f"{name}.mp4")
        scores[name] = {}
        for variant in VARIANTS:
            track = lift(seen, variant)
            scores[name][variant] = score(track, about[name]) | common(track)
    return {"bench": "clips", "clips": scores}


def read_labels(folder: Path) -> dict[str, Scores]:
    """What is known of the clips, by name; all that are looked at must be there."""
    path = folder / "clips.json"
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["clips"]
        about = {Path(one["name"]).stem: one for one in listed}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchmarkError(f"cannot read {path}: {error}; --clips names the folder of the labelled clips") from error
    missing = [name for name in JUDGES if name not in about or not (folder / f"{name}.mp4").exists()]
    if missing:
        raise BenchmarkError(f"{folder} has no {', '.join(missing)}")
    return about


def look(detector: Detector, path: Path) -> Seen:
    """Detect everybody in every frame of a clip."""
    times, found = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            image = frame.to_ndarray(format="bgr24")
            times.append(float(frame.time))
            found.append(detector.detect(np.asarray(image, np.uint8)))
    return Seen(path.stem, tuple(times), tuple(found), Intrinsics.from_fov(image.shape[1], image.shape[0]))


def lift(seen: Seen, variant: str) -> Track:
    """Track and lift a clip in one of the `VARIANTS`."""
    tracker, lifter = Tracker(guard_sides=variant != "network"), Lifter(seen.intrinsics)
    ground, floor = Grounding(seen.intrinsics), FloorTracker()
    rows: list[tuple[Any, ...]] = []
    for time_s, found in zip(seen.times, seen.people, strict=True):
        people = lifter.step(tracker.update(found, time_s), time_s)
        if variant == "live":
            people = ground.step(people, time_s)
        elif variant != "clip":
            floor.step(people.xyz_m + people.root_m[:, None].astype(np.float64), people.valid, people.track_id, time_s)
        rows += [(time_s, *one) for one in zip(*(getattr(people, name) for name in _ROWS), strict=True)]
    time, ids, xyz, root, valid, xy, score = (np.array(column) for column in zip(*rows, strict=True))
    plane = ground.floor if variant == "live" else floor.fit()
    if variant == "clip":
        clip = ground_clip(time, ids, xyz, root, valid, xy, score, seen.intrinsics)
        xyz, root, plane = clip.xyz_m, clip.root_m, clip.floor
    numbers, counts = np.unique(ids, return_counts=True)
    mine = ids == numbers[counts.argmax()]
    xyz, root, valid, xy, score, time = (
        one[mine].astype(np.bool_ if one.dtype == np.bool_ else np.float64)
        for one in (xyz, root, valid, xy, score, time)
    )
    pose = np.where(valid[..., None], xyz, np.nan)
    world = plane.extrinsics.to_world(pose + root[:, None])
    return Track(time, pose, world, xy, score, _stands(seen.intrinsics, time, xy, score, root), plane)


_ROWS = ("track_id", "xyz_m", "root_m", "valid", "xy_px", "score")


def _stands(intrinsics: Intrinsics, time_s: Float, xy_px: Float, score: Float, root_m: Float) -> Bool:
    """When the picture shows each foot (T, 2) standing for a fifth of a second or longer; no 3D pose is looked at."""
    stands = np.zeros((len(time_s), 2), bool)
    depth = np.full(len(time_s), np.median(root_m[:, 2]))
    for foot, name in enumerate(("right_ankle", "left_ankle")):
        joint = OPENPOSE18.index(name)
        rays = np.where(score[:, joint, None] > 0, intrinsics.rays(xy_px[:, joint]), np.nan)
        for rows, _, _ in find_contacts(time_s, rays, depth):
            stands[rows, foot] = time_s[rows.stop - 1] - time_s[rows.start] >= 0.2
    return stands


def common(track: Track) -> Scores:
    """What can be asked of every clip."""
    late = track.time_s >= track.time_s[0] + _WARM_UP_S
    known = np.isfinite(track.xyz_m).all(axis=-1)
    jumps = side_jumps(track.xyz_m[late]).any(axis=1)
    return {
        "bone_deviation_mm": round(
            1000 * bone_length_deviation(np.nan_to_num(track.xyz_m[late]), list(H36M17_BONES), known[late]), 1
        ),
        "side_jumps_per_1000": round(1000 * float(jumps.mean()), 1),
        "slide_m": _round(slides(track, late), 0.5),
        "slide_90_m": _round(slides(track, late), 0.9),
        "floor": track.floor.source.value,
        "camera_height_m": round(track.floor.height_m, 2),
        "camera_down_deg": round(float(np.degrees(np.arcsin(-track.floor.up[2]))), 1),
        "mirrored": round(mirrored(track), 3),
    }


def _round(values: Float, share: float) -> float | None:
    return round(float(np.quantile(values, share)), 3) if len(values) else None


def slides(track: Track, rows: Bool) -> Float:
    """How far an ankle strays along the floor while the picture shows its foot standing, one number a contact (C,)."""
    out = []
    for foot, ankle in enumerate(ANKLES):
        place = track.world_m[:, ankle][:, [0, 2]]
        good = track.stands[:, foot] & rows & np.isfinite(place[:, 0])
        edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(int)))
        for start, end in edges.reshape(-1, 2).tolist():
            if end - start >= 3:
                out.append(float(np.linalg.norm(place[start:end] - place[start], axis=-1).max()))
    return np.array(out)


def mirrored(track: Track) -> float:
    """Share of frames in which the shoulders lie the other way round than in the picture, where they are well apart.

    Somebody in profile, the shoulders less than 0.1 m apart across the line of sight, is not mirrored.
    """
    right, left = (OPENPOSE18.index(f"{side}_shoulder") for side in ("right", "left"))
    seen = (track.score[:, [right, left]] > 0).all(axis=1)
    picture = track.xy_px[:, left, 0] - track.xy_px[:, right, 0]
    shown = np.where(track.score[..., None] > 0, track.xy_px, np.nan)
    size = np.linalg.norm(np.nanmax(shown, axis=1) - np.nanmin(shown, axis=1), axis=-1)
    space = track.xyz_m[:, _J["left_shoulder"], 0] - track.xyz_m[:, _J["right_shoulder"], 0]
    clear = seen & (np.abs(picture) > 0.12 * size) & np.isfinite(space)
    other_way = (picture * space < 0) & (np.abs(space) > _PROFILE_M)
    return float(other_way[clear].mean()) if clear.any() else 0.0


def squats(track: Track, about: Scores) -> Scores:
    """Hips and ankles in every repetition."""
    drops, rises, strays = [], [], []
    height = track.world_m[:, _J["pelvis"], 1]
    for one in about["repetition_times"]:
        before, low, after = (_near(track, one[key]) for key in ("start", "peak", "end"))
        bottom = float(np.nanmin(height[low]))
        drops.append(round(float(np.nanmax(height[before])) - bottom, 3))
        rises.append(round(float(np.nanmax(height[after])) - bottom, 3))
        during = (track.time_s >= one["start"]) & (track.time_s <= one["end"])
        strays.append(round(float(slides(track, during).max(initial=0.0)), 3))
    between = np.concatenate([_near(track, one["end"], 0.1) for one in about["repetition_times"]])
    return {
        "drops_m": drops,
        "rises_m": rises,
        "slides_m": strays,
        "lean_deg": round(lean_deg(track, between), 1),
        "reached": bool(min(drops) >= 0.15 and min(rises) >= 0.15 and max(strays) < 0.03),
    }


def _near(track: Track, time_s: float, within_s: float = 0.3) -> NDArray[np.intp]:
    """Frames about a time."""
    return np.flatnonzero(np.abs(track.time_s - time_s) <= within_s)


def lean_deg(track: Track, rows: NDArray[np.intp]) -> float:
    """How far the trunk leans forwards on average, degrees; negative is backwards."""
    body = track.world_m[rows]
    trunk = body[:, _J["thorax"]] - body[:, _J["pelvis"]]
    across = body[:, _HIPS[1]] - body[:, _HIPS[0]]
    ahead = np.cross(across, [0.0, 1.0, 0.0])
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    return float(np.nanmean(np.degrees(np.arctan2((trunk * ahead).sum(axis=-1), trunk[:, 1]))))


def walk(track: Track, about: Scores) -> Scores:
    """Whether the feet take turns: how often the other foot comes to lead, in the picture and in 3D."""
    right, left = (OPENPOSE18.index(f"{side}_ankle") for side in ("right", "left"))
    seen = (track.score[:, [right, left]] > 0).all(axis=1)
    a_metre = np.linalg.norm(track.world_m[:, _J["thorax"]] - track.world_m[:, 0], axis=-1)
    torso = np.abs(track.xy_px[:, OPENPOSE18.index("neck"), 1] - track.xy_px[:, [8, 11], 1].mean(axis=1))
    apart = (track.xy_px[:, left, 0] - track.xy_px[:, right, 0]) / np.maximum(torso, 1.0)
    picture = np.where(seen, apart * a_metre, np.nan)
    space = track.world_m[:, ANKLES[1], 0] - track.world_m[:, ANKLES[0], 0]
    both = np.isfinite(picture) & np.isfinite(space)
    alike = float(np.corrcoef(picture[both], space[both])[0, 1])
    found, shown = _turns(np.where(both, space, np.nan)), _turns(np.where(both, picture, np.nan))
    return {
        "steps": found,
        "steps_in_picture": shown,
        "legs_as_in_picture": round(alike, 3),
        "reached": bool(abs(found - shown) <= 1 and alike > 0.8),
    }


def _turns(ahead_m: Float) -> int:
    """How often a signed distance changes its side by more than a small step."""
    side, turns = 0, 0
    for value in ahead_m[np.isfinite(ahead_m)]:
        now = 1 if value > _LEAST_STEP_M else -1 if value < -_LEAST_STEP_M else 0
        if now and now != side:
            turns += side != 0
            side = now
    return turns


def lying(track: Track, about: Scores) -> Scores:
    """How horizontal trunk and legs are, and how high the hips are over the lowest joint; the camera taken as level."""
    late = track.time_s >= track.time_s[0] + _WARM_UP_S
    body = track.xyz_m[late]
    trunk = body[:, _J["thorax"]]
    legs = np.nanmean(body[:, ANKLES], axis=1)
    tilts = [
        float(np.nanmedian(np.degrees(np.arcsin(np.abs(way[:, 1]) / np.linalg.norm(way, axis=-1)))))
        for way in (trunk, legs)
    ]
    hips_m = float(np.nanmedian(np.nanmax(body[..., 1], axis=1)))
    return {
        "trunk_tilt_deg": round(tilts[0], 1),
        "leg_tilt_deg": round(tilts[1], 1),
        "hips_over_lowest_m": round(hips_m, 2),
        "reached": bool(max(tilts) < 30 and hips_m < 0.65),
    }


def lunges(track: Track, about: Scores) -> Scores:
    """How far the hips go up and down."""
    height = track.world_m[track.time_s >= track.time_s[0] + _WARM_UP_S, _J["pelvis"], 1]
    return {"hips_range_m": round(float(np.nanquantile(height, 0.98) - np.nanquantile(height, 0.02)), 3)}


JUDGES: dict[str, Callable[[Track, Scores], Scores]] = {
    "squat_8": squats,
    "walk_side": walk,
    "pushup_8": lying,
    "plank": lying,
    "lunge_5": lunges,
}
"""The clips that are looked at, and what is asked of each."""
