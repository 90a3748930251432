"""The bones that animation uses: a tree with a rest pose, its lengths, and where given rotations put it.

Axes: y up, right-handed, any unit. In the rest pose (a T-pose) the person faces +z, with the left hand towards +x, as
BVH files and VRM models have it. A bone's rotation is what turns it out of the rest pose; a local one is relative to
its parent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pose.joint_sets import H36M17

Float = NDArray[np.float64]

HEAD_BASE = "head_base"
POINTS = (*H36M17, HEAD_BASE)
"""Places that bones go between: H36M17 and where the skull sits on the spine."""

# Of an average head, nose tip to vertex being 1: the skull's base lies 0.27 of the way to the vertex and 0.57 behind.
_BASE_ALONG, _BASE_BEHIND = 0.27, 0.57
NOSE_TO_VERTEX: Float = np.array([0.0, 0.857, -0.515])
"""Direction from the nose to the vertex in the rest pose: of somebody who looks straight ahead."""
_BEHIND = np.array([0.0, -0.515, -0.857])


@dataclass(frozen=True, slots=True)
class Bone:
    """A bone of the tree.

    Attributes
    ----------
    name : str
        As in VRM and glTF humanoids, in snake case.
    parent : int
        Index into `BONES`, -1 for the root.
    start, end : str
        Which of `POINTS` it goes between; a bone whose end is not seen (hands, feet) has an empty one.
    rest : tuple of 3 floats
        Its direction in the rest pose.
    """

    name: str
    parent: int
    start: str
    end: str
    rest: tuple[float, float, float]


_UP, _DOWN, _FORWARD = (0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)
_LEFT, _RIGHT = (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)


def _arm(side: str, first: int, rest: tuple[float, float, float]) -> tuple[Bone, ...]:
    return (
        Bone(f"{side}_shoulder", 2, "thorax", f"{side}_shoulder", rest),
        Bone(f"{side}_upper_arm", first, f"{side}_shoulder", f"{side}_elbow", rest),
        Bone(f"{side}_lower_arm", first + 1, f"{side}_elbow", f"{side}_wrist", rest),
        Bone(f"{side}_hand", first + 2, f"{side}_wrist", "", rest),
    )


def _leg(side: str, first: int) -> tuple[Bone, ...]:
    return (
        Bone(f"{side}_upper_leg", 0, f"{side}_hip", f"{side}_knee", _DOWN),
        Bone(f"{side}_lower_leg", first, f"{side}_knee", f"{side}_ankle", _DOWN),
        Bone(f"{side}_foot", first + 1, f"{side}_ankle", "", _FORWARD),
    )


BONES = (
    Bone("hips", -1, "pelvis", "", _UP),
    Bone("spine", 0, "pelvis", "spine", _UP),
    Bone("chest", 1, "spine", "thorax", _UP),
    Bone("neck", 2, "thorax", HEAD_BASE, _UP),
    Bone("head", 3, HEAD_BASE, "head", _UP),
    *_arm("left", 5, _LEFT),
    *_arm("right", 9, _RIGHT),
    *_leg("left", 13),
    *_leg("right", 16),
)
"""The tree, parents before children."""

_PARENTS = np.array([bone.parent for bone in BONES[1:]])
BONE_INDEX = {bone.name: index for index, bone in enumerate(BONES)}


def with_head_base(xyz: ArrayLike) -> Float:
    """Joints (N, 17, 3) with the base of the skull added: (N, 18, 3).

    Nose and vertex move with the skull, so that its base lies at a fixed place beside them, in their plane with the
    neck; unlike the nose, it keeps its distance from the neck when somebody nods.
    """
    joints = np.asarray(xyz, np.float64)
    nose, thorax = joints[:, H36M17.index("nose")], joints[:, H36M17.index("thorax")]
    vertex = joints[:, H36M17.index("head")] - nose
    size = lengths(vertex)
    behind = perpendicular(thorax - nose, vertex)
    base = nose + _BASE_ALONG * vertex + _BASE_BEHIND * size * behind
    return np.concatenate([joints, base[:, None]], axis=1)


def perpendicular(vectors: Float, to: Float) -> Float:
    """The part of `vectors` (..., 3) at right angles to `to` (..., 3), of length 1; NaN where there is none."""
    square = dot(to, to)[..., None]
    rest = vectors - to * (dot(vectors, to)[..., None] / np.where(square > 0, square, np.nan))
    return np.asarray(rest / lengths(rest, 1e-9))


def dot(one: Float, two: Float) -> Float:
    """Products (...) of vectors (..., 3)."""
    return np.asarray(np.einsum("...i,...i->...", one, two))


def lengths(vectors: Float, least: float = -1.0) -> Float:
    """Lengths (..., 1) of vectors (..., 3); NaN where one is not over `least`."""
    out = np.sqrt(dot(vectors, vectors))[..., None]
    return np.asarray(np.where(out > least, out, np.nan) if least >= 0 else out)


@dataclass(frozen=True, slots=True)
class RestPose:
    """One person's bones in the rest pose.

    Attributes
    ----------
    offsets : array, shape (19, 3)
        Start of every bone from its parent's start, in the unit of the joints that it was made of; 0 for the root.
    ends : array, shape (19, 3)
        End of every bone from its own start. Hands and feet are drawn at a share of the lower arm and leg.
    nose : array, shape (3,)
        The nose from the head's start.
    """

    offsets: Float
    ends: Float
    nose: Float

    @classmethod
    def of(cls, xyz: ArrayLike, default: float = 0.25) -> RestPose:
        """The constant lengths that fit a motion (N, 17, 3) best: their medians over the frames where they are known.

        A bone that is never known has the length `default`.
        """
        points = with_head_base(xyz)
        index = {name: place for place, name in enumerate(POINTS)}

        def length(start: str, end: str) -> float:
            far = np.linalg.norm(points[:, index[end]] - points[:, index[start]], axis=1)
            return float(np.median(far[np.isfinite(far)])) if np.isfinite(far).any() else default

        ends = np.zeros((len(BONES), 3))
        for place, bone in enumerate(BONES):
            if bone.end:
                ends[place] = np.array(bone.rest) * length(bone.start, bone.end)
            elif bone.parent >= 0:
                # Never seen: 0.7 of the forearm is a hand, 0.4 of the shank is the foot before the ankle.
                share = 0.4 if bone.name.endswith("foot") else 0.7
                ends[place] = np.array(bone.rest) * share * np.linalg.norm(ends[bone.parent])
        head = length("nose", "head")
        nose = -head * (_BASE_ALONG * NOSE_TO_VERTEX + _BASE_BEHIND * _BEHIND)
        ends[BONE_INDEX["head"]] = nose + head * NOSE_TO_VERTEX
        offsets = np.array([ends[bone.parent] if bone.parent > 0 else np.zeros(3) for bone in BONES])
        offsets[BONE_INDEX["left_upper_leg"]] = np.array(_LEFT) * length("pelvis", "left_hip")
        offsets[BONE_INDEX["right_upper_leg"]] = np.array(_RIGHT) * length("pelvis", "right_hip")
        return cls(offsets, ends, nose)

    def starts(self, local: ArrayLike, root: ArrayLike) -> Float:
        """Forward kinematics: starts (N, 19, 3) of all bones of local rotations (N, 19, 3, 3) and roots (N, 3)."""
        turn = to_global(local)
        out = np.zeros(turn.shape[:-1])
        out[:, 0] = root
        for place, bone in enumerate(BONES[1:], start=1):
            out[:, place] = out[:, bone.parent] + turn[:, bone.parent] @ self.offsets[place]
        return out


def to_local(rotations: ArrayLike) -> Float:
    """Rotations (N, 19, 3, 3) relative to each bone's parent."""
    turn = np.asarray(rotations, np.float64)
    out = turn.copy()
    out[:, 1:] = turn[:, _PARENTS].swapaxes(2, 3) @ turn[:, 1:]
    return out


def to_global(local: ArrayLike) -> Float:
    """Rotations (N, 19, 3, 3) out of the rest pose; the inverse of `to_local`."""
    out = np.array(local, np.float64)
    for place, bone in enumerate(BONES[1:], start=1):
        out[:, place] = out[:, bone.parent] @ out[:, place]
    return out
