"""How much of a person was seen, and how steady the skeleton is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from export.motion import ExportOptions, Motion, Repairs
from export.poses import Poses
from pose.joint_sets import H36M17, H36M17_BONES

# The limbs: bones of fixed length in a body, unlike those between trunk and head.
_LIMBS = [bone for bone in H36M17_BONES if H36M17[bone[1]].endswith(("knee", "ankle", "elbow", "wrist"))]


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one person.

    Attributes
    ----------
    track_id : int
    first_s, last_s : float
        Times of the first and last frame in which they are seen.
    frames : int
        In how many frames they are seen; those that were filled in do not count.
    share_of_clip, share_of_span : float
        That number as a share of all frames of the clip, and of those between the first and the last.
    gaps : int
        That are left.
    longest_gap_s : float
        From the last frame before the gap to the first after it; 0 without gaps.
    repairs : Repairs or None
        What was put right; None where nobody counted.
    score : float
        Mean confidence of the 2D joints that were found.
    share_of_joints : float
        Share of the 3D joints that are known, in the frames in which the person is seen.
    bone_spread : float
        Standard deviation of the length of arms and legs over time as a share of that length, mean over the bones; a
        real body has 0.
    """

    track_id: int
    first_s: float
    last_s: float
    frames: int
    share_of_clip: float
    share_of_span: float
    gaps: int
    longest_gap_s: float
    repairs: Repairs | None
    score: float
    share_of_joints: float
    bone_spread: float


def quality(poses: Poses, motion: Motion, clip_frames: int, options: ExportOptions) -> Quality:
    """Figures of one person of a pose file."""
    rows = poses.track_id == motion.track_id
    score = poses.score[rows]
    seen = np.flatnonzero(motion.seen)
    pauses = np.diff(motion.time_s[seen])[np.diff(seen) > 1]
    spreads = []
    for start, end in _LIMBS:
        length = np.linalg.norm(motion.xyz_m[:, end] - motion.xyz_m[:, start], axis=1)
        length = length[np.isfinite(length)]
        if len(length) and length.mean() > 0:
            spreads.append(float(length.std() / length.mean()))
    repairs = None if options.repairs is None else options.repairs.get(motion.track_id, Repairs())
    found = len(seen) - (repairs.frames_filled if repairs else 0)
    return Quality(
        track_id=motion.track_id,
        first_s=float(motion.time_s[0]),
        last_s=float(motion.time_s[-1]),
        frames=found,
        share_of_clip=found / clip_frames,
        share_of_span=found / len(motion),
        gaps=len(pauses),
        longest_gap_s=float(pauses.max()) if len(pauses) else 0.0,
        repairs=repairs,
        score=float(score[score > 0].mean()) if (score > 0).any() else 0.0,
        share_of_joints=float(poses.valid[rows].mean()),
        bone_spread=float(np.mean(spreads)) if spreads else 0.0,
    )
