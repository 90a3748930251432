"""`train render`: pictures of the synthetic actor with exact labels, for training a detector.

The people stand, train and lie as captured motion and the actor's own library have it. Most motion was captured
standing, and a detector that is trained on that loses people who are low; so a share is drawn from low poses alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track

from detection.training.rendered import RenderedWriter
from lifting.training.mocap import read_folder
from lifting.training.poses import pose_pool
from synthetic.dataset import Wardrobe, sample

_FRAMINGS = {"full": 0.7, "far": 0.2, "group": 0.1}
"""Of pictures of low people; all others have the framings of `sample`."""


def command(
    out: Annotated[Path, typer.Option(help="Folder of pictures and labels; an existing one is added to.")],
    data: Annotated[Path, typer.Option(help="Folder of motion files (.npz, Human3.6M-17 joints).")],
    pictures: Annotated[int, typer.Option(min=1, help="How many.")] = 4000,
    low: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Share of pictures for which low poses are drawn.",
        ),
    ] = 0.3,
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
