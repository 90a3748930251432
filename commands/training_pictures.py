"""`train render`: pictures of the synthetic actor with exact labels, for training a detector.

The people stand, train and lie as captured motion and the actor's own library have it. Most motion was captured
standing, and a detector that is trained on that loses people who are low; so a share is drawn from low poses alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track

from commands.errors import CommandError
from detection.training.rendered import RenderedWriter
from lifting.training.floor import floor_motions
from lifting.training.mocap import Motion, for_training, read_folder
from pose.joint_sets import H36M17
from pose.types import Float32
from synthetic.dataset import Wardrobe, sample

_PELVIS = H36M17.index("pelvis")
_LEGS = [[H36M17.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")] for side in ("left", "right")]
_LOW = 0.7
"""Height of the pelvis over the lowest joint, in lengths of a leg, below which somebody is low."""
_EVERY_S = 0.25
_FRAMINGS = {"full": 0.7, "far": 0.2, "group": 0.1}
"""Of pictures of low people; all others have the framings of `sample`."""


@dataclass(frozen=True, slots=True)
class PosePool:
    """Poses (N, 17, 3) in metres, y up: all, and those of them that are low."""

    all: Float32
    low: Float32


def pelvis_height(xyz_m: Float32) -> Float32:
    """How high the pelvis is over the lowest joint, in lengths of the longer leg: 1 standing, near 0 lying.

    Parameters
    ----------
    xyz_m : array, float32, shape (N, 17, 3)
        H36M17 joints, y up.

    Returns
    -------
    array, float32, shape (N,)
    """
    bones = np.stack([np.linalg.norm(np.diff(xyz_m[:, leg], axis=1), axis=-1).sum(axis=1) for leg in _LEGS])
    height = xyz_m[:, _PELVIS, 1] - xyz_m[..., 1].min(axis=1)
    return np.asarray(height / np.maximum(bones.max(axis=0), 1e-6), np.float32)


def pose_pool(motions: list[Motion]) -> PosePool:
    """Poses of sequences that may be trained on, four a second, and of push-ups, planks, sit-ups and bridges.

    Raises
    ------
    CommandError
        Where none may be trained on.
    """
    chosen = [motion for motion in motions if for_training(motion)]
    if not chosen:
        raise CommandError("no sequence of this motion may be trained on: all are held out")
    lying = [motion for motion in floor_motions(seed=1) if not motion.name.startswith("desk")]
    poses = np.concatenate([motion.xyz_m[:: max(1, round(motion.fps * _EVERY_S))] for motion in chosen + lying])
    return PosePool(poses, poses[pelvis_height(poses) < _LOW])


def command(
    out: Annotated[Path, typer.Option(help="Folder of pictures and labels; an existing one is added to.")],
    data: Annotated[Path, typer.Option(help="Folder of motion files (.npz, Human3.6M-17 joints).")],
    pictures: Annotated[int, typer.Option(min=1, help="How many.")] = 4000,
    low: Annotated[float, typer.Option(min=0, max=1, help="Share with people who are low or on the floor.")] = 0.3,
    size: Annotated[int, typer.Option(min=64, help="Width and height in pixels.")] = 256,
    samples: Annotated[
        int, typer.Option(min=1, max=4, help="Along each side of a pixel; 1 is three times as fast.")
    ] = 2,
    seed: Annotated[int, typer.Option(help="Everything follows from it.")] = 1,
) -> None:
    """Render pictures of people with exact labels."""
    pool, rng, wardrobe = pose_pool(read_folder(data)), np.random.default_rng(seed), Wardrobe()
    with RenderedWriter(out) as writer:
        for _ in track(range(pictures), description="rendering"):
            lowly = rng.random() < low
            framing = str(rng.choice(list(_FRAMINGS), p=list(_FRAMINGS.values()))) if lowly else None
            poses = pool.low if lowly else pool.all
            image, truth = sample(rng, size, (1, 3), poses, framing=framing, wardrobe=wardrobe, samples=samples)
            writer.add(image, truth.xy_px, truth.visible, truth.inside, truth.box_px)
