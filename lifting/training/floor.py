"""Motion that captured data lacks, by inverse kinematics: push-ups, planks, sit-ups, bridges, desk work.

The person lies along x with the head towards +x, or sits facing +x; y is up, the floor at y = 0, metres. Everything is
drawn at random within what people do: tempo, depth, width of the hands, bend of the hips.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lifting.training.mocap import Motion
from pose.joint_sets import H36M17

Float = NDArray[np.float64]

FPS = 30.0
_INDEX = {name: index for index, name in enumerate(H36M17)}
_THIGH, _SHANK, _UPPER_ARM, _FOREARM, _TRUNK = 0.42, 0.42, 0.29, 0.25, 0.50
_HIP_HALF, _SHOULDER_HALF = 0.10, 0.18
_UP = np.array([0.0, 1.0, 0.0])


def floor_motions(seed: int, each: int = 30) -> list[Motion]:
    """`each` sequences of 8 s of every kind."""
    kinds: dict[str, Callable[[np.random.Generator], Float]] = {
        "pushup": _push_up,
        "plank": _plank,
        "situp": _sit_up,
        "bridge": _bridge,
        "desk": _desk,
    }
    motions = []
    for number, (name, make) in enumerate(kinds.items()):
        for take in range(each):
            xyz = make(np.random.default_rng([seed, number, take]))
            motions.append(Motion("floor", f"{name}_{take:02d}", FPS, xyz.astype(np.float32)))
    return motions


def two_bones(start: Float, end: Float, first: float, second: float, towards: Float) -> tuple[Float, Float]:
    """Middle joint and reachable end of two bones (T, 3) from `start` to `end`, bent towards a direction (T, 3).

    The law of cosines; an end out of reach is brought as near as the bones go.
    """
    line = end - start
    distance = np.linalg.norm(line, axis=-1, keepdims=True)
    along = line / np.maximum(distance, 1e-9)
    reach = np.clip(distance, abs(first - second) + 1e-3, (first + second) * 0.999)
    part = (reach**2 + first**2 - second**2) / (2 * reach)
    aside = towards - (towards * along).sum(axis=-1, keepdims=True) * along
    aside = aside / np.maximum(np.linalg.norm(aside, axis=-1, keepdims=True), 1e-9)
    middle = start + part * along + np.sqrt(np.maximum(first**2 - part**2, 0)) * aside
    return middle, start + reach * along


def _times(random: np.random.Generator) -> tuple[Float, Float]:
    """Times (T,) of 8 s, and a repetition's phase there (T,): 0 at rest, 1 at the turning point, with pauses."""
    times = np.arange(int(8 * FPS)) / FPS
    period = random.uniform(1.2, 4.0)
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * (times / period + random.uniform()))
    sharp = random.uniform(0.6, 1.6)
    return times, wave**sharp


def _sway(times: Float, size: float, random: np.random.Generator) -> Float:
    """A slow random movement (T,) of about `size`."""
    waves = [np.sin(2 * np.pi * (times * random.uniform(0.1, 0.9) + random.uniform())) for _ in range(3)]
    return np.asarray(size / np.sqrt(3) * np.sum(waves, axis=0))


def _trunk(pelvis: Float, up: Float, forward: Float, head_pitch: Float) -> Float:
    """H36M17 (T, 17, 3) with pelvis, hips, trunk, shoulders and head set; limbs are still missing."""
    left = np.cross(up, forward)
    out = np.zeros((len(pelvis), len(H36M17), 3))
    cos, sin = np.cos(head_pitch)[:, None], np.sin(head_pitch)[:, None]
    head_up, head_forward = cos * up - sin * forward, cos * forward + sin * up  # pitch raises the face
    thorax = pelvis + _TRUNK * up
    out[:, _INDEX["pelvis"]] = pelvis
    out[:, _INDEX["spine"]] = pelvis + 0.48 * _TRUNK * up - 0.02 * forward
    out[:, _INDEX["thorax"]] = thorax
    out[:, _INDEX["nose"]] = thorax + 0.14 * head_up + 0.11 * head_forward
    out[:, _INDEX["head"]] = thorax + 0.30 * head_up
    for side, sign in (("left", 1.0), ("right", -1.0)):
        out[:, _INDEX[f"{side}_hip"]] = pelvis + sign * _HIP_HALF * left
        out[:, _INDEX[f"{side}_shoulder"]] = thorax - 0.04 * up + sign * _SHOULDER_HALF * left
    return out


def _arm(out: Float, side: str, wrist: Float, towards: Float) -> None:
    shoulder = out[:, _INDEX[f"{side}_shoulder"]]
    elbow, hand = two_bones(shoulder, wrist, _UPPER_ARM, _FOREARM, towards)
    out[:, _INDEX[f"{side}_elbow"]], out[:, _INDEX[f"{side}_wrist"]] = elbow, hand


def _leg(out: Float, side: str, ankle: Float, towards: Float) -> None:
    hip = out[:, _INDEX[f"{side}_hip"]]
    knee, foot = two_bones(hip, ankle, _THIGH, _SHANK, towards)
    out[:, _INDEX[f"{side}_knee"]], out[:, _INDEX[f"{side}_ankle"]] = knee, foot


def _prone(shoulder_height: Float, random: np.random.Generator) -> Float:
    """Trunk and legs (T, 17, 3) of somebody face down on toes or knees, shoulders at the given heights (T,)."""
    frames = len(shoulder_height)
    on_knees = random.random() < 0.2
    legs = _THIGH if on_knees else _THIGH + _SHANK
    pivot = np.array([0.0, 0.06 if on_knees else random.uniform(0.06, 0.12), 0.0])
    bend = np.radians(random.normal(3, 7))  # hips above (piked) or below the line
    length = legs + _TRUNK
    rise = np.arcsin(np.clip((shoulder_height - pivot[1]) / length, -0.3, 0.9))
    thigh, trunk = rise + bend * _TRUNK / length * 2, rise - bend * legs / length * 2
    zero = np.zeros(frames)
    pelvis = pivot + legs * np.stack([np.cos(thigh), np.sin(thigh), zero], axis=-1)
    up = np.stack([np.cos(trunk), np.sin(trunk), zero], axis=-1)
    forward = np.stack([np.sin(trunk), -np.cos(trunk), zero], axis=-1)
    out = _trunk(pelvis, up, forward, np.radians(random.uniform(-20, 50)) + _sway(np.arange(frames) / FPS, 0.1, random))
    apart = random.uniform(0.3, 1.3)
    for side, sign in (("left", -1.0), ("right", 1.0)):  # face down, the person's left is at -z
        foot = pivot + np.array([0.0, 0.0, sign * _HIP_HALF * apart])
        if on_knees:
            out[:, _INDEX[f"{side}_knee"]] = foot
            lifted = random.uniform(0.05, 1.4)
            shank = _SHANK * np.array([-np.cos(lifted), np.sin(lifted), 0.0])
            out[:, _INDEX[f"{side}_ankle"]] = foot + shank
        else:
            _leg(out, side, np.broadcast_to(foot, (frames, 3)), np.tile([0.2, -1.0, 0.0], (frames, 1)))
    return out


def _push_up(random: np.random.Generator) -> Float:
    times, phase = _times(random)
    top = random.uniform(0.48, 0.55)
    out = _prone(top - phase * random.uniform(0.15, 0.4), random)
    width, ahead = random.uniform(0.9, 1.8), random.uniform(-0.1, 0.1)
    x = out[:, _INDEX["left_shoulder"], 0].mean() + ahead
    flare = random.uniform(0.1, 1.2)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        wrist = np.tile([x, 0.05, sign * _SHOULDER_HALF * width], (len(times), 1))
        _arm(out, side, wrist, np.tile([-1.0, 0.2, sign * flare], (len(times), 1)))
    return out


def _plank(random: np.random.Generator) -> Float:
    times, _ = _times(random)
    forearms = random.random() < 0.7
    height = (_UPPER_ARM + 0.04 if forearms else 0.53) + _sway(times, 0.01, random)
    out = _prone(height, random)
    inward = random.uniform(-0.1, 0.15)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        shoulder = out[:, _INDEX[f"{side}_shoulder"]]
        below = shoulder * [1.0, 0.0, 1.0] + [random.uniform(-0.05, 0.05), 0.04, 0.0]
        if forearms:
            out[:, _INDEX[f"{side}_elbow"]] = below
            out[:, _INDEX[f"{side}_wrist"]] = below + np.array([np.sqrt(_FOREARM**2 - inward**2), 0.0, -sign * inward])
        else:
            _arm(out, side, below, np.tile([-1.0, 0.0, sign * 0.5], (len(times), 1)))
    return out


def _on_back(trunk_rise: Float, pelvis: Float, random: np.random.Generator) -> Float:
    """Trunk and bent legs (T, 17, 3) of somebody on the back, feet towards -x, the trunk raised by angles (T,)."""
    frames = len(trunk_rise)
    zero = np.zeros(frames)
    up = np.stack([np.cos(trunk_rise), np.sin(trunk_rise), zero], axis=-1)
    forward = np.stack([-np.sin(trunk_rise), np.cos(trunk_rise), zero], axis=-1)
    nod = np.minimum(trunk_rise, 0)  # the head stays on the floor where the hips rise
    out = _trunk(pelvis, up, forward, nod + np.radians(random.uniform(-40, 10)))
    feet_at, apart = random.uniform(0.35, 0.75), random.uniform(0.5, 2.0)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        ankle = np.tile([-feet_at, 0.08, sign * _HIP_HALF * apart], (frames, 1))
        _leg(out, side, ankle, np.tile([0.2, 1.0, 0.0], (frames, 1)))
    return out


def _sit_up(random: np.random.Generator) -> Float:
    _, phase = _times(random)
    rise = np.radians(random.uniform(0, 8) + phase * random.uniform(25, 95))
    pelvis = np.tile([0.0, 0.1, 0.0], (len(phase), 1))
    out = _on_back(rise, pelvis, random)
    up, style = out[:, _INDEX["thorax"]] - pelvis, random.integers(3)
    up /= np.linalg.norm(up, axis=-1, keepdims=True)
    forward = np.cross(np.tile([0.0, 0.0, 1.0], (len(phase), 1)), up)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        aside = np.array([0.0, 0.0, sign])
        thorax, knee = out[:, _INDEX["thorax"]], out[:, _INDEX[f"{side}_knee"]]
        if style == 0:  # hands at the head
            _arm(out, side, thorax + 0.15 * up + 0.1 * aside, 0.3 * forward + aside)
        elif style == 1:  # arms crossed on the chest
            _arm(out, side, thorax - 0.12 * up + 0.12 * forward - 0.05 * aside, forward - up + aside)
        else:  # hands reach for the knees
            _arm(out, side, knee + 0.05 * aside, -up + aside)
    return out


def _bridge(random: np.random.Generator) -> Float:
    _, phase = _times(random)
    height = 0.1 + phase * random.uniform(0.1, 0.3)
    rise = -np.arcsin(np.clip((height - 0.08) / _TRUNK, 0, 0.8))
    pelvis = np.stack([_TRUNK - _TRUNK * np.cos(rise), height, np.zeros_like(height)], axis=-1)
    out = _on_back(rise, pelvis, random)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hand = np.tile([random.uniform(-0.05, 0.1), 0.04, sign * random.uniform(0.2, 0.45)], (len(phase), 1))
        _arm(out, side, hand, np.tile([0.0, -0.2, sign], (len(phase), 1)))
    return out


def _desk(random: np.random.Generator) -> Float:
    """Somebody who sits and looks towards +x: the hands rest, type, gesture or touch the face."""
    times, _ = _times(random)
    frames = len(times)
    lean, turn = np.radians(random.normal(5, 10)) + _sway(times, 0.06, random), _sway(times, 0.15, random)
    zero = np.zeros(frames)
    up = np.stack([np.sin(lean), np.cos(lean), zero + random.normal(0, 0.05)], axis=-1)
    up /= np.linalg.norm(up, axis=-1, keepdims=True)
    forward = np.stack([np.cos(turn), zero, np.sin(turn)], axis=-1)
    forward -= (forward * up).sum(axis=-1, keepdims=True) * up
    forward /= np.linalg.norm(forward, axis=-1, keepdims=True)
    pelvis = np.tile([0.0, random.uniform(0.42, 0.52), 0.0], (frames, 1))
    out = _trunk(pelvis, up, forward, np.radians(random.normal(-5, 12)) + _sway(times, 0.12, random))
    left = np.cross(up, forward)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        aside = sign * left
        rest = np.array([random.uniform(0.15, 0.45), random.uniform(-0.35, 0.1), random.uniform(-0.1, 0.3)])
        if random.random() < 0.2:
            rest = np.array([0.15, 0.1, 0.05])  # a hand at the face
        move = [_sway(times, random.choice([0.01, 0.05, 0.12]), random)[:, None] for _ in range(3)]
        wrist = out[:, _INDEX["thorax"]] + (rest[0] + move[0]) * forward + (rest[1] + move[1]) * up
        _arm(out, side, wrist + (rest[2] + move[2]) * aside, -up + 0.6 * aside - 0.3 * forward)
        foot = pelvis * [1, 0, 1] + [random.uniform(0.2, 0.6), 0.08, 0.0] + 0.12 * aside[:1]
        _leg(out, side, foot, np.tile([1.0, 0.6, 0.0], (frames, 1)))
    return out
