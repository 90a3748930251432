"""BVH, the format of animation programs: a skeleton with constant bones and its rotations, a file a person."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.motion import DEFAULTS, ExportOptions, Motion, Timeline, motions_in_turn
from export.poses import Poses
from export.writing import person_path, saved
from pose.blocks import BLOCK, blocks
from pose.rotations import bone_rotations, filled
from pose.skeleton import BONES, RestPose, to_local

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

# The names that retargeting tools look for.
_SIDED = {
    "shoulder": "Shoulder", "upper_arm": "Arm", "lower_arm": "ForeArm", "hand": "Hand",
    "upper_leg": "UpLeg", "lower_leg": "Leg", "foot": "Foot",
}  # fmt: skip


def joint_name(bone: str) -> str:
    """A bone's name in the file.

    >>> joint_name("left_upper_arm"), joint_name("hips")
    ('LeftArm', 'Hips')
    """
    side, _, part = bone.partition("_")
    return side.capitalize() + _SIDED[part] if part else bone.capitalize()


def write_bvh(
    poses: Poses, path: Path, options: ExportOptions = DEFAULTS, *, unit_m: float = 1.0, whole_clip: bool = False
) -> list[Path]:
    """Write a skeleton and its motion: y up, facing +z in the rest pose (a T-pose), channels Z, X, Y in degrees.

    Bones have constant lengths, the medians over the motion. In gaps the bones turn evenly from the last known pose to
    the next. Hands and feet are not seen and follow forearm and shank.

    Parameters
    ----------
    unit_m : float
        Length of a unit of the file in metres: 1 fits Blender's default, 0.01 programs that count in centimetres.
    whole_clip : bool
        Start every person's file at the clip's first frame, in the first known pose, so that files line up; otherwise a
        file starts with the first frame in which the person is seen.
    """
    written = []
    for motion in motions_in_turn(poses, options):
        even = motion.evenly()
        target = person_path(path, motion.track_id)
        lead = round((even.time_s[0] - _start(poses, options)) * even.fps) if whole_clip else 0
        with saved(target) as partial, partial.open("w", encoding="ascii", newline="\n") as file:
            file.writelines(f"{line}\n" for line in _lines(even, max(lead, 0), unit_m))
        written.append(target)
    return written


def _start(poses: Poses, options: ExportOptions) -> float:
    return float(Timeline.of(poses, options).time_s[0])


def _lines(motion: Motion, lead: int, unit_m: float) -> Iterator[str]:
    """A whole file."""
    time = motion.time_s[0] + np.arange(len(motion)) / motion.fps  # rounding in the times is no motion
    rest = RestPose.of(motion.xyz_m)
    yield from ("HIERARCHY", *_hierarchy(rest, unit_m), "MOTION", f"Frames: {lead + len(motion)}")
    yield f"Frame Time: {1 / motion.fps:.9f}"
    root = _filled_root(motion.xyz_m[:, 0], time) / unit_m
    for place, angles in zip(root, _angles(motion.xyz_m, time), strict=True):
        line = " ".join([f"{value:.5f}" for value in (*place.tolist(), *angles.ravel().tolist())])
        yield from [line] * (1 + lead)
        lead = 0


def _angles(xyz_m: Float, time: Float) -> Iterator[Float]:
    """Angles (19, 3) of every frame of a motion (M, 17, 3), worked out in pieces."""
    known = np.concatenate([bone_rotations(xyz_m[rows]).known for rows in blocks(len(xyz_m))])
    last = None
    for piece in _pieces(known):
        around = slice(piece.start, piece.stop + 1)
        turned = filled(bone_rotations(xyz_m[around]), time[around])[: piece.stop - piece.start]
        angles = smooth_euler(to_local(turned), last)
        last = angles[-1]
        yield from angles


def _pieces(known: Bool, size: int = BLOCK) -> Iterator[slice]:
    """A motion in pieces that know nothing of one another, by which bones are known (M, 19).

    Each but the first begins with a frame in which all bones are known that ever are, so that no gap goes on beyond the
    frame after a piece.
    """
    whole = np.flatnonzero(known[:, known.any(axis=0)].all(axis=1))
    after = np.searchsorted(whole, np.arange(size, len(known), size))
    cuts = np.unique(whole[after[after < len(whole)]])
    cuts = cuts[cuts > 0]
    yield from (slice(int(a), int(b)) for a, b in pairwise([0, *cuts, len(known)]))


def _hierarchy(rest: RestPose, unit_m: float, place: int = 0, depth: int = 0) -> list[str]:
    """The tree from one bone down, in the order in which `BONES` has it."""
    pad, bone = "  " * depth, BONES[place]
    kind, channels = ("ROOT", "6 Xposition Yposition Zposition") if place == 0 else ("JOINT", "3")
    lines = [
        f"{pad}{kind} {joint_name(bone.name)}",
        f"{pad}{{",
        f"{pad}  OFFSET {_numbers(rest.offsets[place] / unit_m)}",
        f"{pad}  CHANNELS {channels} Zrotation Xrotation Yrotation",
    ]
    children = [index for index, one in enumerate(BONES) if one.parent == place]
    for child in children:
        lines += _hierarchy(rest, unit_m, child, depth + 1)
    if not children:
        end = _numbers(rest.ends[place] / unit_m)
        lines += [f"{pad}  End Site", f"{pad}  {{", f"{pad}    OFFSET {end}", f"{pad}  }}"]
    return [*lines, f"{pad}}}"]


def _numbers(values: Float) -> str:
    return " ".join(f"{value:.6f}" for value in values + 0.0)


def smooth_euler(local: Float, before: Float | None = None) -> Float:
    """Rotations (M, B, 3, 3) as angles Z, X, Y (M, B, 3) in degrees, `R = Rz @ Rx @ Ry`, without jumps.

    A rotation has two triples of angles, and each of them all turns of 360 degrees. Every frame takes those nearest to
    the frame before, so that programs which interpolate between frames do not spin a bone round. `before` (B, 3) are
    the angles of the frame before the first one, where there is one.
    """
    first = _euler(local)
    second = np.stack([first[..., 0] + 180, 180 - first[..., 1], first[..., 2] + 180], axis=-1)
    out = first.copy()
    for frame in range(0 if before is not None else 1, len(out)):
        last = before if frame == 0 and before is not None else out[frame - 1]
        one = first[frame] + 360 * np.round((last - first[frame]) / 360)
        other = second[frame] + 360 * np.round((last - second[frame]) / 360)
        nearer = np.abs(other - last).sum(axis=1) < np.abs(one - last).sum(axis=1)
        out[frame] = np.where(nearer[:, None], other, one)
    return np.asarray(out)


def _euler(local: Float) -> Float:
    """Angles Z, X, Y (M, B, 3) in degrees, X within 90 degrees; where X is at its end, Y is 0 and Z has it all."""
    x = np.arcsin(np.clip(local[..., 2, 1], -1, 1))
    free = np.hypot(local[..., 2, 0], local[..., 2, 2]) > 1e-6
    y = np.where(free, np.arctan2(-local[..., 2, 0], local[..., 2, 2]), 0.0)
    z = np.where(free, np.arctan2(-local[..., 0, 1], local[..., 1, 1]), np.arctan2(local[..., 1, 0], local[..., 0, 0]))
    return np.asarray(np.degrees(np.stack([z, x, y], axis=-1)))


def _filled_root(root: Float, time: Float) -> Float:
    """The pelvis (M, 3) without gaps; 0 where it is never known."""
    known = np.isfinite(root).all(axis=1)
    if not known.any():
        return np.zeros_like(root)
    return np.stack([np.interp(time, time[known], root[known, axis]) for axis in range(3)], axis=1)
