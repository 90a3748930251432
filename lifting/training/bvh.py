"""BVH files as motion to train on: `python main.py train bvh FILES... --out my.npz`.

A skeleton's joints become Human3.6M-17 by their names, as most programs write them (Mixamo, Rokoko, CMU, our own
export). What BVH does not have is placed: the nose ahead of the head, the vertex above it. The result has the format of
the shared motion files: millimetres, z up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from lifting.errors import LiftingError
from lifting.training.mocap import FILE_JOINTS, MAX_FRAMES, Motion
from pose.files import written_beside
from pose.joint_sets import H36M17

Float = NDArray[np.float64]

_UNITS_M = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254}
_LEG_M = 0.85
"""From hip to ankle in most adults; says in which unit a file is."""

_NOSE_AHEAD_M, _NOSE_ABOVE_M, _VERTEX_ABOVE_M = 0.11, 0.06, 0.19
"""Of the tip of the nose and of the vertex, from the joint between neck and head."""

_AXES = {"X": 0, "Y": 1, "Z": 2}
_MOST_JOINTS = 1000

_NAMES: dict[str, tuple[str, ...]] = {
    "pelvis": ("hips", "pelvis", "hip", "root"),
    "spine": ("spine1", "chest", "abdomen", "spine", "lowerback"),
    "thorax": ("neck", "neck1", "upperneck"),
    "head": ("head",),
    "hip": ("upleg", "upperleg", "thigh", "hipjoint", "hip"),
    "knee": ("leg", "lowleg", "lowerleg", "shin", "calf", "knee"),
    "ankle": ("foot", "ankle"),
    "shoulder": ("arm", "upperarm", "uparm", "shldr"),
    "elbow": ("forearm", "lowerarm", "lowarm", "elbow"),
    "wrist": ("hand", "wrist"),
}
"""Where each joint's bone may start, by the bone's name without side, the likeliest first."""


@dataclass(frozen=True, slots=True)
class _Joint:
    """A joint of the hierarchy: its parent's index (-1 for a root), its offset (3,) and its channels' names."""

    name: str
    parent: int
    offset: Float
    channels: tuple[str, ...]


def read_bvh(path: Path, *, unit: str | None = None) -> Motion:
    """A BVH file as one motion of H36M17 joints, y up, metres.

    Parameters
    ----------
    unit : str, optional
        "m", "cm", "mm" or "inch"; without, the one in which the legs are nearest to an adult's.

    Raises
    ------
    LiftingError
        Where the file cannot be read, is no BVH, or lacks joints; the message says which.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise LiftingError(f"cannot read {path}: {error.strerror}") from error
    head, found, tail = text.partition("MOTION")
    if not found:
        raise LiftingError(f"{path} is no BVH file: it has no MOTION")
    try:
        joints = _hierarchy(iter(head.split()))
        fps, values = _motion(tail, sum(len(joint.channels) for joint in joints))
    except (ValueError, StopIteration, IndexError) as error:
        raise LiftingError(f"{path} is no BVH file that can be read: {error or 'it ends too early'}") from error
    places, turns = _posed(joints, values)
    return Motion("bvh", path.stem, fps, _h36m(path, joints, places, turns, unit).astype(np.float32))


def _hierarchy(words: Iterator[str]) -> list[_Joint]:
    """The joints, parents first; ends of bones are joints without channels."""
    joints: list[_Joint] = []
    open_joints: list[int] = []
    channels: tuple[str, ...] = ()
    offset, name = np.zeros(3), ""
    pending = False

    def begun() -> None:
        nonlocal pending
        if pending:
            joints.append(_Joint(name, open_joints[-1] if open_joints else -1, offset, channels))
            open_joints.append(len(joints) - 1)
            pending = False

    for word in words:
        if word in ("ROOT", "JOINT", "End"):
            begun()
            name, offset, channels, pending = next(words), np.zeros(3), (), True
        elif word == "OFFSET":
            offset = np.array([float(next(words)) for _ in range(3)])
        elif word == "CHANNELS":
            channels = tuple(next(words) for _ in range(int(next(words))))
        elif word == "}":
            begun()
            open_joints.pop()
        if len(joints) > _MOST_JOINTS:
            raise ValueError(f"more than {_MOST_JOINTS} joints")
    if not joints or open_joints:
        raise ValueError("its hierarchy is not closed")
    return joints


def _motion(text: str, channels: int) -> tuple[float, Float]:
    """Frames a second, and the values (T, channels)."""
    said = re.match(r"\s*Frames:\s*(\d+)\s+Frame Time:\s*([0-9.eE+-]+)\s", text)
    if said is None:
        raise ValueError("frames and frame time are missing")
    frames, step_s = int(said[1]), float(said[2])
    if not 0 < frames <= MAX_FRAMES or not 0.001 <= step_s <= 1:
        raise ValueError(f"{frames} frames of {step_s} s")
    values = np.array(text[said.end() :].split(), np.float64)
    if values.size != frames * channels:
        raise ValueError(f"{values.size} numbers for {frames} frames of {channels} channels")
    return 1 / step_s, values.reshape(frames, channels)


def _posed(joints: list[_Joint], values: Float) -> tuple[Float, Float]:
    """Places (T, J, 3) and rotations (T, J, 3, 3) of all joints in the file's unit and axes."""
    frames = len(values)
    places = np.zeros((frames, len(joints), 3))
    turns = np.zeros((frames, len(joints), 3, 3))
    at = 0
    for index, joint in enumerate(joints):
        local, moved = np.tile(np.eye(3), (frames, 1, 1)), np.tile(joint.offset, (frames, 1))
        for channel in joint.channels:
            axis, kind, column = _AXES[channel[0]], channel[1:].lower(), values[:, at]
            at += 1
            if kind == "position":
                moved[:, axis] = column if joint.parent < 0 else joint.offset[axis] + column
            else:
                local = local @ _about(axis, np.radians(column))
        if joint.parent < 0:
            places[:, index], turns[:, index] = moved, local
        else:
            turn = turns[:, joint.parent]
            places[:, index] = places[:, joint.parent] + (turn @ moved[..., None])[..., 0]
            turns[:, index] = turn @ local
    return places, turns


def _about(axis: int, angle_rad: Float) -> Float:
    """Rotations (T, 3, 3) about a coordinate axis."""
    out = np.tile(np.eye(3), (len(angle_rad), 1, 1))
    one, two = (axis + 1) % 3, (axis + 2) % 3
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    out[:, one, one], out[:, two, two] = cos, cos
    out[:, one, two], out[:, two, one] = -sin, sin
    return out


def _h36m(path: Path, joints: list[_Joint], places: Float, turns: Float, unit: str | None) -> Float:
    """H36M17 (T, 17, 3) in metres."""
    index = _indices(path, [joint.name for joint in joints])
    leg = sum(
        float(np.linalg.norm(places[0, index[f"left_{a}"]] - places[0, index[f"left_{b}"]]))
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    )
    if unit is not None and unit not in _UNITS_M:
        raise LiftingError(f"the unit is one of {', '.join(_UNITS_M)}, not {unit}")
    if leg <= 0:
        raise LiftingError(f"{path}: its legs have no length")
    scale = _UNITS_M[unit or min(_UNITS_M, key=lambda one: abs(np.log(leg * _UNITS_M[one] / _LEG_M)))]
    out = np.zeros((len(places), len(H36M17), 3))
    for joint, name in enumerate(H36M17):
        if name in index:
            out[:, joint] = places[:, index[name]] * scale
    left_hip, right_hip = out[:, H36M17.index("left_hip")], out[:, H36M17.index("right_hip")]
    out[:, H36M17.index("pelvis")] = (left_hip + right_hip) / 2
    shoulders = out[:, H36M17.index("left_shoulder")] - out[:, H36M17.index("right_shoulder")]
    head, neck = out[:, H36M17.index("head")].copy(), out[:, H36M17.index("thorax")]
    up = _unit(head - neck) if (np.linalg.norm(head - neck, axis=-1) > 0.02).all() else turns[:, index["head"], :, 1]
    forward = _unit(np.cross(shoulders, up))
    out[:, H36M17.index("nose")] = head + _NOSE_AHEAD_M * forward + _NOSE_ABOVE_M * up
    out[:, H36M17.index("head")] = head + _VERTEX_ABOVE_M * up
    return out


def _unit(vectors: Float) -> Float:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def _indices(path: Path, names: list[str]) -> dict[str, int]:
    """Which joint of the file each H36M17 joint is; the nose is placed and the pelvis lies between the hips."""
    plain = [_plain(name) for name in names]
    out: dict[str, int] = {}
    for joint in H36M17:
        side, _, part = joint.rpartition("_")
        if joint in ("nose", "pelvis"):
            continue
        wanted = [(side, word) for word in _NAMES[part]]
        at = next((plain.index(one) for one in wanted if one in plain), None)
        if at is None:
            raise LiftingError(
                f"{path} has no joint for the {joint.replace('_', ' ')}; its joints are {', '.join(names)}"
            )
        out[joint] = at
    return out


def _plain(name: str) -> tuple[str, str]:
    """Side and part of a joint's name, without prefix and punctuation.

    >>> _plain("mixamorig:LeftUpLeg"), _plain("r_forearm"), _plain("Arm.L"), _plain("Head")
    (('left', 'upleg'), ('right', 'forearm'), ('left', 'arm'), ('', 'head'))
    """
    word = name.rsplit(":", maxsplit=1)[-1]
    for side, letter in (("left", "l"), ("right", "r")):
        for form in (
            rf"^{side}[_. -]?(.+)$",
            rf"^(.+?)[_. -]?{side}$",
            rf"^{letter}[_. -](.+)$",
            rf"^(.+)[_. -]{letter}$",
        ):
            if found := re.match(form, word, re.IGNORECASE):
                return side, re.sub(r"[^a-z0-9]", "", found[1].lower())
    return "", re.sub(r"[^a-z0-9]", "", word.lower())


def save_motions(motions: list[Motion], path: Path, licence: str = "") -> None:
    """Write motions in the format of the shared motion files, which `train lifter --data` reads."""
    z_up = [np.stack([one.xyz_m[..., 0], -one.xyz_m[..., 2], one.xyz_m[..., 1]], axis=-1) for one in motions]
    arrays = {
        "xyz": np.round(np.concatenate(z_up) * 1000).clip(-32768, 32767).astype(np.int16),
        "starts": np.cumsum([0, *(len(one.xyz_m) for one in motions)]).astype(np.int32),
        "names": np.array([one.name for one in motions]),
        "fps": np.array([one.fps for one in motions], np.float32),
        "joint_names": np.array(FILE_JOINTS),
        "licence": np.array(licence),
        "source": np.array("BVH files"),
    }
    with written_beside(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def command(
    files: Annotated[list[Path], typer.Argument(help="BVH files, one person each.")],
    out: Annotated[Path, typer.Option(help="The motion file (.npz), for train lifter --data its folder.")],
    unit: Annotated[str | None, typer.Option(help="m, cm, mm or inch; guessed from the legs if left out.")] = None,
    licence: Annotated[str, typer.Option(help="A word on whose motion it is, kept in the file.")] = "",
) -> None:
    """Turn BVH files into motion that the lifter can be trained on."""
    motions = [read_bvh(file, unit=unit) for file in files]
    save_motions(motions, out, licence)
    seconds = sum(len(one.xyz_m) / one.fps for one in motions)
    typer.echo(f"{out}: {len(motions)} motions, {seconds:.0f} s")


if __name__ == "__main__":
    typer.run(command)
